package role

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// mark ends the name of every role that comes with Countersign, and of no other.
const mark = "(System)"

func reserved(name string) bool {
	return strings.HasSuffix(strings.TrimSpace(store.Fold(name)), store.Fold(mark))
}

// System lists the roles that come with Countersign (ACC-11, D-7).
func System() []Fields {
	all := func(p perm.Purpose, but ...perm.Permission) []perm.Permission {
		return perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == p && !slices.Contains(but, e.Name) }).Permissions()
	}
	return []Fields{
		{Name: "Full device access " + mark, Description: "Everything that can be done with a device.", Purpose: perm.Devices, Permissions: all(perm.Devices)},
		{
			Name: "Device connection only " + mark, Description: "Connect to a device and work on it, without changing or deleting the device itself.", Purpose: perm.Devices,
			Permissions: perm.BitsOf(perm.DeviceView, perm.DeviceScreenView, perm.DeviceScreenControl, perm.DeviceTerminal, perm.DeviceFiles, perm.DeviceClipboard, perm.DeviceChat).Permissions(),
		},
		{Name: "All invitations " + mark, Description: "Quick Support with everybody’s invitations.", Purpose: perm.Invitations, Permissions: all(perm.Invitations, perm.InvitationOwn)},
		{Name: "Own invitations " + mark, Description: "Quick Support with one’s own invitations.", Purpose: perm.Invitations, Permissions: all(perm.Invitations, perm.InvitationAll)},
		{
			Name: "Team administrator " + mark, Description: "Technicians, teams, roles and who has them.", Purpose: perm.Administration,
			Permissions: perm.BitsOf(perm.AdminTechnicians, perm.AdminRoles, perm.AdminImport, perm.AdminSkills, perm.AdminReviews).Permissions(),
		},
		{Name: "Branding administrator " + mark, Description: "Name, logo, colors and texts.", Purpose: perm.Administration, Permissions: perm.BitsOf(perm.AdminBranding, perm.AdminTemplates).Permissions()},
		{Name: "Billing administrator " + mark, Description: "The subscription and its invoices.", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminBilling}},
		{Name: "Auditor " + mark, Description: "Reads the audit log.", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminAudit}},
		{Name: "Devices list " + mark, Description: "Sees the section of devices before there are rights to any, to add the first.", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminPermanentAccess}},
	}
}

// Seed gives a new organization the roles that come with Countersign. Who makes an organization calls it in the same transaction.
func Seed(ctx context.Context, tx *store.Tx, org string) error {
	for _, f := range System() {
		if _, err := insertSystem(ctx, tx, newSystem(org, f)); err != nil {
			return fmt.Errorf("make the role %s: %w", f.Name, err)
		}
	}
	return nil
}

func newSystem(org string, f Fields) Role {
	now := store.Now()
	return Role{OrgID: org, ID: id.New(), Fields: f, System: true, CreatedAt: now, UpdatedAt: now, Version: 1}
}

// EnsureSystem brings the actor's organization up to date with the roles that come with this version of Countersign.
func (s *Service) EnsureSystem(ctx context.Context) error {
	org := access.ActorFrom(ctx).OrgID
	have, err := system(ctx, s.db.Read(), org)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(System(), func(f Fields) bool { r, ok := have[f.Name]; return !ok || !r.same(f) }) {
		return nil
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if have, err = system(ctx, tx, org); err != nil {
			return err
		}
		for _, f := range System() {
			if err := s.ensure(ctx, tx, org, have, f); err != nil {
				return fmt.Errorf("bring the role %s up to date: %w", f.Name, err)
			}
		}
		return nil
	})
}

func (s *Service) ensure(ctx context.Context, tx *store.Tx, org string, have map[string]Role, f Fields) error {
	before, ok := have[f.Name]
	if !ok {
		r := newSystem(org, f)
		if made, err := insertSystem(ctx, tx, r); err != nil || !made { // another server was faster
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "role.create", After: r.record()})
	}
	if before.same(f) {
		return nil
	}
	r := before
	r.Fields, r.UpdatedAt = f, store.Now()
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	return s.record(ctx, tx, r, audit.Event{Action: "role.update", Before: before.record(), After: r.record()})
}
