package backup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/store"
	"github.com/jackc/pgx/v5"
)

// jobTable is River's; its tables differ between the databases, so jobs travel as jobs and not as rows.
const jobTable = "river_job"

// table is one table of the catalog.
type table struct {
	name    string
	columns []string
	kinds   []kind
	key     []string // primary key
	foreign bool     // kept by a library, which makes it anew
}

// changeTable says which rows the servers have to read again. Triggers fill it as the rows of a backup come in.
const changeTable = "access_change"

// isForeign says whether a table belongs to the database it is in and travels in no backup.
func isForeign(name string) bool {
	return name == changeTable || strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "goose_")
}

// catalog lists every column of every table, in order, with its type and its place in the primary key (0: none).
func catalog(d store.Dialect) string {
	if d == store.SQLite {
		return `
			select t.name, c.name, lower(c.type), c.pk
			from sqlite_schema t, pragma_table_info(t.name) c
			where t.type = 'table' and t.name not like 'sqlite\_%' escape '\'
			order by t.name, c.cid`
	}
	return `
		select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1
		from pg_class c
		join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
		join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		left join pg_index i on i.indrelid = c.oid and i.indisprimary
		where c.relkind in ('r', 'p')
		order by c.relname collate "C", a.attnum`
}

func tablesOf(ctx context.Context, d store.Dialect, q store.Querier) ([]table, error) {
	rows, err := q.QueryContext(ctx, catalog(d))
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []table
	places := map[string]int{}
	for rows.Next() {
		var name, column, typ string
		var place int
		if err := rows.Scan(&name, &column, &typ, &place); err != nil {
			return nil, fmt.Errorf("list the tables: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, table{name: name, foreign: isForeign(name)})
			clear(places)
		}
		t := &out[len(out)-1]
		if t.foreign {
			continue
		}
		k, err := kindOf(typ)
		if err != nil {
			return nil, fmt.Errorf("column %s of %s: %w", column, name, err)
		}
		t.columns, t.kinds = append(t.columns, column), append(t.kinds, k)
		if place > 0 {
			places[column] = place
			t.key = append(t.key, column)
			slices.SortFunc(t.key, func(a, b string) int { return places[a] - places[b] })
		}
	}
	return out, rows.Err()
}

func kindOf(typ string) (kind, error) {
	switch typ {
	case "text":
		return kindText, nil
	case "bigint", "integer", "smallint":
		return kindNumber, nil
	case "boolean":
		return kindBool, nil
	case "bytea", "blob":
		return kindBytes, nil
	case "double precision", "real":
		return kindFloat, nil
	}
	return 0, fmt.Errorf("the type %s has no portable form", typ)
}

// eachRow calls fn with every row in the order of the primary key, so that equal tables make equal backups.
func eachRow(ctx context.Context, q store.Querier, t table, fn func(values []any) error) (n int64, err error) {
	query := "select " + quoted(t.columns) + " from " + quote(t.name)
	if len(t.key) > 0 {
		query += " order by " + quoted(t.key)
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	values, places := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return n, err
		}
		for i, k := range t.kinds {
			values[i] = k.convert(values[i])
		}
		if err := fn(values); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// occupied says whether any table holds a row.
func occupied(ctx context.Context, d store.Dialect, q store.Querier) (bool, error) {
	tables, err := tablesOf(ctx, d, q)
	if err != nil {
		return false, err
	}
	for _, t := range tables {
		if t.foreign && t.name != jobTable {
			continue
		}
		var any bool
		if err := q.QueryRowContext(ctx, "select exists (select 1 from "+quote(t.name)+")").Scan(&any); err != nil {
			return false, fmt.Errorf("look into %s: %w", t.name, err)
		}
		if any {
			return true, nil
		}
	}
	return false, nil
}

// insert adds rows to a table: by COPY on PostgreSQL, where single statements would each cost a round trip.
func insert(ctx context.Context, d store.Dialect, tx *store.Tx, t table, rows [][]any) error {
	if d == store.Postgres {
		return tx.Pgx(func(raw pgx.Tx) error {
			_, err := raw.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(rows))
			return err
		})
	}
	places := make([]string, len(t.columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	statement := "insert into " + quote(t.name) + " (" + quoted(t.columns) + ") values (" + strings.Join(places, ", ") + ")"
	for _, row := range rows {
		if _, err := tx.ExecContext(ctx, statement, row...); err != nil {
			return err
		}
	}
	return nil
}

// deferForeignKeys lets the tables be filled in any order; the returned function checks what was put off.
func deferForeignKeys(ctx context.Context, d store.Dialect, tx *store.Tx) (check func() error, err error) {
	if d == store.SQLite {
		// Until the commit, which checks it.
		_, err := tx.ExecContext(ctx, "pragma defer_foreign_keys = on")
		return func() error { return nil }, err
	}
	// Adding a constraint checks all rows; within the transaction nobody sees the table without it.
	rows, err := tx.QueryContext(ctx, `
		select quote_ident(c.relname), quote_ident(k.conname), pg_get_constraintdef(k.oid)
		from pg_constraint k
		join pg_class c on c.oid = k.conrelid
		join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
		where k.contype = 'f' and k.conparentid = 0`)
	if err != nil {
		return nil, fmt.Errorf("list the foreign keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var drop, add []string
	for rows.Next() {
		var table, name, definition string
		if err := rows.Scan(&table, &name, &definition); err != nil {
			return nil, fmt.Errorf("list the foreign keys: %w", err)
		}
		drop = append(drop, "alter table "+table+" drop constraint "+name)
		add = append(add, "alter table "+table+" add constraint "+name+" "+definition)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the foreign keys: %w", err)
	}
	each := func(statements []string) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	return func() error { return each(add) }, each(drop)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = quote(name)
	}
	return strings.Join(out, ", ")
}
