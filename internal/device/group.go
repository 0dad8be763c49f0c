package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// GroupFields are what people enter about a group of devices.
type GroupFields struct {
	Name       string
	ParentID   string // "" for a root
	CustomerID string // of a root, "" for none; a group below belongs to the customer of its root
}

// Group is a group of devices.
type Group struct {
	OrgID string
	ID    string
	GroupFields
	CustomerName string
	DeviceCount  int64 // directly in it
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Object is what access decides on.
func (g Group) Object() access.Object {
	return access.Object{Type: "device_group", ID: g.ID, CustomerID: g.CustomerID}
}

// FindGroup returns one group that the actor may see.
func (s *Service) FindGroup(ctx context.Context, id string) (Group, error) {
	g, err := groupByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Group{}, err
	}
	return g, s.guard.Check(ctx, perm.DeviceView, g.Object())
}

// GroupQuery narrows and orders a list of groups.
type GroupQuery struct {
	Text       string
	CustomerID string
	ParentID   string // directly in it
	Sort       string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// Groups returns the groups that the actor may see, and the cursor of the next page.
func (s *Service) Groups(ctx context.Context, q GroupQuery) ([]Group, string, error) {
	scope, err := s.guard.Devices(ctx, perm.DeviceView)
	if err != nil {
		return nil, "", err
	}
	return listGroups(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, scope, q)
}

// CreateGroup adds a group.
func (s *Service) CreateGroup(ctx context.Context, want GroupFields) (g Group, err error) {
	b, err := s.Batch(ctx)
	if err != nil {
		return g, err
	}
	if want, err = want.checked(); err != nil {
		return g, err
	}
	now := store.Now()
	g = Group{OrgID: b.org, ID: id.New(), GroupFields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := b.hang(ctx, tx, &g, 1); err != nil {
			return err
		}
		if err := insertGroup(ctx, tx, g); err != nil {
			return fmt.Errorf("create device group %s: %w", g.ID, err)
		}
		return s.changedGroup(ctx, tx, "device_group.create", g, nil, g.record())
	})
	return g, err
}

// UpdateGroup changes one group; change gets it as it is and returns what it should be. What is in the group moves with it, also to the
// customer of the group that it moves to.
func (s *Service) UpdateGroup(ctx context.Context, id string, change func(Group) (GroupFields, error)) (g Group, err error) {
	if g, err = s.FindGroup(ctx, id); err != nil {
		return g, err
	}
	b, err := s.Batch(ctx)
	if err != nil {
		return Group{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		// The lock comes before what is read under it: two moves could otherwise make a circle together.
		if err := lockTree(ctx, tx, g.OrgID); err != nil {
			return err
		}
		if g, err = groupByID(ctx, tx, g.OrgID, id); err != nil {
			return err
		}
		if !b.reaches(g.CustomerID) {
			return errNoGroup
		}
		before := g
		next, err := change(g)
		if err != nil {
			return err
		}
		if g.GroupFields, err = next.checked(); err != nil {
			return err
		}
		if before.GroupFields == g.GroupFields {
			return errUnchanged
		}
		return s.applyGroup(ctx, tx, b, before, &g)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Group{}, err
	}
	return g, nil
}

func (s *Service) applyGroup(ctx context.Context, tx *store.Tx, b *Batch, before Group, g *Group) error {
	below, height, err := subtree(ctx, tx, g.OrgID, g.ID)
	if err != nil {
		return err
	}
	if slices.Contains(below, g.ParentID) {
		return errCircle
	}
	if g.ParentID != before.ParentID && g.CustomerID == before.CustomerID {
		g.CustomerID = "" // that of the place it moves to
		if g.ParentID == "" {
			g.CustomerID = before.CustomerID
		}
	}
	if err := b.hang(ctx, tx, g, height); err != nil {
		return err
	}
	if g.CustomerID != before.CustomerID {
		other, err := othersIn(ctx, tx, g.OrgID, below, before.CustomerID)
		if err != nil {
			return err
		}
		if other {
			return errOtherBelow
		}
		if err := giveTo(ctx, tx, g.OrgID, below, g.CustomerID); err != nil {
			return err
		}
	}
	if g.ParentID != before.ParentID || g.CustomerID != before.CustomerID {
		if err := s.guard.MayMove(ctx, engine.Target{Type: engine.DeviceGroup, ID: g.ID}, holder(g.ParentID, g.CustomerID)); err != nil {
			return err
		}
	}
	g.UpdatedAt = store.Now()
	if err := updateGroup(ctx, tx, *g); err != nil {
		return fmt.Errorf("change device group %s: %w", g.ID, err)
	}
	g.Version++
	return s.changedGroup(ctx, tx, "device_group.update", *g, before.record(), g.record())
}

// DeleteGroup removes a group. What is in it moves to the group above, or stands alone if there is none. check may refuse it as it is.
func (s *Service) DeleteGroup(ctx context.Context, id string, check func(Group) error) error {
	g, err := s.FindGroup(ctx, id)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.AdminDevices, g.Object()); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := lockTree(ctx, tx, g.OrgID); err != nil {
			return err
		}
		if g, err = groupByID(ctx, tx, g.OrgID, id); err != nil {
			return err
		}
		if err := check(g); err != nil {
			return err
		}
		if err := removeGroup(ctx, tx, g); err != nil {
			return err
		}
		return s.changedGroup(ctx, tx, "device_group.delete", g, g.record(), nil)
	})
}

func (s *Service) changedGroup(ctx context.Context, tx *store.Tx, action string, g Group, before, after map[string]any) error {
	err := s.audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: g.CustomerID, Before: before, After: after, Targets: []audit.Target{{Type: "device_group", ID: g.ID, Name: g.Name}},
	})
	if err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, events.Event{Kind: "device_group.changed", ID: g.ID, CustomerID: g.CustomerID, Needs: perm.DeviceView})
}

// hang settles where a group lies and whose it is; height is how many groups lie in each other from it downwards.
func (b *Batch) hang(ctx context.Context, tx *store.Tx, g *Group, height int) error {
	depth := 0
	if g.ParentID != "" {
		if err := lockTree(ctx, tx, g.OrgID); err != nil {
			return err
		}
		parent, err := groupByID(ctx, tx, g.OrgID, g.ParentID)
		if errors.Is(err, errNoGroup) || err == nil && !b.reaches(parent.CustomerID) {
			return errParent
		}
		if err != nil {
			return err
		}
		if g.CustomerID != "" && g.CustomerID != parent.CustomerID {
			return errOther
		}
		g.CustomerID = parent.CustomerID
		if depth, err = depthOf(ctx, tx, g.OrgID, g.ParentID); err != nil {
			return err
		}
	}
	if depth+height > MaxDepth {
		return errDeep
	}
	if !b.reaches(g.CustomerID) {
		return errCustomer
	}
	var err error
	g.CustomerName, err = customerName(ctx, tx, g.OrgID, g.CustomerID)
	return err
}

func (f GroupFields) checked() (GroupFields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	if f.ParentID != "" && !id.Valid(f.ParentID) {
		form.Refuse("/parent_id", errParent.Message)
	}
	if f.CustomerID != "" && !id.Valid(f.CustomerID) {
		form.Refuse("/customer_id", errCustomer.Message)
	}
	return f, form.Err()
}

func (f GroupFields) record() map[string]any {
	return map[string]any{"name": f.Name, "parent_id": f.ParentID, "customer_id": f.CustomerID}
}
