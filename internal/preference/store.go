package preference

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func all(ctx context.Context, q store.Querier, org, technicianID string) (map[string]json.RawMessage, error) {
	rows, err := q.QueryContext(ctx, `select key, value from preference where org_id = $1 and technician_id = $2`, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("list preferences: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]json.RawMessage{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, fmt.Errorf("list preferences: %w", err)
		}
		out[key] = json.RawMessage(value)
	}
	return out, rows.Err()
}

func put(ctx context.Context, tx *store.Tx, org, technicianID, key string, value json.RawMessage, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into preference (org_id, technician_id, key, value, updated_at) values ($1, $2, $3, $4, $5)
		on conflict (org_id, technician_id, key) do update set value = excluded.value, updated_at = excluded.updated_at`,
		org, technicianID, key, string(value), store.Time(now))
	return err
}

func count(ctx context.Context, q store.Querier, org, technicianID string) (n int, err error) {
	err = q.QueryRowContext(ctx, `select count(*) from preference where org_id = $1 and technician_id = $2`, org, technicianID).Scan(&n)
	return n, err
}

func remove(ctx context.Context, tx *store.Tx, org, technicianID, key string) error {
	_, err := tx.ExecContext(ctx, `delete from preference where org_id = $1 and technician_id = $2 and key = $3`, org, technicianID, key)
	if err != nil {
		return fmt.Errorf("forget a preference of %s: %w", technicianID, err)
	}
	return nil
}
