package signin_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// BenchmarkAuthenticate is the check before every request, among 50,000 sessions of 10,000 technicians. The goal is 25 µs.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b, storetest.Open(b)).populate()
	requests := w.sessions(50_000)
	for name, run := range map[string]func(b *testing.B){
		"one": func(b *testing.B) {
			for b.Loop() {
				if a, err := w.Authenticate(requests[rand.IntN(len(requests))]); err != nil || !a.SignedIn() {
					b.Fatal(a, err)
				}
			}
		},
		"parallel": func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if a, err := w.Authenticate(requests[rand.IntN(len(requests))]); err != nil || !a.SignedIn() {
						b.Error(a, err)
					}
				}
			})
		},
		"unknown": func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody).WithContext(w.t.Context())
			r.AddCookie(&http.Cookie{Name: "cs_session", Value: id.Secret()})
			for b.Loop() {
				if a, err := w.Authenticate(r); err != nil || a.SignedIn() {
					b.Fatal(a, err)
				}
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			before := cpuTime(b)
			run(b)
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is what the process has computed so far: on a machine with other work it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sessions makes n live sessions and returns a request of each.
func (w *world) sessions(n int) (requests []*http.Request) {
	w.t.Helper()
	ctx, now := context.Background(), store.Now()
	for len(requests) < n {
		err := w.db.Write(ctx, func(tx *store.Tx) error {
			for range 5000 / 5 {
				technician, email := id.New(), id.New()+"@example.com"
				if _, err := tx.ExecContext(ctx, `insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key,
						phone, job_title, usernames, platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
					values ($1, $2, 'Pat', '', '', 'Pat', '', $3, $3, '', '', '[]', 'technician', false, 'active', 'activated', '', '', '', '', 1, 1, 1)`,
					org, technician, email); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `insert into signin_account (org_id, technician_id, epoch, password_hash, must_change) values ($1, $2, 3, 'x', false)`,
					org, technician); err != nil {
					return err
				}
				for range 5 {
					token := id.Secret()
					if _, err := tx.ExecContext(ctx, `insert into signin_session (org_id, id, technician_id, token_hash, methods, authenticated_at,
							address, device, idle_for, created_at, last_seen_at, expires_at, ended_why)
						values ($1, $2, $3, $4, '["password"]', $5, '192.0.2.1', 'Firefox on Linux', $6, $5, $7, $8, '')`,
						org, id.New(), technician, id.Hash(token), store.Time(now), 30*time.Minute, store.Time(now.Add(time.Hour)), store.Time(now.Add(12*time.Hour))); err != nil {
						return err
					}
					r := httptest.NewRequest(http.MethodGet, "/", http.NoBody).WithContext(w.t.Context())
					r.AddCookie(&http.Cookie{Name: "cs_session", Value: token})
					requests = append(requests, r)
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return requests
}

// BenchmarkSignIn is a whole sign-in with the costs of a real installation.
func BenchmarkSignIn(b *testing.B) {
	w := newWorldWith(b, storetest.Open(b), password.NewHasher(password.DefaultParams(), 2)).populate()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			ctx := access.WithActor(b.Context(), access.Actor{Address: fmt.Sprintf("10.0.%d.1", i%250)})
			if _, err := w.SignIn(ctx, signin.Attempt{Email: "bob@example.com", Password: rightOne}); err != nil {
				b.Error(err)
			}
		}
	})
}
