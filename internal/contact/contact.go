// Package contact keeps the people at customers: those who call, and who have to prove who they are.
package contact

import (
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// Fields are what people enter about a contact.
type Fields struct {
	CustomerID string
	Name       string
	JobTitle   string
	Department string
	Emails     []string
	Phones     []Phone
	Language   string // BCP 47; "" means the organization's
	VIP        bool
	Approver   bool
	Notes      string
	Custom     map[string]string // fields of the organization's own, by their names
	Source     string            // where it comes from, such as csv; "" if people entered it
	SourceID   string            // what it is called there

	read []input.Phone // of Phones, as far as they were checked a moment ago
}

// Phone is one number of a contact.
type Phone struct {
	Number string `json:"number"` // E.164
	Kind   string `json:"kind"`   // input.Mobile or input.Landline
}

// Contact is one person at a customer.
type Contact struct {
	OrgID string
	ID    string
	Fields
	CustomerName string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Object is what access decides on.
func (c Contact) Object() access.Object {
	return access.Object{Type: "contact", ID: c.ID, CustomerID: c.CustomerID}
}

// Addresses are what a way (sms, voice or email) can reach the contact at, in the order in which they were entered. An SMS needs a mobile.
func (c Contact) Addresses(way string) []string {
	switch way {
	case "email":
		return c.Emails
	case "voice":
		return c.Numbers()
	}
	var numbers []string
	for _, p := range c.Phones {
		if way == "sms" && p.Kind == input.Mobile {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers
}

// Numbers are all phone numbers, in the order in which they were entered.
func (c Contact) Numbers() (numbers []string) {
	for _, p := range c.Phones {
		numbers = append(numbers, p.Number)
	}
	return numbers
}

// Shield says whether a contact has lately proved who they are, for lists and pages.
type Shield struct {
	State     string // none, verified or failed
	Level     string
	Method    string
	At        time.Time
	ExpiresAt time.Time
	ByID      string // the technician
	ByName    string
}

// Hooks are what other slices add to contacts; every one may be nil.
type Hooks struct {
	// Shields returns the shields of contacts by their ids; a contact without one may be missing.
	Shields func(ctx context.Context, q store.Querier, org string, ids []string) (map[string]Shield, error)
	// Consents returns what people said about messages to the addresses: sent, opted_in or opted_out. One of which nothing is known is missing.
	Consents func(ctx context.Context, q store.Querier, org string, addresses []string) (map[string]string, error)
	// Deleting lets go of a contact in the transaction that deletes it.
	Deleting []func(ctx context.Context, tx *store.Tx, c Contact) error
	// Merging makes what belongs to one contact that of another, of the same customer, in the transaction that merges them.
	Merging []func(ctx context.Context, tx *store.Tx, from, into Contact) error
	// Changed hears of every new and changed contact, with the addresses that it gained and lost, in the transaction of the change.
	Changed []func(ctx context.Context, tx *store.Tx, c Contact, gained, lost []string) error
}

// Service keeps contacts.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	hooks  Hooks
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, hooks Hooks) *Service {
	return &Service{db, guard, log, bus, hooks}
}

// Find returns one contact that the actor may see.
func (s *Service) Find(ctx context.Context, id string) (Contact, error) {
	c, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Contact{}, err
	}
	return c, s.guard.Check(ctx, perm.ContactView, c.Object())
}

// Query narrows and orders a list of contacts.
type Query struct {
	Text       string // found in name, company, job title, phones and emails
	CustomerID string
	Consent    string // unknown, sent, opted_in or opted_out: those with a number of that state
	Sort       string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// List returns the contacts that the actor may see, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Contact, string, error) {
	scope, err := s.guard.Customers(ctx, perm.ContactView)
	if err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, scope, q)
}

// Standing is what other slices know of a contact.
type Standing struct {
	Shield   Shield
	OptedOut []string          // addresses
	Consents map[string]string // by address; see Hooks
}

// Consent sums up what a contact said about texts: opted_out if one of their numbers is, else the state of the first that has one.
func (st Standing) Consent(c Contact) string {
	state := "unknown"
	for _, n := range slices.Concat(c.Addresses("sms"), c.Numbers()) {
		switch now := st.Consents[n]; {
		case now == "opted_out":
			return now
		case state == "unknown" && now != "":
			state = now
		}
	}
	return state
}

// Standings returns the standing of each contact, in the same order.
func (s *Service) Standings(ctx context.Context, contacts []Contact) ([]Standing, error) {
	out := make([]Standing, len(contacts))
	if len(contacts) == 0 {
		return out, nil
	}
	var ids, addresses []string
	for _, c := range contacts {
		ids = append(ids, c.ID)
		addresses = append(append(addresses, c.Emails...), c.Numbers()...)
	}
	org := contacts[0].OrgID
	shields := map[string]Shield{}
	var consents map[string]string
	var err error
	if s.hooks.Shields != nil {
		if shields, err = s.hooks.Shields(ctx, s.db.Read(), org, ids); err != nil {
			return nil, err
		}
	}
	if s.hooks.Consents != nil && len(addresses) > 0 {
		if consents, err = s.hooks.Consents(ctx, s.db.Read(), org, addresses); err != nil {
			return nil, err
		}
	}
	for i, c := range contacts {
		out[i].Shield, out[i].Consents = shields[c.ID], map[string]string{}
		if out[i].Shield.State == "" {
			out[i].Shield.State = "none"
		}
		for _, a := range append(slices.Clone(c.Emails), c.Numbers()...) {
			state := consents[a]
			if state == "" {
				continue
			}
			if out[i].Consents[a] = state; state == "opted_out" {
				out[i].OptedOut = append(out[i].OptedOut, a)
			}
		}
	}
	return out, nil
}
