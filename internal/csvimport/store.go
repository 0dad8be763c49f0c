package csvimport

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/store"
)

// maxKept is how many characters of a name or of a column are kept.
const maxKept = 200

const fields = `org_id, id, kind, file_name, size, row_count, delimiter, columns, mapping, options, state, created, updated, skipped, refused, task_id,
	created_by, created_name, created_at, updated_at, version`

// record is an import with the columns that need a type of ours.
type record struct {
	Import
	cols    store.JSON[[]columns.Column]
	mapping store.JSON[map[string]int]
	options store.JSON[Options]
}

func (r *record) fields() []any {
	return []any{
		&r.OrgID, &r.ID, &r.Kind, &r.FileName, &r.Size, &r.Rows, &r.Delimiter, &r.cols, &r.mapping, &r.options, &r.State, &r.Counts.Create,
		&r.Counts.Update, &r.Counts.Skip, &r.Counts.Refused, &r.TaskID, &r.CreatedBy, &r.CreatedName, (*store.Time)(&r.CreatedAt),
		(*store.Time)(&r.UpdatedAt), &r.Version,
	}
}

func (r *record) taken() Import {
	r.Columns, r.Mapping, r.Options = r.cols.V, r.mapping.V, r.options.V
	return r.Import
}

func insert(ctx context.Context, tx *store.Tx, i Import) error {
	_, err := tx.ExecContext(ctx, `
		insert into csvimport (`+fields+`)
		values ($1, $2, $3, $4, 0, 0, '', '[]', '{}', '{}', $5, 0, 0, 0, 0, '', $6, $7, $8, $9, $10)`,
		i.OrgID, i.ID, string(i.Kind), i.FileName, string(i.State), i.CreatedBy, i.CreatedName, store.Time(i.CreatedAt), store.Time(i.UpdatedAt), i.Version)
	if err != nil {
		return fmt.Errorf("begin import %s: %w", i.ID, err)
	}
	return nil
}

func byID(ctx context.Context, q store.Querier, org, id string) (Import, error) {
	var r record
	err := q.QueryRowContext(ctx, `select `+fields+` from csvimport where org_id = $1 and id = $2`, org, id).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Import{}, errNotFound
	}
	if err != nil {
		return Import{}, fmt.Errorf("find import %s: %w", id, err)
	}
	return r.taken(), nil
}

// lock returns an import that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, i Import) (Import, error) {
	if _, err := tx.ExecContext(ctx, `update csvimport set version = version where org_id = $1 and id = $2`, i.OrgID, i.ID); err != nil {
		return Import{}, fmt.Errorf("lock import %s: %w", i.ID, err)
	}
	return byID(ctx, tx, i.OrgID, i.ID)
}

