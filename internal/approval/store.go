package approval

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

const columns = `org_id, id, action, permission, scope_type, scope_id, gives, target_type, target_id, target_name, customer_id, customer_name, parameters,
	facts, digest, requester_id, requester_name, reason, ticket_id, break_glass, state, comment, decided_by, decided_name, decision_mac, failure,
	created_at, expires_at, decided_at, usable_until, ended_at, version`

func (r *Request) scan(scan func(...any) error) error {
	var gives store.JSON[[]perm.Permission]
	var facts store.JSON[[]Fact]
	var parameters string
	err := scan(
		&r.OrgID, &r.ID, &r.Action, &r.Permission, &r.On.Type, &r.On.ID, &gives, &r.Target.Type, &r.Target.ID, &r.Target.Name, &r.CustomerID,
		&r.CustomerName, &parameters, &facts, &r.Digest, &r.Requester.ID, &r.Requester.Name, &r.Reason, &r.TicketID, &r.BreakGlass, &r.State, &r.Comment,
		&r.Decider.ID, &r.Decider.Name, &r.mac, &r.Failure, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.ExpiresAt), (*store.Time)(&r.DecidedAt),
		(*store.Time)(&r.UsableUntil), (*store.Time)(&r.EndedAt), &r.Version)
	r.Gives, r.Facts, r.Parameters = gives.V, facts.V, json.RawMessage(parameters)
	return err
}

func insert(ctx context.Context, tx *store.Tx, r Request) error {
	_, err := tx.ExecContext(ctx, `
		insert into approval (`+columns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)`,
		r.OrgID, r.ID, r.Action, r.Permission, r.On.Type, r.On.ID, store.JSON[[]perm.Permission]{V: r.Gives}, r.Target.Type, r.Target.ID, r.Target.Name,
		r.CustomerID, r.CustomerName, string(r.Raw()), store.JSON[[]Fact]{V: r.Facts}, r.Digest, r.Requester.ID, r.Requester.Name, r.Reason, r.TicketID,
		r.BreakGlass, r.State, r.Comment, r.Decider.ID, r.Decider.Name, r.mac, r.Failure, store.Time(r.CreatedAt), store.Time(r.ExpiresAt),
		store.Time(r.DecidedAt), store.Time(r.UsableUntil), store.Time(r.EndedAt), r.Version)
	if err != nil {
		return fmt.Errorf("keep request %s: %w", r.ID, err)
	}
	return nil
}

// update writes what can change about a request. What was asked for cannot.
func update(ctx context.Context, tx *store.Tx, r *Request) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update approval set state = $1, comment = $2, decided_by = $3, decided_name = $4, decision_mac = $5, failure = $6, decided_at = $7, usable_until = $8,
			ended_at = $9, version = version + 1
		where org_id = $10 and id = $11 and version = $12 and state in ('pending', 'approved')`,
		r.State, r.Comment, r.Decider.ID, r.Decider.Name, r.mac, r.Failure, store.Time(r.DecidedAt), store.Time(r.UsableUntil), store.Time(r.EndedAt),
		r.OrgID, r.ID, r.Version))
	if err == nil && !ok {
		return errDecided
	}
	if err != nil {
		return fmt.Errorf("change request %s: %w", r.ID, err)
	}
	r.Version++
	return nil
}

