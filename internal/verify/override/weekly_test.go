package override_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/verify/override"
)

// told gathers what organizations are told.
type told struct {
	mu  sync.Mutex
	got []string
}

func (g *told) tell(ctx context.Context, _ *store.Tx, w override.Week) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, fmt.Sprintf("%s %s..%s %v", access.ActorFrom(ctx).OrgID, w.From, w.To, w.Tallies))
	return nil
}

func overridden(w *organizationtest.World, technician string, at time.Time) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), `insert into verify_override (org_id, id, contact_id, customer_id, technician_id, approved_by, action, required, reason,
			ticket_id, created_at, expires_at) values ($1, $2, 'c', 'k', $3, '', 'password_reset', 2, 'r', '', $4, $4)`, w.Org.ID, at.String()+technician, technician, store.Time(at))
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

func zone(w *organizationtest.World, name string) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), `update organization set time_zone = $1 where id = $2`, name, w.Org.ID)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// R14: on Mondays at eight, where the organization is, its people are told of the overrides of the week; once, also by two nodes and after a restart.
func TestR14OverridesAreToldOfOnceAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // midnight UTC of Saturday, the 1st of January 2000
		us := organizationtest.New(t, storetest.Open(t), "Harbor IT")
		far := us.Beside("Pier IT")
		zone(us, "Europe/Paris")
		zone(far, "America/New_York")
		paris := time.FixedZone("CET", 3600)
		g := &told{}
		node := func() override.Weekly {
			return override.Weekly{DB: us.DB, Tell: g.tell, Log: slog.New(slog.DiscardHandler)}
		}
		sweep := func(want ...string) {
			t.Helper()
			var wait sync.WaitGroup
			for range 2 { // nodes
				wait.Go(func() {
					if err := node().Sweep(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if !slices.Equal(g.got, want) {
				t.Errorf("on %s they are told %q, want %q", store.Now(), g.got, want)
			}
			g.got = nil
		}
		sweep()
		overridden(us, "tess", time.Date(2000, 1, 1, 12, 0, 0, 0, paris))
		overridden(us, "nils", time.Date(2000, 1, 1, 13, 0, 0, 0, paris))
		overridden(us, "nils", time.Date(2000, 1, 2, 23, 59, 0, 0, paris))
		overridden(us, "tess", time.Date(2000, 1, 3, 0, 0, 0, 0, paris)) // the next week
		overridden(far, "flo", time.Date(2000, 1, 2, 5, 30, 0, 0, time.UTC))
		time.Sleep(time.Until(time.Date(2000, 1, 3, 7, 59, 0, 0, paris)))
		sweep()
		time.Sleep(time.Minute)
		sweep(us.Org.ID + " 1999-12-27..2000-01-02 [{nils  2} {tess  1}]")
		time.Sleep(time.Hour)
		sweep()
		time.Sleep(5 * time.Hour) // nine in New York
		sweep(far.Org.ID + " 1999-12-27..2000-01-02 [{flo  1}]")
		time.Sleep(7 * 24 * time.Hour)
		sweep(us.Org.ID + " 2000-01-03..2000-01-09 [{tess  1}]") // and Pier IT had none
		time.Sleep(7 * 24 * time.Hour)
		sweep()
		overridden(us, "tess", time.Date(2000, 1, 18, 12, 0, 0, 0, paris))
		time.Sleep(9 * 24 * time.Hour) // every server was down over Monday
		sweep(us.Org.ID + " 2000-01-17..2000-01-23 [{tess  1}]")
	})
}
