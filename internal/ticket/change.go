package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const (
	maxSummary     = 200
	maxDescription = 20_000
)

// Create opens a ticket for a customer that the actor reaches.
func (s *Service) Create(ctx context.Context, want Fields) (t Ticket, err error) {
	scope, err := s.guard.Customers(ctx, perm.TicketCreate)
	if err != nil {
		return t, err
	}
	want.Status = Open
	if want, err = want.checked(); err != nil {
		return t, err
	}
	now := store.Now()
	t = Ticket{
		OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: want, CreatedBy: author(ctx),
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := place(ctx, tx, scope, &t); err != nil {
			return err
		}
		if t.Number, err = nextNumber(ctx, tx, t.OrgID); err != nil {
			return fmt.Errorf("number a ticket: %w", err)
		}
		if err := insert(ctx, tx, t); err != nil {
			return fmt.Errorf("create ticket %s: %w", t.ID, err)
		}
		return s.record(ctx, tx, "ticket.create", t, nil, t.record())
	})
	return t, err
}

// Update changes, closes or reopens one ticket; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Ticket) (Fields, error)) (t Ticket, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	scope, err := s.guard.Customers(ctx, perm.TicketEdit)
	if err != nil {
		return Ticket{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = lock(ctx, tx, t.OrgID, id); err != nil {
			return err
		}
		if !scope.Uses(t.CustomerID) {
			return ErrNotFound
		}
		next, err := change(t)
		if err != nil {
			return err
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		before := t
		if t.Fields = next; next == before.Fields {
			return errUnchanged
		}
		if err := place(ctx, tx, scope, &t); err != nil {
			return err
		}
		t.UpdatedAt = store.Now()
		switch {
		case t.Status != Closed:
			t.ClosedAt = time.Time{}
		case before.Status != Closed:
			t.ClosedAt = t.UpdatedAt
		}
		if err := update(ctx, tx, t); err != nil {
			return fmt.Errorf("change ticket %s: %w", id, err)
		}
		t.Version++
		return s.record(ctx, tx, actionFor(before, t), t, before.record(), t.record())
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Ticket{}, err
	}
	return t, nil
}

func actionFor(before, after Ticket) string {
	switch {
	case before.Status == after.Status:
		return "ticket.update"
	case after.Status == Closed:
		return "ticket.close"
	case before.Status == Closed:
		return "ticket.reopen"
	}
	return "ticket.update"
}

// Delete removes a ticket with its notes; the audit log keeps what it was. check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Ticket) error) error {
	t, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.TicketEdit, t.Object()); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		now, err := lock(ctx, tx, t.OrgID, id)
		if err != nil {
			return err
		}
		if now.CustomerID != t.CustomerID {
			return ErrNotFound // moved between the question and the answer
		}
		if err := check(now); err != nil {
			return err
		}
		if err := remove(ctx, tx, t.OrgID, id); err != nil {
			return err
		}
		return s.record(ctx, tx, "ticket.delete", now, now.record(), nil)
	})
}

// DetachContact lets go of a contact that is being deleted: its tickets keep the name.
func (s *Service) DetachContact(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	n, err := detach(ctx, tx, c)
	if err != nil || n == 0 {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Event{
		Action: "ticket.detach_contact", CustomerID: c.CustomerID, Detail: map[string]any{"tickets": n},
		Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	})
}

// MergeContact makes the tickets of a contact those of another, of the same customer.
func (s *Service) MergeContact(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
	n, err := moveContact(ctx, tx, from, into.ID)
	if err != nil || n == 0 {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Event{
		Action: "ticket.move_contact", CustomerID: from.CustomerID, Detail: map[string]any{"tickets": n},
		Targets: []audit.Target{{Type: "contact", ID: into.ID, Name: into.Name}, {Type: "contact", ID: from.ID, Name: from.Name}},
	})
}

// place checks in the transaction that the customer is one of the scope and the contact one of the customer, and takes their names.
func place(ctx context.Context, tx *store.Tx, scope access.Scope, t *Ticket) (err error) {
	if !scope.Uses(t.CustomerID) {
		return errCustomer
	}
	if t.CustomerName, err = customerName(ctx, tx, t.OrgID, t.CustomerID); err != nil {
		return err
	}
	if t.ContactID == "" {
		return nil
	}
	c, err := contact.ByID(ctx, tx, t.OrgID, t.ContactID)
	if errors.Is(err, contact.ErrNotFound) || (err == nil && c.CustomerID != t.CustomerID) {
		return errContact
	}
	t.ContactName = c.Name
	return err
}

func (f Fields) checked() (Fields, error) {
	var form input.Form
	if !id.Valid(f.CustomerID) {
		form.Refuse("/customer_id", "Choose the customer that this is about.")
	}
	if f.ContactID != "" && !id.Valid(f.ContactID) {
		form.Refuse("/contact_id", errContact.Message)
	}
	f.Summary = form.Required("/summary", f.Summary, maxSummary)
	f.Description = form.Text("/description", f.Description, maxDescription)
	if f.Status != Open && f.Status != Waiting && f.Status != Closed {
		form.Refuse("/status", "A ticket is open, waiting or closed.")
	}
	if f.Priority == "" {
		f.Priority = Normal
	}
	if !f.Priority.valid() {
		form.Refuse("/priority", "A priority is low, normal, high or urgent.")
	}
	return f, form.Err()
}

func (f Fields) record() map[string]any {
	return map[string]any{
		"customer_id": f.CustomerID, "contact_id": f.ContactID, "summary": f.Summary, "description": f.Description, "status": string(f.Status),
		"priority": string(f.Priority),
	}
}
