package resource

import (
	"context"
	"database/sql"
	"errors"

	"countersign.dev/countersign/internal/store"
)

// customerOf is the customer of a contact or a ticket, "" if it is not there.
func customerOf(ctx context.Context, q store.Querier, org, kind, key string) (customer string, err error) {
	query := `select customer_id from contact where org_id = $1 and id = $2`
	if kind == Ticket {
		query = `select customer_id from ticket where org_id = $1 and id = $2`
	}
	err = q.QueryRowContext(ctx, query, org, key).Scan(&customer)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return customer, err
}
