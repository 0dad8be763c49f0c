package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
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
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = lock(ctx, tx, t.OrgID, id); err != nil {
			return err
		}
		if err := mayChange(ctx, t); err != nil {
			return err
		}
		return s.setStatus(ctx, tx, &t, status, reason)
	})
	if err != nil {
		return Technician{}, s.refused(ctx, "technician."+verbs[status], t, err)
	}
	return t, nil
}

// verbs name the changes of status in the audit log.
var verbs = map[Status]string{Active: "reactivate", Inactive: "deactivate", Suspended: "suspend", OverLimit: "exceed_limit"}

// setStatus is the only way in which a status changes. It settles who may do it, ends sessions and tokens in the same transaction,
// refuses to take the last administrator away, and writes the event. The caller holds the row of t.
func (s *Service) setStatus(ctx context.Context, tx *store.Tx, t *Technician, status Status, reason string) error {
	if t.Status == status {
		return nil
	}
	actor := access.ActorFrom(ctx)
	switch {
	case actor.ID == t.ID:
		return errSelf
	case status == OverLimit && actor.Kind != access.SystemKind:
		return fault.Field("/status", "technician.status_reserved", "Only the plan's limit sets this status. Choose active, inactive or suspended.")
	case t.Status == OverLimit && status == Active && actor.Kind != access.SystemKind:
		return errSeats
	}
	if status == Active {
		if err := s.mayGrant(ctx, t.PlatformRole); err != nil {
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
	if status != Active && s.hooks.Inactive != nil {
		if err := s.hooks.Inactive(ctx, tx, t.ID, string(status)); err != nil {
			return fmt.Errorf("end the sessions of technician %s: %w", t.ID, err)
		}
	}
	return s.record(ctx, tx, *t, audit.Event{
		Action: "technician." + verbs[status], Before: map[string]any{"status": string(before.Status)},
		After: map[string]any{"status": string(status)}, Detail: reasonDetail(reason),
	})
}

func reasonDetail(reason string) map[string]any {
	if reason == "" {
		return nil
	}
	return map[string]any{"reason": reason}
}

// Activate notes that somebody has taken up an invited account.
func (s *Service) Activate(ctx context.Context, tx *store.Tx, org, id string) error {
	t, err := lock(ctx, tx, org, id)
	if err != nil || t.State == Activated {
		return err
	}
	if err := activate(ctx, tx, org, id, store.Now()); err != nil {
		return fmt.Errorf("activate technician %s: %w", id, err)
	}
	return s.record(ctx, tx, t, audit.Event{Action: "technician.activate"})
}
