package platformrole

import (
	"context"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Create adds a platform role. Whoever makes it holds what is in it.
func (s *Service) Create(ctx context.Context, want Fields) (r Role, err error) {
	if err := s.Guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role"}); err != nil {
		return r, err
	}
	if want, err = want.checked(); err != nil {
		return r, err
	}
	now := store.Now()
	r = Role{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	if err := s.mayHand(ctx, r.Fields); err != nil {
		return Role{}, s.refused(ctx, "platformrole.create", r.target(), err)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := count(ctx, tx, r.OrgID)
		if err != nil {
			return err
		}
		if n >= maxRoles {
			return errMany
		}
		if err := insert(ctx, tx, r); err != nil {
			return fmt.Errorf("create platform role %s: %w", r.ID, err)
		}
		return s.record(ctx, tx, r, audit.Event{Action: "platformrole.create", After: r.record()})
	})
	if err != nil {
		return Role{}, err
	}
	return r, nil
}

// Update changes one platform role; change gets it as it is and returns what it should be. It reaches everybody who has it at once, so that whoever
// changes it holds what is in it afterwards, and more customers for others are theirs to give.
func (s *Service) Update(ctx context.Context, id string, change func(Role) (Fields, error)) (r Role, err error) {
	if err := s.Guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role", ID: id}); err != nil {
		return r, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if r, err = lock(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		next, err := change(r)
		if err != nil {
			return err
		}
		if next.BasedOn != r.BasedOn {
			return errBasedOn
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		before := r
		if r.Fields = next; before.same(next) {
			return errUnchanged
		}
		if err := s.mayHand(ctx, next); err != nil {
			return err
		}
		if err := s.notMine(ctx, tx, r); err != nil {
			return err
		}
		r.UpdatedAt = store.Now()
		if err := update(ctx, tx, r); err != nil {
			return fmt.Errorf("change platform role %s: %w", id, err)
		}
		r.Version++
		return s.record(ctx, tx, r, audit.Event{Action: "platformrole.update", Before: before.record(), After: r.record()})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Role{}, s.refused(ctx, "platformrole.update", r.target(), err)
	}
	return r, nil
}

// notMine refuses to change the platform role that the actor has: nobody makes more of themselves. Owners hold everything without one.
func (s *Service) notMine(ctx context.Context, tx *store.Tx, r Role) error {
	actor := access.ActorFrom(ctx)
	if actor.Owner {
		return nil
	}
	mine, err := assignment(ctx, tx, actor.OrgID, actor.ID)
	if err == nil && mine.RoleID == r.ID {
		return errSelf
	}
	return err
}

// Delete removes a platform role that nobody has; check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Role) error) error {
	if err := s.Guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role", ID: id}); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if err := check(r); err != nil {
			return err
		}
		if r.People > 0 {
			return errUsed
		}
		if err := remove(ctx, tx, r.OrgID, id); err != nil {
			return fmt.Errorf("delete platform role %s: %w", id, err)
		}
		return s.record(ctx, tx, r, audit.Event{Action: "platformrole.delete", Before: r.record()})
	})
}
