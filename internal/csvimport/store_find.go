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

// findAtOnce is how many things one statement looks for. SQLite's work on a statement grows with the square of its parameters, so that many
// small statements, whose text is always the same, are far quicker than one large one.
const findAtOnce = 50

// SQLite takes the left side of a cross join first, as is meant here: by each key into the index. Of a list behind "in" it believes that
// going through all rows of the organization were quicker.

// place is a name at a customer, or, without one, in the organization; also a name with a phone number.
type place struct{ customerID, name string }

func customersByName(ctx context.Context, q store.Querier, org string, names []string) (map[string][]string, error) {
	out := map[string][]string{}
	err := byKey(ctx, q, org, `select c.sort_name, c.id from want w cross join customer c where c.org_id = $1 and c.sort_name = w.key`, names,
		func(name, id string) { out[name] = append(out[name], id) })
	return out, err
}

// contactKeys finds contacts by external id ("x …") and email ("e …").
func contactKeys(ctx context.Context, q store.Querier, org string, externals, emails []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, by := range []struct {
		prefix, text string
		values       []string
	}{
		{"x ", `select c.source_id, c.id from want w cross join contact c where c.org_id = $1 and c.source = '` + sourceCSV + `'
			and c.source_id = w.key and c.source_id <> ''`, externals},
		{"e ", `select e.email_key, e.contact_id from want w cross join contact_email e where e.org_id = $1 and e.email_key = w.key`, emails},
	} {
		err := byKey(ctx, q, org, by.text, by.values, func(key, id string) { out[by.prefix+key] = append(out[by.prefix+key], id) })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// contactPlaces finds contacts by phone and name ("p number name") and by name at a customer ("n customer name"). A phone alone may be
// that of a switchboard, and hundreds of people's.
func contactPlaces(ctx context.Context, q store.Querier, org string, phones, names []place) (map[string][]string, error) {
	out := map[string][]string{}
	err := byPlace(phones, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (number, name) as (values `+values+`)
			select p.number, c.sort_name, c.id from want w cross join contact_phone p cross join contact c
			where p.org_id = $1 and p.number = w.number and c.org_id = $1 and c.id = p.contact_id and c.sort_name = w.name`, append([]any{org}, args...)...)
	}, func(p place, id string) {
		out["p "+p.customerID+"\n"+p.name] = append(out["p "+p.customerID+"\n"+p.name], id)
	})
	if err != nil {
		return nil, err
	}
	err = byPlace(names, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (customer_id, name) as (values `+values+`)
			select c.customer_id, c.sort_name, c.id from want w cross join contact c where c.org_id = $1 and c.customer_id = w.customer_id and c.sort_name = w.name`, append([]any{org}, args...)...)
	}, func(p place, id string) {
		out["n "+p.customerID+"\n"+p.name] = append(out["n "+p.customerID+"\n"+p.name], id)
	})
	return out, err
}

// devicesByName finds devices by name at a customer, or at none.
func devicesByName(ctx context.Context, q store.Querier, org string, names []place) (map[place][]string, error) {
	return namedAt(ctx, q, org, "device", names)
}

// groupsByName finds device groups by name at a customer, or of none.
func groupsByName(ctx context.Context, q store.Querier, org string, names []place) (map[place][]string, error) {
	return namedAt(ctx, q, org, "device_group", names)
}

// namedAt asks for those at a customer and those at none apart: in one condition, SQLite goes through all there are for each name.
func namedAt(ctx context.Context, q store.Querier, org, table string, names []place) (map[place][]string, error) {
	out := map[place][]string{}
	err := byPlace(names, func(values string, args []any) (*sql.Rows, error) {
		return q.QueryContext(ctx, `
			with want (customer_id, name) as (values `+values+`)
			select x.customer_id, x.sort_name, x.id from want w cross join `+table+` x where x.org_id = $1 and x.customer_id = w.customer_id and x.sort_name = w.name
			union all
			select '', x.sort_name, x.id from want w cross join `+table+` x where w.customer_id = '' and x.org_id = $1 and x.customer_id is null and x.sort_name = w.name`,
			append([]any{org}, args...)...)
	}, func(p place, id string) { out[p] = append(out[p], id) })
	return out, err
}

// byKey asks for keys, many at a time, and hands on each that is found with its id.
func byKey(ctx context.Context, q store.Querier, org, text string, keys []string, each func(key, id string)) error {
	for part := range slices.Chunk(keys, findAtOnce) {
		args := []any{org}
		values := make([]string, len(part))
		for i, key := range part {
			args = append(args, key)
			values[i] = fmt.Sprintf("($%d)", len(args))
		}
		rows, err := q.QueryContext(ctx, `with want (key) as (values `+strings.Join(values, ", ")+`) `+text, args...)
		if err := pairs(rows, err, each); err != nil {
			return fmt.Errorf("find by key: %w", err)
		}
	}
	return nil
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
