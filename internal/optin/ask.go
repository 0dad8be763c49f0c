package optin

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/wording"
)

// ownerType is what the messages of forms belong to.
const ownerType = "optin"

// Question is what is asked of whom.
type Question struct {
	ContactID string
	Way       message.Way // Email or SMS; "" takes email where there is one
	TicketID  string      // that gets a note; "" for none
}

// plan is what would be sent to a contact.
type plan struct {
	way    message.Way
	sentTo string
	number string
}

// circumstances are what all questions of an organization have in common.
type circumstances struct {
	organization organization.Organization
	settings     consent.Settings
	now          time.Time
}

func (s *Service) circumstances(ctx context.Context, q store.Querier) (c circumstances, err error) {
	c.now = store.Now()
	if c.organization, err = organization.ByID(ctx, q, access.ActorFrom(ctx).OrgID); err != nil {
		return c, err
	}
	c.settings, err = consent.SettingsOf(ctx, q, c.organization.ID)
	return c, err
}

// plan settles where a form goes and what it is about. A refusal says why the contact cannot or must not be asked.
func (c circumstances) plan(who contact.Contact, way message.Way, standing map[string]consent.Standing, lastAsked time.Time) (plan, error) {
	p := plan{way: way}
	if numbers := who.Addresses("sms"); len(numbers) > 0 {
		p.number = numbers[0]
	}
	if err := c.checkNumber(who, p.number); err != nil {
		return p, err
	}
	st := standing[p.number]
	switch {
	case p.number != "" && st.State == consent.OptedOut:
		return p, errOut
	case p.number != "" && st.State == consent.OptedIn:
		return p, errIn
	}
	if again := c.now.AddDate(0, 0, -c.settings.ReaskDays); lastAsked.After(again) || st.AskedAt.After(again) {
		return p, errAsked
	}
	email := ""
	if i := slices.IndexFunc(who.Emails, func(e string) bool { return standing[e].State != consent.OptedOut }); i >= 0 {
		email = who.Emails[i]
	}
	if p.way == "" {
		if p.way = message.SMS; email != "" {
			p.way = message.Email
		}
	}
	switch {
	case p.way == message.Email && email != "":
		p.sentTo = email
	case p.way == message.SMS && p.number != "":
		p.sentTo = p.number
	case p.way == message.Email:
		return p, errNoEmail
	case p.way == message.SMS && way == "":
		return p, errNoAddress
	case p.way == message.SMS:
		return p, errNoNumber
	default:
		return p, errWay
	}
	return p, nil
}

// checkNumber refuses a number that gets no texts, and none where the form may not ask for one.
func (c circumstances) checkNumber(who contact.Contact, number string) error {
	if number == "" {
		switch {
		case c.settings.CorrectNumber:
			return nil
		case len(who.Phones) > 0:
			return errLandline
		}
		return errNoNumber
	}
	switch err := message.CheckAddress(message.SMS, number, c.organization.AllowedCountries); {
	case err == nil:
		return nil
	case errors.Is(err, message.ErrCountry):
		return errCountry
	case errors.Is(err, message.ErrKind):
		return errKind
	}
	return errNumber
}

// planFor is plan with what the database knows.
func (s *Service) planFor(ctx context.Context, q store.Querier, c circumstances, who contact.Contact, way message.Way) (plan, error) {
	standing, err := s.Ledger.OfAll(ctx, q, who.OrgID, append(who.Numbers(), who.Emails...))
	if err != nil {
		return plan{}, err
	}
	asked, err := lastAsked(ctx, q, who.OrgID, []string{who.ID})
	if err != nil {
		return plan{}, err
	}
	return c.plan(who, way, standing, asked[who.ID])
}

// Ask sends a contact a form; a form that they have not answered yet is of no use from then on.
func (s *Service) Ask(ctx context.Context, question Question) (f Form, err error) {
	who, err := s.mayAsk(ctx, question)
	if err != nil {
		return f, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		f, err = s.askIn(ctx, tx, who, question)
		return err
	})
	if err != nil && fault.KindOf(err) != fault.Internal {
		return f, s.refused(ctx, who, err)
	}
	return f, err
}

func (s *Service) mayAsk(ctx context.Context, question Question) (who contact.Contact, err error) {
	if who, err = s.Contacts.Find(ctx, question.ContactID); err != nil {
		return who, err
	}
	if err := s.Guard.Check(ctx, perm.ContactEdit, who.Object()); err != nil {
		return who, err
	}
	if question.TicketID == "" {
		return who, nil
	}
	t, err := ticket.ByID(ctx, s.DB.Read(), who.OrgID, question.TicketID)
	if errors.Is(err, ticket.ErrNotFound) || err == nil && t.CustomerID != who.CustomerID {
		return who, errTicket
	}
	return who, err
}

