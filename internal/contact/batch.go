package contact

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Batch creates and changes many contacts in transactions of the caller, with rights, region and the names of customers looked up once.
// It is for one goroutine and for as long as one transaction or a few: rights are those of its beginning.
type Batch struct {
	s      *Service
	org    string
	region string
	scope  access.Scope
	names  map[string]string // of customers
}

// Batch returns a Batch for the actor.
func (s *Service) Batch(ctx context.Context) (*Batch, error) {
	scope, err := s.guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return nil, err
	}
	o, err := organization.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return &Batch{s: s, org: o.ID, region: o.Region, scope: scope, names: map[string]string{}}, nil
}

// Prepare checks fields and returns them as they are kept; it needs no transaction.
func (b *Batch) Prepare(f Fields) (Fields, error) { return f.checked(b.region) }

// Same says whether prepared fields are what a contact has already.
func (b *Batch) Same(c Contact, f Fields) bool { return c.same(f) }

// CreateIn adds a contact with prepared fields. The screens are told by Tell.
func (b *Batch) CreateIn(ctx context.Context, tx *store.Tx, f Fields) (c Contact, err error) {
	now := store.Now()
	c = Contact{OrgID: b.org, ID: id.New(), Fields: f, CreatedAt: now, UpdatedAt: now, Version: 1}
	if c.CustomerName, err = b.customer(ctx, tx, c); err != nil {
		return c, err
	}
	if err := insert(ctx, tx, c); err != nil {
		return c, fmt.Errorf("create contact %s: %w", c.ID, err)
	}
	return c, b.s.changed(ctx, tx, "contact.create", Contact{}, c)
}

// UpdateIn gives a contact prepared fields, unless it has them already. The screens are told by Tell.
func (b *Batch) UpdateIn(ctx context.Context, tx *store.Tx, c Contact, f Fields) (_ Contact, changed bool, err error) {
	if !b.scope.Uses(c.CustomerID) {
		return c, false, ErrNotFound
	}
	before := c
	if c.Fields = f; before.same(f) {
		return c, false, nil
	}
	if c.CustomerName, err = b.customer(ctx, tx, c); err != nil {
		return c, false, err
	}
	c.UpdatedAt = store.Now()
	if err := update(ctx, tx, c); err != nil {
		return c, false, fmt.Errorf("change contact %s: %w", c.ID, err)
	}
	c.Version++
	return c, true, b.s.changed(ctx, tx, "contact.update", before, c)
}

// Tell has the screens load their contacts again: once a transaction, however many changed.
func (b *Batch) Tell(ctx context.Context, tx *store.Tx) error {
	return b.s.events.Publish(ctx, tx, events.Event{Kind: "contact.changed", Needs: perm.ContactView})
}

// customer is the name of a contact's customer, if the actor reaches it.
func (b *Batch) customer(ctx context.Context, tx *store.Tx, c Contact) (string, error) {
	if name, known := b.names[c.CustomerID]; known {
		return name, nil
	}
	name, err := customerName(ctx, tx, b.scope, c)
	if err == nil {
		b.names[c.CustomerID] = name
	}
	return name, err
}
