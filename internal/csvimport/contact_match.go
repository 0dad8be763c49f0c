package csvimport

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

func (b *contacts) load(ctx context.Context, q store.Querier, rows []*row) error {
	var names, ids, externals, emails []string
	var phones, places []place
	for _, r := range rows {
		c := r.rec.(*contactRow)
		names, ids, externals = append(names, c.customer), append(ids, c.id), append(externals, c.external)
		for _, e := range c.fields.Emails {
			emails = append(emails, input.FoldEmail(e))
		}
		for _, p := range c.fields.Phones {
			phones = append(phones, place{p.Number, store.Fold(c.fields.Name)})
		}
	}
	if err := b.employers.load(ctx, q, names); err != nil {
		return err
	}
	for _, r := range rows {
		c := r.rec.(*contactRow)
		if at, missing, err := b.find(c.customer); err == nil && !missing {
			places = append(places, place{at, store.Fold(c.fields.Name)})
		}
	}
	var err error
	if b.byKey, err = contactKeys(ctx, q, b.org, distinct(externals), distinct(emails), phones, places); err != nil {
		return err
	}
	for _, found := range b.byKey {
		ids = append(ids, found...)
	}
	b.found, err = contact.ByIDs(ctx, q, b.org, distinct(ids))
	return err
}

// match finds who a row is about, nil if nobody yet. f are its fields, at the customer that it names.
func (b *contacts) match(c *contactRow, f contact.Fields) (*contact.Contact, error) {
	if found, ok := b.found[c.id]; ok {
		return &found, nil
	}
	if c.external != "" {
		for _, key := range b.byKey["x "+c.external] {
			if found, ok := b.found[key]; ok {
				return &found, nil
			}
		}
	}
	name := store.Fold(f.Name)
	for _, e := range f.Emails {
		if found, err := b.one(b.byKey["e "+input.FoldEmail(e)], f.CustomerID, name, false); found != nil || err != nil {
			return found, err
		}
	}
	for _, p := range f.Phones {
		if found, err := b.one(b.byKey["p "+p.Number+"\n"+name], f.CustomerID, name, true); found != nil || err != nil {
			return found, err
		}
	}
	bare := len(f.Emails) == 0 && len(f.Phones) == 0
	same := slices.DeleteFunc(slices.Clone(b.byKey["n "+f.CustomerID+"\n"+name]), func(key string) bool {
		known, ok := b.found[key]
		return !ok || !bare && len(known.Emails)+len(known.Phones) > 0
	})
	return b.one(same, f.CustomerID, name, true)
}

// one picks the contact at a customer among some; of several the one of that name.
func (b *contacts) one(ids []string, customerID, name string, named bool) (*contact.Contact, error) {
	var here, same []contact.Contact
	for _, key := range distinct(ids) {
		c, ok := b.found[key]
		if !ok || c.CustomerID != customerID {
			continue
		}
		here = append(here, c)
		if store.Fold(c.Name) == name {
			same = append(same, c)
		}
	}
	switch {
	case len(same) == 1:
		return &same[0], nil
	case len(same) > 1, !named && len(here) > 1:
		return nil, errAmbiguous.At("/name")
	case !named && len(here) == 1:
		return &here[0], nil
	}
	return nil, nil
}

// keys are what a row must not share with another: two rows about the same person would undo each other.
func (c *contactRow) keys() (keys []string) {
	place := store.Fold(c.customer) + "\n"
	if c.id != "" {
		keys = append(keys, "i "+c.id)
	}
	if c.external != "" {
		keys = append(keys, "x "+c.external)
	}
	for _, e := range c.fields.Emails {
		keys = append(keys, "e "+place+input.FoldEmail(e))
	}
	name := store.Fold(c.fields.Name)
	if len(c.fields.Emails) == 0 {
		for _, p := range c.fields.Phones {
			keys = append(keys, "p "+place+p.Number+"\n"+name)
		}
	}
	if len(keys) == 0 {
		keys = append(keys, "n "+place+name)
	}
	return keys
}
