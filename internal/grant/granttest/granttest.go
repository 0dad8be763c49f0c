// Package granttest sets up an organization with people, customers, devices and roles, for the tests of who may give what.
package granttest

import (
	"context"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// World is an organization with all that grants hang on.
type World struct {
	*organizationtest.World
	Roles       *role.Service
	Grants      *grant.Service
	Technicians *technician.Service
	Teams       *team.Service
	Customers   *customer.Service
	Devices     *device.Service
	Bases       *platformrole.Service
}

// Each runs a test on every database.
func Each(t *testing.T, fn func(t *testing.T, w *World)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, In(organizationtest.New(t, db, "Harbor IT"))) })
}

// In makes a World of an organization.
func In(org *organizationtest.World) *World {
	w := &World{World: org, Bases: platformrole.New(platformrole.Deps{DB: org.DB, Guard: org.Guard, Audit: org.Audit, Events: org.Events})}
	w.Technicians = technician.New(w.DB, w.Guard, w.Audit, w.Events, technician.Hooks{
		Teams: func(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error {
			return w.Teams.Place(ctx, tx, technicianID, teamIDs)
		},
		MayGiveOwnRole: w.Bases.MayGive, GiveOwnRole: w.Bases.GiveIn,
		Password: func(context.Context, string, technician.Technician) (technician.KeepPassword, error) {
			return func(context.Context, *store.Tx, string) error { return nil }, nil
		},
	})
	w.Teams = team.New(w.DB, w.Guard, w.Audit, w.Events, w.Technicians)
	w.Customers = customer.New(w.DB, w.Guard, w.Audit, w.Events)
	w.Devices = device.New(w.DB, w.Guard, w.Audit, w.Events)
	w.Grants = grant.New(grant.Deps{DB: w.DB, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Customers: w.Customers, Devices: w.Devices})
	w.Teams.Lifting(w.Grants.TeamLifted)
	w.Roles = role.New(w.DB, w.Guard, w.Audit, w.Events, w.Grants.RoleDeleting)
	return w
}

// Boss is a context in which the owner acts.
func (w *World) Boss() context.Context {
	a := w.Actor("boss", perm.Administrator)
	a.Owner = true
	return access.WithActor(w.T.Context(), a)
}

// Technician makes an active technician who is assigned to customers.
func (w *World) Technician(name string, role perm.Role, customerIDs ...string) technician.Technician {
	w.T.Helper()
	return Must(w.Technicians.Create(w.Boss(), technician.Fields{
		GivenName: name, Email: name + "@example.com", PlatformRole: role, CustomerIDs: customerIDs,
	}, "temporary"))(w.T)
}

// ActorOf is a technician as one who acts.
func (w *World) ActorOf(t technician.Technician) access.Actor { return w.Actor(t.ID, t.PlatformRole) }

// Act is a context in which a technician acts.
func (w *World) Act(t technician.Technician) context.Context {
	return access.WithActor(w.T.Context(), w.ActorOf(t))
}

// Customer makes a customer.
func (w *World) Customer(name string) string {
	w.T.Helper()
	return Must(w.Customers.Create(w.Boss(), customer.Fields{Name: name}))(w.T).ID
}

// Group makes a device group: of a customer, or below another group.
func (w *World) Group(name, customerID, parentID string) string {
	w.T.Helper()
	return Must(w.Devices.CreateGroup(w.Boss(), device.GroupFields{Name: name, CustomerID: customerID, ParentID: parentID}))(w.T).ID
}

// Device makes a device in a group.
func (w *World) Device(name, groupID string) string {
	w.T.Helper()
	return Must(w.Devices.Create(w.Boss(), device.Fields{Name: name, GroupID: groupID, Platform: "windows"}))(w.T).ID
}

// Team makes a team of people who look after customers.
func (w *World) Team(name string, memberIDs, customerIDs []string) string {
	w.T.Helper()
	return Must(w.Teams.Create(w.Boss(), team.Fields{Name: name, MemberIDs: memberIDs, CustomerIDs: customerIDs}))(w.T).ID
}

// Role makes a role.
func (w *World) Role(name string, purpose perm.Purpose, permissions ...perm.Permission) role.Role {
	w.T.Helper()
	return Must(w.Roles.Create(w.Boss(), role.Fields{Name: name, Purpose: purpose, Permissions: permissions}))(w.T)
}

// System finds a role that comes with Countersign by its name without "(System)".
func (w *World) System(name string) role.Role {
	w.T.Helper()
	found, _, err := w.Roles.List(w.Boss(), role.Query{Text: name, Page: store.Page{Limit: 200}})
	for _, r := range found {
		if r.Name == name+" (System)" {
			return r
		}
	}
	w.T.Fatalf("no system role %s: %v", name, err)
	return role.Role{}
}

// Technician and team as subjects.
func Technician(id string) grant.Subject {
	return grant.Subject{Type: grant.Technician, Thing: grant.Thing{ID: id}}
}

// Team is a team as a subject.
func Team(id string) grant.Subject {
	return grant.Subject{Type: grant.Team, Thing: grant.Thing{ID: id}}
}

// On is a target.
func On(t engine.Type, id string) engine.Target { return engine.Target{Type: t, ID: id} }

// Give makes a grant as the owner.
func (w *World) Give(to grant.Subject, r role.Role, on engine.Target) grant.Grant {
	w.T.Helper()
	return Must(w.Grants.Create(w.Boss(), grant.Fields{Subject: to, RoleID: r.ID, On: on}))(w.T)
}

// Administers makes a technician who manages technicians and roles, and holds nothing else beyond what the platform role gives.
func (w *World) Administers(name string, customerIDs ...string) technician.Technician {
	w.T.Helper()
	t := w.Technician(name, perm.Technician, customerIDs...)
	w.Give(Technician(t.ID), w.System("Team administrator"), On(engine.Organization, ""))
	return t
}

// Override makes a deny or an allow.
func Override(effect grant.Effect, p perm.Permission, on engine.Target) grant.Override {
	return grant.Override{Effect: effect, Permission: p, Scope: grant.Scope{Target: on}}
}

// Set replaces overrides as the owner.
func (w *World) Set(to grant.Subject, all ...grant.Override) {
	w.T.Helper()
	_ = Must(w.SetAs(w.Boss(), to, all...))(w.T)
}

// SetAs replaces overrides, whatever they are now.
func (w *World) SetAs(ctx context.Context, to grant.Subject, all ...grant.Override) (grant.Overrides, error) {
	return w.Grants.SetOverrides(ctx, to.Type, to.ID, all, func(int64) error { return nil })
}

// Must is the value of a call that may not fail.
func Must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
