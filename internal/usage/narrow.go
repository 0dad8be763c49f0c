package usage

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

var (
	errWider      = fault.Field("/permissions", "usage.not_narrower", "Grants move to a role that holds some of what the old one holds, and nothing else.")
	errSame       = fault.Field("/permissions", "usage.same_role", "This role holds all that the old one holds. Leave something out.")
	errFreed      = fault.Field("/sensitive_permissions", "usage.fewer_approvals", "What takes an approval by the old role takes one by a narrower role too.")
	errSubjectFor = fault.Field("/subject/type", "grant.subject_unknown", "There is no such technician or team, or you may not see it.")
)

// Narrowed is a role that grants of a wider one move to.
type Narrowed struct {
	Fields role.Fields // the purpose is that of the old role
	Of     *grant.Subject
	Shown  []string // the ids of the grants that move, as they were looked at
}

// Narrow makes a role that holds less than another one, and moves grants to it in the same step, so that those who have them lose just what the new role
// lacks (ACC-20). check may refuse the old role as it is. It takes both rights: to make roles, and to give them.
func (s *Service) Narrow(ctx context.Context, roleID string, want Narrowed, check func(role.Role) error) (made role.Role, moved int, err error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant"}); err != nil {
		return made, 0, err
	}
	if of := want.Of; of != nil && of.Type != grant.Technician && of.Type != grant.Team {
		return made, 0, errSubjectFor
	}
	old, err := s.roles.Find(ctx, roleID)
	if err != nil {
		return made, 0, fmt.Errorf("find the wider role: %w", err)
	}
	want.Fields.Purpose = old.Purpose
	if made, err = s.roles.Draft(ctx, want.Fields); err != nil {
		return role.Role{}, 0, err
	}
	moved, err = s.grants.Move(ctx, grant.Move{RoleID: roleID, Of: want.Of, Shown: want.Shown}, func(tx *store.Tx, old role.Role) (role.Role, error) {
		if err := check(old); err != nil {
			return made, err
		}
		if err := narrower(made, old); err != nil {
			return made, err
		}
		return made, s.roles.AddIn(ctx, tx, made)
	})
	return made, moved, err
}

// narrower settles that a role gives part of what another one gives, and nothing with fewer approvals.
func narrower(r, old role.Role) error {
	has, had := perm.BitsOf(r.Permissions...), perm.BitsOf(old.Permissions...)
	asks, asked := perm.BitsOf(r.Sensitive...), perm.BitsOf(old.Sensitive...)
	switch {
	case len(has.Without(had).Permissions()) > 0:
		return errWider
	case len(asked.And(has).Without(asks).Permissions()) > 0:
		return errFreed
	case len(had.Without(has).Permissions()) == 0 && len(asks.Without(asked).Permissions()) == 0:
		return errSame
	}
	return nil
}
