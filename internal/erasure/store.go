package erasure

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func mergedInto(ctx context.Context, q store.Querier, org, contactID string) ([]string, error) {
	return column(q.QueryContext(ctx, `select id from contact_merged where org_id = $1 and into_id = $2`, org, contactID))
}

// exists says whether there is a contact of an id.
func exists(ctx context.Context, q store.Querier, org, contactID string) (bool, error) {
	found, err := column(q.QueryContext(ctx, `select id from contact where org_id = $1 and id = $2`, org, contactID))
	return len(found) > 0, err
}

// customerName is "" if there is no such customer.
func customerName(ctx context.Context, q store.Querier, org, customerID string) (string, error) {
	found, err := column(q.QueryContext(ctx, `select name from customer where org_id = $1 and id = $2`, org, customerID))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// formerAddresses are those that the product once used for a person, besides what stands on their page.
func formerAddresses(ctx context.Context, q store.Querier, p person) (out []string, err error) {
	for _, k := range known(p.kind) {
		found, err := column(q.QueryContext(ctx, fmt.Sprintf(`select distinct %s from %s where org_id = $1 and %s = $2`, k.set, k.table, k.column), p.org, p.id))
		if err != nil {
			return nil, fmt.Errorf("look for addresses of %s in %s: %w", p.subject(), k.table, err)
		}
		for _, a := range found {
			if a != "" && !slices.Contains(p.addresses, a) && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

// unshared are the addresses of p that nobody else has now.
func unshared(ctx context.Context, q store.Querier, p person) (out []string, err error) {
	for _, a := range p.addresses {
		var others int
		err := q.QueryRowContext(ctx, `select
			(select count(*) from contact_phone where org_id = $1 and number = $2) + (select count(*) from contact_email where org_id = $1 and email_key = $3)`,
			p.org, a, input.FoldEmail(a)).Scan(&others)
		if err != nil {
			return nil, fmt.Errorf("ask who else has an address of %s: %w", p.subject(), err)
		}
		own, err := technician.OwnsAddress(ctx, q, p.org, a)
		if err != nil {
			return nil, err
		}
		if others == 0 && !own {
			out = append(out, a)
		}
	}
	return out, nil
}

// hasNamesake says whether somebody else is called as p is, or was and has tickets that keep the name.
func hasNamesake(ctx context.Context, q store.Querier, p person) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `select
		(select count(*) from contact where org_id = $1 and sort_name = $2 and id <> $3) + (select count(*) from technician where org_id = $1 and sort_name = $2 and id <> $3)
		+ (select count(*) from ticket where org_id = $1 and contact_name = $4 and former_contact_id not in ('', $3))`,
		p.org, store.Fold(p.name), p.id, p.name).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("ask who else is called like %s: %w", p.subject(), err)
	}
	return n > 0, nil
}

func clearRows(ctx context.Context, tx *store.Tx, p person, id string) error {
	// What mails to them carry is sealed, and of no use once they are not sent.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`
		delete from %s where org_id = $1 and delivery_id in (select id from message_delivery where org_id = $1 and contact_id = $2)`, "message_attachment"), p.org, id); err != nil {
		return fmt.Errorf("erase what mails to %s carry: %w", p.subject(), err)
	}
	for _, r := range ofPerson() {
		if err := r.clear(ctx, tx, p.org, id); err != nil {
			return fmt.Errorf("erase %s from %s: %w", p.subject(), r.table, err)
		}
	}
	// The files that were imported: whoever is in one may be in it under any name.
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`
		delete from %s where org_id = $1 and import_id in (select import_id from csvimport_row where org_id = $1 and target_id = $2)`, "csvimport_chunk"), p.org, id)
	if err != nil {
		return fmt.Errorf("erase the files with %s: %w", p.subject(), err)
	}
	return nil
}

func clearAddress(ctx context.Context, tx *store.Tx, org, address string) error {
	keys := []string{address}
	if f := input.FoldEmail(address); f != address {
		keys = append(keys, f)
	}
	for _, r := range ofAddress() {
		for _, key := range keys {
			if err := r.clear(ctx, tx, org, key); err != nil {
				return fmt.Errorf("erase an address from %s: %w", r.table, err)
			}
		}
	}
	return nil
}

func (r rows) clear(ctx context.Context, tx *store.Tx, org, key string) error {
	statement := fmt.Sprintf(`delete from %s where org_id = $1 and %s = $2`, r.table, r.column)
	if r.set != "" {
		statement = fmt.Sprintf(`update %s set %s where org_id = $1 and %s = $2`, r.table, r.set, r.column)
	}
	_, err := tx.ExecContext(ctx, statement, org, key)
	return err
}

// scrubTexts rewrites every text of an organization that names a person.
func scrubTexts(ctx context.Context, tx *store.Tx, org string, t traces) error {
	if len(t.found) == 0 {
		return nil
	}
	all := texts()
	for _, table := range slices.Sorted(maps.Keys(all)) {
		for _, name := range all[table] {
			if err := scrubColumn(ctx, tx, org, table, name, t); err != nil {
				return fmt.Errorf("scrub %s of %s: %w", name, table, err)
			}
		}
	}
	return nil
}

func scrubColumn(ctx context.Context, tx *store.Tx, org, table, name string, t traces) error {
	args, likes := []any{org}, make([]string, len(t.hints))
	for i, hint := range t.hints { // of ASCII letters and digits alone, which mean themselves in a pattern
		args = append(args, "%"+hint+"%")
		likes[i] = fmt.Sprintf(`lower(%s) like $%d`, name, i+2)
	}
	found, err := column(tx.QueryContext(ctx, fmt.Sprintf(`select distinct %s from %s where org_id = $1 and (%s)`, name, table, strings.Join(likes, " or ")), args...))
	if err != nil {
		return err
	}
	for _, before := range found {
		after := t.scrub(before)
		if after == before {
			continue
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`update %s set %s = $1 where org_id = $2 and %s = $3`, table, name, name), after, org, before)
		if err != nil {
			return err
		}
	}
	return nil
}

func column(found *sql.Rows, err error) (out []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var s sql.NullString
		if err := found.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s.String)
	}
	return out, found.Err()
}

// maxRows bounds what is handed out of one table.
const maxRows = 10_000

// tell returns the readable columns of the rows that name a person. What is sealed or hashed is not readable, by anybody.
func (r rows) tell(ctx context.Context, q store.Querier, org, id string) (out []map[string]any, err error) {
	found, err := q.QueryContext(ctx, fmt.Sprintf(`select * from %s where org_id = $1 and %s = $2 limit %d`, r.table, r.column, maxRows), org, id)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.table, err)
	}
	defer func() { _ = found.Close() }()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, name := range names {
			if v := readable(name, values[i]); v != nil {
				row[name] = v
			}
		}
		out = append(out, row)
	}
	return out, found.Err()
}

func readable(name string, v any) any {
	switch {
	case name == "org_id", name == "search_text", name == "claim", name == "node":
		return nil
	case name == "at" || strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_until"):
		if micros, ok := v.(int64); ok && micros != 0 {
			return time.UnixMicro(micros).UTC()
		}
		return nil
	}
	if _, sealed := v.([]byte); sealed {
		return nil
	}
	return v
}
