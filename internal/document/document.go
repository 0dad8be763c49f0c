// Package document keeps what an organization hands to its clients: how to verify it, how it verifies them, announcements, its policy. Each
// text comes with Countersign or was written by the organization, and is shown as a page, printed as a PDF, and sent by mail.
package document

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/wording"
)

// Limits, in characters.
const (
	maxTitle   = 120
	maxBody    = 12_000
	maxWebsite = 300
)

// Action says how a version came about.
type Action string

// The actions.
const (
	Saved    Action = "saved"
	Restored Action = "restored" // of an earlier version
	Reset    Action = "reset"    // back to the supplied text
)

// Version is one change of a text in one language. The newest decides what is shown; after a reset that is the supplied text.
type Version struct {
	Key      Key
	Language string
	Number   int64 // counts from 1; 0 if nothing was ever changed
	Text
	Action Action
	From   int64 // the version that was restored
	ByID   string
	ByName string
	At     time.Time
}

// own says whether the organization's own text holds.
func (v Version) own() bool { return v.Number > 0 && v.Action != Reset }

// text is what holds: the organization's own, or the supplied one.
func (v Version) text() Text {
	if v.own() {
		return v.Text
	}
	return suppliedText(v.Key, v.Language)
}

// Details are what the documents say of an organization, and which of them everybody may read. The zero Details are those of an
// organization that never entered any.
type Details struct {
	Phone              string // E.164
	Website            string
	VerificationNumber string // E.164; where #verify goes
	VerificationEmail  string
	Published          []Key
	UpdatedAt          time.Time
	Version            int64
}

// Deps are what a Service stands on.
type Deps struct {
	DB          *store.DB
	Guard       *access.Guard
	Audit       *audit.Log
	Events      *events.Bus
	Log         *slog.Logger
	Messages    *message.Service
	Attachments *attachment.Service
	Contacts    *contact.Service
	Consents    consent.Ledger
	Customers   *customer.Service
	Tasks       *task.Service
	BaseURL     string // how browsers reach the server, without a slash at its end
	// Logo returns a picture by the name that the brand has for it.
	Logo func(ctx context.Context, key string) ([]byte, error)
}

// Service keeps, shows and sends documents.
type Service struct {
	Deps
	slots chan struct{} // making a PDF takes time and memory: few at once
	mails chan struct{} // the same for files that mails carry, so that a large mailing leaves room for who waits for a download
}

// New returns a Service and names it to the tasks.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{d, make(chan struct{}, 2), make(chan struct{}, 1)}
	if d.Attachments != nil {
		d.Attachments.Makes(ownerType, s.file)
	}
	if d.Tasks != nil {
		d.Tasks.Handle(TaskKind, s.run)
	}
	return s
}

// Person is whom a copy of a document is for. The zero Person is nobody in particular.
type Person struct{ Contact, Customer string }

// circumstances are what all documents of an organization have in common.
type circumstances struct {
	organization organization.Organization
	brand        branding.Brand
	details      Details
	today        time.Time
}

func (s *Service) circumstances(ctx context.Context, q store.Querier, o organization.Organization) (c circumstances, err error) {
	c.organization = o
	if c.brand, err = branding.Of(ctx, q, o.ID); err != nil {
		return c, err
	}
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return c, fmt.Errorf("read the time zone of %s: %w", o.ID, err)
	}
	c.today = store.Now().In(zone)
	c.details, err = detailsOf(ctx, q, o.ID)
	return c, err
}

