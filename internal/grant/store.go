package grant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/store"
)

// What names a scope, of a grant or an override.
const (
	scopeColumns = `g.scope_type, coalesce(g.customer_id, g.group_id, g.device_id, ''), coalesce(c.name, dg.name, d.name, ''),
		coalesce(g.customer_id, dg.customer_id, d.customer_id, '')`
	scopeJoins = `
		left join team m on m.org_id = g.org_id and m.id = g.team_id
		left join customer c on c.org_id = g.org_id and c.id = g.customer_id
		left join device_group dg on dg.org_id = g.org_id and dg.id = g.group_id
		left join device d on d.org_id = g.org_id and d.id = g.device_id`
)

const (
	columns = `g.org_id, g.id, coalesce(g.technician_id, ''), coalesce(g.team_id, ''), coalesce(t.display_name, m.name, ''), g.role_id, r.name, r.purpose, ` +
		scopeColumns + `, g.not_before, g.expires_at, g.reason, g.created_by, coalesce(b.display_name, ''), g.created_at`
	from = ` from grant_role g join role r on r.org_id = g.org_id and r.id = g.role_id
		left join technician t on t.org_id = g.org_id and t.id = g.technician_id
		left join technician b on b.org_id = g.org_id and b.id = g.created_by` + scopeJoins
)

func (g *Grant) scan(scan func(...any) error, more ...any) error {
	var technicianID, teamID string
	err := scan(append([]any{
		&g.OrgID, &g.ID, &technicianID, &teamID, &g.Subject.Name, &g.Role.ID, &g.Role.Name, &g.Purpose, &g.Scope.Type, &g.Scope.ID, &g.Scope.Name,
		&g.Scope.CustomerID, (*store.Time)(&g.NotBefore), (*store.Time)(&g.ExpiresAt), &g.Reason, &g.CreatedBy.ID, &g.CreatedBy.Name,
		(*store.Time)(&g.CreatedAt),
	}, more...)...)
	if g.Subject.Type, g.Subject.ID = Technician, technicianID; teamID != "" {
		g.Subject.Type, g.Subject.ID = Team, teamID
	}
	return err
}

// ByID finds one grant.
func ByID(ctx context.Context, q store.Querier, org, id string) (g Grant, err error) {
	err = g.scan(q.QueryRowContext(ctx, `select `+columns+from+` where g.org_id = $1 and g.id = $2`, org, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Grant{}, ErrNotFound
	}
	if err != nil {
		return Grant{}, fmt.Errorf("find grant %s: %w", id, err)
	}
	return g, nil
}

// lock makes those wait who want to change other grants, overrides or defaults.
func lock(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `
		insert into grant_lock (org_id, taken) values ($1, 1) on conflict (org_id) do update set taken = grant_lock.taken + 1`, org)
	if err != nil {
		return fmt.Errorf("lock the grants: %w", err)
	}
	return nil
}

// column is where the id of a subject stands.
func (s Subject) column() string {
	if s.Type == Team {
		return "team_id"
	}
	return "technician_id"
}

func count(ctx context.Context, q store.Querier, org string, subject Subject) (n int, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add(subject.column()+" = ?", subject.ID)
	if err = q.QueryRowContext(ctx, `select count(*) from grant_role`+w.SQL(), w.Args()...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the grants of %s: %w", subject.ID, err)
	}
	return n, nil
}

