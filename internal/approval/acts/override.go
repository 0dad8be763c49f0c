package acts

import (
	"context"
	"encoding/json"
	"strconv"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/override"
	"countersign.dev/countersign/internal/verifypolicy"
)

type overrideParameters struct {
	ContactID    string              `json:"contact_id"`
	PolicyAction verifypolicy.Action `json:"policy_action"`
	TicketID     string              `json:"ticket_id,omitempty"`
}

// verificationOverride lets a technician's word and a second person's decision stand for a proof (L0, R14).
func (d Deps) verificationOverride() approval.Action {
	return approval.Action{
		Name: verify.OverrideAction, Permission: perm.VerificationRun, Always: true,
		Prepare: func(ctx context.Context, q store.Querier, raw json.RawMessage) (p approval.Plan, err error) {
			var in overrideParameters
			if err := approval.Parameters(raw, &in); err != nil {
				return p, err
			}
			o, err := d.Overrides.Plan(ctx, q, in.ContactID, in.PolicyAction, in.TicketID)
			if fault.KindOf(err) == fault.NotFound {
				err = at(err, "contact_id", "There is no such contact, or you may not see them.")
			}
			if err != nil {
				return p, err
			}
			c, number := o.Contact, ""
			if o.Ticket != 0 {
				number = strconv.FormatInt(o.Ticket, 10)
			}
			customer := d.CustomerName(ctx, q, c.OrgID, c.CustomerID)
			return approval.Plan{
				Parameters: in, On: engine.Target{Type: engine.Customer, ID: c.CustomerID}, Target: approval.Thing{Type: "contact", ID: c.ID, Name: c.Name},
				CustomerID: c.CustomerID, CustomerName: customer,
				Facts: facts("contact", c.Name, "customer", customer, "policy_action", string(o.Action), "required_level", verify.LevelName(o.Required), "ticket", number),
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			var in overrideParameters
			if err := approval.Parameters(r.Raw(), &in); err != nil {
				return err
			}
			o, err := d.Overrides.Plan(ctx, tx, in.ContactID, in.PolicyAction, in.TicketID)
			if err != nil {
				return err
			}
			return d.Overrides.Grant(ctx, tx, o, override.Decided{ID: r.ID, By: r.Decider.ID, ByName: r.Decider.Name, Reason: r.Reason})
		},
	}
}
