// Package sensitivity keeps which permissions take the approval of a second person: in the organization, and beside that at each customer.
package sensitivity

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

var errStale = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")

// Marks are the permissions that take an approval on every path (D-9).
type Marks struct {
	Permissions []perm.Permission // the organization's own, or what a customer adds to them
	Inherited   []perm.Permission // of a customer: the organization's. Of the organization: what the catalogue declares
	Version     int64             // 0: nothing is saved; the organization has what the catalogue declares, a customer adds nothing
}

// Service keeps marks.
type Service struct {
	db        *store.DB
	guard     *access.Guard
	audit     *audit.Log
	events    *events.Bus
	customers *customer.Service
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, customers *customer.Service) *Service {
	return &Service{db, guard, log, bus, customers}
}

// Find returns the marks of a customer, or with "" those of the organization.
func (s *Service) Find(ctx context.Context, customerID string) (Marks, error) {
	if err := s.mayMark(ctx, customerID); err != nil {
		return Marks{}, err
	}
	return of(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, customerID)
}

func (s *Service) mayMark(ctx context.Context, customerID string) error {
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

// Set replaces marks; check may refuse it as it is. To take a mark away frees people of a second person, and so is for administrators alone.
func (s *Service) Set(ctx context.Context, customerID string, want []perm.Permission, check func(version int64) error) (m Marks, err error) {
	if err := s.mayMark(ctx, customerID); err != nil {
		return m, err
	}
	if err := checked(want); err != nil {
		return m, err
	}
	actor := access.ActorFrom(ctx)
	target := audit.Target{Type: "organization", ID: actor.OrgID}
	if customerID != "" {
		target = audit.Target{Type: "customer", ID: customerID}
	}
	next := perm.BitsOf(want...).Permissions()
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if m, err = of(ctx, tx, actor.OrgID, customerID); err != nil {
			return err
		}
		if err := check(m.Version); err != nil {
			return err
		}
		before := m.Permissions
		if m.Permissions = next; slices.Equal(before, next) {
			return nil
		}
		if perm.BitsOf(before...).Without(perm.BitsOf(next...)) != (perm.Bits{}) {
			if err := s.guard.MayFree(ctx); err != nil {
				return err
			}
		}
		m.Version++
		if err := save(ctx, tx, actor.OrgID, customerID, m, store.Now()); err != nil {
			return err
		}
		err = s.audit.Record(ctx, tx, audit.Event{
			Action: "sensitivity.set", CustomerID: customerID, Targets: []audit.Target{target},
			Before: map[string]any{"permissions": before}, After: map[string]any{"permissions": next},
		})
		if err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, events.Event{Kind: "sensitivity.changed", ID: customerID, Needs: perm.SignedIn})
	})
	if err != nil {
		return Marks{}, s.refused(ctx, target, err)
	}
	return m, nil
}

// refused records that a change was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, target audit.Target, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	err := s.audit.Append(ctx, audit.Event{Action: "sensitivity.set", Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{target}})
	if err != nil {
		return err
	}
	return why
}

// checked refuses what cannot take an approval: what is unknown, and what only shows something and so has nothing that could be approved.
func checked(want []perm.Permission) error {
	var form input.Form
	for i, p := range want {
		pointer := fmt.Sprintf("/permissions/%d", i)
		if e, ok := perm.Find(p); !ok {
			form.Refuse(pointer, "There is no such permission.")
		} else if e.View {
			form.Refuse(pointer, "What only shows something takes no approval.")
		}
	}
	return form.Err()
}
