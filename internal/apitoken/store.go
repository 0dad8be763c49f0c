package apitoken

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// row is what one request needs to know of its token and of whose it is.
type row struct {
	actor             access.Actor
	mayAct            bool
	networks          string
	permissions       store.JSON[[]perm.Permission]
	expires, lastUsed time.Time
}

// find is the question behind every request with a token: one row by a unique index, joined by primary keys. It is zero for an unknown one.
func find(ctx context.Context, q store.Querier, hash []byte) (r row, err error) {
	err = q.QueryRowContext(ctx, `
		select s.org_id, s.id, s.last_used_at, s.expires_at, s.permissions, t.id, t.display_name, t.platform_role, t.owner, t.allowed_networks,
			(t.status = 'active' and t.state = 'activated' and o.status = 'active')
		from apitoken s
		join technician t on t.org_id = s.org_id and t.id = s.technician_id
		join organization o on o.id = s.org_id
		where s.token_hash = $1`, hash).Scan(
		&r.actor.OrgID, &r.actor.TokenID, (*store.Time)(&r.lastUsed), (*store.Time)(&r.expires), &r.permissions,
		&r.actor.ID, &r.actor.Name, &r.actor.Role, &r.actor.Owner, &r.networks, &r.mayAct)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("check token: %w", err)
	}
	return r, nil
}

func used(ctx context.Context, tx *store.Tx, org, tokenID string, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update apitoken set last_used_at = $1 where org_id = $2 and id = $3 and (last_used_at is null or last_used_at <= $4)`,
		store.Time(now), org, tokenID, store.Time(now.Add(-seenEvery))))
	if err != nil {
		return false, fmt.Errorf("note use of token %s: %w", tokenID, err)
	}
	return ok, nil
}

func insert(ctx context.Context, tx *store.Tx, t Token, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into apitoken (org_id, id, technician_id, name, prefix, token_hash, permissions, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.OrgID, t.ID, t.TechnicianID, t.Name, t.Prefix, hash, store.JSON[[]perm.Permission]{V: t.Permissions}, store.Time(t.CreatedAt), store.Time(t.ExpiresAt))
	if err != nil {
		return fmt.Errorf("save token %s: %w", t.ID, err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org, tokenID string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from apitoken where org_id = $1 and id = $2`, org, tokenID))
	if err != nil {
		return fmt.Errorf("delete token %s: %w", tokenID, err)
	}
	if !ok {
		return errNotFound
	}
	return nil
}

func sweep(ctx context.Context, tx *store.Tx, before time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from apitoken where expires_at < $1`, store.Time(before)); err != nil {
		return fmt.Errorf("sweep tokens: %w", err)
	}
	return nil
}

const columns = `org_id, id, technician_id, name, prefix, permissions, created_at, expires_at, last_used_at`

func of(ctx context.Context, q store.Querier, org, technicianID string) (out []Token, err error) {
	rows, err := q.QueryContext(ctx, `
		select `+columns+` from apitoken where org_id = $1 and technician_id = $2 order by id desc`, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("list tokens of %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		t, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func byID(ctx context.Context, q store.Querier, org, tokenID string) (Token, error) {
	return scan(q.QueryRowContext(ctx, `select `+columns+` from apitoken where org_id = $1 and id = $2`, org, tokenID).Scan)
}

func scan(scan func(...any) error) (t Token, err error) {
	var permissions store.JSON[[]perm.Permission]
	err = scan(&t.OrgID, &t.ID, &t.TechnicianID, &t.Name, &t.Prefix, &permissions,
		(*store.Time)(&t.CreatedAt), (*store.Time)(&t.ExpiresAt), (*store.Time)(&t.LastUsedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, errNotFound
	}
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	t.Permissions = permissions.V
	return t, nil
}
