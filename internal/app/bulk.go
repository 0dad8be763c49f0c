package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/bulk"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// newBulk lets many technicians be changed at once by the ways in which each is changed alone.
func (a *App) newBulk() *bulk.Service {
	return bulk.New(bulk.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Technicians: a.technicians, Tasks: a.tasks,
		ResetPassword: a.recovery.ForceIn,
		EndAccess:     a.signin.EndAccessIn,
		Tell: func(ctx context.Context, tx *store.Tx, technicianID string, m bulk.Message) error {
			return a.notifications.Tell(ctx, tx, notification.Notice{
				To: technicianID, Kind: notification.Announcement, Ways: m.Ways,
				Data: map[string]string{"subject": m.Subject, "body": m.Body, "by": access.ActorFrom(ctx).Name},
			})
		},
	})
}
