package signin_test

import (
	"context"
	"testing"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
)

// SIG-2: who does not come within a week does not come in with what was told to them.
func TestATemporaryPasswordLivesAWeek(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for age, want := range map[time.Duration]string{
			signin.TemporaryLife - time.Minute: "", signin.TemporaryLife: "signin.refused", 10 * signin.TemporaryLife: "signin.refused",
		} {
			w.exec(`update signin_account set must_change = true, password_at = $1 where technician_id = $2`, store.Time(time.Now().Add(-age)), bob)
			_, err := w.SignIn(t.Context(), signin.Attempt{Email: "bob@example.com", Password: rightOne})
			if fault.CodeOf(err) != want {
				t.Errorf("after %v: %v", age, err)
			}
		}
		w.exec(`update signin_account set must_change = false where technician_id = $1`, bob)
		if _, err := w.SignIn(t.Context(), signin.Attempt{Email: "bob@example.com", Password: rightOne}); err != nil {
			t.Errorf("one's own password lives on: %v", err)
		}
	})
}

// AUD-6: somebody hears once when failures lock a name, whether anybody has it or not.
func TestALockIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var heard []signin.Lock
		w.Locked = func(_ context.Context, tx *store.Tx, l signin.Lock) error {
			tx.AfterCommit(func() { heard = append(heard, l) })
			return nil
		}
		for _, email := range []string{"bob@example.com", "nobody@example.com"} {
			heard = nil
			for range 14 {
				if _, err := w.SignIn(t.Context(), signin.Attempt{Email: email, Password: wrongOne}); fault.CodeOf(err) != "signin.refused" {
					t.Fatal(err)
				}
			}
			if len(heard) != 1 || heard[0].Failures != 10 || (heard[0].TechnicianID == bob) != (email == "bob@example.com") {
				t.Errorf("%s: heard %+v", email, heard)
			}
		}
	})
}
