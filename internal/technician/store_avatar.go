package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// SetAvatar keeps the key of a technician's picture, "" for none, in the transaction of the picture itself. It leaves the version alone: a
// form that somebody has open on the technician does not hold the picture.
func SetAvatar(ctx context.Context, tx *store.Tx, org, id, key string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `update technician set avatar = $1 where org_id = $2 and id = $3`, key, org, id))
	if err != nil {
		return fmt.Errorf("keep the picture of technician %s: %w", id, err)
	}
	if !ok {
		return ErrNotFound
	}
	return nil
}
