package message

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/store"
)

// row is a delivery with what only the machine needs to know.
type row struct {
	Delivery
	starts         bool
	onRequest      bool
	subject, body  []byte // sealed
	replyHash      []byte
	uncertain      int       // requests of which nobody knows whether they arrived
	uncertainSince time.Time // when the last of them ended
	provider       string    // of the last attempt
	claim          string    // fencing token of whoever works on it now
	dueAt          time.Time // zero writes null
}

const deliveryColumns = `org_id, id, way, address, purpose, owner_type, owner_id, contact_id, customer_id, key, language,
	state, reason, attempts, created_at, updated_at, expires_at, ended_at, resendable, body is not null, resent_as, resends`

const rowColumns = deliveryColumns + `, on_request, subject, body, uncertain, uncertain_since, provider`

func (d *Delivery) fields() []any {
	return []any{
		&d.OrgID, &d.ID, &d.Way, &d.To, &d.Purpose, &d.Owner.Type, &d.Owner.ID, &d.ContactID, &d.CustomerID, &d.Key, &d.Language,
		&d.State, &d.Reason, &d.Attempts, (*store.Time)(&d.CreatedAt), (*store.Time)(&d.UpdatedAt), (*store.Time)(&d.ExpiresAt), (*store.Time)(&d.EndedAt),
		&d.Resendable, &d.HasText, &d.ResentAs, &d.Resends,
	}
}

func (r *row) fields() []any {
	return append(r.Delivery.fields(), &r.onRequest, &r.subject, &r.body, &r.uncertain, (*store.Time)(&r.uncertainSince), &r.provider)
}

