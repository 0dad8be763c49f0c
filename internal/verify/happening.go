package verify

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/store"
)

// OfTicket returns the verifications for a ticket that began before a time (the zero time is the end), the newest first.
func (s *Service) OfTicket(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]Verification, error) {
	found, err := listVerifications(ctx, q, OfTicket(org, ticketID, before), limit)
	now := s.clock.Now()
	for i := range found {
		found[i] = found[i].at(now)
	}
	return found, err
}

// OfTicket narrows either direction to one ticket.
func OfTicket(org, ticketID string, before time.Time) *store.Where {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("ticket_id = ?", ticketID)
	if !before.IsZero() {
		w.Add("created_at < ?", store.Time(before))
	}
	return w
}
