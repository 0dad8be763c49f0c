package ticket

import (
	"context"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Assign makes a ticket somebody's work, or with "" nobody's. Only a technician who may act and sees the ticket can have it.
func (s *Service) Assign(ctx context.Context, id, technicianID string) (t Ticket, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	scope, err := s.guard.Customers(ctx, perm.TicketAssign)
	if err != nil {
		return Ticket{}, err
	}
	actor := access.ActorFrom(ctx)
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = lock(ctx, tx, actor.OrgID, id); err != nil {
			return err
		}
		if !scope.Uses(t.CustomerID) {
			return ErrNotFound
		}
		if t.AssignedTo.ID == technicianID {
			return errUnchanged
		}
		before := t.AssignedTo
		if t.AssignedTo, err = s.assignee(ctx, tx, t, technicianID); err != nil {
			return err
		}
		t.UpdatedAt = store.Now()
		if err := update(ctx, tx, t); err != nil {
			return fmt.Errorf("assign ticket %s: %w", id, err)
		}
		t.Version++
		if technicianID != "" && technicianID != actor.ID {
			if err := s.assigned(ctx, tx, t); err != nil {
				return fmt.Errorf("tell of ticket %s: %w", id, err)
			}
		}
		return s.record(ctx, tx, "ticket.assign", t, before.record(), t.AssignedTo.record())
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Ticket{}, err
	}
	return t, nil
}

// assignee checks, as things are in the transaction, that a technician can have a ticket.
func (s *Service) assignee(ctx context.Context, tx *store.Tx, t Ticket, id string) (Assignee, error) {
	if id == "" {
		return Assignee{}, nil
	}
	who, err := technician.ByID(ctx, tx, t.OrgID, id)
	if errors.Is(err, technician.ErrNotFound) {
		return Assignee{}, errAssignee
	}
	if err != nil {
		return Assignee{}, err
	}
	if who.Status != technician.Active || who.State != technician.Activated {
		return Assignee{}, errNotActive
	}
	as := access.WithActor(ctx, access.Actor{OrgID: t.OrgID, Kind: access.Technician, ID: who.ID, Role: who.PlatformRole, Owner: who.Owner})
	if err := s.guard.Check(access.Looking(as), perm.TicketView, t.Object()); err != nil {
		return Assignee{}, errNotReached
	}
	return Assignee{who.ID, who.Name(), true}, nil
}

func (a Assignee) record() map[string]any {
	return map[string]any{"assigned_to": a.ID, "assigned_to_name": a.Name}
}
