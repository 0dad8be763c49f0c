package contact

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// adopt gives a contact the addresses of another that it does not have: from now on, and never as one that it came with.
func adopt(ctx context.Context, tx *store.Tx, from Contact, intoID, by string, now time.Time) error {
	for _, statement := range []string{
		`insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial, merged_by)
			select org_id, $1, number, cast($2 as bigint), added_by, false, $3 from contact_phone where org_id = $4 and contact_id = $5
			on conflict (org_id, contact_id, number) do nothing`,
		`insert into contact_email (org_id, contact_id, email_key, created_at, added_by, initial, merged_by)
			select org_id, $1, email_key, cast($2 as bigint), added_by, false, $3 from contact_email where org_id = $4 and contact_id = $5
			on conflict (org_id, contact_id, email_key) do nothing`,
	} {
		if _, err := tx.ExecContext(ctx, statement, intoID, store.Time(now), by, from.OrgID, from.ID); err != nil {
			return fmt.Errorf("adopt the addresses of contact %s: %w", from.ID, err)
		}
	}
	return nil
}

// insertMerged remembers what became of a contact.
func insertMerged(ctx context.Context, tx *store.Tx, c Contact, intoID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into contact_merged (org_id, id, into_id, source, source_id, merged_at) values ($1, $2, $3, $4, $5, $6)`,
		c.OrgID, c.ID, intoID, c.Source, c.SourceID, store.Time(now))
	if err != nil {
		return fmt.Errorf("remember contact %s: %w", c.ID, err)
	}
	return nil
}

// leadOn points what was merged into one contact at another; before the one is removed.
func leadOn(ctx context.Context, tx *store.Tx, org, fromID, intoID string) error {
	if _, err := tx.ExecContext(ctx, `update contact_merged set into_id = $1 where org_id = $2 and into_id = $3`, intoID, org, fromID); err != nil {
		return fmt.Errorf("lead on from contact %s: %w", fromID, err)
	}
	return nil
}

// mergedInto finds what a contact was merged into.
func mergedInto(ctx context.Context, q store.Querier, org, id string) (Contact, error) {
	var into string
	err := q.QueryRowContext(ctx, `select into_id from contact_merged where org_id = $1 and id = $2`, org, id).Scan(&into)
	if errors.Is(err, sql.ErrNoRows) {
		return Contact{}, ErrNotFound
	}
	if err != nil {
		return Contact{}, fmt.Errorf("find what contact %s became: %w", id, err)
	}
	return ByID(ctx, q, org, into)
}

// BySource finds the contact that a source has a name for, also after it was merged into another.
func BySource(ctx context.Context, q store.Querier, org, source, sourceID string) (Contact, error) {
	var id string
	err := q.QueryRowContext(ctx, `
		select id from contact where org_id = $1 and source = $2 and source_id = $3
		union all
		select into_id from contact_merged where org_id = $1 and source = $2 and source_id = $3
		limit 1`, org, source, sourceID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) || sourceID == "" {
		return Contact{}, ErrNotFound
	}
	if err != nil {
		return Contact{}, fmt.Errorf("find a contact by its source: %w", err)
	}
	return ByID(ctx, q, org, id)
}

func byIDs(ctx context.Context, q store.Querier, org string, ids []string) (map[string]Contact, error) {
	found := map[string]Contact{}
	const most = 500
	for len(ids) > 0 {
		n := min(len(ids), most)
		w := &store.Where{}
		w.Add("c.org_id = ?", org)
		w.In("c.id", ids[:n])
		ids = ids[n:]
		rows, err := q.QueryContext(ctx, `select `+columns+from+w.SQL(), w.Args()...)
		if err != nil {
			return nil, fmt.Errorf("read contacts: %w", err)
		}
		if err := collect(rows, found); err != nil {
			return nil, fmt.Errorf("read contacts: %w", err)
		}
	}
	return found, nil
}

func collect(rows *sql.Rows, into map[string]Contact) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return err
		}
		into[r.ID] = r.contact()
	}
	return rows.Err()
}

type group struct {
	reason string
	ids    []string
}

// duplicates finds groups of contacts of one customer. The first two look only at addresses that several contacts have, which the
// indexes know; landlines are left out, since a whole office shares them.
func duplicates(ctx context.Context, q store.Querier, org string, scope access.Scope, customerID string, limit int) (groups []group, err error) {
	seen := map[string]bool{}
	for _, kind := range []struct{ reason, table, key string }{
		{"same_email", "contact_email", "a.email_key"}, {"same_phone", "contact_phone", "a.number"}, {"same_name", "", "c.sort_name"},
	} {
		w := &store.Where{}
		w.Add("c.org_id = ?", org)
		scope.Where(w, "c.customer_id")
		if customerID != "" {
			w.Add("c.customer_id = ?", customerID)
		}
		source := `contact c`
		if kind.table != "" {
			source = kind.table + ` a join contact c on c.org_id = a.org_id and c.id = a.contact_id`
			column := strings.TrimPrefix(kind.key, "a.")
			w.Add(kind.key+` in (select `+column+` from `+kind.table+` where org_id = ? group by org_id, `+column+` having count(*) > 1)`, org)
		}
		if kind.reason == "same_phone" {
			w.Add(`c.phones not like '%"' || a.number || '","kind":"landline"%'`)
		}
		rows, err := q.QueryContext(ctx, `
			select min(c.id), max(c.id), count(*), c.customer_id, `+kind.key+` from `+source+w.SQL()+`
			group by c.customer_id, `+kind.key+` having count(*) > 1 order by min(c.id) limit `+w.Arg(limit), w.Args()...)
		if err != nil {
			return nil, err
		}
		found, err := scanGroups(rows)
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			ids := g.ids
			if g.more {
				if ids, err = membersOf(ctx, q, org, kind.table, kind.key, g.customer, g.value); err != nil {
					return nil, err
				}
			}
			key := strings.Join(ids, " ")
			if !seen[key] && len(groups) < limit {
				seen[key] = true
				groups = append(groups, group{kind.reason, ids})
			}
		}
	}
	return groups, nil
}

type foundGroup struct {
	ids             []string
	more            bool // there are more than these two
	customer, value string
}

func scanGroups(rows *sql.Rows) (out []foundGroup, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var g foundGroup
		var first, last string
		var n int
		if err := rows.Scan(&first, &last, &n, &g.customer, &g.value); err != nil {
			return nil, err
		}
		g.ids, g.more = []string{first, last}, n > 2
		out = append(out, g)
	}
	return out, rows.Err()
}

// membersOf are the contacts of a group of more than two, in order, up to as many as can be merged at once.
func membersOf(ctx context.Context, q store.Querier, org, table, key, customerID, value string) (ids []string, err error) {
	source := `contact c`
	if table != "" {
		source = table + ` a join contact c on c.org_id = a.org_id and c.id = a.contact_id`
	}
	w := &store.Where{}
	w.Add("c.org_id = ?", org)
	w.Add("c.customer_id = ?", customerID)
	w.Add(key+" = ?", value)
	rows, err := q.QueryContext(ctx, `select c.id from `+source+w.SQL()+` order by c.id limit `+w.Arg(maxMerge+1), w.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
