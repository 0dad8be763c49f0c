package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// found is what one request needs to know of its session or token and of whose it is.
type found struct {
	id, name               string
	who                    account
	authenticated          time.Time
	lastSeen, expires, end time.Time
	idle                   time.Duration
	permissions            store.JSON[[]perm.Permission]
}

func (f found) live(now time.Time) bool {
	return f.id != "" && f.end.IsZero() && now.Before(f.expires) && now.Before(f.lastSeen.Add(f.idle))
}

// findSession is the question behind every request: one row by a unique index, joined by primary keys. It is zero for an unknown token.
func findSession(ctx context.Context, q store.Querier, hash []byte) (f found, err error) {
	err = q.QueryRowContext(ctx, `
		select s.org_id, s.id, s.must_change, s.authenticated_at, s.last_seen_at, s.expires_at, s.ended_at, s.idle_for,
			t.id, t.display_name, t.platform_role, t.owner, `+mayActColumn+`
		from signin_session s
		join technician t on t.org_id = s.org_id and t.id = s.technician_id
		join organization o on o.id = s.org_id
		where s.token_hash = $1`, hash).Scan(
		&f.who.orgID, &f.id, &f.who.mustChange, (*store.Time)(&f.authenticated), (*store.Time)(&f.lastSeen), (*store.Time)(&f.expires), (*store.Time)(&f.end), &f.idle,
		&f.who.id, &f.who.name, &f.who.role, &f.who.owner, &f.who.mayAct)
	if errors.Is(err, sql.ErrNoRows) {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("check session: %w", err)
	}
	return f, nil
}

// findToken is the same for an API token.
func findToken(ctx context.Context, q store.Querier, hash []byte) (f found, err error) {
	err = q.QueryRowContext(ctx, `
		select s.org_id, s.id, s.name, s.last_used_at, s.expires_at, s.permissions,
			t.id, t.display_name, t.platform_role, t.owner, `+mayActColumn+`
		from signin_token s
		join technician t on t.org_id = s.org_id and t.id = s.technician_id
		join organization o on o.id = s.org_id
		where s.token_hash = $1`, hash).Scan(
		&f.who.orgID, &f.id, &f.name, (*store.Time)(&f.lastSeen), (*store.Time)(&f.expires), &f.permissions,
		&f.who.id, &f.who.name, &f.who.role, &f.who.owner, &f.who.mayAct)
	if errors.Is(err, sql.ErrNoRows) {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("check token: %w", err)
	}
	return f, nil
}

