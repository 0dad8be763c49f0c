package app

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/demo"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// demo fills an empty installation with a believable one and returns the token of a link that signs its owner in once. An
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
	owner, err := a.makeDemo(ctx)
	if err != nil {
		return "", err
	}
	return a.demoLink(ctx, owner.OrgID)
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

// makeDemo makes the demo organization; what of its history only a running server can make is left to playDemo.
func (a *App) makeDemo(ctx context.Context) (owner technician.Technician, err error) {
	o, err := demo.Maker{
		DB: a.db, Organizations: a.organizations, Technicians: a.technicians, Teams: a.teams, Customers: a.customers, Contacts: a.contacts,
		Devices: a.devices, Roles: a.roles, Grants: a.grants, Reviews: a.newReviews(nobodyTold), Tickets: a.tickets, Verifications: a.verifications,
		Consents: a.consentLedger(), Used: a.used.Decided,
		Ask: func(ctx context.Context, technicianID string, p perm.Permission, kind, id string) error {
			_, err := a.asked.Evaluate(ctx, authzen.Question{
				Subject: authzen.Entity{Type: authzen.Technician, ID: technicianID}, Action: authzen.Action{Name: string(p)}, Resource: authzen.Entity{Type: kind, ID: id},
			})
			return err
		},
		Newest: func(ctx context.Context, to string, way message.Way) (string, error) {
			found, _, err := a.sandbox.Outbox(ctx, to, way, store.Page{Limit: 1})
			if err != nil || len(found) == 0 {
				return "", err
			}
			return found[0].Body, nil
		},
	}.Make(ctx)
	if err != nil {
		return owner, fmt.Errorf("make the demo organization: %w", err)
	}
	a.demos <- o
	return o.Owner, nil
}

// playDemo plays the history of a demo organization once this server has made one.
func (a *App) playDemo(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case o := <-a.demos:
		if err := o.Play(ctx); err != nil {
			a.log.WarnContext(ctx, "the history of the demo is not whole", "err", err)
		}
	}
	return nil
}
