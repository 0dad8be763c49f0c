package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// ConsentVersion names the text that technicians agree to now. Whoever changes a word of ConsentText gives it another version; what
// people agreed to before stays on record under its own.
const ConsentVersion = "2026-11"

// ConsentText is what a technician agrees to before anything is sent to their phone (D-2), in the language of the reader.
func ConsentText(language string) string {
	if language == "fr" {
		return "J’accepte que l’entreprise qui m’emploie m’envoie, par Countersign, des SMS et des appels automatiques au numéro de mon profil pour mon travail : " +
			"alertes, astreintes, codes et avis de sécurité. Leur nombre varie selon mon service ; les frais de mon opérateur peuvent s’appliquer. " +
			"Mon accord n’est pas une condition d’emploi. Le numéro ne sert à rien d’autre et n’est transmis qu’à l’opérateur qui achemine le message. " +
			"Je peux retirer mon accord à tout moment dans mon profil ou en répondant STOP ; répondre HELP donne de l’aide."
	}
	return "I agree that my employer may send me text messages and automated calls through Countersign, to the number in my profile, for my work: " +
		"alerts, on-call duty, codes and security notices. How many depends on my duty; message and data rates may apply. Agreeing is not a " +
		"condition of employment. The number is used for nothing else and passed on to nobody but the carrier that delivers the message. I can " +
		"withdraw at any time in my profile or by replying STOP; replying HELP gets help."
}

// Agree records that the actor agreed to text messages and calls, having read this version of the text.
func (s *Service) Agree(ctx context.Context, version string) (Technician, error) {
	return s.ownConsent(ctx, true, version)
}

// Withdraw records that the actor takes the consent back; without one it does nothing.
func (s *Service) Withdraw(ctx context.Context) (Technician, error) {
	return s.ownConsent(ctx, false, "")
}

func (s *Service) ownConsent(ctx context.Context, agreed bool, version string) (t Technician, err error) {
	actor := access.ActorFrom(ctx)
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "technician", ID: actor.ID}); err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = Lock(ctx, tx, actor.OrgID, actor.ID); err != nil {
			return err
		}
		switch {
		case agreed && version != ConsentVersion:
			return errText
		case agreed && t.Phone == "":
			return errNoPhone
		case !agreed && !t.SMSConsent.Given():
			return nil
		case !agreed:
			version = t.SMSConsent.TextVersion
		}
		return s.consent(ctx, tx, &t, agreed, version)
	})
	return t, err
}

// StopMessages takes back the consent of whoever has this phone number, who has answered STOP to a message.
func (s *Service) StopMessages(ctx context.Context, tx *store.Tx, phone string) error {
	ids, err := consentingAt(ctx, tx, access.ActorFrom(ctx).OrgID, phone)
	if err != nil {
		return err
	}
	for _, key := range ids {
		t, err := Lock(ctx, tx, access.ActorFrom(ctx).OrgID, key)
		if err != nil {
			return err
		}
		if err := s.consent(ctx, tx, &t, false, t.SMSConsent.TextVersion); err != nil {
			return err
		}
	}
	return nil
}

// consent keeps when, from where and to which text a technician agreed or no longer agrees. The caller holds the row of t.
func (s *Service) consent(ctx context.Context, tx *store.Tx, t *Technician, agreed bool, version string) error {
	now := store.Now()
	t.SMSConsent = Consent{}
	action := "technician.withdraw_sms"
	if agreed {
		t.SMSConsent, action = Consent{now, version}, "technician.agree_sms"
	}
	if err := saveConsent(ctx, tx, *t, now); err != nil {
		return fmt.Errorf("keep the consent of technician %s: %w", t.ID, err)
	}
	t.Version++
	t.UpdatedAt = now
	if err := insertConsent(ctx, tx, *t, id.New(), agreed, version, access.ActorFrom(ctx).Address, now); err != nil {
		return fmt.Errorf("keep the consent of technician %s: %w", t.ID, err)
	}
	return s.record(ctx, tx, *t, audit.Event{Action: action, Detail: map[string]any{"text_version": version}})
}
