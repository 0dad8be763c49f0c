package attachment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func insert(ctx context.Context, tx *store.Tx, org, deliveryID, maker string, sealed []byte, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_attachment (org_id, delivery_id, maker, recipe, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		org, deliveryID, maker, sealed, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep the attachment of %s: %w", deliveryID, err)
	}
	return nil
}

// find returns the sealed recipe of a delivery; maker is "" if it carries nothing.
func find(ctx context.Context, q store.Querier, org, deliveryID string) (maker string, sealed []byte, err error) {
	err = q.QueryRowContext(ctx, `
		select maker, recipe from message_attachment where org_id = $1 and delivery_id = $2`, org, deliveryID).Scan(&maker, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the attachment of %s: %w", deliveryID, err)
	}
	return maker, sealed, nil
}

func remove(ctx context.Context, tx *store.Tx, org, deliveryID string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_attachment where org_id = $1 and delivery_id = $2`, org, deliveryID); err != nil {
		return fmt.Errorf("forget the attachment of %s: %w", deliveryID, err)
	}
	return nil
}
