package device

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

const (
	groupColumns = `g.org_id, g.id, g.name, coalesce(g.parent_id, ''), coalesce(g.customer_id, ''), coalesce(u.name, ''),
		(select count(*) from device d where d.org_id = g.org_id and d.group_id = g.id), g.created_at, g.updated_at, g.version`
	fromGroup = ` from device_group g left join customer u on u.org_id = g.org_id and u.id = g.customer_id`
)

func (g *Group) fields(more ...any) []any {
	return append([]any{
		&g.OrgID, &g.ID, &g.Name, &g.ParentID, &g.CustomerID, &g.CustomerName, &g.DeviceCount, (*store.Time)(&g.CreatedAt),
		(*store.Time)(&g.UpdatedAt), &g.Version,
	}, more...)
}

func groupByID(ctx context.Context, q store.Querier, org, id string) (g Group, err error) {
	err = q.QueryRowContext(ctx, `select `+groupColumns+fromGroup+` where g.org_id = $1 and g.id = $2`, org, id).Scan(g.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Group{}, errNoGroup
	}
	if err != nil {
		return Group{}, fmt.Errorf("find device group %s: %w", id, err)
	}
	return g, nil
}

// lockTree makes those wait who want to move another group.
func lockTree(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `
		insert into device_lock (org_id, taken) values ($1, 1) on conflict (org_id) do update set taken = device_lock.taken + 1`, org)
	if err != nil {
		return fmt.Errorf("lock the device groups: %w", err)
	}
	return nil
}

// subtree names a group and all below it, and says how many lie in each other.
func subtree(ctx context.Context, q store.Querier, org, id string) (ids []string, height int, err error) {
	rows, err := q.QueryContext(ctx, groupsBelow+` select id, level from below`, org, id)
	if err != nil {
		return nil, 0, fmt.Errorf("list the groups below %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var below string
		var level int
		if err := rows.Scan(&below, &level); err != nil {
			return nil, 0, fmt.Errorf("list the groups below %s: %w", id, err)
		}
		ids, height = append(ids, below), max(height, level)
	}
	return ids, height, rows.Err()
}

// depthOf is 1 for a root.
func depthOf(ctx context.Context, q store.Querier, org, id string) (depth int, err error) {
	err = q.QueryRowContext(ctx, `
		with recursive above (id, level) as (
			select parent_id, 1 from device_group where org_id = $1 and id = $2
			union all
			select g.parent_id, a.level + 1 from device_group g join above a on g.id = a.id where g.org_id = $1 and a.level <= 16
		)
		select coalesce(max(level), 0) from above`, org, id).Scan(&depth)
	if err != nil {
		return 0, fmt.Errorf("find the depth of device group %s: %w", id, err)
	}
	return depth, nil
}

// othersIn says whether groups hold what belongs to another customer than they did: devices of their own in groups without one.
func othersIn(ctx context.Context, q store.Querier, org string, groups []string, customerID string) (bool, error) {
	w := &store.Where{}
	w.Add("org_id = ? and coalesce(customer_id, '') <> ?", org, customerID)
	w.In("group_id", groups)
	var n int
	if err := q.QueryRowContext(ctx, `select count(*) from device`+w.SQL(), w.Args()...).Scan(&n); err != nil {
		return false, fmt.Errorf("look for devices of others: %w", err)
	}
	return n > 0, nil
}

// giveTo makes groups, and what is in them, a customer's.
func giveTo(ctx context.Context, tx *store.Tx, org string, groups []string, customerID string) error {
	for column, text := range map[string]string{
		"id":       `update device_group set version = version + 1, customer_id = `,
		"group_id": `update device set version = version + 1, customer_id = `,
	} {
		w := &store.Where{}
		text += w.Arg(orNull(customerID))
		w.Add("org_id = ?", org)
		w.In(column, groups)
		if _, err := tx.ExecContext(ctx, text+w.SQL(), w.Args()...); err != nil {
			return fmt.Errorf("give device groups to %s: %w", customerID, err)
		}
	}
	return nil
}

func listGroups(ctx context.Context, q store.Querier, org string, scope access.DeviceScope, want GroupQuery) (found []Group, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "g.sort_name", Tie: "g.id"},
		"created_at": {Expression: "g.created_at", Tie: "g.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	return filtered(want.Page, func(g Group) bool { return scope.HasGroup(g.ID) }, func(page store.Page) ([]Group, []string, error) {
		w := &store.Where{}
		w.Add("g.org_id = ?", org)
		if want.CustomerID != "" {
			w.Add("g.customer_id = ?", want.CustomerID)
		}
		if want.ParentID != "" {
			w.Add("g.parent_id = ?", want.ParentID)
		}
		w.Search("g.sort_name", want.Text)
		if err := order.After(w, page.Cursor); err != nil {
			return nil, nil, err
		}
		query := `select ` + groupColumns + `, ` + order.Column() + fromGroup + w.SQL() + order.SQL() + ` limit ` + w.Arg(page.Limit)
		return scanned(ctx, q, query, w.Args(), func(g *Group, more ...any) []any { return g.fields(more...) }, func(g Group, key any) string { return order.Cursor(key, g.ID) })
	})
}

func insertGroup(ctx context.Context, tx *store.Tx, g Group) error {
	_, err := tx.ExecContext(ctx, `
		insert into device_group (org_id, id, parent_id, customer_id, name, sort_name, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		g.OrgID, g.ID, orNull(g.ParentID), orNull(g.CustomerID), g.Name, store.Fold(g.Name), store.Time(g.CreatedAt), store.Time(g.UpdatedAt), g.Version)
	return err
}

// updateGroup does not compare versions beyond the lock of the tree: giving the group to a customer has counted already.
func updateGroup(ctx context.Context, tx *store.Tx, g Group) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update device_group set parent_id = $1, customer_id = $2, name = $3, sort_name = $4, updated_at = $5, version = $6 + 1
		where org_id = $7 and id = $8`,
		orNull(g.ParentID), orNull(g.CustomerID), g.Name, store.Fold(g.Name), store.Time(g.UpdatedAt), g.Version, g.OrgID, g.ID))
	if err == nil && !ok {
		return errNoGroup
	}
	return err
}

// removeGroup deletes a group and moves what is in it to the group above.
func removeGroup(ctx context.Context, tx *store.Tx, g Group) error {
	for _, text := range []string{
		`update device_group set parent_id = $3, version = version + 1 where org_id = $1 and parent_id = $2`,
		`update device set group_id = $3, version = version + 1 where org_id = $1 and group_id = $2`,
	} {
		if _, err := tx.ExecContext(ctx, text, g.OrgID, g.ID, orNull(g.ParentID)); err != nil {
			return fmt.Errorf("empty device group %s: %w", g.ID, err)
		}
	}
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from device_group where org_id = $1 and id = $2`, g.OrgID, g.ID))
	if err != nil {
		return fmt.Errorf("delete device group %s: %w", g.ID, err)
	}
	if !ok {
		return errNoGroup
	}
	return nil
}
