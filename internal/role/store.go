package role

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const columns = `r.org_id, r.id, r.name, r.description, r.purpose, r.permissions, r.sensitive, r.system, r.created_at, r.updated_at, r.version,
	(select count(distinct g.technician_id) from grant_role g where g.org_id = r.org_id and g.role_id = r.id),
	(select count(distinct g.team_id) from grant_role g where g.org_id = r.org_id and g.role_id = r.id),
	(select count(*) from grant_role g where g.org_id = r.org_id and g.role_id = r.id)`

func (r *Role) scan(scan func(...any) error, more ...any) error {
	var permissions, sensitive store.JSON[[]perm.Permission]
	err := scan(append([]any{
		&r.OrgID, &r.ID, &r.Name, &r.Description, &r.Purpose, &permissions, &sensitive, &r.System, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt),
		&r.Version, &r.Usage.Technicians, &r.Usage.Teams, &r.Usage.Grants,
	}, more...)...)
	r.Permissions, r.Sensitive = permissions.V, sensitive.V
	return err
}

// ByID finds one role.
func ByID(ctx context.Context, q store.Querier, org, id string) (r Role, err error) {
	err = r.scan(q.QueryRowContext(ctx, `select `+columns+` from role r where r.org_id = $1 and r.id = $2`, org, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Role{}, ErrNotFound
	}
	if err != nil {
		return Role{}, fmt.Errorf("find role %s: %w", id, err)
	}
	return r, nil
}

// Lock returns a role that nobody else changes, deletes or grants before the transaction ends.
func Lock(ctx context.Context, tx *store.Tx, org, id string) (Role, error) {
	if _, err := tx.ExecContext(ctx, `update role set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Role{}, fmt.Errorf("lock role %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

func count(ctx context.Context, q store.Querier, org string) (n int, err error) {
	if err = q.QueryRowContext(ctx, `select count(*) from role where org_id = $1`, org).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the roles: %w", err)
	}
	return n, nil
}

// system are the roles that come with Countersign, by their names.
func system(ctx context.Context, q store.Querier, org string) (map[string]Role, error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from role r where r.org_id = $1 and r.system`, org)
	if err != nil {
		return nil, fmt.Errorf("list the system's roles: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]Role{}
	for rows.Next() {
		var r Role
		if err := r.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("list the system's roles: %w", err)
		}
		out[r.Name] = r
	}
	return out, rows.Err()
}

// All are the roles of an organization by name; there are at most as many as an organization can have.
func All(ctx context.Context, q store.Querier, org string) ([]Role, error) {
	found, _, err := list(ctx, q, org, Query{Page: store.Page{Limit: maxRoles + len(System())}})
	return found, err
}

func list(ctx context.Context, q store.Querier, org string, want Query) (found []Role, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "r.name_key", Tie: "r.id"},
		"created_at": {Expression: "r.created_at", Tie: "r.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("r.org_id = ?", org)
	if want.Purpose != "" {
		w.Add("r.purpose = ?", want.Purpose)
	}
	w.Search("r.search_text", input.Search(want.Text))
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `select `+columns+`, `+order.Column()+` from role r`+w.SQL()+order.SQL()+` limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list roles: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Role
		var key any
		if err := r.scan(rows.Scan, &key); err != nil {
			return nil, "", fmt.Errorf("list roles: %w", err)
		}
		if len(found) == want.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, r), order.Cursor(key, r.ID)
	}
	return found, "", rows.Err()
}

const into = `
	insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

func (r Role) values() []any {
	return []any{
		r.OrgID, r.ID, r.Name, store.Fold(r.Name), r.Description, r.Purpose,
		store.JSON[[]perm.Permission]{V: r.Permissions},
		listed(r.Sensitive),
		r.System, r.searchText(),
		store.Time(r.CreatedAt), store.Time(r.UpdatedAt), r.Version,
	}
}

// listed is a list that is never null.
func listed(ps []perm.Permission) store.JSON[[]perm.Permission] {
	return store.JSON[[]perm.Permission]{V: append([]perm.Permission{}, ps...)}
}

func insert(ctx context.Context, tx *store.Tx, r Role) error {
	_, err := tx.ExecContext(ctx, into, r.values()...)
	if store.IsConflict(err) {
		return errName
	}
	return err
}

// insertSystem leaves a role alone that is there.
func insertSystem(ctx context.Context, tx *store.Tx, r Role) (made bool, err error) {
	return store.Changed(tx.ExecContext(ctx, into+` on conflict (org_id, name_key) do nothing`, r.values()...))
}

func update(ctx context.Context, tx *store.Tx, r Role) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update role set name = $1, name_key = $2, description = $3, permissions = $4, sensitive = $5, search_text = $6, updated_at = $7, version = version + 1
		where org_id = $8 and id = $9 and version = $10`,
		r.Name, store.Fold(r.Name), r.Description, store.JSON[[]perm.Permission]{V: r.Permissions}, listed(r.Sensitive), r.searchText(), store.Time(r.UpdatedAt),
		r.OrgID, r.ID, r.Version))
	switch {
	case store.IsConflict(err):
		return errName
	case err == nil && !ok:
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from role where org_id = $1 and id = $2`, org, id))
	if err == nil && !ok {
		return ErrNotFound
	}
	return err
}
