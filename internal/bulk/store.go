package bulk

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// knownCustomers says which of the ids are customers of an organization.
func knownCustomers(ctx context.Context, q store.Querier, org string, ids []string) (map[string]bool, error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("id", ids)
	rows, err := q.QueryContext(ctx, `select id from customer`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("look for customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	known := make(map[string]bool, len(ids))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for customers: %w", err)
		}
		known[id] = true
	}
	return known, rows.Err()
}
