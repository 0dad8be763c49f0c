// Package task runs long work that somebody started and wants to watch: it shows progress and results, can be canceled, and goes on
// after a restart.
package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
)

// State says how far a task is.
type State string

// The states. A task ends in one of the last three.
const (
	Queued   State = "queued"
	Running  State = "running"
	Done     State = "done"
	Failed   State = "failed"
	Canceled State = "canceled"
)

// Outcome says what became of one item.
type Outcome string

// The outcomes.
const (
	OutcomeDone    Outcome = "done"
	OutcomeSkipped Outcome = "skipped"
	OutcomeFailed  Outcome = "failed"
)

// Limits.
const (
	keepFor    = 30 * 24 * time.Hour // tasks and their results
	maxPayload = 1 << 20             // bytes
	maxOpen    = 20                  // tasks of one person that have not ended
)

var (
	errNotFound = fault.New(fault.NotFound, "task.not_found", "There is no such task, or it is not yours.")
	errEnded    = fault.New(fault.Conflict, "task.ended", "This task has ended already.")
	errTooMany  = fault.New(fault.Limited, "task.too_many", "You have many tasks running already. Wait for one to end, or cancel one.")
)

// Task is one piece of long work.
type Task struct {
	OrgID       string
	ID          string
	Kind        string
	State       State
	Total       int
	Done        int
	Failed      int    // of those done
	Reason      string // code of why it failed or was canceled
	Message     string // the same as a sentence
	Data        map[string]string
	CreatedBy   string // a technician
	CreatedName string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	StartedAt   time.Time
	EndedAt     time.Time
	Version     int64

	payload  json.RawMessage
	ceiling  perm.Set
	run      int64
	attempts int
	results  int64
}

// Ended says whether nothing happens any more.
func (t Task) Ended() bool { return t.State == Done || t.State == Failed || t.State == Canceled }

// Result is what became of one item.
type Result struct {
	TargetType string
	TargetID   string
	Name       string
	Line       int // of a file; 0 if there is none
	Outcome    Outcome
	Reason     string // code
	Message    string // the same as a sentence
}

// Because fills in why an item failed or was skipped.
func (r Result) Because(err error) Result {
	r.Reason, r.Message = explain(err)
	return r
}

// explain returns code and sentence of an error that a person may see; of any other no more than that there was one.
func explain(err error) (code, message string) {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Code, e.Message
	}
	return "internal", "Something went wrong on our side."
}

// Shown is what a payload may implement to say what of it people see: ids and names that lead on from the task.
type Shown interface{ TaskData() map[string]string }

// Deps are what a Service stands on.
type Deps struct {
	DB     *store.DB
	Guard  *access.Guard
	Audit  *audit.Log
	Events *events.Bus
	Log    *slog.Logger

	// Actor returns a technician as they may act now; an error of any declared kind means that they may not act any more.
	Actor func(ctx context.Context, org, technicianID string) (access.Actor, error)
	// Finished hears of every task that has ended, in the same transaction; nil does nothing.
	Finished func(ctx context.Context, tx *store.Tx, t Task) error
	// Slice is how long a task works before others get their turn; 0 means 30 seconds.
	Slice time.Duration
}

// Service starts and runs tasks.
type Service struct {
	Deps
	queue    *jobs.Queue
	handlers map[string]Handler
}

// Handler does the work of one kind of task. It works on from Run.Done, asks Run.Next before each piece and reports with Run.Advance; what
// these return it passes on.
type Handler func(ctx context.Context, r *Run) error

// New returns a Service without handlers.
func New(d Deps) *Service {
	if d.Slice == 0 {
		d.Slice = 30 * time.Second
	}
	return &Service{Deps: d, handlers: map[string]Handler{}}
}

// Handle sets what does the work of a kind; call it before the queue runs.
func (s *Service) Handle(kind string, fn Handler) { s.handlers[kind] = fn }

// work is the job that runs a task for a while.
const work jobs.Kind[workOrder] = "task.work"

type workOrder struct {
	OrgID string `json:"o"`
	ID    string `json:"id"`
}

// Use lets the tasks run on a queue; call it before the queue runs.
func (s *Service) Use(q *jobs.Queue) {
	s.queue = q
	work.Handle(q, s.work)
	q.Every("tasks", time.Hour, s.Sweep)
}

