package app

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
)

// demo fills an empty installation with a small believable one and returns the token of a link that signs its owner in once. An
// installation with a real organization stays as it is, and gets no link.
func (a *App) demo(ctx context.Context) (token string, err error) {
	all, err := organization.All(ctx, a.db.Read())
	if err != nil {
		return "", fmt.Errorf("look for the demo organization: %w", err)
	}
	for _, o := range all {
		if o.Demo {
			return a.demoLink(ctx, o.ID)
		}
	}
	if len(all) > 0 {
		a.log.WarnContext(ctx, "the demo organization is made in an empty installation only")
		return "", nil
	}
	org, err := a.makeDemo(ctx)
	if err != nil {
		return "", fmt.Errorf("make the demo organization: %w", err)
	}
	return a.demoLink(ctx, org)
}

func (a *App) demoLink(ctx context.Context, org string) (string, error) {
	all, err := technician.Administrators(ctx, a.db.Read(), org)
	if err != nil {
		return "", fmt.Errorf("find the owner of the demo: %w", err)
	}
	for _, t := range all {
		if t.Owner {
			return a.signin.CreateLink(ctx, org, t.ID)
		}
	}
	return "", nil
}

// makeDemo makes everything through the use cases that people use, so that the audit log tells of it like of any other work.
func (a *App) makeDemo(ctx context.Context) (org string, err error) {
	var owner technician.Technician
	err = a.db.Write(ctx, func(tx *store.Tx) error {
		o, err := a.organizations.Create(ctx, tx, organization.Settings{Name: "Harbor IT", TimeZone: "America/New_York"}, true)
		if err != nil {
			return err
		}
		owner, err = a.technicians.CreateOwner(access.WithActor(ctx, access.System(o.ID)), tx, technician.Owner{
			Name: "Dana Reyes", Email: "dana@harbor-it.example.com", Phone: "+12125550170", JobTitle: "Service manager",
		})
		return err
	})
	if err != nil {
		return "", err
	}
	ctx = access.WithActor(ctx, access.Actor{
		OrgID: owner.OrgID, Kind: access.Technician, ID: owner.ID, Name: owner.Name(), Role: perm.Administrator, Owner: true, Device: "demo",
	})
	ids, err := a.demoCustomers(ctx)
	if err != nil {
		return "", err
	}
	return owner.OrgID, a.demoTechnicians(ctx, ids)
}

func (a *App) demoCustomers(ctx context.Context) (ids []string, err error) {
	for _, d := range demoData() {
		c, err := a.customers.Create(ctx, customer.Fields{Name: d.name, Domains: []string{d.domain}, Notes: d.notes})
		if err != nil {
			return nil, err
		}
		ids = append(ids, c.ID)
		people := map[string]string{}
		for _, p := range d.people {
			made, err := a.contacts.Create(ctx, p.fields(c.ID, d.domain))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			people[p.name] = made.ID
		}
		for _, t := range d.tickets {
			if err := a.demoTicket(ctx, c.ID, people[t.contact], t); err != nil {
				return nil, fmt.Errorf("%s: %w", t.summary, err)
			}
		}
	}
	return ids, nil
}

func (a *App) demoTicket(ctx context.Context, customerID, contactID string, d demoTicket) error {
	t, err := a.tickets.Create(ctx, ticket.Fields{CustomerID: customerID, ContactID: contactID, Summary: d.summary, Description: d.description, Status: ticket.Open})
	if err != nil {
		return err
	}
	for _, body := range d.notes {
		if _, err := a.tickets.WriteNote(ctx, t.ID, ticket.Note{Body: body, Visibility: ticket.Internal}); err != nil {
			return err
		}
	}
	if !d.closed {
		return nil
	}
	_, err = a.tickets.Update(ctx, t.ID, func(t ticket.Ticket) (ticket.Fields, error) {
		t.Status = ticket.Closed
		return t.Fields, nil
	})
	return err
}

func (a *App) demoTechnicians(ctx context.Context, customers []string) error {
	for _, d := range []technician.Fields{
		{GivenName: "Sam", FamilyName: "Okafor", Email: "sam@harbor-it.example.com", Phone: "+12125550171", JobTitle: "Service desk lead", PlatformRole: perm.Manager, CustomerIDs: customers},
		{GivenName: "Priya", FamilyName: "Natarajan", Email: "priya@harbor-it.example.com", Phone: "+12125550172", JobTitle: "Technician", PlatformRole: perm.Technician, CustomerIDs: customers[:2]},
		{GivenName: "Luc", FamilyName: "Moreau", Email: "luc@harbor-it.example.com", Phone: "+12125550173", JobTitle: "Technician", PlatformRole: perm.Technician, Locale: "fr", CustomerIDs: customers[2:]},
	} {
		t, err := a.technicians.Create(ctx, d, "")
		if err != nil {
			return err
		}
		err = a.db.Write(ctx, func(tx *store.Tx) error { return a.technicians.Activate(ctx, tx, t.OrgID, t.ID) })
		if err != nil {
			return err
		}
	}
	return nil
}

type demoCustomer struct {
	name, domain, notes string
	people              []demoPerson
	tickets             []demoTicket
}

type demoPerson struct {
	name, title, mobile, landline string
	language, notes               string
	vip, approver                 bool
}

type demoTicket struct {
	contact, summary, description string
	notes                         []string
	closed                        bool
}

// fields gives a person the address that their company would.
func (p demoPerson) fields(customerID, domain string) contact.Fields {
	f := contact.Fields{
		CustomerID: customerID, Name: p.name, JobTitle: p.title, Language: p.language, VIP: p.vip, Approver: p.approver, Notes: p.notes,
		Emails: []string{strings.ReplaceAll(store.Fold(p.name), " ", ".") + "@" + domain},
	}
	if p.mobile != "" {
		f.Phones = append(f.Phones, contact.Phone{Number: p.mobile, Kind: input.Mobile})
	}
	if p.landline != "" {
		f.Phones = append(f.Phones, contact.Phone{Number: p.landline, Kind: input.Landline})
	}
	return f
}
