package csvimport

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/store"
)

// customers finds a company by its id, its external id or its name.
type customers struct {
	cells
	s      *Service
	org    string
	scope  access.Scope // what may be changed
	byID   map[string]customer.Customer
	byName map[string][]string // folded
	source map[string]string
}

type customerRow struct {
	id, external, key string
	fields            customer.Fields
	was               *customer.Customer
}

func newCustomers(ctx context.Context, s *Service, i Import) (book, error) {
	scope, err := s.Guard.Customers(ctx, perm.CustomerEdit)
	return &customers{cells: cells{i.Mapping}, s: s, org: i.OrgID, scope: scope}, err
}

func (b *customers) read(r *row) (keys []string, err error) {
	c := &customerRow{id: b.get(r, "id"), external: b.get(r, "external_id")}
	c.fields = customer.Fields{
		Name: b.get(r, "name"), Domains: csvfile.Split(b.get(r, "domains")), Phone: b.get(r, "phone"), Address: b.get(r, "address"),
		Website: b.get(r, "website"), Notes: b.get(r, "notes"),
	}
	r.rec, r.name, c.key = c, c.fields.Name, store.Fold(c.fields.Name)
	if c.fields.Name == "" {
		return nil, errRequired.At("/name")
	}
	if c.external != "" {
		return []string{"x " + c.external}, nil
	}
	return []string{"n " + c.key}, nil
}

func (b *customers) load(ctx context.Context, q store.Querier, rows []*row) (err error) {
	var ids, externals, names []string
	for _, r := range rows {
		c := r.rec.(*customerRow)
		ids, externals, names = append(ids, c.id), append(externals, c.external), append(names, c.key)
	}
	if b.source, err = sources(ctx, q, b.org, Customers, columns.Distinct(externals)); err != nil {
		return err
	}
	if b.byName, err = customersByName(ctx, q, b.org, columns.Distinct(names)); err != nil {
		return err
	}
	for _, id := range b.source {
		ids = append(ids, id)
	}
	for _, found := range b.byName {
		ids = append(ids, found...)
	}
	b.byID, err = customer.ByIDs(ctx, q, b.org, columns.Distinct(ids))
	return err
}

func (b *customers) find(c *customerRow) (*customer.Customer, error) {
	if found, ok := b.byID[c.id]; ok && c.id != "" {
		return &found, nil
	}
	if found, ok := b.byID[b.source[c.external]]; ok && c.external != "" {
		return &found, nil
	}
	same := b.byName[c.key]
	if len(same) > 1 {
		return nil, errAmbiguous.At("/name")
	}
	if len(same) == 1 {
		found := b.byID[same[0]]
		return &found, nil
	}
	return nil, nil
}

func (b *customers) decide(ctx context.Context, r *row) (err error) {
	c := r.rec.(*customerRow)
	if c.was, err = b.find(c); err != nil {
		return err
	}
	want := c.fields
	if c.was != nil {
		if !b.scope.Has(c.was.ID) {
			return errCustomer
		}
		want = c.was.Fields
		columns.Put(&want.Name, c.fields.Name)
		columns.Put(&want.Phone, c.fields.Phone)
		columns.Put(&want.Address, c.fields.Address)
		columns.Put(&want.Website, c.fields.Website)
		columns.Put(&want.Notes, c.fields.Notes)
		if len(c.fields.Domains) > 0 {
			want.Domains = c.fields.Domains
		}
		r.target = c.was.ID
	}
	if want, err = b.s.Customers.Prepare(ctx, want); err != nil {
		return err
	}
	switch {
	case c.was == nil:
		r.outcome = Create
	case b.s.Customers.Same(*c.was, want) && (c.external == "" || b.source[c.external] == c.was.ID):
		r.outcome = Skip
	default:
		r.outcome = Update
	}
	c.fields = want
	return nil
}

func (b *customers) apply(ctx context.Context, tx *store.Tx, r *row) (err error) {
	c := r.rec.(*customerRow)
	if c.was != nil {
		_, _, err = b.s.Customers.UpdateIn(ctx, tx, *c.was, c.fields)
	} else {
		var made customer.Customer
		made, err = b.s.Customers.CreateIn(ctx, tx, c.fields)
		r.target = made.ID
	}
	if err != nil || c.external == "" || b.source[c.external] == r.target {
		return err
	}
	return setSource(ctx, tx, b.org, Customers, c.external, r.target)
}

func (b *customers) tell(ctx context.Context, tx *store.Tx) error { return b.s.Customers.Tell(ctx, tx) }

// employers finds the customers that rows of other kinds name, and makes those that are missing if it may.
type employers struct {
	s      *Service
	org    string
	scope  access.Scope
	create bool
	byName map[string][]string
	made   map[string]string
}

func (e *employers) load(ctx context.Context, q store.Querier, names []string) (err error) {
	e.made = map[string]string{}
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = store.Fold(n)
	}
	e.byName, err = customersByName(ctx, q, e.org, columns.Distinct(folded))
	return err
}

// find returns the customer of a name. missing means that apply has to make it.
func (e *employers) find(name string) (id string, missing bool, err error) {
	var seen []string
	for _, id := range e.byName[store.Fold(name)] {
		if e.scope.Has(id) {
			seen = append(seen, id)
		}
	}
	switch {
	case len(seen) == 1:
		return seen[0], false, nil
	case len(seen) > 1:
		return "", false, errAmbiguous.With("Several customers have this name.").At("/customer")
	case e.create && len(e.byName[store.Fold(name)]) == 0:
		return "", true, nil
	}
	return "", false, errCustomer.At("/customer")
}

// make creates a missing customer, once.
func (e *employers) make(ctx context.Context, tx *store.Tx, name string) (string, error) {
	key := store.Fold(name)
	if id, ok := e.made[key]; ok {
		return id, nil
	}
	fields, err := e.s.Customers.Prepare(ctx, customer.Fields{Name: name})
	if err != nil {
		return "", err
	}
	c, err := e.s.Customers.CreateIn(ctx, tx, fields)
	if err != nil {
		return "", err
	}
	e.made[key] = c.ID
	return c.ID, nil
}

func (e *employers) tell(ctx context.Context, tx *store.Tx) error {
	if len(e.made) == 0 {
		return nil
	}
	return e.s.Customers.Tell(ctx, tx)
}
