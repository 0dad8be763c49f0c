package team

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Person is a technician as the people of a team see one.
type Person struct {
	technician.Technician
	Member, Lead bool
	MayMove      bool // by whoever asked
}

// PeopleQuery narrows who is listed.
type PeopleQuery struct {
	Text     string
	Everyone bool // those too who do not belong to the team
	store.Page
}

// People lists who belongs to a team by name, and, for those who may change that, who else could.
func (s *Service) People(ctx context.Context, id string, q PeopleQuery) ([]Person, string, error) {
	t, err := s.Find(ctx, id)
	if err != nil {
		return nil, "", err
	}
	next := t.Fields
	next.MemberIDs = append(slices.Clone(next.MemberIDs), "somebody")
	may := s.mayChange(ctx, t, next)
	if q.Everyone && may != nil {
		return nil, "", may
	}
	actor, search := access.ActorFrom(ctx), technician.Query{Text: q.Text, Page: q.Page}
	if !q.Everyone {
		search.TeamID = id
	}
	found, cursor, err := technician.Search(ctx, s.db.Read(), actor.OrgID, search)
	if err != nil {
		return nil, "", err
	}
	out := make([]Person, len(found))
	for i, f := range found {
		out[i] = Person{
			Technician: f, Member: slices.Contains(t.MemberIDs, f.ID), Lead: slices.Contains(t.LeadIDs, f.ID),
			MayMove: may == nil && technician.MayPlace(ctx, f) == nil,
		}
	}
	return out, cursor, nil
}
