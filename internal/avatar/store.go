package avatar

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func put(ctx context.Context, tx *store.Tx, org, technicianID, key string, content []byte, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into avatar (org_id, technician_id, key, content, created_at) values ($1, $2, $3, $4, $5)
		on conflict (org_id, technician_id) do update set key = excluded.key, content = excluded.content, created_at = excluded.created_at`,
		org, technicianID, key, content, store.Time(now))
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, technicianID string) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from avatar where org_id = $1 and technician_id = $2`, org, technicianID))
	if err != nil {
		return false, fmt.Errorf("remove the picture of %s: %w", technicianID, err)
	}
	return ok, nil
}

func byKey(ctx context.Context, q store.Querier, org, key string) (content []byte, err error) {
	err = q.QueryRowContext(ctx, `select content from avatar where org_id = $1 and key = $2`, org, key).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNone
	}
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	return content, nil
}
