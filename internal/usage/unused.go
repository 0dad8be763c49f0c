package usage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Right is a permission that roles give and nobody asked about has used for a while.
type Right struct {
	Permission perm.Permission
	Roles      []Named   // that give it, of a person's
	LastUsed   time.Time // zero for never within the record
	LastAsked  time.Time // when another program last asked whether they may; zero for never
	HeldSince  time.Time // when it was first given, of what counts now; zero if that is not known
}

// Person is a technician with rights that they do not use.
type Person struct {
	Named

	Held   int // permissions that roles give them
	Unused []Right
}

// Query narrows what is looked for.
type Query struct {
	Days         int    // for how long it was not used
	TechnicianID string // "" for everybody
	RoleID       string // "" for all roles
	store.Page
}

// chunk is how many technicians are looked at together.
const chunk = 200

// People are the active technicians with permissions that roles give them and that they have not used for some days, by name. It is for those who manage
// technicians or roles.
func (s *Service) People(ctx context.Context, q Query) (out []Person, next string, err error) {
	v, err := s.look(ctx, q)
	if err != nil {
		return nil, "", err
	}
	order, err := store.ParseOrder("", "name", map[string]store.SortColumn{"name": {Expression: "sort_name", Tie: "id"}})
	if err != nil {
		return nil, "", err
	}
	for cursor, previous := q.Cursor, ""; ; {
		some, err := people(ctx, s.db.Read(), v.org, q.TechnicianID, order, cursor, chunk)
		if err != nil {
			return nil, "", err
		}
		found, err := s.unusedBy(ctx, v, some, q.RoleID)
		if err != nil {
			return nil, "", err
		}
		for i, p := range found {
			if len(p.Unused) == 0 {
				continue
			}
			if len(out) == q.Limit {
				return out, previous, nil
			}
			out, previous = append(out, p), order.Cursor(some[i].key, p.ID)
		}
		if len(some) < chunk {
			return out, "", nil
		}
		cursor = order.Cursor(some[len(some)-1].key, some[len(some)-1].ID)
	}
}

// view is what every answer about unused rights needs.
type view struct {
	org    string
	now    time.Time
	before time.Time // what was used since is used
	e      *engine.Engine
	roles  []aRole
	byID   map[string]*aRole
}

func (s *Service) look(ctx context.Context, q Query) (v view, err error) {
	if err := s.mayLook(ctx); err != nil {
		return v, err
	}
	v.org, v.now = access.ActorFrom(ctx).OrgID, store.Now()
	v.before = v.now.AddDate(0, 0, -q.Days)
	if v.roles, err = allRoles(ctx, s.db.Read(), v.org); err != nil {
		return v, err
	}
	v.byID = make(map[string]*aRole, len(v.roles))
	for i := range v.roles {
		v.byID[v.roles[i].ID] = &v.roles[i]
	}
	if q.RoleID != "" && v.byID[q.RoleID] == nil {
		return v, errRole
	}
	if q.TechnicianID != "" {
		if ok, err := isTechnician(ctx, s.db.Read(), v.org, q.TechnicianID); err != nil {
			return v, fmt.Errorf("find technician %s: %w", q.TechnicianID, err)
		} else if !ok {
			return v, errTechnician
		}
	}
	if v.e, err = s.engines.Engine(ctx, v.org); err != nil {
		return v, fmt.Errorf("get the engine: %w", err)
	}
	return v, nil
}

