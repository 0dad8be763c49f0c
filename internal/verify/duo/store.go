package duo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// find returns an organization's applications; ok is false where it has none.
func find(ctx context.Context, q store.Querier, org string) (set Settings, ok bool, err error) {
	err = q.QueryRowContext(ctx, `
		select host, auth_ikey, auth_skey, admin_ikey, admin_skey, created_at, updated_at, version from verify_duo where org_id = $1`, org).Scan(
		&set.Host, &set.AuthIkey, &set.sealedAuth, &set.AdminIkey, &set.sealedAdmin,
		(*store.Time)(&set.CreatedAt), (*store.Time)(&set.UpdatedAt), &set.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, false, nil
	}
	if err != nil {
		return Settings{}, false, fmt.Errorf("find the Duo applications of %s: %w", org, err)
	}
	set.AuthSet, set.AdminSet = len(set.sealedAuth) > 0, len(set.sealedAdmin) > 0
	return set, true, nil
}

func put(ctx context.Context, tx *store.Tx, org string, set Settings) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_duo (org_id, host, auth_ikey, auth_skey, admin_ikey, admin_skey, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (org_id) do update set host = excluded.host, auth_ikey = excluded.auth_ikey, auth_skey = excluded.auth_skey,
			admin_ikey = excluded.admin_ikey, admin_skey = excluded.admin_skey, updated_at = excluded.updated_at, version = excluded.version`,
		org, set.Host, set.AuthIkey, set.sealedAuth, set.AdminIkey, set.sealedAdmin, store.Time(set.CreatedAt), store.Time(set.UpdatedAt), set.Version)
	if err != nil {
		return fmt.Errorf("keep the Duo applications: %w", err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from verify_duo where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the Duo applications of %s: %w", org, err)
	}
	return forgetUsers(ctx, tx, org)
}

func forgetUsers(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `delete from verify_duo_user where org_id = $1`, org)
	return err
}

// userOf returns who a contact is at Duo; ok is false if that was never looked up.
func userOf(ctx context.Context, q store.Querier, org, contactID string) (u user, ok bool, err error) {
	err = q.QueryRowContext(ctx, `
		select state, user_id, username, phone_id, device, checked_at from verify_duo_user where org_id = $1 and contact_id = $2`, org, contactID).Scan(
		&u.state, &u.id, &u.name, &u.phoneID, &u.device, (*store.Time)(&u.checkedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return user{}, false, nil
	}
	if err != nil {
		return user{}, false, fmt.Errorf("find the Duo user of a contact: %w", err)
	}
	return u, true, nil
}

func putUser(ctx context.Context, tx *store.Tx, org, contactID string, u user) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_duo_user (org_id, contact_id, state, user_id, username, phone_id, device, checked_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (org_id, contact_id) do update set state = excluded.state, user_id = excluded.user_id, username = excluded.username,
			phone_id = excluded.phone_id, device = excluded.device, checked_at = excluded.checked_at`,
		org, contactID, u.state, u.id, u.name, u.phoneID, u.device, store.Time(u.checkedAt))
	if err != nil {
		return fmt.Errorf("keep the Duo user of a contact: %w", err)
	}
	return nil
}

const pushColumns = `org_id, verification_id, contact_id, kind, user_id, username, phone_id, state, push_id, matched, approved, reason, created_at, next_at`

func (p *push) scanned() []any {
	return []any{
		&p.orgID, &p.id, &p.contactID, &p.kind, &p.userID, &p.username, &p.phoneID, &p.state, &p.pushID, &p.matched, &p.approved, &p.reason,
		(*store.Time)(&p.createdAt), (*store.Time)(&p.nextAt),
	}
}

