package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

func insert(ctx context.Context, tx *store.Tx, org string, number int, recipientKey string, m Message) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_sandbox (org_id, id, delivery_id, number, way, sender, recipient, recipient_key, subject, body, possible_repeat, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		org, m.ID, m.DeliveryID, number, m.Way, m.From, m.To, recipientKey, m.Subject, m.Body, m.PossibleRepeat, store.Time(m.CreatedAt))
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

func list(ctx context.Context, q store.Querier, org, recipientKey string, way message.Way, p store.Page) (items []Message, next string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
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
		select id, delivery_id, way, sender, recipient, subject, body, possible_repeat, created_at
		from message_sandbox`+w.SQL()+` order by id desc limit `+w.Arg(p.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list sandbox messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m Message
		if err := rows.Scan(&m.ID, &m.DeliveryID, &m.Way, &m.From, &m.To, &m.Subject, &m.Body, &m.PossibleRepeat, (*store.Time)(&m.CreatedAt)); err != nil {
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

// prune deletes what is older than a time, and of each organization all but its newest messages.
func prune(ctx context.Context, tx *store.Tx, before time.Time, count int) error {
	if _, err := tx.ExecContext(ctx, `delete from message_sandbox where created_at < $1`, store.Time(before)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		delete from message_sandbox where id < (
			select newer.id from message_sandbox newer where newer.org_id = message_sandbox.org_id order by newer.id desc limit 1 offset $1)`, count-1)
	return err
}
