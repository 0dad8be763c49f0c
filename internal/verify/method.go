package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// MethodName is the stable name of a method (D-22).
type MethodName string

// The methods that the product knows by name.
const (
	SMSCode   MethodName = "sms_code"
	SMSLink   MethodName = "sms_link"
	EmailCode MethodName = "email_code"
	EmailLink MethodName = "email_link"
	VoiceCode MethodName = "voice_code"
	DuoPush   MethodName = "duo_push"
	Passkey   MethodName = "passkey"
	IDPStepUp MethodName = "idp_step_up"
)

// Form says who does what to complete a verification.
type Form string

// The forms.
const (
	FormCode Form = "code" // the contact reads digits out, and the technician types them
	FormPage Form = "page" // the contact answers on a page behind a link
	FormPush Form = "push" // the contact answers in an app that we ask
)

// Description is what a method says of itself. The panel, the API and the policies know nothing else of it.
type Description struct {
	Name   MethodName
	Level  int         // how much it proves, 0 to 5 (D-22); Plan may lower it
	Form   Form        //
	Way    message.Way // by which the contact is asked; "" if the method asks without a message of ours
	Spoken int         // digits of the number that the technician says; 0 for none
	Needs  []string    // what has to be set up before it can work, as words for people: carrier, duo, passkey …
}

// Question is one verification about to start.
type Question struct {
	Verification Verification
	Contact      contact.Contact
	Organization organization.Organization
	Settings     Settings
	BaseURL      string // of links, without a slash at its end
}

// Plan is what a method makes of a Question.
type Plan struct {
	Level  int         // 0 leaves what the Description says
	Digits string      // what completes the verification: a code or a spoken number. It is kept as a MAC only (R2).
	Token  string      // of the link; kept as a hash only
	Spoken string      // what the technician has to say; shown to them once
	Text   wording.Key // of the message, which says a code or a link; "" sends none
}

// Words are what the message of a plan says: who asks, why, how to refuse, and the direction in which the call must have been (R10).
func (p Plan) Words(q Question) wording.Values {
	v := wording.Values{
		Organization: q.Organization.Name, Technician: wording.FirstName(q.Verification.TechnicianName), Contact: q.Verification.ContactName,
		Ticket: q.Verification.TicketNumber, Minutes: q.Settings.CodeMinutes, Warning: wording.WeCalled,
	}
	if q.Verification.CallDirection == Inbound {
		v.Warning = wording.TheyCalled
	}
	if p.Token != "" {
		v.Link = q.BaseURL + "/v/" + p.Token
	} else {
		v.Code = p.Digits
	}
	return v
}

// Method is one way to prove that a caller is the contact (VER-2). A new one is a package of its own and one line in app.
type Method interface {
	Describe() Description
	// Plan makes the secret and words the message. It touches neither database nor network.
	Plan(q Question) (Plan, error)
}

// Addresser is a Method that does not ask at the addresses of a way: it finds where the contact can be asked.
type Addresser interface {
	Addresses(ctx context.Context, q store.Querier, c contact.Contact) ([]string, error)
}

// Router is an Addresser that asks at addresses of more than one way, each of which takes the text of its Plan.
type Router interface {
	WayTo(address string) message.Way
}

// Conditional is a Method that works for some contacts only.
type Conditional interface {
	// Ready returns nil, or the fault that says why the method cannot work for c now.
	Ready(ctx context.Context, q store.Querier, c contact.Contact) error
}

// Varying is a Method whose form and level depend on what is set up for a contact.
type Varying interface {
	DescribeFor(ctx context.Context, q store.Querier, c contact.Contact) (Description, error)
}

// Preparer is a Method that has to look a contact up elsewhere before it can work. Neither call is in a transaction.
type Preparer interface {
	// Opened hears that the panel of c was opened; what it asks elsewhere it leaves to a job.
	Opened(ctx context.Context, c contact.Contact) error
	// Prepare is called when c is about to be asked, and may wait a few seconds for an answer.
	Prepare(ctx context.Context, c contact.Contact) error
}

// Starter is a Method that takes part in the transaction which starts a verification, to keep what is its own or to queue a job.
type Starter interface {
	Started(ctx context.Context, tx *store.Tx, q Question, p Plan) error
}

// Matcher is a Method to which the right digits are one half of the proof.
type Matcher interface {
	// Matched hears that the technician typed the right digits; complete says whether that settles the verification.
	Matched(ctx context.Context, tx *store.Tx, v Verification) (complete bool, err error)
}

// Pager is a Method whose contact answers on a page. Open has found the link; the page decides nothing on a GET (R8).
type Pager interface {
	GetPage(w http.ResponseWriter, r *http.Request, l Link)
	PostPage(w http.ResponseWriter, r *http.Request, l Link)
}

// Use sets the methods, in the order in which they are offered unless a policy says otherwise.
func (s *Service) Use(methods ...Method) { s.methods = methods }

// Methods lists what each method says of itself, in the order in which they are offered.
func (s *Service) Methods() []Description {
	out := make([]Description, len(s.methods))
	for i, m := range s.methods {
		out[i] = m.Describe()
	}
	return out
}

func (s *Service) method(name MethodName) (Method, bool) {
	for _, m := range s.methods {
		if m.Describe().Name == name {
			return m, true
		}
	}
	return nil, false
}

// addresses lists where a method can ask a contact.
func addresses(ctx context.Context, q store.Querier, m Method, c contact.Contact) ([]string, error) {
	if a, ok := m.(Addresser); ok {
		return a.Addresses(ctx, q, c)
	}
	return c.Addresses(string(m.Describe().Way)), nil
}

// wayTo is how a method asks at an address.
func wayTo(m Method, address string) message.Way {
	if r, ok := m.(Router); ok {
		return r.WayTo(address)
	}
	return m.Describe().Way
}

// ready is nil, or the fault that says why a method cannot work for c.
func ready(ctx context.Context, q store.Querier, m Method, c contact.Contact) error {
	if x, ok := m.(Conditional); ok {
		return x.Ready(ctx, q, c)
	}
	return nil
}

// describe is what a method says of itself for c.
func describe(ctx context.Context, q store.Querier, m Method, c contact.Contact) (Description, error) {
	if x, ok := m.(Varying); ok {
		return x.DescribeFor(ctx, q, c)
	}
	return m.Describe(), nil
}

// check tells a mistake in a Plan before anything is kept of it.
func (p Plan) check(d Description) error {
	switch {
	case d.Form == FormPage && p.Token == "":
		return errors.New("a page needs a link")
	case d.Form == FormCode && p.Digits == "" && d.Way != "":
		return errors.New("a code needs digits")
	case (d.Way != "") != (p.Text != ""):
		return errors.New("a message needs a text, and a text a way")
	case d.Spoken != len(p.Spoken):
		return fmt.Errorf("the technician says %d digits", d.Spoken)
	}
	return nil
}

// LevelName is how a level is shown: L0 to L5.
func LevelName(level int) string { return fmt.Sprintf("L%d", level) }