func list(ctx context.Context, q store.Querier, org string, kinds []string, page store.Page) (found []Import, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ? and state <> 'uploading'", org)
	w.In("kind", kinds)
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `select `+fields+` from csvimport`+w.SQL()+` order by id desc limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list imports: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r record
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, "", fmt.Errorf("list imports: %w", err)
		}
		if len(found) == page.Limit {
			return found, store.Cursor(found[len(found)-1].ID), rows.Err()
		}
		found = append(found, r.taken())
	}
	return found, "", rows.Err()
}

// update keeps an import that the transaction holds; its counts are those of the batches, unless the work begins anew.
func update(ctx context.Context, tx *store.Tx, i *Import) error {
	i.UpdatedAt = store.Now()
	i.Version++
	_, err := tx.ExecContext(ctx, `
		update csvimport set size = $1, row_count = $2, delimiter = $3, columns = $4, mapping = $5, options = $6, state = $7, created = $8,
			updated = $9, skipped = $10, refused = $11, task_id = $12, updated_at = $13, version = $14
		where org_id = $15 and id = $16`,
		i.Size, i.Rows, i.Delimiter, store.JSON[[]columns.Column]{V: i.Columns}, store.JSON[map[string]int]{V: i.Mapping}, store.JSON[Options]{V: i.Options},
		string(i.State), i.Counts.Create, i.Counts.Update, i.Counts.Skip, i.Counts.Refused, i.TaskID, store.Time(i.UpdatedAt), i.Version, i.OrgID, i.ID)
	if err != nil {
		return fmt.Errorf("keep import %s: %w", i.ID, err)
	}
	return nil
}

func count(ctx context.Context, tx *store.Tx, i Import, c Counts) error {
	_, err := tx.ExecContext(ctx, `
		update csvimport set created = created + $1, updated = updated + $2, skipped = skipped + $3, refused = refused + $4, version = version + 1
		where org_id = $5 and id = $6`, c.Create, c.Update, c.Skip, c.Refused, i.OrgID, i.ID)
	if err != nil {
		return fmt.Errorf("count the rows of import %s: %w", i.ID, err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, i Import) error {
	if _, err := tx.ExecContext(ctx, `delete from csvimport where org_id = $1 and id = $2`, i.OrgID, i.ID); err != nil {
		return fmt.Errorf("forget import %s: %w", i.ID, err)
	}
	return nil
}

// forget removes imports that rest since a time, and uploads that broke off since another.
func forget(ctx context.Context, tx *store.Tx, resting, brokenOff time.Time) error {
	_, err := tx.ExecContext(ctx, `
		delete from csvimport where updated_at < $1 and state not in ('checking', 'applying') or updated_at < $2 and state = 'uploading'`,
		store.Time(resting), store.Time(brokenOff))
	if err != nil {
		return fmt.Errorf("forget old imports: %w", err)
	}
	return nil
}

func insertChunk(ctx context.Context, tx *store.Tx, i Import, position int64, data []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into csvimport_chunk (org_id, import_id, position, data) values ($1, $2, $3, $4)`, i.OrgID, i.ID, position, data)
	if err != nil {
		return fmt.Errorf("keep a piece of import %s: %w", i.ID, err)
	}
	return nil
}

// chunk is io.EOF behind the last one.
func chunk(ctx context.Context, q store.Querier, i Import, position int64) (data []byte, err error) {
	err = q.QueryRowContext(ctx, `
		select data from csvimport_chunk where org_id = $1 and import_id = $2 and position = $3`, i.OrgID, i.ID, position).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read a piece of import %s: %w", i.ID, err)
	}
	return data, nil
}

func clearRows(ctx context.Context, tx *store.Tx, i Import) error {
	if _, err := tx.ExecContext(ctx, `delete from csvimport_row where org_id = $1 and import_id = $2`, i.OrgID, i.ID); err != nil {
		return fmt.Errorf("forget the rows of import %s: %w", i.ID, err)
	}
	return nil
}

func insertRows(ctx context.Context, tx *store.Tx, i Import, rows []*row) error {
	for part := range slices.Chunk(rows, findAtOnce/2) {
		if err := insertSomeRows(ctx, tx, i, part); err != nil {
			return err
		}
	}
	return nil
}

func insertSomeRows(ctx context.Context, tx *store.Tx, i Import, rows []*row) error {
	var text strings.Builder
	text.WriteString(`insert into csvimport_row (org_id, import_id, line, outcome, name, target_id, field, reason, message) values `)
	args := make([]any, 0, 2+7*len(rows))
	args = append(args, i.OrgID, i.ID)
	for n, r := range rows {
		if n > 0 {
			text.WriteString(", ")
		}
		text.WriteString("($1, $2")
		for _, v := range []any{r.line, string(r.outcome), csvfile.Clip(r.name, maxKept), r.target, r.field, r.reason, r.message} {
			args = append(args, v)
			text.WriteString(", $" + strconv.Itoa(len(args)))
		}
		text.WriteString(")")
	}
	if _, err := tx.ExecContext(ctx, text.String(), args...); err != nil {
		return fmt.Errorf("keep the rows of import %s: %w", i.ID, err)
	}
	return nil
}

