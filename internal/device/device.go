// Package device keeps the computers that technicians look after, in groups that lie in each other and belong to customers.
package device

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var (
	// ErrNotFound answers an id that is no device's, or that of one that the actor may not see.
	ErrNotFound   = fault.New(fault.NotFound, "device.not_found", "There is no such device, or you may not see it.")
	errNoGroup    = fault.New(fault.NotFound, "device.group_not_found", "There is no such device group, or you may not see it.")
	errGroup      = fault.Field("/group_id", "device.group_unknown", "There is no such device group, or you may not see it.")
	errParent     = fault.Field("/parent_id", "device.parent_unknown", "There is no such device group, or you may not see it.")
	errCircle     = fault.Field("/parent_id", "device.circle", "A group cannot lie in itself or in a group below it.")
	errDeep       = fault.Field("/parent_id", "device.too_deep", fmt.Sprintf("Groups can lie %d deep in each other, no deeper.", MaxDepth))
	errCustomer   = fault.Field("/customer_id", "device.customer_unknown", "There is no such customer, or you may not see it.")
	errOther      = fault.Field("/customer_id", "device.other_customer", "What is in a group belongs to the group's customer. Choose that one, or another group.")
	errOtherBelow = fault.Field("/parent_id", "device.other_customer_below", "The group holds what belongs to another customer than the group it would move to.")
	errStale      = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errUnchanged  = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

// MaxDepth is how deep groups may lie in each other.
const MaxDepth = 8

const (
	maxName        = 200
	maxDescription = 2000
)

// Platforms are the systems that a device can run.
func Platforms() []string { return []string{"windows", "macos", "linux", "other"} }

// Fields are what people enter about a device.
type Fields struct {
	Name        string
	GroupID     string // "" for none
	CustomerID  string // "" for none; in a group with a customer that one
	Platform    string
	Description string
}

// Device is one computer.
type Device struct {
	OrgID string
	ID    string
	Fields
	GroupName    string
	CustomerName string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Object is what access decides on.
func (d Device) Object() access.Object {
	return access.Object{Type: "device", ID: d.ID, CustomerID: d.CustomerID}
}

// Service keeps devices and their groups.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus) *Service {
	return &Service{db, guard, log, bus}
}

// Find returns one device that the actor may see.
func (s *Service) Find(ctx context.Context, id string) (Device, error) {
	d, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Device{}, err
	}
	return d, s.guard.Check(ctx, perm.DeviceView, d.Object())
}

// Query narrows and orders a list of devices.
type Query struct {
	Text       string // found in name, description, group and customer
	CustomerID string
	GroupID    string // also what lies in groups below
	Platform   string
	Sort       string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// List returns the devices that the actor may see, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Device, string, error) {
	scope, err := s.guard.Devices(ctx, perm.DeviceView)
	if err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, scope, q)
}

// Create adds a device.
func (s *Service) Create(ctx context.Context, want Fields) (d Device, err error) {
	b, err := s.Batch(ctx)
	if err != nil {
		return d, err
	}
	if want, err = b.Prepare(want); err != nil {
		return d, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if d, err = b.CreateIn(ctx, tx, want); err != nil {
			return err
		}
		return s.tell(ctx, tx, d)
	})
	return d, err
}

// Update changes one device; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Device) (Fields, error)) (d Device, err error) {
	if d, err = s.Find(ctx, id); err != nil {
		return d, err
	}
	b, err := s.Batch(ctx)
	if err != nil {
		return Device{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if d, err = lock(ctx, tx, d.OrgID, id); err != nil {
			return err
		}
		next, err := change(d)
		if err != nil {
			return err
		}
		if next, err = b.Prepare(next); err != nil {
			return err
		}
		before, changed := d, false
		if d, changed, err = b.UpdateIn(ctx, tx, d, next); err != nil {
			return err
		}
		if !changed {
			return errUnchanged
		}
		if before.CustomerID != d.CustomerID {
			if err := s.tell(ctx, tx, before); err != nil { // those who do not see it any more
				return err
			}
		}
		return s.tell(ctx, tx, d)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Device{}, err
	}
	return d, nil
}

// DeleteAction is the action that is approved when somebody may delete a device only with a second person.
const DeleteAction = "device.delete"

// Delete removes a device; check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Device) error) error {
	if _, err := s.Find(ctx, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.DeleteIn(ctx, tx, id, check) })
}

// DeleteIn is Delete in the transaction of the caller.
func (s *Service) DeleteIn(ctx context.Context, tx *store.Tx, id string, check func(Device) error) error {
	d, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return err
	}
	err = s.guard.Check(ctx, perm.DeviceDelete, d.Object())
	if lacking, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, access.ErrUnapproved) {
		return lacking.Asking(DeleteAction, map[string]any{"device_id": id})
	}
	if err != nil {
		return err
	}
	if err := check(d); err != nil {
		return err
	}
	if err := remove(ctx, tx, d); err != nil {
		return err
	}
	if err := s.record(ctx, tx, "device.delete", d, d.record(), nil); err != nil {
		return err
	}
	return s.tell(ctx, tx, d)
}

func (s *Service) record(ctx context.Context, tx *store.Tx, action string, d Device, before, after map[string]any) error {
	return s.audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: d.CustomerID, Before: before, After: after, Targets: []audit.Target{{Type: "device", ID: d.ID, Name: d.Name}},
	})
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, d Device) error {
	return s.events.Publish(ctx, tx, events.Event{Kind: "device.changed", ID: d.ID, CustomerID: d.CustomerID, Needs: perm.DeviceView})
}

func (f Fields) record() map[string]any {
	return map[string]any{"name": f.Name, "group_id": f.GroupID, "customer_id": f.CustomerID, "platform": f.Platform, "description": f.Description}
}

func (f Fields) searchText() string { return store.Fold(f.Name + " " + f.Description) }
