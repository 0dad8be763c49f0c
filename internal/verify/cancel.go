package verify

import (
	"context"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// Cancel ends a verification that still waits.
func (s *Service) Cancel(ctx context.Context, verificationID string) (v Verification, err error) {
	if v, err = s.ByID(ctx, verificationID); err != nil {
		return v, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := s.settle(ctx, tx, v, Canceled, "verification.cancel")
		if err != nil {
			return err
		}
		if ended.ID == "" {
			return errEnded
		}
		v = ended
		return s.Messages.Cancel(ctx, tx, message.Ref{Type: "verification", ID: v.ID})
	})
	return v, err
}

// cancelPending ends the verification that a contact still has: only the newest one counts, and none after a report of fraud.
func (s *Service) cancelPending(ctx context.Context, tx *store.Tx, org, contactID, because string) error {
	old, err := endPending(ctx, tx, org, contactID, Canceled, s.clock.Now())
	if err != nil || old.ID == "" {
		return err
	}
	if err := s.Messages.Cancel(ctx, tx, message.Ref{Type: "verification", ID: old.ID}); err != nil {
		return err
	}
	return s.changed(ctx, tx, "verification.cancel", old, map[string]any{"because": because})
}
