package grant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// digest makes one number of ids, whatever their order: 0 for none, and less than 2^48.
func digest(ids []string) int64 {
	if len(ids) == 0 {
		return 0
	}
	h := fnv.New64a()
	for _, id := range slices.Sorted(slices.Values(ids)) {
		_, _ = h.Write([]byte(id)) // never fails
	}
	return int64(h.Sum64()&(1<<48-1)) | 1
}

// overridesOf are those of a subject's own, or those of a technician's teams, in order of their making.
func overridesOf(ctx context.Context, q store.Querier, org string, subject Subject, ofTeams bool) (found []Override, err error) {
	w := &store.Where{}
	w.Add("g.org_id = ?", org)
	if ofTeams {
		w.Add("g.team_id in (select team_id from team_member where org_id = ? and technician_id = ?)", org, subject.ID)
	} else {
		w.Add("g."+subject.column()+" = ?", subject.ID)
	}
	rows, err := q.QueryContext(ctx, `
		select g.id, g.permission, g.effect, `+scopeColumns+`, g.not_before, g.expires_at, coalesce(g.team_id, ''), coalesce(m.name, '')
		from grant_override g`+scopeJoins+w.SQL()+` order by coalesce(m.name_key, ''), g.created_at, g.id`, w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the overrides of %s: %w", subject.ID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o Override
		err := rows.Scan(&o.ID, &o.Permission, &o.Effect, &o.Scope.Type, &o.Scope.ID, &o.Scope.Name, &o.Scope.CustomerID,
			(*store.Time)(&o.NotBefore), (*store.Time)(&o.ExpiresAt), &o.Via.ID, &o.Via.Name)
		if err != nil {
			return nil, fmt.Errorf("list the overrides of %s: %w", subject.ID, err)
		}
		if !ofTeams {
			o.Via = Thing{}
		}
		found = append(found, o)
	}
	return found, rows.Err()
}

// allowedTo is whose an override is that allows something.
func allowedTo(ctx context.Context, q store.Querier, org, id string) (Subject, error) {
	var technicianID, teamID string
	err := q.QueryRowContext(ctx, `select coalesce(technician_id, ''), coalesce(team_id, '') from grant_override where org_id = $1 and id = $2 and effect = $3`, org, id, string(Allow)).
		Scan(&technicianID, &teamID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Subject{}, ErrNotFound
	case err != nil:
		return Subject{}, fmt.Errorf("find override %s: %w", id, err)
	case teamID != "":
		return Subject{Team, Thing{ID: teamID}}, nil
	}
	return Subject{Technician, Thing{ID: technicianID}}, nil
}

func saveOverrides(ctx context.Context, tx *store.Tx, subject Subject, gone, added []Override) error {
	actor := access.ActorFrom(ctx)
	for _, o := range gone {
		if _, err := tx.ExecContext(ctx, `delete from grant_override where org_id = $1 and id = $2`, actor.OrgID, o.ID); err != nil {
			return fmt.Errorf("delete override %s: %w", o.ID, err)
		}
	}
	technicianID, teamID := subject.who()
	for _, o := range added {
		customerID, groupID, deviceID := place(o.Scope.Target)
		_, err := tx.ExecContext(ctx, `
			insert into grant_override (org_id, id, technician_id, team_id, effect, permission, scope_type, customer_id, group_id, device_id, not_before,
				expires_at, created_by, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			actor.OrgID, o.ID, technicianID, teamID, string(o.Effect), string(o.Permission), string(o.Scope.Type), customerID, groupID, deviceID,
			store.Time(o.NotBefore), store.Time(o.ExpiresAt), actor.ID, store.Time(store.Now()))
		if store.IsConflict(err) {
			return errStale // the subject or what the scope names was deleted a moment ago
		}
		if err != nil {
			return fmt.Errorf("save override %s: %w", o.ID, err)
		}
	}
	return nil
}

func defaultsOf(ctx context.Context, q store.Querier, org, whose string) (d Defaults, err error) {
	var permissions store.JSON[[]perm.Permission]
	err = q.QueryRowContext(ctx, `select permissions, version from grant_default where org_id = $1 and whose = $2`, org, whose).Scan(&permissions, &d.Version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("read the default permissions: %w", err)
	}
	d.Permissions = permissions.V
	return d, nil
}

func saveDefaults(ctx context.Context, tx *store.Tx, org, whose string, d Defaults, now time.Time) error {
	var customerID any
	if whose != "" {
		customerID = whose
	}
	_, err := tx.ExecContext(ctx, `
		insert into grant_default (org_id, whose, customer_id, permissions, updated_at, version) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, whose) do update set permissions = excluded.permissions, updated_at = excluded.updated_at, version = excluded.version`,
		org, whose, customerID, store.JSON[[]perm.Permission]{V: d.Permissions}, store.Time(now), d.Version)
	if store.IsConflict(err) {
		return errStale // the customer was deleted a moment ago
	}
	if err != nil {
		return fmt.Errorf("save the default permissions: %w", err)
	}
	return nil
}