func insertPush(ctx context.Context, tx *store.Tx, p push) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_duo_push (`+pushColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		p.orgID, p.id, p.contactID, p.kind, p.userID, p.username, p.phoneID, p.state, p.pushID, p.matched, p.approved, p.reason,
		store.Time(p.createdAt), store.Time(p.nextAt))
	if err != nil {
		return fmt.Errorf("keep a push: %w", err)
	}
	return nil
}

// countPushes says how often a contact was asked since a time (R17).
func countPushes(ctx context.Context, q store.Querier, org, contactID string, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `select count(*) from verify_duo_push where org_id = $1 and contact_id = $2 and created_at > $3`,
		org, contactID, store.Time(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count pushes: %w", err)
	}
	return n, nil
}

func findPush(ctx context.Context, q store.Querier, org, verificationID string) (p push, ok bool, err error) {
	err = q.QueryRowContext(ctx, `select `+pushColumns+` from verify_duo_push where org_id = $1 and verification_id = $2`, org, verificationID).Scan(p.scanned()...)
	if errors.Is(err, sql.ErrNoRows) {
		return push{}, false, nil
	}
	if err != nil {
		return push{}, false, fmt.Errorf("find a push: %w", err)
	}
	return p, true, nil
}

// movePush takes a push from one state to another; false if it was not in the first.
func movePush(ctx context.Context, tx *store.Tx, p push, from, to pushState) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_duo_push set state = $1 where org_id = $2 and verification_id = $3 and state = $4`, to, p.orgID, p.id, from))
}

// recordSent keeps Duo's name for a push.
func recordSent(ctx context.Context, tx *store.Tx, p push, pushID string, next time.Time) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_duo_push set state = 'waiting', push_id = $1, next_at = $2 where org_id = $3 and verification_id = $4 and state = 'sending'`,
		pushID, store.Time(next), p.orgID, p.id))
}

// endPush makes a push one that nobody asks about any more; false if it was that already.
func endPush(ctx context.Context, tx *store.Tx, p push, reason string) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_duo_push set state = 'over', reason = $1 where org_id = $2 and verification_id = $3 and state <> 'over'`, reason, p.orgID, p.id))
}

// approve keeps that the contact approved, and says whether the digits were right already. The row decides which half came first.
func approve(ctx context.Context, tx *store.Tx, p push) (matched bool, err error) {
	err = tx.QueryRowContext(ctx, `
		update verify_duo_push set approved = true, state = 'over', reason = 'approved'
		where org_id = $1 and verification_id = $2 and state = 'waiting' returning matched`, p.orgID, p.id).Scan(&matched)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return matched, err
}

// match keeps that the digits were right, and says whether the contact had approved.
func match(ctx context.Context, tx *store.Tx, org, verificationID string) (approved bool, err error) {
	err = tx.QueryRowContext(ctx, `
		update verify_duo_push set matched = true where org_id = $1 and verification_id = $2 returning approved`, org, verificationID).Scan(&approved)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return approved, err
}

// duePushes lists those to ask Duo about.
func duePushes(ctx context.Context, q store.Querier, now time.Time, limit int) (due []push, err error) {
	rows, err := q.QueryContext(ctx, `select `+pushColumns+` from verify_duo_push where state = 'waiting' and next_at <= $1 order by next_at limit $2`,
		store.Time(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list pushes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p push
		if err := rows.Scan(p.scanned()...); err != nil {
			return nil, err
		}
		due = append(due, p)
	}
	return due, rows.Err()
}

// takePush makes one node ask about a push.
func takePush(ctx context.Context, tx *store.Tx, p push, next time.Time) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_duo_push set next_at = $1 where org_id = $2 and verification_id = $3 and state = 'waiting' and next_at = $4`,
		store.Time(next), p.orgID, p.id, store.Time(p.nextAt)))
}

func setNext(ctx context.Context, tx *store.Tx, p push, next time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update verify_duo_push set next_at = $1 where org_id = $2 and verification_id = $3 and state = 'waiting'`, store.Time(next), p.orgID, p.id)
	return err
}

func dropOld(ctx context.Context, tx *store.Tx, pushesBefore, usersBefore time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from verify_duo_push where created_at < $1`, store.Time(pushesBefore)); err != nil {
		return fmt.Errorf("forget pushes: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from verify_duo_user where checked_at < $1`, store.Time(usersBefore)); err != nil {
		return fmt.Errorf("forget users of Duo: %w", err)
	}
	return nil
}
