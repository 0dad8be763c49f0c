package access

import (
	"context"

	"countersign.dev/countersign/internal/store"
)

// reaches says whether an active technician is assigned to a customer, directly or by way of a team. Both ways are looked up by their keys.
func reaches(ctx context.Context, q store.Querier, org, technicianID, customerID string) (ok bool, err error) {
	err = q.QueryRowContext(ctx, `
		select exists (select 1 from technician where org_id = $1 and id = $2 and status = 'active' and state = 'activated') and (
			exists (select 1 from technician_customer where org_id = $1 and technician_id = $2 and customer_id = $3)
			or exists (
				select 1 from team_member m cross join team_customer c
				where m.org_id = $1 and m.technician_id = $2 and c.org_id = m.org_id and c.team_id = m.team_id and c.customer_id = $3))`, org, technicianID, customerID).Scan(&ok)
	return ok, err
}

// reachedCustomers are all customers that an active technician is assigned to, directly or by way of a team. The cross join keeps SQLite from
// beginning with the customers of all teams.
func reachedCustomers(ctx context.Context, q store.Querier, org, technicianID string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `
		select customer_id from (
			select customer_id from technician_customer where org_id = $1 and technician_id = $2
			union
			select c.customer_id from team_member m cross join team_customer c
			where m.org_id = $1 and m.technician_id = $2 and c.org_id = m.org_id and c.team_id = m.team_id) r
		where exists (select 1 from technician where org_id = $1 and id = $2 and status = 'active' and state = 'activated')
		order by customer_id`, org, technicianID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
