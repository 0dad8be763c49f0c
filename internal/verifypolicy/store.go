package verifypolicy

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var errStale = fault.New(fault.Stale, "verifypolicy.changed", "Somebody else changed this policy meanwhile. Load it again.")

type stored struct {
	policy  Policy
	version int64
}

// policiesOf returns the policy of the organization under "", and that of a customer under its id, as far as there are any.
func policiesOf(ctx context.Context, q store.Querier, org, customerID string) (map[string]stored, error) {
	rows, err := q.QueryContext(ctx, `select customer_id, policy, version from verifypolicy where org_id = $1 and customer_id in ('', $2)`, org, customerID)
	if err != nil {
		return nil, fmt.Errorf("read verification policies: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string]stored{}
	for rows.Next() {
		var id string
		var p store.JSON[Policy]
		var version int64
		if err := rows.Scan(&id, &p, &version); err != nil {
			return nil, fmt.Errorf("read verification policies: %w", err)
		}
		found[id] = stored{p.V, version}
	}
	return found, rows.Err()
}

func putPolicy(ctx context.Context, tx *store.Tx, org, customerID string, p Policy, version int64, now time.Time) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into verifypolicy (org_id, customer_id, policy, version, updated_at) values ($1, $2, $3, cast($4 as bigint) + 1, $5)
		on conflict (org_id, customer_id) do update set policy = excluded.policy, version = excluded.version, updated_at = excluded.updated_at
		where verifypolicy.version = $4`, org, customerID, store.JSON[Policy]{V: p}, version, store.Time(now)))
	if err != nil {
		return fmt.Errorf("save a verification policy: %w", err)
	}
	if !ok {
		return errStale
	}
	return nil
}
