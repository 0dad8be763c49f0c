package contact

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// choosePage is how many contacts of a filter are read at once.
const choosePage = 200

// Choice says which contacts are meant: those with certain ids, or all whom a filter matches now.
type Choice struct {
	IDs    []string
	Filter *Query
	Most   int // how many may be chosen at once

	// What a choice of both, of nobody and of too many is refused with.
	ErrBoth, ErrNobody, ErrTooMany error
}

// Choose returns the contacts of a choice, each one once, of those that the actor may see. It refuses unknown ids by their place below
// /contact_ids.
func (s *Service) Choose(ctx context.Context, c Choice) (out []Contact, err error) {
	switch {
	case c.Filter != nil && len(c.IDs) > 0:
		return nil, c.ErrBoth
	case c.Filter != nil:
		out, err = s.matching(ctx, c)
	case len(c.IDs) > c.Most:
		return nil, c.ErrTooMany
	default:
		out, err = s.named(ctx, c.IDs)
	}
	if err == nil && len(out) == 0 {
		return nil, c.ErrNobody
	}
	return out, err
}

func (s *Service) matching(ctx context.Context, c Choice) (out []Contact, err error) {
	q := *c.Filter
	q.Page = store.Page{Limit: choosePage}
	for {
		found, next, err := s.List(ctx, q)
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > c.Most {
			return nil, c.ErrTooMany
		}
		if next == "" {
			return out, nil
		}
		q.Cursor = next
	}
}

func (s *Service) named(ctx context.Context, ids []string) (out []Contact, err error) {
	var wrong []fault.FieldError
	seen := map[string]bool{}
	for i, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		who, err := s.Find(ctx, id)
		switch kind := fault.KindOf(err); {
		case err == nil:
			out = append(out, who)
		case kind == fault.NotFound || kind == fault.Denied:
			wrong = append(wrong, fault.FieldError{Pointer: fmt.Sprintf("/contact_ids/%d", i), Message: "There is no such contact, or you may not see it."})
		default:
			return nil, err
		}
	}
	return out, fault.Fields(wrong...)
}
