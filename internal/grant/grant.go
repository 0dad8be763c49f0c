// Package grant gives roles to technicians and teams on devices, groups, customers or everything, and keeps what departs from roles: single
// permissions that are allowed or denied, and what everybody has by default.
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
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

const (
	maxReason    = 500
	maxGrants    = 1000 // of one technician or team
	maxOverrides = 200  // of one technician or team
	maxYears     = 10   // from now, for every time
)

// Thing is something with a name; the name is "" where the reader may not see it.
type Thing struct{ ID, Name string }

// SubjectType says who has a grant.
type SubjectType string

// The types of subject.
const (
	Technician SubjectType = "technician"
	Team       SubjectType = "team"
)

// Subject is who has a grant or an override.
type Subject struct {
	Type SubjectType
	Thing
}

// Scope is where a grant or an override counts. A whole has no id and no name.
type Scope struct {
	engine.Target
	Name       string
	CustomerID string // whose it is; "" for nobody's and for wholes
}

// Fields are what people enter about a grant.
type Fields struct {
	Subject Subject
	RoleID  string
	On      engine.Target
	Times
	Reason string
}

// Grant gives a role on a scope to a technician or a team (ACC-7).
type Grant struct {
	OrgID   string
	ID      string
	Subject Subject
	Role    Thing
	Purpose perm.Purpose
	Scope   Scope
	Times
	Reason    string
	CreatedBy Thing
	CreatedAt time.Time
	Via       bool // in a list of a technician's: it is one of their teams'
}

// Deps are what a Service works with.
type Deps struct {
	DB        *store.DB
	Guard     *access.Guard
	Audit     *audit.Log
	Events    *events.Bus
	Customers *customer.Service
	Devices   *device.Service
}

// Service keeps grants, overrides and default permissions.
type Service struct {
	db        *store.DB
	guard     *access.Guard
	audit     *audit.Log
	events    *events.Bus
	customers *customer.Service
	devices   *device.Service
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{d.DB, d.Guard, d.Audit, d.Events, d.Customers, d.Devices}
}

// Create gives a role. Whoever gives it holds what is in it on the whole scope (ACC-12).
func (s *Service) Create(ctx context.Context, want Fields) (g Grant, err error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant"}); err != nil {
		return g, err
	}
	now := store.Now()
	if want, err = want.checked(now); err != nil {
		return g, err
	}
	scope, err := s.locate(ctx, want.On, "/scope/id")
	if err != nil {
		return g, err
	}
	actor := access.ActorFrom(ctx)
	g = Grant{
		OrgID: actor.OrgID, ID: id.New(), Subject: want.Subject, Role: Thing{ID: want.RoleID}, Scope: scope, Times: want.Times, Reason: want.Reason,
		CreatedBy: Thing{actor.ID, actor.Name}, CreatedAt: now,
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := lock(ctx, tx, g.OrgID); err != nil {
			return err
		}
		if err := s.mayHave(ctx, tx, &g); err != nil {
			return err
		}
		if err := s.room(ctx, tx, g); err != nil {
			return err
		}
		if err := insert(ctx, tx, g); err != nil {
			return fmt.Errorf("create grant %s: %w", g.ID, err)
		}
		return s.record(ctx, tx, g, audit.Event{Action: "grant.create", After: g.record()})
	})
	if err != nil {
		return Grant{}, s.refused(ctx, "grant.create", g.targets(), err)
	}
	return g, nil
}

// mayHave settles that subject and role exist, that the role fits the scope, and that the actor may give it to the subject. It fills in names.
func (s *Service) mayHave(ctx context.Context, tx *store.Tx, g *Grant) (err error) {
	if g.Subject, err = s.mayChange(ctx, tx, g.Subject); err != nil {
		return err
	}
	r, err := role.Lock(ctx, tx, g.OrgID, g.Role.ID)
	if err != nil {
		return missing(err, errRole)
	}
	g.Role.Name, g.Purpose = r.Name, r.Purpose
	if !fits(r.Purpose, g.Scope.Type) {
		return unfit(r.Purpose, "/scope/type")
	}
	return s.mayGiveAsking(ctx, r.Permissions, r.Sensitive, g.Scope.Target, g.Times)
}

// room refuses one grant too many, and one that is there already.
func (s *Service) room(ctx context.Context, tx *store.Tx, g Grant) error {
	n, err := count(ctx, tx, g.OrgID, g.Subject)
	if err != nil {
		return err
	}
	if n >= maxGrants {
		return errMany
	}
	others, err := timesOf(ctx, tx, g)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.overlaps(g.Times) {
			return errExists
		}
	}
	return nil
}

