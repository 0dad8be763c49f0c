// Package accessreview has who may do what looked at from time to time: somebody else confirms each grant or takes it away (ACC-35).
package accessreview

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

const (
	maxName      = 100
	maxComment   = 500
	maxTeams     = 50
	maxCustomers = 100
	maxOpen      = 20     // reviews of an organization that have not ended
	maxItems     = 50_000 // items in one review
	maxAnswers   = 200    // in one request
	maxReports   = 4      // written at once
	maxRemind    = 30     // days
	minLength    = time.Hour
	maxLength    = 366 * 24 * time.Hour

	usualLength = 14 * 24 * time.Hour
	repeatAfter = 3 // months
)

// State of a review.
type State string

// The states.
const (
	Planned State = "planned"
	Running State = "running"
	Ending  State = "ending" // its time is over, and what nobody answered is being settled
	Ended   State = "ended"
)

// Unanswered says what becomes at the end of what nobody answered.
type Unanswered string

// What can become of it.
const (
	Revoke Unanswered = "revoke"
	Keep   Unanswered = "keep"
)

// Scope says whose grants are reviewed: those of some teams and their people, those on some customers, or all if it names neither.
type Scope struct {
	TeamIDs     []string `json:"team_ids"`
	CustomerIDs []string `json:"customer_ids"`
}

// Fields are what people enter about a review.
type Fields struct {
	Name       string
	Scope      Scope
	StartsAt   time.Time // zero: at once
	DueAt      time.Time // zero: two weeks after the start
	Unanswered Unanswered
	RemindDays int  // before the end, 0 for none
	Repeats    bool // the next one is planned three months on
}

// Person is somebody, with their name as it was.
type Person struct{ ID, Name string }

// Review is one review of access.
type Review struct {
	OrgID string
	ID    string
	Fields
	State     State
	CreatedBy Person
	EndedBy   Person // "" for the date
	CreatedAt time.Time
	StartedAt time.Time
	EndedAt   time.Time
	Counts    Counts
	Version   int64

	reminded int
}

// at returns r as it is at now: what is due is answered no more.
func (r Review) at(now time.Time) Review {
	if r.State == Running && !now.Before(r.DueAt) {
		r.State = Ending
	}
	return r
}

// Counts say how far a review is.
type Counts struct {
	Items     int
	Confirmed int
	Revoked   int
	Flagged   int // platform roles that somebody has to change
	Kept      int // nobody answered, and it stays
	Gone      int // somebody else had taken it away
	Open      int
	Nobody    int // of the open ones: there is nobody who may answer
	Mine      int // of the open ones: the reader's to answer
}

// Result is what was answered about a grant.
type Result string

// The answers. A person confirms or revokes; the end keeps what nobody answered, and finds some grants gone.
const (
	Open      Result = ""
	Confirmed Result = "confirmed"
	Revoked   Result = "revoked"
	Flagged   Result = "flagged" // a platform role that is to be changed; the review does not change it
	Kept      Result = "kept"
	Gone      Result = "gone"
)

// Change says what became of a grant since the review began.
type Change string

// What can have become of it.
const (
	Same     Change = "same"
	Altered  Change = "changed" // its role was changed, or where it counts went to another customer
	Vanished Change = "gone"
)

// Kind is what an item is about.
type Kind string

// The kinds. A deny is no item: to take one away would give something.
const (
	OfRole         Kind = "role"
	OfOverride     Kind = "override"
	OfPlatformRole Kind = "platform_role"
)

// ownerRole stands for the platform role of an owner.
const ownerRole = "owner"

// Item is one right as it was when the review began, what became of it, and what was answered.
type Item struct {
	ReviewID string
	Kind     Kind
	GrantID  string // of an override its id, of a platform role the technician's
	Subject  grant.Subject
	Role     Person // of an override the permission, of a platform role that or the organization's own one
	Purpose  perm.Purpose
	Scope    grant.Scope
	grant.Times
	GrantedBy Person
	GrantedAt time.Time
	UseKnown  bool      // whether that it was not used means something
	UsedAt    time.Time // when anything in the role was last used; zero: never since uses are recorded

	Change      Change
	After       Change // at the end, of what the review did not take away
	Answer      Result
	Automatic   bool
	Reason      string // the code of why the end could not take it away
	Comment     string
	AnsweredBy  Person
	AnsweredAt  time.Time
	Own         bool // the reader has it themselves
	MayAnswer   bool // the reader may answer it
	Nobody      bool // nobody may
	place       string
	roleVersion int64
	version     int64

	now current
}

