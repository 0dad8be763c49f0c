package verify

import (
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// OfTicket returns what was verified for a ticket before a time (the zero time is the end), the newest of each direction first.
func (s *Service) OfTicket(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]ticket.Happening, error) {
	now := s.clock.Now()
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("ticket_id = ?", ticketID)
	if !before.IsZero() {
		w.Add("created_at < ?", store.Time(before))
	}
	verifications, err := listVerifications(ctx, q, w, limit)
	if err != nil {
		return nil, err
	}
	w = &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("ticket_id = ?", ticketID)
	if !before.IsZero() {
		w.Add("created_at < ?", store.Time(before))
	}
	requests, err := listRequests(ctx, q, w, limit)
	if err != nil {
		return nil, err
	}
	var out []ticket.Happening
	for _, v := range verifications {
		v = v.at(now)
		out = append(out, ticket.Happening{
			Kind: "verification", At: v.CreatedAt, EndedAt: v.EndedAt, Author: ticket.Author{Type: string(access.Technician), ID: v.TechnicianID, Name: v.TechnicianName},
			Facts: map[string]string{
				"id": v.ID, "state": string(v.State), "method": string(v.Method), "level": levelName(v.Level), "contact_id": v.ContactID, "contact_name": v.ContactName,
			},
		})
	}
	for _, r := range requests {
		r = r.at(now)
		out = append(out, ticket.Happening{
			Kind: "technician_verification", At: r.CreatedAt, EndedAt: r.EndedAt, Author: ticket.Author{Type: string(access.Contact), ID: r.ContactID, Name: r.ContactName},
			Facts: map[string]string{
				"id": r.ID, "state": string(r.State), "method": string(r.Medium), "contact_id": r.ContactID, "contact_name": r.ContactName,
				"claimed_by": r.ClaimedName,
			},
		})
	}
	return slices.Clip(out), nil
}
