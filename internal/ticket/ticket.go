// Package ticket keeps tickets and the notes on them, in Countersign's own small store.
package ticket

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// Status of a ticket.
type Status string

// The statuses.
const (
	Open    Status = "open"
	Waiting Status = "waiting" // for the customer, or for somebody outside
	Closed  Status = "closed"
	// Unclosed finds what is open or waiting; no ticket has it.
	Unclosed Status = "unclosed"
)

// Priority says how soon a ticket should be looked at.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = "normal"
	High   Priority = "high"
	Urgent Priority = "urgent"
)

func (p Priority) valid() bool { return p == Low || p == Normal || p == High || p == Urgent }

// Fields are what people enter about a ticket.
type Fields struct {
	CustomerID  string
	ContactID   string // "" for none
	Summary     string
	Description string
	Status      Status
	Priority    Priority // Normal if empty
}

// Ticket is one piece of work for a customer.
type Ticket struct {
	OrgID  string
	ID     string
	Number int64 // what people call it: #1042
	Fields
	CustomerName string
	ContactName  string // stays when the contact is deleted
	AssignedTo   Assignee
	Source       string // "" is Countersign's own store
	CreatedBy    Author
	NoteCount    int64
	ClosedAt     time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Assignee is the technician whose work a ticket is; the zero Assignee is nobody.
type Assignee struct {
	ID     string
	Name   string
	Active bool // may act now; whoever may not stays named, so that one sees what has to be handed over
}

// Author is who wrote something.
type Author struct {
	Type string // technician, contact or system
	ID   string
	Name string
}

// author is the actor of ctx, whose token writes as the technician it belongs to.
func author(ctx context.Context) Author {
	a := access.ActorFrom(ctx)
	kind := a.Kind
	if kind == access.Token {
		kind = access.Technician
	}
	return Author{string(kind), a.ID, a.Name}
}

// Object is what access decides on.
func (t Ticket) Object() access.Object {
	return access.Object{Type: "ticket", ID: t.ID, CustomerID: t.CustomerID}
}

// Service keeps tickets.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus

	assigned func(ctx context.Context, tx *store.Tx, t Ticket) error
	beside   func(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]Happening, error)
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus) *Service {
	return &Service{
		db: db, guard: guard, audit: log, events: bus,
		assigned: func(context.Context, *store.Tx, Ticket) error { return nil },
		beside: func(context.Context, store.Querier, string, string, time.Time, int) ([]Happening, error) {
			return nil, nil
		},
	}
}

// OnAssigned sets what hears, in the transaction, of a ticket that was given to somebody by somebody else; call it before anything runs.
func (s *Service) OnAssigned(fn func(ctx context.Context, tx *store.Tx, t Ticket) error) {
	s.assigned = fn
}

// TimelineFrom sets where the time line learns what happened with a ticket in other slices; call it before anything runs. The newest come first,
// all before a time.
func (s *Service) TimelineFrom(fn func(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]Happening, error)) {
	s.beside = fn
}

// Find returns one ticket that the actor may see.
func (s *Service) Find(ctx context.Context, id string) (Ticket, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Ticket{}, err
	}
	return t, s.guard.Check(ctx, perm.TicketView, t.Object())
}

// Query narrows and orders a list of tickets.
type Query struct {
	Text       string // found in number, summary, description and the names of contact and customer
	CustomerID string
	ContactID  string
	Status     Status
	Priority   Priority
	AssignedTo string // a technician's id; Me or Nobody
	Sort       string // created_at, number or updated_at; "-" before it turns the order; by default the newest first
	store.Page
}

// Whose tickets a Query may also find.
const (
	Me     = "me"
	Nobody = "none"
)

// List returns the tickets that the actor may see, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Ticket, string, error) {
	scope, err := s.guard.Customers(ctx, perm.TicketView)
	if err != nil {
		return nil, "", err
	}
	actor := access.ActorFrom(ctx)
	if q.AssignedTo == Me {
		q.AssignedTo = actor.ID
	}
	return list(ctx, s.db.Read(), actor.OrgID, scope, q)
}

// record writes down what happened to t and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, action string, t Ticket, before, after map[string]any) error {
	e := audit.Event{
		Action: action, CustomerID: t.CustomerID, TicketID: t.ID, Before: before, After: after,
		Targets: []audit.Target{{Type: "ticket", ID: t.ID, Name: t.Summary}},
	}
	if t.ContactID != "" {
		e.Targets = append(e.Targets, audit.Target{Type: "contact", ID: t.ContactID, Name: t.ContactName})
	}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.publish(ctx, tx, t)
}

func (s *Service) publish(ctx context.Context, tx *store.Tx, t Ticket) error {
	return s.events.Publish(ctx, tx, events.Event{Kind: "ticket.changed", ID: t.ID, CustomerID: t.CustomerID, Needs: perm.TicketView})
}
