package csvimport

import (
	"context"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/csvimport/columns"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

func (b *contacts) load(ctx context.Context, q store.Querier, rows []*row) error {
	var names, ids, externals, emails []string
	for _, r := range rows {
		c := r.rec.(*contactRow)
		names, ids, externals = append(names, c.customer), append(ids, c.id), append(externals, c.external)
		for _, e := range c.fields.Emails {
			emails = append(emails, input.FoldEmail(e))
		}
	}
	if err := b.employers.load(ctx, q, names); err != nil {
		return err
	}
	var err error
	if b.byKey, err = contactKeys(ctx, q, b.org, columns.Distinct(externals), columns.Distinct(emails)); err != nil {
		return err
	}
	b.found = nil // of an earlier try
	if b.found, err = contact.ByIDs(ctx, q, b.org, b.targets(ids)); err != nil {
		return err
	}
	return b.loadRest(ctx, q, rows)
}

// loadRest looks for those whom ids and emails do not find.
func (b *contacts) loadRest(ctx context.Context, q store.Querier, rows []*row) error {
	var phones, places []place
	for _, r := range rows {
		c := r.rec.(*contactRow)
		at, missing, err := b.find(c.customer)
		if err != nil {
			continue // decide says so
		}
		name := store.Fold(c.fields.Name)
		if found, err := b.matchSurely(c, at, name); found != nil || err != nil {
			continue
		}
		for _, p := range c.fields.Phones {
			phones = append(phones, place{p.Number, name})
		}
		if !missing {
			places = append(places, place{at, name})
		}
	}
	byKey, err := contactPlaces(ctx, q, b.org, phones, places)
	if err != nil || len(byKey) == 0 {
		return err
	}
	maps.Copy(b.byKey, byKey)
	found, err := contact.ByIDs(ctx, q, b.org, b.targets(nil))
	maps.Copy(b.found, found)
	return err
}

// targets are ids and those that keys led to, without those that are there.
func (b *contacts) targets(ids []string) []string {
	for _, found := range b.byKey {
		ids = append(ids, found...)
	}
	return slices.DeleteFunc(columns.Distinct(ids), func(id string) bool {
		_, known := b.found[id]
		return known
	})
}

// match finds who a row is about, nil if nobody yet. f are its fields, at the customer that it names.
func (b *contacts) match(c *contactRow, f contact.Fields) (*contact.Contact, error) {
	name := store.Fold(f.Name)
	if found, err := b.matchSurely(c, f.CustomerID, name); found != nil || err != nil {
		return found, err
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

// matchSurely finds who a row is about by its ids and emails. Its customer and folded name say which of several it is.
func (b *contacts) matchSurely(c *contactRow, customerID, name string) (*contact.Contact, error) {
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
	for _, e := range c.fields.Emails {
		if found, err := b.one(b.byKey["e "+input.FoldEmail(e)], customerID, name, false); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// one picks the contact at a customer among some; of several the one of that name.
func (b *contacts) one(ids []string, customerID, name string, named bool) (*contact.Contact, error) {
	var here, same []contact.Contact
	for _, key := range columns.Distinct(ids) {
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
