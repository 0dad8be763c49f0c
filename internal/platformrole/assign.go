package platformrole

import (
	"context"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Assignment says which platform role of the organization a technician has.
type Assignment struct {
	RoleID    string // "" for none: what their platform role gives counts
	Name      string
	Customers engine.Customers // which ones it reaches
	Version   int64            // 0: never had one
}

func (a Assignment) to(r Role) Assignment {
	a.RoleID, a.Name, a.Customers = r.ID, r.Name, r.Customers
	return a
}

// Of returns which platform role of the organization a technician has.
func (s *Service) Of(ctx context.Context, technicianID string) (Assignment, error) {
	t, err := s.person(ctx, technicianID)
	if err != nil {
		return Assignment{}, err
	}
	return of(ctx, s.DB.Read(), t)
}

func (s *Service) person(ctx context.Context, id string) (technician.Technician, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return t, err
	}
	return t, s.Guard.Check(ctx, perm.AdminTechnicians, t.Object())
}

func of(ctx context.Context, q store.Querier, t technician.Technician) (Assignment, error) {
	a, err := assignment(ctx, q, t.OrgID, t.ID)
	if err != nil || a.RoleID == "" {
		return a, err
	}
	r, err := byID(ctx, q, t.OrgID, a.RoleID)
	return a.to(r), err
}

// Assign gives a technician a platform role of the organization that is based on the one they have, or with "" takes theirs away; check may refuse it as it
// is. Whoever does it holds what is in it, and everything that the person holds now: they could make themselves that person's equal.
func (s *Service) Assign(ctx context.Context, technicianID, roleID string, check func(version int64) error) (a Assignment, err error) {
	t, err := s.person(ctx, technicianID)
	if err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = technician.Lock(ctx, tx, t.OrgID, t.ID); err != nil { // nobody gives them another platform role meanwhile
			return err
		}
		if a, err = of(ctx, tx, t); err != nil {
			return err
		}
		if err := check(a.Version); err != nil {
			return err
		}
		before := a
		if before.RoleID == roleID {
			return errUnchanged
		}
		r, err := s.mayAssign(ctx, tx, t, roleID)
		if err != nil {
			return err
		}
		if a, err = s.give(ctx, tx, t, before, r); err != nil {
			return err
		}
		if err := technician.Renew(ctx, tx, t.OrgID, t.ID); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, events.Event{Kind: "technician.changed", ID: t.ID, Needs: perm.SignedIn})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Assignment{}, s.refused(ctx, "platformrole.assign", audit.Target{Type: "technician", ID: t.ID, Name: t.Name()}, err)
	}
	return a, nil
}

// give replaces what a technician had by one that may be given.
func (s *Service) give(ctx context.Context, tx *store.Tx, t technician.Technician, before Assignment, r Role) (a Assignment, err error) {
	a = before.to(r)
	a.Version++
	if err := assign(ctx, tx, t.OrgID, t.ID, a, store.Now()); err != nil {
		return a, fmt.Errorf("give technician %s a platform role: %w", t.ID, err)
	}
	return a, s.Audit.Record(ctx, tx, audit.Event{
		Action: "platformrole.assign", Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}},
		Before: map[string]any{"platform_role": before.Name}, After: map[string]any{"platform_role": r.Name},
	})
}

// MayGive settles whether the actor may give people who have a platform role one of the organization, or with "" what comes with theirs. It is a hook of
// technician, which asks about the person.
func (s *Service) MayGive(ctx context.Context, base perm.Role, roleID string) (err error) {
	gives := Fields{Permissions: base.Base().Permissions()}
	if roleID != "" {
		r, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, roleID)
		if err != nil {
			return err
		}
		if r.BasedOn != base {
			return errOther
		}
		gives = r.Fields
	}
	return s.mayHand(ctx, gives)
}

// GiveIn gives a technician who is made or changed in this transaction the platform role of the organization that they then have, and returns what it is
// called. It is a hook of technician, which tells the screens.
func (s *Service) GiveIn(ctx context.Context, tx *store.Tx, t technician.Technician) (string, error) {
	before, err := of(ctx, tx, t)
	if err != nil || before.RoleID == t.OwnRoleID {
		return before.Name, err
	}
	var r Role
	if t.OwnRoleID != "" {
		if r, err = lock(ctx, tx, t.OrgID, t.OwnRoleID); err != nil {
			return "", err
		}
		if r.BasedOn != t.PlatformRole {
			return "", errOther
		}
		if err := s.mayHand(ctx, r.Fields); err != nil { // it may have grown since MayGive
			return "", err
		}
	}
	_, err = s.give(ctx, tx, t, before, r)
	return r.Name, err
}

// mayAssign settles whether the actor may give a technician a platform role, which nobody deletes before the transaction ends.
func (s *Service) mayAssign(ctx context.Context, tx *store.Tx, t technician.Technician, roleID string) (r Role, err error) {
	if access.ActorFrom(ctx).ID == t.ID {
		return r, errSelf
	}
	if err := technician.MayChange(ctx, t); err != nil {
		return r, err
	}
	gives := Fields{Permissions: t.PlatformRole.Base().Permissions()}
	if roleID != "" {
		if r, err = lock(ctx, tx, t.OrgID, roleID); err != nil {
			return r, err
		}
		if r.BasedOn != t.PlatformRole {
			return r, errOther
		}
		gives = r.Fields
	}
	if err := s.mayHand(ctx, gives); err != nil {
		return r, err
	}
	return r, s.Guard.Covers(ctx, t.ID)
}
