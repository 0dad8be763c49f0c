package approval

import (
	"context"
	"encoding/json"
	"errors"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Execute runs what was approved. What it changes, that it ran, and the record of it are one transaction, which takes the row first: a second server, a
// second attempt and a start after a crash find it done. It runs by what every server has committed by then: what another one changed a moment ago counts.
func (s *Service) Execute(ctx context.Context, org, id string) error {
	ctx = access.WithActor(ctx, access.System(org))
	if err := s.Guard.Follow(ctx); err != nil {
		return err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lockRow(ctx, tx, org, id)
		if err != nil || r.State != Approved {
			return err
		}
		if r.at(store.Now()).State == Expired {
			return s.expire(ctx, tx, r)
		}
		_, err = s.execute(ctx, tx, r)
		return err
	})
	if _, declared := errors.AsType[*fault.Error](err); !declared || fault.KindOf(err) == fault.Internal {
		return err // nil, or what is worth another attempt
	}
	return s.fail(ctx, org, id, err)
}

// execute runs an approved request in its transaction.
func (s *Service) execute(ctx context.Context, tx *store.Tx, r Request) (Request, error) {
	a := s.actions[r.Action]
	actor, err := s.holds(ctx, tx, a, r)
	if err != nil {
		return r, err
	}
	as := actor
	if a.AsApprover {
		if as, err = s.Actor(ctx, r.OrgID, r.Decider.ID); err != nil {
			return r, because(err, errStanding)
		}
	}
	run := access.WithApproved(access.WithActor(ctx, as), access.Approved{Action: r.Action, Permission: r.Permission, On: r.On})
	if err := a.Run(run, tx, r); err != nil {
		return r, err
	}
	if r, err = s.end(ctx, tx, r, Executed, ""); err != nil {
		return r, err
	}
	ctx = access.WithActor(ctx, actor)
	return r, s.record(ctx, tx, r, audit.Event{Action: "approval.execute"})
}

// holds settles that a decision still stands: it is the one that was made, about what is there now, by somebody who could still make it, for somebody
// who may still act.
func (s *Service) holds(ctx context.Context, tx *store.Tx, a Action, r Request) (access.Actor, error) {
	digest, err := digestOf(r)
	if err != nil {
		return access.Actor{}, err
	}
	if digest != r.Digest || !s.decisionHolds(r) || a.Run == nil {
		return access.Actor{}, errTampered
	}
	if !r.BreakGlass {
		decider, err := s.Actor(ctx, r.OrgID, r.Decider.ID)
		if err != nil {
			return access.Actor{}, because(err, errStanding)
		}
		e, err := s.Guard.Engine(ctx, r.OrgID)
		if err != nil {
			return access.Actor{}, err
		}
		if err := decides(e, store.Now(), decider, r); err != nil {
			return access.Actor{}, because(err, errStanding)
		}
	}
	return s.still(ctx, tx, a, r)
}

// fail notes that what was approved could not run, and tells the requester why.
func (s *Service) fail(ctx context.Context, org, id string, why error) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lockRow(ctx, tx, org, id)
		if err != nil || r.State != Approved {
			return err
		}
		if r, err = s.end(ctx, tx, r, Failed, fault.CodeOf(why)); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "approval.execute", Outcome: audit.Denied, Reason: r.Failure})
	})
}

// end puts a request into a final state and tells who asked.
func (s *Service) end(ctx context.Context, tx *store.Tx, r Request, to State, failure string) (Request, error) {
	r.State, r.Failure, r.EndedAt = to, failure, store.Now()
	if err := update(ctx, tx, &r); err != nil {
		return r, err
	}
	if to == Withdrawn {
		return r, nil
	}
	return r, s.tellRequester(ctx, tx, r)
}

// Claim uses up an approval that its requester uses themselves, once, for exactly the parameters that were approved.
func (s *Service) Claim(ctx context.Context, id, action string, parameters any) error {
	actor := access.ActorFrom(ctx)
	raw, err := canonical(parameters)
	if err != nil {
		return err
	}
	var r Request
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if r, err = s.lock(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case r.Requester.ID != actor.ID:
			return errOwnOnly
		case r.State == Expired:
			return errExpired
		case r.State != Approved || r.Action != action || string(raw) != string(r.Raw()) || s.actions[action].Run != nil:
			return errNotUsed
		}
		if _, err := s.claimable(ctx, tx, r); err != nil {
			return err
		}
		if r, err = s.end(ctx, tx, r, Executed, ""); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "approval.execute"})
	})
	if err != nil {
		return s.refused(ctx, "approval.execute", r, err)
	}
	return nil
}

func (s *Service) claimable(ctx context.Context, tx *store.Tx, r Request) (access.Actor, error) {
	a := s.actions[r.Action]
	a.Run = func(context.Context, *store.Tx, Request) error { return nil }
	return s.holds(ctx, tx, a, r)
}

// Parameters reads the parameters of a request into v. Fields that are not the action's are refused.
func Parameters(raw json.RawMessage, v any) error {
	if err := strict(raw, v); err != nil {
		return errParameters.Because(err)
	}
	return nil
}
