package device

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

const (
	columns = `d.org_id, d.id, d.name, coalesce(d.group_id, ''), coalesce(d.customer_id, ''), d.platform, d.description, coalesce(g.name, ''),
		coalesce(u.name, ''), d.created_at, d.updated_at, d.version`
	from = ` from device d
		left join device_group g on g.org_id = d.org_id and g.id = d.group_id
		left join customer u on u.org_id = d.org_id and u.id = d.customer_id`
)

func (d *Device) fields(more ...any) []any {
	return append([]any{
		&d.OrgID, &d.ID, &d.Name, &d.GroupID, &d.CustomerID, &d.Platform, &d.Description, &d.GroupName, &d.CustomerName,
		(*store.Time)(&d.CreatedAt), (*store.Time)(&d.UpdatedAt), &d.Version,
	}, more...)
}

// orNull keeps "" as null, which a foreign key lets pass.
func orNull(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// ByID finds one device.
func ByID(ctx context.Context, q store.Querier, org, id string) (d Device, err error) {
	err = q.QueryRowContext(ctx, `select `+columns+from+` where d.org_id = $1 and d.id = $2`, org, id).Scan(d.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Device{}, ErrNotFound
	}
	if err != nil {
		return Device{}, fmt.Errorf("find device %s: %w", id, err)
	}
	return d, nil
}

// ByIDs finds devices by their ids, in no order; those that are missing are left out.
func ByIDs(ctx context.Context, q store.Querier, org string, ids []string) (found []Device, err error) {
	w := &store.Where{}
	w.Add("d.org_id = ?", org)
	w.In("d.id", ids)
	rows, err := q.QueryContext(ctx, `select `+columns+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("find devices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Device
		if err := rows.Scan(d.fields()...); err != nil {
			return nil, fmt.Errorf("find devices: %w", err)
		}
		found = append(found, d)
	}
	return found, rows.Err()
}

// lock returns a device that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Device, error) {
	if _, err := tx.ExecContext(ctx, `update device set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Device{}, fmt.Errorf("lock device %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

// customerName is "" without a customer.
func customerName(ctx context.Context, q store.Querier, org, id string) (name string, err error) {
	if id == "" {
		return "", nil
	}
	err = q.QueryRowContext(ctx, `select name from customer where org_id = $1 and id = $2`, org, id).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errCustomer
	}
	if err != nil {
		return "", fmt.Errorf("find customer %s: %w", id, err)
	}
	return name, nil
}

// groupsBelow names a group and all below it, no deeper than groups can be.
const groupsBelow = `
	with recursive below (id, level) as (
		select id, 1 from device_group where org_id = $1 and id = $2
		union all
		select g.id, b.level + 1 from device_group g join below b on g.parent_id = b.id where g.org_id = $1 and b.level <= 16
	)`

func list(ctx context.Context, q store.Querier, org string, scope access.DeviceScope, want Query) (found []Device, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "d.sort_name", Tie: "d.id"},
		"created_at": {Expression: "d.created_at", Tie: "d.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	var below []string
	if want.GroupID != "" {
		if below, _, err = subtree(ctx, q, org, want.GroupID); err != nil {
			return nil, "", err
		}
	}
	return filtered(want.Page, func(d Device) bool { return scope.Has(d.ID) }, func(page store.Page) ([]Device, []string, error) {
		w := &store.Where{}
		w.Add("d.org_id = ?", org)
		if only, few := scope.Only(); few {
			w.In("d.id", only)
		}
		if want.CustomerID != "" {
			w.Add("d.customer_id = ?", want.CustomerID)
		}
		if want.Platform != "" {
			w.Add("d.platform = ?", want.Platform)
		}
		if want.GroupID != "" {
			w.In("d.group_id", below)
		}
		search(w, org, want.Text)
		if err := order.After(w, page.Cursor); err != nil {
			return nil, nil, err
		}
		query := `select ` + columns + `, ` + order.Column() + from + w.SQL() + order.SQL() + ` limit ` + w.Arg(page.Limit)
		return scanned(ctx, q, query, w.Args(), func(d *Device, more ...any) []any { return d.fields(more...) }, func(d Device, key any) string { return order.Cursor(key, d.ID) })
	})
}

// search finds words in what a device says of itself, and in the names of its customer and group.
func search(w *store.Where, org, text string) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for word := range strings.FieldsSeq(store.Fold(text)) {
		pattern := "%" + escape.Replace(word) + "%"
		w.Add(`(d.search_text like ? escape '\' or d.customer_id in (
			select id from customer where org_id = ? and sort_name like ? escape '\') or d.group_id in (
			select id from device_group where org_id = ? and sort_name like ? escape '\'))`, pattern, org, pattern, org, pattern)
	}
}

// most is how many rows one query looks through for a page that holds few of them.
const most = 4000

// filtered makes a page of the rows that fit: it reads on, in ever larger pieces, until the page is full or nothing is left.
func filtered[T any](want store.Page, fits func(T) bool, read func(store.Page) (rows []T, cursors []string, err error)) (found []T, next string, err error) {
	piece := store.Page{Limit: want.Limit + 1, Cursor: want.Cursor}
	for last := ""; ; piece.Limit = min(4*piece.Limit, most) {
		rows, cursors, err := read(piece)
		if err != nil {
			return nil, "", err
		}
		for i, row := range rows {
			if !fits(row) {
				continue
			}
			if len(found) == want.Limit {
				return found, last, nil
			}
			found, last = append(found, row), cursors[i]
		}
		if len(rows) < piece.Limit {
			return found, "", nil
		}
		piece.Cursor = cursors[len(cursors)-1]
	}
}

// scanned reads rows with the cursor of each.
func scanned[T any](ctx context.Context, q store.Querier, query string, args []any, fields func(*T, ...any) []any, cursor func(T, any) string) (found []T, cursors []string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list devices or groups: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one T
		var key any
		if err := rows.Scan(fields(&one, &key)...); err != nil {
			return nil, nil, fmt.Errorf("list devices or groups: %w", err)
		}
		found, cursors = append(found, one), append(cursors, cursor(one, key))
	}
	return found, cursors, rows.Err()
}

func insert(ctx context.Context, tx *store.Tx, d Device) error {
	_, err := tx.ExecContext(ctx, `
		insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		d.OrgID, d.ID, orNull(d.GroupID), orNull(d.CustomerID), d.Name, store.Fold(d.Name), d.Platform, d.Description, d.searchText(),
		store.Time(d.CreatedAt), store.Time(d.UpdatedAt), d.Version)
	return err
}

func update(ctx context.Context, tx *store.Tx, d Device) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update device set group_id = $1, customer_id = $2, name = $3, sort_name = $4, platform = $5, description = $6, search_text = $7,
			updated_at = $8, version = version + 1
		where org_id = $9 and id = $10 and version = $11`,
		orNull(d.GroupID), orNull(d.CustomerID), d.Name, store.Fold(d.Name), d.Platform, d.Description, d.searchText(), store.Time(d.UpdatedAt),
		d.OrgID, d.ID, d.Version))
	if err == nil && !ok {
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, d Device) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from device where org_id = $1 and id = $2`, d.OrgID, d.ID))
	if err != nil {
		return fmt.Errorf("delete device %s: %w", d.ID, err)
	}
	if !ok {
		return ErrNotFound
	}
	return nil
}
