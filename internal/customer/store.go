package customer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const columns = `c.org_id, c.id, c.name, c.domains, c.notes, c.status, c.phone, c.address, c.website, c.created_at, c.updated_at, c.version,
	(select count(*) from contact p where p.org_id = c.org_id and p.customer_id = c.id),
	(select count(*) from ticket t where t.org_id = c.org_id and t.customer_id = c.id and t.status <> 'closed')`

func (c *Customer) fields(domains *store.JSON[[]string], more ...any) []any {
	return append([]any{
		&c.OrgID, &c.ID, &c.Name, domains, &c.Notes, &c.Status, &c.Phone, &c.Address, &c.Website, (*store.Time)(&c.CreatedAt), (*store.Time)(&c.UpdatedAt), &c.Version,
		&c.ContactCount, &c.OpenTicketCount,
	}, more...)
}

// ByID finds one customer.
func ByID(ctx context.Context, q store.Querier, org, id string) (c Customer, err error) {
	var domains store.JSON[[]string]
	err = q.QueryRowContext(ctx, `select `+columns+` from customer c where c.org_id = $1 and c.id = $2`, org, id).Scan(c.fields(&domains)...)
	if errors.Is(err, sql.ErrNoRows) {
		return Customer{}, ErrNotFound
	}
	if err != nil {
		return Customer{}, fmt.Errorf("find customer %s: %w", id, err)
	}
	c.Domains = domains.V
	return c, nil
}

// lock returns a customer that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Customer, error) {
	if _, err := tx.ExecContext(ctx, `update customer set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Customer{}, fmt.Errorf("lock customer %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

func list(ctx context.Context, q store.Querier, org string, scope access.Scope, want Query) (found []Customer, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "c.sort_name", Tie: "c.id"},
		"created_at": {Expression: "c.created_at", Tie: "c.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("c.org_id = ?", org)
	scope.Where(w, "c.id")
	if want.Status != "" {
		w.Add("c.status = ?", string(want.Status))
	}
	w.Search("c.search_text", input.Search(want.Text))
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	query := `select ` + columns + `, ` + order.Column() + ` from customer c` + w.SQL() + order.SQL() + ` limit ` + w.Arg(want.Limit+1)
	rows, err := q.QueryContext(ctx, query, w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c Customer
		var domains store.JSON[[]string]
		var key any
		if err := rows.Scan(c.fields(&domains, &key)...); err != nil {
			return nil, "", fmt.Errorf("list customers: %w", err)
		}
		if len(found) == want.Limit {
			return found, next, rows.Err()
		}
		c.Domains = domains.V
		found, next = append(found, c), order.Cursor(key, c.ID)
	}
	return found, "", rows.Err()
}

func insert(ctx context.Context, tx *store.Tx, c Customer) error {
	_, err := tx.ExecContext(ctx, `
		insert into customer (org_id, id, name, sort_name, domains, notes, search_text, status, phone, address, website,
			created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		c.OrgID, c.ID, c.Name, store.Fold(c.Name), store.JSON[[]string]{V: c.Domains}, c.Notes, c.searchText(),
		string(c.Status), c.Phone, c.Address, c.Website,
		store.Time(c.CreatedAt), store.Time(c.UpdatedAt), c.Version)
	return err
}

func update(ctx context.Context, tx *store.Tx, c Customer) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update customer set name = $1, sort_name = $2, domains = $3, notes = $4, search_text = $5, status = $6, phone = $7,
			address = $8, website = $9, updated_at = $10, version = version + 1
		where org_id = $11 and id = $12 and version = $13`,
		c.Name, store.Fold(c.Name), store.JSON[[]string]{V: c.Domains}, c.Notes, c.searchText(), string(c.Status), c.Phone,
		c.Address, c.Website, store.Time(c.UpdatedAt),
		c.OrgID, c.ID, c.Version))
	if err == nil && !ok {
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from customer where org_id = $1 and id = $2`, org, id))
	switch {
	case store.IsConflict(err):
		return errInUse
	case err != nil:
		return fmt.Errorf("delete customer %s: %w", id, err)
	case !ok:
		return ErrNotFound
	}
	return nil
}

// people finds who reaches a customer: those it is assigned to, those in teams that hold it, and those whose role reaches all.
func people(ctx context.Context, q store.Querier, org, customerID string) (p People, err error) {
	rows, err := q.QueryContext(ctx, `
		select t.id, t.name from team t join team_customer c on c.org_id = t.org_id and c.team_id = t.id
		where t.org_id = $1 and c.customer_id = $2 order by t.name_key, t.id`, org, customerID)
	if err != nil {
		return p, fmt.Errorf("list the teams of customer %s: %w", customerID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Person
		if err := rows.Scan(&t.ID, &t.Name); err != nil {
			return p, fmt.Errorf("list the teams of customer %s: %w", customerID, err)
		}
		p.Teams = append(p.Teams, t)
	}
	if err := rows.Err(); err != nil {
		return p, err
	}
	p.Technicians, err = technicians(ctx, q, org, customerID)
	return p, err
}

func technicians(ctx context.Context, q store.Querier, org, customerID string) (out []Person, err error) {
	rows, err := q.QueryContext(ctx, `
		select t.id, t.display_name, t.active, t.via from (
			select t.id, t.display_name, t.sort_name, t.status = 'active' and t.state = 'activated' as active, case
				when coalesce(p.customers, 'own') in ('own', 'assigned')
					and exists (select 1 from technician_customer c where c.org_id = t.org_id and c.technician_id = t.id and c.customer_id = $2) then 'direct'
				when coalesce(p.customers, 'teams') in ('teams', 'assigned')
					and exists (select 1 from team_member m join team_customer c on c.org_id = m.org_id and c.team_id = m.team_id
						where m.org_id = t.org_id and m.technician_id = t.id and c.customer_id = $2) then 'team'
				when t.owner or t.platform_role = 'administrator' or p.customers = 'all' then 'role'
				else '' end as via
			from technician t left join platformrole_technician g on g.org_id = t.org_id and g.technician_id = t.id
				left join platformrole p on p.org_id = g.org_id and p.id = g.platformrole_id and p.based_on = t.platform_role
			where t.org_id = $1) t
		where t.via <> ''
		order by t.sort_name, t.id limit $3`, org, customerID, maxPeople)
	if err != nil {
		return nil, fmt.Errorf("list the technicians of customer %s: %w", customerID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Person
		if err := rows.Scan(&t.ID, &t.Name, &t.Active, &t.Via); err != nil {
			return nil, fmt.Errorf("list the technicians of customer %s: %w", customerID, err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
