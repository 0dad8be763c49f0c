package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// deliveryBehind finds the delivery that a provider knows by an id; "" if there is none.
func deliveryBehind(ctx context.Context, q store.Querier, r report) (id string, err error) {
	err = q.QueryRowContext(ctx, `
		select delivery_id from message_attempt
		where org_id = $1 and provider = $2 and provider_id = $3 and provider_id <> '' and provider <> 'sandbox'
		order by number desc limit 1`, r.orgID, r.provider, r.providerID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find the message %s of %s: %w", r.providerID, r.provider, err)
	}
	return id, nil
}

// putReported moves a sent delivery on; changed is false if it had moved before.
func putReported(ctx context.Context, tx *store.Tx, r report, id string, now time.Time) (d Delivery, changed bool, err error) {
	err = tx.QueryRowContext(ctx, `
		update message_delivery set state = $1, reason = $2, updated_at = $3,
			subject = case when $6 then subject end, body = case when $6 then body end
		where org_id = $4 and id = $5 and state = 'sent' returning `+deliveryColumns, r.state, r.reason, store.Time(now), r.orgID, id, r.state == Failed).
		Scan(d.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("record what became of delivery %s: %w", id, err)
	}
	return d, true, nil
}

// keepReport keeps the first report about a message that nobody knows yet.
func keepReport(ctx context.Context, tx *store.Tx, r report, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_report (org_id, provider, provider_id, state, reason, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, provider, provider_id) do nothing`, r.orgID, r.provider, r.providerID, r.state, r.reason, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	return nil
}

// takeReport removes a kept report and fills in what it says.
func takeReport(ctx context.Context, tx *store.Tx, r *report) (found bool, err error) {
	err = tx.QueryRowContext(ctx, `
		delete from message_report where org_id = $1 and provider = $2 and provider_id = $3 returning state, reason`,
		r.orgID, r.provider, r.providerID).Scan(&r.state, &r.reason)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take a kept report: %w", err)
	}
	return true, nil
}

// reportsDue lists kept reports whose messages are known by now.
func reportsDue(ctx context.Context, q store.Querier) (due []report, err error) {
	rows, err := q.QueryContext(ctx, `
		select r.org_id, r.provider, r.provider_id from message_report r where exists (
			select 1 from message_attempt a
			where a.org_id = r.org_id and a.provider = r.provider and a.provider_id = r.provider_id and a.provider_id <> '' and a.provider <> 'sandbox')
		limit 500`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r report
		if err := rows.Scan(&r.orgID, &r.provider, &r.providerID); err != nil {
			return nil, err
		}
		due = append(due, r)
	}
	return due, rows.Err()
}

func dropReports(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from message_report where at < $1`, store.Time(before))
	return err
}
