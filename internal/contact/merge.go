package contact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// maxMerge is how many contacts are merged into another at once.
const maxMerge = 20

// Merge makes several contacts of one customer a single one. What the first does not know it learns from the others, in their order; all
// that belongs to them (tickets, verifications, messages) follows, and their ids are gone.
//
// It is no way to trust an address sooner: an address that the first contact did not have counts from now on as added by whoever entered
// it and by whoever merges, a proof that another contact gave ends, and a lock on one of them holds for what they become.
func (s *Service) Merge(ctx context.Context, id string, others []string, check func(Contact) error) (c Contact, err error) {
	if c, err = s.Find(ctx, id); err != nil {
		return c, err
	}
	scope, err := s.guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return Contact{}, err
	}
	if len(others) == 0 || len(others) > maxMerge || slices.Contains(others, id) || len(slices.Compact(slices.Sorted(slices.Values(others)))) < len(others) {
		return Contact{}, errMergeSelf
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		into, from, err := lockAll(ctx, tx, c.OrgID, id, others)
		if err != nil {
			return err
		}
		if !scope.Uses(into.CustomerID) {
			return ErrNotFound
		}
		if err := check(into); err != nil {
			return err
		}
		for _, f := range from {
			switch {
			case !scope.Uses(f.CustomerID):
				return errOtherAt(others, f.ID)
			case f.CustomerID != into.CustomerID:
				return errMergeFar
			}
		}
		c, err = s.merge(ctx, tx, into, from)
		return err
	})
	if err != nil {
		return Contact{}, err
	}
	return c, nil
}

// lockAll locks all contacts in one order, so that two merges cannot wait for each other, and returns the others as they were given.
func lockAll(ctx context.Context, tx *store.Tx, org, id string, others []string) (into Contact, from []Contact, err error) {
	found := map[string]Contact{}
	for _, key := range slices.Sorted(slices.Values(append([]string{id}, others...))) {
		c, err := lock(ctx, tx, org, key)
		if errors.Is(err, ErrNotFound) && key != id {
			return into, nil, errOtherAt(others, key)
		}
		if err != nil {
			return into, nil, err
		}
		found[key] = c
	}
	for _, key := range others {
		from = append(from, found[key])
	}
	return found[id], from, nil
}

func errOtherAt(others []string, id string) error {
	return errOther.At(fmt.Sprintf("/contact_ids/%d", slices.Index(others, id)))
}

func (s *Service) merge(ctx context.Context, tx *store.Tx, into Contact, from []Contact) (Contact, error) {
	now, actor := store.Now(), access.ActorFrom(ctx)
	c := into
	c.Fields = into.united(from)
	if len(c.Emails) > maxAddresses || len(c.Phones) > maxAddresses || len(c.Custom) > maxCustom || len([]rune(c.Notes)) > maxNotes {
		return c, errMergeMany
	}
	for _, f := range from {
		for _, follow := range s.hooks.Merging {
			if err := follow(ctx, tx, f, into); err != nil {
				return c, fmt.Errorf("let what belongs to contact %s follow to %s: %w", f.ID, c.ID, err)
			}
		}
		if err := adopt(ctx, tx, f, into.ID, actor.ID, now); err != nil {
			return c, err
		}
		if err := leadOn(ctx, tx, f.OrgID, f.ID, into.ID); err != nil {
			return c, err
		}
		if err := remove(ctx, tx, f.OrgID, f.ID); err != nil {
			return c, err
		}
		if err := insertMerged(ctx, tx, f, into.ID, now); err != nil {
			return c, err
		}
		if err := s.record(ctx, tx, "contact.merged", f, f.record(), map[string]any{"merged_into": into.ID}); err != nil {
			return c, err
		}
	}
	c.UpdatedAt = now
	if err := update(ctx, tx, c); err != nil {
		return c, fmt.Errorf("merge into contact %s: %w", c.ID, err)
	}
	c.Version++
	return c, s.merged(ctx, tx, into, c, from)
}

