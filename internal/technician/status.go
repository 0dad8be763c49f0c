package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const maxReason = 500

// Suspend takes every right from a technician for a while; sessions and tokens end at once.
func (s *Service) Suspend(ctx context.Context, id, reason string) (Technician, error) {
	return s.toStatus(ctx, id, Suspended, reason)
}

// Reactivate lets a technician act again.
func (s *Service) Reactivate(ctx context.Context, id string) (Technician, error) {
	return s.toStatus(ctx, id, Active, "")
}

func (s *Service) toStatus(ctx context.Context, id string, status Status, reason string) (t Technician, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	if len([]rune(reason)) > maxReason {
		return t, fault.Field("/reason", "technician.reason_too_long", fmt.Sprintf("This is too long; %d characters are allowed.", maxReason))
	}
	before := t
	err = s.db.Write(ctx, func(tx *store.Tx) (err error) {
		t, err = s.SetStatus(ctx, tx, id, status, reason)
		return err
	})
	if err != nil {
		return Technician{}, s.refused(ctx, "technician."+verbs[status], before, err)
	}
	return t, nil
}

// verbs name the changes of status in the audit log.
var verbs = map[Status]string{Active: "reactivate", Inactive: "deactivate", Suspended: "suspend", OverLimit: "exceed_limit"}

// SetStatus is the one way in which a status changes: whatever lets somebody in or keeps somebody out calls it, whether a person, bulk
// work, an import, a directory or the plan's limit. It settles whether the actor may do it, refuses to take the last administrator away,
// ends sessions, tokens and invitations by way of the hooks, and writes one event, all in the caller's transaction.
func (s *Service) SetStatus(ctx context.Context, tx *store.Tx, id string, status Status, reason string) (Technician, error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician", ID: id}); err != nil {
		return Technician{}, err
	}
	t, err := Lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Technician{}, err
	}
	if err := mayChange(ctx, t); err != nil {
		return Technician{}, err
	}
	return t, s.setStatus(ctx, tx, &t, status, reason)
}

// setStatus is SetStatus for a row that the caller holds and may change.
func (s *Service) setStatus(ctx context.Context, tx *store.Tx, t *Technician, status Status, reason string) error {
	if t.Status == status {
		return nil
	}
	actor := access.ActorFrom(ctx)
	switch {
	case actor.ID == t.ID:
		return errSelf
	case status == OverLimit && actor.Kind != access.SystemKind:
		return errReserved
	case t.Status == OverLimit && status == Active && actor.Kind != access.SystemKind:
		return errSeats
	}
	if status == Active {
		if err := s.coversAll(ctx, *t); err != nil {
			return err
		}
	}
	before := *t
	t.Status, t.UpdatedAt = status, store.Now()
	if err := updateStatus(ctx, tx, *t, before.Status); err != nil {
		return fmt.Errorf("set technician %s %s: %w", t.ID, status, err)
	}
	t.Version++
	if before.Administers() {
		if err := keepAdministrator(ctx, tx, t.OrgID); err != nil {
			return err
		}
	}
	if err := s.stepped(ctx, tx, Change{Before: before, After: *t}); err != nil {
		return err
	}
	return s.record(ctx, tx, *t, audit.Event{
		Action: "technician." + verbs[status], Before: map[string]any{"status": string(before.Status)},
		After: map[string]any{"status": string(status)}, Detail: reasonDetail(reason),
	})
}

// stepped lets the slices above take part in a step of a technician's life.
func (s *Service) stepped(ctx context.Context, tx *store.Tx, c Change) error {
	if s.hooks.Inactive != nil && (c.Deleted || c.After.Status != Active) {
		reason := string(c.After.Status)
		if c.Deleted {
			reason = "deleted"
		}
		if err := s.hooks.Inactive(ctx, tx, c.Before.ID, reason); err != nil {
			return fmt.Errorf("end the sessions of technician %s: %w", c.Before.ID, err)
		}
	}
	return s.heard(ctx, tx, c)
}

// heard lets the slices above react to any change of a technician.
func (s *Service) heard(ctx context.Context, tx *store.Tx, c Change) error {
	for _, hear := range s.hooks.StateChanged {
		if err := hear(ctx, tx, c); err != nil {
			return fmt.Errorf("tell of the change of technician %s: %w", c.Before.ID, err)
		}
	}
	return nil
}

func reasonDetail(reason string) map[string]any {
	if reason == "" {
		return nil
	}
	return map[string]any{"reason": reason}
}

// Activate notes that somebody has taken up an invited account.
func (s *Service) Activate(ctx context.Context, tx *store.Tx, org, id string) error {
	t, err := Lock(ctx, tx, org, id)
	if err != nil || t.State == Activated {
		return err
	}
	before := t
	t.State, t.UpdatedAt = Activated, store.Now()
	if err := activate(ctx, tx, org, id, t.UpdatedAt); err != nil {
		return fmt.Errorf("activate technician %s: %w", id, err)
	}
	t.Version++
	if err := s.stepped(ctx, tx, Change{Before: before, After: t}); err != nil {
		return err
	}
	return s.record(ctx, tx, t, audit.Event{Action: "technician.activate"})
}
