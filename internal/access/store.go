package access

import (
	"context"

	"countersign.dev/countersign/internal/store"
)

func isAssigned(ctx context.Context, q store.Querier, org, technicianID, customerID string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		select count(*) from technician_customer
		where org_id = $1 and technician_id = $2 and customer_id = $3`, org, technicianID, customerID).Scan(&n)
	return n > 0, err
}

func assignedCustomers(ctx context.Context, q store.Querier, org, technicianID string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `
		select customer_id from technician_customer where org_id = $1 and technician_id = $2 order by customer_id`, org, technicianID)
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
