package usage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

const (
	insertedAtOnce = 40 // rows; there are two statements, for many and for one, since SQLite keeps those that it has read
	deletedAtOnce  = 10_000
	several        = 500 // ids in one query
)

// record adds what was counted. Rows are written in order, so that two servers that do it at once wait for each other and nothing worse.
func record(ctx context.Context, tx *store.Tx, batch map[entry]*tally) error {
	type who struct {
		org, technician string
		permission      perm.Permission
	}
	lasts, begins := map[who]last{}, map[string]time.Time{}
	var days, uses, orgs [][]any
	for e, t := range batch {
		if begin, ok := begins[e.org]; !ok || t.at.Before(begin) {
			begins[e.org] = t.at
		}
		w := who{e.org, e.technician, e.permission}
		switch l := lasts[w]; e.outcome {
		case asked:
			lasts[w] = l.or(last{asked: t.at})
			continue
		case engine.Allow, access.OutcomeApproved:
			lasts[w] = l.or(last{used: t.at})
		}
		days = append(days, []any{e.org, e.technician, string(e.permission), string(e.on.Type), e.on.ID, string(e.outcome), e.day, t.times, store.Time(t.at)})
	}
	for w, l := range lasts {
		uses = append(uses, []any{w.org, w.technician, string(w.permission), store.Time(l.used), store.Time(l.asked)})
	}
	for org, begin := range begins {
		orgs = append(orgs, []any{org, store.Time(begin)})
	}
	err := upsert(ctx, tx, `insert into usage_since (org_id, at) values `, ` on conflict (org_id) do nothing`, orgs)
	if err != nil {
		return err
	}
	err = upsert(ctx, tx, `insert into usage_day (org_id, technician_id, permission, resource_type, resource_id, outcome, day, times, last_at) values `,
		` on conflict (org_id, technician_id, permission, resource_type, resource_id, outcome, day) do update set times = usage_day.times + excluded.times,
			last_at = case when excluded.last_at > usage_day.last_at then excluded.last_at else usage_day.last_at end`, days)
	if err != nil {
		return err
	}
	return upsert(ctx, tx, `insert into usage_last (org_id, technician_id, permission, used_at, asked_at) values `,
		` on conflict (org_id, technician_id, permission) do update set
			used_at = case when coalesce(excluded.used_at, 0) > coalesce(usage_last.used_at, 0) then excluded.used_at else usage_last.used_at end,
			asked_at = case when coalesce(excluded.asked_at, 0) > coalesce(usage_last.asked_at, 0) then excluded.asked_at else usage_last.asked_at end`, uses)
}

