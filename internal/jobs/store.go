package jobs

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// migrationLock is the PostgreSQL advisory lock that keeps two servers from preparing the queue at once.
const migrationLock = 0x636f756e74657273 // "counters"

func (q *Queue) lockMigration(ctx context.Context) (unlock func(), err error) {
	if q.db.Dialect() != store.Postgres {
		return func() {}, nil
	}
	conn, err := q.db.SQL().Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock the migration: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `select pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("lock the migration: %w", err)
	}
	return func() {
		// Should the unlock fail, the lock ends with the session, which the pool then drops.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, int64(migrationLock))
		_ = conn.Close()
	}, nil
}

// freeStuck makes the jobs that a killed server left running available at once, and leadership of the queue free. SQLite has one
// server, so nobody else can be working them; on PostgreSQL another node may be, and River's rescuer waits for their time to run out.
func (q *Queue) freeStuck(ctx context.Context) error {
	if q.db.Dialect() != store.SQLite {
		return nil
	}
	return q.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `update river_job set state = 'available' where state = 'running'`); err != nil {
			return fmt.Errorf("free running jobs: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `delete from river_leader`); err != nil {
			return fmt.Errorf("free the leadership: %w", err)
		}
		return nil
	})
}

const unfinished = ` where state in ('available', 'pending', 'retryable', 'running', 'scheduled')`

func pending(ctx context.Context, d store.Dialect, from store.Querier, fn func(Job) error) error {
	payload := `json(args)`
	if d == store.Postgres {
		payload = `cast(args as text)`
	}
	rows, err := from.QueryContext(ctx, `select id, kind, `+payload+`, scheduled_at, attempt from river_job`+unfinished+` order by id`)
	if err != nil {
		return fmt.Errorf("list pending jobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var j Job
		var b string
		if err := rows.Scan(&j.ID, &j.Kind, &b, &j.RunAt, &j.Attempts); err != nil {
			return fmt.Errorf("list pending jobs: %w", err)
		}
		j.Payload, j.RunAt = []byte(b), j.RunAt.UTC()
		if err := fn(j); err != nil {
			return err
		}
	}
	return rows.Err()
}

func count(ctx context.Context, from store.Querier) (s Stats, err error) {
	rows, err := from.QueryContext(ctx, `
		select cast(state as text), count(*) from river_job where state not in ('completed', 'cancelled') group by state`)
	if err != nil {
		return Stats{}, fmt.Errorf("count jobs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return Stats{}, fmt.Errorf("count jobs: %w", err)
		}
		switch state {
		case "running":
			s.Running += n
		case "discarded":
			s.Dead += n
		default:
			s.Waiting += n
		}
	}
	return s, rows.Err()
}
