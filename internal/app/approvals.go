package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/approval/acts"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify/override"
)

// newApprovals makes what lets a second person decide.
func (a *App) newApprovals() *approval.Service {
	return approval.New(approval.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Keys: a.keys, Actor: a.actsNow,
		Deciders: func(ctx context.Context, q store.Querier, org string) (out []access.Actor, err error) {
			all, err := technician.Deciders(ctx, q, org)
			for _, t := range all {
				out = append(out, actorOf(t))
			}
			return out, err
		},
		Ticket: func(ctx context.Context, id string) error {
			t, err := ticket.ByID(ctx, a.db.Read(), access.ActorFrom(ctx).OrgID, id)
			if err != nil {
				return err
			}
			return a.guard.Check(ctx, perm.TicketView, access.Object{CustomerID: t.CustomerID})
		},
		Tell: func(ctx context.Context, tx *store.Tx, n notification.Notice) error {
			return a.notifications.Tell(ctx, tx, n)
		},
	})
}

// connectApprovals names every action that can be approved.
func (a *App) connectApprovals() {
	a.approvals.Register(acts.All(acts.Deps{
		Guard: a.guard, Approvals: a.approvals, Devices: a.devices, Factors: a.factors, Bulk: a.bulk, Grants: a.grants, Overrides: override.New(a.db, a.guard, a.audit, a.verifications),
		CustomerName: func(ctx context.Context, q store.Querier, org, id string) string {
			c, _ := customer.ByID(ctx, q, org, id) // without one there is no name
			return c.Name
		},
	})...)
	a.auditlog.ClaimBy(func(ctx context.Context, id string, parameters map[string]any) error {
		return a.approvals.Claim(ctx, id, auditlog.ExportAction, parameters)
	})
}
