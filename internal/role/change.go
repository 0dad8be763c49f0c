package role

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Create adds a role. Whoever makes it holds what is in it.
func (s *Service) Create(ctx context.Context, want Fields) (r Role, err error) {
	if r, err = s.Draft(ctx, want); err != nil {
		return Role{}, err
	}
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.AddIn(ctx, tx, r) }); err != nil {
		return Role{}, err
	}
	return r, nil
}

// Draft is a role that the actor may make, for AddIn.
func (s *Service) Draft(ctx context.Context, want Fields) (r Role, err error) {
	if err := s.guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role"}); err != nil {
		return r, err
	}
	if want, err = want.checked(); err != nil {
		return r, err
	}
	now := store.Now()
	r = Role{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	if err := s.mayAdd(ctx, want.Purpose, want.Permissions, want.Sensitive); err != nil {
		return Role{}, s.refused(ctx, "role.create", r, err)
	}
	return r, nil
}

// AddIn adds a role that was drafted.
func (s *Service) AddIn(ctx context.Context, tx *store.Tx, r Role) error {
	n, err := count(ctx, tx, r.OrgID)
	if err != nil {
		return err
	}
	if n >= maxRoles {
		return errMany
	}
	if err := insert(ctx, tx, r); err != nil {
		return fmt.Errorf("create role %s: %w", r.ID, err)
	}
	return s.record(ctx, tx, r, audit.Event{Action: "role.create", After: r.record()})
}

// Update changes one role; change gets it as it is and returns what it should be. What is put into it reaches everybody who has it at once, so
// that whoever does it holds that everywhere.
func (s *Service) Update(ctx context.Context, id string, change func(Role) (Fields, error)) (r Role, err error) {
	if err := s.guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role", ID: id}); err != nil {
		return r, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if r, err = Lock(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		next, err := change(r)
		if err != nil {
			return err
		}
		if r.System {
			return errSystem
		}
		if next.Purpose != r.Purpose {
			return errPurpose
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		if err := s.mayAdd(ctx, r.Purpose, without(next.Permissions, r.Permissions), next.Sensitive); err != nil {
			return err
		}
		if freed := without(r.Sensitive, next.Sensitive); len(freed) > 0 && len(without(freed, next.Permissions)) < len(freed) {
			if err := s.guard.MayFree(ctx); err != nil { // of a permission that stays
				return err
			}
		}
		before := r
		if r.Fields = next; before.same(next) {
			return errUnchanged
		}
		r.UpdatedAt = store.Now()
		if err := update(ctx, tx, r); err != nil {
			return fmt.Errorf("change role %s: %w", id, err)
		}
		r.Version++
		return s.record(ctx, tx, r, audit.Event{Action: "role.update", Before: before.record(), After: r.record()})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Role{}, s.refused(ctx, "role.update", r, err)
	}
	return r, nil
}

// Delete removes a role and the grants of it. confirm is its name, percent-encoded; check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id, confirm string, check func(Role) error) error {
	if err := s.guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role", ID: id}); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		r, err := Lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if r.System {
			return errSystem
		}
		if err := check(r); err != nil {
			return err
		}
		if name, err := url.PathUnescape(confirm); err != nil || name != r.Name {
			return errConfirm
		}
		if err := s.deleting(ctx, tx, r); err != nil {
			return fmt.Errorf("delete the grants of role %s: %w", id, err)
		}
		if err := remove(ctx, tx, r.OrgID, id); err != nil {
			return fmt.Errorf("delete role %s: %w", id, err)
		}
		return s.record(ctx, tx, r, audit.Event{Action: "role.delete", Before: r.record()})
	})
}
