package technician

import (
	"context"
	"strings"
	"unicode"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// sameRole says whether both have the same platform role, that of the organization too.
func (f Fields) sameRole(o Fields) bool {
	return f.PlatformRole == o.PlatformRole && f.OwnRoleID == o.OwnRoleID
}

// on takes the organization's own platform role away with the one that it is based on: who gets another of the four, and nothing is said of the
// organization's own, has what comes with that.
func (f Fields) on(before Fields) Fields {
	if f.PlatformRole != before.PlatformRole && f.OwnRoleID == before.OwnRoleID {
		f.OwnRoleID = ""
	}
	return f
}

// mayHave settles whether the actor may give somebody the platform role that fields name (ACC-12).
func (s *Service) mayHave(ctx context.Context, f Fields) error {
	if f.OwnRoleID != "" {
		return s.mayGrantOwn(ctx, f)
	}
	return s.mayGrant(ctx, f.PlatformRole)
}

// mayMove settles whether the actor may give somebody who has one platform role another.
func (s *Service) mayMove(ctx context.Context, before, next Fields) error {
	if err := s.mayHave(ctx, next); err != nil {
		return err
	}
	if before.PlatformRole == next.PlatformRole && next.OwnRoleID == "" { // what comes with theirs may be more than the organization's own was
		return s.askOwnRole(ctx, next)
	}
	return nil
}

// mayGrantOwn settles whether the actor may hand out a platform role of the organization. The limits and approvals of the one that it is based on come
// with it, so that nobody gives one that stands above theirs.
func (s *Service) mayGrantOwn(ctx context.Context, f Fields) error {
	if actor := access.ActorFrom(ctx); actor.Kind != access.SystemKind && !actor.Owner && rank(actor.Role) < rank(f.PlatformRole) {
		return errCeiling
	}
	return s.askOwnRole(ctx, f)
}

func (s *Service) askOwnRole(ctx context.Context, f Fields) error {
	if s.hooks.MayGiveOwnRole == nil {
		return errOwnRole
	}
	return ownRoleError(s.hooks.MayGiveOwnRole(ctx, f.PlatformRole, f.OwnRoleID))
}

func (s *Service) giveOwnRole(ctx context.Context, tx *store.Tx, t *Technician) (err error) {
	if s.hooks.GiveOwnRole == nil {
		return errOwnRole
	}
	t.OwnRole, err = s.hooks.GiveOwnRole(ctx, tx, *t)
	return ownRoleError(err)
}

// ownRoleError answers one that is not there at its field.
func ownRoleError(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errOwnRole
	}
	return err
}

// Renew is called by whoever gave a technician something that others have loaded with them: it is no longer current.
func Renew(ctx context.Context, tx *store.Tx, org, id string) error {
	return bump(ctx, tx, org, []string{id}, store.Now())
}

// RoleNamed reads one of the four platform roles as people and exports write it.
func RoleNamed(text string) (perm.Role, bool) {
	words := strings.FieldsFunc(store.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	key := strings.Join(words, "_")
	for name, r := range map[string]perm.Role{
		"admin": perm.Administrator, "administrateur": perm.Administrator, "gestionnaire": perm.Manager, "responsable": perm.Manager, //nolint:misspell // French
		"technicien": perm.Technician, "readonly": perm.ReadOnly, "lecture_seule": perm.ReadOnly, //nolint:misspell // French
	} {
		if key == name {
			return r, true
		}
	}
	r := perm.Role(key)
	return r, r.Valid()
}

// roleText is a platform role as RoleNamed and imports know it again: one of the organization that is called like one of the four by its id.
func (t Technician) roleText() string {
	if t.OwnRoleID == "" {
		return string(t.PlatformRole)
	}
	if _, four := RoleNamed(t.OwnRole); four {
		return t.OwnRoleID
	}
	return t.OwnRole
}
