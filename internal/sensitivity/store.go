package sensitivity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

func of(ctx context.Context, q store.Querier, org, whose string) (m Marks, err error) {
	if whose == "" {
		m.Permissions, m.Inherited = perm.Sensitive().Permissions(), perm.Sensitive().Permissions()
	} else {
		whole, err := of(ctx, q, org, "")
		if err != nil {
			return m, err
		}
		m.Inherited = whole.Permissions
	}
	var saved store.JSON[[]perm.Permission]
	err = q.QueryRowContext(ctx, `select permissions, version from sensitivity where org_id = $1 and whose = $2`, org, whose).Scan(&saved, &m.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return m, fmt.Errorf("read the sensitive permissions: %w", err)
	}
	m.Permissions = saved.V
	return m, nil
}

// save begins with nothing saved or raises the version that was read.
func save(ctx context.Context, tx *store.Tx, org, whose string, m Marks, now time.Time) error {
	var customerID any
	if whose != "" {
		customerID = whose
	}
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into sensitivity (org_id, whose, customer_id, permissions, updated_at, version) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, whose) do update set permissions = excluded.permissions, updated_at = excluded.updated_at, version = excluded.version
		where sensitivity.version = excluded.version - 1`,
		org, whose, customerID, store.JSON[[]perm.Permission]{V: m.Permissions}, store.Time(now), m.Version))
	if store.IsConflict(err) || err == nil && !ok {
		return errStale // the customer was deleted a moment ago, or somebody was quicker
	}
	if err != nil {
		return fmt.Errorf("save the sensitive permissions: %w", err)
	}
	return nil
}
