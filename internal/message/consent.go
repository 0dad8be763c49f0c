package message

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// answerWord handles STOP, HELP and START. Consent is by address: a STOP by SMS also ends calls to that number.
func (s *Service) answerWord(ctx context.Context, tx *store.Tx, in In) (claimed bool, err error) {
	word := wordOf(in)
	orgID, key := access.ActorFrom(ctx).OrgID, addressKey(in.Way, in.From)
	switch word {
	case wordStop:
		changed, err := s.setConsent(ctx, tx, consent.OptedOut, in)
		if err != nil || !changed {
			return true, err // who opted out before was told so then
		}
		return true, s.answer(ctx, tx, in, key, word)
	case wordHelp:
		return true, s.answer(ctx, tx, in, key, word)
	case wordStart, wordYes:
		was, err := s.ledger().Of(ctx, tx, orgID, in.From)
		if err != nil || (was.State != consent.OptedOut && word == wordYes) { // a plain yes answers something else
			return false, err
		}
		if !in.Trusted() { // somebody else may have written it; only STOP counts whoever says it
			return true, s.refuseStart(ctx, tx, in)
		}
		changed, err := s.setConsent(ctx, tx, consent.OptedIn, in)
		if err != nil || !changed {
			return true, err
		}
		return true, s.answer(ctx, tx, in, key, wordStart)
	}
	return false, nil
}

func (s *Service) refuseStart(ctx context.Context, tx *store.Tx, in In) error {
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: "message.untrusted_start", Outcome: audit.Denied, Reason: "not_aligned", Targets: []audit.Target{{Type: "inbound", ID: in.ID}},
		Detail: map[string]any{"way": string(in.Way), "address": Mask(in.From)},
	})
}

// ledger is where consent is written down.
func (s *Service) ledger() consent.Ledger {
	return consent.Ledger{Keys: s.Keys, Audit: s.Audit, Events: s.Events}
}

func (s *Service) setConsent(ctx context.Context, tx *store.Tx, state consent.State, in In) (changed bool, err error) {
	contactID, err := writer(ctx, tx, in)
	if err != nil {
		return false, err
	}
	changed, err = s.ledger().Put(ctx, tx, consent.Record{
		Address: in.From, State: state, Source: consent.ByWord, Way: string(in.Way), ContactID: contactID, InboundID: in.ID, At: in.At,
	})
	if err != nil || !changed {
		return changed, err
	}
	if state == consent.OptedOut && s.stopped != nil {
		return true, s.stopped(ctx, tx, in)
	}
	return true, nil
}

// writer is the id of the contact who wrote, or "" if the address is nobody's or that of several.
func writer(ctx context.Context, tx *store.Tx, in In) (contactID string, err error) {
	found, err := contactsAt(ctx, tx, in)
	if len(found) != 1 {
		return "", err
	}
	return found[0].ID, err
}

func contactsAt(ctx context.Context, tx *store.Tx, in In) ([]contact.Contact, error) {
	if in.Way == Email {
		return contact.ByEmail(ctx, tx, access.ActorFrom(ctx).OrgID, in.From)
	}
	return contact.ByPhone(ctx, tx, access.ActorFrom(ctx).OrgID, in.From)
}

// answer replies to one of the words, up to a number a day: two machines must not talk for ever.
func (s *Service) answer(ctx context.Context, tx *store.Tx, in In, key string, w word) error {
	if in.Handled != "" {
		return nil
	}
	orgID := access.ActorFrom(ctx).OrgID
	if n, err := countAnswers(ctx, tx, orgID, key, in.At.Add(-aDay)); err != nil || n >= answersInADay {
		return err
	}
	o, err := organization.ByID(ctx, tx, orgID)
	if err != nil {
		return fmt.Errorf("read organization %s: %w", orgID, err)
	}
	way := in.Way
	if way == Voice {
		way = SMS
	}
	customerID, language, err := behind(ctx, tx, in)
	if err != nil {
		return err
	}
	text, err := wording.Say(ctx, tx, orgID, textOf(w), wording.LanguageFor(language, o.Locale), wording.Values{Organization: o.Name})
	if err != nil {
		return err
	}
	_, err = s.Send(ctx, tx, Out{
		Way: way, To: in.From, Subject: text.Subject, Body: text.Body, Purpose: Answer, CustomerID: customerID,
		Owner: Ref{Type: "inbound", ID: key}, Key: "answer/" + in.ID,
	})
	if fault.KindOf(err) != fault.Internal { // nobody can be answered there, such as at a short code or abroad
		return nil
	}
	return err
}

// behind are the customer and the language of the contact who wrote, each "" if the address is nobody's or those who have it differ.
func behind(ctx context.Context, tx *store.Tx, in In) (customerID, language string, err error) {
	found, err := contactsAt(ctx, tx, in)
	for i, c := range found {
		if i == 0 {
			customerID, language = c.CustomerID, c.Language
		}
		if c.CustomerID != customerID {
			customerID = ""
		}
		if c.Language != language {
			language = ""
		}
	}
	return customerID, language, err
}

// textOf names what is answered to a word.
func textOf(w word) wording.Key {
	switch w {
	case wordStop:
		return wording.AnswerStop
	case wordStart:
		return wording.AnswerStart
	}
	return wording.AnswerHelp
}
