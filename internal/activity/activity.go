// Package activity tells what one technician did: sign-ins, actions, failures and the customers that they dealt with.
package activity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Kind says what of a technician's activity is meant.
type Kind string

// The kinds.
const (
	SignIns   Kind = "sign_ins"
	Actions   Kind = "actions"
	Failures  Kind = "failures"
	Customers Kind = "customers"
)

// customersSince is how far back customers are counted unless somebody says otherwise.
const customersSince = 30 * 24 * time.Hour

var errPeriod = fault.New(fault.Invalid, "activity.period", "The end of the period lies before its beginning.").At("/to")

// signInAreas are the actions by which people come in, prove themselves and leave.
func signInAreas() []string {
	return []string{"session", "signin_link", "factor", "factors", "password", "access", "token", "invitation"}
}

// Service reads the audit log on behalf of whoever may know.
type Service struct {
	db    *store.DB
	guard *access.Guard
	log   *audit.Log
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log) *Service { return &Service{db, guard, log} }

// Query says what is asked for.
type Query struct {
	Kind     Kind
	From, To time.Time
	store.Page
}

// Event is an event with the name that its customer has now, "" if that is gone.
type Event struct {
	audit.Entry
	CustomerName string
}

// Use is how a technician dealt with one customer.
type Use struct {
	audit.CustomerUse
	Name string
}

// Events returns a technician's sign-ins, actions or failures, newest first, and the cursor of the next page.
func (s *Service) Events(ctx context.Context, technicianID string, q Query) ([]Event, string, error) {
	t, err := s.may(ctx, technicianID, q)
	if err != nil {
		return nil, "", err
	}
	before, err := auditlog.ParseCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	// What others, or nobody known, did to a person's account belongs to their sign-ins and failures too.
	own := audit.Filter{ActorID: t.ID, From: q.From, To: q.To}
	filters := []audit.Filter{own}
	if q.Kind != Actions {
		filters = append(filters, audit.Filter{TargetID: t.ID, Areas: signInAreas(), From: q.From, To: q.To})
	}
	switch q.Kind {
	case SignIns:
		filters[0].Areas = signInAreas()
	case Failures:
		filters[0].Trouble, filters[1].Trouble = true, true
	}
	var all []audit.Entry
	for _, f := range filters {
		found, err := s.log.Find(ctx, t.OrgID, f, before, q.Limit+1)
		if err != nil {
			return nil, "", fmt.Errorf("read the activity of %s: %w", t.ID, err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b audit.Entry) int { return int(b.Seq - a.Seq) })
	all = slices.CompactFunc(all, func(a, b audit.Entry) bool { return a.Seq == b.Seq })
	next := ""
	if len(all) > q.Limit {
		all = all[:q.Limit]
		next = auditlog.Cursor(all[q.Limit-1].Seq)
	}
	if all, err = s.told(ctx, all); err != nil {
		return nil, "", err
	}
	out, err := s.named(ctx, t.OrgID, all)
	return out, next, err
}

// told leaves out what only who reads the audit log may know: where others were when they did something to one's account, and what was
// done for customers whom one does not reach, also if one did once.
func (s *Service) told(ctx context.Context, all []audit.Entry) ([]audit.Entry, error) {
	if s.guard.Holds(ctx, perm.AdminAudit) == nil {
		return all, nil
	}
	reach, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]audit.Entry, len(all))
	for i, e := range all {
		if e.Actor.ID != "" && e.Actor.ID != access.ActorFrom(ctx).ID {
			e.Address, e.Device = "", ""
		}
		if e.CustomerID != "" && !reach.Has(e.CustomerID) {
			e.CustomerID, e.Before, e.After, e.Detail, e.TargetNames = "", nil, nil, nil, make([]string, len(e.Targets))
		}
		out[i] = e
	}
	return out, nil
}

// reach is the set of customers of whom the actor may be told.
func (s *Service) reach(ctx context.Context) (access.Scope, error) {
	if s.guard.Holds(ctx, perm.AdminAudit) == nil {
		return access.Scope{All: true}, nil
	}
	scope, err := s.guard.Customers(ctx, perm.CustomerView)
	if fault.KindOf(err) == fault.Denied {
		return access.Scope{}, nil
	}
	return scope, err
}

func (s *Service) named(ctx context.Context, org string, all []audit.Entry) ([]Event, error) {
	var ids []string
	for _, e := range all {
		if e.CustomerID != "" && !slices.Contains(ids, e.CustomerID) {
			ids = append(ids, e.CustomerID)
		}
	}
	names, err := customerNames(ctx, s.db.Read(), org, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Event, len(all))
	for i, e := range all {
		out[i] = Event{e, names[e.CustomerID]}
	}
	return out, nil
}

// Customers returns the customers that a technician dealt with, the latest first.
func (s *Service) Customers(ctx context.Context, technicianID string, q Query) ([]Use, error) {
	t, err := s.may(ctx, technicianID, q)
	if err != nil {
		return nil, err
	}
	if q.From.IsZero() {
		q.From = store.Now().Add(-customersSince)
	}
	used, err := s.log.CustomersOf(ctx, t.OrgID, t.ID, q.From, q.To, q.Limit)
	if err != nil {
		return nil, err
	}
	reach, err := s.reach(ctx)
	if err != nil {
		return nil, err
	}
	used = slices.DeleteFunc(used, func(u audit.CustomerUse) bool { return !reach.Has(u.CustomerID) })
	ids := make([]string, len(used))
	for i, u := range used {
		ids[i] = u.CustomerID
	}
	names, err := customerNames(ctx, s.db.Read(), t.OrgID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Use, len(used))
	for i, u := range used {
		out[i] = Use{u, names[u.CustomerID]}
	}
	return out, nil
}

// may finds the technician, if the actor is that person or manages technicians.
func (s *Service) may(ctx context.Context, technicianID string, q Query) (technician.Technician, error) {
	actor := access.ActorFrom(ctx)
	needs := perm.AdminTechnicians
	if actor.ID == technicianID {
		needs = perm.SignedIn
	}
	if err := s.guard.Check(ctx, needs, access.Object{Type: "technician", ID: technicianID}); err != nil {
		return technician.Technician{}, err
	}
	if err := s.guard.WholeAccount(ctx); err != nil {
		return technician.Technician{}, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return technician.Technician{}, errPeriod
	}
	return technician.ByID(ctx, s.db.Read(), actor.OrgID, technicianID)
}
