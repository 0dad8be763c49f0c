package app

import (
	"context"
	"strconv"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// connectTickets lets a ticket's time line tell of verifications, and whoever was given a ticket hear of it.
func (a *App) connectTickets() {
	a.tickets.TimelineFrom(a.verifications.OfTicket)
	a.tickets.OnAssigned(func(ctx context.Context, tx *store.Tx, t ticket.Ticket) error {
		return a.notifications.Tell(ctx, tx, notification.Notice{
			To: t.AssignedTo.ID, Kind: notification.TicketAssigned, Data: map[string]string{
				"ticket_id": t.ID, "number": strconv.FormatInt(t.Number, 10), "summary": t.Summary, "by": access.ActorFrom(ctx).Name,
			},
		})
	})
}