func upsert(ctx context.Context, tx *store.Tx, begin, end string, rows [][]any) error {
	slices.SortFunc(rows, func(a, b []any) int {
		for i := range a {
			x, ok := a[i].(string)
			y, _ := b[i].(string)
			if c := strings.Compare(x, y); !ok || c != 0 {
				return c
			}
		}
		return 0
	})
	for len(rows) > 0 {
		n := insertedAtOnce
		if len(rows) < n {
			n = 1
		}
		w, values := &store.Where{}, make([]string, n)
		for i, row := range rows[:n] {
			names := make([]string, len(row))
			for j, v := range row {
				names[j] = w.Arg(v)
			}
			values[i] = "(" + strings.Join(names, ", ") + ")"
		}
		if _, err := tx.ExecContext(ctx, begin+strings.Join(values, ", ")+end, w.Args()...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func since(ctx context.Context, q store.Querier, org string) (at time.Time, err error) {
	err = q.QueryRowContext(ctx, `select at from usage_since where org_id = $1`, org).Scan((*store.Time)(&at))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return at, fmt.Errorf("read since when uses are recorded: %w", err)
	}
	return at, nil
}

// lastUses calls fn for what some technicians used, or everybody if they are nil.
func lastUses(ctx context.Context, q store.Querier, org string, technicians []string, fn func(technicianID string, p perm.Permission, l last)) error {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	if technicians != nil {
		w.In("technician_id", technicians)
	}
	err := store.EachRow(ctx, q, `select technician_id, permission, used_at, asked_at from usage_last`+w.SQL(), w.Args(), func(scan func(...any) error) error {
		var id string
		var p perm.Permission
		var l last
		if err := scan(&id, &p, (*store.Time)(&l.used), (*store.Time)(&l.asked)); err != nil {
			return err
		}
		fn(id, p, l)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read last uses: %w", err)
	}
	return nil
}

// person is an active technician, and where they stand in order of name.
type person struct {
	Named

	key string
}

func people(ctx context.Context, q store.Querier, org, only string, order store.Order, cursor string, most int) (out []person, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("status = 'active' and state = 'activated'")
	if only != "" {
		w.Add("id = ?", only)
	}
	if err := order.After(w, cursor); err != nil {
		return nil, err
	}
	err = store.EachRow(ctx, q, `select id, display_name, sort_name from technician`+w.SQL()+order.SQL()+` limit `+w.Arg(most), w.Args(), func(scan func(...any) error) error {
		var p person
		if err := scan(&p.ID, &p.Name, &p.key); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list technicians: %w", err)
	}
	return out, nil
}

func isTechnician(ctx context.Context, q store.Querier, org, id string) (ok bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from technician where org_id = $1 and id = $2)`, org, id).Scan(&ok)
	return ok, err
}

// aRole is a role, and where it stands in order of name.
type aRole struct {
	Named

	key         string
	purpose     perm.Purpose
	permissions []perm.Permission
	sensitive   []perm.Permission
}

// allRoles are the roles of an organization by name; there are a few hundred at most.
func allRoles(ctx context.Context, q store.Querier, org string) (out []aRole, err error) {
	err = store.EachRow(ctx, q, `select id, name, name_key, purpose, permissions, sensitive from role where org_id = $1 order by name_key`, []any{org}, func(scan func(...any) error) error {
		var r aRole
		var permissions, sensitive store.JSON[[]perm.Permission]
		if err := scan(&r.ID, &r.Name, &r.key, &r.purpose, &permissions, &sensitive); err != nil {
			return err
		}
		r.permissions, r.sensitive = permissions.V, sensitive.V
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	slices.SortFunc(out, func(a, b aRole) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func organizations(ctx context.Context, q store.Querier) (ids []string, err error) {
	err = store.EachRow(ctx, q, `select id from organization order by id`, nil, func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	return ids, nil
}

// oldestKept is the day before which details are forgotten: limit, or a later one if there are more than most rows since.
func oldestKept(ctx context.Context, q store.Querier, org string, limit int64, most int) (day int64, err error) {
	day = limit
	rows, full := 0, false
	err = store.EachRow(ctx, q, `select day, count(*) from usage_day where org_id = $1 and day >= $2 group by day order by day desc`, []any{org, limit}, func(scan func(...any) error) error {
		var at int64
		var n int
		if err := scan(&at, &n); err != nil {
			return err
		}
		if rows += n; rows > most && !full {
			day, full = at+1, true
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count recorded uses: %w", err)
	}
	return day, nil
}

// deleteDays deletes some of what is older than a day, or about a technician who is no more; more says whether there may be more of it.
func deleteDays(ctx context.Context, tx *store.Tx, org string, before int64) (more bool, err error) {
	const key = `technician_id, permission, resource_type, resource_id, outcome, day`
	done, err := tx.ExecContext(ctx, `
		delete from usage_day where org_id = $1 and (`+key+`) in (
			select `+key+` from usage_day where org_id = $1 and day < $2 limit $3)`, org, before, deletedAtOnce)
	if err != nil {
		return false, fmt.Errorf("forget recorded uses: %w", err)
	}
	n, err := done.RowsAffected()
	return n == deletedAtOnce, err
}

// deleteLast deletes last uses that are long past, and whatever is recorded about technicians who are no more.
func deleteLast(ctx context.Context, tx *store.Tx, org string, before time.Time) error {
	gone := func(table string) string {
		return `delete from ` + table + ` where org_id = $1 and not exists (select 1 from technician t where t.org_id = ` + table + `.org_id and t.id = ` + table + `.technician_id)`
	}
	_, err := tx.ExecContext(ctx, `delete from usage_last where org_id = $1 and coalesce(used_at, 0) < $2 and coalesce(asked_at, 0) < $2`, org, store.Time(before))
	for _, table := range []string{"usage_last", "usage_day"} {
		if err == nil {
			_, err = tx.ExecContext(ctx, gone(table), org)
		}
	}
	if err != nil {
		return fmt.Errorf("forget last uses: %w", err)
	}
	return nil
}
