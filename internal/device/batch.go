package device

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// Batch creates and changes many devices in transactions of the caller. It is for one goroutine and for as long as one transaction or a few.
type Batch struct {
	s      *Service
	org    string
	scope  access.Scope
	groups map[string]Group
}

// Batch returns a Batch for the actor.
func (s *Service) Batch(ctx context.Context) (*Batch, error) {
	scope, err := s.guard.Customers(ctx, perm.AdminDevices)
	if err != nil {
		return nil, err
	}
	return &Batch{s: s, org: access.ActorFrom(ctx).OrgID, scope: scope, groups: map[string]Group{}}, nil
}

// Prepare checks fields and returns them as they are kept.
func (b *Batch) Prepare(f Fields) (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Description = form.Text("/description", f.Description, maxDescription)
	if f.Platform == "" {
		f.Platform = "other"
	}
	if !slices.Contains(Platforms(), f.Platform) {
		form.Refuse("/platform", "A platform is windows, macos, linux or other.")
	}
	for pointer, v := range map[string]string{"/group_id": f.GroupID, "/customer_id": f.CustomerID} {
		if v != "" && !id.Valid(v) {
			form.Refuse(pointer, "There is no such thing, or you may not see it.")
		}
	}
	return f, form.Err()
}

// Same says whether prepared fields are what a device has already.
func (b *Batch) Same(d Device, f Fields) bool { return d.Fields == f }

// CreateIn adds a device with prepared fields. The screens are told by Tell.
func (b *Batch) CreateIn(ctx context.Context, tx *store.Tx, f Fields) (d Device, err error) {
	now := store.Now()
	d = Device{OrgID: b.org, ID: id.New(), Fields: f, CreatedAt: now, UpdatedAt: now, Version: 1}
	if err := b.place(ctx, tx, &d); err != nil {
		return d, err
	}
	if err := insert(ctx, tx, d); err != nil {
		return d, fmt.Errorf("create device %s: %w", d.ID, err)
	}
	return d, b.s.record(ctx, tx, "device.create", d, nil, d.record())
}

// UpdateIn gives a device prepared fields, unless it has them already. The screens are told by Tell.
func (b *Batch) UpdateIn(ctx context.Context, tx *store.Tx, d Device, f Fields) (_ Device, changed bool, err error) {
	if !b.reaches(d.CustomerID) {
		return d, false, ErrNotFound
	}
	before := d
	d.Fields = f
	if err := b.place(ctx, tx, &d); err != nil {
		return before, false, err
	}
	if before.Fields == d.Fields {
		return before, false, nil
	}
	if before.GroupID != d.GroupID || before.CustomerID != d.CustomerID {
		if err := b.s.guard.MayMove(ctx, engine.Target{Type: engine.Device, ID: d.ID}, holder(d.GroupID, d.CustomerID)); err != nil {
			return before, false, err
		}
	}
	d.UpdatedAt = store.Now()
	if err := update(ctx, tx, d); err != nil {
		return before, false, fmt.Errorf("change device %s: %w", d.ID, err)
	}
	d.Version++
	return d, true, b.s.record(ctx, tx, "device.update", d, before.record(), d.record())
}

// Tell has the screens load their devices again: once a transaction, however many changed.
func (b *Batch) Tell(ctx context.Context, tx *store.Tx) error {
	return b.s.events.Publish(ctx, tx, events.Event{Kind: "device.changed", Needs: perm.DeviceView})
}

func (b *Batch) reaches(customerID string) bool {
	if customerID == "" {
		return b.scope.All
	}
	return b.scope.Uses(customerID)
}

// holder is what a device or group lies in.
func holder(groupID, customerID string) engine.Target {
	switch {
	case groupID != "":
		return engine.Target{Type: engine.DeviceGroup, ID: groupID}
	case customerID != "":
		return engine.Target{Type: engine.Customer, ID: customerID}
	}
	return engine.Target{Type: engine.AllDevices}
}

// place settles which customer a device belongs to: that of its group, if the group has one.
func (b *Batch) place(ctx context.Context, tx *store.Tx, d *Device) error {
	d.GroupName = ""
	if d.GroupID != "" {
		g, ok := b.groups[d.GroupID]
		if !ok {
			var err error
			if g, err = groupByID(ctx, tx, b.org, d.GroupID); errors.Is(err, errNoGroup) {
				return errGroup
			} else if err != nil {
				return err
			}
			b.groups[d.GroupID] = g
		}
		switch {
		case !b.reaches(g.CustomerID):
			return errGroup
		case g.CustomerID != "" && d.CustomerID == "":
			d.CustomerID = g.CustomerID
		case g.CustomerID != "" && d.CustomerID != g.CustomerID:
			return errOther
		}
		d.GroupName = g.Name
	}
	if !b.reaches(d.CustomerID) {
		return errCustomer
	}
	var err error
	d.CustomerName, err = customerName(ctx, tx, b.org, d.CustomerID)
	return err
}
