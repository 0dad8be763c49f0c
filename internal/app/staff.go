package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// handedOver tells both who no longer owns the organization and who does now.
func (a *App) handedOver(ctx context.Context, tx *store.Tx, from, to technician.Technician) error {
	by := access.ActorFrom(ctx).Name
	for _, n := range []notification.Notice{
		{To: to.ID, Data: map[string]string{"role": "owner", "before": string(perm.Administrator), "by": by}},
		{To: from.ID, Data: map[string]string{"role": string(perm.Administrator), "before": "owner", "by": by}},
	} {
		n.Kind = notification.RoleChanged
		if err := a.notifications.Tell(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// stopped takes a technician's own STOP for what it says: the consent to text messages is over, in the profile too.
func (a *App) stopped(ctx context.Context, tx *store.Tx, in message.In) error {
	if in.Way != message.SMS {
		return nil
	}
	return a.technicians.StopMessages(ctx, tx, in.From)
}
