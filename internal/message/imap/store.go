package imap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const boxColumns = `org_id, host, port, tls, username, password, folder, handled, move_to, created_at, updated_at, version`

// row is a mailbox as it is kept.
type row struct {
	Box
	sealed []byte // the password
}

func (r *row) fields() []any {
	return []any{
		&r.OrgID, &r.Host, &r.Port, &r.TLS, &r.Username, &r.sealed, &r.Folder, &r.Handled, &r.MoveTo,
		(*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt), &r.Version,
	}
}

// findBox returns errAbsent where an organization has no mailbox.
func findBox(ctx context.Context, q store.Querier, org string) (r row, err error) {
	err = q.QueryRowContext(ctx, `select `+boxColumns+` from message_imap where org_id = $1`, org).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, errAbsent
	}
	if err != nil {
		return r, fmt.Errorf("find the mailbox of %s: %w", org, err)
	}
	return r, nil
}

func listBoxes(ctx context.Context, q store.Querier) (found []row, err error) {
	rows, err := q.QueryContext(ctx, `select `+boxColumns+` from message_imap order by org_id`)
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, fmt.Errorf("read mailbox: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func putBox(ctx context.Context, tx *store.Tx, r row) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_imap (`+boxColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (org_id) do update set host = excluded.host, port = excluded.port, tls = excluded.tls, username = excluded.username,
			password = excluded.password, folder = excluded.folder, handled = excluded.handled, move_to = excluded.move_to,
			updated_at = excluded.updated_at, version = excluded.version`,
		r.OrgID, r.Host, r.Port, r.TLS, r.Username, r.sealed, r.Folder, r.Handled, r.MoveTo,
		store.Time(r.CreatedAt), store.Time(r.UpdatedAt), r.Version)
	if err != nil {
		return fmt.Errorf("keep the mailbox: %w", err)
	}
	return nil
}

func deleteBox(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_imap where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the mailbox of %s: %w", org, err)
	}
	return forgetPlace(ctx, tx, org)
}

// forgetPlace also ends the lease of whoever reads.
func forgetPlace(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_imap_state where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget how far the mailbox of %s was read: %w", org, err)
	}
	return nil
}

func statusOf(ctx context.Context, q store.Querier, org string) (s Status, err error) {
	err = q.QueryRowContext(ctx, `select state, reason, checked_at from message_imap_state where org_id = $1`, org).
		Scan(&s.State, &s.Reason, (*store.Time)(&s.CheckedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return Status{State: Waiting}, nil
	}
	return s, err
}

// examined is a mailbox with how it fares.
type examined struct {
	Health
	box Box
}

func listHealth(ctx context.Context, q store.Querier) (found []examined, err error) {
	rows, err := q.QueryContext(ctx, `
		select o.name, b.host, b.port, b.tls, coalesce(s.state, $1), coalesce(s.reason, ''), s.checked_at, s.read_at
		from message_imap b join organization o on o.id = b.org_id left join message_imap_state s on s.org_id = b.org_id order by o.name, b.org_id`, Waiting)
	if err != nil {
		return nil, fmt.Errorf("list how mailboxes fare: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e examined
		err := rows.Scan(&e.Organization, &e.Host, &e.box.Port, &e.TLS, &e.State, &e.Reason, (*store.Time)(&e.CheckedAt), (*store.Time)(&e.ReadAt))
		if err != nil {
			return nil, fmt.Errorf("read how a mailbox fares: %w", err)
		}
		e.box.Host, e.box.TLS = e.Host, e.TLS
		found = append(found, e)
	}
	return found, rows.Err()
}

// takeLease makes a node the one that reads a mailbox with settings of a version, unless another one is, and says how far it was read.
func takeLease(ctx context.Context, tx *store.Tx, org string, version int64, node string, now, until time.Time) (taken bool, p place, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into message_imap_state (org_id, uid_validity, last_uid, node, lease_until, state, reason)
		select org_id, 0, 0, $1, $2, $3, '' from message_imap where org_id = $4 and version = $5
		on conflict (org_id) do update set node = excluded.node, lease_until = excluded.lease_until
		where message_imap_state.node = excluded.node or message_imap_state.lease_until <= $6
		returning uid_validity, last_uid`, node, store.Time(until), Waiting, org, version, store.Time(now)).Scan(&p.validity, &p.last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, p, nil
	}
	if err != nil {
		return false, p, fmt.Errorf("take the lease of a mailbox: %w", err)
	}
	return true, p, nil
}

func renewLease(ctx context.Context, tx *store.Tx, org, node string, until time.Time) error {
	return ifHeld(tx.ExecContext(ctx, `
		update message_imap_state set lease_until = $1 where org_id = $2 and node = $3`, store.Time(until), org, node))
}

// freeLease lets another node begin at once.
func freeLease(ctx context.Context, tx *store.Tx, org, node string) error {
	_, err := tx.ExecContext(ctx, `update message_imap_state set lease_until = 0 where org_id = $1 and node = $2`, org, node)
	return err
}

func putPlace(ctx context.Context, tx *store.Tx, org, node string, p place) error {
	return ifHeld(tx.ExecContext(ctx, `
		update message_imap_state set uid_validity = $1, last_uid = $2 where org_id = $3 and node = $4`,
		int64(p.validity), int64(p.last), org, node))
}

func putStatus(ctx context.Context, tx *store.Tx, org, node string, s Status) error {
	return ifHeld(tx.ExecContext(ctx, `
		update message_imap_state set state = $1, reason = $2, checked_at = $3, read_at = case when $1 = 'connected' then $3 else read_at end
		where org_id = $4 and node = $5`, s.State, s.Reason, store.Time(s.CheckedAt), org, node))
}

// ifHeld is errLost if a statement found the mailbox no longer in its node's hands.
func ifHeld(res sql.Result, err error) error {
	changed, err := store.Changed(res, err)
	if err == nil && !changed {
		return errLost
	}
	return err
}
