package activity

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// customerNames are the names of customers by their ids; one that is gone is missing.
func customerNames(ctx context.Context, q store.Querier, org string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("id", ids)
	rows, err := q.QueryContext(ctx, `select id, name from customer`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("read names of customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("read names of customers: %w", err)
		}
		out[id] = name
	}
	return out, rows.Err()
}
