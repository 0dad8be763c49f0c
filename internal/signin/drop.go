package signin

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// DropPassword makes the password of t useless and ends all sessions: t signs in again with a passkey, or after choosing a new one.
func (s *Service) DropPassword(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	if err := savePassword(ctx, tx, access.ActorFrom(ctx).OrgID, t.ID, "", false, store.Now()); err != nil {
		return err
	}
	if err := s.Audit.Record(ctx, tx, audit.Event{
		Action: "password.drop", Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}},
	}); err != nil {
		return err
	}
	return s.EndAll(ctx, tx, t.ID, whyPasswordChanged)
}
