package pod

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const columns = `p.org_id, p.id, p.name, p.kind, p.origins, p.signed_only, p.secret, p.previous, p.previous_until, p.created_at, p.updated_at, p.version`

func scan(row func(...any) error) (p Pod, err error) {
	var origins store.JSON[[]string]
	err = row(&p.OrgID, &p.ID, &p.Name, &p.Kind, &origins, &p.SignedOnly, &p.secret, &p.previous, (*store.Time)(&p.PreviousUntil),
		(*store.Time)(&p.CreatedAt), (*store.Time)(&p.UpdatedAt), &p.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Pod{}, errNotFound
	}
	if err != nil {
		return Pod{}, fmt.Errorf("read pod: %w", err)
	}
	p.Origins = origins.V
	return p, nil
}

func byID(ctx context.Context, q store.Querier, org, id string) (Pod, error) {
	return scan(q.QueryRowContext(ctx, `select `+columns+` from pod p where p.org_id = $1 and p.id = $2`, org, id).Scan)
}

// anywhere finds a pod whose organization nobody has said yet.
func anywhere(ctx context.Context, q store.Querier, id string) (Pod, error) {
	return scan(q.QueryRowContext(ctx, `select `+columns+` from pod p where p.id = $1`, id).Scan)
}

// lock returns a pod that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Pod, error) {
	if _, err := tx.ExecContext(ctx, `update pod set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Pod{}, fmt.Errorf("lock pod %s: %w", id, err)
	}
	return byID(ctx, tx, org, id)
}

func list(ctx context.Context, q store.Querier, org string) (found []Pod, err error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from pod p where p.org_id = $1 order by p.name_key, p.id`, org)
	if err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		p, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

func insert(ctx context.Context, tx *store.Tx, p Pod) error {
	_, err := tx.ExecContext(ctx, `
		insert into pod (org_id, id, name, name_key, kind, origins, signed_only, secret, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.OrgID, p.ID, p.Name, store.Fold(p.Name), p.Kind, store.JSON[[]string]{V: p.Origins}, p.SignedOnly, p.secret, store.Time(p.CreatedAt),
		store.Time(p.UpdatedAt), p.Version)
	return failed(err, "create", p.ID)
}

func update(ctx context.Context, tx *store.Tx, p Pod) error {
	_, err := tx.ExecContext(ctx, `
		update pod set name = $3, name_key = $4, kind = $5, origins = $6, signed_only = $7, secret = $8, previous = $9, previous_until = $10,
			updated_at = $11, version = version + 1
		where org_id = $1 and id = $2`,
		p.OrgID, p.ID, p.Name, store.Fold(p.Name), p.Kind, store.JSON[[]string]{V: p.Origins}, p.SignedOnly, p.secret, p.previous,
		store.Time(p.PreviousUntil), store.Time(p.UpdatedAt))
	return failed(err, "change", p.ID)
}

func failed(err error, what, id string) error {
	if store.IsConflict(err) {
		return errName.At("/name")
	}
	if err != nil {
		return fmt.Errorf("%s pod %s: %w", what, id, err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	if _, err := tx.ExecContext(ctx, `delete from pod_grant where org_id = $1 and pod_id = $2`, org, id); err != nil {
		return fmt.Errorf("delete the codes of pod %s: %w", id, err)
	}
	if _, err := tx.ExecContext(ctx, `delete from pod where org_id = $1 and id = $2`, org, id); err != nil {
		return fmt.Errorf("delete pod %s: %w", id, err)
	}
	return nil
}

func insertGrant(ctx context.Context, tx *store.Tx, g grant, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into pod_grant (org_id, id, pod_id, session_id, technician_id, code_hash, challenge, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		g.orgID, g.id, g.podID, g.sessionID, g.technicianID, hash, g.challenge, store.Time(g.createdAt), store.Time(g.expiresAt))
	if err != nil {
		return fmt.Errorf("save a code for pod %s: %w", g.podID, err)
	}
	return nil
}

// spendGrant returns what a code is for and takes it away, so that of several who bring it one gets it.
func spendGrant(ctx context.Context, tx *store.Tx, hash []byte) (g grant, err error) {
	err = tx.QueryRowContext(ctx, `
		delete from pod_grant where code_hash = $1
		returning org_id, id, pod_id, session_id, technician_id, challenge, created_at, expires_at`, hash).Scan(
		&g.orgID, &g.id, &g.podID, &g.sessionID, &g.technicianID, &g.challenge, (*store.Time)(&g.createdAt), (*store.Time)(&g.expiresAt))
	if errors.Is(err, sql.ErrNoRows) {
		return grant{}, errGrant
	}
	if err != nil {
		return grant{}, fmt.Errorf("spend a code: %w", err)
	}
	return g, nil
}

func sweepGrants(ctx context.Context, tx *store.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from pod_grant where expires_at < $1`, store.Time(now)); err != nil {
		return fmt.Errorf("delete old codes: %w", err)
	}
	return nil
}
