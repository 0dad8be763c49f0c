package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// How long the sender of a trial waits for its outcome, and how often he looks.
const (
	trialLife = 30 * time.Second
	trialLook = 50 * time.Millisecond
)

// TryMail sends a mail by the organization's own server and returns what came of the first attempt.
func (s *Service) TryMail(ctx context.Context, to string) (Delivery, error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return Delivery{}, err
	}
	if _, _, err := findMail(ctx, s.DB.Read(), orgID); err != nil {
		return Delivery{}, err
	}
	o, err := organization.ByID(ctx, s.DB.Read(), orgID)
	if err != nil {
		return Delivery{}, err
	}
	text, err := wording.Say(ctx, s.DB.Read(), orgID, wording.TrialMail, o.Locale, wording.Values{Organization: o.Name})
	if err != nil {
		return Delivery{}, err
	}
	var deliveryID string
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		deliveryID, err = s.Send(ctx, tx, Out{
			Way: Email, To: to, Subject: text.Subject, Body: text.Body, Purpose: Trial, Owner: Ref{Type: "organization", ID: orgID},
			ExpiresAt: store.Now().Add(trialLife),
		})
		return err
	})
	if err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return Delivery{}, ErrAddress.At("/to")
		}
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
