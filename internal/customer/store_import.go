package customer

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/store"
)

// Same says whether a customer has prepared fields already.
func (s *Service) Same(c Customer, f Fields) bool { return c.same(f) }

// ByIDs finds customers of one organization by their ids; those that are not there are missing from the answer.
func ByIDs(ctx context.Context, q store.Querier, org string, ids []string) (map[string]Customer, error) {
	out := make(map[string]Customer, len(ids))
	for part := range slices.Chunk(ids, 50) {
		if err := eachByID(ctx, q, org, part, func(c Customer) { out[c.ID] = c }); err != nil {
			return nil, fmt.Errorf("find customers: %w", err)
		}
	}
	return out, nil
}

func eachByID(ctx context.Context, q store.Querier, org string, ids []string, each func(Customer)) error {
	w := &store.Where{}
	w.Add("c.org_id = ?", org)
	w.In("c.id", ids)
	rows, err := q.QueryContext(ctx, `select `+columns+` from customer c`+w.SQL(), w.Args()...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c Customer
		var domains store.JSON[[]string]
		if err := rows.Scan(c.fields(&domains)...); err != nil {
			return err
		}
		c.Domains = domains.V
		each(c)
	}
	return rows.Err()
}