func insertSession(ctx context.Context, tx *store.Tx, s Session, hash []byte, mustChange bool) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_session (org_id, id, technician_id, token_hash, must_change, methods, authenticated_at, address, device,
			idle_for, created_at, last_seen_at, expires_at, ended_why)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '')`,
		s.OrgID, s.ID, s.TechnicianID, hash, mustChange, store.JSON[[]string]{V: s.Methods}, store.Time(s.AuthenticatedAt), s.Address, s.Device,
		s.IdleFor, store.Time(s.CreatedAt), store.Time(s.LastSeenAt), store.Time(s.ExpiresAt))
	if err != nil {
		return fmt.Errorf("save session %s: %w", s.ID, err)
	}
	return nil
}

// endSession ends a session that has not ended, and returns whose it was.
func endSession(ctx context.Context, tx *store.Tx, org, sessionID, why string, now time.Time) (technicianID string, err error) {
	err = tx.QueryRowContext(ctx, `
		update signin_session set ended_at = $1, ended_why = $2 where org_id = $3 and id = $4 and ended_at is null returning technician_id`,
		store.Time(now), why, org, sessionID).Scan(&technicianID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNoSession
	}
	if err != nil {
		return "", fmt.Errorf("end session %s: %w", sessionID, err)
	}
	return technicianID, nil
}

func sessionOwner(ctx context.Context, q store.Querier, org, sessionID string) (technicianID string, err error) {
	return owner(q.QueryRowContext(ctx, `select technician_id from signin_session where org_id = $1 and id = $2 and ended_at is null`, org, sessionID), errNoSession)
}

func tokenOwner(ctx context.Context, q store.Querier, org, tokenID string) (technicianID string, err error) {
	return owner(q.QueryRowContext(ctx, `select technician_id from signin_token where org_id = $1 and id = $2`, org, tokenID), errNoToken)
}

func owner(row *sql.Row, missing error) (technicianID string, err error) {
	err = row.Scan(&technicianID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", missing
	}
	if err != nil {
		return "", fmt.Errorf("find an owner: %w", err)
	}
	return technicianID, nil
}

// openSessions are all that nobody has ended, also those that ran out.
func openSessions(ctx context.Context, q store.Querier, org, technicianID string) ([]string, error) {
	return texts(q.QueryContext(ctx, `
		select id from signin_session where org_id = $1 and technician_id = $2 and ended_at is null order by id`, org, technicianID))
}

// sessionsOverLimit are the live sessions that are too many, all but the newest.
func sessionsOverLimit(ctx context.Context, q store.Querier, org, technicianID string, now time.Time) ([]string, error) {
	live, err := texts(q.QueryContext(ctx, `
		select id from signin_session
		where org_id = $1 and technician_id = $2 and ended_at is null and expires_at > $3 and last_seen_at + idle_for / 1000 > $3
		order by created_at desc, id desc`, org, technicianID, store.Time(now)))
	if err != nil || len(live) <= maxSessions {
		return nil, err
	}
	return live[maxSessions:], nil
}

func texts(rows *sql.Rows, err error) (out []string, _ error) {
	if err != nil {
		return nil, fmt.Errorf("list ids: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("list ids: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func liveSessions(ctx context.Context, q store.Querier, org, technicianID string, now time.Time) (out []Session, err error) {
	rows, err := q.QueryContext(ctx, `
		select `+sessionColumns+` from signin_session
		where org_id = $1 and technician_id = $2 and ended_at is null and expires_at > $3 and last_seen_at + idle_for / 1000 > $3
		order by created_at desc, id desc`, org, technicianID, store.Time(now))
	if err != nil {
		return nil, fmt.Errorf("list sessions of %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		s, err := scanSession(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func sessionByID(ctx context.Context, q store.Querier, org, sessionID string) (Session, error) {
	return scanSession(q.QueryRowContext(ctx, `select `+sessionColumns+` from signin_session where org_id = $1 and id = $2`, org, sessionID).Scan)
}

const sessionColumns = `org_id, id, technician_id, methods, address, device, idle_for, authenticated_at, created_at, last_seen_at, expires_at, ended_at`

func scanSession(scan func(...any) error) (s Session, err error) {
	var methods store.JSON[[]string]
	err = scan(&s.OrgID, &s.ID, &s.TechnicianID, &methods, &s.Address, &s.Device, &s.IdleFor, (*store.Time)(&s.AuthenticatedAt),
		(*store.Time)(&s.CreatedAt), (*store.Time)(&s.LastSeenAt), (*store.Time)(&s.ExpiresAt), (*store.Time)(&s.EndedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, errNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	s.Methods = methods.V
	return s, nil
}

// sawSession notes that a session is in use, at most once in seenEvery however many requests come at once.
func sawSession(ctx context.Context, tx *store.Tx, org, sessionID string, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update signin_session set last_seen_at = $1 where org_id = $2 and id = $3 and last_seen_at <= $4 and ended_at is null`,
		store.Time(now), org, sessionID, store.Time(now.Add(-seenEvery))))
	if err != nil {
		return false, fmt.Errorf("note use of session %s: %w", sessionID, err)
	}
	return ok, nil
}

func sawToken(ctx context.Context, tx *store.Tx, org, tokenID string, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update signin_token set last_used_at = $1 where org_id = $2 and id = $3 and (last_used_at is null or last_used_at <= $4)`,
		store.Time(now), org, tokenID, store.Time(now.Add(-seenEvery))))
	if err != nil {
		return false, fmt.Errorf("note use of token %s: %w", tokenID, err)
	}
	return ok, nil
}

func insertToken(ctx context.Context, tx *store.Tx, t Token, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_token (org_id, id, technician_id, name, prefix, token_hash, permissions, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.OrgID, t.ID, t.TechnicianID, t.Name, t.Prefix, hash, store.JSON[[]perm.Permission]{V: t.Permissions}, store.Time(t.CreatedAt), store.Time(t.ExpiresAt))
	if err != nil {
		return fmt.Errorf("save token %s: %w", t.ID, err)
	}
	return nil
}

func deleteToken(ctx context.Context, tx *store.Tx, org, tokenID string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from signin_token where org_id = $1 and id = $2`, org, tokenID))
	if err != nil {
		return fmt.Errorf("delete token %s: %w", tokenID, err)
	}
	if !ok {
		return errNoToken
	}
	return nil
}

const tokenColumns = `org_id, id, technician_id, name, prefix, permissions, created_at, expires_at, last_used_at` //nolint:gosec // names of columns

func tokensOf(ctx context.Context, q store.Querier, org, technicianID string) (out []Token, err error) {
	rows, err := q.QueryContext(ctx, `
		select `+tokenColumns+` from signin_token where org_id = $1 and technician_id = $2 order by id desc`, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("list tokens of %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		t, err := scanToken(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func tokenByID(ctx context.Context, q store.Querier, org, tokenID string) (Token, error) {
	return scanToken(q.QueryRowContext(ctx, `select `+tokenColumns+` from signin_token where org_id = $1 and id = $2`, org, tokenID).Scan)
}

func scanToken(scan func(...any) error) (t Token, err error) {
	var permissions store.JSON[[]perm.Permission]
	err = scan(&t.OrgID, &t.ID, &t.TechnicianID, &t.Name, &t.Prefix, &permissions,
		(*store.Time)(&t.CreatedAt), (*store.Time)(&t.ExpiresAt), (*store.Time)(&t.LastUsedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, errNoToken
	}
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	t.Permissions = permissions.V
	return t, nil
}
