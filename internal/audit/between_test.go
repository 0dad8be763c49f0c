package audit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// What lies between two times is found exactly, also around their bounds, and also after a clock was set back.
func TestEventsOfATime(t *testing.T) {
	for _, setBack := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			db := storetest.Open(t)
			l := newLog(t, db)
			begun := time.Now()
			for range 60 {
				record(t, l, db, 1)
				time.Sleep(20 * time.Second)
			}
			if setBack {
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.ExecContext(t.Context(), `update audit_head set last_at = $1`, store.Time(time.Now().Add(time.Hour)))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				record(t, l, db, 1)
			}
			all, err := l.Find(t.Context(), org, audit.Filter{}, 0, 200)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []audit.Filter{
				{},
				{From: begun.Add(5 * time.Minute)},
				{To: begun.Add(5 * time.Minute)},
				{From: begun.Add(100 * time.Second), To: begun.Add(140 * time.Second)},
				{From: begun.Add(-time.Hour), To: begun.Add(time.Hour)},
				{From: begun.Add(time.Hour)},
				{To: begun},
			} {
				want := 0
				for _, e := range all {
					if (f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To)) {
						want++
					}
				}
				found, err := l.Find(t.Context(), org, f, 0, 200)
				if err != nil || len(found) != want {
					t.Errorf("set back %v, %v to %v: %d, want %d, %v", setBack, f.From, f.To, len(found), want, err)
				}
			}
		})
	}
}
