package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

func insert(ctx context.Context, tx *store.Tx, org string, number int, recipientKey string, m Message) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_sandbox (org_id, id, delivery_id, number, way, sender, recipient, recipient_key, subject, body, possible_repeat, created_at,
			attachment_name, attachment_size)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		org, m.ID, m.DeliveryID, number, m.Way, m.From, m.To, recipientKey, m.Subject, m.Body, m.PossibleRepeat, store.Time(m.CreatedAt),
		m.AttachmentName, m.AttachmentSize)
	if err != nil {
		return fmt.Errorf("keep message %s: %w", m.ID, err)
	}
	return nil
}

func byDelivery(ctx context.Context, q store.Querier, org, deliveryID string) (messageID string, err error) {
	err = q.QueryRowContext(ctx, `
		select id from message_sandbox where org_id = $1 and delivery_id = $2 order by number limit 1`, org, deliveryID).Scan(&messageID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return messageID, err
}

// customerOf is the customer whom a message concerns; null if its delivery is gone.
const customerOf = `(select d.customer_id from message_delivery d where d.org_id = message_sandbox.org_id and d.id = message_sandbox.delivery_id)`

// list shows what concerns the customers of scope, and to staff what concerns none.
func list(ctx context.Context, q store.Querier, org string, scope access.Scope, staff bool, recipientKey string, way message.Way, p store.Page) (items []Message, next string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	scope.Where(&w, customerOf)
	if !staff {
		w.Add(customerOf + " <> ''")
	}
	if recipientKey != "" {
		w.Add("recipient_key = ?", recipientKey)
	}
	if way != "" {
		w.Add("way = ?", way)
	}
	if p.Cursor != "" {
		parts, err := store.ParseCursor(p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `
		select id, delivery_id, way, sender, recipient, subject, body, possible_repeat, created_at, attachment_name, attachment_size
		from message_sandbox`+w.SQL()+` order by id desc limit `+w.Arg(p.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list sandbox messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m Message
		err := rows.Scan(&m.ID, &m.DeliveryID, &m.Way, &m.From, &m.To, &m.Subject, &m.Body, &m.PossibleRepeat, (*store.Time)(&m.CreatedAt), &m.AttachmentName, &m.AttachmentSize)
		if err != nil {
			return nil, "", fmt.Errorf("read sandbox message: %w", err)
		}
		items = append(items, m)
	}
	if len(items) > p.Limit {
		items = items[:p.Limit]
		next = store.Cursor(items[p.Limit-1].ID)
	}
	return items, next, rows.Err()
}

func organizations(ctx context.Context, q store.Querier) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `select distinct org_id from message_sandbox`)
	if err != nil {
		return nil, fmt.Errorf("list organizations with sandbox messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var org string
		if err := rows.Scan(&org); err != nil {
			return nil, err
		}
		ids = append(ids, org)
	}
	return ids, rows.Err()
}

// firstBehind is the newest message that is not among the newest ones, or "" if there are no more than that.
func firstBehind(ctx context.Context, q store.Querier, org string, newest int) (messageID string, err error) {
	err = q.QueryRowContext(ctx, `
		select id from message_sandbox where org_id = $1 order by id desc limit 1 offset $2`, org, newest).Scan(&messageID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return messageID, err
}

// prune deletes up to limit messages, the oldest first and none behind last, and returns how many.
func prune(ctx context.Context, tx *store.Tx, org, last string, limit int) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		delete from message_sandbox where org_id = $1 and id in (
			select id from message_sandbox where org_id = $1 and id <= $2 order by id limit $3)`, org, last, limit)
	if err != nil {
		return 0, fmt.Errorf("forget sandbox messages of %s: %w", org, err)
	}
	return res.RowsAffected()
}