func deliveryWithKey(ctx context.Context, q store.Querier, org, key string) (id string, err error) {
	err = q.QueryRowContext(ctx, `select id from message_delivery where org_id = $1 and key = $2`, org, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// deliveryByReply finds the email to an address whose own reply address holds a token.
func deliveryByReply(ctx context.Context, q store.Querier, org string, hash []byte, addressKey string) (id string, err error) {
	err = q.QueryRowContext(ctx, `
		select id from message_delivery where org_id = $1 and reply_hash = $2 and address_key = $3`, org, hash, addressKey).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func insertDelivery(ctx context.Context, tx *store.Tx, r row) (stored bool, err error) {
	stored, err = store.Changed(tx.ExecContext(ctx, `
		insert into message_delivery (org_id, id, way, address, address_key, purpose, owner_type, owner_id, contact_id, customer_id, key,
			starts, on_request, subject, body, reply_hash, state, reason, attempts, uncertain, provider, claim, node,
			next_at, expires_at, created_at, updated_at, language, resendable, resends)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '', 0, $22, '', '', '', $18, $19, $20, $20, $21, $23, $24)
		on conflict (org_id, key) do nothing`,
		r.OrgID, r.ID, r.Way, r.To, addressKey(r.Way, r.To), r.Purpose, r.Owner.Type, r.Owner.ID, r.ContactID, r.CustomerID, r.Key,
		r.starts, r.onRequest, r.subject, r.body, r.replyHash, r.State, store.Time(r.dueAt), store.Time(r.ExpiresAt), store.Time(r.CreatedAt),
		r.Language, r.uncertain, r.Resendable, r.Resends))
	if err != nil {
		return false, fmt.Errorf("store delivery %s: %w", r.ID, err)
	}
	return stored, nil
}

func cancelPlanned(ctx context.Context, tx *store.Tx, org string, owner Ref, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_delivery set state = $1, reason = $2, subject = null, body = null, next_at = null, ended_at = $3, updated_at = $3
		where org_id = $4 and owner_type = $5 and owner_id = $6 and state = $7 and claim = ''`,
		Expired, reasonCanceled, store.Time(now), org, owner.Type, owner.ID, Planned)
	if err != nil {
		return fmt.Errorf("cancel messages of %s %s: %w", owner.Type, owner.ID, err)
	}
	return nil
}

// claimDue takes up to n deliveries of a lane that are due, so that nobody else works on them until the lease ends. What this very run
// of the server holds is never due for it, however late its answer is.
func claimDue(ctx context.Context, tx *store.Tx, l laneKey, node, claim string, now, lease time.Time, n int) (due []row, err error) {
	rows, err := tx.QueryContext(ctx, `
		update message_delivery set claim = $1, node = $2, next_at = $3
		where org_id = $4 and way = $5 and next_at <= $6 and (claim = '' or node <> $2) and id in (
			select id from message_delivery
			where org_id = $4 and way = $5 and next_at <= $6 and (claim = '' or node <> $2) order by next_at limit $7)
		returning `+rowColumns, claim, node, store.Time(lease), l.orgID, l.way, store.Time(now), n)
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r := row{claim: claim}
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, fmt.Errorf("read claimed delivery: %w", err)
		}
		due = append(due, r)
	}
	return due, rows.Err()
}

// nextDue is when a lane has something to do again; zero if nothing waits.
func nextDue(ctx context.Context, q store.Querier, l laneKey, node string) (at time.Time, err error) {
	err = q.QueryRowContext(ctx, `
		select min(next_at) from message_delivery
		where org_id = $1 and way = $2 and next_at is not null and (claim = '' or node <> $3)`, l.orgID, l.way, node).Scan((*store.Time)(&at))
	return at, err
}

// lanesDue lists the lanes that have anything left to do.
func lanesDue(ctx context.Context, q store.Querier) (lanes []laneKey, err error) {
	rows, err := q.QueryContext(ctx, `select distinct org_id, way from message_delivery where next_at is not null`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l laneKey
		if err := rows.Scan(&l.orgID, &l.way); err != nil {
			return nil, err
		}
		lanes = append(lanes, l)
	}
	return lanes, rows.Err()
}

// extendLeases keeps what this run of the server works on.
func extendLeases(ctx context.Context, tx *store.Tx, node string, lease time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_delivery set next_at = $1 where next_at is not null and claim <> '' and node = $2`, store.Time(lease), node)
	return err
}

// freeOthers ends the leases of earlier runs, where there can be no other node.
func freeOthers(ctx context.Context, tx *store.Tx, node string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_delivery set next_at = $1 where next_at is not null and claim <> '' and node <> $2`, store.Time(now), node)
	return err
}

// freeClaims gives claims of this run back to whoever looks next.
func freeClaims(ctx context.Context, tx *store.Tx, claims []string, now time.Time) error {
	w := store.Where{}
	at := w.Arg(store.Time(now))
	w.Add("next_at is not null")
	w.In("claim", claims)
	_, err := tx.ExecContext(ctx, `update message_delivery set node = '', next_at = `+at+w.SQL(), w.Args()...)
	return err
}

// keepUncertain notes that nobody knows what became of the last request; the claim stays.
func keepUncertain(ctx context.Context, tx *store.Tx, r row) error {
	_, err := tx.ExecContext(ctx, `
		update message_delivery set state = $1, reason = $2, uncertain = $3, uncertain_since = $4 where org_id = $5 and id = $6 and claim = $7`,
		Unknown, r.Reason, r.uncertain, store.Time(r.uncertainSince), r.OrgID, r.ID, r.claim)
	return err
}

// startAttempts writes down requests that are about to be made, and their deliveries as being sent.
func startAttempts(ctx context.Context, tx *store.Tx, org, claim string, started []job, now time.Time) error {
	var ids, attempts store.Where
	var values strings.Builder
	list := make([]string, 0, len(started))
	for i, j := range started {
		list = append(list, j.ID)
		if i > 0 {
			values.WriteString(", ")
		}
		values.WriteString("(" + attempts.Arg(org) + ", " + attempts.Arg(j.ID) + ", " + attempts.Arg(j.Attempts) + ", " + attempts.Arg(j.sender.Name()) +
			", '', 'in_flight', '', " + attempts.Arg(claim) + ", " + attempts.Arg(j.repeat) + ", " + attempts.Arg(store.Time(now)) + ")")
	}
	_, err := tx.ExecContext(ctx, `
		insert into message_attempt (org_id, delivery_id, number, provider, provider_id, state, reason, claim, possible_repeat, started_at)
		values `+values.String(), attempts.Args()...)
	if err != nil {
		return fmt.Errorf("store attempts: %w", err)
	}
	state, provider, at := ids.Arg(Sending), ids.Arg(started[0].sender.Name()), ids.Arg(store.Time(now))
	ids.Add("org_id = ?", org)
	ids.In("id", list)
	_, err = tx.ExecContext(ctx, `
		update message_delivery set state = `+state+`, attempts = attempts + 1, provider = `+provider+`, updated_at = `+at+ids.SQL(), ids.Args()...)
	if err != nil {
		return fmt.Errorf("mark deliveries as being sent: %w", err)
	}
	return nil
}

// endAttempt closes an attempt unless it was closed before; claim is "" where a later claimant closes it.
func endAttempt(ctx context.Context, tx *store.Tx, r row, state attemptState, reason, providerID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update message_attempt set state = $1, reason = $2, provider_id = $3, ended_at = coalesce(ended_at, $4)
		where org_id = $5 and delivery_id = $6 and number = $7 and state in ('in_flight', 'unknown')`,
		state, reason, providerID, store.Time(now), r.OrgID, r.ID, r.Attempts)
	if err != nil {
		return fmt.Errorf("close attempt %d of %s: %w", r.Attempts, r.ID, err)
	}
	return nil
}

// putState writes what became of a claimed delivery and gives the claim back. It changes nothing if somebody else claimed it since.
func putState(ctx context.Context, tx *store.Tx, r row) (bool, error) {
	wiped := !r.live() && !r.keepsText()
	changed, err := store.Changed(tx.ExecContext(ctx, `
		update message_delivery set state = $1, reason = $2, uncertain = $3, uncertain_since = $4, next_at = $5, ended_at = $6, updated_at = $7, claim = '',
			subject = case when $8 then null else subject end, body = case when $8 then null else body end
		where org_id = $9 and id = $10 and claim = $11`,
		r.State, r.Reason, r.uncertain, store.Time(r.uncertainSince), store.Time(r.dueAt), store.Time(r.EndedAt), store.Time(r.UpdatedAt), wiped,
		r.OrgID, r.ID, r.claim))
	if err != nil {
		return false, fmt.Errorf("record state of delivery %s: %w", r.ID, err)
	}
	return changed, nil
}

// The limits of an address and of an organization.

// takeStart makes parallel starts to one address wait for each other, and refuses the one that comes too soon after another.
func takeStart(ctx context.Context, tx *store.Tx, org, key string, now time.Time) error {
	taken, err := store.Changed(tx.ExecContext(ctx, `
		insert into message_start (org_id, address_key, last_at) values ($1, $2, $3)
		on conflict (org_id, address_key) do update set last_at = excluded.last_at where message_start.last_at <= $4`,
		org, key, store.Time(now), store.Time(now.Add(-startGap))))
	if err != nil {
		return fmt.Errorf("take the address's turn: %w", err)
	}
	if !taken {
		return ErrLimited.After(startGap)
	}
	return nil
}

func lastStarts(ctx context.Context, q store.Querier, org, key string, since time.Time, n int) (at []time.Time, err error) {
	rows, err := q.QueryContext(ctx, `
		select created_at from message_delivery
		where org_id = $1 and address_key = $2 and starts and created_at > $3 order by created_at desc limit $4`, org, key, store.Time(since), n)
	if err != nil {
		return nil, fmt.Errorf("count messages to an address: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t time.Time
		if err := rows.Scan((*store.Time)(&t)); err != nil {
			return nil, err
		}
		at = append(at, t)
	}
	return at, rows.Err()
}

func bookSpend(ctx context.Context, tx *store.Tx, org, month string, cost, limit int64) (bool, error) {
	booked, err := store.Changed(tx.ExecContext(ctx, `
		insert into message_spend (org_id, month, spent) values ($1, $2, $3)
		on conflict (org_id, month) do update set spent = message_spend.spent + excluded.spent
		where message_spend.spent + excluded.spent <= $4`, org, month, cost, limit))
	if err != nil {
		return false, fmt.Errorf("book the price of a message: %w", err)
	}
	return booked, nil
}
