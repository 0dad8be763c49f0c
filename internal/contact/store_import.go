package contact

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/store"
)

// ByIDs finds contacts of one organization by their ids; those that are not there are missing from the answer.
func ByIDs(ctx context.Context, q store.Querier, org string, ids []string) (map[string]Contact, error) {
	out := make(map[string]Contact, len(ids))
	for part := range slices.Chunk(ids, 50) {
		if err := eachByID(ctx, q, org, part, func(c Contact) { out[c.ID] = c }); err != nil {
			return nil, fmt.Errorf("find contacts: %w", err)
		}
	}
	return out, nil
}

func eachByID(ctx context.Context, q store.Querier, org string, ids []string, each func(Contact)) error {
	w := &store.Where{}
	w.Add("c.org_id = ?", org)
	w.In("c.id", ids)
	rows, err := q.QueryContext(ctx, `select `+columns+from+w.SQL(), w.Args()...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return err
		}
		each(r.contact())
	}
	return rows.Err()
}
