package grant

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// mayChange finds a subject and settles that its access is the actor's to change: nobody else changes an owner's, nobody that of somebody above.
func (s *Service) mayChange(ctx context.Context, tx *store.Tx, subject Subject) (Subject, error) {
	org := access.ActorFrom(ctx).OrgID
	if subject.Type == Team {
		t, err := team.ByID(ctx, tx, org, subject.ID)
		subject.Name = t.Name
		return subject, missing(err, errSubject)
	}
	t, err := technician.ByID(ctx, tx, org, subject.ID)
	if err != nil {
		return subject, missing(err, errSubject)
	}
	subject.Name = t.Name()
	return subject, technician.MayChange(ctx, t)
}

// mayGive settles that the actor holds permissions on a whole scope, and for as long as they are given.
func (s *Service) mayGive(ctx context.Context, what []perm.Permission, on engine.Target, times Times) error {
	return s.mayGiveAsking(ctx, what, nil, on, times)
}

// mayGiveAsking is mayGive for permissions of which some take an approval by the role that gives them.
func (s *Service) mayGiveAsking(ctx context.Context, what, asking []perm.Permission, on engine.Target, times Times) error {
	if len(what) == 0 {
		return nil
	}
	return s.guard.MayGiveFor(ctx, what, asking, on, times.NotBefore, times.ExpiresAt)
}

// mayDeny settles that the actor may take something from everybody whom a subject stands for.
func (s *Service) mayDeny(ctx context.Context, tx *store.Tx, subject Subject) error {
	if subject.Type != Team {
		return nil // settled by mayChange
	}
	members, err := s.members(ctx, tx, subject)
	if err != nil {
		return err
	}
	found, err := technician.ByIDs(ctx, tx, access.ActorFrom(ctx).OrgID, members)
	if err != nil {
		return err
	}
	for _, t := range found {
		if t.Owner {
			continue // nothing is ever denied to an owner
		}
		if err := technician.MayChange(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// mayLift settles that the actor may lift a deny. To lift it gives as much as it took; one's own, somebody else lifts.
func (s *Service) mayLift(ctx context.Context, tx *store.Tx, subject Subject, o Override) error {
	actor := access.ActorFrom(ctx)
	if actor.Kind != access.SystemKind && !actor.Owner {
		own := subject.Type == Technician && subject.ID == actor.ID
		if subject.Type == Team {
			members, err := s.members(ctx, tx, subject)
			if err != nil {
				return err
			}
			own = slices.Contains(members, actor.ID)
		}
		if own {
			return errOwnDeny
		}
	}
	return s.mayGive(ctx, perm.BitsOf(o.Permission).Spread().Permissions(), o.Scope.Target, o.Times)
}

// TeamLifted settles that the actor may end a team, which lifts what is denied to it.
func (s *Service) TeamLifted(ctx context.Context, tx *store.Tx, teamID string) error {
	subject := Subject{Team, Thing{ID: teamID}}
	all, err := overridesOf(ctx, tx, access.ActorFrom(ctx).OrgID, subject, false)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.lifted(nil) {
			if err := s.mayLift(ctx, tx, subject, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// members are all who belong to a team.
func (s *Service) members(ctx context.Context, tx *store.Tx, subject Subject) ([]string, error) {
	t, err := team.ByID(ctx, tx, access.ActorFrom(ctx).OrgID, subject.ID)
	return slices.Concat(t.LeadIDs, t.MemberIDs), err
}

// refused records that a change was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, targets []audit.Target, why error) error {
	if why == nil || fault.KindOf(why) != fault.Denied {
		return why
	}
	if err := s.audit.Append(ctx, audit.Event{Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: targets}); err != nil {
		return err
	}
	return why
}
