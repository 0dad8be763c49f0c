package app

import (
	"context"

	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/pod"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
)

// policyHooks lets sign-in bring what is open into line with a new policy, and count whom it concerns; it is built on it.
func (a *App) policyHooks() signinpolicy.Hooks {
	return signinpolicy.Hooks{
		Changed: func(ctx context.Context, tx *store.Tx, org string, p signinpolicy.Policy) error {
			return a.signin.Shorten(ctx, tx, org, p)
		},
		Affected: func(ctx context.Context, q store.Querier, org string) (signinpolicy.Affected, error) {
			return a.factors.Affected(ctx, q, org)
		},
	}
}

// signinHooks tells people what happens to their accounts.
func (a *App) signinHooks() signin.Hooks {
	return signin.Hooks{
		Unread: notification.Unread,
		Pod:    pod.Known,
		Locked: func(ctx context.Context, tx *store.Tx, l signin.Lock) error {
			return nameLocked.Enqueue(ctx, a.queue, tx, store.Now(), l)
		},
		NewDevice: func(ctx context.Context, tx *store.Tx, s signin.Session) error {
			return a.notifications.Tell(ctx, tx, notification.Notice{
				To: s.TechnicianID, Kind: "security.new_device", Data: map[string]string{"device": s.Device, "address": s.Address},
			})
		},
		PasswordChanged: func(ctx context.Context, tx *store.Tx, technicianID string) error {
			return a.notifications.Tell(ctx, tx, notification.Notice{To: technicianID, Kind: "security.password_changed"})
		},
		Demo: func(ctx context.Context) (org, technicianID string, err error) {
			owner, err := a.makeDemo(ctx)
			return owner.OrgID, owner.ID, err
		},
	}
}
