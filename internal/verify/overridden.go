package verify

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verifypolicy"
)

// OverrideAction is the action that a second person approves where a technician's word is to stand for a proof.
const OverrideAction = "verification.override"

// Overridden says whether a technician has an override for an action on a contact that counts at a time.
type Overridden func(ctx context.Context, q store.Querier, org, contactID, technicianID string, action verifypolicy.Action, at time.Time) (bool, error)

// OverriddenBy sets what knows of overrides; they are kept above.
func (s *Service) OverriddenBy(fn Overridden) { s.overridden = fn }

// Unlocked refuses a contact who is locked because of a report or too many wrong codes.
func (s *Service) Unlocked(ctx context.Context, q store.Querier, contactID string) error {
	return s.checkLocks(ctx, q, contactID, Description{})
}

// askable adds to the refusal of an action that lacks a proof how to ask for an override.
func askable(err error, contactID string, action verifypolicy.Action, ticketID string) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Level == "" {
		return err
	}
	parameters := map[string]any{"contact_id": contactID, "policy_action": string(action)}
	if ticketID != "" {
		parameters["ticket_id"] = ticketID
	}
	return e.Asking(OverrideAction, parameters)
}
