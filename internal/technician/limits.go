package technician

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// mayChange settles who may change whom at all: nobody else an owner (PEO-5), nobody somebody above them (ACC-12).
func mayChange(ctx context.Context, t Technician) error {
	actor := access.ActorFrom(ctx)
	switch {
	case actor.ID == t.ID:
		return nil
	case t.Owner:
		return errOwner
	case actor.Kind == access.SystemKind || actor.Owner:
		return nil
	case rank(actor.Role) < rank(t.PlatformRole):
		return errAbove
	}
	return nil
}

// MayChange settles who may change anything about a technician, their access too.
func MayChange(ctx context.Context, t Technician) error { return mayChange(ctx, t) }

// MayPlace settles whether the actor may put a technician into a team or take them out of one. Nobody but an owner, whose rights never
// come from a team, moves themselves.
func MayPlace(ctx context.Context, t Technician) error {
	if access.ActorFrom(ctx).ID == t.ID && !t.Owner {
		return errSelf
	}
	return mayChange(ctx, t)
}

// mayGrant refuses to hand out what the actor, or the actor's token, does not hold (ACC-12).
func (s *Service) mayGrant(ctx context.Context, role perm.Role) error {
	actor := access.ActorFrom(ctx)
	if role.AllCustomers() && actor.Kind != access.SystemKind && !actor.Owner && !actor.Role.AllCustomers() {
		return errCeiling
	}
	held := s.guard.Permissions(ctx)
	for _, e := range perm.Catalog() {
		if role.Base().Any(perm.BitsOf(e.Name)) && !slices.Contains(held, e.Name) {
			return errCeiling
		}
	}
	return nil
}

// coversAll refuses what is as good as being a technician to whoever does not hold all that their role and their grants give.
func (s *Service) coversAll(ctx context.Context, t Technician) error {
	if err := s.mayGrant(ctx, t.PlatformRole); err != nil {
		return err
	}
	return s.guard.Covers(ctx, t.ID)
}

// mayReshape settles whether one change of a technician is the actor's to make.
func (s *Service) mayReshape(ctx context.Context, before Technician, next Fields) error {
	if err := mayChange(ctx, before); err != nil {
		return err
	}
	actor, moved, guarded := access.ActorFrom(ctx), !before.sameRole(next), !before.sameSafeguards(next)
	if actor.ID == before.ID {
		if moved || before.Status != next.Status || !before.sameCustomers(next) {
			return errSelf
		}
		// What follows is nobody else's to change about an owner, and gives an owner nothing.
		if !before.Owner && (guarded || !before.sameTeams(next) || before.Department != next.Department) {
			return errSelf
		}
		if err := next.keeps(actor, before.Fields); err != nil {
			return err
		}
	}
	if moved {
		if err := s.mayMove(ctx, before.Fields, next); err != nil {
			return err
		}
	}
	// Who owns the address can take over the account, and who lifts its safeguards makes that easy: both are as good as being that person.
	if moved || guarded || before.Email != next.Email {
		return s.coversAll(ctx, before)
	}
	return nil
}

func rank(r perm.Role) int {
	return slices.Index([]perm.Role{perm.ReadOnly, perm.Technician, perm.Manager, perm.Administrator}, r)
}

// keepAdministrator refuses a change after which nobody would administer the organization, also when several such changes race. It is
// called when t has already stopped being an administrator in tx.
func keepAdministrator(ctx context.Context, tx *store.Tx, org string) error {
	if err := lockAdministrators(ctx, tx, org); err != nil {
		return err
	}
	n, err := countAdministrators(ctx, tx, org)
	if err == nil && n == 0 {
		return errLast
	}
	return err
}

// refused records that a change of a technician was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, t Technician, why error) error {
	if kind := fault.KindOf(why); kind != fault.Denied && kind != fault.Conflict {
		return why
	}
	err := s.audit.Append(ctx, audit.Event{
		Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}},
	})
	if err != nil {
		return err
	}
	return why
}
