package grant

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// Defaults are what every active technician has on the customers assigned to them (D-8): of one customer, or of all.
type Defaults struct {
	Permissions []perm.Permission
	Version     int64 // 0: nothing is saved
}

// Defaults returns those of a customer, or with "" those of the organization.
func (s *Service) Defaults(ctx context.Context, customerID string) (Defaults, error) {
	if err := s.mayDefault(ctx, customerID); err != nil {
		return Defaults{}, err
	}
	return defaultsOf(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, customerID)
}

func (s *Service) mayDefault(ctx context.Context, customerID string) error {
	if customerID != "" {
		if _, err := s.customers.Find(ctx, customerID); err != nil {
			return err
		}
	}
	return s.guard.Check(ctx, perm.AdminRoles, access.Object{Type: "organization"})
}

func (s *Service) customer(ctx context.Context, id string) (access.Object, error) {
	c, err := customer.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

// SetDefaults replaces what everybody has by default; check may refuse it as it is. Whoever adds a permission holds it there.
func (s *Service) SetDefaults(ctx context.Context, customerID string, want []perm.Permission, check func(version int64) error) (d Defaults, err error) {
	if err := s.mayDefault(ctx, customerID); err != nil {
		return d, err
	}
	if err := checkDefaults(want); err != nil {
		return d, err
	}
	actor := access.ActorFrom(ctx)
	target := audit.Target{Type: "organization", ID: actor.OrgID}
	if customerID != "" {
		target = audit.Target{Type: "customer", ID: customerID}
	}
	d.Permissions = perm.BitsOf(want...).Closed().Permissions()
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := lock(ctx, tx, actor.OrgID); err != nil {
			return err
		}
		before, err := defaultsOf(ctx, tx, actor.OrgID, customerID)
		if err != nil {
			return err
		}
		if err := check(before.Version); err != nil {
			return err
		}
		if d.Version = before.Version; slices.Equal(before.Permissions, d.Permissions) {
			return nil
		}
		if err := s.mayDefaultTo(ctx, customerID, perm.BitsOf(d.Permissions...).Without(perm.BitsOf(before.Permissions...))); err != nil {
			return err
		}
		d.Version++
		if err := saveDefaults(ctx, tx, actor.OrgID, customerID, d, store.Now()); err != nil {
			return err
		}
		err = s.audit.Record(ctx, tx, audit.Event{
			Action: "grant.default", CustomerID: customerID, Targets: []audit.Target{target},
			Before: map[string]any{"permissions": before.Permissions}, After: map[string]any{"permissions": d.Permissions},
		})
		if err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, events.Event{Kind: "default_permissions.changed", ID: customerID, Needs: perm.SignedIn})
	})
	if err != nil {
		return Defaults{}, s.refused(ctx, "grant.default", []audit.Target{target}, err)
	}
	return d, nil
}

// mayDefaultTo settles that the actor holds what is added for a customer, or for all.
func (s *Service) mayDefaultTo(ctx context.Context, customerID string, added perm.Bits) error {
	if customerID != "" {
		return s.mayGive(ctx, added.Permissions(), engine.Target{Type: engine.Customer, ID: customerID}, Times{})
	}
	for _, whole := range []struct {
		purpose perm.Purpose
		on      engine.Type
	}{{perm.Devices, engine.AllDevices}, {perm.Customers, engine.AllCustomers}} {
		of := perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == whole.purpose })
		if err := s.mayGive(ctx, added.And(of).Permissions(), engine.Target{Type: whole.on}, Times{}); err != nil {
			return err
		}
	}
	return nil
}

func checkDefaults(want []perm.Permission) error {
	var form input.Form
	for i, p := range want {
		if e, ok := perm.Find(p); !ok {
			form.Refuse(fmt.Sprintf("/permissions/%d", i), "There is no such permission.")
		} else if e.Purpose != perm.Devices && e.Purpose != perm.Customers {
			form.Refuse(fmt.Sprintf("/permissions/%d", i), "Only permissions for devices and customers can be everybody’s.")
		}
	}
	return form.Err()
}
