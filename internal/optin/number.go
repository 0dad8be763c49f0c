package optin

import (
	"context"
	"crypto/hmac"
	"errors"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// takeNumber sends a code to a number that was given in the place of the form's. Whether it can be reached is all that the answer says of it.
func (s *Service) takeNumber(ctx context.Context, tx *store.Tx, f Form, o Opened, number string) (State, error) {
	if !o.Settings.CorrectNumber {
		return f.State, errWrongNumber
	}
	code, now := id.Digits(6), store.Now()
	f.NewNumber, f.codeExpiresAt = number, now.Add(codeLife)
	ok, err := askForCode(ctx, tx, f, s.mac(f, code), now)
	if err != nil {
		return f.State, err
	}
	if !ok {
		return Expired, nil
	}
	text, err := wording.Say(ctx, tx, f.OrgID, wording.OptInCode, f.Language, wording.Values{Organization: o.Organization.Name, Code: code})
	if err != nil {
		return f.State, err
	}
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: message.SMS, To: number, Body: text.Body,
		Purpose: message.Consent, Owner: message.Ref{Type: "optin_code", ID: f.ID}, ContactID: f.ContactID, CustomerID: f.CustomerID,
		Key: "optin/" + f.ID + "/code", Starts: true, ExpiresAt: f.codeExpiresAt,
	})
	if err != nil && fault.KindOf(err) != fault.Internal {
		return f.State, errWrongNumber.Because(err)
	}
	return Confirming, err
}

func (s *Service) mac(f Form, code string) []byte {
	return s.Keys.MAC("optin code", f.OrgID, f.ID, f.NewNumber, code)
}

// Confirm compares the code that a new number got. Three wrong ones end the form.
func (s *Service) Confirm(ctx context.Context, o Opened, code string) (State, error) {
	f := o.Form
	if f.State != Confirming {
		return f.State, nil
	}
	ctx, who, err := s.asContact(ctx, f)
	if err != nil {
		return f.State, err
	}
	state := f.State
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		state = Confirming
		mac, tries, err := spendCode(ctx, tx, f.OrgID, f.ID, store.Now())
		switch {
		case err != nil:
			return err
		case mac == nil:
			state = Expired
			return nil
		case !hmac.Equal(mac, s.mac(f, code)):
			if tries < codeTries {
				return nil
			}
			state = Failed
			if err := endConfirming(ctx, tx, f.OrgID, f.ID, Failed, store.Now()); err != nil {
				return err
			}
			f.State = Failed
			return s.tell(ctx, tx, f)
		}
		state, err = s.useNumber(ctx, tx, f, who, o.Organization)
		return err
	})
	return state, err
}

// useNumber gives the contact the number that they confirmed, or keeps it for a technician where it must not simply be replaced: the old
// one is in use for verification (D-27), or another system keeps it.
func (s *Service) useNumber(ctx context.Context, tx *store.Tx, f Form, who contact.Contact, o organization.Organization) (State, error) {
	// First the form is over: the old number's loss ends what is still open about it.
	if err := endConfirming(ctx, tx, f.OrgID, f.ID, Agreed, store.Now()); err != nil {
		return f.State, err
	}
	reason, err := s.replace(ctx, tx, f)
	if err != nil {
		return f.State, err
	}
	if f.State = Agreed; reason != "" {
		f.State = Held
		if err := markHeld(ctx, tx, f.OrgID, f.ID); err != nil {
			return f.State, err
		}
		err := s.hold(ctx, tx, Change{
			OrgID: f.OrgID, ID: id.New(), ContactID: f.ContactID, CustomerID: f.CustomerID, FormID: f.ID, OldNumber: f.Number, NewNumber: f.NewNumber,
			Reason: reason, State: changePending, CreatedAt: store.Now(),
		}, who)
		if err != nil {
			return f.State, err
		}
	}
	if err := s.tellOld(ctx, tx, f, who, o); err != nil {
		return f.State, err
	}
	return f.State, s.settle(ctx, tx, f, who, o, f.NewNumber)
}

// replace gives the contact the new number; reason says why it was not done.
func (s *Service) replace(ctx context.Context, tx *store.Tx, f Form) (reason string, err error) {
	if f.Number != "" {
		used, err := s.InUse(ctx, tx, f.OrgID, f.ContactID, f.Number)
		if err != nil {
			return "", err
		}
		if used {
			return reasonInUse, nil
		}
	}
	_, err = s.Contacts.ReplaceNumberIn(ctx, tx, f.OrgID, f.ContactID, f.Number, f.NewNumber)
	switch {
	case errors.Is(err, contact.ErrSourced):
		return reasonSourced, nil
	case fault.KindOf(err) != fault.Internal: // gone meanwhile, or there is no room for it
		return reasonManual, nil
	}
	return "", err
}

// tellOld lets the old number know that another was given, or is to take its place; where no text may go, the contact's mail does (R13).
func (s *Service) tellOld(ctx context.Context, tx *store.Tx, f Form, who contact.Contact, o organization.Organization) error {
	text, err := wording.Say(ctx, tx, f.OrgID, wording.OptInChanged, f.Language, wording.Values{Organization: o.Name, Address: message.Mask(f.NewNumber)})
	if err != nil {
		return err
	}
	out := message.Out{
		Way: message.SMS, To: f.Number, Body: text.Body, Purpose: message.Consent,
		Owner: message.Ref{Type: "contact", ID: f.ContactID}, ContactID: f.ContactID, CustomerID: f.CustomerID, Key: "optin/" + f.ID + "/changed",
		Resendable: true,
	}
	if f.Number != "" {
		if _, err := s.Messages.Send(ctx, tx, out); err == nil || fault.KindOf(err) == fault.Internal {
			return err
		}
	}
	for _, email := range who.Emails {
		out.Way, out.To, out.Subject = message.Email, email, text.Subject
		if _, err := s.Messages.Send(ctx, tx, out); err == nil || fault.KindOf(err) == fault.Internal {
			return err
		}
	}
	return nil
}
