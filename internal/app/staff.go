package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
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

// technicianHooks lets sign-in take part in what happens to technicians; it is built on them.
func (a *App) technicianHooks() technician.Hooks {
	return technician.Hooks{
		Invite:       a.invite,
		StateChanged: []func(context.Context, *store.Tx, technician.Change) error{a.technicianChanged},
		Password: func(ctx context.Context, password string, t technician.Technician) (technician.KeepPassword, error) {
			return a.signin.KeepPassword(ctx, password, t)
		},
		Inactive: func(ctx context.Context, tx *store.Tx, technicianID, reason string) error {
			if err := a.factors.Inactive(ctx, tx, technicianID, reason); err != nil {
				return err
			}
			return a.signin.Inactive(ctx, tx, technicianID, reason)
		},
		Teams: func(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error {
			return a.teams.Place(ctx, tx, technicianID, teamIDs)
		},
		MayGiveOwnRole: func(ctx context.Context, base perm.Role, roleID string) error {
			return a.bases.MayGive(ctx, base, roleID)
		},
		GiveOwnRole: func(ctx context.Context, tx *store.Tx, t technician.Technician) (string, error) {
			return a.bases.GiveIn(ctx, tx, t)
		},
		HandedOver: func(ctx context.Context, tx *store.Tx, from, to technician.Technician) error {
			return a.handedOver(ctx, tx, from, to)
		},
	}
}
