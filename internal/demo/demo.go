// Package demo fills an empty installation with a believable MSP, through the use cases that people use.
package demo

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
)

// Maker makes the demo organization out of the slices.
type Maker struct {
	DB            *store.DB
	Organizations *organization.Service
	Technicians   *technician.Service
	Teams         *team.Service
	Customers     *customer.Service
	Contacts      *contact.Service
	Devices       *device.Service
	Roles         *role.Service
	Grants        *grant.Service
	Reviews       *accessreview.Service
	Tickets       *ticket.Service
	Verifications *verify.Service
	Consents      consent.Ledger
	// Newest is the text of the last message that the sandbox carrier brought to an address, or "".
	Newest func(ctx context.Context, to string, way message.Way) (body string, err error)
	// Used notes what a technician set about; nil to have no past of that.
	Used func(access.Decision)
	// Ask answers another program's question about somebody, and records what it was told; nil to have no program that asks.
	Ask func(ctx context.Context, technicianID string, p perm.Permission, kind, id string) error
}

// Organization is the demo organization, just made.
type Organization struct {
	Maker
	Owner technician.Technician

	crowd       *crowd
	companies   []company
	customers   []string                // ids, as companies
	contacts    [][]contact.Contact     // as companies
	technicians []technician.Technician // as crew
	teams       []string                // ids, as crews
	watched     map[int][]string        // some devices of the customers of each team
}

// Make makes the organization. Its past is the same each time, but for what Play adds.
func (m Maker) Make(ctx context.Context) (*Organization, error) {
	dana, err := m.makeOwner(ctx)
	if err != nil {
		return nil, err
	}
	ctx = as(ctx, dana)
	o := &Organization{Maker: m, Owner: dana, crowd: newCrowd(), companies: companies(), watched: map[int][]string{}}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"customers", o.makeCustomers},
		{"contacts", o.makeContacts},
		{"consents", o.makeConsents},
		{"technicians", o.makeTechnicians},
		{"teams", o.makeTeams},
		{"devices", o.makeDevices},
		{"grants", o.makeGrants},
		{"uses", o.makeUses},
		{"reviews", o.makeReviews},
		{"tickets", o.makeTickets},
		{"questions", o.makeQuestions},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("make the %s: %w", step.name, err)
		}
	}
	return o, nil
}

func (m Maker) makeOwner(ctx context.Context) (t technician.Technician, err error) {
	err = m.DB.Write(ctx, func(tx *store.Tx) error {
		org, err := m.Organizations.Create(ctx, tx, organization.Settings{Name: "Harbor IT", TimeZone: "America/New_York"}, true)
		if err != nil {
			return err
		}
		t, err = m.Technicians.CreateOwner(access.WithActor(ctx, access.System(org.ID)), tx, owner())
		return err
	})
	return t, err
}

// as is ctx for what a technician of the demo does.
func as(ctx context.Context, t technician.Technician) context.Context {
	return access.WithActor(ctx, access.Actor{
		OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner, Device: "demo",
	})
}

func (o *Organization) makeCustomers(ctx context.Context) error {
	for _, c := range o.companies {
		made, err := o.Customers.Create(ctx, customer.Fields{Name: c.name, Domains: []string{c.domain + ".example.com"}, Notes: c.notes})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		o.customers = append(o.customers, made.ID)
	}
	return nil
}

func (o *Organization) makeContacts(ctx context.Context) error {
	batch, err := o.Contacts.Batch(ctx)
	if err != nil {
		return err
	}
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		for i, c := range o.companies {
			var people []contact.Fields
			if i < len(scripts()) {
				for _, p := range scripts()[i].people {
					people = append(people, p.fields(c, o.customers[i]))
				}
			}
			for n := range c.people {
				people = append(people, o.crowd.person(c, o.customers[i], n))
			}
			var made []contact.Contact
			for _, p := range people {
				p, err := batch.Prepare(p)
				if err != nil {
					return fmt.Errorf("%s: %w", p.Name, err)
				}
				person, err := batch.CreateIn(ctx, tx, p)
				if err != nil {
					return fmt.Errorf("%s: %w", p.Name, err)
				}
				made = append(made, person)
			}
			o.contacts = append(o.contacts, made)
		}
		return batch.Tell(ctx, tx)
	})
}

func (o *Organization) makeTechnicians(ctx context.Context) error {
	for i, c := range crew() {
		t, err := o.Technicians.Create(ctx, c.fields(i), "")
		if err != nil {
			return fmt.Errorf("%s: %w", c.given, err)
		}
		if !c.invited {
			if err := o.DB.Write(ctx, func(tx *store.Tx) error { return o.Technicians.Activate(ctx, tx, t.OrgID, t.ID) }); err != nil {
				return err
			}
			t.State = technician.Activated
		}
		o.technicians = append(o.technicians, t)
	}
	return nil
}

func (o *Organization) makeTeams(ctx context.Context) error {
	for i, d := range crews() {
		want := team.Fields{Name: d.name, Description: d.description}
		for j, c := range o.companies {
			if c.team == i {
				want.CustomerIDs = append(want.CustomerIDs, o.customers[j])
			}
		}
		for j, c := range crew() {
			for _, n := range c.teams {
				switch {
				case n != i:
				case c.role == perm.Manager:
					want.LeadIDs = append(want.LeadIDs, o.technicians[j].ID)
				default:
					want.MemberIDs = append(want.MemberIDs, o.technicians[j].ID)
				}
			}
		}
		made, err := o.Teams.Create(ctx, want)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		o.teams = append(o.teams, made.ID)
	}
	for i, c := range crew() {
		if c.suspended {
			if _, err := o.Technicians.Suspend(ctx, o.technicians[i].ID, "Between two contracts"); err != nil {
				return err
			}
			o.technicians[i].Status = technician.Suspended
		}
	}
	return nil
}
