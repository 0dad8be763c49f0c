package signinpolicy

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// Of reads the policy of an organization; without one, the defaults hold, also for what a stored one does not speak of.
func Of(ctx context.Context, q store.Querier, org string) (Policy, error) {
	p := Default()
	var text string
	err := q.QueryRowContext(ctx, `select policy, updated_at, version from signinpolicy where org_id = $1`, org).
		Scan(&text, (*store.Time)(&p.UpdatedAt), &p.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &p)
	}
	if err != nil {
		return Policy{}, fmt.Errorf("read the sign-in policy of %s: %w", org, err)
	}
	return p, nil
}

// save stores p, unless somebody else has stored another since p was read.
func save(ctx context.Context, tx *store.Tx, org string, p Policy) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into signinpolicy (org_id, policy, updated_at, version) values ($1, $2, $3, $4 + 1)
		on conflict (org_id) do update set policy = excluded.policy, updated_at = excluded.updated_at, version = excluded.version
		where signinpolicy.version = $4`, org, p.text(), store.Time(p.UpdatedAt), p.Version))
	if err != nil {
		return fmt.Errorf("save the sign-in policy of %s: %w", org, err)
	}
	if !ok {
		return errStale
	}
	return nil
}