// unusedBy says of each of some people what they do not use.
func (s *Service) unusedBy(ctx context.Context, v view, some []person, roleID string) ([]Person, error) {
	ids := make([]string, len(some))
	for i, p := range some {
		ids[i] = p.ID
	}
	lasts := make(map[string]map[perm.Permission]last, len(some))
	err := lastUses(ctx, s.db.Read(), v.org, ids, func(id string, p perm.Permission, l last) {
		if lasts[id] == nil {
			lasts[id] = map[perm.Permission]last{}
		}
		for _, q := range perm.BitsOf(p).Closed().Permissions() { // to use files on a device is to see it
			lasts[id][q] = lasts[id][q].or(l)
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]Person, len(some))
	for i, p := range some {
		out[i] = v.unused(p, v.e.Given(v.now, p.ID), lasts[p.ID], roleID)
	}
	return out, nil
}

func (v view) unused(p person, roles []engine.Given, uses map[perm.Permission]last, roleID string) Person {
	out, held := Person{Named: p.Named}, perm.Bits{}
	for _, g := range roles {
		if roleID == "" || g.Role.String() == roleID {
			held = held.Or(g.Gives)
		}
	}
	for _, name := range held.Permissions() {
		out.Held++
		l := uses[name]
		if !l.used.Before(v.before) {
			continue
		}
		r := Right{Permission: name, LastUsed: l.used, LastAsked: l.asked}
		for i, g := range roles {
			if !g.Gives.Any(perm.BitsOf(name)) {
				continue
			}
			r.Roles = append(r.Roles, v.named(g.Role.String()))
			if i == 0 || r.HeldSince.IsZero() || g.Since.Before(r.HeldSince) {
				r.HeldSince = g.Since
			}
		}
		out.Unused = append(out.Unused, r)
	}
	return out
}

func (v view) named(roleID string) Named {
	if r := v.byID[roleID]; r != nil {
		return r.Named
	}
	return Named{ID: roleID}
}

// OfRole is a role with permissions that none of those who have it use.
type OfRole struct {
	Named

	Purpose perm.Purpose
	Held    int // permissions in it
	Holders int // active technicians who have it, themselves or by way of a team
	Unused  []Right
}

// Roles are the roles that somebody has and of which nobody has used some permissions for some days, by name. Whoever has a permission by two roles and uses
// it uses both. It is for those who manage technicians or roles.
func (s *Service) Roles(ctx context.Context, q Query) (out []OfRole, next string, err error) {
	v, err := s.look(ctx, q)
	if err != nil {
		return nil, "", err
	}
	found, err := s.byRole(ctx, v)
	if err != nil {
		return nil, "", err
	}
	after := []string{"", ""}
	if q.Cursor != "" {
		if after, err = store.ParseCursor(q.Cursor, 2); err != nil {
			return nil, "", err
		}
	}
	last := ""
	for _, r := range v.roles {
		u := found[r.ID]
		if u == nil || q.RoleID != "" && r.ID != q.RoleID || q.Cursor != "" && slices.Compare([]string{r.key, r.ID}, after) <= 0 {
			continue
		}
		one := OfRole{Named: r.Named, Purpose: r.purpose, Held: len(r.permissions), Holders: u.holders}
		for _, p := range perm.BitsOf(r.permissions...).Permissions() {
			if l := u.lasts[p]; l.used.Before(v.before) {
				one.Unused = append(one.Unused, Right{Permission: p, LastUsed: l.used, LastAsked: l.asked, HeldSince: u.since})
			}
		}
		if len(one.Unused) == 0 {
			continue
		}
		if len(out) == q.Limit {
			return out, last, nil
		}
		out, last = append(out, one), store.Cursor(r.key, r.ID)
	}
	return out, "", nil
}

// use is what is done with a role.
type use struct {
	holders int
	since   time.Time // when somebody first got it, of those who have it
	lasts   map[perm.Permission]last
}

func (s *Service) byRole(ctx context.Context, v view) (map[string]*use, error) {
	type given struct {
		to    *use
		gives perm.Bits
	}
	found, of := map[string]*use{}, map[string][]given{}
	v.e.EachGiven(v.now, func(technician engine.ID, roles []engine.Given) {
		id := technician.String()
		for _, g := range roles {
			u := found[g.Role.String()]
			if u == nil {
				u = &use{since: g.Since, lasts: map[perm.Permission]last{}}
				found[g.Role.String()] = u
			}
			u.holders++
			if g.Since.Before(u.since) {
				u.since = g.Since
			}
			of[id] = append(of[id], given{u, g.Gives})
		}
	})
	err := lastUses(ctx, s.db.Read(), v.org, nil, func(id string, p perm.Permission, l last) {
		used := perm.BitsOf(p).Closed()
		for _, g := range of[id] {
			for _, name := range used.And(g.gives).Permissions() {
				g.to.lasts[name] = g.to.lasts[name].or(l)
			}
		}
	})
	return found, err
}
