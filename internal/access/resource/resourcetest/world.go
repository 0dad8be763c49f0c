// Package resourcetest furnishes organizations with people, things and rights, for the tests of those who ask about access.
package resourcetest

import (
	"encoding/json"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
)

// World is an organization to be furnished.
type World struct{ *organizationtest.World }

// New makes an organization in db.
func New(t testing.TB, db *store.DB, name string) *World {
	t.Helper()
	return &World{organizationtest.New(t, db, name)}
}

// Beside makes a second organization in the same database.
func (w *World) Beside(name string) *World { return &World{w.World.Beside(name)} }

// Exec runs one statement with the organization's id as $1.
func (w *World) Exec(statement string, args ...any) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), statement, append([]any{w.Org.ID}, args...)...)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// Person adds an active technician, named by the part of the email before the @.
func (w *World) Person(email string, role perm.Role) access.Actor {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title,
			usernames, platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		values ($1, $2, $3, '', '', $3, $3, $3, $4, '', '', '[]', $5, false, 'active', 'activated', '', '', 'auto', '', 1, 1, 1)`,
		key, email, input.FoldEmail(email), role)
	return access.Actor{OrgID: w.Org.ID, Kind: access.Token, ID: key, Name: email, Role: role, TokenID: id.New()}
}

// Customer adds a customer.
func (w *World) Customer(name string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $3, '[]', '', '', 1, 1, 1)`, key, name)
	return key
}

// Assigned gives a technician a customer.
func (w *World) Assigned(technicianID, customerID string) {
	w.T.Helper()
	w.Exec(`insert into technician_customer (org_id, technician_id, customer_id) values ($1, $2, $3)`, technicianID, customerID)
}

// Team adds a team of some technicians.
func (w *World) Team(name string, members ...string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version) values ($1, $2, $3, $3, '', '', 1, 1, 1)`, key, name)
	for _, m := range members {
		w.Exec(`insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, $2, $3, true, false)`, key, m)
	}
	return key
}

// Group adds a device group; customerID may be "".
func (w *World) Group(name, customerID string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into device_group (org_id, id, parent_id, customer_id, name, sort_name, created_at, updated_at, version)
		values ($1, $2, null, $3, $4, $4, 1, 1, 1)`, key, orNull(customerID), name)
	return key
}

// Device adds a device; groupID and customerID may be "".
func (w *World) Device(name, groupID, customerID string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $5, 'linux', '', '', 1, 1, 1)`, key, orNull(groupID), orNull(customerID), name)
	return key
}

// Contact adds a contact of a customer.
func (w *World) Contact(customerID string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version)
		values ($1, $2, $3, 'C', 'c', '', '[]', '[]', '', false, false, '', '', 1, 1, 1)`, key, customerID)
	return key
}

// Ticket adds a ticket of a customer.
func (w *World) Ticket(number int, customerID string) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into ticket (org_id, id, number, customer_id, contact_name, summary, description, status, created_by, creator_name, creator_type, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $4, '', 'T', '', 'new', '', '', 'system', '', 1, 1, 1)`, key, number, customerID)
	return key
}

// Role adds a role.
func (w *World) Role(name string, purpose perm.Purpose, ps ...perm.Permission) string {
	w.T.Helper()
	text, err := json.Marshal(ps)
	if err != nil {
		w.T.Fatal(err)
	}
	key := id.New()
	w.Exec(`insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $3, '', $4, $5, '[]', false, '', 1, 1, 1)`, key, name, purpose, string(text))
	return key
}

// Scope is where a right holds: a type, and the id that belongs to it.
type Scope struct{ Type, ID string }

func (s Scope) columns() []any {
	of := func(t string) any {
		if s.Type == t {
			return s.ID
		}
		return nil
	}
	return []any{s.Type, of("customer"), of("device_group"), of("device")}
}

// Grant gives a role to a technician, or with team to a team.
func (w *World) Grant(to, role string, on Scope, team bool) string {
	w.T.Helper()
	key := id.New()
	technicianID, teamID := any(to), any(nil)
	if team {
		technicianID, teamID = teamID, technicianID
	}
	w.Exec(`insert into grant_role (org_id, id, technician_id, team_id, role_id, scope_type, customer_id, group_id, device_id, reason, created_by, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', 1)`, append([]any{key, technicianID, teamID, role}, on.columns()...)...)
	return key
}

// Deny takes a permission from a technician.
func (w *World) Deny(technicianID string, p perm.Permission, on Scope) string {
	w.T.Helper()
	key := id.New()
	w.Exec(`insert into grant_override (org_id, id, technician_id, effect, permission, scope_type, customer_id, group_id, device_id, created_by, created_at)
		values ($1, $2, $3, 'deny', $4, $5, $6, $7, $8, '', 1)`, append([]any{key, technicianID, p}, on.columns()...)...)
	return key
}

func orNull(key string) any {
	if key == "" {
		return nil
	}
	return key
}
