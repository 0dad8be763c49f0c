package csvimport

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/store"
)

// These read the tables of other slices, for what a batch of rows refers to: one statement for hundreds of rows.

// findAtOnce is how many things one statement looks for.
const findAtOnce = 500

// place is a name at a customer, or, without one, in the organization.
type place struct{ customerID, name string }

func customersByName(ctx context.Context, q store.Querier, org string, names []string) (map[string][]string, error) {
	out := map[string][]string{}
	for part := range slices.Chunk(names, findAtOnce) {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		w.In("sort_name", part)
		rows, err := q.QueryContext(ctx, `select sort_name, id from customer`+w.SQL(), w.Args()...)
		if err := pairs(rows, err, func(name, id string) { out[name] = append(out[name], id) }); err != nil {
			return nil, fmt.Errorf("find customers by name: %w", err)
		}
	}
	return out, nil
}

// contactKeys finds contacts by external id ("x …"), email ("e …"), phone ("p …") and name at a customer ("n customer name").
func contactKeys(ctx context.Context, q store.Querier, org string, externals, emails, phones []string, names []place) (map[string][]string, error) {
	out := map[string][]string{}
	for _, by := range []struct {
		prefix, text, column string
		values               []string
	}{
		{"x ", `select source_id, id from contact`, "source_id", externals},
		{"e ", `select email_key, contact_id from contact_email`, "email_key", emails},
		{"p ", `select number, contact_id from contact_phone`, "number", phones},
	} {
		for part := range slices.Chunk(by.values, findAtOnce) {
			w := &store.Where{}
			w.Add("org_id = ?", org)
			w.In(by.column, part)
			rows, err := q.QueryContext(ctx, by.text+w.SQL(), w.Args()...)
			if err := pairs(rows, err, func(key, id string) { out[by.prefix+key] = append(out[by.prefix+key], id) }); err != nil {
				return nil, fmt.Errorf("find contacts by %s: %w", by.column, err)
			}
		}
	}
	err := byPlace(names, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (customer_id, name) as (values `+values+`)
			select c.customer_id, c.sort_name, c.id from want w
			join contact c on c.org_id = $1 and c.customer_id = w.customer_id and c.sort_name = w.name`, append([]any{org}, args...)...)
	}, func(p place, id string) {
		out["n "+p.customerID+"\n"+p.name] = append(out["n "+p.customerID+"\n"+p.name], id)
	})
	return out, err
}

func devicesByName(ctx context.Context, q store.Querier, org string, names []place) (map[place][]string, error) {
	out := map[place][]string{}
	err := byPlace(names, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (customer_id, name) as (values `+values+`)
			select coalesce(d.customer_id, ''), d.sort_name, d.id from want w
			join device d on d.org_id = $1 and d.sort_name = w.name and coalesce(d.customer_id, '') = w.customer_id`, append([]any{org}, args...)...)
	}, func(p place, id string) { out[p] = append(out[p], id) })
	return out, err
}

func groupsByName(ctx context.Context, q store.Querier, org string, names []place) (map[place][]string, error) {
	out := map[place][]string{}
	err := byPlace(names, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (customer_id, name) as (values `+values+`)
			select coalesce(g.customer_id, ''), g.sort_name, g.id from want w
			join device_group g on g.org_id = $1 and g.sort_name = w.name and coalesce(g.customer_id, '') = w.customer_id`, append([]any{org}, args...)...)
	}, func(p place, id string) { out[p] = append(out[p], id) })
	return out, err
}

// byPlace asks for names at customers, many at a time, and hands on each that is found.
func byPlace(names []place, ask func(values string, args []any) (*sql.Rows, error), each func(p place, id string)) error {
	seen := map[place]bool{}
	names = slices.DeleteFunc(slices.Clone(names), func(p place) bool {
		twice := seen[p]
		seen[p] = true
		return twice || p.name == ""
	})
	for part := range slices.Chunk(names, findAtOnce) {
		var text strings.Builder
		var args []any
		for i, p := range part {
			if i > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "($%d, $%d)", len(args)+2, len(args)+3) // behind the organization
			args = append(args, p.customerID, p.name)
		}
		if err := eachPlace(ask, text.String(), args, each); err != nil {
			return fmt.Errorf("find by name: %w", err)
		}
	}
	return nil
}

func eachPlace(ask func(string, []any) (*sql.Rows, error), values string, args []any, each func(p place, id string)) error {
	rows, err := ask(values, args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p place
		var id string
		if err := rows.Scan(&p.customerID, &p.name, &id); err != nil {
			return err
		}
		each(p, id)
	}
	return rows.Err()
}
