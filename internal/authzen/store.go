package authzen

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/store"
)

// technicianByEmail is "" if nobody of the organization has the email.
func technicianByEmail(ctx context.Context, q store.Querier, org, key string) (id string, err error) {
	err = q.QueryRowContext(ctx, `select id from technician where org_id = $1 and email_key = $2`, org, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// row is something in a list, with its customer if it is a record of one.
type row struct{ id, customer string }

// placesAfter are the next customers or device groups in order of id.
func placesAfter(ctx context.Context, q store.Querier, org string, kind engine.Type, last string, limit int) ([]row, error) {
	query := `select id, '' from customer where org_id = $1 and id > $2 order by id limit $3`
	if kind == engine.DeviceGroup {
		query = `select id, '' from device_group where org_id = $1 and id > $2 order by id limit $3`
	}
	return rowsOf(ctx, q, query, org, last, limit)
}

// recordsAfter are the next contacts or tickets in order of id: of some customers, or of all.
func recordsAfter(ctx context.Context, q store.Querier, org, kind string, customers []string, last string, limit int) ([]row, error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("id > ?", last)
	if customers != nil {
		w.In("customer_id", customers)
	}
	query := `select id, customer_id from contact`
	if kind == resource.Ticket {
		query = `select id, customer_id from ticket`
	}
	return rowsOf(ctx, q, query+w.SQL()+` order by id limit `+w.Arg(limit), w.Args()...)
}

func rowsOf(ctx context.Context, q store.Querier, query string, args ...any) (out []row, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list what access is about: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.customer); err != nil {
			return nil, fmt.Errorf("list what access is about: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
