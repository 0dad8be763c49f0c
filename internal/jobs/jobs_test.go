package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type payload struct {
	ID string `json:"id"`
}

const kind jobs.Kind[payload] = "test.work"

var errTest = errors.New("not this time")

func newQueue(t *testing.T, db *store.DB, o jobs.Options) *jobs.Queue {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	q, err := jobs.New(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// start runs q until the test ends.
func start(t *testing.T, q *jobs.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func enqueue(t *testing.T, db *store.DB, q *jobs.Queue, at time.Time, id string) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return kind.Enqueue(t.Context(), q, tx, at, payload{id}) }); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

func TestAJobLivesAndDiesWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, jobs.Options{})
		var mu sync.Mutex
		ran := map[string]int{}
		kind.Handle(q, func(_ context.Context, p payload) error {
			mu.Lock()
			defer mu.Unlock()
			ran[p.ID]++
			return nil
		})
		start(t, q)
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			return errors.Join(kind.Enqueue(t.Context(), q, tx, time.Time{}, payload{"rolled back"}), errTest)
		})
		if !errors.Is(err, errTest) {
			t.Fatal(err)
		}
		enqueue(t, db, q, time.Time{}, "committed")
		enqueue(t, db, q, time.Now().Add(1500*time.Millisecond), "later")
		enqueued := time.Now()
		eventually(t, 20*time.Second, "the job that is due later ran", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return ran["later"] == 1
		})
		if time.Since(enqueued) < 1400*time.Millisecond {
			t.Error("a job ran before its time")
		}
		mu.Lock()
		defer mu.Unlock()
		if len(ran) != 2 || ran["committed"] != 1 {
			t.Errorf("ran %v", ran)
		}
	})
}

func TestAJobStartsSoonAfterItsCommit(t *testing.T) {
	db := storetest.Open(t)
	q := newQueue(t, db, jobs.Options{})
	done := make(chan struct{})
	kind.Handle(q, func(context.Context, payload) error { done <- struct{}{}; return nil })
	start(t, q)
	enqueue(t, db, q, time.Time{}, "first") // waits for the queue to have started
	<-done
	for name, at := range map[string]func() time.Time{"no time": func() time.Time { return time.Time{} }, "now": store.Now} {
		begin := time.Now()
		for range 5 {
			enqueue(t, db, q, at(), "x")
			<-done
		}
		if took := time.Since(begin) / 5; took > 500*time.Millisecond {
			t.Errorf("%s: a job waits %v: the commit does not wake the queue", name, took)
		}
	}
}

func TestAFailingJobIsTriedAgainAndThenListedAsDead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var observed, attempts atomic.Int32
		q := newQueue(t, db, jobs.Options{
			Attempts: 3,
			Retry:    func(int) time.Duration { return 10 * time.Millisecond },
			Observe:  func(string, time.Duration, error) { observed.Add(1) },
		})
		var healed atomic.Bool
		kind.Handle(q, func(context.Context, payload) error {
			switch n := attempts.Add(1); {
			case healed.Load():
				return nil
			case n == 3:
				panic("on purpose")
			default:
				return errTest
			}
		})
		start(t, q)
		enqueue(t, db, q, time.Time{}, "doomed")
		var dead []jobs.Job
		eventually(t, 60*time.Second, "the job is dead", func() (ok bool) {
			var err error
			if dead, err = q.Dead(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			return len(dead) == 1
		})
		if n := attempts.Load(); n != 3 || observed.Load() != n || dead[0].Attempts != 3 {
			t.Errorf("%d attempts, %d observed, %d listed", n, observed.Load(), dead[0].Attempts)
		}
		if dead[0].Kind != string(kind) || !strings.Contains(dead[0].Err, "on purpose") || dead[0].EndedAt.IsZero() {
			t.Errorf("listed as %+v", dead[0])
		}
		if s, err := q.Stats(t.Context()); err != nil || s != (jobs.Stats{Dead: 1}) {
			t.Errorf("%+v, %v", s, err)
		}
		healed.Store(true)
		if err := q.Retry(t.Context(), dead[0].ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, 10*time.Second, "the retried job is done", func() bool { return attempts.Load() == 4 })
		if err := q.Retry(t.Context(), 1<<40); fault.KindOf(err) != fault.NotFound {
			t.Errorf("retry of no job: %v", err)
		}
	})
}

func TestPeriodicWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, jobs.Options{})
		var n atomic.Int32
		q.Every("test.tick", time.Second, func(context.Context) error { n.Add(1); return nil })
		start(t, q)
		eventually(t, 20*time.Second, "three ticks", func() bool { return n.Load() >= 3 })
		left := 0
		if err := jobs.Pending(t.Context(), db.Dialect(), db.Read(), func(jobs.Job) error { left++; return nil }); err != nil || left != 0 {
			t.Errorf("%d periodic jobs are listed for the backup, %v", left, err)
		}
	})
}

func TestStopInterruptsAJobThatGoesOn(t *testing.T) {
	db := storetest.Open(t)
	q := newQueue(t, db, jobs.Options{Stop: 100 * time.Millisecond})
	running, ran := make(chan struct{}), make(chan error, 1)
	kind.Handle(q, func(ctx context.Context, _ payload) error {
		close(running)
		<-ctx.Done()
		ran <- ctx.Err()
		return ctx.Err()
	})
	stop := start(t, q)
	enqueue(t, db, q, time.Time{}, "endless")
	<-running
	begin := time.Now()
	stop()
	if took := time.Since(begin); took > 2*time.Second || <-ran == nil {
		t.Errorf("stopping took %v", took)
	}
	// It was no failure: the next start runs it again.
	if s, err := q.Stats(t.Context()); err != nil || s.Waiting != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A server that is stopped as it starts has nothing to complain of.
func TestStoppedBeforeItBegins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, jobs.Options{})
		kind.Handle(q, func(context.Context, payload) error { return nil })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestAPayloadHoldsIDsOnly(t *testing.T) {
	db := storetest.Open(t)
	q := newQueue(t, db, jobs.Options{})
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		return kind.Enqueue(t.Context(), q, tx, time.Time{}, payload{strings.Repeat("x", 2000)})
	})
	if err == nil {
		t.Error("a payload of 2 kB was accepted")
	}
}

func TestPendingJobsMove(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, jobs.Options{})
		at := store.Now().Add(time.Hour).Truncate(time.Millisecond)
		enqueue(t, db, q, at, "moves")
		var got []jobs.Job
		if err := jobs.Pending(t.Context(), db.Dialect(), db.Read(), func(j jobs.Job) error { got = append(got, j); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Kind != string(kind) || !got[0].RunAt.Equal(at) {
			t.Fatalf("pending: %+v", got)
		}
		other := storetest.Open(t)
		q2 := newQueue(t, other, jobs.Options{})
		if err := other.Write(t.Context(), func(tx *store.Tx) error { return q2.Import(t.Context(), tx, got[0]) }); err != nil {
			t.Fatal(err)
		}
		if s, err := q2.Stats(t.Context()); err != nil || s.Waiting != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
