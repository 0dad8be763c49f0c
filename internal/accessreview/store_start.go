package accessreview

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/store"
)

// shot is a right as it is, with what is in it.
type shot struct {
	Item
	permissions []perm.Permission
}

// rights are those that a review is about: everything in its scope that gives something now or later. A platform role counts on no customer of its own, so a
// review of some customers leaves it out.
func rights(ctx context.Context, q store.Querier, r Review, now time.Time) (found []shot, err error) {
	for _, read := range []func(context.Context, store.Querier, Review, time.Time) ([]shot, error){grants, overrides, platformRoles} {
		some, err := read(ctx, q, r, now)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

const (
	subjectColumns = `coalesce(g.technician_id, ''), coalesce(g.team_id, ''), coalesce(t.display_name, m.name, ''), coalesce(t.sort_name, m.name_key, '')`
	placeColumns   = `g.scope_type, coalesce(g.customer_id, g.group_id, g.device_id, ''), coalesce(c.name, dg.name, d.name, ''),
		coalesce(g.customer_id, dg.customer_id, d.customer_id, ''), g.not_before, g.expires_at, g.created_by, coalesce(b.display_name, ''), g.created_at`
	shotJoins = `
		left join technician t on t.org_id = g.org_id and t.id = g.technician_id
		left join team m on m.org_id = g.org_id and m.id = g.team_id
		left join technician b on b.org_id = g.org_id and b.id = g.created_by
		left join customer c on c.org_id = g.org_id and c.id = g.customer_id
		left join device_group dg on dg.org_id = g.org_id and dg.id = g.group_id
		left join device d on d.org_id = g.org_id and d.id = g.device_id`
)

// given are the conditions on grants or overrides g that a review is about.
func given(r Review, now time.Time) *store.Where {
	w := &store.Where{}
	w.Add("g.org_id = ?", r.OrgID)
	w.Add("(g.expires_at is null or g.expires_at > ?)", store.Time(now))
	r.Scope.narrowed(w, r.OrgID)
	return w
}

// grants are those of roles.
func grants(ctx context.Context, q store.Querier, r Review, now time.Time) (found []shot, err error) {
	w := given(r, now)
	rows, err := q.QueryContext(ctx, `
		select g.id, `+subjectColumns+`, ro.id, ro.name, ro.version, ro.purpose, ro.permissions, `+placeColumns+`
		from grant_role g join role ro on ro.org_id = g.org_id and ro.id = g.role_id`+shotJoins+w.SQL()+` limit `+strconv.Itoa(maxItems+1), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the grants to review: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		one := shot{Item: Item{ReviewID: r.ID, Kind: OfRole}}
		var permissions store.JSON[[]perm.Permission]
		err := one.read(rows.Scan, &one.Role.ID, &one.Role.Name, &one.roleVersion, &one.Purpose, &permissions)
		if err != nil {
			return nil, fmt.Errorf("list the grants to review: %w", err)
		}
		one.permissions = permissions.V
		found = append(found, one)
	}
	return found, rows.Err()
}

// overrides are those that allow something. A deny gives nobody anything, and to take one away would.
func overrides(ctx context.Context, q store.Querier, r Review, now time.Time) (found []shot, err error) {
	w := given(r, now)
	w.Add("g.effect = ?", string(grant.Allow))
	rows, err := q.QueryContext(ctx, `
		select g.id, `+subjectColumns+`, g.permission, `+placeColumns+`
		from grant_override g`+shotJoins+w.SQL()+` limit `+strconv.Itoa(maxItems+1), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the overrides to review: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		one := shot{Item: Item{ReviewID: r.ID, Kind: OfOverride}}
		if err := one.read(rows.Scan, &one.Role.ID); err != nil {
			return nil, fmt.Errorf("list the overrides to review: %w", err)
		}
		p := perm.Permission(one.Role.ID)
		e, _ := perm.Find(p)
		one.Role.Name, one.Purpose = one.Role.ID, e.Purpose
		one.permissions = []perm.Permission{p}
		found = append(found, one)
	}
	return found, rows.Err()
}

// read reads one row of grants or overrides; what is its own stands in the middle.
func (s *shot) read(scan func(...any) error, own ...any) error {
	var technicianID, teamID, key string
	all := slices.Concat([]any{&s.GrantID, &technicianID, &teamID, &s.Subject.Name, &key}, own, []any{
		&s.Scope.Type, &s.Scope.ID, &s.Scope.Name, &s.Scope.CustomerID, (*store.Time)(&s.NotBefore), (*store.Time)(&s.ExpiresAt), &s.GrantedBy.ID,
		&s.GrantedBy.Name, (*store.Time)(&s.GrantedAt),
	})
	if err := scan(all...); err != nil {
		return err
	}
	s.Subject.Type, s.Subject.ID = grant.Technician, technicianID
	if teamID != "" {
		s.Subject.Type, s.Subject.ID = grant.Team, teamID
	}
	s.placed(key)
	return nil
}

// placed puts the same people together, also where two have one name, and of each the platform role first.
func (s *shot) placed(key string) {
	order := map[Kind]string{OfPlatformRole: "0", OfRole: "1", OfOverride: "2"}
	s.place = key + " " + s.Subject.ID + " " + order[s.Kind]
}

// platformRoles are what people have by their platform role, or by the organization's own one that stands for it.
func platformRoles(ctx context.Context, q store.Querier, r Review, _ time.Time) (found []shot, err error) {
	if len(r.Scope.CustomerIDs) > 0 {
		return nil, nil
	}
	w := &store.Where{}
	w.Add("pt.org_id = ?", r.OrgID)
	if ids := r.Scope.TeamIDs; len(ids) > 0 {
		w.Add("pt.id in (select technician_id from team_member where org_id = ? and team_id in ("+marks(len(ids))+"))", slices.Concat([]any{r.OrgID}, values(ids))...)
	}
	rows, err := q.QueryContext(ctx, `
		select pt.id, pt.display_name, pt.sort_name, pt.platform_role, pt.created_at, `+platformNow+`, coalesce(pr.name, ''), coalesce(pr.version, 0), coalesce(pr.permissions, '[]')
		from technician pt
		left join platformrole_technician px on px.org_id = pt.org_id and px.technician_id = pt.id
		left join platformrole pr on pr.org_id = px.org_id and pr.id = px.platformrole_id and pr.based_on = pt.platform_role`+w.SQL()+` limit `+strconv.Itoa(maxItems+1), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the platform roles to review: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		one := shot{Item: Item{ReviewID: r.ID, Kind: OfPlatformRole, Purpose: perm.Administration}}
		var key string
		var base perm.Role
		var permissions store.JSON[[]perm.Permission]
		if err := rows.Scan(&one.GrantID, &one.Subject.Name, &key, &base, (*store.Time)(&one.GrantedAt), &one.Role.ID, &one.Role.Name, &one.roleVersion, &permissions); err != nil {
			return nil, fmt.Errorf("list the platform roles to review: %w", err)
		}
		one.Subject.Type, one.Subject.ID, one.Scope.Type = grant.Technician, one.GrantID, engine.Organization
		switch {
		case one.Role.ID == ownerRole:
			one.Role.Name, one.permissions = "", perm.All().Permissions()
		case one.Role.Name != "":
			one.permissions = permissions.V
		default:
			one.permissions = base.Base().Permissions()
		}
		one.placed(key)
		found = append(found, one)
	}
	return found, rows.Err()
}

// narrowed adds to the conditions on grants or overrides g what a scope is about.
func (s Scope) narrowed(w *store.Where, org string) {
	if len(s.TeamIDs) > 0 {
		w.Add("(g.team_id in ("+marks(len(s.TeamIDs))+") or g.technician_id in (select technician_id from team_member where org_id = ? and team_id in ("+marks(len(s.TeamIDs))+")))",
			slices.Concat(values(s.TeamIDs), []any{org}, values(s.TeamIDs))...)
	}
	if len(s.CustomerIDs) > 0 {
		w.In("coalesce(g.customer_id, dg.customer_id, d.customer_id, '')", s.CustomerIDs)
	}
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func values(ids []string) (out []any) {
	for _, id := range ids {
		out = append(out, id)
	}
	return out
}

// keepItems writes what a review begins with.
func keepItems(ctx context.Context, tx *store.Tx, org string, found []shot) error {
	const width, batch = 23, 40
	for part := range slices.Chunk(found, batch) {
		var b strings.Builder
		args := make([]any, 0, width*len(part))
		for n, i := range part {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(")
			for range width {
				args = append(args, nil)
				fmt.Fprintf(&b, "$%d, ", len(args))
			}
			b.WriteString("'', false, '', '', '', '', '', 1)")
			copy(args[n*width:], []any{
				org, i.ReviewID, i.Kind, i.GrantID, i.Subject.Type, i.Subject.ID, i.Subject.Name, i.place, i.Role.ID, i.Role.Name, i.roleVersion, i.Purpose, i.Scope.Type,
				i.Scope.ID, i.Scope.Name, i.Scope.CustomerID, store.Time(i.NotBefore), store.Time(i.ExpiresAt), i.GrantedBy.ID, i.GrantedBy.Name,
				store.Time(i.GrantedAt), i.UseKnown, store.Time(i.UsedAt),
			})
		}
		_, err := tx.ExecContext(ctx, `
			insert into accessreview_item (org_id, review_id, kind, grant_id, subject_type, subject_id, subject_name, place, role_id, role_name, role_version, purpose,
				scope_type, scope_id, scope_name, customer_id, not_before, expires_at, granted_by, granted_name, granted_at, use_known, used_at,
				answer, automatic, reason, comment, answered_by, answered_name, after_answer, version)
			values `+b.String(), args...)
		if err != nil {
			return fmt.Errorf("keep the grants of a review: %w", err)
		}
	}
	return nil
}

// people are those whom rights reach, by team and by themselves: whose use is asked for.
func people(ctx context.Context, q store.Querier, org string, found []shot) (ids []string, members map[string][]string, err error) {
	members = map[string][]string{}
	for _, one := range found {
		if one.Subject.Type == grant.Team {
			members[one.Subject.ID] = nil
		} else {
			ids = append(ids, one.Subject.ID)
		}
	}
	rows, err := q.QueryContext(ctx, `select team_id, technician_id from team_member where org_id = $1`, org)
	if err != nil {
		return nil, nil, fmt.Errorf("list whose access is reviewed: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var team, id string
		if err := rows.Scan(&team, &id); err != nil {
			return nil, nil, fmt.Errorf("list whose access is reviewed: %w", err)
		}
		if _, ok := members[team]; ok {
			ids, members[team] = append(ids, id), append(members[team], id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), members, rows.Err()
}
