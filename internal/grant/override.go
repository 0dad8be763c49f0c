package grant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// Effect says what an override does with its permission.
type Effect string

// The effects. A deny counts over every allow, also an administrator's (ACC-15).
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// Override allows or denies one permission on a scope (ACC-10).
type Override struct {
	ID         string
	Permission perm.Permission
	Effect     Effect
	Scope      Scope
	Times
	Via Thing // the team that passes it on; zero for one's own
}

// same says whether two overrides do the same.
func (o Override) same(p Override) bool {
	return o.Permission == p.Permission && o.Effect == p.Effect && o.Scope.Target == p.Scope.Target &&
		o.NotBefore.Equal(p.NotBefore) && o.ExpiresAt.Equal(p.ExpiresAt)
}

// Overrides are all of a subject, those of a technician's teams after their own.
type Overrides struct {
	List    []Override
	Version int64 // of the subject's own: another after every change
}

// SubjectObject finds a technician or team whose overrides are asked for; what the actor may not see is not there.
func (s *Service) SubjectObject(ctx context.Context, t SubjectType, id string) (access.Object, error) {
	actor, q := access.ActorFrom(ctx), s.db.Read()
	o, missing := access.Object{Type: string(t), ID: id}, error(technician.ErrNotFound)
	var err error
	if t == Team {
		missing = team.ErrNotFound
		_, err = team.ByID(ctx, q, actor.OrgID, id)
	} else {
		_, err = technician.ByID(ctx, q, actor.OrgID, id)
	}
	if err != nil || s.mayReadAll(ctx) {
		return o, err
	}
	mine, err := reaches(ctx, q, actor.OrgID, Subject{t, Thing{ID: id}}, actor.ID)
	if err == nil && !mine {
		err = missing
	}
	return o, err
}

// Overrides returns what departs from roles for a technician or team.
func (s *Service) Overrides(ctx context.Context, t SubjectType, id string) (Overrides, error) {
	if _, err := s.SubjectObject(ctx, t, id); err != nil {
		return Overrides{}, err
	}
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: string(t), ID: id}); err != nil {
		return Overrides{}, err
	}
	return s.overrides(ctx, s.db.Read(), Subject{t, Thing{ID: id}})
}

func (s *Service) overrides(ctx context.Context, q store.Querier, subject Subject) (all Overrides, err error) {
	org := access.ActorFrom(ctx).OrgID
	own, err := overridesOf(ctx, q, org, subject, false)
	if err != nil {
		return all, err
	}
	all = Overrides{own, versionOf(own)}
	if subject.Type == Technician {
		teams, err := overridesOf(ctx, q, org, subject, true)
		if err != nil {
			return all, err
		}
		all.List = append(all.List, teams...)
	}
	scopes := make([]*Scope, len(all.List))
	for i := range all.List {
		scopes[i] = &all.List[i].Scope
	}
	return all, s.unnamed(ctx, scopes)
}

// SetOverrides replaces all overrides of a technician's or team's own; check may refuse them as they are.
func (s *Service) SetOverrides(ctx context.Context, t SubjectType, id string, want []Override, check func(version int64) error) (Overrides, error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: string(t), ID: id}); err != nil {
		return Overrides{}, err
	}
	want, err := checkedOverrides(want)
	if err != nil {
		return Overrides{}, err
	}
	subject := Subject{t, Thing{ID: id}}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		org := access.ActorFrom(ctx).OrgID
		if err := lock(ctx, tx, org); err != nil {
			return err
		}
		if subject, err = s.mayChange(ctx, tx, subject); err != nil {
			return err
		}
		before, err := overridesOf(ctx, tx, org, subject, false)
		if err != nil {
			return err
		}
		if err := check(versionOf(before)); err != nil {
			return err
		}
		return s.replace(ctx, tx, subject, before, want)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Overrides{}, s.refused(ctx, "grant.override", []audit.Target{{Type: string(t), ID: id, Name: subject.Name}}, err)
	}
	return s.overrides(ctx, s.db.Read(), subject)
}

func (s *Service) replace(ctx context.Context, tx *store.Tx, subject Subject, before, want []Override) error {
	after, added, err := s.merged(ctx, before, want)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(added, func(o Override) bool { return o.Effect == Deny }) {
		if err := s.mayDeny(ctx, tx, subject); err != nil {
			return err
		}
	}
	var gone []Override
	for _, o := range before {
		if slices.ContainsFunc(after, o.same) {
			continue
		}
		gone = append(gone, o)
		if o.lifted(added) {
			if err := s.mayLift(ctx, tx, subject, o); err != nil {
				return err
			}
		}
	}
	if len(gone) == 0 && len(added) == 0 {
		return errUnchanged
	}
	return s.save(ctx, tx, subject, before, after, gone, added)
}

