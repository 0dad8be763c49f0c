package access

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Customers returns the Scope of p for the actor of ctx.
func (g *Guard) Customers(ctx context.Context, p perm.Permission) (Scope, error) {
	q, err := g.ask(ctx, p)
	if err != nil {
		return Scope{}, err
	}
	if q.system {
		return Scope{All: true}, nil
	}
	if err := q.holds(p); err != nil {
		return Scope{}, err
	}
	if e, _ := perm.Find(p); e.Purpose == perm.Devices || e.Purpose == perm.Customers {
		return scopeOf(q.engine.CustomersAs(q.at, q.as, p)), nil
	}
	return scopeOf(q.engine.AssignedTo(q.as)), nil // what is held on the organization is held for the customers that are theirs
}

// Scope is the set of customers on which an actor holds a permission, to filter lists with.
type Scope struct {
	All         bool     // also what belongs to no customer
	Except      []string // of all
	CustomerIDs []string // unless All
}

func scopeOf(r engine.Reach) Scope {
	return Scope{All: r.All, Except: texts(r.Except), CustomerIDs: texts(r.Only)}
}

// texts are ids as they are outside, in order.
func texts(ids []engine.ID) (out []string) {
	for _, k := range ids {
		out = append(out, k.String())
	}
	slices.Sort(out)
	return out
}

// Has says whether the scope holds one customer.
func (s Scope) Has(customerID string) bool {
	return s.All && !slices.Contains(s.Except, customerID) || slices.Contains(s.CustomerIDs, customerID)
}

// Where narrows a list to the scope; column holds the customer's id.
func (s Scope) Where(w *store.Where, column string) {
	switch {
	case !s.All:
		w.In(column, s.CustomerIDs)
	case len(s.Except) > 0:
		w.NotIn(column, s.Except)
	}
}
