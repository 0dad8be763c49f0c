package outbox

import (
	"cmp"
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/wording"
)

// TryMail sends a mail by the organization's own server and returns what came of the first attempt.
func (s *Service) TryMail(ctx context.Context, to string) (message.Delivery, error) {
	orgID := access.ActorFrom(ctx).OrgID
	if err := s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID}); err != nil {
		return message.Delivery{}, err
	}
	if _, ok, err := mail.Find(ctx, s.DB.Read(), orgID); err != nil || !ok {
		return message.Delivery{}, cmp.Or[error](err, mail.ErrAbsent)
	}
	o, err := organization.ByID(ctx, s.DB.Read(), orgID)
	if err != nil {
		return message.Delivery{}, err
	}
	text, err := wording.Say(ctx, s.DB.Read(), orgID, wording.TrialMail, o.Locale, wording.Values{Organization: o.Name})
	if err != nil {
		return message.Delivery{}, err
	}
	d, err := s.Messages.Try(ctx, message.Out{Way: message.Email, To: to, Subject: text.Subject, Body: text.Body})
	if fault.KindOf(err) == fault.Invalid {
		return message.Delivery{}, message.ErrAddress.At("/to")
	}
	return d, err
}
