package notification

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

const columns = `org_id, id, technician_id, kind, data, created_at, read_at`

func (n *Notification) fields(data *store.JSON[map[string]string]) []any {
	return []any{&n.OrgID, &n.ID, &n.TechnicianID, &n.Kind, data, (*store.Time)(&n.CreatedAt), (*store.Time)(&n.ReadAt)}
}

func insert(ctx context.Context, tx *store.Tx, n Notification) error {
	_, err := tx.ExecContext(ctx, `
		insert into notification (org_id, id, technician_id, kind, data, created_at) values ($1, $2, $3, $4, $5, $6)`,
		n.OrgID, n.ID, n.TechnicianID, string(n.Kind), store.JSON[map[string]string]{V: n.Data}, store.Time(n.CreatedAt))
	return err
}

// trim deletes all but the newest of a technician. Ids are ordered by time.
func trim(ctx context.Context, tx *store.Tx, org, technicianID string, newest int) error {
	_, err := tx.ExecContext(ctx, `
		delete from notification where org_id = $1 and technician_id = $2 and id <= (
			select id from notification where org_id = $1 and technician_id = $2 order by id desc limit 1 offset $3)`,
		org, technicianID, newest)
	if err != nil {
		return fmt.Errorf("forget old notifications of %s: %w", technicianID, err)
	}
	return nil
}

func byID(ctx context.Context, q store.Querier, org, id string) (n Notification, err error) {
	var data store.JSON[map[string]string]
	err = q.QueryRowContext(ctx, `select `+columns+` from notification where org_id = $1 and id = $2`, org, id).Scan(n.fields(&data)...)
	if err != nil {
		return n, fmt.Errorf("find notification %s: %w", id, err)
	}
	n.Data = data.V
	return n, nil
}

func list(ctx context.Context, q store.Querier, org, technicianID string, want Query) (found []Notification, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("technician_id = ?", technicianID)
	if want.Unread {
		w.Add("read_at is null")
	}
	if want.Cursor != "" {
		parts, err := store.ParseCursor(want.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `
		select `+columns+` from notification`+w.SQL()+` order by id desc limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list notifications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n Notification
		var data store.JSON[map[string]string]
		if err := rows.Scan(n.fields(&data)...); err != nil {
			return nil, "", fmt.Errorf("list notifications: %w", err)
		}
		if n.Data = data.V; len(found) == want.Limit {
			return found, store.Cursor(found[len(found)-1].ID), rows.Err()
		}
		found = append(found, n)
	}
	return found, "", rows.Err()
}

func countUnread(ctx context.Context, q store.Querier, org, technicianID string) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		select count(*) from notification where org_id = $1 and technician_id = $2 and read_at is null`, org, technicianID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unread notifications: %w", err)
	}
	return n, nil
}

// markRead marks those with the ids, or all if there are none; ids of others find nothing.
func markRead(ctx context.Context, tx *store.Tx, org, technicianID string, ids []string, now time.Time) (bool, error) {
	w := &store.Where{}
	at := w.Arg(store.Time(now))
	w.Add("org_id = ?", org)
	w.Add("technician_id = ?", technicianID)
	w.Add("read_at is null")
	if len(ids) > 0 {
		w.In("id", ids)
	}
	changed, err := store.Changed(tx.ExecContext(ctx, `update notification set read_at = `+at+w.SQL(), w.Args()...))
	if err != nil {
		return false, fmt.Errorf("mark notifications as read: %w", err)
	}
	return changed, nil
}

func forget(ctx context.Context, tx *store.Tx, before time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from notification where created_at < $1`, store.Time(before)); err != nil {
		return fmt.Errorf("forget old notifications: %w", err)
	}
	return nil
}

// held is a message that waits for the end of quiet hours.
type held struct {
	org, id string // of the notification
	way     message.Way
}

func hold(ctx context.Context, tx *store.Tx, n Notification, way message.Way, due time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into notification_held (org_id, notification_id, way, due_at) values ($1, $2, $3, $4)`, n.OrgID, n.ID, string(way), store.Time(due))
	if err != nil {
		return fmt.Errorf("hold notification %s back: %w", n.ID, err)
	}
	return nil
}

func heldUntil(ctx context.Context, q store.Querier, now time.Time, limit int) (due []held, err error) {
	rows, err := q.QueryContext(ctx, `
		select org_id, notification_id, way from notification_held where due_at <= $1 order by due_at, notification_id, way limit $2`,
		store.Time(now), limit)
	if err != nil {
		return nil, fmt.Errorf("look for held notifications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var h held
		if err := rows.Scan(&h.org, &h.id, &h.way); err != nil {
			return nil, fmt.Errorf("look for held notifications: %w", err)
		}
		due = append(due, h)
	}
	return due, rows.Err()
}

// unhold takes one out; of several at once, one gets it.
func unhold(ctx context.Context, tx *store.Tx, h held, now time.Time) (bool, error) {
	mine, err := store.Changed(tx.ExecContext(ctx, `
		delete from notification_held where org_id = $1 and notification_id = $2 and way = $3 and due_at <= $4`,
		h.org, h.id, string(h.way), store.Time(now)))
	if err != nil {
		return false, fmt.Errorf("take up notification %s: %w", h.id, err)
	}
	return mine, nil
}

func preferences(ctx context.Context, q store.Querier, org, technicianID string) (p Preferences, err error) {
	var chosen store.JSON[map[Kind]Channels]
	err = q.QueryRowContext(ctx, `
		select events, quiet_from, quiet_to from notification_preference where org_id = $1 and technician_id = $2`,
		org, technicianID).Scan(&chosen, &p.Quiet.From, &p.Quiet.To)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("find the preferences of %s: %w", technicianID, err)
	}
	p.Events = chosen.V
	return p, nil
}

func savePreferences(ctx context.Context, tx *store.Tx, org, technicianID string, p Preferences, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into notification_preference (org_id, technician_id, events, quiet_from, quiet_to, updated_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, technician_id) do update
		set events = excluded.events, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, updated_at = excluded.updated_at`,
		org, technicianID, store.JSON[map[Kind]Channels]{V: p.Events}, strings.TrimSpace(p.Quiet.From), strings.TrimSpace(p.Quiet.To),
		store.Time(now))
	if err != nil {
		return fmt.Errorf("save the preferences of %s: %w", technicianID, err)
	}
	return nil
}
