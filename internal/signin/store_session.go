package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// found is what one request needs to know of its session and of whose it is.
type found struct {
	actor    access.Actor
	lastSeen time.Time
	parent   string // the session that handed it to a pod
	networks string // of the technician alone; "" for everywhere
}

// findSession is the question behind every request: one row by a unique index, joined by primary keys. It is zero unless the session is live
// and its technician may use the console, or the pod that it is for; a session in a pod is live as long as the one that handed it over. What is
// not needed to go on is settled here and not read. A secret counts only where it belongs: framed asks for the sessions in pods.
func findSession(ctx context.Context, q store.Querier, hash []byte, framed bool, now time.Time) (f found, err error) {
	a := &f.actor
	err = q.QueryRowContext(ctx, `
		select s.org_id, s.id, s.hold, s.level, s.authenticated_at, s.last_seen_at, t.id, t.display_name, t.platform_role, t.owner,
			case when t.allowed_networks = '[]' then '' else t.allowed_networks end, s.pod_id, s.parent_id
		from signin_session s
		join technician t on t.org_id = s.org_id and t.id = s.technician_id
		join organization o on o.id = s.org_id
		left join signin_session p on p.org_id = s.org_id and p.id = s.parent_id and s.parent_id <> ''
		where s.token_hash = $1 and s.ended_at is null and s.expires_at > $2 and s.last_seen_at + s.idle_for / 1000 > $2
			and (s.parent_id <> '') = $3
			and (s.parent_id = '' or (p.ended_at is null and p.expires_at > $2 and p.last_seen_at + p.idle_for / 1000 > $2))
			and `+mayActColumn+` and (t.ui_access or s.pod_id <> '')`, hash, store.Time(now), framed).Scan(
		&a.OrgID, &a.SessionID, &a.Hold, &a.AAL, (*store.Time)(&a.Authenticated), (*store.Time)(&f.lastSeen), &a.ID, &a.Name, &a.Role, &a.Owner,
		&f.networks, &a.PodID, &f.parent)
	if errors.Is(err, sql.ErrNoRows) {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("check session: %w", err)
	}
	a.Kind = access.Technician
	return f, nil
}

func insertSession(ctx context.Context, tx *store.Tx, s Session, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_session (org_id, id, technician_id, token_hash, hold, level, methods, authenticated_at, address, device,
			idle_for, created_at, last_seen_at, expires_at, ended_why, pod_id, parent_id)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', $15, $16)`,
		s.OrgID, s.ID, s.TechnicianID, hash, s.Hold, s.Level, store.JSON[[]string]{V: s.Methods}, store.Time(s.AuthenticatedAt), s.Address, s.Device,
		s.IdleFor, store.Time(s.CreatedAt), store.Time(s.LastSeenAt), store.Time(s.ExpiresAt), s.PodID, s.ParentID)
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
	err = q.QueryRowContext(ctx, `
		select technician_id from signin_session where org_id = $1 and id = $2 and ended_at is null`, org, sessionID).Scan(&technicianID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNoSession
	}
	if err != nil {
		return "", fmt.Errorf("find the owner of session %s: %w", sessionID, err)
	}
	return technicianID, nil
}

// openSessions are all that nobody has ended, also those that ran out.
func openSessions(ctx context.Context, q store.Querier, org, technicianID string) ([]string, error) {
	return texts(q.QueryContext(ctx, `
		select id from signin_session where org_id = $1 and technician_id = $2 and ended_at is null order by id`, org, technicianID))
}

// handedOver are the sessions in pods that one session handed over and that nobody has ended, the newest first.
func handedOver(ctx context.Context, q store.Querier, org, sessionID string) ([]string, error) {
	return texts(q.QueryContext(ctx, `
		select id from signin_session where org_id = $1 and parent_id = $2 and ended_at is null order by created_at desc, id desc`, org, sessionID))
}

// sessionsOfPod are all that were begun for a pod and that nobody has ended.
func sessionsOfPod(ctx context.Context, q store.Querier, org, podID string) ([]string, error) {
	return texts(q.QueryContext(ctx, `
		select id from signin_session where org_id = $1 and pod_id = $2 and ended_at is null order by id`, org, podID))
}

// sessionsOverLimit are the live sessions that are too many, all but the newest. Those in pods belong to the one that handed them over.
func sessionsOverLimit(ctx context.Context, q store.Querier, org, technicianID string, most int, now time.Time) ([]string, error) {
	live, err := texts(q.QueryContext(ctx, `
		select id from signin_session
		where org_id = $1 and technician_id = $2 and ended_at is null and hold <> 'factor' and parent_id = ''
			and expires_at > $3 and last_seen_at + idle_for / 1000 > $3
		order by created_at desc, id desc`, org, technicianID, store.Time(now)))
	if err != nil || len(live) <= most {
		return nil, err
	}
	return live[most:], nil
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
		where org_id = $1 and technician_id = $2 and ended_at is null and hold <> 'factor' and expires_at > $3 and last_seen_at + idle_for / 1000 > $3
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

const sessionColumns = `org_id, id, technician_id, hold, level, methods, address, device, idle_for, authenticated_at, created_at, last_seen_at, expires_at, ended_at, pod_id, parent_id`

func scanSession(scan func(...any) error) (s Session, err error) {
	var methods store.JSON[[]string]
	err = scan(&s.OrgID, &s.ID, &s.TechnicianID, &s.Hold, &s.Level, &methods, &s.Address, &s.Device, &s.IdleFor, (*store.Time)(&s.AuthenticatedAt),
		(*store.Time)(&s.CreatedAt), (*store.Time)(&s.LastSeenAt), (*store.Time)(&s.ExpiresAt), (*store.Time)(&s.EndedAt), &s.PodID, &s.ParentID)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, errNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	s.Methods = methods.V
	return s, nil
}

// saveProof notes that the person of a live session has just proved who they are.
func saveProof(ctx context.Context, tx *store.Tx, org, sessionID string, level int, now time.Time) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update signin_session set authenticated_at = $1, level = $2 where org_id = $3 and id = $4 and ended_at is null`,
		store.Time(now), level, org, sessionID))
	if err != nil {
		return fmt.Errorf("note a proof in session %s: %w", sessionID, err)
	}
	if !ok {
		return errNoSession
	}
	return nil
}

// liftHold lets a session go on whose person has done what was asked.
func liftHold(ctx context.Context, tx *store.Tx, org, sessionID string, hold access.Hold) error {
	_, err := tx.ExecContext(ctx, `
		update signin_session set hold = '' where org_id = $1 and id = $2 and hold = $3`, org, sessionID, hold)
	if err != nil {
		return fmt.Errorf("let session %s go on: %w", sessionID, err)
	}
	return nil
}

// shorten brings open sessions within new limits.
func shorten(ctx context.Context, tx *store.Tx, org string, idle, life time.Duration, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `
		update signin_session set idle_for = $2 where org_id = $1 and ended_at is null and hold <> 'factor' and idle_for > $2`, org, idle); err != nil {
		return fmt.Errorf("shorten sessions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `
		update signin_session set expires_at = created_at + $2
		where org_id = $1 and ended_at is null and expires_at > $3 and expires_at > created_at + $2`, org, life.Microseconds(), store.Time(now)); err != nil {
		return fmt.Errorf("shorten sessions: %w", err)
	}
	return nil
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
