package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

var errNotFound = fault.New(fault.NotFound, "jobs.not_found", "There is no such job.")

// Job is one job as an administrator sees it.
type Job struct {
	ID       int64
	Kind     string
	Payload  json.RawMessage
	RunAt    time.Time
	Attempts int
	Err      string // of the last attempt
	EndedAt  time.Time
}

// Dead returns the jobs that were given up after their last attempt, newest first, at most limit. They are kept for 30 days.
func (q *Queue) Dead(ctx context.Context, limit int) ([]Job, error) {
	res, err := q.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateDiscarded).
		OrderBy(river.JobListOrderByFinalizedAt, river.SortOrderDesc).First(limit))
	if err != nil {
		return nil, fmt.Errorf("list dead jobs: %w", err)
	}
	return jobsOf(res), nil
}

// Retry gives a dead job one more attempt, now.
func (q *Queue) Retry(ctx context.Context, id int64) error {
	if _, err := q.client.JobRetry(ctx, id); errors.Is(err, rivertype.ErrNotFound) {
		return errNotFound
	} else if err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	return nil
}

// Forget deletes a dead job.
func (q *Queue) Forget(ctx context.Context, id int64) error {
	if _, err := q.client.JobDelete(ctx, id); errors.Is(err, rivertype.ErrNotFound) {
		return errNotFound
	} else if err != nil {
		return fmt.Errorf("delete job %d: %w", id, err)
	}
	return nil
}

// Stats say how many jobs wait for their time or a worker, run, and are dead.
type Stats struct{ Waiting, Running, Dead int }

// Stats counts jobs, for metrics and doctor.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	return count(ctx, q.db.Read())
}

// Pending calls fn for every job that is not done yet, for a backup; what Every makes is left out, since each start makes it anew.
func Pending(ctx context.Context, d store.Dialect, from store.Querier, fn func(Job) error) error {
	return pending(ctx, d, from, func(j Job) error {
		if strings.HasPrefix(j.Kind, prefixEvery) {
			return nil
		}
		return fn(j)
	})
}

// Import enqueues a job of a backup.
func (q *Queue) Import(ctx context.Context, tx *store.Tx, j Job) error {
	return q.enqueue(ctx, tx, args{kind: j.Kind, payload: j.Payload}, &river.InsertOpts{ScheduledAt: j.RunAt})
}

func jobsOf(res *river.JobListResult) []Job {
	out := make([]Job, 0, len(res.Jobs))
	for _, row := range res.Jobs {
		j := Job{ID: row.ID, Kind: row.Kind, Payload: row.EncodedArgs, RunAt: row.ScheduledAt, Attempts: row.Attempt}
		if n := len(row.Errors); n > 0 {
			j.Err = row.Errors[n-1].Error
		}
		if row.FinalizedAt != nil {
			j.EndedAt = *row.FinalizedAt
		}
		out = append(out, j)
	}
	return out
}
