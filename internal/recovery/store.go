package recovery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// version is that of a technician's password: when it was set.
const version = `coalesce((select a.password_at from signin_account a where a.org_id = t.org_id and a.technician_id = t.id), 0)`

// link lets a technician choose a new password.
type link struct {
	orgID, id    string
	technicianID string
	emailKey     string
	expires      time.Time
}

func insertLink(ctx context.Context, tx *store.Tx, l link, hash []byte, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into recovery (org_id, id, technician_id, token_hash, email_key, password_at, created_at, expires_at)
		select t.org_id, $1, t.id, $2, $3, `+version+`, $4, $5 from technician t where t.org_id = $6 and t.id = $7`,
		l.id, hash, l.emailKey, store.Time(now), store.Time(l.expires), l.orgID, l.technicianID)
	if err != nil {
		return fmt.Errorf("save a reset link of %s: %w", l.technicianID, err)
	}
	return nil
}

// live is what a link needs to work: its technician may act and has the address and the password of the time when it was made.
const live = ` exists (select 1 from technician t where t.org_id = recovery.org_id and t.id = recovery.technician_id
	and t.email_key = recovery.email_key and t.status = 'active' and t.state = 'activated' and ` + version + ` = recovery.password_at)`

func byToken(ctx context.Context, q store.Querier, hash []byte, now time.Time) (l link, err error) {
	err = q.QueryRowContext(ctx, `
		select org_id, id, technician_id, email_key, expires_at from recovery where token_hash = $1 and expires_at > $2 and`+live,
		hash, store.Time(now)).Scan(&l.orgID, &l.id, &l.technicianID, &l.emailKey, (*store.Time)(&l.expires))
	if errors.Is(err, sql.ErrNoRows) {
		return l, errLink
	}
	if err != nil {
		return l, fmt.Errorf("find a reset link: %w", err)
	}
	return l, nil
}

// spend uses a link up. Of many at once, one gets it.
func spend(ctx context.Context, tx *store.Tx, l link, now time.Time) error {
	mine, err := store.Changed(tx.ExecContext(ctx, `
		delete from recovery where org_id = $1 and id = $2 and expires_at > $3 and`+live, l.orgID, l.id, store.Time(now)))
	if err != nil {
		return fmt.Errorf("spend reset link %s: %w", l.id, err)
	}
	if !mine {
		return errLink
	}
	return nil
}

func forgetLinks(ctx context.Context, tx *store.Tx, org, technicianID string) error {
	if _, err := tx.ExecContext(ctx, `delete from recovery where org_id = $1 and technician_id = $2`, org, technicianID); err != nil {
		return fmt.Errorf("forget the reset links of %s: %w", technicianID, err)
	}
	return nil
}

// request is what somebody typed who forgot the password.
type request struct {
	id, email, organization    string
	address, device, requestID string
	at                         time.Time
}

func insertRequest(ctx context.Context, tx *store.Tx, r request) error {
	_, err := tx.ExecContext(ctx, `
		insert into recovery_request (org_id, id, email, organization, address, device, request_id, created_at)
		values ('', $1, $2, $3, $4, $5, $6, $7)`, r.id, r.email, r.organization, r.address, r.device, r.requestID, store.Time(r.at))
	if err != nil {
		return fmt.Errorf("note that a reset was asked for: %w", err)
	}
	return nil
}

// takeRequest takes a request out; of several at once, one gets it.
func takeRequest(ctx context.Context, tx *store.Tx, requestID string) (r request, found bool, err error) {
	err = tx.QueryRowContext(ctx, `
		delete from recovery_request where org_id = '' and id = $1 returning id, email, organization, address, device, request_id`, requestID).
		Scan(&r.id, &r.email, &r.organization, &r.address, &r.device, &r.requestID)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("take up request %s: %w", requestID, err)
	}
	return r, true, nil
}

// countRequest adds one to a counter, which begins anew if it began before since.
func countRequest(ctx context.Context, tx *store.Tx, key string, now, since time.Time) (asked int, began time.Time, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into recovery_count (org_id, counted, asked, started_at) values ('', $1, 1, $2)
		on conflict (org_id, counted) do update set
			asked = case when recovery_count.started_at <= $3 then 1 else recovery_count.asked + 1 end,
			started_at = case when recovery_count.started_at <= $3 then $2 else recovery_count.started_at end
		returning asked, started_at`, key, store.Time(now), store.Time(since)).Scan(&asked, (*store.Time)(&began))
	if err != nil {
		return 0, began, fmt.Errorf("count a request: %w", err)
	}
	return asked, began, nil
}

func sweep(ctx context.Context, tx *store.Tx, now time.Time) error {
	for query, before := range map[string]time.Time{
		`delete from recovery where expires_at < $1`:         now,
		`delete from recovery_count where started_at < $1`:   now.Add(-window),
		`delete from recovery_request where created_at < $1`: now.Add(-24 * time.Hour),
	} {
		if _, err := tx.ExecContext(ctx, query, store.Time(before)); err != nil {
			return fmt.Errorf("sweep password resets: %w", err)
		}
	}
	return nil
}