// refused records that somebody was not asked, and why.
func (s *Service) refused(ctx context.Context, who contact.Contact, why error) error {
	err := s.Audit.Append(ctx, audit.Event{
		Action: "consent.sent", Outcome: audit.Denied, Reason: fault.CodeOf(why), CustomerID: who.CustomerID,
		Targets: []audit.Target{{Type: "contact", ID: who.ID, Name: who.Name}},
	})
	if err != nil {
		return errors.Join(why, err)
	}
	return why
}

// askIn is Ask in a transaction, after mayAsk. Only the newest form of a contact can be answered.
func (s *Service) askIn(ctx context.Context, tx *store.Tx, who contact.Contact, question Question) (f Form, err error) {
	c, err := s.circumstances(ctx, tx)
	if err != nil {
		return f, err
	}
	if who, err = contact.ByID(ctx, tx, who.OrgID, who.ID); err != nil {
		return f, err
	}
	p, err := s.planFor(ctx, tx, c, who, question.Way)
	if err != nil {
		return f, err
	}
	actor, token := access.ActorFrom(ctx), id.Secret()
	f = Form{
		OrgID: who.OrgID, ID: id.New(), ContactID: who.ID, ContactName: who.Name, CustomerID: who.CustomerID, Way: p.way, SentTo: p.sentTo, Number: p.number,
		Language: wording.LanguageFor(who.Language, c.organization.Locale), State: Waiting, AskedBy: actor.ID, AskedName: actor.Name, TicketID: question.TicketID,
		CreatedAt: c.now, ExpiresAt: c.now.AddDate(0, 0, c.settings.LinkDays), Version: 1,
	}
	if err := cancelOf(ctx, tx, f.OrgID, f.ContactID, c.now); err != nil {
		return f, err
	}
	if err := insert(ctx, tx, f, id.Hash(token)); err != nil {
		return f, err
	}
	if err := s.sendForm(ctx, tx, f, c, token); err != nil {
		return f, err
	}
	if err := s.noteSent(ctx, tx, f, c, who); err != nil {
		return f, err
	}
	return f, s.tell(ctx, tx, f)
}

func (s *Service) sendForm(ctx context.Context, tx *store.Tx, f Form, c circumstances, token string) error {
	key := wording.OptInSMS
	if f.Way == message.Email {
		key = wording.OptInMail
	}
	text, err := wording.Say(ctx, tx, f.OrgID, key, f.Language, wording.Values{
		Organization: c.organization.Name, Link: s.BaseURL + "/v/optin/" + token, Days: c.settings.LinkDays,
	})
	if err != nil {
		return err
	}
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: f.Way, To: f.SentTo, Subject: text.Subject, Body: text.Body, Purpose: message.Consent, Owner: message.Ref{Type: ownerType, ID: f.ID},
		ContactID: f.ContactID, CustomerID: f.CustomerID, Key: "optin/" + f.ID, Starts: true, ExpiresAt: f.ExpiresAt,
	})
	return err
}

// noteSent keeps that the contact was asked: in the ledger, and on the ticket if one was named.
func (s *Service) noteSent(ctx context.Context, tx *store.Tx, f Form, c circumstances, who contact.Contact) error {
	var err error
	if f.Number != "" {
		_, err = s.Ledger.Put(ctx, tx, consent.Record{
			Address: f.Number, State: consent.Sent, Source: consent.ByAsking, Way: string(f.Way), ContactID: f.ContactID, FormID: f.ID,
			ByID: f.AskedBy, ByName: f.AskedName, Language: f.Language, At: f.CreatedAt,
		})
	} else {
		err = s.Audit.Record(ctx, tx, audit.Event{
			Action: "consent.sent", CustomerID: f.CustomerID, TicketID: f.TicketID, Targets: []audit.Target{{Type: "contact", ID: who.ID, Name: who.Name}},
			Detail: map[string]any{"way": string(f.Way), "form_id": f.ID},
		})
	}
	if err != nil {
		return err
	}
	return s.note(ctx, tx, f, c.organization.Locale, wording.NoteSent, wording.Values{
		Contact: who.Name, Technician: f.AskedName, Address: message.Mask(f.SentTo),
	})
}

// note writes to the ticket of a form, if it has one.
func (s *Service) note(ctx context.Context, tx *store.Tx, f Form, locale, part string, v wording.Values) error {
	if f.TicketID == "" {
		return nil
	}
	texts, err := wording.Of(ctx, tx, f.OrgID, locale)
	if err != nil {
		return err
	}
	err = s.Tickets.AddNote(ctx, tx, f.TicketID, ticket.Note{Body: texts.Part(wording.OptInNote, part, v), Visibility: ticket.Internal})
	if errors.Is(err, ticket.ErrNotFound) { // deleted meanwhile; the audit log has it all
		return nil
	}
	return err
}

// tell lets the screens load the contact's forms again.
func (s *Service) tell(ctx context.Context, tx *store.Tx, f Form) error {
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "optin.changed", ID: f.ID, CustomerID: f.CustomerID, Needs: perm.ContactView,
		Data: map[string]string{"contact_id": f.ContactID, "state": string(f.State)},
	})
}
