package task

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const columns = `org_id, id, kind, state, total, done, failed, results, reason, message, payload, data, created_by, created_name, ceiling, run,
	attempts, created_at, updated_at, started_at, ended_at, version`

// row is a task with the columns that need a type of ours.
type row struct {
	Task
	data    store.JSON[map[string]string]
	ceiling store.JSON[perm.Set]
	payload string
}

func (r *row) fields() []any {
	return []any{
		&r.OrgID, &r.ID, &r.Kind, &r.State, &r.Total, &r.Done, &r.Failed, &r.results, &r.Reason, &r.Message, &r.payload, &r.data,
		&r.CreatedBy, &r.CreatedName, &r.ceiling, &r.run, &r.attempts, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt),
		(*store.Time)(&r.StartedAt), (*store.Time)(&r.EndedAt), &r.Version,
	}
}

func (r *row) task() Task {
	r.Data, r.Task.ceiling, r.Task.payload = r.data.V, r.ceiling.V, []byte(r.payload)
	return r.Task
}

func insert(ctx context.Context, tx *store.Tx, t Task) error {
	_, err := tx.ExecContext(ctx, `
		insert into task (`+columns+`)
		values ($1, $2, $3, $4, $5, 0, 0, 0, '', '', $6, $7, $8, $9, $10, 0, 0, $11, $12, null, null, $13)`,
		t.OrgID, t.ID, t.Kind, string(t.State), t.Total, string(t.payload), store.JSON[map[string]string]{V: t.Data}, t.CreatedBy, t.CreatedName,
		store.JSON[perm.Set]{V: t.ceiling}, store.Time(t.CreatedAt), store.Time(t.UpdatedAt), t.Version)
	return err
}

func byID(ctx context.Context, q store.Querier, org, id string) (Task, error) {
	var r row
	err := q.QueryRowContext(ctx, `select `+columns+` from task where org_id = $1 and id = $2`, org, id).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Task{}, errNotFound
	}
	if err != nil {
		return Task{}, fmt.Errorf("find task %s: %w", id, err)
	}
	return r.task(), nil
}

func countOpen(ctx context.Context, q store.Querier, org, technicianID string) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		select count(*) from task where org_id = $1 and created_by = $2 and state in ('queued', 'running')`, org, technicianID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the tasks of %s: %w", technicianID, err)
	}
	return n, nil
}

func list(ctx context.Context, q store.Querier, org, by string, want Query) (found []Task, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	if by != "" {
		w.Add("created_by = ?", by)
	}
	if want.State != "" {
		w.Add("state = ?", string(want.State))
	}
	if want.Open {
		w.Add("state in ('queued', 'running')")
	}
	if want.Kind != "" {
		w.Add("kind = ?", want.Kind)
	}
	if want.Cursor != "" {
		parts, err := store.ParseCursor(want.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `select `+columns+` from task`+w.SQL()+` order by id desc limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list tasks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, "", fmt.Errorf("list tasks: %w", err)
		}
		if len(found) == want.Limit {
			return found, store.Cursor(found[len(found)-1].ID), rows.Err()
		}
		found = append(found, r.task())
	}
	return found, "", rows.Err()
}

// one reads the task that a statement returned; ok says whether there was one.
func one(rows *sql.Row) (t Task, ok bool, err error) {
	var r row
	err = rows.Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Task{}, false, nil
	}
	return r.task(), err == nil, err
}

