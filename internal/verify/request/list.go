package request

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

// List returns one page of the technician verifications that the actor may see, newest first, with the cursor of the next.
func (s *Service) List(ctx context.Context, state verify.State, limit int, cursor string) (page []Request, next string, err error) {
	w, err := s.verifications.Scoped(ctx, "", cursor)
	if err != nil {
		return nil, "", err
	}
	now := s.clock.Now()
	verify.StateAt(w, state, now)
	if page, err = listRequests(ctx, s.DB.Read(), w, limit+1); err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page, next = page[:limit], store.Cursor(page[limit-1].ID)
	}
	for i := range page {
		page[i] = page[i].at(now)
	}
	return page, next, nil
}

// Live is the request that a contact still has; the zero Request if there is none.
func (s *Service) Live(ctx context.Context, contactID string) (Request, error) {
	r, err := findLive(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, contactID)
	if r = r.at(s.clock.Now()); err != nil || !r.Live() {
		return Request{}, err
	}
	return r, nil
}

// OfTicket returns the requests for a ticket that began before a time (the zero time is the end), the newest first.
func (s *Service) OfTicket(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]Request, error) {
	found, err := listRequests(ctx, q, verify.OfTicket(org, ticketID, before), limit)
	now := s.clock.Now()
	for i := range found {
		found[i] = found[i].at(now)
	}
	return found, err
}
