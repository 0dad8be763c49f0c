package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// How long the sender of a trial waits for its outcome, and how often he looks.
const (
	trialLife = 30 * time.Second
	trialLook = 50 * time.Millisecond
)

// Try sends a trial for the actor's organization and returns what came of the first attempt. Whoever calls it has checked the permission.
func (s *Service) Try(ctx context.Context, out Out) (Delivery, error) {
	orgID := access.ActorFrom(ctx).OrgID
	out.Purpose, out.Owner, out.ExpiresAt = Trial, Ref{Type: "organization", ID: orgID}, store.Now().Add(trialLife)
	var deliveryID string
	err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		deliveryID, err = s.Send(ctx, tx, out)
		return err
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.firstOutcome(ctx, orgID, deliveryID)
}

func (s *Service) firstOutcome(ctx context.Context, orgID, deliveryID string) (Delivery, error) {
	ticker := time.NewTicker(trialLook)
	defer ticker.Stop()
	for {
		d, err := deliveryByID(ctx, s.DB.Read(), orgID, deliveryID)
		if err != nil || !d.live() || d.Reason != "" {
			return d, err
		}
		select {
		case <-ctx.Done():
			return d, nil
		case <-ticker.C:
		}
	}
}