// Start queues a task in the caller's transaction; it runs with the rights that the actor of ctx has at each moment. total is the number of
// items, as far as it is known. A payload that is Shown says what people see of it.
func (s *Service) Start(ctx context.Context, tx *store.Tx, kind string, total int, payload any) (Task, error) {
	actor := access.ActorFrom(ctx)
	if actor.Kind != access.Technician && actor.Kind != access.Token {
		return Task{}, fmt.Errorf("start %s: a task runs with a technician's rights, not with those of %q", kind, actor.Kind)
	}
	b, err := json.Marshal(payload)
	if err != nil || len(b) > maxPayload {
		return Task{}, fmt.Errorf("start %s: a payload of %d bytes: %w", kind, len(b), err)
	}
	open, err := countOpen(ctx, tx, actor.OrgID, actor.ID)
	if err != nil {
		return Task{}, err
	}
	if open >= maxOpen {
		return Task{}, errTooMany
	}
	now := store.Now()
	t := Task{
		OrgID: actor.OrgID, ID: id.New(), Kind: kind, State: Queued, Total: total, CreatedBy: actor.ID, CreatedName: actor.Name,
		CreatedAt: now, UpdatedAt: now, Version: 1, payload: b, ceiling: actor.Ceiling,
	}
	if shown, ok := payload.(Shown); ok {
		t.Data = shown.TaskData()
	}
	if err := insert(ctx, tx, t); err != nil {
		return Task{}, fmt.Errorf("start %s: %w", kind, err)
	}
	if err := work.Enqueue(ctx, s.queue, tx, time.Time{}, workOrder{t.OrgID, t.ID}); err != nil {
		return Task{}, err
	}
	return t, s.tell(ctx, tx, t)
}

// tell lets the consoles of who started a task know that it moved.
func (s *Service) tell(ctx context.Context, tx *store.Tx, t Task) error {
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "task.changed", ID: t.ID, Needs: perm.SignedIn, To: t.CreatedBy, Data: map[string]string{"state": string(t.State), "kind": t.Kind},
	})
}

// Find returns a task of the actor's own; who changes the organization's settings sees everybody's.
func (s *Service) Find(ctx context.Context, id string) (Task, error) {
	t, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Task{}, err
	}
	if t.CreatedBy != access.ActorFrom(ctx).ID && s.Guard.Holds(ctx, perm.AdminSettings) != nil {
		return Task{}, errNotFound
	}
	return t, nil
}

// Query narrows a list of tasks.
type Query struct {
	State State
	Open  bool // only those that have not ended
	Kind  string
	Mine  bool // only the actor's own
	store.Page
}

// List returns tasks, the newest first, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Task, string, error) {
	actor := access.ActorFrom(ctx)
	by := ""
	if q.Mine || s.Guard.Holds(ctx, perm.AdminSettings) != nil {
		by = actor.ID
	}
	return list(ctx, s.DB.Read(), actor.OrgID, by, q)
}

// Results returns what became of the items of a task, in their order, and the cursor of the next page.
func (s *Service) Results(ctx context.Context, id string, outcome Outcome, page store.Page) ([]Result, string, error) {
	t, err := s.Find(ctx, id)
	if err != nil {
		return nil, "", err
	}
	return results(ctx, s.DB.Read(), t.OrgID, id, outcome, page)
}

// Cancel ends a task. What it has done stays; the piece that is under way is taken back.
func (s *Service) Cancel(ctx context.Context, id string) (t Task, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = end(ctx, tx, t, Canceled, "task.canceled", "Canceled by "+access.ActorFrom(ctx).Name+".", store.Now()); err != nil {
			return err
		}
		err := s.Audit.Record(ctx, tx, audit.Event{
			Action: "task.cancel", Targets: []audit.Target{{Type: "task", ID: t.ID, Name: t.Kind}},
			Detail: map[string]any{"kind": t.Kind, "done": t.Done, "total": t.Total},
		})
		if err != nil {
			return err
		}
		return s.ended(ctx, tx, t)
	})
	if err != nil {
		return Task{}, err
	}
	return t, nil
}

func (s *Service) ended(ctx context.Context, tx *store.Tx, t Task) error {
	if s.Finished != nil {
		if err := s.Finished(ctx, tx, t); err != nil {
			return fmt.Errorf("tell of the end of task %s: %w", t.ID, err)
		}
	}
	return s.tell(ctx, tx, t)
}

// Sweep forgets tasks a month after their end.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return forget(ctx, tx, store.Now().Add(-keepFor)) })
}
