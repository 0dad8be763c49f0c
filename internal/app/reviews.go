package app

import (
	"context"

	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// newReviews makes what has access looked at from time to time.
func (a *App) newReviews(tell func(context.Context, *store.Tx, notification.Notice) error) *accessreview.Service {
	return accessreview.New(accessreview.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Grants: a.grants, Customers: a.customers, Tell: tell, LastUse: a.used.LastUse, UsedSince: a.used.Since,
	})
}

func (a *App) tell(ctx context.Context, tx *store.Tx, n notification.Notice) error {
	return a.notifications.Tell(ctx, tx, n)
}

// nobodyTold is for the past of the demo, of which nobody has to be told any more.
func nobodyTold(context.Context, *store.Tx, notification.Notice) error { return nil }
