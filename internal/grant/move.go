package grant

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// maxMoved is how many grants move to another role at once.
const maxMoved = 500

// Move says which grants of a role another role takes over.
type Move struct {
	RoleID string
	Of     *Subject // nil for everybody's
	Shown  []string // the ids of exactly those, as they were looked at
}

// Move puts grants of another role in place of those of one, for the same subjects, scopes and times and with the same reasons; all of them, or none. with
// gets the old role, locked, and returns the other one. Grants that are over stay what they were. Somebody else's change since they were looked at refuses
// it, so that nobody's rights are changed unseen. Whoever does it may give and take each of them (ACC-12).
func (s *Service) Move(ctx context.Context, m Move, with func(tx *store.Tx, old role.Role) (role.Role, error)) (moved int, err error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant"}); err != nil {
		return 0, err
	}
	if len(m.Shown) == 0 {
		return 0, errNoMoves
	}
	org, targets := access.ActorFrom(ctx).OrgID, []audit.Target{{Type: "role", ID: m.RoleID}}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := lock(ctx, tx, org); err != nil {
			return err
		}
		old, err := role.Lock(ctx, tx, org, m.RoleID)
		if err != nil {
			return err
		}
		targets[0].Name = old.Name
		to, err := with(tx, old)
		if err != nil {
			return err
		}
		all, err := m.chosen(ctx, tx, org)
		if err != nil {
			return err
		}
		for _, g := range all {
			if err := s.moveOne(ctx, tx, g, to); err != nil {
				return err
			}
		}
		moved = len(all)
		return nil
	})
	if err != nil {
		return 0, s.refused(ctx, "grant.create", targets, err)
	}
	return moved, nil
}

// chosen are the grants that move. They are refused if they are not those that were looked at.
func (m Move) chosen(ctx context.Context, tx *store.Tx, org string) ([]Grant, error) {
	all, err := liveOf(ctx, tx, org, m, store.Now(), maxMoved+1)
	switch {
	case err != nil:
		return nil, err
	case len(all) > maxMoved:
		return nil, errMoves
	}
	ids := make([]string, len(all))
	for i, g := range all {
		ids[i] = g.ID
	}
	shown := slices.Clone(m.Shown)
	slices.Sort(shown)
	slices.Sort(ids)
	if !slices.Equal(slices.Compact(shown), ids) {
		return nil, errStale
	}
	return all, nil
}

func (s *Service) moveOne(ctx context.Context, tx *store.Tx, g Grant, to role.Role) (err error) {
	if g.Subject, err = s.mayChange(ctx, tx, g.Subject); err != nil {
		return err
	}
	actor, now, ahead := access.ActorFrom(ctx), store.Now(), g.Times
	if !ahead.NotBefore.After(now) {
		ahead.NotBefore = time.Time{} // it gives nothing before now
	}
	if err := s.mayGiveAsking(ctx, to.Permissions, to.Sensitive, g.Scope.Target, ahead); err != nil {
		return err
	}
	if err := s.take(ctx, tx, g); err != nil {
		return err
	}
	g.ID, g.Role, g.CreatedBy, g.CreatedAt = id.New(), Thing{to.ID, to.Name}, Thing{actor.ID, actor.Name}, now
	if err := insert(ctx, tx, g); err != nil {
		return fmt.Errorf("move a grant to role %s: %w", to.ID, err)
	}
	return s.record(ctx, tx, g, audit.Event{Action: "grant.create", After: g.record()})
}