// Result says what became of one row, or what would.
type Result struct {
	Line     int
	Outcome  Outcome
	Name     string
	TargetID string
	Field    string
	Reason   string // code
	Message  string // the same as a sentence
}

func results(ctx context.Context, q store.Querier, i Import, outcome Outcome, page store.Page) (found []Result, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ? and import_id = ?", i.OrgID, i.ID)
	if outcome != "" {
		w.Add("outcome = ?", string(outcome))
	}
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		after, err := strconv.Atoi(parts[0])
		if err != nil {
			after = 0 // it is none of ours, so it begins anew
		}
		w.Add("line > ?", after)
	}
	rows, err := q.QueryContext(ctx, `
		select line, outcome, name, target_id, field, reason, message from csvimport_row`+w.SQL()+` order by line limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list the rows of import %s: %w", i.ID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Result
		if err := rows.Scan(&r.Line, &r.Outcome, &r.Name, &r.TargetID, &r.Field, &r.Reason, &r.Message); err != nil {
			return nil, "", fmt.Errorf("list the rows of import %s: %w", i.ID, err)
		}
		if len(found) == page.Limit {
			return found, store.Cursor(strconv.Itoa(found[len(found)-1].Line)), rows.Err()
		}
		found = append(found, r)
	}
	return found, "", rows.Err()
}

// remembered is what columns were chosen for last time, by their keys; "" means left out.
func remembered(ctx context.Context, q store.Querier, org string, k Kind) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `select column_key, field from csvimport_mapping where org_id = $1 and kind = $2`, org, string(k))
	if err != nil {
		return nil, fmt.Errorf("recall the columns of %s: %w", k, err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]string{}
	for rows.Next() {
		var key, field string
		if err := rows.Scan(&key, &field); err != nil {
			return nil, fmt.Errorf("recall the columns of %s: %w", k, err)
		}
		out[key] = field
	}
	return out, rows.Err()
}

// remember keeps which column was chosen for what, also that one was left out.
func remember(ctx context.Context, tx *store.Tx, i Import) error {
	chosen := make([]string, len(i.Columns))
	for field, column := range i.Mapping {
		chosen[column] = field
	}
	for n, c := range i.Columns {
		key := columns.Key(c.Name)
		if key == "" {
			continue
		}
		_, err := tx.ExecContext(ctx, `
			insert into csvimport_mapping (org_id, kind, column_key, field) values ($1, $2, $3, $4)
			on conflict (org_id, kind, column_key) do update set field = excluded.field`, i.OrgID, string(i.Kind), csvfile.Clip(key, maxKept), chosen[n])
		if err != nil {
			return fmt.Errorf("remember the columns of %s: %w", i.Kind, err)
		}
	}
	return nil
}

// sources finds records by what they are called in the files that they come from.
func sources(ctx context.Context, q store.Querier, org string, k Kind, externals []string) (map[string]string, error) {
	out := map[string]string{}
	err := byKey(ctx, q, org, `select s.source_id, s.target_id from want w cross join csvimport_source s
		where s.org_id = $1 and s.kind = '`+string(k)+`' and s.source_id = w.key`, externals, func(source, target string) { out[source] = target })
	return out, err
}

func setSource(ctx context.Context, tx *store.Tx, org string, k Kind, external, target string) error {
	_, err := tx.ExecContext(ctx, `
		insert into csvimport_source (org_id, kind, source_id, target_id) values ($1, $2, $3, $4)
		on conflict (org_id, kind, source_id) do update set target_id = excluded.target_id`, org, string(k), external, target)
	if err != nil {
		return fmt.Errorf("keep an external id of %s: %w", target, err)
	}
	return nil
}

// pairs reads two columns of text.
func pairs(rows *sql.Rows, err error, each func(a, b string)) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		each(a, b)
	}
	return rows.Err()
}
