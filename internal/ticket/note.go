package ticket

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// Visibility says who may read a note.
type Visibility string

// The visibilities.
const (
	Internal Visibility = "internal" // our technicians
	Public   Visibility = "public"   // the customer too
)

const maxNote = 20_000

// Note is a text on a ticket.
type Note struct {
	ID         string
	Body       string
	Visibility Visibility
	Author     Author // the actor, if nobody is named
	CreatedAt  time.Time
}

// Notes returns the notes of a ticket that the actor may see, the oldest first, and the cursor of the next page.
func (s *Service) Notes(ctx context.Context, ticketID string, page store.Page) ([]Note, string, error) {
	t, err := s.Find(ctx, ticketID)
	if err != nil {
		return nil, "", err
	}
	return notes(ctx, s.db.Read(), t.OrgID, t.ID, page)
}

// WriteNote adds a note of the actor to a ticket.
func (s *Service) WriteNote(ctx context.Context, ticketID string, n Note) (Note, error) {
	t, err := s.Find(ctx, ticketID)
	if err != nil {
		return n, err
	}
	if err := s.guard.Check(ctx, perm.TicketEdit, t.Object()); err != nil {
		return n, err
	}
	var form input.Form
	n.Body = form.Text("/body", n.Body, maxNote)
	if n.Body == "" {
		form.Refuse("/body", "Write something.")
	}
	if n.Visibility != Internal && n.Visibility != Public {
		form.Refuse("/visibility", "A note is internal or public.")
	}
	if err := form.Err(); err != nil {
		return n, err
	}
	n.ID, n.Author, n.CreatedAt = id.New(), author(ctx), store.Now()
	return n, s.db.Write(ctx, func(tx *store.Tx) error { return s.addNote(ctx, tx, ticketID, n) })
}

// AddNote adds a note in the caller's transaction, which has checked that the note belongs there.
func (s *Service) AddNote(ctx context.Context, tx *store.Tx, ticketID string, n Note) error {
	if n.Author == (Author{}) {
		n.Author = author(ctx)
	}
	if n.Visibility == "" {
		n.Visibility = Internal
	}
	n.ID, n.CreatedAt = id.New(), store.Now()
	return s.addNote(ctx, tx, ticketID, n)
}

func (s *Service) addNote(ctx context.Context, tx *store.Tx, ticketID string, n Note) error {
	org := access.ActorFrom(ctx).OrgID
	customerID, err := touch(ctx, tx, org, ticketID, n.CreatedAt)
	if err != nil {
		return err
	}
	if err := insertNote(ctx, tx, org, ticketID, n); err != nil {
		if store.IsConflict(err) {
			return ErrNotFound
		}
		return fmt.Errorf("add a note to ticket %s: %w", ticketID, err)
	}
	err = s.audit.Record(ctx, tx, audit.Event{
		Action: "ticket.note", CustomerID: customerID, TicketID: ticketID, After: map[string]any{"body": n.Body},
		Targets: []audit.Target{{Type: "ticket", ID: ticketID}, {Type: "note", ID: n.ID}},
		Detail:  map[string]any{"visibility": string(n.Visibility)},
	})
	if err != nil {
		return err
	}
	return s.publish(ctx, tx, Ticket{ID: ticketID, Fields: Fields{CustomerID: customerID}})
}
