package twilio

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const callColumns = `org_id, id, delivery_id, language, body, state, sid, expires_at`

func (k *phoneCall) scanned() []any {
	return []any{&k.orgID, &k.id, &k.deliveryID, &k.language, &k.body, &k.state, &k.sid, (*store.Time)(&k.expiresAt)}
}

func putCall(ctx context.Context, tx *store.Tx, k phoneCall, tokenHash []byte, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_twilio_call (`+callColumns+`, token_hash, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
		k.orgID, k.id, k.deliveryID, k.language, k.body, k.state, k.sid, store.Time(k.expiresAt), tokenHash, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep a call: %w", err)
	}
	return nil
}

func oneCall(row *sql.Row) (k phoneCall, ok bool, err error) {
	err = row.Scan(k.scanned()...)
	if errors.Is(err, sql.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("find a call: %w", err)
	}
	return k, true, nil
}

// callOf finds the call with a token.
func callOf(ctx context.Context, q store.Querier, org string, tokenHash []byte) (phoneCall, bool, error) {
	return oneCall(q.QueryRowContext(ctx, `select `+callColumns+` from message_twilio_call where org_id = $1 and token_hash = $2`, org, tokenHash))
}

func callByID(ctx context.Context, q store.Querier, org, id string) (phoneCall, bool, error) {
	return oneCall(q.QueryRowContext(ctx, `select `+callColumns+` from message_twilio_call where org_id = $1 and id = $2`, org, id))
}

// sidOfCall is Twilio's name for a call of a delivery, once a callback told it.
func sidOfCall(ctx context.Context, q store.Querier, org, deliveryID string) (sid string, err error) {
	err = q.QueryRowContext(ctx, `
		select sid from message_twilio_call where org_id = $1 and delivery_id = $2 and sid <> '' order by id limit 1`, org, deliveryID).Scan(&sid)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sid, err
}

// moveCall takes a live call one step further, if it is Twilio's same call and has not expired.
func moveCall(ctx context.Context, tx *store.Tx, k phoneCall, from, to callState, sid string, now time.Time) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update message_twilio_call set state = $1, sid = $2, updated_at = $3
		where org_id = $4 and id = $5 and state = $6 and (sid = '' or sid = $2) and expires_at > $3`, to, sid, store.Time(now), k.orgID, k.id, from))
}

// speakCall uses up the text of a call.
func speakCall(ctx context.Context, tx *store.Tx, k phoneCall, sid string, now time.Time) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update message_twilio_call set state = $1, body = null, updated_at = $2
		where org_id = $3 and id = $4 and state = $5 and sid = $6 and expires_at > $2 and body is not null`, said, store.Time(now), k.orgID, k.id, asked, sid))
}

// endCall wipes the text of a call that is over, whatever came of it.
func endCall(ctx context.Context, tx *store.Tx, k phoneCall, state callState, sid string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_twilio_call set state = case when state in ('waiting', 'asked') then $1 else state end, body = null, updated_at = $2,
			sid = case when sid = '' then $3 else sid end
		where org_id = $4 and id = $5 and (sid = '' or $3 = '' or sid = $3)`, state, store.Time(now), sid, k.orgID, k.id)
	if err != nil {
		return fmt.Errorf("end call %s: %w", k.id, err)
	}
	return nil
}

// nameCall keeps Twilio's name for a call.
func nameCall(ctx context.Context, tx *store.Tx, k phoneCall, sid string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_twilio_call set sid = $1, updated_at = $2 where org_id = $3 and id = $4 and sid = ''`, sid, store.Time(now), k.orgID, k.id)
	if err != nil {
		return fmt.Errorf("name call %s: %w", k.id, err)
	}
	return nil
}

// nameCalls keeps Twilio's name for the newest call of a delivery.
func nameCalls(ctx context.Context, tx *store.Tx, org, deliveryID, sid string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_twilio_call set sid = $1, updated_at = $2 where org_id = $3 and sid = '' and id = (
			select max(id) from message_twilio_call where org_id = $3 and delivery_id = $4)`, sid, store.Time(now), org, deliveryID)
	if err != nil {
		return fmt.Errorf("name the call of %s: %w", deliveryID, err)
	}
	return nil
}

// freeCalls are those of Twilio's names that no call of ours has.
func freeCalls(ctx context.Context, q store.Querier, org string, sids []string) (free []string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.In("sid", sids)
	rows, err := q.QueryContext(ctx, `select sid from message_twilio_call`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("look for calls: %w", err)
	}
	defer func() { _ = rows.Close() }()
	taken := map[string]bool{}
	for rows.Next() {
		var sid string
		if err := rows.Scan(&sid); err != nil {
			return nil, err
		}
		taken[sid] = true
	}
	for _, sid := range sids {
		if !taken[sid] {
			free = append(free, sid)
		}
	}
	return free, rows.Err()
}

// wipeCalls ends the calls whose time is over, and forgets old ones.
func wipeCalls(ctx context.Context, tx *store.Tx, now, before time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_twilio_call set state = case when state in ('waiting', 'asked') then 'over' else state end, body = null, updated_at = $1
		where expires_at <= $1 and body is not null`, store.Time(now))
	if err != nil {
		return fmt.Errorf("wipe calls: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from message_twilio_call where expires_at < $1`, store.Time(before)); err != nil {
		return fmt.Errorf("forget calls: %w", err)
	}
	return nil
}
