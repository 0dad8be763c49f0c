package app

import (
	"context"

	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// factorHooks lets the slices above factors take part in what happens to them.
func (a *App) factorHooks() factor.Hooks {
	return factor.Hooks{
		Demand: func(ctx context.Context, q store.Querier, org, technicianID string) (factor.Demand, error) {
			return a.signin.Demand(ctx, q, org, technicianID)
		},
		EndOthers: func(ctx context.Context, tx *store.Tx, why string) error {
			return a.signin.EndOtherSessions(ctx, tx, why)
		},
		EndSessions: func(ctx context.Context, tx *store.Tx, technicianID, why string) error {
			return a.signin.EndAll(ctx, tx, technicianID, why)
		},
		Tell: func(ctx context.Context, tx *store.Tx, technicianID, kind string, data map[string]string) error {
			return a.notifications.Tell(ctx, tx, notification.Notice{To: technicianID, Kind: notification.Kind(kind), Data: data})
		},
	}
}
