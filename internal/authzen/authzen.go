// Package authzen lets other programs of an organization ask who may do what: the OpenID AuthZEN Authorization API 1.0 (ACC-21). It answers
// from the engine that decides everywhere else, and decides nothing itself.
package authzen

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Bounds of one request.
const (
	maxEvaluations = 1_000 // of one batch
	maxPage        = 1_000 // results of one search's answer, and how many there are without a limit
	maxName        = 200   // runes of a type or an action
	maxID          = 512   // runes of an id
	maxBody        = 64 << 10
	maxBatchBody   = 1 << 20
)

// Entity is a subject or a resource of a question. The ids of subjects are ids or emails of technicians.
type Entity struct {
	Type       string
	ID         string
	Properties json.RawMessage // an object, or nil; no decision of ours hangs on what a caller says about things
}

// Action is what the subject wants to do: the name of a permission.
type Action struct {
	Name       string
	Properties json.RawMessage
}

// Question is whether a subject may do something to a resource.
type Question struct {
	Subject  Entity
	Action   Action
	Resource Entity
}

// Answer is a decision with what led there. A Reason is "" for an allow, except that of an owner.
type Answer struct {
	Outcome engine.Outcome
	Reason  engine.Reason
	Because []engine.Path
	Misses  []engine.Path
	Ask     *fault.Ask // how the caller asks for the approval that is all that is missing; nil if they cannot
}

// Part says which part of a long list is wanted: at most Limit names that come after one in order.
type Part struct {
	Limit int
	After string // "" from the beginning
}

// Decider answers the questions of the API. A search returns the ids of what it found, in the order of Part, and whether there are more; it is
// complete over all parts. A question about somebody else than the caller is a Denied fault unless the caller may ask it.
type Decider interface {
	Evaluate(ctx context.Context, q Question) (Answer, error)
	Subjects(ctx context.Context, q Question, part Part) (ids []string, more bool, err error)
	Resources(ctx context.Context, q Question, part Part) (ids []string, more bool, err error)
	Actions(ctx context.Context, q Question, part Part) (names []string, more bool, err error)
}

// Engines has the engine of each organization, in step with the database.
type Engines interface {
	Engine(ctx context.Context, org string) (*engine.Engine, error)
}

// Service is the Decider of the product.
type Service struct {
	db      *store.DB
	guard   *access.Guard
	engines Engines
	record  *record
	allowed func(org, subjectID string, p perm.Permission) // nil if nobody wants to know
	asking  func(p perm.Permission, on engine.Target) *fault.Ask
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, engines Engines, log *slog.Logger) *Service {
	return &Service{db: db, guard: guard, engines: engines, record: &record{db: db, log: log, waiting: map[told]*Decision{}}}
}

// Observe sets what is told that a program heard yes about a technician, beyond seeing. It is set before the first question.
func (s *Service) Observe(fn func(org, subjectID string, p perm.Permission)) { s.allowed = fn }

// Offer sets what says how to ask for the approval of something. It is set before the first question; without it answers say only that one is missing.
func (s *Service) Offer(fn func(p perm.Permission, on engine.Target) *fault.Ask) { s.asking = fn }

// now is the moment for which a question is answered; no caller can choose it.
func now() time.Time { return store.Now() }
