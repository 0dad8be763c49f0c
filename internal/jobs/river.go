package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/store"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// client is River on either database.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobDelete(ctx context.Context, id int64) (*rivertype.JobRow, error)
	insert(ctx context.Context, tx *store.Tx, a args, o *river.InsertOpts) error
	every(job *river.PeriodicJob)
}

func (q *Queue) connect(ctx context.Context) (err error) {
	if q.db.Dialect() == store.Postgres {
		q.client, err = connect(ctx, q, riverpgxv5.New(q.db.Pool()), func(tx *store.Tx, fn func(pgx.Tx) error) error { return tx.Pgx(fn) })
		return err
	}
	q.bell = newBell()
	q.client, err = connect(ctx, q, newSQLiteDriver(q.db.SQL(), q.bell), func(tx *store.Tx, fn func(*sql.Tx) error) error { return fn(tx.SQL()) })
	return err
}

func connect[T any](ctx context.Context, q *Queue, driver riverdriver.Driver[T], join func(*store.Tx, func(T) error) error) (client, error) {
	log := slog.New(warnings{q.log.Handler()})
	unlock, err := q.lockMigration(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	// Each of River's migrations is a transaction of its own, so a killed server leaves whole ones behind.
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	c, err := river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:                     q.workers,
		SkipUnknownJobCheck:         true, // commands enqueue for the server beside them
		Logger:                      log,
		ErrorHandler:                failures{q.log},
		MaxAttempts:                 q.options.Attempts,
		RetryPolicy:                 retryPolicy{q.options.Retry},
		JobTimeout:                  q.options.Timeout,
		RescueStuckJobsAfter:        2 * q.options.Timeout,
		SoftStopTimeout:             q.options.Stop,
		FetchCooldown:               20 * time.Millisecond,
		FetchPollInterval:           time.Second, // for jobs that come due and for those of other processes: a commit in this one rings
		CompletedJobRetentionPeriod: 10 * time.Minute,
		CancelledJobRetentionPeriod: 10 * time.Minute,
		DiscardedJobRetentionPeriod: 30 * 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	return &adapter[T]{Client: c, join: join}, nil
}

// adapter puts jobs into a transaction of store.
type adapter[T any] struct {
	*river.Client[T]

	join func(tx *store.Tx, fn func(T) error) error
}

func (a *adapter[T]) insert(ctx context.Context, tx *store.Tx, job args, o *river.InsertOpts) error {
	return a.join(tx, func(raw T) error {
		_, err := a.InsertTx(ctx, raw, job, o)
		return err
	})
}

func (a *adapter[T]) every(job *river.PeriodicJob) { a.PeriodicJobs().Add(job) }

// retryPolicy decides when a failed job is tried again.
type retryPolicy struct {
	pause func(attempt int) time.Duration
}

// NextRetry is when the job runs next.
func (p retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(p.pause(job.Attempt))
}

// failures logs failed attempts with the job's kind and number, never with its payload.
type failures struct{ log *slog.Logger }

// HandleError logs an attempt that returned an error.
func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level := slog.LevelWarn
	if job.Attempt >= job.MaxAttempts {
		level = slog.LevelError
	}
	f.log.Log(ctx, level, "job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "of", job.MaxAttempts, "err", err)
	return nil
}

// HandlePanic logs an attempt that panicked outside its handler.
func (f failures) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "panic", value, "trace", trace)
	return nil
}

// warnings lets River's own messages through from warning up.
type warnings struct{ slog.Handler }

// Enabled says whether a message of this level is logged.
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle passes a message on, unless it only says that the server is stopping.
func (h warnings) Handle(ctx context.Context, r slog.Record) error {
	stopping := false
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		stopping = ok && errors.Is(err, context.Canceled) || a.Value.String() == context.Canceled.Error()
		return !stopping
	})
	if stopping {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the limit.
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the limit.
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
