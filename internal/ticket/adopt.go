package ticket

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Past is a ticket that was worked somewhere else before it came here.
type Past struct {
	Fields
	OpenedAt   time.Time
	ClosedAt   time.Time // zero unless it is closed
	AssignedTo string    // a technician's id, or ""
	Notes      []Note    // with their times, oldest first
}

// Adopt takes over a ticket with its times, in the caller's transaction. The audit log says when it was taken over, and from when it is.
func (s *Service) Adopt(ctx context.Context, tx *store.Tx, p Past) (t Ticket, err error) {
	scope, err := s.guard.Customers(ctx, perm.TicketCreate)
	if err != nil {
		return t, err
	}
	fields, err := p.checked()
	if err != nil {
		return t, err
	}
	t = Ticket{
		OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: fields, CreatedBy: author(ctx), ClosedAt: p.ClosedAt,
		CreatedAt: p.OpenedAt, UpdatedAt: p.OpenedAt, Version: 1,
	}
	if err := place(ctx, tx, scope, &t); err != nil {
		return t, err
	}
	if t.Number, err = nextNumber(ctx, tx, t.OrgID); err != nil {
		return t, fmt.Errorf("number a ticket: %w", err)
	}
	if err := insert(ctx, tx, t); err != nil {
		return t, fmt.Errorf("adopt ticket %s: %w", t.ID, err)
	}
	for _, n := range p.Notes {
		n.ID = id.New()
		if n.Author == (Author{}) {
			n.Author = author(ctx)
		}
		if err := insertNote(ctx, tx, t.OrgID, t.ID, n); err != nil {
			return t, fmt.Errorf("adopt a note of ticket %s: %w", t.ID, err)
		}
		t.UpdatedAt = n.CreatedAt
	}
	if t.ClosedAt.After(t.UpdatedAt) {
		t.UpdatedAt = t.ClosedAt
	}
	if t.AssignedTo, err = s.assignee(ctx, tx, t, p.AssignedTo); err != nil {
		return t, err
	}
	if err := update(ctx, tx, t); err != nil {
		return t, fmt.Errorf("adopt ticket %s: %w", t.ID, err)
	}
	t.Version++
	return t, s.audit.Record(ctx, tx, audit.Event{
		Action: "ticket.adopt", CustomerID: t.CustomerID, TicketID: t.ID, After: t.record(),
		Targets: []audit.Target{{Type: "ticket", ID: t.ID, Name: t.Summary}}, Detail: map[string]any{"opened_at": p.OpenedAt.Format(time.RFC3339), "notes": len(p.Notes)},
	})
}
