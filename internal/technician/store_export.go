package technician

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/store"
)

// customerNames are the names of customers by their ids.
func customerNames(ctx context.Context, q store.Querier, org string, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for part := range slices.Chunk(ids, chunk) {
		if err := someNames(ctx, q, org, part, out); err != nil {
			return nil, fmt.Errorf("name customers: %w", err)
		}
	}
	return out, nil
}

func someNames(ctx context.Context, q store.Querier, org string, ids []string, out map[string]string) error {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("id", ids)
	rows, err := q.QueryContext(ctx, `select id, name from customer`+w.SQL(), w.Args()...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return err
		}
		out[id] = name
	}
	return rows.Err()
}