// timesOf are the times of the grants that give the same role on the same scope to the same subject.
func timesOf(ctx context.Context, q store.Querier, g Grant) (all []Times, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", g.OrgID)
	w.Add(g.Subject.column()+" = ?", g.Subject.ID)
	w.Add("role_id = ?", g.Role.ID)
	w.Add("scope_type = ?", string(g.Scope.Type))
	w.Add("coalesce(customer_id, group_id, device_id, '') = ?", g.Scope.ID)
	rows, err := q.QueryContext(ctx, `select not_before, expires_at from grant_role`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list like grants: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Times
		if err := rows.Scan((*store.Time)(&t.NotBefore), (*store.Time)(&t.ExpiresAt)); err != nil {
			return nil, fmt.Errorf("list like grants: %w", err)
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// ofRole are all grants of a role.
func ofRole(ctx context.Context, q store.Querier, org, roleID string) (all []Grant, err error) {
	rows, err := q.QueryContext(ctx, `select `+columns+from+` where g.org_id = $1 and g.role_id = $2 order by g.created_at, g.id`, org, roleID)
	if err != nil {
		return nil, fmt.Errorf("list the grants of role %s: %w", roleID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var g Grant
		if err := g.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("list the grants of role %s: %w", roleID, err)
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

// liveOf are the first of the grants of a role, of everybody or of one subject, that are not over.
func liveOf(ctx context.Context, q store.Querier, org string, m Move, now time.Time, most int) (all []Grant, err error) {
	w := &store.Where{}
	w.Add("g.org_id = ?", org)
	w.Add("g.role_id = ?", m.RoleID)
	w.Add("(g.expires_at is null or g.expires_at > ?)", store.Time(now))
	if m.Of != nil {
		w.Add("g."+m.Of.column()+" = ?", m.Of.ID)
	}
	rows, err := q.QueryContext(ctx, `select `+columns+from+w.SQL()+` order by g.created_at, g.id limit `+w.Arg(most), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the live grants of role %s: %w", m.RoleID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var g Grant
		if err := g.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("list the live grants of role %s: %w", m.RoleID, err)
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

// reaches says whether what a subject has reaches a technician: it is theirs, or that of a team that they belong to.
func reaches(ctx context.Context, q store.Querier, org string, subject Subject, technicianID string) (ok bool, err error) {
	if subject.Type == Technician {
		return subject.ID == technicianID, nil
	}
	err = q.QueryRowContext(ctx, `
		select exists (select 1 from team_member where org_id = $1 and team_id = $2 and technician_id = $3)`, org, subject.ID, technicianID).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("look for %s in team %s: %w", technicianID, subject.ID, err)
	}
	return ok, nil
}

// reaching narrows to what a technician has, with what comes from their teams.
func reaching(w *store.Where, org, technicianID string) {
	w.Add(`(g.technician_id = ? or g.team_id in (select team_id from team_member where org_id = ? and technician_id = ?))`, technicianID, org, technicianID)
}

func list(ctx context.Context, q store.Querier, org, only string, want Query) (found []Grant, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "-created_at", map[string]store.SortColumn{
		"created_at": {Expression: "g.created_at", Tie: "g.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("g.org_id = ?", org)
	if only != "" {
		reaching(w, org, only)
	}
	switch {
	case want.TechnicianID != "" && want.Inherited:
		reaching(w, org, want.TechnicianID)
	case want.TechnicianID != "":
		w.Add("g.technician_id = ?", want.TechnicianID)
	}
	if want.TeamID != "" {
		w.Add("g.team_id = ?", want.TeamID)
	}
	if want.RoleID != "" {
		w.Add("g.role_id = ?", want.RoleID)
	}
	if want.CustomerID != "" {
		w.Add("(g.customer_id = ? or dg.customer_id = ? or d.customer_id = ?)", want.CustomerID, want.CustomerID, want.CustomerID)
	}
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `select `+columns+`, `+order.Column()+from+w.SQL()+order.SQL()+` limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list grants: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var g Grant
		var key any
		if err := g.scan(rows.Scan, &key); err != nil {
			return nil, "", fmt.Errorf("list grants: %w", err)
		}
		if len(found) == want.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, g), order.Cursor(key, g.ID)
	}
	return found, "", rows.Err()
}

// place are the values of the three columns, one of which holds a scope's id.
func place(on engine.Target) (customerID, groupID, deviceID any) {
	switch on.Type {
	case engine.Customer:
		return on.ID, nil, nil
	case engine.DeviceGroup:
		return nil, on.ID, nil
	case engine.Device:
		return nil, nil, on.ID
	case engine.AllDevices, engine.AllCustomers, engine.Organization, engine.QuickSupport:
	}
	return nil, nil, nil
}

// who are the values of the two columns, one of which holds a subject's id.
func (s Subject) who() (technicianID, teamID any) {
	if s.Type == Team {
		return nil, s.ID
	}
	return s.ID, nil
}

func insert(ctx context.Context, tx *store.Tx, g Grant) error {
	technicianID, teamID := g.Subject.who()
	customerID, groupID, deviceID := place(g.Scope.Target)
	_, err := tx.ExecContext(ctx, `
		insert into grant_role (org_id, id, technician_id, team_id, role_id, scope_type, customer_id, group_id, device_id, not_before, expires_at, reason,
			created_by, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		g.OrgID, g.ID, technicianID, teamID, g.Role.ID, string(g.Scope.Type), customerID, groupID, deviceID, store.Time(g.NotBefore), store.Time(g.ExpiresAt),
		g.Reason, g.CreatedBy.ID, store.Time(g.CreatedAt))
	if store.IsConflict(err) {
		return errScope // or the subject: one of them was deleted a moment ago
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from grant_role where org_id = $1 and id = $2`, org, id))
	if err == nil && !ok {
		return ErrNotFound
	}
	return err
}
