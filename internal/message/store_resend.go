package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func rowByID(ctx context.Context, q store.Querier, org, id string) (r row, err error) {
	err = q.QueryRowContext(ctx, `select `+rowColumns+` from message_delivery where org_id = $1 and id = $2`, org, id).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoDelivery
	}
	if err != nil {
		return r, fmt.Errorf("find delivery %s: %w", id, err)
	}
	return r, nil
}

// markResent notes on a delivery that was given up what was made of it, and wipes its text. It changes nothing if that was done before.
func markResent(ctx context.Context, tx *store.Tx, d Delivery, newID string, now time.Time) (bool, error) {
	changed, err := store.Changed(tx.ExecContext(ctx, `
		update message_delivery set resent_as = $1, updated_at = $2, subject = null, body = null
		where org_id = $3 and id = $4 and resent_as = '' and state in ('failed', 'expired')`, newID, store.Time(now), d.OrgID, d.ID))
	if err != nil {
		return false, fmt.Errorf("note that delivery %s was sent again: %w", d.ID, err)
	}
	return changed, nil
}

// wipeKept wipes the texts of deliveries that ended before a time.
func wipeKept(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_delivery set subject = null, body = null where ended_at < $1 and ended_at is not null and body is not null`, store.Time(before))
	if err != nil {
		return fmt.Errorf("wipe the texts of old messages: %w", err)
	}
	return nil
}
