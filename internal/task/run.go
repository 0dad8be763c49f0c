package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const (
	maxAttempts = 5                      // failures in a row before a task gives up
	tellEvery   = 500 * time.Millisecond // how often consoles hear of progress
	maxStaged   = 2000                   // results kept in memory until the next Advance
)

// What ends the run of a handler from outside; the handler passes it on.
var (
	errStopped = errors.New("the task was ended, or runs elsewhere") // nothing more is to be kept
	errPause   = errors.New("the task goes on later")
	errRights  = fault.New(fault.Denied, "task.starter_may_not_act", "Whoever started this may no longer act.")
)

// Run is one stretch of a task: from its start, or from where the last stretch ended, which a restart of the server may have done.
type Run struct {
	Task
	Actor access.Actor // the starter, with the rights of the latest Next

	s      *Service
	until  time.Time
	told   time.Time
	staged []Result
}

// Decode reads the payload.
func (r *Run) Decode(payload any) error {
	if err := json.Unmarshal(r.payload, payload); err != nil {
		return fmt.Errorf("decode the payload of task %s: %w", r.ID, err)
	}
	return nil
}

// Next comes before each piece of work. The context that it returns carries the starter with the rights that they have now. An error ends
// the stretch: the task was canceled, the starter may not act any more, or it is the turn of others.
func (r *Run) Next(ctx context.Context) (context.Context, error) {
	if err := ctx.Err(); err != nil {
		return ctx, err
	}
	if r.Canceled(ctx) {
		return ctx, errStopped
	}
	if time.Now().After(r.until) {
		return ctx, errPause
	}
	actor, err := r.s.actor(ctx, r.Task)
	if err != nil {
		return ctx, err
	}
	r.Actor = actor
	return access.WithActor(ctx, actor), nil
}

// Canceled says whether the task has ended meanwhile, or is run by another server.
func (r *Run) Canceled(ctx context.Context) bool {
	ok, err := isRun(ctx, r.s.DB.Read(), r.Task)
	return err == nil && !ok
}

// Result notes what became of one item. It is kept by the next Advance.
func (r *Run) Result(results ...Result) { r.staged = append(r.staged, results...) }

// Advance notes that n more items are done, with the results since the last time.
func (r *Run) Advance(ctx context.Context, n int) error {
	return r.s.DB.Write(ctx, func(tx *store.Tx) error { return r.AdvanceIn(ctx, tx, n) })
}

// AdvanceIn is Advance in the transaction of the work itself: then no restart repeats or skips an item. It fails, and so takes the work
// back, if the task has been canceled or runs elsewhere.
func (r *Run) AdvanceIn(ctx context.Context, tx *store.Tx, n int) error {
	failed := 0
	for _, res := range r.staged {
		if res.Outcome == OutcomeFailed {
			failed++
		}
	}
	t, ok, err := advance(ctx, tx, r.Task, n, failed, len(r.staged), store.Now())
	if err != nil {
		return fmt.Errorf("advance task %s: %w", r.ID, err)
	}
	if !ok {
		return errStopped
	}
	if err := insertResults(ctx, tx, t, r.staged); err != nil {
		return fmt.Errorf("keep the results of task %s: %w", r.ID, err)
	}
	now := time.Now()
	tell := now.Sub(r.told) >= tellEvery
	tx.AfterCommit(func() {
		r.Task, r.staged = t, r.staged[:0]
		if tell {
			r.told = now
		}
	})
	if tell {
		return r.s.tell(ctx, tx, t)
	}
	return nil
}

// SetTotal corrects the number of items, where it becomes known on the way.
func (r *Run) SetTotal(ctx context.Context, n int) error {
	r.Total = n
	return r.s.DB.Write(ctx, func(tx *store.Tx) error { return setTotal(ctx, tx, r.Task) })
}

// actor is the starter of a task as they may act now.
func (s *Service) actor(ctx context.Context, t Task) (access.Actor, error) {
	a, err := s.Actor(ctx, t.OrgID, t.CreatedBy)
	switch {
	case err != nil && fault.KindOf(err) != fault.Internal:
		return a, errRights.Because(err)
	case err != nil:
		return a, fmt.Errorf("find who started task %s: %w", t.ID, err)
	case !a.SignedIn():
		return a, errRights
	}
	a.Ceiling = t.ceiling
	return a, nil
}

// work runs one stretch of a task. The job is repeated if it fails; what ends a task is settled here.
func (s *Service) work(ctx context.Context, o workOrder) error {
	ctx = access.WithActor(ctx, access.System(o.OrgID))
	t, ok, err := s.claim(ctx, o)
	if err != nil || !ok {
		return err
	}
	handle := s.handlers[t.Kind]
	if handle == nil {
		return s.close(ctx, t, Failed, fault.New(fault.Internal, "task.unknown", "This server does not know this kind of task."))
	}
	r := &Run{Task: t, s: s, until: time.Now().Add(s.Slice)}
	if err = s.stretch(ctx, r, handle); ctx.Err() != nil {
		return ctx.Err() // the server stops; the next start goes on
	}
	switch {
	case err == nil:
		return s.close(ctx, r.Task, Done, nil)
	case errors.Is(err, errStopped):
		return nil
	case errors.Is(err, errPause):
		return s.DB.Write(ctx, func(tx *store.Tx) error { return work.Enqueue(ctx, s.queue, tx, time.Time{}, o) })
	case errors.Is(err, errRights):
		return s.close(ctx, r.Task, Canceled, err)
	case fault.KindOf(err) != fault.Internal:
		return s.close(ctx, r.Task, Failed, err)
	}
	s.Log.ErrorContext(ctx, "task failed", "task", t.ID, "kind", t.Kind, "attempt", r.attempts+1, "of", maxAttempts, "err", err)
	if r.attempts+1 >= maxAttempts {
		return s.close(ctx, r.Task, Failed, err)
	}
	return errors.Join(err, s.DB.Write(ctx, func(tx *store.Tx) error { return countFailure(ctx, tx, r.Task) }))
}

// stretch runs the handler, and keeps what it had not advanced over when it ended well.
func (s *Service) stretch(ctx context.Context, r *Run, handle Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in task %s: %v", r.ID, p)
		}
	}()
	ctx, err = r.Next(ctx)
	if err != nil {
		return err
	}
	if err := handle(ctx, r); err != nil {
		return err
	}
	if len(r.staged) > 0 {
		return r.Advance(ctx, 0)
	}
	return nil
}

func (s *Service) claim(ctx context.Context, o workOrder) (t Task, ok bool, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, ok, err = claim(ctx, tx, o.OrgID, o.ID, store.Now()); err != nil || !ok {
			return err
		}
		return s.tell(ctx, tx, t)
	})
	return t, ok, err
}

// close ends a task. That somebody ended it meanwhile is no mistake.
func (s *Service) close(ctx context.Context, t Task, state State, why error) error {
	code, message := "", ""
	if why != nil {
		code, message = explain(why)
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		now, err := end(ctx, tx, t, state, code, message, store.Now())
		if err != nil {
			return err
		}
		return s.ended(ctx, tx, now)
	})
	if errors.Is(err, errEnded) {
		return nil
	}
	return err
}
