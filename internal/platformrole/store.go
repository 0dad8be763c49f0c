package platformrole

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

const columns = `r.org_id, r.id, r.name, r.description, r.based_on, r.customers, r.permissions, r.created_at, r.updated_at, r.version,
	(select count(*) from platformrole_technician g where g.org_id = r.org_id and g.platformrole_id = r.id)`

func (r *Role) scan(scan func(...any) error) error {
	var permissions store.JSON[[]perm.Permission]
	err := scan(&r.OrgID, &r.ID, &r.Name, &r.Description, &r.BasedOn, &r.Customers, &permissions, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt), &r.Version,
		&r.People)
	r.Permissions = permissions.V
	return err
}

func byID(ctx context.Context, q store.Querier, org, id string) (r Role, err error) {
	err = r.scan(q.QueryRowContext(ctx, `select `+columns+` from platformrole r where r.org_id = $1 and r.id = $2`, org, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Role{}, ErrNotFound
	}
	if err != nil {
		return Role{}, fmt.Errorf("find platform role %s: %w", id, err)
	}
	return r, nil
}

// lock returns a platform role that nobody else changes, deletes or gives before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Role, error) {
	if _, err := tx.ExecContext(ctx, `update platformrole set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Role{}, fmt.Errorf("lock platform role %s: %w", id, err)
	}
	return byID(ctx, tx, org, id)
}

func count(ctx context.Context, q store.Querier, org string) (n int, err error) {
	if err = q.QueryRowContext(ctx, `select count(*) from platformrole where org_id = $1`, org).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the platform roles: %w", err)
	}
	return n, nil
}

func all(ctx context.Context, q store.Querier, org string) ([]Role, error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from platformrole r where r.org_id = $1 order by r.name_key, r.id limit $2`, org, maxRoles)
	if err != nil {
		return nil, fmt.Errorf("list platform roles: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := []Role{}
	for rows.Next() {
		var r Role
		if err := r.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("list platform roles: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func insert(ctx context.Context, tx *store.Tx, r Role) error {
	_, err := tx.ExecContext(ctx, `
		insert into platformrole (org_id, id, name, name_key, description, based_on, customers, permissions, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.OrgID, r.ID, r.Name, store.Fold(r.Name), r.Description, string(r.BasedOn), string(r.Customers), listed(r.Permissions),
		store.Time(r.CreatedAt), store.Time(r.UpdatedAt), r.Version)
	if store.IsConflict(err) {
		return errName
	}
	return err
}

// listed is a list that is never null.
func listed(ps []perm.Permission) store.JSON[[]perm.Permission] {
	return store.JSON[[]perm.Permission]{V: append([]perm.Permission{}, ps...)}
}

func update(ctx context.Context, tx *store.Tx, r Role) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update platformrole set name = $1, name_key = $2, description = $3, customers = $4, permissions = $5, updated_at = $6, version = version + 1
		where org_id = $7 and id = $8 and version = $9`,
		r.Name, store.Fold(r.Name), r.Description, string(r.Customers), listed(r.Permissions), store.Time(r.UpdatedAt), r.OrgID, r.ID, r.Version))
	switch {
	case store.IsConflict(err):
		return errName
	case err == nil && !ok:
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from platformrole where org_id = $1 and id = $2`, org, id))
	if err == nil && !ok {
		return ErrNotFound
	}
	return err
}

// assignment is which platform role of the organization somebody has.
func assignment(ctx context.Context, q store.Querier, org, technicianID string) (a Assignment, err error) {
	err = q.QueryRowContext(ctx, `select coalesce(platformrole_id, ''), version from platformrole_technician where org_id = $1 and technician_id = $2`, org, technicianID).
		Scan(&a.RoleID, &a.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Assignment{}, nil
	}
	if err != nil {
		return Assignment{}, fmt.Errorf("read the platform role of technician %s: %w", technicianID, err)
	}
	return a, nil
}

// assign begins with nothing saved or raises the version that was read.
func assign(ctx context.Context, tx *store.Tx, org, technicianID string, a Assignment, now time.Time) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into platformrole_technician (org_id, technician_id, platformrole_id, updated_at, version) values ($1, $2, $3, $4, $5)
		on conflict (org_id, technician_id) do update set platformrole_id = excluded.platformrole_id, updated_at = excluded.updated_at, version = excluded.version
		where platformrole_technician.version = excluded.version - 1`,
		org, technicianID, sql.NullString{String: a.RoleID, Valid: a.RoleID != ""}, store.Time(now), a.Version))
	if store.IsConflict(err) || err == nil && !ok {
		return errStale // the person was deleted a moment ago, or somebody was quicker
	}
	return err
}
