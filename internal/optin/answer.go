package optin

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// Opened is what the page behind a link shows.
type Opened struct {
	Form         Form
	Organization organization.Organization
	Settings     consent.Settings
	token        string
}

// Open looks a form up by its link and changes nothing, however often and by whatever it is opened (R8).
func (s *Service) Open(ctx context.Context, token string) (o Opened, err error) {
	if o.Form, err = formByToken(ctx, s.DB.Read(), id.Hash(token)); err != nil {
		return o, err
	}
	o.Form, o.token = o.Form.at(store.Now()), token
	if o.Organization, err = organization.ByID(ctx, s.DB.Read(), o.Form.OrgID); err != nil {
		return o, err
	}
	o.Settings, err = consent.SettingsOf(ctx, s.DB.Read(), o.Form.OrgID)
	return o, err
}

// Answer is what a person says on a form.
type Answer struct {
	Agrees bool
	Number string       // another number than the form's, in E.164; "" keeps it
	Shown  consent.Text // what they agree to or refuse
}

// Answer settles a form and returns its new state. A link answers once: of two devices that have it, the quicker. Another number is not
// theirs before the code that it gets was typed in.
func (s *Service) Answer(ctx context.Context, o Opened, a Answer) (State, error) {
	f := o.Form
	if f.State != Waiting {
		return f.State, nil
	}
	ctx, who, err := s.asContact(ctx, f)
	if err != nil {
		return f.State, err
	}
	f.TextVersion, f.Language = a.Shown.Version, a.Shown.Language
	state := f.State
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := consent.KeepText(ctx, tx, a.Shown); err != nil {
			return err
		}
		if a.Agrees && a.Number != "" && a.Number != f.Number {
			state, err = s.takeNumber(ctx, tx, f, o, a.Number)
			return err
		}
		state = Refused
		if a.Agrees {
			state = Agreed
		}
		ok, err := answerForm(ctx, tx, f.OrgID, f.ID, state, f.TextVersion, f.Language, store.Now())
		if err != nil {
			return err
		}
		if !ok { // somebody was quicker, or it expired meanwhile
			state = Expired
			return nil
		}
		f.State = state
		return s.settle(ctx, tx, f, who, o.Organization, f.Number)
	})
	return state, err
}

// settle writes down what was said about a number and tells those concerned.
func (s *Service) settle(ctx context.Context, tx *store.Tx, f Form, who contact.Contact, o organization.Organization, number string) error {
	said, note := consent.OptedIn, wording.NoteAgreed
	if f.State == Refused {
		said, note = consent.OptedOut, wording.NoteRefused
	}
	if number != "" {
		_, err := s.Ledger.Put(ctx, tx, consent.Record{
			Address: number, State: said, Source: consent.ByForm, Way: "web", ContactID: f.ContactID, FormID: f.ID, ByID: f.AskedBy, ByName: f.AskedName,
			IP: access.ActorFrom(ctx).Address, TextVersion: f.TextVersion, Language: f.Language,
		})
		if err != nil {
			return err
		}
	}
	if said == consent.OptedIn && number != "" {
		if err := s.thank(ctx, tx, f, number, o.Name); err != nil {
			return err
		}
	}
	err := s.note(ctx, tx, f, o.Locale, note, wording.Values{Contact: who.Name, Address: message.Mask(number)})
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, f)
}

// thank confirms a consent by text. Nothing depends on it: where no text may go, none goes.
func (s *Service) thank(ctx context.Context, tx *store.Tx, f Form, number, organization string) error {
	text, err := wording.Say(ctx, tx, f.OrgID, wording.OptInConfirmed, f.Language, wording.Values{Organization: organization})
	if err != nil {
		return err
	}
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: message.SMS, To: number, Body: text.Body, Purpose: message.Consent, Owner: message.Ref{Type: "contact", ID: f.ContactID},
		ContactID: f.ContactID, CustomerID: f.CustomerID, Key: "optin/" + f.ID + "/confirmed", Resendable: true,
	})
	if fault.KindOf(err) != fault.Internal {
		return nil
	}
	return err
}

// asContact makes the contact of f the actor, keeping what is known of the request.
func (s *Service) asContact(ctx context.Context, f Form) (context.Context, contact.Contact, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), f.OrgID, f.ContactID)
	if err != nil {
		return ctx, c, err
	}
	was := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{
		OrgID: f.OrgID, Kind: access.Contact, ID: c.ID, Name: c.Name, Address: was.Address, Device: was.Device, RequestID: was.RequestID,
	}), c, nil
}

// TextVersion names the text that forms of an organization show now in its own language.
func (s *Service) TextVersion(ctx context.Context, orgID string) (string, error) {
	o, err := organization.ByID(ctx, s.DB.Read(), orgID)
	if err != nil {
		return "", err
	}
	set, err := consent.SettingsOf(ctx, s.DB.Read(), orgID)
	return shown(wording.LanguageFor(o.Locale), o.Name, set.PolicyURL).Version, err
}

// shown is the text that a person agrees to.
func shown(language, organization, policyURL string) consent.Text {
	body := statementIn(language, organization)
	if policyURL != "" {
		body += "\n" + policyURL
	}
	return consent.NewText(language, body)
}

func statementIn(language, organization string) string {
	return wording.Texts{Language: language}.OptInPage(wording.Values{Organization: organization})("statement")
}
