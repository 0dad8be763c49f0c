// Package acts names what takes the approval of a second person, and how each of it is prepared, shown and run.
package acts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/bulk"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify/override"
)

// Deps are whose actions these are.
type Deps struct {
	Guard     *access.Guard
	Approvals *approval.Service
	Devices   *device.Service
	Factors   *factor.Service
	Bulk      *bulk.Service
	Grants    *grant.Service
	Overrides *override.Service
	// CustomerName is what a customer is called; "" for none.
	CustomerName func(ctx context.Context, q store.Querier, org, id string) string
}

// All are the actions, in the order in which they are documented.
func All(d Deps) []approval.Action {
	return []approval.Action{d.deviceDelete(), d.factorsReset(), d.technicianBulk(), auditExport(), d.verificationOverride(), d.lend(), d.use()}
}

var organization = engine.Target{Type: engine.Organization}

// at names the parameter that a thing is missing from.
func at(err error, parameter, message string) error {
	if kind := fault.KindOf(err); err != nil && (kind == fault.NotFound || kind == fault.Denied) {
		return fault.Field("/parameters/"+parameter, fault.CodeOf(err), message)
	}
	return err
}

func facts(pairs ...string) (out []approval.Fact) {
	for pair := range slices.Chunk(pairs, 2) {
		if name, value := pair[0], pair[len(pair)-1]; value != "" {
			out = append(out, approval.Fact{Name: name, Value: value})
		}
	}
	return out
}

type deviceParameters struct {
	DeviceID string `json:"device_id"`
}

func (d Deps) deviceDelete() approval.Action {
	return approval.Action{
		Name: device.DeleteAction, Permission: perm.DeviceDelete,
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in deviceParameters
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			x, err := device.ByID(ctx, q, access.ActorFrom(ctx).OrgID, in.DeviceID)
			if err == nil {
				err = d.Guard.Check(ctx, perm.DeviceView, x.Object())
			}
			if err != nil {
				return p, at(err, "device_id", "There is no such device, or you may not see it.")
			}
			return approval.Plan{
				Parameters: in, On: engine.Target{Type: engine.Device, ID: x.ID}, Target: approval.Thing{Type: "device", ID: x.ID, Name: x.Name},
				CustomerID: x.CustomerID, CustomerName: x.CustomerName,
				Facts: facts("device", x.Name, "customer", x.CustomerName, "group", x.GroupName, "platform", x.Platform),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			var in deviceParameters
			if err := approval.Parameters(r.Raw(), &in); err != nil {
				return err
			}
			return d.Devices.DeleteIn(ctx, tx, in.DeviceID, func(device.Device) error { return nil })
		},
	}
}

type technicianParameters struct {
	TechnicianID string `json:"technician_id"`
}

func (d Deps) factorsReset() approval.Action {
	return approval.Action{
		Name: factor.ResetAction, Permission: perm.AdminTechnicians, Always: true,
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in technicianParameters
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			t, err := factor.MayReset(ctx, q, d.Guard, in.TechnicianID)
			if fault.KindOf(err) == fault.NotFound {
				err = at(err, "technician_id", "There is no such technician.")
			}
			if err != nil {
				return p, err
			}
			return approval.Plan{
				Parameters: in, On: organization, Target: approval.Thing{Type: "technician", ID: t.ID, Name: t.Name()},
				Facts: facts("technician", t.Name(), "email", t.Email, "role", string(t.PlatformRole)),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			var in technicianParameters
			if err := approval.Parameters(r.Raw(), &in); err != nil {
				return err
			}
			return d.Factors.ResetIn(ctx, tx, d.Guard, in.TechnicianID, r.Reason)
		},
	}
}

func (d Deps) technicianBulk() approval.Action {
	read := func(raw json.RawMessage) (bulk.Order, error) {
		o, err := bulk.ReadOrder(raw)
		if err != nil {
			return o, fault.Field("/parameters", "approval.parameters_invalid", "These parameters are not those of the action.").Because(err)
		}
		return o, nil
	}
	return approval.Action{
		Name: bulk.Approval, Permission: perm.AdminTechnicians, Always: true,
		Exempt: func(a access.Actor) bool { return a.Owner || a.Role == perm.Administrator },
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			o, err := read(raw)
			if err != nil {
				return p, err
			}
			x, err := d.Bulk.Plan(ctx, q, o)
			if err != nil {
				return p, err
			}
			o = x.Order
			return approval.Plan{
				Parameters: bulk.BodyOf(o), On: organization, Target: approval.Thing{Type: "technicians", Name: string(o.Action)},
				Facts: facts("bulk_action", string(o.Action), "people", strconv.Itoa(len(x.People)), "names", strings.Join(x.People, ", "), "team", x.Team,
					"role", string(o.Role), "platform_role", x.Role, "customers", count(len(o.CustomerIDs)), "subject", o.Message.Subject, "body", o.Message.Body),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			o, err := read(r.Raw())
			if err != nil {
				return err
			}
			_, err = d.Bulk.StartIn(ctx, tx, o)
			return err
		},
	}
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// auditExport is used by its requester, since the file goes to them: the download names the request.
func auditExport() approval.Action {
	return approval.Action{
		Name: auditlog.ExportAction, Permission: perm.AdminAudit, Always: true, Exempt: func(a access.Actor) bool { return a.Owner },
		Prepare: func(ctx context.Context, _ store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in struct {
				Format string `json:"format"`
			}
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			if in.Format != "jsonl" && in.Format != "csv" {
				return p, fault.Field("/parameters/format", "approval.parameters_invalid", "A format is jsonl or csv.")
			}
			return approval.Plan{
				Parameters: in, On: organization, Target: approval.Thing{Type: "organization", ID: access.ActorFrom(ctx).OrgID},
				Facts: facts("format", in.Format),
			}, nil
		},
	}
}

type scopeParameters struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

func minutes(n int) string { return fmt.Sprint(n) }
