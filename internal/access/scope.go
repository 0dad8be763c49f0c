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
		s := scopeOf(q.engine.CustomersAs(q.at, q.as, p))
		s.used = func(customerID string, outcome engine.Outcome) {
			g.tell(q, p, engine.Target{Type: engine.Customer, ID: customerID}, outcome)
		}
		return s, nil
	}
	s := scopeOf(q.engine.AssignedTo(q.as)) // what is held on the organization is held for the customers that are theirs
	s.used = func(_ string, outcome engine.Outcome) {
		g.tell(q, p, engine.Target{Type: engine.Organization}, outcome)
	}
	return s, nil
}

// Scope is the set of customers on which an actor holds a permission, to filter lists with.
type Scope struct {
	All         bool     // also what belongs to no customer
	Except      []string // of all
	CustomerIDs []string // unless All

	used func(customerID string, outcome engine.Outcome) // nil of the server's
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

// Uses is Has for whoever is about to do there what the permission is for: it counts as use of it, as Check does.
func (s Scope) Uses(customerID string) bool {
	ok, outcome := s.Has(customerID), engine.Deny
	if ok {
		outcome = engine.Allow
	}
	if s.used != nil && customerID != "" {
		s.used(customerID, outcome)
	}
	return ok
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
