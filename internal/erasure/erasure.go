// Package erasure takes what is known of one person out of Countersign for good, and hands it to them before.
//
// It is the one slice that writes into the tables of others: what a person leaves behind lies in many of them, and one map of it can be
// compared with the whole schema (see places.go and its test).
package erasure

import (
	"context"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

var errName = fault.Field("/name", "erasure.name_differs", "Type the name of the person as it stands on their page.")

// kind is what somebody is to us.
type kind string

const (
	contacts    kind = "contact"
	technicians kind = "technician"
)

// person is whose data is erased or handed out.
type person struct {
	org, id   string
	kind      kind
	name      string
	formerIDs []string // of contacts that became this one
	addresses []string // all that are known of them, also former ones
}

func (p person) subject() string { return string(p.kind) + ":" + p.id }

// Service erases and hands out.
type Service struct {
	db          *store.DB
	guard       *access.Guard
	audit       *audit.Log
	consents    consent.Ledger
	contacts    *contact.Service
	technicians *technician.Service
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, l consent.Ledger, c *contact.Service, t *technician.Service) *Service {
	return &Service{db, guard, log, l, c, t}
}

// EraseContact deletes a contact and everything readable about them. The log keeps that something happened, and when; what it told of them
// lies under keys that are destroyed (D-14). It takes the right to change the contact and that to change the organization's settings: it
// cannot be undone, and it takes evidence away from everybody.
func (s *Service) EraseContact(ctx context.Context, id, typed string, check func(contact.Contact) error) error {
	c, err := s.findContact(ctx, id)
	if err != nil {
		return err
	}
	if !sameName(typed, c.Name) {
		return errName
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := s.contactPerson(ctx, tx, c)
		if err != nil {
			return err
		}
		if err := s.contacts.DeleteIn(ctx, tx, c, check); err != nil {
			return err
		}
		return s.erase(ctx, tx, p)
	})
}

// EraseTechnician deletes a technician who has left, or who never came, and everything readable about them.
func (s *Service) EraseTechnician(ctx context.Context, id, typed string, check func(technician.Technician) error) error {
	t, err := s.technicians.Find(ctx, id)
	if err != nil {
		return err
	}
	if !sameName(typed, t.Name()) {
		return errName
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		p, err := s.technicianPerson(ctx, tx, t)
		if err != nil {
			return err
		}
		if err := s.technicians.DeleteIn(ctx, tx, id, check); err != nil {
			return err
		}
		return s.erase(ctx, tx, p)
	})
}

func sameName(typed, name string) bool {
	return strings.Join(strings.Fields(typed), " ") == strings.Join(strings.Fields(name), " ")
}

func (s *Service) findContact(ctx context.Context, id string) (contact.Contact, error) {
	c, err := s.contacts.Find(ctx, id)
	if err != nil {
		return c, err
	}
	if err := s.guard.Check(ctx, perm.ContactEdit, c.Object()); err != nil {
		return c, err
	}
	return c, s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"})
}

func (s *Service) contactPerson(ctx context.Context, q store.Querier, c contact.Contact) (p person, err error) {
	p = person{org: c.OrgID, id: c.ID, kind: contacts, name: c.Name, addresses: append(c.Numbers(), c.Emails...)}
	if p.formerIDs, err = mergedInto(ctx, q, c.OrgID, c.ID); err != nil {
		return p, err
	}
	former, err := formerAddresses(ctx, q, p)
	p.addresses = append(p.addresses, former...)
	return p, err
}

func (s *Service) technicianPerson(ctx context.Context, q store.Querier, t technician.Technician) (p person, err error) {
	p = person{org: t.OrgID, id: t.ID, kind: technicians, name: t.Name(), addresses: []string{t.Email}}
	if t.Phone != "" {
		p.addresses = append(p.addresses, t.Phone)
	}
	for _, n := range t.OtherPhones {
		p.addresses = append(p.addresses, n.Number)
	}
	former, err := formerAddresses(ctx, q, p)
	p.addresses = append(p.addresses, former...)
	return p, err
}

// erase removes what p left behind in tables and texts, once their own row is gone, and destroys the keys of what the log tells of them.
func (s *Service) erase(ctx context.Context, tx *store.Tx, p person) error {
	for _, id := range append([]string{p.id}, p.formerIDs...) {
		if err := s.audit.Erase(ctx, tx, string(p.kind)+":"+id); err != nil {
			return err
		}
		if err := clearRows(ctx, tx, p, id); err != nil {
			return err
		}
	}
	alone, err := unshared(ctx, tx, p)
	if err != nil {
		return err
	}
	for _, address := range alone {
		if err := s.consents.KeepErased(ctx, tx, p.org, address); err != nil {
			return err
		}
		if err := clearAddress(ctx, tx, p.org, address); err != nil {
			return err
		}
	}
	namesake, err := hasNamesake(ctx, tx, p)
	if err != nil {
		return err
	}
	name := p.name
	if ambiguous(name, namesake) {
		name = ""
	}
	if err := scrubTexts(ctx, tx, p.org, newTraces(name, alone)); err != nil {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Event{
		Action: string(p.kind) + ".erase", Targets: []audit.Target{{Type: string(p.kind), ID: p.id}},
		Subject: "organization", Detail: map[string]any{"addresses": len(p.addresses), "shared_addresses": len(p.addresses) - len(alone), "name_kept_in_texts": name == ""},
	})
}
