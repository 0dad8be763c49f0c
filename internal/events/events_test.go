package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func start(db *store.DB) *events.Bus { return events.New(db, slog.New(slog.DiscardHandler)) }

func publish(t *testing.T, db *store.DB, b *events.Bus, org string, ids ...string) {
	t.Helper()
	ctx := access.WithActor(t.Context(), access.System(org))
	err := db.Write(ctx, func(tx *store.Tx) error {
		for _, key := range ids {
			if err := b.Publish(ctx, tx, events.Event{Kind: "thing.changed", ID: key, Data: map[string]string{"state": "new"}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// read waits for n events and says "SEQ:ID …".
func read(t *testing.T, f *events.Follower, n int) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for len(out) < n {
		got, changed, err := f.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got {
			out = append(out, fmt.Sprint(e.Seq, ":", e.ID))
		}
		if got == nil {
			select {
			case <-changed:
			case <-ctx.Done():
				t.Fatalf("got %v, want %d events", out, n)
			}
		}
	}
	return out
}

func follow(t *testing.T, b *events.Bus, org string, after int64, want bool) *events.Follower {
	t.Helper()
	f, ok, err := b.Follow(t.Context(), org, after)
	if err != nil || ok != want {
		t.Fatalf("follow after %d: %v %v, want %v", after, ok, err, want)
	}
	t.Cleanup(f.Close)
	return f
}

func TestEventsArriveInOrderForTheirOrganizationAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := start(db)
		publish(t, db, b, "a", "old")
		live, other := follow(t, b, "a", -1, true), follow(t, b, "b", -1, true)
		publish(t, db, b, "a", "1", "2")
		publish(t, db, b, "b", "x")
		publish(t, db, b, "a", "3")
		if got := fmt.Sprint(read(t, live, 3)); got != "[2:1 3:2 4:3]" {
			t.Error(got)
		}
		if got := fmt.Sprint(read(t, other, 1)); got != "[1:x]" {
			t.Error(got)
		}
		if got := fmt.Sprint(read(t, follow(t, b, "a", 1, true), 3)); got != "[2:1 3:2 4:3]" {
			t.Error("replay", got)
		}
	})
}

func TestWhatIsTakenBackIsNotTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := start(db)
		f := follow(t, b, "a", -1, true)
		ctx := access.WithActor(t.Context(), access.System("a"))
		_ = db.Write(ctx, func(tx *store.Tx) error {
			if err := b.Publish(ctx, tx, events.Event{Kind: "thing.changed", ID: "lost"}); err != nil {
				t.Error(err)
			}
			return context.Canceled
		})
		publish(t, db, b, "a", "kept")
		if got := fmt.Sprint(read(t, f, 1)); got != "[1:kept]" {
			t.Error(got)
		}
	})
}

// A number may not become visible before all smaller ones are, or a follower would skip them.
func TestManyWritersLeaveNoGap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := start(db)
		f, g := follow(t, b, "a", -1, true), follow(t, b, "a", -1, true)
		var wg sync.WaitGroup
		for w := range 16 {
			wg.Go(func() {
				for i := range 50 {
					publish(t, db, b, "a", fmt.Sprint(w, "-", i))
				}
			})
		}
		for name, f := range map[string]*events.Follower{"first": f, "second": g} {
			for i, e := range read(t, f, 800) {
				if want := fmt.Sprint(i+1, ":"); e[:len(want)] != want {
					t.Fatalf("%s: place %d holds %s", name, i+1, e)
				}
			}
		}
		wg.Wait()
	})
}

func TestAnotherProcessIsHeardWithinASecond(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here, there := start(db), start(db)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = here.Run(ctx) })
		defer wg.Wait()
		defer cancel()
		f := follow(t, here, "a", -1, true)
		begin := time.Now()
		publish(t, db, there, "a", "1")
		read(t, f, 1)
		if d := time.Since(begin); d > time.Second {
			t.Error(d)
		}
	})
}

func TestAGapAsksForAReset(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := start(db)
		publish(t, db, b, "a", "1", "2", "3")
		age := func(seq int) {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(t.Context(), `update events_event set created_at = $1 where seq <= $2`, store.Time(store.Now().Add(-25*time.Hour)), seq)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		age(2)
		follow(t, b, "a", 2, true)
		follow(t, b, "a", 1, false)
		follow(t, b, "a", 9, false)
		age(3)
		if f := follow(t, b, "a", 2, false); f.At() != 3 {
			t.Error("starts at", f.At())
		}
		follow(t, b, "a", 3, true)
		follow(t, b, "empty", 0, true)
	})
}
