package technician

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// Delete removes somebody who has left, or who never took up the invitation. The audit log keeps what they did. check may refuse.
func (s *Service) Delete(ctx context.Context, id string, check func(Technician) error) error {
	t, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error { return s.DeleteIn(ctx, tx, id, check) })
	if err != nil {
		return s.refused(ctx, "technician.delete", t, err)
	}
	return nil
}

// DeleteIn is Delete in the caller's transaction.
func (s *Service) DeleteIn(ctx context.Context, tx *store.Tx, id string, check func(Technician) error) error {
	t, err := Lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return err
	}
	if err := check(t); err != nil {
		return err
	}
	if err := mayChange(ctx, t); err != nil {
		return err
	}
	switch {
	case t.Owner:
		return errOwner
	case t.Status != Inactive && t.State != Invitation:
		return errNotLeft
	}
	if err := s.stepped(ctx, tx, Change{Before: t, After: t, Deleted: true}); err != nil {
		return err
	}
	if err := remove(ctx, tx, t.OrgID, id); err != nil {
		return err
	}
	return s.record(ctx, tx, t, audit.Event{Action: "technician.delete", Before: t.record()})
}