// values fills the placeholders for somebody.
func (s *Service) values(c circumstances, language string, who Person) values {
	phone := func(number string) value {
		if number == "" {
			return value{}
		}
		return value{input.PhoneShown(number), "tel:" + number}
	}
	d := c.details
	out := values{
		wording.Organization: {text: oneLine(c.brand.Name)},
		Phone:                phone(d.Phone),
		Website:              {d.Website, d.Website},
		VerificationNumber:   phone(d.VerificationNumber),
		PortalURL:            {s.BaseURL, s.BaseURL},
		Customer:             {text: oneLine(who.Customer)},
		wording.Contact:      {text: oneLine(who.Contact)},
		Date:                 {text: dateIn(language, c.today)},
	}
	if d.VerificationEmail != "" {
		out[VerificationEmail] = value{d.VerificationEmail, "mailto:" + d.VerificationEmail}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// blank is where a name is written in by hand.
var blank = strings.Repeat("_", 38)

// make fills a text for somebody.
func (s *Service) make(e Entry, t Text, language wording.Language, c circumstances, who Person) (Document, error) {
	return made(e.Key, t, language, s.valuesIn(e, c, language.Code, who))
}

// valuesIn are values for one document.
func (s *Service) valuesIn(e Entry, c circumstances, language string, who Person) values {
	v := s.values(c, language, who)
	if e.Form {
		for _, name := range []wording.Placeholder{Customer, wording.Contact} {
			if v[name].text == "" {
				v[name] = value{text: blank}
			}
		}
	}
	return v
}

func made(key Key, t Text, language wording.Language, v values) (d Document, err error) {
	d.Key, d.Language = key, language
	d.Title, d.Blocks, err = filled(t, v)
	return d, err
}

// missing are the placeholders of a text for which the organization has entered nothing: their lines are left out.
func (s *Service) missing(t Text, c circumstances, language string) (out []string) {
	v := s.values(c, language, Person{Contact: "x", Customer: "x"})
	for _, name := range Placeholders() {
		if v[name].text == "" && strings.Contains(t.Title+t.Body, "${"+string(name)+"}") {
			out = append(out, string(name))
		}
	}
	return out
}

// checked returns a text in the form in which it is kept, or says by field what is wrong with it.
func checked(e Entry, t Text) (Text, error) {
	var f input.Form
	t.Title, t.Body = f.Required("/title", t.Title, maxTitle), f.Text("/body", t.Body, maxBody)
	if t.Body == "" {
		f.Refuse("/body", "This is required.")
	}
	if strings.ContainsFunc(t.Title+t.Body, isMark) {
		f.Refuse("/body", "This holds characters that cannot be shown. Type the text anew instead of copying it.")
	}
	if err := f.Err(); err != nil {
		return t, err
	}
	if why := wording.CheckPlaceholders(t.Title, nil, Placeholders()); why != "" {
		f.Refuse("/title", why)
	}
	if why := wording.CheckPlaceholders(t.Body, e.Requires, Placeholders()); why != "" {
		f.Refuse("/body", why)
	} else if _, _, err := filled(t, example()); err != nil {
		f.Refuse("/body", err.Error())
	}
	return t, f.Err()
}

// example has a value for every placeholder, so that no line of a text escapes a check.
func example() values {
	out := values{}
	for _, name := range Placeholders() {
		out[name] = value{text: "x"}
	}
	return out
}

func (s *Service) admin(ctx context.Context) error {
	return s.Guard.Check(ctx, perm.AdminTemplates, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}

func (s *Service) reader(ctx context.Context) error {
	return s.Guard.Check(ctx, perm.SignedIn, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}

// entry finds a document in a language that it exists in.
func entry(key Key, language string) (Entry, wording.Language, error) {
	e, ok := entryOf(key)
	if !ok || !hasLanguage(language) {
		return Entry{}, wording.Language{}, errNotFound
	}
	return e, languageFor(language), nil
}

// path is where the page of a published document lies.
func path(slug string, key Key) string { return "/v/docs/" + slug + "/" + string(key) }

// PublicURL is the address of a document's page; "" if it is not published.
func (s *Service) publicURL(c circumstances, key Key) string {
	if !slices.Contains(c.details.Published, key) {
		return ""
	}
	return s.BaseURL + path(c.organization.Slug, key)
}

// marker is what stands before a point of a list.
func marker(b markup.Block, i int) string {
	if b.Kind == markup.Steps {
		return strconv.Itoa(b.Start+i) + "."
	}
	return "-"
}
