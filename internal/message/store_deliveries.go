package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// markBounced notes on a mail that was sent, found by its reply address, that it came back. It is live if nobody knows yet whether it was
// sent, and d is empty if there is no such mail or it had ended otherwise.
func markBounced(ctx context.Context, tx *store.Tx, org string, hash []byte, reason string, now time.Time) (d Delivery, live bool, err error) {
	err = tx.QueryRowContext(ctx, `
		update message_delivery set state = $1, reason = $2, updated_at = $3
		where org_id = $4 and reply_hash = $5 and way = 'email' and state = 'sent' returning `+deliveryColumns,
		Failed, reason, store.Time(now), org, hash).Scan(d.fields()...)
	if err == nil {
		return d, false, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return d, false, fmt.Errorf("record a bounce: %w", err)
	}
	err = tx.QueryRowContext(ctx, `
		select exists (select 1 from message_delivery where org_id = $1 and reply_hash = $2 and state in ('sending', 'unknown'))`, org, hash).Scan(&live)
	return Delivery{}, live, err
}

func deliveryByID(ctx context.Context, q store.Querier, org, id string) (d Delivery, err error) {
	err = q.QueryRowContext(ctx, `select `+deliveryColumns+` from message_delivery where org_id = $1 and id = $2`, org, id).Scan(d.fields()...)
	if err != nil {
		return d, fmt.Errorf("find delivery %s: %w", id, err)
	}
	return d, nil
}

func listDeliveries(ctx context.Context, q store.Querier, w store.Where, p store.Page) (items []Delivery, next string, err error) {
	if p.Cursor != "" {
		parts, err := store.ParseCursor(p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `select `+deliveryColumns+` from message_delivery`+w.SQL()+` order by id desc limit `+w.Arg(p.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list deliveries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Delivery
		if err := rows.Scan(d.fields()...); err != nil {
			return nil, "", fmt.Errorf("read delivery: %w", err)
		}
		items = append(items, d)
	}
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = store.Cursor(items[p.Limit-1].ID)
	}
	return items, next, rows.Err()
}

func attemptsOf(ctx context.Context, q store.Querier, org string, deliveryIDs []string) (map[string][]Request, error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.In("delivery_id", deliveryIDs)
	rows, err := q.QueryContext(ctx, `
		select delivery_id, number, provider, state, reason, possible_repeat, started_at, ended_at
		from message_attempt`+w.SQL()+` order by delivery_id, number`, w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string][]Request{}
	for rows.Next() {
		var id string
		var a Request
		if err := rows.Scan(&id, &a.Number, &a.Provider, &a.State, &a.Reason, &a.PossibleRepeat, (*store.Time)(&a.StartedAt), (*store.Time)(&a.EndedAt)); err != nil {
			return nil, fmt.Errorf("read attempt: %w", err)
		}
		all[id] = append(all[id], a)
	}
	return all, rows.Err()
}
