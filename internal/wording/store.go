package wording

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// ownIn returns the parts of every text that an organization wrote itself in a language.
func ownIn(ctx context.Context, q store.Querier, org, language string) (map[Key]map[string]string, error) {
	rows, err := q.QueryContext(ctx, `select text_key, parts from wording where org_id = $1 and language = $2`, org, language)
	if err != nil {
		return nil, fmt.Errorf("read the texts of %s: %w", org, err)
	}
	defer func() { _ = rows.Close() }()
	own := map[Key]map[string]string{}
	for rows.Next() {
		var key Key
		var parts store.JSON[map[string]string]
		if err := rows.Scan(&key, &parts); err != nil {
			return nil, fmt.Errorf("read the texts of %s: %w", org, err)
		}
		own[key] = parts.V
	}
	return own, rows.Err()
}
