package demo

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// Roles of the demo organization's own.
const (
	remoteSupport  = "Remote support"
	accountManager = "Account manager"
)

func ownRoles() []role.Fields {
	return []role.Fields{
		{
			Name: remoteSupport, Description: "Help people at their screens. No command line, nothing deleted.", Purpose: perm.Devices,
			Permissions: []perm.Permission{
				perm.DeviceView, perm.DeviceScreenView, perm.DeviceScreenControl, perm.DeviceFiles, perm.DeviceReboot, perm.DeviceChat, perm.DeviceClipboard,
				perm.DevicePreview, perm.DeviceHistory, perm.DeviceInventory,
			},
		},
		{
			Name: accountManager, Description: "Looks after the customer rather than the machines.", Purpose: perm.Customers,
			Permissions: []perm.Permission{
				perm.CustomerView, perm.CustomerEdit, perm.ContactView, perm.ContactEdit, perm.TicketView, perm.ReportView, perm.ReportCreate, perm.InvoiceView,
			},
		},
	}
}

// makeGrants gives each team the devices of its customers: the service desk so that it helps at the screen, the others wholly. Everybody invites
// people to sessions of their own. One technician looks after a customer for the time of a colleague's leave, without its files, and after another one later.
func (o *Organization) makeGrants(ctx context.Context) error {
	for _, f := range ownRoles() {
		if _, err := o.Roles.Create(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	found, _, err := o.Roles.List(ctx, role.Query{Page: store.Page{Limit: 200}})
	if err != nil {
		return err
	}
	roles := map[string]string{}
	for _, r := range found {
		roles[strings.TrimSuffix(r.Name, " (System)")] = r.ID
	}
	give := func(subject grant.SubjectType, to, what string, on engine.Target, reason string, times grant.Times) error {
		_, err := o.Grants.Create(ctx, grant.Fields{
			Subject: grant.Subject{Type: subject, Thing: grant.Thing{ID: to}}, RoleID: roles[what], On: on, Reason: reason, Times: times,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	for i, team := range o.teams {
		if err := give(grant.Team, team, "Own invitations", engine.Target{Type: engine.QuickSupport}, "", grant.Times{}); err != nil {
			return err
		}
		what := "Full device access"
		if i == 0 {
			what = remoteSupport
		}
		for j, c := range o.companies {
			if c.team != i {
				continue
			}
			if err := give(grant.Team, team, what, engine.Target{Type: engine.Customer, ID: o.customers[j]}, "", grant.Times{}); err != nil {
				return err
			}
		}
	}
	until, who := store.Now().AddDate(0, 0, 14), o.technicians[1].ID
	if err := give(grant.Technician, who, accountManager, engine.Target{Type: engine.Customer, ID: o.customers[0]}, "Sam is on leave", grant.Times{ExpiresAt: until}); err != nil {
		return err
	}
	if err := give(grant.Technician, who, accountManager, engine.Target{Type: engine.Customer, ID: o.customers[1]}, "Takes over next month", grant.Times{NotBefore: until}); err != nil {
		return err
	}
	_, err = o.Grants.SetOverrides(ctx, grant.Technician, who, []grant.Override{{
		Permission: perm.DeviceFiles, Effect: grant.Deny, Scope: grant.Scope{Target: engine.Target{Type: engine.Customer, ID: o.customers[0]}},
	}}, func(int64) error { return nil })
	if err != nil {
		return fmt.Errorf("deny files: %w", err)
	}
	return nil
}