// current is what the grant is now.
type current struct {
	roleVersion int64
	customerID  string
	platform    string
}

// Seen names all that was shown of an item. An answer repeats it, so that nobody answers what they have not seen.
func (i Item) Seen() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s %d %s %s %s", i.ReviewID, i.GrantID, i.version, i.Change, i.now.roleVersion, i.now.customerID, i.now.platform, i.Answer))
	return hex.EncodeToString(sum[:12])
}

// Deps are what a Service stands on.
type Deps struct {
	DB        *store.DB
	Guard     *access.Guard
	Audit     *audit.Log
	Events    *events.Bus
	Grants    *grant.Service
	Customers *customer.Service

	// Tell tells a technician.
	Tell func(ctx context.Context, tx *store.Tx, n notification.Notice) error
	// LastUse says when a technician last used each permission; nil where nobody keeps that. UsedSince is when that began to be recorded, zero if it has not.
	LastUse   func(ctx context.Context, org, technicianID string) (map[perm.Permission]time.Time, error)
	UsedSince func(ctx context.Context, org string) (time.Time, error)
}

// Service keeps reviews.
type Service struct {
	Deps
	queue   *jobs.Queue
	reports chan struct{}
}

// New returns a Service.
func New(d Deps) *Service { return &Service{Deps: d, reports: make(chan struct{}, maxReports)} }

// endPayload says which review has been ended.
type endPayload struct {
	OrgID string `json:"org_id"`
	ID    string `json:"id"`
}

const endJob jobs.Kind[endPayload] = "accessreview.end"

// Use lets reviews begin, remind and end on a queue.
func (s *Service) Use(q *jobs.Queue) {
	s.queue = q
	endJob.Handle(q, func(ctx context.Context, p endPayload) error { return s.finish(ctx, p.OrgID, p.ID) })
	q.Every("access reviews", time.Minute, s.Sweep)
}

// record writes down what happened to a review and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Review, e audit.Event) error {
	e.Targets = append([]audit.Target{{Type: "accessreview", ID: r.ID, Name: r.Name}}, e.Targets...)
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.publish(ctx, tx, r)
}

// publish tells the screens. The event holds ids only, so that everybody may hear of it.
func (s *Service) publish(ctx context.Context, tx *store.Tx, r Review) error {
	return s.Events.Publish(ctx, tx, events.Event{Kind: "accessreview.changed", ID: r.ID, Needs: perm.SignedIn, Data: map[string]string{"state": string(r.State)}})
}

func (r Review) record() map[string]any {
	return map[string]any{
		"name": r.Name, "team_ids": r.Scope.TeamIDs, "customer_ids": r.Scope.CustomerIDs, "starts_at": written(r.StartsAt), "due_at": written(r.DueAt),
		"unanswered": string(r.Unanswered), "remind_days": r.RemindDays, "repeats": r.Repeats,
	}
}

// written is a time in the record; "" for none.
func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// targets name what an item is about in the record.
func (i Item) targets() []audit.Target {
	out := []audit.Target{{Type: string(i.Subject.Type), ID: i.Subject.ID, Name: i.Subject.Name}, {Type: i.roleTarget(), ID: i.Role.ID, Name: i.Role.Name}}
	if i.Scope.ID != "" {
		out = append(out, audit.Target{Type: string(i.Scope.Type), ID: i.Scope.ID, Name: i.Scope.Name})
	}
	return out
}

func (i Item) roleTarget() string {
	switch i.Kind {
	case OfOverride:
		return "permission"
	case OfPlatformRole:
		return "platformrole"
	}
	return "role"
}
