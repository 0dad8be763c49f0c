// Package access decides whether an actor may do something to an object. Nothing else in the product decides.
package access

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var (
	errAnonymous = fault.New(fault.Unauthenticated, "signin.required", "Sign in first.")
	errDenied    = fault.New(fault.Denied, "access.denied", "You may not do this. Ask an administrator for the permission.")
	errUnproved  = fault.New(fault.Denied, "access.needs_verification", "Verify the caller first: this takes a stronger proof than there is now.")
	errBeyond    = fault.New(fault.Denied, "access.beyond_own", "Nobody can give away what they do not hold themselves there. Ask an administrator.")
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

// Guard answers access questions. What it answers from is in step with the database: a change made here counts from the next question on, one made
// elsewhere within a moment (ACC-22).
type Guard struct {
	engines *engines
	proof   func(ctx context.Context, org string, o Object) (Proof, error)
	observe func(Decision) // nil if nobody wants to know
}

// New returns a Guard. It watches db, and so has to be made before the first Write.
func New(db *store.DB) *Guard { return &Guard{engines: newEngines(db)} }

// Follow brings the Guard into step with what other servers and commands have changed. It costs one small query if they have not.
func (g *Guard) Follow(ctx context.Context) error { return g.engines.follow(ctx) }

// Sweep forgets the changes that every server has long seen.
func (g *Guard) Sweep(ctx context.Context) error { return g.engines.sweep(ctx) }

// Engine is what decides for an organization, for questions about others than the actor.
func (g *Guard) Engine(ctx context.Context, org string) (*engine.Engine, error) {
	return g.engines.of(ctx, org)
}

// ProveBy sets what knows how well a contact has been verified, and how well an action wants it. It is built above access.
func (g *Guard) ProveBy(fn func(ctx context.Context, org string, o Object) (Proof, error)) {
	g.proof = fn
}

// Check returns nil if the actor of ctx holds p on o, and if there is the proof that o's action takes. What the actor may not see looks like
// something that does not exist; who lacks only the proof is told its level.
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
	a, err := g.ask(ctx, p)
	if err != nil || a.system {
		return err
	}
	if o.CustomerID != "" && !a.engine.Assigned(a.as, o.CustomerID) {
		g.tell(a, p, engine.Target{Type: engine.Customer, ID: o.CustomerID}, engine.Deny)
		return errUnseen
	}
	if p == perm.SignedIn {
		return nil
	}
	on, ok := target(p, o)
	if !ok {
		err := a.holds(p)
		g.tell(a, p, on, outcomeOf(err))
		return err
	}
	outcome, reason := a.engine.CheckAs(a.at, a.as, p, on)
	if outcome == engine.NeedsApproval && approved(ctx, p, on) {
		outcome = OutcomeApproved
	}
	g.tell(a, p, on, outcome)
	switch {
	case outcome == engine.Allow, outcome == OutcomeApproved:
		return nil
	case outcome == engine.NeedsApproval:
		return ErrUnapproved.Needing(string(p))
	case reason == engine.NoSuchTarget, reason == engine.CustomerOutOfScope, a.hidden(on):
		return errUnseen
	}
	return errDenied.Needing(string(p))
}

// target is what a permission is asked about on an object. Without one the question is whether the actor holds it at all.
func target(p perm.Permission, o Object) (on engine.Target, ok bool) {
	entry, _ := perm.Find(p)
	switch {
	case entry.Purpose == perm.Administration:
		return engine.Target{Type: engine.Organization}, true
	case entry.Purpose == perm.Invitations:
		return engine.Target{Type: engine.QuickSupport}, true
	case entry.Purpose == perm.Devices && (o.Type == string(engine.Device) || o.Type == string(engine.DeviceGroup)) && o.ID != "":
		return engine.Target{Type: engine.Type(o.Type), ID: o.ID}, true
	case o.CustomerID != "":
		return engine.Target{Type: engine.Customer, ID: o.CustomerID}, true
	}
	return on, false
}

// question is an actor with what decides about them, at one moment.
type question struct {
	system bool // the server itself, which may do everything
	silent bool // the answer is no use
	org    string
	engine *engine.Engine
	as     engine.As
	at     time.Time
}

// ask begins a question about p. It is refused at once to whoever is not signed in as a technician, and for what their token was not made for.
func (g *Guard) ask(ctx context.Context, p perm.Permission) (q question, err error) {
	actor := ActorFrom(ctx)
	switch {
	case actor.Kind == SystemKind:
		return question{system: true}, nil
	case !actor.SignedIn():
		return q, errAnonymous
	case p != perm.SignedIn && (actor.Kind == Contact || actor.Ceiling != nil && !actor.Ceiling[p]):
		return q, errDenied.Needing(string(p))
	}
	e, err := g.engines.of(ctx, actor.OrgID)
	if err != nil {
		return q, fmt.Errorf("check %s: %w", p, err)
	}
	return question{silent: actor.looking || actor.Passive, org: actor.OrgID, engine: e, as: engine.As{ID: actor.ID, Role: actor.Role, Owner: actor.Owner}, at: time.Now()}, nil
}

