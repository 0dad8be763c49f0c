package message

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// consent is what a person said last about getting messages at an address.
type consent string

const (
	optOut consent = "opted_out"
	optIn  consent = "opted_in"
)

// OptedOut returns which of the addresses, given as they are kept, asked for no more messages.
func OptedOut(ctx context.Context, q store.Querier, orgID string, addresses []string) ([]string, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = keyOfAny(a)
	}
	found, err := optedOut(ctx, q, orgID, keys)
	if err != nil {
		return nil, err
	}
	is := make(map[string]bool, len(found))
	for _, key := range found {
		is[key] = true
	}
	var out []string
	for i, a := range addresses {
		if is[keys[i]] {
			out = append(out, a)
		}
	}
	return out, nil
}

// answerWord handles STOP, HELP and START. Consent is by address: a STOP by SMS also ends calls to that number.
func (s *Service) answerWord(ctx context.Context, tx *store.Tx, in In) (claimed bool, err error) {
	word := wordOf(in)
	orgID, key := access.ActorFrom(ctx).OrgID, addressKey(in.Way, in.From)
	switch word {
	case wordStop:
		changed, err := s.setConsent(ctx, tx, orgID, key, optOut, in)
		if err != nil || !changed {
			return true, err // who opted out before was told so then
		}
		return true, s.answer(ctx, tx, in, key, word)
	case wordHelp:
		return true, s.answer(ctx, tx, in, key, word)
	case wordStart, wordYes:
		out, err := isOptedOut(ctx, tx, orgID, key)
		if err != nil || (!out && word == wordYes) { // a plain yes answers something else
			return false, err
		}
		if !in.Trusted() { // somebody else may have written it; only STOP counts whoever says it
			return true, s.refuseStart(ctx, tx, in)
		}
		changed, err := s.setConsent(ctx, tx, orgID, key, optIn, in)
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

func (s *Service) setConsent(ctx context.Context, tx *store.Tx, orgID, key string, state consent, in In) (changed bool, err error) {
	changed, err = putConsent(ctx, tx, orgID, key, state, in)
	if err != nil || !changed {
		return changed, err
	}
	err = s.Audit.Record(ctx, tx, audit.Event{
		Action: "message." + string(state), Targets: []audit.Target{{Type: "inbound", ID: in.ID}},
		Detail: map[string]any{"way": string(in.Way), "address": Mask(in.From)},
	})
	if err != nil {
		return false, err
	}
	if state == optOut && s.stopped != nil {
		if err := s.stopped(ctx, tx, in); err != nil {
			return false, err
		}
	}
	return true, s.tellOfContacts(ctx, tx, orgID, in)
}

// tellOfContacts has the screens load those contacts again who have the address: what may be sent to it has changed.
func (s *Service) tellOfContacts(ctx context.Context, tx *store.Tx, orgID string, in In) error {
	find := contact.ByPhone
	if in.Way == Email {
		find = contact.ByEmail
	}
	found, err := find(ctx, tx, orgID, in.From)
	if err != nil {
		return err
	}
	for _, c := range found {
		err := s.Events.Publish(ctx, tx, events.Event{Kind: "contact.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.ContactView})
		if err != nil {
			return err
		}
	}
	return nil
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
	customerID, language, err := behind(ctx, tx, orgID, in)
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
func behind(ctx context.Context, tx *store.Tx, orgID string, in In) (customerID, language string, err error) {
	find := contact.ByPhone
	if in.Way == Email {
		find = contact.ByEmail
	}
	found, err := find(ctx, tx, orgID, in.From)
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