// save writes what changed about overrides, records it and tells the screens.
func (s *Service) save(ctx context.Context, tx *store.Tx, subject Subject, before, after, gone, added []Override) error {
	if err := saveOverrides(ctx, tx, subject, gone, added); err != nil {
		return err
	}
	err := s.audit.Record(ctx, tx, audit.Event{
		Action: "grant.override", Targets: []audit.Target{{Type: string(subject.Type), ID: subject.ID, Name: subject.Name}},
		Before: map[string]any{"overrides": words(before)}, After: map[string]any{"overrides": words(after)},
	})
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, subject)
}

// merged keeps of what was there before what is still wanted, and checks what is new.
func (s *Service) merged(ctx context.Context, before, want []Override) (after, added []Override, err error) {
	var form input.Form
	now := store.Now()
	for i, o := range want {
		if j := slices.IndexFunc(before, o.same); j >= 0 {
			after = append(after, before[j])
			continue
		}
		pointer := fmt.Sprintf("/overrides/%d", i)
		if o.checked(&form, pointer, now); form.Err() != nil {
			return nil, nil, form.Err()
		}
		if o.Scope, err = s.locate(ctx, o.Scope.Target, pointer+"/scope/id"); err != nil {
			return nil, nil, err
		}
		if o.Effect == Allow {
			if err := s.mayGive(ctx, perm.BitsOf(o.Permission).Closed().Permissions(), o.Scope.Target, o.Times); err != nil {
				return nil, nil, err
			}
		}
		o.ID = id.New()
		after, added = append(after, o), append(added, o)
	}
	return after, added, nil
}

// lifted says whether, with o gone, something is no longer denied that was, or would have been.
func (o Override) lifted(added []Override) bool {
	if o.Effect != Deny || o.StateAt(store.Now()) == Expired {
		return false
	}
	return !slices.ContainsFunc(added, func(n Override) bool {
		return n.Effect == Deny && n.Permission == o.Permission && n.Scope.Target == o.Scope.Target && n.covers(o.Times)
	})
}

func words(all []Override) []string {
	out := make([]string, len(all))
	for i, o := range all {
		out[i] = fmt.Sprintf("%s %s on %s", o.Effect, o.Permission, o.Scope.word())
		if !o.NotBefore.IsZero() {
			out[i] += " from " + written(o.NotBefore)
		}
		if !o.ExpiresAt.IsZero() {
			out[i] += " until " + written(o.ExpiresAt)
		}
	}
	return out
}

// versionOf is a number that changes with every change of a subject's overrides: each has an id of its own and never changes. It fits into what
// a browser can count to.
func versionOf(all []Override) int64 {
	ids := make([]string, len(all))
	for i, o := range all {
		ids[i] = o.ID
	}
	return digest(ids)
}

// checkedOverrides checks what can be checked without knowing what is there already.
func checkedOverrides(want []Override) ([]Override, error) {
	if len(want) > maxOverrides {
		return nil, fault.Field("/overrides", "grant.too_many_overrides", fmt.Sprintf("Nobody can have more than %d overrides. Use roles.", maxOverrides))
	}
	var form input.Form
	out := slices.Clone(want)
	for i, o := range out {
		pointer := fmt.Sprintf("/overrides/%d", i)
		out[i].Times = Times{exact(o.NotBefore), exact(o.ExpiresAt)}
		checkTarget(&form, pointer+"/scope", o.Scope.Target)
		if o.Effect != Allow && o.Effect != Deny {
			form.Refuse(pointer+"/effect", "Choose allow or deny.")
		}
		e, ok := perm.Find(o.Permission)
		switch {
		case !ok:
			form.Refuse(pointer+"/permission", "There is no such permission.")
		case o.Scope.Type != "" && !fits(e.Purpose, o.Scope.Type):
			form.Refuse(pointer+"/scope/type", misfit(e.Purpose))
		}
		if slices.ContainsFunc(out[:i], out[i].same) {
			form.Refuse(pointer, "This is in the list twice.")
		}
	}
	return out, form.Err()
}
