package verify

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/store"
)

// OfTicket returns what was verified for a ticket before a time (the zero time is the end), the newest of each direction first.
func (s *Service) OfTicket(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) (vs []Verification, rs []Request, err error) {
	narrow := func() *store.Where {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		w.Add("ticket_id = ?", ticketID)
		if !before.IsZero() {
			w.Add("created_at < ?", store.Time(before))
		}
		return w
	}
	if vs, err = listVerifications(ctx, q, narrow(), limit); err != nil {
		return nil, nil, err
	}
	if rs, err = listRequests(ctx, q, narrow(), limit); err != nil {
		return nil, nil, err
	}
	now := s.clock.Now()
	for i := range vs {
		vs[i] = vs[i].at(now)
	}
	for i := range rs {
		rs[i] = rs[i].at(now)
	}
	return vs, rs, nil
}