// Delete takes a grant away.
func (s *Service) Delete(ctx context.Context, id string) error {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant", ID: id}); err != nil {
		return err
	}
	var g Grant
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if g, err = ByID(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		if _, err := s.mayChange(ctx, tx, g.Subject); err != nil {
			return err
		}
		return s.take(ctx, tx, g)
	})
	return s.refused(ctx, "grant.delete", g.targets(), err)
}

func (s *Service) take(ctx context.Context, tx *store.Tx, g Grant) error {
	if err := remove(ctx, tx, g.OrgID, g.ID); err != nil {
		return fmt.Errorf("delete grant %s: %w", g.ID, err)
	}
	return s.record(ctx, tx, g, audit.Event{Action: "grant.delete", Before: g.record()})
}

// Reviewed takes a grant away that somebody decided on in a review of access, in the transaction of their answer. That it was theirs to decide is
// settled there, without managing technicians; an owner's and those of somebody above them stay out of reach as ever.
func (s *Service) Reviewed(ctx context.Context, tx *store.Tx, id string) error {
	g, err := ByID(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return err
	}
	if _, err := s.mayChange(ctx, tx, g.Subject); err != nil {
		return err
	}
	return s.take(ctx, tx, g)
}

// ReviewedOverride is Reviewed for an override that allows something. A deny it leaves alone: to take one away would give something.
func (s *Service) ReviewedOverride(ctx context.Context, tx *store.Tx, id string) error {
	org := access.ActorFrom(ctx).OrgID
	subject, err := allowedTo(ctx, tx, org, id)
	if err != nil {
		return err
	}
	if subject, err = s.mayChange(ctx, tx, subject); err != nil {
		return err
	}
	before, err := overridesOf(ctx, tx, org, subject, false)
	if err != nil {
		return err
	}
	is := func(o Override) bool { return o.ID == id }
	at := slices.IndexFunc(before, is)
	if at < 0 {
		return ErrNotFound
	}
	return s.save(ctx, tx, subject, before, slices.DeleteFunc(slices.Clone(before), is), before[at:at+1], nil)
}

// RoleDeleting takes every grant of a role away that is about to be deleted; it joins the transaction, in which the role is locked.
func (s *Service) RoleDeleting(ctx context.Context, tx *store.Tx, r role.Role) error {
	all, err := ofRole(ctx, tx, r.OrgID, r.ID)
	if err != nil {
		return err
	}
	for _, g := range all {
		if err := s.take(ctx, tx, g); err != nil {
			return err
		}
	}
	return nil
}

// record writes down what happened to a grant and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, g Grant, e audit.Event) error {
	e.Targets, e.CustomerID = g.targets(), g.Scope.CustomerID
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.tell(ctx, tx, g.Subject)
}

// tell names whose access changed. The event holds ids only, so that everybody may hear of it.
func (s *Service) tell(ctx context.Context, tx *store.Tx, subject Subject) error {
	return s.events.Publish(ctx, tx, events.Event{
		Kind: "grant.changed", ID: subject.ID, Needs: perm.SignedIn, Data: map[string]string{"subject_type": string(subject.Type)},
	})
}

func (g Grant) targets() []audit.Target {
	return []audit.Target{
		{Type: string(g.Subject.Type), ID: g.Subject.ID, Name: g.Subject.Name}, {Type: "role", ID: g.Role.ID, Name: g.Role.Name}, g.Scope.target(),
	}
}

func (g Grant) record() map[string]any {
	return map[string]any{
		"subject": string(g.Subject.Type) + ":" + g.Subject.ID, "role_id": g.Role.ID, "scope": g.Scope.word(), "not_before": written(g.NotBefore),
		"expires_at": written(g.ExpiresAt), "reason": g.Reason,
	}
}

func (f Fields) checked(now time.Time) (Fields, error) {
	var form input.Form
	f.Reason = form.Text("/reason", f.Reason, maxReason)
	f.Times = f.Times.checked(&form, "", now)
	checkTarget(&form, "/scope", f.On)
	if !id.Valid(f.RoleID) {
		form.Refuse("/role_id", errRole.Message)
	}
	if f.Subject.Type != Technician && f.Subject.Type != Team {
		form.Refuse("/subject/type", "Choose technician or team.")
	} else if !id.Valid(f.Subject.ID) {
		form.Refuse("/subject/id", errSubject.Message)
	}
	return f, form.Err()
}