// claim takes a task that has not ended; whoever ran it before cannot advance it any more.
func claim(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (Task, bool, error) {
	return one(tx.QueryRowContext(ctx, `
		update task set state = 'running', run = run + 1, started_at = coalesce(started_at, $1), updated_at = $1, version = version + 1
		where org_id = $2 and id = $3 and state in ('queued', 'running') returning `+columns, store.Time(now), org, id))
}

func advance(ctx context.Context, tx *store.Tx, t Task, n, failed, results int, now time.Time) (Task, bool, error) {
	return one(tx.QueryRowContext(ctx, `
		update task set done = done + $1, failed = failed + $2, results = results + $3, attempts = 0, updated_at = $4, version = version + 1,
			total = case when done + $1 > total then done + $1 else total end
		where org_id = $5 and id = $6 and state = 'running' and run = $7 returning `+columns,
		n, failed, results, store.Time(now), t.OrgID, t.ID, t.run))
}

func isRun(ctx context.Context, q store.Querier, t Task) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		select count(*) from task where org_id = $1 and id = $2 and state = 'running' and run = $3`, t.OrgID, t.ID, t.run).Scan(&n)
	return n > 0, err
}

func setTotal(ctx context.Context, tx *store.Tx, t Task) error {
	_, err := tx.ExecContext(ctx, `update task set total = $1 where org_id = $2 and id = $3 and run = $4`, t.Total, t.OrgID, t.ID, t.run)
	if err != nil {
		return fmt.Errorf("set the size of task %s: %w", t.ID, err)
	}
	return nil
}

func countFailure(ctx context.Context, tx *store.Tx, t Task) error {
	_, err := tx.ExecContext(ctx, `update task set attempts = attempts + 1 where org_id = $1 and id = $2 and run = $3`, t.OrgID, t.ID, t.run)
	if err != nil {
		return fmt.Errorf("count a failure of task %s: %w", t.ID, err)
	}
	return nil
}

// end closes a task that is still open; a worker only the one that it runs itself.
func end(ctx context.Context, tx *store.Tx, t Task, state State, reason, message string, now time.Time) (Task, error) {
	t, ok, err := one(tx.QueryRowContext(ctx, `
		update task set state = $1, reason = $2, message = $3, ended_at = $4, updated_at = $4, version = version + 1
		where org_id = $5 and id = $6 and state in ('queued', 'running') and (run = $7 or $1 = 'canceled') returning `+columns,
		string(state), reason, message, store.Time(now), t.OrgID, t.ID, t.run))
	switch {
	case err != nil:
		return t, fmt.Errorf("end task %s: %w", t.ID, err)
	case !ok:
		return t, errEnded
	}
	return t, nil
}

// insertResults keeps results behind those that a task already has; t is the task with the new ones counted.
func insertResults(ctx context.Context, tx *store.Tx, t Task, results []Result) error {
	position := t.results - int64(len(results))
	for chunk := range slices.Chunk(results, 25) {
		var text strings.Builder
		text.WriteString(`insert into task_result (org_id, task_id, position, target_type, target_id, name, line, outcome, reason, message) values `)
		args := make([]any, 0, 2+8*len(chunk))
		args = append(args, t.OrgID, t.ID)
		for i, r := range chunk {
			if i > 0 {
				text.WriteString(", ")
			}
			text.WriteString("($1, $2")
			for _, v := range []any{position, r.TargetType, r.TargetID, r.Name, r.Line, string(r.Outcome), r.Reason, r.Message} {
				args = append(args, v)
				text.WriteString(", $" + strconv.Itoa(len(args)))
			}
			text.WriteString(")")
			position++
		}
		if _, err := tx.ExecContext(ctx, text.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

func results(ctx context.Context, q store.Querier, org, id string, outcome Outcome, page store.Page) (found []Result, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ? and task_id = ?", org, id)
	if outcome != "" {
		w.Add("outcome = ?", string(outcome))
	}
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		after, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil {
			return nil, "", fault.Field("/cursor", "request.cursor_invalid", "This cursor is not from this list. Start again without it.")
		}
		w.Add("position > ?", after)
	}
	rows, err := q.QueryContext(ctx, `
		select position, target_type, target_id, name, line, outcome, reason, message from task_result`+w.SQL()+` order by position limit `+
		w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list the results of task %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	last := ""
	for rows.Next() {
		var r Result
		var position int64
		if err := rows.Scan(&position, &r.TargetType, &r.TargetID, &r.Name, &r.Line, &r.Outcome, &r.Reason, &r.Message); err != nil {
			return nil, "", fmt.Errorf("list the results of task %s: %w", id, err)
		}
		if len(found) == page.Limit {
			return found, last, rows.Err()
		}
		found, last = append(found, r), store.Cursor(strconv.FormatInt(position, 10))
	}
	return found, "", rows.Err()
}

func forget(ctx context.Context, tx *store.Tx, before time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from task where ended_at < $1`, store.Time(before)); err != nil {
		return fmt.Errorf("forget old tasks: %w", err)
	}
	return nil
}
