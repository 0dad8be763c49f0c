package grant

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// Bounds of access that is lent (ACC-31).
const (
	minLoan = 5 * time.Minute
	maxLoan = 30 * 24 * time.Hour
)

// Loan is a role that somebody wants on a scope for a while.
type Loan struct {
	RoleID string
	On     engine.Target
	For    time.Duration
}

// Lendable are the roles that the actor can ask for. To whom no customer is assigned, roles for customers and their devices are of no use.
func (s *Service) Lendable(ctx context.Context) ([]role.Role, error) {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "role"}); err != nil {
		return nil, err
	}
	actor := access.ActorFrom(ctx)
	e, err := s.guard.Engine(ctx, actor.OrgID)
	if err != nil {
		return nil, err
	}
	all, err := role.All(ctx, s.db.Read(), actor.OrgID)
	if reach := e.AssignedTo(engine.As{ID: actor.ID, Role: actor.Role, Owner: actor.Owner}); reach.All || len(reach.Only) > 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(r role.Role) bool { return r.Purpose == perm.Customers || r.Purpose == perm.Devices }), err
}

// Plan settles that there is such a role and such a scope, which the actor may see, and that they fit.
func (s *Service) Plan(ctx context.Context, q store.Querier, l Loan) (role.Role, Scope, error) {
	var form input.Form
	checkTarget(&form, "/parameters/scope", l.On)
	if !id.Valid(l.RoleID) {
		form.Refuse("/parameters/role_id", errRole.Message)
	}
	if l.For < minLoan || l.For > maxLoan {
		form.Refuse("/parameters/minutes", "Access is lent for 5 minutes to 30 days.")
	}
	if err := form.Err(); err != nil {
		return role.Role{}, Scope{}, err
	}
	r, err := role.ByID(ctx, q, access.ActorFrom(ctx).OrgID, l.RoleID)
	if err != nil {
		return r, Scope{}, missing(err, errRole.At("/parameters/role_id"))
	}
	if !fits(r.Purpose, l.On.Type) {
		return r, Scope{}, unfit(r.Purpose, "/parameters/scope/type")
	}
	scope, err := s.locate(ctx, l.On, "/parameters/scope/id")
	return r, scope, err
}

// Locate finds a scope that the actor may see; pointer names it in the request.
func (s *Service) Locate(ctx context.Context, on engine.Target, pointer string) (Scope, error) {
	var form input.Form
	checkTarget(&form, pointer, on)
	if err := form.Err(); err != nil {
		return Scope{}, err
	}
	return s.locate(ctx, on, pointer+"/id")
}

// LendIn gives a technician a role until a time, by the right of the actor, who holds what is in it on the whole scope (ACC-12). It is for somebody
// whom a second person let have it: managing technicians is not asked for.
func (s *Service) LendIn(ctx context.Context, tx *store.Tx, to Thing, l Loan, from time.Time, reason string) (g Grant, err error) {
	actor := access.ActorFrom(ctx)
	if err := lock(ctx, tx, actor.OrgID); err != nil {
		return g, err
	}
	scope, err := s.locate(ctx, l.On, "/parameters/scope/id")
	if err != nil {
		return g, err
	}
	r, err := role.Lock(ctx, tx, actor.OrgID, l.RoleID)
	if err != nil {
		return g, missing(err, errRole)
	}
	g = Grant{
		OrgID: actor.OrgID, ID: id.New(), Subject: Subject{Technician, to}, Role: Thing{r.ID, r.Name}, Purpose: r.Purpose, Scope: scope,
		Times: Times{ExpiresAt: exact(from.Add(l.For))}, Reason: reason, CreatedBy: Thing{actor.ID, actor.Name}, CreatedAt: store.Now(),
	}
	if !fits(r.Purpose, scope.Type) {
		return g, unfit(r.Purpose, "/parameters/scope/type")
	}
	if err := s.mayGiveAsking(ctx, r.Permissions, r.Sensitive, scope.Target, g.Times); err != nil {
		return g, err
	}
	if err := s.room(ctx, tx, g); err != nil {
		return g, err
	}
	if err := insert(ctx, tx, g); err != nil {
		return g, fmt.Errorf("lend a role to %s: %w", to.ID, err)
	}
	return g, s.record(ctx, tx, g, audit.Event{Action: "grant.create", After: g.record()})
}
