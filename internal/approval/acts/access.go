package acts

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/store"
)

// Names of the two ways to have something for a while: a role that one does not have (ACC-31), and a sensitive permission that one has.
const (
	LendAction = "grant"
	UseAction  = "permission.use"
)

type lendParameters struct {
	RoleID  string          `json:"role_id"`
	Scope   scopeParameters `json:"scope"`
	Minutes int             `json:"minutes"`
}

func (p lendParameters) loan() grant.Loan {
	return grant.Loan{RoleID: p.RoleID, On: p.Scope.target(), For: time.Duration(min(max(p.Minutes, 0), 1<<20)) * time.Minute}
}

func (s scopeParameters) target() engine.Target {
	if s.Type != "section" {
		return engine.Target{Type: engine.Type(s.Type), ID: s.ID}
	}
	switch s.ID {
	case "quick_support":
		return engine.Target{Type: engine.QuickSupport}
	case "team":
		return engine.Target{Type: engine.Organization}
	}
	return engine.Target{}
}

// lend gives the requester a role on a scope for a while, by the right of whoever approves, from the approval on.
func (d Deps) lend() approval.Action {
	return approval.Action{
		Name: LendAction, AsApprover: true,
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in lendParameters
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			r, scope, err := d.Grants.Plan(ctx, q, in.loan())
			if err != nil {
				return p, err
			}
			actor := access.ActorFrom(ctx)
			return approval.Plan{
				Parameters: in, On: scope.Target, Target: approval.Thing{Type: string(scope.Type), ID: scope.ID, Name: scope.Name}, CustomerID: scope.CustomerID,
				CustomerName: d.customerName(ctx, q, actor.OrgID, scope), Gives: r.Permissions,
				Facts: facts("role", r.Name, "scope_type", string(scope.Type), "scope", scope.Name, "minutes", minutes(in.Minutes), "permissions", listed(r.Permissions)),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			var in lendParameters
			if err := approval.Parameters(r.Raw(), &in); err != nil {
				return err
			}
			_, err := d.Grants.LendIn(ctx, tx, grant.Thing{ID: r.Requester.ID, Name: r.Requester.Name}, in.loan(), r.DecidedAt, r.Reason)
			return err
		},
	}
}

func (d Deps) customerName(ctx context.Context, q store.Querier, org string, scope grant.Scope) string {
	if scope.Type == engine.Customer {
		return scope.Name
	}
	return d.CustomerName(ctx, q, org, scope.CustomerID)
}

func listed(ps []perm.Permission) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

type useParameters struct {
	Permission perm.Permission `json:"permission"`
	Target     scopeParameters `json:"target"`
	Minutes    int             `json:"minutes"`
}

const (
	maxUse   = 8 * 60 // minutes
	usualUse = 60     // minutes that are proposed
)

// For says what to ask approval for where nothing else is missing for a permission on a target: the deed itself if there is one for it, otherwise to use
// the permission there for an hour, which whoever asks may change.
func For(p perm.Permission, on engine.Target) *fault.Ask {
	if p == perm.DeviceDelete && on.Type == engine.Device {
		return &fault.Ask{Action: device.DeleteAction, Parameters: map[string]any{"device_id": on.ID}}
	}
	target := map[string]any{"type": string(on.Type)}
	switch {
	case on.Type == engine.QuickSupport:
		target["type"], target["id"] = "section", "quick_support"
	case on.ID != "":
		target["id"] = on.ID
	}
	return &fault.Ask{Action: UseAction, Parameters: map[string]any{"permission": string(p), "target": target, "minutes": usualUse}}
}

// use lets the requester do what takes an approval as often as they like for a while, on one target: what other programs ask about, and sessions.
func (d Deps) use() approval.Action {
	return approval.Action{
		Name: UseAction,
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in useParameters
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			if !perm.Known(in.Permission) {
				return p, fault.Field("/parameters/permission", "approval.permission_unknown", "There is no such permission.")
			}
			if in.Minutes < 5 || in.Minutes > maxUse {
				return p, fault.Field("/parameters/minutes", "approval.parameters_invalid", "A permission is used for 5 minutes to 8 hours.")
			}
			scope, err := d.Grants.Locate(ctx, in.Target.target(), "/parameters/target")
			if err != nil {
				return p, err
			}
			return approval.Plan{
				Permission: in.Permission, Parameters: in, On: scope.Target, Target: approval.Thing{Type: string(scope.Type), ID: scope.ID, Name: scope.Name},
				CustomerID: scope.CustomerID, CustomerName: d.customerName(ctx, q, access.ActorFrom(ctx).OrgID, scope),
				Facts: facts("permission", string(in.Permission), "scope_type", string(scope.Type), "scope", scope.Name, "minutes", minutes(in.Minutes)),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			var in useParameters
			if err := approval.Parameters(r.Raw(), &in); err != nil {
				return err
			}
			until := r.DecidedAt.Add(time.Duration(in.Minutes) * time.Minute)
			return d.Approvals.OpenWindow(ctx, tx, r, access.WindowFor(in.Permission, r.On), r.DecidedAt, until)
		},
	}
}
