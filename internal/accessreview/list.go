package accessreview

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// Query narrows a list of reviews, newest first.
type Query struct {
	State State
	store.Page
}

// AnswerFilter narrows a list of items by what was answered.
type AnswerFilter string

// What a list of items can be narrowed to, beside the answers.
const (
	AnyAnswer    AnswerFilter = ""
	OpenAnswer   AnswerFilter = "open"
	NobodyAnswer AnswerFilter = "nobody" // open, and there is nobody who may answer
)

// ItemQuery narrows a list of items, which stand in the order of the names of those who have the grants.
type ItemQuery struct {
	Mine      bool // that wait for the reader, or did
	Answer    AnswerFilter
	SubjectID string
	Text      string
	store.Page
}

// Find returns a review: to whoever holds the permission, and to those who lead people in it.
func (s *Service) Find(ctx context.Context, id string) (Review, error) {
	v, err := s.reader(ctx)
	if err != nil {
		return Review{}, err
	}
	r, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Review{}, err
	}
	if err := s.sees(ctx, s.DB.Read(), v, r); err != nil {
		return Review{}, err
	}
	return s.counted(ctx, r)
}

// sees lets whoever holds the permission see a review, and those who lead somebody in it.
func (s *Service) sees(ctx context.Context, q store.Querier, v reader, r Review) error {
	if v.all {
		return nil
	}
	found, _, err := listItems(ctx, q, r.OrgID, v, r.ID, ItemQuery{Page: store.Page{Limit: 1}})
	if err == nil && len(found) == 0 {
		return ErrNotFound
	}
	return err
}

// counted is a review as it is now, with how far it is.
func (s *Service) counted(ctx context.Context, r Review) (Review, error) {
	v, err := s.reader(ctx)
	if err != nil {
		return Review{}, err
	}
	one := []Review{r.at(store.Now())}
	err = count(ctx, s.DB.Read(), r.OrgID, v, one)
	return one[0], err
}

// List returns the reviews that the actor may see, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Review, string, error) {
	v, err := s.reader(ctx)
	if err != nil {
		return nil, "", err
	}
	org := access.ActorFrom(ctx).OrgID
	found, next, err := list(ctx, s.DB.Read(), org, v, q)
	if err != nil {
		return nil, "", err
	}
	for i := range found {
		found[i] = found[i].at(store.Now())
	}
	return found, next, count(ctx, s.DB.Read(), org, v, found)
}

// Items returns the grants of a review that the actor may see: all to whoever holds the permission, to others those of the people they lead.
func (s *Service) Items(ctx context.Context, id string, q ItemQuery) ([]Item, string, error) {
	v, err := s.reader(ctx)
	if err != nil {
		return nil, "", err
	}
	r, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return nil, "", err
	}
	if err := s.sees(ctx, s.DB.Read(), v, r); err != nil {
		return nil, "", err
	}
	return listItems(ctx, s.DB.Read(), r.OrgID, v, r.ID, q)
}
