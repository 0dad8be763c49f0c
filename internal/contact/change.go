package contact

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Create adds a contact to a customer that the actor reaches.
func (s *Service) Create(ctx context.Context, want Fields) (c Contact, err error) {
	scope, err := s.guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return c, err
	}
	actor := access.ActorFrom(ctx)
	o, err := organization.ByID(ctx, s.db.Read(), actor.OrgID)
	if err != nil {
		return c, err
	}
	if want, err = want.checked(o.Region); err != nil {
		return c, err
	}
	now := store.Now()
	c = Contact{OrgID: actor.OrgID, ID: id.New(), Fields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c.CustomerName, err = customerName(ctx, tx, scope, c); err != nil {
			return err
		}
		if err := insert(ctx, tx, c); err != nil {
			return fmt.Errorf("create contact %s: %w", c.ID, err)
		}
		return s.changed(ctx, tx, "contact.create", Contact{}, c)
	})
	return c, err
}

// Update changes one contact; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Contact) (Fields, error)) (c Contact, err error) {
	org := access.ActorFrom(ctx).OrgID
	if c, err = s.Find(ctx, id); err != nil {
		return c, err
	}
	scope, err := s.guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return Contact{}, err
	}
	o, err := organization.ByID(ctx, s.db.Read(), org)
	if err != nil {
		return Contact{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c, err = lock(ctx, tx, org, id); err != nil {
			return err
		}
		if !scope.Has(c.CustomerID) {
			return ErrNotFound
		}
		next, err := change(c)
		if err != nil {
			return err
		}
		if next, err = next.checked(o.Region); err != nil {
			return err
		}
		before := c
		if c.Fields = next; before.same(next) {
			return errUnchanged
		}
		if c.CustomerName, err = customerName(ctx, tx, scope, c); err != nil {
			return err
		}
		c.UpdatedAt = store.Now()
		if err := update(ctx, tx, c); err != nil {
			return fmt.Errorf("change contact %s: %w", id, err)
		}
		c.Version++
		return s.changed(ctx, tx, "contact.update", before, c)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Contact{}, err
	}
	return c, nil
}

// Delete removes a contact. Its tickets stay and keep its name. check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Contact) error) error {
	org := access.ActorFrom(ctx).OrgID
	c, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.ContactEdit, c.Object()); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		now, err := lock(ctx, tx, org, id)
		if err != nil {
			return err
		}
		if now.CustomerID != c.CustomerID {
			return ErrNotFound // moved between the question and the answer
		}
		if err := check(now); err != nil {
			return err
		}
		for _, letGo := range s.hooks.Deleting {
			if err := letGo(ctx, tx, now); err != nil {
				return fmt.Errorf("let go of contact %s: %w", id, err)
			}
		}
		if err := remove(ctx, tx, org, id); err != nil {
			return err
		}
		return s.record(ctx, tx, "contact.delete", now, now.record(), nil)
	})
}

// changed keeps what hangs on a contact's addresses in step, and records the change.
func (s *Service) changed(ctx context.Context, tx *store.Tx, action string, before, c Contact) error {
	oldNumbers, oldEmails := before.addressKeys()
	numbers, emails := c.addressKeys()
	first := before.ID == ""
	if err := saveNumbers(ctx, tx, c, without(numbers, oldNumbers), without(oldNumbers, numbers), first); err != nil {
		return fmt.Errorf("keep the numbers of contact %s: %w", c.ID, err)
	}
	if err := saveEmails(ctx, tx, c, without(emails, oldEmails), without(oldEmails, emails), first); err != nil {
		return fmt.Errorf("keep the emails of contact %s: %w", c.ID, err)
	}
	gained := slices.Concat(without(numbers, oldNumbers), without(emails, oldEmails))
	lost := slices.Concat(without(oldNumbers, numbers), without(oldEmails, emails))
	for _, hear := range s.hooks.Changed {
		if err := hear(ctx, tx, c, gained, lost); err != nil {
			return fmt.Errorf("tell of contact %s: %w", c.ID, err)
		}
	}
	var was map[string]any
	if !first {
		was = before.record()
	}
	return s.record(ctx, tx, action, c, was, c.record())
}

// record writes down what happened to c and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, action string, c Contact, before, after map[string]any) error {
	err := s.audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: c.CustomerID, Before: before, After: after,
		Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	})
	if err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, events.Event{Kind: "contact.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.ContactView})
}