func (q question) holds(p perm.Permission) error {
	if q.system || p == perm.SignedIn || q.engine.Holds(q.at, q.as, p) {
		return nil
	}
	return errDenied.Needing(string(p))
}

// hidden says whether a device or group is one that the actor may not even see.
func (q question) hidden(on engine.Target) bool {
	if on.Type != engine.Device && on.Type != engine.DeviceGroup {
		return false
	}
	outcome, _ := q.engine.CheckAs(q.at, q.as, perm.DeviceView, on)
	return outcome != engine.Allow
}

// Holds returns nil if the actor of ctx holds p somewhere; on which objects is settled by Check, Customers or Devices.
func (g *Guard) Holds(ctx context.Context, p perm.Permission) error {
	q, err := g.ask(ctx, p)
	if err != nil {
		return err
	}
	return q.holds(p)
}

// Permissions lists what the actor of ctx holds somewhere, in the order of the catalogue.
func (g *Guard) Permissions(ctx context.Context) []perm.Permission {
	out := []perm.Permission{}
	for _, e := range perm.Catalog() {
		if g.Holds(ctx, e.Name) == nil {
			out = append(out, e.Name)
		}
	}
	return out
}

// MayGive returns nil if the actor of ctx holds every one of some permissions on the whole of a scope, and so may give them to others there
// (ACC-12); asking are those of them that take an approval from whoever gets them. The refusal names the first that they lack.
func (g *Guard) MayGive(ctx context.Context, what, asking []perm.Permission, on engine.Target) error {
	for _, p := range what {
		q, err := g.ask(ctx, p)
		if err != nil || q.system {
			return err
		}
	}
	q, err := g.ask(ctx, perm.SignedIn)
	if err != nil || q.system {
		return err
	}
	if lacking := q.engine.Lacks(q.at, q.as, what, asking, on); lacking != "" {
		return errBeyond.Needing(string(lacking))
	}
	return nil
}

// Covers returns nil if the actor of ctx holds everything that is granted to a technician or team, and so may act for them or make somebody a member
// (ACC-12). The refusal names the first permission that they lack.
func (g *Guard) Covers(ctx context.Context, subjectID string) error {
	return g.exceeds(ctx, subjectID, false)
}

// MayLift returns nil if the actor of ctx holds everything that overrides deny to a team, and so may free somebody of it.
func (g *Guard) MayLift(ctx context.Context, teamID string) error {
	return g.exceeds(ctx, teamID, true)
}

func (g *Guard) exceeds(ctx context.Context, subjectID string, denied bool) error {
	q, err := g.ask(ctx, perm.SignedIn)
	if err != nil || q.system {
		return err
	}
	if lacking := q.engine.Exceeds(q.at, q.as, subjectID, denied); lacking != "" {
		return errBeyond.Needing(string(lacking))
	}
	return nil
}

// Foreseen are the permissions that a technician holds somewhere, or will hold once they are active. Whoever is being made has the organization's own
// platform role with an id, if any.
func (g *Guard) Foreseen(ctx context.Context, a Actor, ownRoleID string) ([]perm.Permission, error) {
	e, err := g.engines.of(ctx, a.OrgID)
	if err != nil {
		return nil, fmt.Errorf("foresee what %s may do: %w", a.ID, err)
	}
	out, as, now := []perm.Permission{}, engine.As{ID: a.ID, Role: a.Role, Owner: a.Owner, Coming: true, Own: ownRoleID}, time.Now()
	for _, entry := range perm.Catalog() {
		if e.Holds(now, as, entry.Name) {
			out = append(out, entry.Name)
		}
	}
	return out, nil
}

// MayMove returns nil if the actor of ctx gets no permission on a device or group by moving it to another group or customer: a move must not be a
// grant (ACC-12). The refusal names the first that they would get.
func (g *Guard) MayMove(ctx context.Context, moved, to engine.Target) error {
	q, err := g.ask(ctx, perm.SignedIn)
	if err != nil || q.system {
		return err
	}
	if gained := q.engine.Gains(q.at, q.as, onDevices, moved, to); gained != "" {
		return errBeyond.Needing(string(gained))
	}
	return nil
}

var onDevices = perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == perm.Devices }).Permissions()
