package factor

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// ResetAction is the action that is approved before factors are reset: whoever takes somebody's second factor alone can take their account.
const ResetAction = "factors.reset"

// Reset takes every factor from a technician who lost them: an administrator has made sure who asks, and a second person that it is right. Sessions end,
// so that whoever found the lost device is out as well, and the person is told.
func (s *Service) Reset(ctx context.Context, technicianID, reason string) error {
	if technicianID == access.ActorFrom(ctx).ID {
		return errSelf
	}
	t, err := s.Technicians.Manage(ctx, technicianID, ResetAction)
	if err != nil {
		return err
	}
	if err := access.NeedsSecond(ctx, ResetAction, map[string]any{"technician_id": technicianID}); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.reset(ctx, tx, t, reason) })
}

// ResetIn is Reset in the transaction of the caller.
func (s *Service) ResetIn(ctx context.Context, tx *store.Tx, guard *access.Guard, technicianID, reason string) error {
	t, err := MayReset(ctx, tx, guard, technicianID)
	if err != nil {
		return err
	}
	if err := access.NeedsSecond(ctx, ResetAction, map[string]any{"technician_id": technicianID}); err != nil {
		return err
	}
	return s.reset(ctx, tx, t, reason)
}

// MayReset finds a technician whose factors the actor may reset once a second person agrees.
func MayReset(ctx context.Context, q store.Querier, guard *access.Guard, technicianID string) (technician.Technician, error) {
	actor := access.ActorFrom(ctx)
	if technicianID == actor.ID {
		return technician.Technician{}, errSelf
	}
	if err := guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician", ID: technicianID}); err != nil {
		return technician.Technician{}, err
	}
	t, err := technician.ByID(ctx, q, actor.OrgID, technicianID)
	if err != nil {
		return t, err
	}
	return t, technician.MayManage(ctx, guard, t)
}

// ResetFor does the same from the machine of the installation, for whoever is beyond everybody's reach: an owner who lost everything.
func (s *Service) ResetFor(ctx context.Context, organization, email string) error {
	t, err := technician.ByEmail(ctx, s.DB.Read(), organization, email)
	if err != nil {
		return err
	}
	ctx = access.WithActor(ctx, access.System(t.OrgID))
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.reset(ctx, tx, t, "command line") })
}

func (s *Service) reset(ctx context.Context, tx *store.Tx, t technician.Technician, reason string) error {
	e := audit.Event{Action: ResetAction, Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}}}
	if reason != "" {
		e.Detail = map[string]any{"reason": reason}
	}
	if err := s.clear(ctx, tx, target{t.OrgID, t.ID}, e); err != nil {
		return err
	}
	if err := s.Events.Publish(ctx, tx, changedEvent(target{t.OrgID, t.ID})); err != nil {
		return err
	}
	if s.EndSessions != nil {
		if err := s.EndSessions(ctx, tx, t.ID, "factors_reset"); err != nil {
			return err
		}
	}
	if s.Tell == nil {
		return nil
	}
	return s.Tell(ctx, tx, t.ID, toldReset, map[string]string{"by": access.ActorFrom(ctx).Name})
}

// Of finds which factors a technician has, and what the rules ask, for an administrator.
func (s *Service) Of(ctx context.Context, technicianID string) (State, Demand, error) {
	t, err := s.Technicians.Find(ctx, technicianID)
	if err != nil {
		return State{}, Demand{}, err
	}
	q := s.DB.Read()
	state, err := stateOf(ctx, q, t.OrgID, t.ID)
	if err != nil {
		return State{}, Demand{}, err
	}
	demand, err := s.demand(ctx, q, target{t.OrgID, t.ID})
	return state, demand, err
}
