package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// inboundRow is a received message as it is stored.
type inboundRow struct {
	In
	orgID         string
	subject, body []byte // sealed
}

func insertInbound(ctx context.Context, tx *store.Tx, r inboundRow, providerID string, nextAt time.Time) (stored bool, err error) {
	stored, err = store.Changed(tx.ExecContext(ctx, `
		insert into message_inbound (org_id, id, way, sender, recipient, provider_id, reply_to, aligned, subject, body, state, tries, next_at, at, handled)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'received', 0, $11, $12, $13)
		on conflict (org_id, way, provider_id) do nothing`,
		r.orgID, r.ID, r.Way, r.From, r.To, providerID, r.Reply, r.Aligned, r.subject, r.body, store.Time(nextAt), store.Time(r.At), r.Handled))
	if err != nil {
		return false, fmt.Errorf("store received message %s: %w", r.ID, err)
	}
	return stored, nil
}

// takeInbound marks a received message as routed and returns it; taken is false if that was done before.
func takeInbound(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (r inboundRow, taken bool, err error) {
	r.orgID, r.ID = org, id
	err = tx.QueryRowContext(ctx, `
		update message_inbound set state = 'routed', next_at = null, routed_at = $1
		where org_id = $2 and id = $3 and state = 'received'
		returning way, sender, recipient, reply_to, aligned, handled, subject, body, at`, store.Time(now), org, id).
		Scan(&r.Way, &r.From, &r.To, &r.Reply, &r.Aligned, &r.Handled, &r.subject, &r.body, (*store.Time)(&r.At))
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("take received message %s: %w", id, err)
	}
	return r, true, nil
}

// dropInbound keeps of a message that nobody claimed only that it came: anybody on the internet can write to us.
func dropInbound(ctx context.Context, tx *store.Tx, org, id string) error {
	_, err := tx.ExecContext(ctx, `update message_inbound set state = 'unrouted', subject = null, body = null where org_id = $1 and id = $2`, org, id)
	if err != nil {
		return fmt.Errorf("drop received message %s: %w", id, err)
	}
	return nil
}

// retryInbound plans another try; after the last one the message is kept as failed.
func retryInbound(ctx context.Context, tx *store.Tx, org, id string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_inbound set tries = tries + 1,
			state = case when tries + 1 >= $1 then 'failed' else state end,
			next_at = case when tries + 1 >= $1 then null else $2 + $3 * tries end
		where org_id = $4 and id = $5 and state = 'received'`,
		inboundTries, now.Add(inboundDelay).UnixMicro(), inboundDelay.Microseconds(), org, id)
	if err != nil {
		return fmt.Errorf("plan received message %s again: %w", id, err)
	}
	return nil
}

// inboundDue lists what was received and not routed; the zero time means all of it.
func inboundDue(ctx context.Context, q store.Querier, now time.Time) (due [][2]string, err error) {
	w := store.Where{}
	w.Add("next_at is not null")
	if !now.IsZero() {
		w.Add("next_at <= ?", store.Time(now))
	}
	rows, err := q.QueryContext(ctx, `select org_id, id from message_inbound`+w.SQL()+` order by id limit 500`, w.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var x [2]string
		if err := rows.Scan(&x[0], &x[1]); err != nil {
			return nil, err
		}
		due = append(due, x)
	}
	return due, rows.Err()
}

func wipeInbound(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_inbound set subject = null, body = null where body is not null and next_at is null and at < $1`, store.Time(before))
	return err
}

// forgottenOf lists the organizations that have handled messages from before a time.
func forgottenOf(ctx context.Context, q store.Querier, before time.Time) (orgs []string, err error) {
	rows, err := q.QueryContext(ctx, `select distinct org_id from message_inbound where next_at is null and at < $1`, store.Time(before))
	if err != nil {
		return nil, fmt.Errorf("look for old received messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var org string
		if err := rows.Scan(&org); err != nil {
			return nil, err
		}
		orgs = append(orgs, org)
	}
	return orgs, rows.Err()
}

// forgetInbound deletes up to limit handled messages from before a time and returns how many. By then no provider repeats one.
func forgetInbound(ctx context.Context, tx *store.Tx, org string, before time.Time, limit int) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		delete from message_inbound where org_id = $1 and id in (
			select id from message_inbound where org_id = $1 and next_at is null and at < $2 order by at limit $3)`, org, store.Time(before), limit)
	if err != nil {
		return 0, fmt.Errorf("forget received messages of %s: %w", org, err)
	}
	return res.RowsAffected()
}

func countAnswers(ctx context.Context, q store.Querier, org, key string, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		select count(*) from message_delivery
		where org_id = $1 and owner_type = 'inbound' and owner_id = $2 and created_at > $3`, org, key, store.Time(since)).Scan(&n)
	return n, err
}
