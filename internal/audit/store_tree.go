package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func leavesFrom(ctx context.Context, q store.Querier, org string, from, to int64) (out [][]byte, err error) {
	rows, err := q.QueryContext(ctx, `
		select leaf from audit_event where org_id = $1 and seq >= $2 and seq <= $3 order by seq`, org, from, to)
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, fmt.Errorf("read leaves: %w", err)
		}
		out = append(out, leaf)
	}
	return out, rows.Err()
}

// node returns nil if there is none.
func node(ctx context.Context, q store.Querier, org string, level uint, index uint64) (hash []byte, err error) {
	err = q.QueryRowContext(ctx, `select hash from audit_node where org_id = $1 and level = $2 and position = $3`,
		org, int64(level), int64(index)).Scan(&hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read node %d/%d: %w", level, index, err)
	}
	return hash, nil
}

func insertCheckpoint(ctx context.Context, tx *store.Tx, org string, c checkpointRow) error {
	_, err := tx.ExecContext(ctx, `insert into audit_checkpoint (org_id, size, root, at, note) values ($1, $2, $3, $4, $5)`,
		org, c.size, c.root, store.Time(c.at), c.note)
	if err == nil {
		_, err = tx.ExecContext(ctx, `update audit_head set checkpoint_size = $2 where org_id = $1`, org, c.size)
	}
	if err != nil {
		return fmt.Errorf("insert checkpoint %d: %w", c.size, err)
	}
	return nil
}

// checkpointsFrom returns at most limit checkpoints with from <= size <= to, in order.
func checkpointsFrom(ctx context.Context, q store.Querier, org string, from, to int64, limit int) (out []checkpointRow, err error) {
	rows, err := q.QueryContext(ctx, `
		select size, root, at, note from audit_checkpoint where org_id = $1 and size >= $2 and size <= $3 order by size limit $4`, org, from, to, limit)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c checkpointRow
		if err := rows.Scan(&c.size, &c.root, (*store.Time)(&c.at), &c.note); err != nil {
			return nil, fmt.Errorf("read checkpoints: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// lastCheckpoint returns nil if there is none.
func lastCheckpoint(ctx context.Context, q store.Querier, org string) (*checkpointRow, error) {
	var c checkpointRow
	err := q.QueryRowContext(ctx, `select size, root, at, note from audit_checkpoint where org_id = $1 order by size desc limit 1`, org).
		Scan(&c.size, &c.root, (*store.Time)(&c.at), &c.note)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the last checkpoint: %w", err)
	}
	return &c, nil
}

func lastSeq(ctx context.Context, q store.Querier, org string) (seq int64, err error) {
	if err := q.QueryRowContext(ctx, `select coalesce(max(seq), 0) from audit_event where org_id = $1`, org).Scan(&seq); err != nil {
		return 0, fmt.Errorf("find the last event: %w", err)
	}
	return seq, nil
}

// eachTarget calls fn with every row of the index of targets up to a seq, in no order.
func eachTarget(ctx context.Context, q store.Querier, org string, to int64, fn func(targetRow)) error {
	rows, err := q.QueryContext(ctx, `select target_id, seq from audit_target where org_id = $1 and seq <= $2`, org, to)
	if err != nil {
		return fmt.Errorf("read targets: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r targetRow
		if err := rows.Scan(&r.id, &r.seq); err != nil {
			return fmt.Errorf("read targets: %w", err)
		}
		fn(r)
	}
	return rows.Err()
}

// liveKey returns nil if the subject has none.
func liveKey(ctx context.Context, q store.Querier, org, subject string) (*keyRow, error) {
	k := keyRow{subject: subject}
	err := q.QueryRowContext(ctx, `select id, sealed from audit_key where org_id = $1 and subject = $2 and erased_at is null`, org, subject).
		Scan(&k.id, &k.sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the key of %s: %w", subject, err)
	}
	return &k, nil
}

func insertKey(ctx context.Context, tx *store.Tx, org string, k *keyRow, now time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into audit_key (org_id, id, subject, sealed, created_at) values ($1, $2, $3, $4, $5)`,
		org, k.id, k.subject, k.sealed, store.Time(now))
	if err != nil {
		return fmt.Errorf("insert the key of %s: %w", k.subject, err)
	}
	return nil
}

func keysByID(ctx context.Context, q store.Querier, org string, ids []string) (out []keyRow, err error) {
	const most = 500
	for len(ids) > 0 {
		n := min(len(ids), most)
		w := store.Where{}
		w.Add("org_id = ?", org)
		w.In("id", ids[:n])
		ids = ids[n:]
		rows, err := q.QueryContext(ctx, `select id, subject, sealed from audit_key`+w.SQL(), w.Args()...)
		if out, err = scanKeys(out, rows, err); err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
	}
	return out, nil
}

func scanKeys(out []keyRow, rows *sql.Rows, err error) ([]keyRow, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var k keyRow
		if err := rows.Scan(&k.id, &k.subject, &k.sealed); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// nextEpoch makes every process forget the keys that it remembers.
func nextEpoch(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `update audit_head set key_epoch = key_epoch + 1 where org_id = $1`, org); err != nil {
		return fmt.Errorf("begin a new epoch of keys: %w", err)
	}
	return nil
}

func destroyKeys(ctx context.Context, tx *store.Tx, org, subject string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `update audit_key set sealed = null, erased_at = $3 where org_id = $1 and subject = $2 and erased_at is null`,
		org, subject, store.Time(now))
	if err != nil {
		return fmt.Errorf("destroy the keys of %s: %w", subject, err)
	}
	return nil
}
