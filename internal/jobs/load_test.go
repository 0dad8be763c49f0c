package jobs_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// writeFor lets 8 writers write for d, each write with a job if q is set, and returns how long the writes took, sorted.
func writeFor(t *testing.T, db *store.DB, q *jobs.Queue, d time.Duration) []time.Duration {
	t.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var mine []time.Duration
			for end := time.Now().Add(d); time.Now().Before(end); {
				begin := time.Now()
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.ExecContext(t.Context(), `
						insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ('o', 'a', $1, $2, $3)`,
						id.New(), []byte{1}, store.Time(store.Now()))
					if err != nil || q == nil {
						return err
					}
					return kind.Enqueue(t.Context(), q, tx, time.Time{}, payload{strconv.Itoa(len(mine))})
				})
				if err != nil {
					t.Error(err) // above all no SQLITE_BUSY
					return
				}
				mine = append(mine, time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wg.Wait()
	slices.Sort(all)
	return all
}

func TestJobsDoNotStallWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const d = 2 * time.Second
		alone := writeFor(t, db, nil, d)
		q := newQueue(t, db, jobs.Options{})
		var done atomic.Int64
		kind.Handle(q, func(ctx context.Context, _ payload) error {
			done.Add(1)
			return db.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.ExecContext(ctx, `delete from store_idempotency where org_id = 'nobody'`)
				return err
			})
		})
		start(t, q)
		with := writeFor(t, db, q, d)
		worked := done.Load()
		p99 := func(all []time.Duration) time.Duration { return all[len(all)*99/100] }
		t.Logf("writes: %d, p99 %v, longest %v; with jobs: %d, p99 %v, longest %v, %d jobs worked meanwhile",
			len(alone), p99(alone), alone[len(alone)-1], len(with), p99(with), with[len(with)-1], worked)
		if os.Getenv("COUNTERSIGN_SCALE") == "full" { // a machine that does other things besides says nothing about times
			if limit := max(250*time.Millisecond, 10*p99(alone)); p99(with) > limit {
				t.Errorf("p99 of a write is %v while jobs run, more than %v", p99(with), limit)
			}
			if longest := with[len(with)-1]; longest > 2*time.Second {
				t.Errorf("a write waited %v", longest)
			}
		}
		if worked == 0 {
			t.Error("the writers starve the jobs")
		}
	})
}
