package contact

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// Create adds a contact to a customer that the actor reaches.
func (s *Service) Create(ctx context.Context, want Fields) (c Contact, err error) {
	b, err := s.Batch(ctx)
	if err != nil {
		return c, err
	}
	want.Source, want.SourceID = "", ""
	if want, err = b.Prepare(want); err != nil {
		return c, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c, err = b.CreateIn(ctx, tx, want); err != nil {
			return err
		}
		return s.publish(ctx, tx, c)
	})
	return c, err
}

// Update changes one contact; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Contact) (Fields, error)) (c Contact, err error) {
	if c, err = s.Find(ctx, id); err != nil {
		return c, err
	}
	b, err := s.Batch(ctx)
	if err != nil {
		return Contact{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c, err = lock(ctx, tx, c.OrgID, id); err != nil {
			return err
		}
		if !b.scope.Uses(c.CustomerID) {
			return ErrNotFound
		}
		next, err := change(c)
		if err != nil {
			return err
		}
		next.Source, next.SourceID = c.Source, c.SourceID
		if next, err = b.Prepare(next); err != nil {
			return err
		}
		if err := c.keepsSource(next); err != nil {
			return err
		}
		changed := false
		if c, changed, err = b.UpdateIn(ctx, tx, c, next); err != nil {
			return err
		}
		if !changed {
			return errUnchanged
		}
		return s.publish(ctx, tx, c)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Contact{}, err
	}
	return c, nil
}

// Delete removes a contact. Its tickets stay and keep its name. check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Contact) error) error {
	c, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.ContactEdit, c.Object()); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.DeleteIn(ctx, tx, c, check) })
}

// DeleteIn is Delete in the caller's transaction, of a contact of whom it is settled that the actor may delete them.
func (s *Service) DeleteIn(ctx context.Context, tx *store.Tx, c Contact, check func(Contact) error) error {
	now, err := lock(ctx, tx, c.OrgID, c.ID)
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
			return fmt.Errorf("let go of contact %s: %w", c.ID, err)
		}
	}
	if err := remove(ctx, tx, c.OrgID, c.ID); err != nil {
		return err
	}
	if err := s.record(ctx, tx, "contact.delete", now, now.record(), nil); err != nil {
		return err
	}
	return s.publish(ctx, tx, now)
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

// record writes down what happened to c.
func (s *Service) record(ctx context.Context, tx *store.Tx, action string, c Contact, before, after map[string]any) error {
	return s.audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: c.CustomerID, Before: before, After: after,
		Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	})
}

// publish tells the screens.
func (s *Service) publish(ctx context.Context, tx *store.Tx, c Contact) error {
	return s.events.Publish(ctx, tx, events.Event{Kind: "contact.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.ContactView})
}
