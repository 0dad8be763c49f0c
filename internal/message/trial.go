package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
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
	subject, body := trialText(o.Locale, o.Name)
	var deliveryID string
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		deliveryID, err = s.Send(ctx, tx, Out{
			Way: Email, To: to, Subject: subject, Body: body, Purpose: Trial, Owner: Ref{Type: "organization", ID: orgID},
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

func trialText(locale, organization string) (subject, body string) {
	if isFrench(locale) {
		return organization + " : essai d'envoi", "Cet essai de " + organization + " vous est bien parvenu."
	}
	return organization + ": trial mail", "This trial mail of " + organization + " has reached you."
}
