package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Owner is whom an organization begins with.
type Owner struct {
	Name, Email, Phone, JobTitle string
}

// CreateOwner adds the owner of a new organization, which is the one of the actor.
func (s *Service) CreateOwner(ctx context.Context, tx *store.Tx, want Owner) (t Technician, err error) {
	o, err := organization.ByID(ctx, tx, access.ActorFrom(ctx).OrgID)
	if err != nil {
		return t, err
	}
	f := Fields{Email: want.Email, Phone: want.Phone, JobTitle: want.JobTitle, PlatformRole: perm.Administrator}
	f.GivenName, f.FamilyName = SplitName(want.Name)
	if f, err = f.defaults().checked(o.Region); err != nil {
		return t, err
	}
	t = newTechnician(o.ID, f)
	t.Owner, t.State = true, Activated
	err = s.add(ctx, tx, &t, nil)
	return t, err
}

// HandOver makes another technician the owner; the actor stays an administrator. The next owner has to be an administrator already, so
// that this step moves the ownership alone and never gives somebody rights that nobody decided on. There is one owner at every moment.
func (s *Service) HandOver(ctx context.Context, id string) (to Technician, err error) {
	actor := access.ActorFrom(ctx)
	if to, err = s.Find(ctx, id); err != nil {
		return Technician{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if !actor.Owner || actor.Kind != access.Technician || actor.SessionID == "" {
			return errNotOwner
		}
		if err := s.guard.Fresh(ctx); err != nil {
			return err
		}
		from, next, err := lockBoth(ctx, tx, actor.OrgID, actor.ID, id)
		if err != nil {
			return err
		}
		to = next
		switch {
		case !from.Owner: // handed over a moment ago, in another window
			return errNotOwner
		case from.ID == to.ID, to.PlatformRole != perm.Administrator, !to.Administers(), !to.UIAccess():
			return errSuccessor
		}
		return s.handOver(ctx, tx, from, &to)
	})
	if err != nil {
		return Technician{}, s.refused(ctx, "technician.hand_over", to, err)
	}
	return to, nil
}

func (s *Service) handOver(ctx context.Context, tx *store.Tx, from Technician, to *Technician) error {
	now := store.Now()
	if err := saveOwner(ctx, tx, from.OrgID, from.ID, false, now); err != nil {
		return fmt.Errorf("take the ownership from technician %s: %w", from.ID, err)
	}
	if err := saveOwner(ctx, tx, to.OrgID, to.ID, true, now); err != nil {
		return fmt.Errorf("give the ownership to technician %s: %w", to.ID, err)
	}
	from.Owner, from.PlatformRole, from.UpdatedAt = false, perm.Administrator, now
	to.Owner, to.UpdatedAt = true, now
	to.Version++
	if s.hooks.HandedOver != nil {
		if err := s.hooks.HandedOver(ctx, tx, from, *to); err != nil {
			return fmt.Errorf("tell of the new owner: %w", err)
		}
	}
	err := s.audit.Record(ctx, tx, audit.Event{
		Action: "technician.hand_over", Targets: []audit.Target{target(*to), target(from)},
		Before: map[string]any{"owner": from.ID}, After: map[string]any{"owner": to.ID},
	})
	if err != nil {
		return err
	}
	return s.publish(ctx, tx, from.ID, to.ID)
}

// lockBoth takes two rows in the order of their ids, so that two such changes never wait for each other.
func lockBoth(ctx context.Context, tx *store.Tx, org, one, other string) (Technician, Technician, error) {
	if one > other {
		b, a, err := lockBoth(ctx, tx, org, other, one)
		return a, b, err
	}
	a, err := Lock(ctx, tx, org, one)
	if err != nil {
		return a, a, err
	}
	b, err := Lock(ctx, tx, org, other)
	return a, b, err
}
