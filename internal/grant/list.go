package grant

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Find returns one grant, to those who manage technicians and to those whom it reaches.
func (s *Service) Find(ctx context.Context, id string) (Grant, error) {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "grant", ID: id}); err != nil {
		return Grant{}, err
	}
	actor := access.ActorFrom(ctx)
	g, err := ByID(ctx, s.db.Read(), actor.OrgID, id)
	if err != nil {
		return Grant{}, err
	}
	if !s.mayReadAll(ctx) {
		mine, err := reaches(ctx, s.db.Read(), actor.OrgID, g.Subject, actor.ID)
		if err != nil {
			return Grant{}, err
		}
		if !mine {
			return Grant{}, ErrNotFound
		}
	}
	return g, s.unnamed(ctx, []*Scope{&g.Scope})
}

// Query narrows and orders a list of grants.
type Query struct {
	TechnicianID string
	Inherited    bool // those of the technician's teams too
	TeamID       string
	RoleID       string
	CustomerID   string // on the customer, or on a group or device of it
	Sort         string // -created_at (the default) or created_at
	store.Page
}

// List returns grants, to those who do not manage technicians the ones that reach themselves, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Grant, string, error) {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "grant"}); err != nil {
		return nil, "", err
	}
	actor, only := access.ActorFrom(ctx), ""
	if !s.mayReadAll(ctx) {
		only = actor.ID
	}
	found, next, err := list(ctx, s.db.Read(), actor.OrgID, only, q)
	if err != nil {
		return nil, "", err
	}
	scopes := make([]*Scope, len(found))
	for i := range found {
		scopes[i] = &found[i].Scope
		found[i].Via = q.TechnicianID != "" && found[i].Subject.Type == Team
	}
	return found, next, s.unnamed(ctx, scopes)
}