// merged tells of the contact that stays, with those that it was made of.
func (s *Service) merged(ctx context.Context, tx *store.Tx, before, c Contact, from []Contact) error {
	oldNumbers, oldEmails := before.addressKeys()
	numbers, emails := c.addressKeys()
	gained := slices.Concat(without(numbers, oldNumbers), without(emails, oldEmails))
	for _, hear := range s.hooks.Changed {
		if err := hear(ctx, tx, c, gained, nil); err != nil {
			return fmt.Errorf("tell of contact %s: %w", c.ID, err)
		}
	}
	e := audit.Event{
		Action: "contact.merge", CustomerID: c.CustomerID, Before: before.record(), After: c.record(), Subject: "contact:" + c.ID,
		Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	}
	for _, f := range from {
		e.Targets = append(e.Targets, audit.Target{Type: "contact", ID: f.ID, Name: f.Name})
	}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.publish(ctx, tx, c)
}

// united is what a contact becomes: its own word counts first, and nobody becomes an approver by being merged.
func (f Fields) united(others []Contact) Fields {
	f.Emails, f.Phones, f.Custom = slices.Clone(f.Emails), slices.Clone(f.Phones), maps.Clone(f.Custom)
	if f.Custom == nil {
		f.Custom = map[string]string{}
	}
	for _, o := range others {
		f.JobTitle, f.Department = cmp.Or(f.JobTitle, o.JobTitle), cmp.Or(f.Department, o.Department)
		f.Language, f.VIP = cmp.Or(f.Language, o.Language), f.VIP || o.VIP
		if f.Notes == "" {
			f.Notes = o.Notes
		} else if o.Notes != "" && o.Notes != f.Notes {
			f.Notes += "\n\n" + o.Notes
		}
		if f.Source == "" {
			f.Source, f.SourceID = o.Source, o.SourceID
		}
		for name, value := range o.Custom {
			if _, known := f.Custom[name]; !known {
				f.Custom[name] = value
			}
		}
		numbers, emails := f.addressKeys()
		for _, p := range o.Phones {
			if !slices.Contains(numbers, p.Number) {
				f.Phones = append(f.Phones, p)
			}
		}
		_, theirs := o.addressKeys()
		for i, e := range o.Emails {
			if !slices.Contains(emails, theirs[i]) {
				f.Emails = append(f.Emails, e)
			}
		}
	}
	return f
}

// Duplicates are contacts of one customer that may be one person.
type Duplicates struct {
	Reason   string // same_email, same_phone or same_name
	Contacts []Contact
}

// Duplicates lists groups that the actor may see, those who share an email first. What was merged is gone from the list, so its
// beginning is all that one needs.
func (s *Service) Duplicates(ctx context.Context, customerID string, limit int) ([]Duplicates, error) {
	scope, err := s.guard.Customers(ctx, perm.ContactView)
	if err != nil {
		return nil, err
	}
	org, q := access.ActorFrom(ctx).OrgID, s.db.Read()
	groups, err := duplicates(ctx, q, org, scope, customerID, limit)
	if err != nil {
		return nil, fmt.Errorf("list duplicates: %w", err)
	}
	var ids []string
	for _, g := range groups {
		ids = append(ids, g.ids...)
	}
	found, err := byIDs(ctx, q, org, ids)
	if err != nil {
		return nil, err
	}
	var out []Duplicates
	for _, g := range groups {
		d := Duplicates{Reason: g.reason}
		for _, id := range g.ids {
			if c, ok := found[id]; ok {
				d.Contacts = append(d.Contacts, c)
			}
		}
		if len(d.Contacts) > 1 {
			out = append(out, d)
		}
	}
	return out, nil
}

// gone tells what became of a contact that is no more, if the actor may see that.
func (s *Service) gone(ctx context.Context, id string) error {
	c, err := mergedInto(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.ContactView, c.Object()); err != nil {
		return err
	}
	return errMerged
}
