package customer

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Prepare checks fields and returns them as they are kept. With CreateIn and UpdateIn it is for whoever brings many customers in
// transactions of their own and has settled that the actor may; the screens are told by Tell.
func (s *Service) Prepare(ctx context.Context, f Fields) (Fields, error) {
	if f.Phone == "" {
		return f.checked("")
	}
	o, err := organization.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return f, err
	}
	return f.checked(o.Region)
}

// CreateIn adds a customer with prepared fields.
func (s *Service) CreateIn(ctx context.Context, tx *store.Tx, f Fields) (Customer, error) {
	now := store.Now()
	c := Customer{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: f, CreatedAt: now, UpdatedAt: now, Version: 1}
	if err := insert(ctx, tx, c); err != nil {
		return c, fmt.Errorf("create customer %s: %w", c.ID, err)
	}
	return c, s.record(ctx, tx, "customer.create", c, nil, c.record())
}

// UpdateIn gives a customer prepared fields, unless it has them already.
func (s *Service) UpdateIn(ctx context.Context, tx *store.Tx, c Customer, f Fields) (_ Customer, changed bool, err error) {
	before := c
	if c.Fields = f; before.same(f) {
		return c, false, nil
	}
	c.UpdatedAt = store.Now()
	if err := update(ctx, tx, c); err != nil {
		return c, false, fmt.Errorf("change customer %s: %w", c.ID, err)
	}
	c.Version++
	return c, true, s.record(ctx, tx, "customer.update", c, before.record(), c.record())
}

// Tell has the screens load their customers again: once a transaction, however many changed.
func (s *Service) Tell(ctx context.Context, tx *store.Tx) error { return s.publish(ctx, tx, "") }
