package authzen

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/store"
)

// Rows of one statement. SQLite takes time to read a statement that grows with the square of its values, and keeps those it has read: so there are two
// of them, for many rows and for one.
const (
	insertedAtOnce = 40
	deletedAtOnce  = 10_000
)

const decisionColumns = `id, at, times, asked_by, token_id, subject_id, permission, resource_type, resource_id, outcome, reason, rules`

func insertDecisions(ctx context.Context, tx *store.Tx, all map[told]*Decision) error {
	rows := make([][]any, 0, len(all))
	for t, d := range all {
		rows = append(rows, []any{
			t.org, d.ID, store.Time(d.At), d.Times, t.by, t.token, t.subject, t.permission, t.kind, t.key, t.outcome, t.reason, store.JSON[[]string]{V: d.Rules},
		})
	}
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
		if _, err := tx.ExecContext(ctx, `insert into authzen_decision (org_id, `+decisionColumns+`) values `+strings.Join(values, ", "), w.Args()...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func listDecisions(ctx context.Context, q store.Querier, org string, f Filter, page store.Page) (out []Decision, next string, err error) {
	order, err := store.ParseOrder("-at", "", map[string]store.SortColumn{"at": {Expression: "at", Tie: "id", Number: true}})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("org_id = ?", org)
	f.narrow(w)
	if err := order.After(w, page.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `select `+decisionColumns+` from authzen_decision`+w.SQL()+order.SQL()+` limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list decisions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Decision
		var rules store.JSON[[]string]
		err := rows.Scan(&d.ID, (*store.Time)(&d.At), &d.Times, &d.AskedBy, &d.TokenID, &d.SubjectID, &d.Permission, &d.ResourceType, &d.ResourceID,
			&d.Outcome, &d.Reason, &rules)
		if err != nil {
			return nil, "", fmt.Errorf("list decisions: %w", err)
		}
		if len(out) == page.Limit {
			last := out[len(out)-1]
			next = order.Cursor(last.At.UnixMicro(), last.ID)
			break
		}
		d.Rules = rules.V
		out = append(out, d)
	}
	return out, next, rows.Err()
}

func organizations(ctx context.Context, q store.Querier) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `select id from organization order by id`)
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list organizations: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// oldestKept is the time before which decisions are forgotten: limit, or a later one if there are more than most since.
func oldestKept(ctx context.Context, q store.Querier, org string, limit time.Time, most int) (time.Time, error) {
	var at time.Time
	err := q.QueryRowContext(ctx, `select at from authzen_decision where org_id = $1 and at > $2 order by at desc, id desc limit 1 offset $3`,
		org, store.Time(limit), most-1).Scan((*store.Time)(&at))
	if errors.Is(err, sql.ErrNoRows) {
		return limit, nil
	}
	if err != nil {
		return limit, fmt.Errorf("count decisions: %w", err)
	}
	return at, nil
}

// deleteDecisions deletes some of what is older than a time; more says whether there may be more of it.
func deleteDecisions(ctx context.Context, tx *store.Tx, org string, before time.Time) (more bool, err error) {
	done, err := tx.ExecContext(ctx, `
		delete from authzen_decision where org_id = $1 and id in (
			select id from authzen_decision where org_id = $1 and at < $2 order by at, id limit $3)`, org, store.Time(before), deletedAtOnce)
	if err != nil {
		return false, fmt.Errorf("forget decisions: %w", err)
	}
	n, err := done.RowsAffected()
	return n == deletedAtOnce, err
}

func (f Filter) narrow(w *store.Where) {
	for _, c := range []struct{ column, value string }{
		{"subject_id", f.SubjectID},
		{"asked_by", f.AskedBy},
		{"token_id", f.TokenID},
		{"permission", string(f.Permission)},
		{"resource_type", f.ResourceType},
		{"resource_id", f.ResourceID},
		{"outcome", string(f.Outcome)},
	} {
		if c.value != "" {
			w.Add(c.column+" = ?", c.value)
		}
	}
	if !f.From.IsZero() {
		w.Add("at >= ?", store.Time(f.From))
	}
	if !f.To.IsZero() {
		w.Add("at < ?", store.Time(f.To))
	}
}

// named selects what rows of a table are called, with the customer of those that are decided on one.
func named(table string) string {
	switch table {
	case "technician":
		return `select id, '', display_name from technician`
	case "token":
		return `select id, '', name from apitoken`
	case resource.Contact:
		return `select id, customer_id, name from contact`
	case resource.Ticket:
		return `select id, customer_id, summary from ticket`
	}
	return `select id, '', name from ` + table
}

// several is how many ids stand in one query.
const several = 500

func namesOf[T any](ctx context.Context, q store.Querier, org, table string, ids map[string]T, fn func(id, customer, name string)) error {
	return inParts(ctx, q, named(table), org, ids, func(scan func(...any) error) error {
		var id, customer, name string
		if err := scan(&id, &customer, &name); err != nil {
			return err
		}
		fn(id, customer, name)
		return nil
	})
}

const ruleScope = `coalesce(team_id, ''), scope_type, coalesce(device_id, group_id, customer_id, ''), not_before, expires_at`

// rulesByID are those of some grants and overrides that are still there.
func rulesByID(ctx context.Context, q store.Querier, org string, ids map[string]bool) (map[string]Rule, error) {
	out := map[string]Rule{}
	for _, kind := range []struct {
		by    engine.Reason
		query string
	}{
		{engine.ByGrant, `select id, role_id, ` + ruleScope + ` from grant_role`},
		{engine.ByOverride, `select id, '', ` + ruleScope + ` from grant_override`},
	} {
		err := inParts(ctx, q, kind.query, org, ids, func(scan func(...any) error) error {
			r := Rule{By: kind.by}
			err := scan(&r.ID, &r.Role.ID, &r.Team.ID, &r.OnType, &r.On.ID, (*store.Time)(&r.From), (*store.Time)(&r.Until))
			out[r.ID] = r
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func inParts[T any](ctx context.Context, q store.Querier, query, org string, ids map[string]T, fn func(scan func(...any) error) error) error {
	for part := range slices.Chunk(slices.Collect(maps.Keys(ids)), several) {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		w.In("id", part)
		if err := store.EachRow(ctx, q, query+w.SQL(), w.Args(), fn); err != nil {
			return fmt.Errorf("name what was told: %w", err)
		}
	}
	return nil
}
