package app

import (
	"context"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// connectTickets lets a ticket's time line tell of verifications, and whoever was given a ticket hear of it.
func (a *App) connectTickets() {
	a.tickets.TimelineFrom(a.verifiedFor)
	a.tickets.OnAssigned(func(ctx context.Context, tx *store.Tx, t ticket.Ticket) error {
		return a.notifications.Tell(ctx, tx, notification.Notice{
			To: t.AssignedTo.ID, Kind: notification.TicketAssigned, Data: map[string]string{
				"ticket_id": t.ID, "number": strconv.FormatInt(t.Number, 10), "summary": t.Summary, "by": access.ActorFrom(ctx).Name,
			},
		})
	})
}

// verifiedFor puts the verifications of a ticket on its time line.
func (a *App) verifiedFor(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) ([]ticket.Happening, error) {
	verifications, err := a.verifications.OfTicket(ctx, q, org, ticketID, before, limit)
	if err != nil {
		return nil, err
	}
	requests, err := a.requests.OfTicket(ctx, q, org, ticketID, before, limit)
	if err != nil {
		return nil, err
	}
	var out []ticket.Happening
	for _, v := range verifications {
		out = append(out, ticket.Happening{
			Kind: "verification", At: v.CreatedAt, EndedAt: v.EndedAt,
			Author: ticket.Author{Type: string(access.Technician), ID: v.TechnicianID, Name: v.TechnicianName},
			Facts: map[string]string{
				"id": v.ID, "state": string(v.State), "method": string(v.Method), "level": "L" + strconv.Itoa(v.Level),
				"contact_id": v.ContactID, "contact_name": v.ContactName,
			},
		})
	}
	for _, r := range requests {
		out = append(out, ticket.Happening{
			Kind: "technician_verification", At: r.CreatedAt, EndedAt: r.EndedAt,
			Author: ticket.Author{Type: string(access.Contact), ID: r.ContactID, Name: r.ContactName},
			Facts: map[string]string{
				"id": r.ID, "state": string(r.State), "method": string(r.Medium), "contact_id": r.ContactID, "contact_name": r.ContactName,
				"claimed_by": r.ClaimedName,
			},
		})
	}
	return out, nil
}

// contactHooks lets the slices above contacts take part in what happens to them.
func (a *App) contactHooks() contact.Hooks {
	return contact.Hooks{
		Shields: func(ctx context.Context, q store.Querier, org string, ids []string) (map[string]contact.Shield, error) {
			return a.verifications.Shields(ctx, q, org, ids)
		},
		Consents: a.consentLedger().States,
		Changed: []func(context.Context, *store.Tx, contact.Contact, []string, []string) error{
			func(ctx context.Context, tx *store.Tx, c contact.Contact, _, lost []string) error {
				return a.verifications.AddressesChanged(ctx, tx, c, lost)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact, gained, _ []string) error {
				return a.consentLedger().Recall(ctx, tx, c.ID, gained)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact, gained, lost []string) error {
				return a.optins.AddressesChanged(ctx, tx, c, gained, lost)
			},
		},
		Deleting: []func(context.Context, *store.Tx, contact.Contact) error{
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error {
				return a.optins.LetGo(ctx, tx, c)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error {
				return a.verifications.LetGo(ctx, tx, c)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error {
				return a.requests.LetGo(ctx, tx, c)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error { return a.stepUp.LetGo(ctx, tx, c) },
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error {
				return a.contactKeys.LetGo(ctx, tx, c)
			},
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error {
				return a.tickets.DetachContact(ctx, tx, c)
			},
		},
		Merging: []func(context.Context, *store.Tx, contact.Contact, contact.Contact) error{
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return a.optins.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return a.verifications.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return a.requests.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, _ contact.Contact) error {
				return a.stepUp.LetGo(ctx, tx, from)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return a.contactKeys.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return a.tickets.MergeContact(ctx, tx, from, into)
			},
		},
	}
}