func byID(ctx context.Context, q store.Querier, org, id string) (r Request, err error) {
	err = r.scan(q.QueryRowContext(ctx, `select `+columns+` from approval where org_id = $1 and id = $2`, org, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Request{}, ErrNotFound
	}
	if err != nil {
		return Request{}, fmt.Errorf("find request %s: %w", id, err)
	}
	return r, nil
}

// lockRow returns a request that nobody else changes before the transaction ends.
func lockRow(ctx context.Context, tx *store.Tx, org, id string) (Request, error) {
	if _, err := tx.ExecContext(ctx, `update approval set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Request{}, fmt.Errorf("lock request %s: %w", id, err)
	}
	return byID(ctx, tx, org, id)
}

// countAsked says how many requests of somebody are open, and how many they made a moment ago.
func countAsked(ctx context.Context, q store.Querier, org, requester string, now time.Time) (pending, asked int, err error) {
	err = q.QueryRowContext(ctx, `
		select count(case when state = 'pending' and expires_at > $3 then 1 end), count(case when created_at > $4 then 1 end)
		from approval where org_id = $1 and requester_id = $2 and break_glass = $5`,
		org, requester, store.Time(now), store.Time(now.Add(-askedWithin)), false).Scan(&pending, &asked)
	if err != nil {
		return 0, 0, fmt.Errorf("count the requests of %s: %w", requester, err)
	}
	return pending, asked, nil
}

// where narrows a list to what may be read.
func (v sight) where(w *store.Where) {
	if v.all {
		return
	}
	condition, args := "requester_id = ? or decided_by = ?", []any{v.actorID, v.actorID}
	marks := func(ids []string) string {
		for _, id := range ids {
			args = append(args, id)
		}
		return strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")
	}
	switch {
	case v.scope.All && len(v.scope.Except) > 0:
		condition += " or customer_id <> '' and customer_id not in (" + marks(v.scope.Except) + ")"
	case v.scope.All:
		condition += " or customer_id <> ''"
	case len(v.scope.CustomerIDs) > 0:
		condition += " or customer_id in (" + marks(v.scope.CustomerIDs) + ")"
	}
	w.Add("("+condition+")", args...)
}

// stateAt narrows a list to a state, as it is at now.
func stateAt(w *store.Where, state State, now time.Time) {
	switch state {
	case "":
	case Pending:
		w.Add("state = 'pending' and expires_at > ?", store.Time(now))
	case Approved:
		w.Add("state = 'approved' and usable_until > ?", store.Time(now))
	case Expired:
		w.Add("(state = 'expired' or state = 'pending' and expires_at <= ? or state = 'approved' and usable_until <= ?)", store.Time(now), store.Time(now))
	default:
		w.Add("state = ?", string(state))
	}
}

func list(ctx context.Context, q store.Querier, org string, v sight, want Query, now time.Time) (found []Request, next string, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	stateAt(w, want.State, now)
	if want.Mine {
		w.Add("requester_id = ?", v.actorID)
	}
	if want.ToDecide {
		w.Add("requester_id <> ?", v.actorID)
	}
	v.where(w)
	if want.Cursor != "" {
		parts, err := store.ParseCursor(want.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `select `+columns+` from approval`+w.SQL()+` order by id desc limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list requests: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Request
		if err := r.scan(rows.Scan); err != nil {
			return nil, "", fmt.Errorf("list requests: %w", err)
		}
		if len(found) == want.Limit {
			return found, store.Cursor(found[len(found)-1].ID), rows.Err()
		}
		found = append(found, r)
	}
	return found, "", rows.Err()
}

// overdue names requests, of all organizations, whose time is over.
func overdue(ctx context.Context, q store.Querier, now time.Time, limit int) (due [][2]string, err error) {
	rows, err := q.QueryContext(ctx, `
		select org_id, id from approval where state = 'pending' and expires_at <= $1
		union all select org_id, id from approval where state = 'approved' and usable_until <= $1 limit $2`, store.Time(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list overdue requests: %w", err)
	}
	return keysOf(rows)
}

// left names requests for these actions, of all organizations, that were approved before a time and have not run, oldest first.
func left(ctx context.Context, q store.Querier, actions []string, before, now time.Time, limit int) (due [][2]string, err error) {
	var w store.Where
	w.Add("state = 'approved' and usable_until > ? and decided_at <= ?", store.Time(now), store.Time(before))
	w.In("action", actions)
	rows, err := q.QueryContext(ctx, `select org_id, id from approval`+w.SQL()+` order by decided_at, id limit `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list requests that were left: %w", err)
	}
	return keysOf(rows)
}

// keysOf reads the organizations and ids of requests to the end.
func keysOf(rows *sql.Rows) (keys [][2]string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key [2]string
		if err := rows.Scan(&key[0], &key[1]); err != nil {
			return nil, fmt.Errorf("read which requests are due: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// OpenWindow lets a technician use a permission on a target for a while without asking again. A window that is there already gives way.
func (s *Service) OpenWindow(ctx context.Context, tx *store.Tx, r Request, what string, from, until time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into approval_window (org_id, technician_id, what, from_at, until_at, approval_id) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, technician_id, what) do update set from_at = excluded.from_at, until_at = excluded.until_at, approval_id = excluded.approval_id`,
		r.OrgID, r.Requester.ID, what, store.Time(from), store.Time(until), r.ID)
	if err != nil {
		return fmt.Errorf("open the window of request %s: %w", r.ID, err)
	}
	return nil
}

// forgetWindows deletes windows that were over before a time.
func forgetWindows(ctx context.Context, tx *store.Tx, before time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from approval_window where until_at < $1`, store.Time(before)); err != nil {
		return fmt.Errorf("forget windows: %w", err)
	}
	return nil
}
