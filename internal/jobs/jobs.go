// Package jobs runs work that must survive a restart: it is queued in the caller's transaction and tried until it succeeds.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"countersign.dev/countersign/internal/store"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	maxPayload  = 1024 // bytes: a payload says which rows, the rows say the rest
	workers     = 16
	prefixEvery = "every." // kinds of Every, which are made anew at each start
)

// Kind names a job and fixes the type of its payload. Payloads hold ids only: they lie unsealed in the queue's own tables.
type Kind[T any] string

// Enqueue stores one job in the caller's transaction. It runs once tx is committed and runAt has come; a time that has come, like the zero time, means at once.
func (k Kind[T]) Enqueue(ctx context.Context, q *Queue, tx *store.Tx, runAt time.Time, payload T) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode the payload of %s: %w", k, err)
	}
	if len(b) > maxPayload {
		return fmt.Errorf("the payload of %s has %d bytes: payloads hold ids only", k, len(b))
	}
	return q.enqueue(ctx, tx, args{kind: string(k), payload: b}, &river.InsertOpts{ScheduledAt: runAt})
}

// Handle registers fn for k, before Run. fn must be idempotent: a job whose server died, or that failed, runs again.
func (k Kind[T]) Handle(q *Queue, fn func(ctx context.Context, payload T) error) {
	q.handle(string(k), func(ctx context.Context, b []byte) error {
		var payload T
		if err := json.Unmarshal(b, &payload); err != nil {
			return fmt.Errorf("decode the payload of %s: %w", k, err)
		}
		return fn(ctx, payload)
	})
}

// Options shape a Queue; the zero value is what a server uses.
type Options struct {
	Log      *slog.Logger                                         // nil discards
	Observe  func(kind string, took time.Duration, outcome error) // called after each attempt; nil does nothing
	Timeout  time.Duration                                        // of one attempt, a minute if 0
	Attempts int                                                  // before a job is dead, 16 if 0: with the usual pauses that is seven hours
	Retry    func(attempt int) time.Duration                      // the pause after a failed attempt (1 is the first), exponential if nil
	Stop     time.Duration                                        // how long running jobs may go on at the end before they are interrupted, 3 s if 0
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, time.Duration, error) {}
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Attempts == 0 {
		o.Attempts = 16
	}
	if o.Retry == nil {
		o.Retry = pause
	}
	if o.Stop == 0 {
		o.Stop = 3 * time.Second
	}
	return o
}

// pause doubles from one second to an hour, give or take a fifth so that what failed together does not come back together.
func pause(attempt int) time.Duration {
	d := min(time.Second<<min(attempt-1, 12), time.Hour)
	return d*4/5 + rand.N(d*2/5)
}

// Queue holds the jobs of one database.
type Queue struct {
	db      *store.DB
	log     *slog.Logger
	options Options
	workers *river.Workers
	handled int
	client  client
	bell    *bell // SQLite only
}

// New prepares the queue's own tables and returns a Queue without handlers. Until Run it only stores jobs.
func New(ctx context.Context, db *store.DB, o Options) (*Queue, error) {
	o = o.withDefaults()
	q := &Queue{db: db, log: o.Log, options: o, workers: river.NewWorkers()}
	if err := q.connect(ctx); err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	return q, nil
}

// Every runs fn when the server starts and then once per interval, on one node of the installation. fn must be idempotent.
// Call it before Run.
func (q *Queue) Every(name string, interval time.Duration, fn func(ctx context.Context) error) {
	kind := prefixEvery + name
	q.handle(kind, func(ctx context.Context, _ []byte) error { return fn(ctx) })
	q.client.every(river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		return args{kind: kind, payload: []byte("{}")}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}}}
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Run works jobs until ctx ends. Running jobs then have Options.Stop to finish; the rest is interrupted and runs again at the next start.
func (q *Queue) Run(ctx context.Context) error {
	if q.handled == 0 {
		<-ctx.Done()
		return nil
	}
	if err := q.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped as it was about to begin
		}
		return err
	}
	<-ctx.Done()
	// The client stops by itself when ctx ends; this waits for it, a little longer than it waits for its jobs.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.options.Stop+2*time.Second)
	defer cancel()
	if err := q.client.Stop(last); err != nil {
		return fmt.Errorf("a job does not stop: %w", err)
	}
	return nil
}

func (q *Queue) start(ctx context.Context) error {
	if err := q.freeStuck(ctx); err != nil {
		return fmt.Errorf("free the jobs of the last run: %w", err)
	}
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	return nil
}

func (q *Queue) enqueue(ctx context.Context, tx *store.Tx, a args, o *river.InsertOpts) error {
	due := !o.ScheduledAt.After(time.Now())
	if due {
		o.ScheduledAt = time.Time{} // River looks only every five seconds for jobs that have a time, also one that has come
	}
	// A statement that is interrupted takes SQLite's whole group back, so the caller's cancellation ends here.
	if err := q.client.insert(context.WithoutCancel(ctx), tx, a, o); err != nil {
		return fmt.Errorf("enqueue %s: %w", a.kind, err)
	}
	if q.bell != nil && due {
		tx.AfterCommit(q.bell.ring)
	}
	return nil
}

func (q *Queue) handle(kind string, fn func(context.Context, []byte) error) {
	q.handled++
	river.AddWorkerArgs(q.workers, args{kind: kind}, &worker{kind: kind, fn: fn, observe: q.options.Observe})
}

// args is the payload of every kind of job.
type args struct {
	kind    string
	payload json.RawMessage
}

// Kind is the name under which the queue keeps the job.
func (a args) Kind() string { return a.kind }

// MarshalJSON keeps the payload as it is.
func (a args) MarshalJSON() ([]byte, error) { return a.payload, nil }

// UnmarshalJSON keeps the payload as it is.
func (a *args) UnmarshalJSON(b []byte) error {
	a.payload = append(json.RawMessage(nil), b...)
	return nil
}

// worker runs the jobs of one kind.
type worker struct {
	river.WorkerDefaults[args]

	kind    string
	fn      func(context.Context, []byte) error
	observe func(string, time.Duration, error)
}

// Work runs one attempt.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) (err error) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		w.observe(w.kind, time.Since(start), err)
	}()
	return w.fn(ctx, job.Args.payload)
}
