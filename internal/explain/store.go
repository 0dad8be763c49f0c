package explain

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/store"
)

// kind is a table whose rows have names.
type kind string

const (
	roles         kind = "role"
	platformRoles kind = "platformrole"
	teams         kind = "team"
	customers     kind = "customer"
	groups        kind = "device_group"
	devices       kind = "device"
)

// several is how many ids stand in one query.
const several = 500

// names calls fn for each of the ids that has a name.
func names[T any](ctx context.Context, q store.Querier, org string, of kind, ids map[string]T, fn func(id, name string)) error {
	for part := range slices.Chunk(slices.Collect(maps.Keys(ids)), several) {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		w.In("id", part)
		err := store.EachRow(ctx, q, `select id, name from `+string(of)+w.SQL(), w.Args(), func(scan func(...any) error) error {
			var id, name string
			if err := scan(&id, &name); err != nil {
				return err
			}
			fn(id, name)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
	}
	return nil
}

func isTechnician(ctx context.Context, q store.Querier, org, id string) (ok bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from technician where org_id = $1 and id = $2)`, org, id).Scan(&ok)
	return ok, err
}

// givers are the first owners and administrators by name who may act.
func givers(ctx context.Context, q store.Querier, org string, most int) (out []Named, err error) {
	err = store.EachRow(ctx, q, `
		select id, display_name from technician
		where org_id = $1 and status = 'active' and state = 'activated' and (owner or platform_role = 'administrator')
		order by sort_name, id limit $2`, []any{org, most}, func(scan func(...any) error) error {
		var n Named
		if err := scan(&n.ID, &n.Name); err != nil {
			return err
		}
		out = append(out, n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list who could give a right: %w", err)
	}
	return out, nil
}

// chunk is how many people are read at once.
const chunk = 1_000

// peopleAmong is a page of the technicians of a set, by name.
func peopleAmong(ctx context.Context, q store.Querier, org string, set map[string]bool, page store.Page) (out []Named, next string, err error) {
	order, err := store.ParseOrder("", "name", map[string]store.SortColumn{"name": {Expression: "sort_name", Tie: "id"}})
	if err != nil {
		return nil, "", err
	}
	for cursor, last := page.Cursor, ""; ; {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		if err := order.After(w, cursor); err != nil {
			return nil, "", err
		}
		rows := 0
		err := store.EachRow(ctx, q, `select id, display_name, sort_name from technician`+w.SQL()+order.SQL()+` limit `+w.Arg(chunk), w.Args(), func(scan func(...any) error) error {
			var n Named
			var key string
			if err := scan(&n.ID, &n.Name, &key); err != nil {
				return err
			}
			rows++
			cursor = order.Cursor(key, n.ID)
			switch {
			case !set[n.ID] || next != "":
			case len(out) == page.Limit:
				next = last
			default:
				out, last = append(out, n), cursor
			}
			return nil
		})
		if err != nil {
			return nil, "", fmt.Errorf("list who may: %w", err)
		}
		if rows < chunk || next != "" {
			return out, next, nil
		}
	}
}
