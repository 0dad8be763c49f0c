package invitation

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// within refuses an invitation to more than the actor of ctx holds: permissions, or customers. It compares what both could really do, not
// the names of their roles.
func (s *Service) within(ctx context.Context, t technician.Technician) error {
	if err := s.Guard.Check(ctx, perm.AdminTechnicians, t.Object()); err != nil {
		return err
	}
	if access.ActorFrom(ctx).Kind == access.SystemKind {
		return nil
	}
	theirs, err := s.Guard.Foreseen(ctx, actorOf(t), t.OwnRoleID)
	if err != nil {
		return err
	}
	held := s.Guard.Permissions(ctx)
	for _, p := range theirs {
		if !slices.Contains(held, p) {
			return errCeiling
		}
	}
	if err := s.Guard.Covers(ctx, t.ID); err != nil {
		return err
	}
	mine, err := s.reach(ctx)
	if err != nil || mine.All {
		return err
	}
	if t.Owner || t.PlatformRole.AllCustomers() {
		return errCeiling
	}
	// Access grants an invited technician nothing yet, so that what waits for them is looked up here.
	waiting, err := preparedCustomers(ctx, s.DB.Read(), t.OrgID, t.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(waiting, func(key string) bool { return !mine.Has(key) }) {
		return errCeiling
	}
	return nil
}

func (s *Service) reach(ctx context.Context) (access.Scope, error) {
	scope, err := s.Guard.Customers(ctx, perm.CustomerView)
	if fault.KindOf(err) == fault.Denied {
		return access.Scope{}, nil // sees none at all
	}
	return scope, err
}

// actorOf is a technician as access sees one who is signed in.
func actorOf(t technician.Technician) access.Actor {
	return access.Actor{OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner}
}

// stillGiven asks at the acceptance whether the person who invited could send the same invitation now.
func (s *Service) stillGiven(ctx context.Context, tx *store.Tx, i Invitation, t technician.Technician) error {
	inviter := access.System(i.OrgID)
	if i.SentBy != inviter.ID {
		by, err := technician.ByID(ctx, tx, i.OrgID, i.SentBy)
		if fault.KindOf(err) == fault.NotFound {
			return errInviter
		}
		if err != nil {
			return err
		}
		if by.Status != technician.Active || by.State != technician.Activated {
			return errInviter
		}
		inviter = actorOf(by)
	}
	switch err := s.within(access.WithActor(ctx, inviter), t); fault.KindOf(err) {
	case fault.Denied, fault.NotFound:
		return errInviter.Because(err)
	default:
		return err
	}
}

// refused records a refusal of something sensitive and returns it.
func (s *Service) refused(ctx context.Context, action string, t technician.Technician, err error) error {
	if fault.KindOf(err) != fault.Denied {
		return err
	}
	if e := s.Audit.Append(ctx, audit.Event{Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(err), Targets: targets(t)}); e != nil {
		return e
	}
	return err
}
