// Package access decides whether an actor may do something to an object. Nothing else in the product decides.
package access

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var (
	errAnonymous = fault.New(fault.Unauthenticated, "signin.required", "Sign in first.")
	errDenied    = fault.New(fault.Denied, "access.denied", "You may not do this. Ask an administrator for the permission.")
	errUnproved  = fault.New(fault.Denied, "access.needs_verification", "Verify the caller first: this takes a stronger proof than there is now.")
	errUnseen    = fault.New(fault.NotFound, "access.not_found", "There is no such thing, or you may not see it.")
)

// Object is what an actor wants to act on. Without CustomerID it concerns the organization as a whole.
type Object struct {
	Type       string
	ID         string
	CustomerID string

	// ContactID and Action name what is done for a person at a customer. If the customer's policy demands a proof for the action, there has
	// to be one (D-10).
	ContactID string
	Action    string
}

// Proof says how much an action takes and how much of it is there, as levels of verification.
type Proof struct {
	Required int
	Have     int
}

// Guard answers access questions from the database, so that a change counts from the next question on.
type Guard struct {
	db    *store.DB
	proof func(ctx context.Context, org string, o Object) (Proof, error)
}

// New returns a Guard.
func New(db *store.DB) *Guard { return &Guard{db: db} }

// ProveBy sets what knows how well a contact has been verified, and how well an action wants it. It is built above access.
func (g *Guard) ProveBy(fn func(ctx context.Context, org string, o Object) (Proof, error)) {
	g.proof = fn
}

// Check returns nil if the actor of ctx holds p on o, and if there is the proof that o's action takes. A customer that is not the actor's
// looks like one that does not exist; who lacks only the proof is told its level.
func (g *Guard) Check(ctx context.Context, p perm.Permission, o Object) error {
	if err := g.check(ctx, p, o); err != nil {
		return err
	}
	actor := ActorFrom(ctx)
	if o.Action == "" || g.proof == nil || actor.Kind == SystemKind {
		return nil
	}
	found, err := g.proof(ctx, actor.OrgID, o)
	if err != nil {
		return fmt.Errorf("look for the proof for %s: %w", o.Action, err)
	}
	if found.Have < found.Required {
		return errUnproved.Proving(found.Required)
	}
	return nil
}

func (g *Guard) check(ctx context.Context, p perm.Permission, o Object) error {
	actor := ActorFrom(ctx)
	if err := holds(actor, p); err != nil {
		return err
	}
	if o.CustomerID == "" || reachesAll(actor) {
		return nil
	}
	ok, err := reaches(ctx, g.db.Read(), actor.OrgID, actor.ID, o.CustomerID)
	if err != nil {
		return fmt.Errorf("check %s: %w", p, err)
	}
	if !ok {
		return errUnseen
	}
	return nil
}

// Holds returns nil if the actor of ctx holds p somewhere; which objects it reaches is settled by Check or Customers.
func (g *Guard) Holds(ctx context.Context, p perm.Permission) error {
	return holds(ActorFrom(ctx), p)
}

// Permissions lists what the actor of ctx holds somewhere, in the order of the catalogue.
func (g *Guard) Permissions(ctx context.Context) []perm.Permission {
	actor, out := ActorFrom(ctx), []perm.Permission{}
	for _, e := range perm.Catalog() {
		if holds(actor, e.Name) == nil {
			out = append(out, e.Name)
		}
	}
	return out
}

func holds(actor Actor, p perm.Permission) error {
	if actor.Kind == SystemKind {
		return nil
	}
	if !actor.SignedIn() {
		return errAnonymous
	}
	if p == perm.SignedIn {
		return nil
	}
	if actor.Kind == Contact || (actor.Ceiling != nil && !actor.Ceiling[p]) || (!actor.Owner && !actor.Role.Holds(p)) {
		return errDenied.Needing(string(p))
	}
	return nil
}

func reachesAll(a Actor) bool {
	return a.Kind == SystemKind || a.Owner || a.Role.AllCustomers()
}

// Scope is the set of customers on which an actor holds a permission, to filter lists with.
type Scope struct {
	All         bool
	CustomerIDs []string
}

// Customers returns the Scope of p for the actor of ctx.
func (g *Guard) Customers(ctx context.Context, p perm.Permission) (Scope, error) {
	actor := ActorFrom(ctx)
	if err := holds(actor, p); err != nil {
		return Scope{}, err
	}
	if reachesAll(actor) {
		return Scope{All: true}, nil
	}
	ids, err := reachedCustomers(ctx, g.db.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Scope{}, fmt.Errorf("list customers for %s: %w", p, err)
	}
	return Scope{CustomerIDs: ids}, nil
}

// Has says whether the scope holds one customer.
func (s Scope) Has(customerID string) bool {
	return s.All || slices.Contains(s.CustomerIDs, customerID)
}

// Where narrows a list to the scope; column holds the customer's id.
func (s Scope) Where(w *store.Where, column string) {
	if !s.All {
		w.In(column, s.CustomerIDs)
	}
}
