// Package approval lets a second person decide on what one person alone must not do, and runs exactly what was decided, once.
package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// How long things last. A request and what it leads to have clocks of their own.
const (
	usualLife = time.Hour // of a request
	minLife   = 5 * time.Minute
	maxLife   = 7 * 24 * time.Hour
	usableFor = time.Hour // from the decision: after that, what was not run or used is dead

	askedWithin = time.Hour
	leftAfter   = 10 * time.Second // from the decision, until what its job did not run is run without it
)

const (
	maxReason     = 500
	maxComment    = 500
	maxPending    = 100 // of one person
	maxAsked      = 100 // by one person in askedWithin, whatever became of it: each tells up to maxTold people
	maxTold       = 50  // who are told of one request
	maxParameters = 512 << 10
	minReason     = 10 // characters of the reason for breaking the glass
)

// State of a request.
type State string

// The states. Pending and Approved are live; all others are final.
const (
	Pending   State = "pending"
	Approved  State = "approved" // decided; it runs in a moment, or the requester uses it
	Executed  State = "executed"
	Failed    State = "failed"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Expired   State = "expired"
)

// Thing is what an action concerns, with its name as it was.
type Thing struct{ Type, ID, Name string }

// Person is somebody, with their name as it was.
type Person struct{ ID, Name string }

// Fact is one thing that whoever decides is shown beside the parameters: what the ids in them stand for.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Plan is what would be done, settled to the last detail.
type Plan struct {
	Parameters   any             // what Run gets; reading them again gives the same plan as long as nothing has changed
	Permission   perm.Permission // what it takes, if it is not always that of the action
	On           engine.Target   // on what the permission is decided
	Target       Thing
	CustomerID   string // "" for the organization
	CustomerName string
	Facts        []Fact
	Gives        []perm.Permission // what the requester gets there: whoever approves has to hold it themselves (ACC-12)
}

// Action is something that takes two people. The slice that does it keeps its own rules: Run is refused what the person could not do.
type Action struct {
	Name       string
	Permission perm.Permission // "" for access that is asked for, which takes no right yet

	// Always is for what takes two people whatever they may do; otherwise only those ask whose right needs an approval.
	Always bool
	// Exempt says who of those may act alone all the same; nil for nobody.
	Exempt func(a access.Actor) bool

	// Prepare reads parameters, checks that the actor of ctx may see what they name, and says what would be done.
	Prepare func(ctx context.Context, q store.Querier, parameters json.RawMessage) (Plan, error)
	// Run does it in the transaction, as the requester; with AsApprover as whoever approved. nil: the requester uses the approval themselves.
	Run        func(ctx context.Context, tx *store.Tx, r Request) error
	AsApprover bool
}

// Request is one request for an approval and what became of it. It is kept for good.
type Request struct {
	OrgID string
	ID    string
	Plan  // Parameters are a json.RawMessage
	Digest
	Action     string
	Requester  Person
	Reason     string
	TicketID   string
	BreakGlass bool
	State      State
	Comment    string
	Decider    Person // "" before the decision, and of a broken glass
	Failure    string // the code of why it failed

	CreatedAt   time.Time
	ExpiresAt   time.Time // of the request
	DecidedAt   time.Time
	UsableUntil time.Time // of what was approved
	EndedAt     time.Time
	Version     int64

	mac []byte
}

// Raw are the parameters as they are kept.
func (r Request) Raw() json.RawMessage {
	raw, _ := r.Parameters.(json.RawMessage)
	return raw
}

// at returns r as it is at now: what nobody decided or used in time has expired, also before the sweep says so.
func (r Request) at(now time.Time) Request {
	switch {
	case r.State == Pending && !now.Before(r.ExpiresAt):
		r.State, r.EndedAt = Expired, r.ExpiresAt
	case r.State == Approved && !now.Before(r.UsableUntil):
		r.State, r.EndedAt = Expired, r.UsableUntil
	}
	return r
}

// Deps are what a Service stands on.
type Deps struct {
	DB     *store.DB
	Guard  *access.Guard
	Audit  *audit.Log
	Events *events.Bus
	Keys   *seal.Keyring

	// Actor is a technician as they may act now, or why they may not.
	Actor func(ctx context.Context, org, id string) (access.Actor, error)
	// Deciders are the owner, the administrators and the managers who are active.
	Deciders func(ctx context.Context, q store.Querier, org string) ([]access.Actor, error)
	// Ticket refuses a ticket that the actor may not see.
	Ticket func(ctx context.Context, id string) error
	// Tell tells a technician.
	Tell func(ctx context.Context, tx *store.Tx, n notification.Notice) error
}

// Service keeps requests and runs what was approved.
type Service struct {
	Deps
	actions map[string]Action
	queue   *jobs.Queue
}

// New returns a Service that knows no action.
func New(d Deps) *Service { return &Service{Deps: d, actions: map[string]Action{}} }

// Register names an action that can be approved. It is called before anything is asked.
func (s *Service) Register(actions ...Action) {
	for _, a := range actions {
		if a.Name == "" || a.Prepare == nil || s.actions[a.Name].Prepare != nil {
			panic(fmt.Sprintf("approval: the action %q is incomplete or there twice", a.Name)) // a mistake of ours, found by the first test
		}
		s.actions[a.Name] = a
	}
}

// runPayload says which request to run.
type runPayload struct {
	OrgID string `json:"org_id"`
	ID    string `json:"id"`
}

const runJob jobs.Kind[runPayload] = "approval.run"

// Use lets what was approved run on a queue.
func (s *Service) Use(q *jobs.Queue) {
	s.queue = q
	runJob.Handle(q, func(ctx context.Context, p runPayload) error { return s.Execute(ctx, p.OrgID, p.ID) })
}

// record writes down what happened to a request, in the name of the actor of ctx, and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Request, e audit.Event) error {
	e.Targets = []audit.Target{{Type: "approval", ID: r.ID, Name: r.Action}, {Type: r.Target.Type, ID: r.Target.ID, Name: r.Target.Name}}
	e.CustomerID, e.TicketID = r.CustomerID, r.TicketID
	detail := map[string]any{"action": r.Action, "digest": string(r.Digest), "state": string(r.State), "requester": r.Requester.ID}
	for name, value := range map[string]string{"reason": r.Reason, "comment": r.Comment, "decided_by": r.Decider.ID, "failure": r.Failure} {
		if value != "" {
			detail[name] = value
		}
	}
	e.Detail = detail
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{Kind: "approval.changed", ID: r.ID, Needs: perm.SignedIn, Data: map[string]string{"state": string(r.State)}})
}
