package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// verificationColumns are what scanVerification reads, from a select as well as from what an update returns.
const verificationColumns = ` org_id, id, contact_id, customer_id, technician_id, technician_name, method, form, level, address, language,
	ticket_id, action, call_direction, note, state, delivery, tries, created_at, expires_at, ended_at, shield_until, version,
	coalesce((select c.name from contact c where c.org_id = verify_challenge.org_id and c.id = verify_challenge.contact_id), ''),
	coalesce((select t.number from ticket t where t.org_id = verify_challenge.org_id and t.id = verify_challenge.ticket_id), 0) `

type row interface{ Scan(dest ...any) error }

func scanVerification(r row) (v Verification, err error) {
	err = r.Scan(&v.OrgID, &v.ID, &v.ContactID, &v.CustomerID, &v.TechnicianID, &v.TechnicianName, &v.Method, &v.Form, &v.Level, &v.Address,
		&v.Language, &v.TicketID, &v.Action, &v.CallDirection, &v.Note, &v.State, &v.Delivery, &v.Tries, (*store.Time)(&v.CreatedAt),
		(*store.Time)(&v.ExpiresAt), (*store.Time)(&v.EndedAt), (*store.Time)(&v.ShieldUntil), &v.Version, &v.ContactName, &v.TicketNumber)
	return v, err
}

func insertVerification(ctx context.Context, tx *store.Tx, v Verification, x stored) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_challenge (org_id, id, contact_id, customer_id, technician_id, technician_name, method, form, level, address, language,
			ticket_id, action, call_direction, note, state, delivery, code_mac, link_hash, digits, tries, created_at, expires_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 0, $21, $22, 1)`,
		v.OrgID, v.ID, v.ContactID, v.CustomerID, v.TechnicianID, v.TechnicianName, v.Method, v.Form, v.Level, v.Address, v.Language,
		v.TicketID, v.Action, v.CallDirection, v.Note, v.State, v.Delivery, x.codeMAC, x.linkHash, x.digits,
		store.Time(v.CreatedAt), store.Time(v.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert verification %s: %w", v.ID, err)
	}
	return nil
}

func findVerification(ctx context.Context, q store.Querier, org, id string) (Verification, error) {
	return oneVerification(q.QueryRowContext(ctx, `select`+verificationColumns+`from verify_challenge
		where org_id = $1 and id = $2`, org, id))
}

func findByLink(ctx context.Context, q store.Querier, hash []byte) (Verification, error) {
	return oneVerification(q.QueryRowContext(ctx, `select`+verificationColumns+`from verify_challenge
		where link_hash = $1`, hash))
}

func oneVerification(r *sql.Row) (Verification, error) {
	v, err := scanVerification(r)
	if errors.Is(err, sql.ErrNoRows) {
		return v, errNotFound
	}
	if err != nil {
		return v, fmt.Errorf("find verification: %w", err)
	}
	return v, nil
}

// changedVerification reads what an update returned; the zero Verification if it changed nothing.
func changedVerification(r *sql.Row) (Verification, error) {
	v, err := scanVerification(r)
	if errors.Is(err, sql.ErrNoRows) {
		return Verification{}, nil
	}
	if err != nil {
		return v, fmt.Errorf("change verification: %w", err)
	}
	return v, nil
}

// endVerification ends a pending verification and forgets its code.
func endVerification(ctx context.Context, tx *store.Tx, org, id string, to State, now, shieldUntil time.Time) (Verification, error) {
	return changedVerification(tx.QueryRowContext(ctx, `
		update verify_challenge set state = $1, ended_at = $2, shield_until = $3, code_mac = null, version = version + 1
		where org_id = $4 and id = $5 and state = 'pending' returning`+verificationColumns,
		to, store.Time(now), store.Time(shieldUntil), org, id))
}

func endPending(ctx context.Context, tx *store.Tx, org, contactID string, to State, now time.Time) (Verification, error) {
	return changedVerification(tx.QueryRowContext(ctx, `
		update verify_challenge set state = $1, ended_at = $2, code_mac = null, version = version + 1
		where org_id = $3 and contact_id = $4 and state = 'pending' returning`+verificationColumns, to, store.Time(now), org, contactID))
}

// findPending is what still waits for a contact; the zero Verification if there is nothing.
func findPending(ctx context.Context, q store.Querier, org, contactID string) (Verification, error) {
	return changedVerification(q.QueryRowContext(ctx, `select`+verificationColumns+`from verify_challenge
		where org_id = $1 and contact_id = $2 and state = 'pending'`, org, contactID))
}

// provedAddresses are those of some addresses by which a contact has once been verified.
func provedAddresses(ctx context.Context, q store.Querier, org, contactID string, some []string) (out []string, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.Add("contact_id = ?", contactID)
	w.Add("state = 'verified'")
	rows, err := q.QueryContext(ctx, `select distinct address from verify_challenge`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("look for addresses that proved something: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(some, func(a string) bool { return input.FoldEmail(a) == input.FoldEmail(address) }) {
			out = append(out, address)
		}
	}
	return out, rows.Err()
}

// ProvedWith says whether a contact has ever proved who they are with an address.
func ProvedWith(ctx context.Context, q store.Querier, org, contactID, address string) (bool, error) {
	proved, err := provedAddresses(ctx, q, org, contactID, []string{address})
	return len(proved) > 0, err
}

// denyVerification takes a verification back, also one that had succeeded.
func denyVerification(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (Verification, error) {
	return changedVerification(tx.QueryRowContext(ctx, `
		update verify_challenge set state = 'denied', ended_at = $1, shield_until = null, code_mac = null, version = version + 1
		where org_id = $2 and id = $3 and state <> 'denied' returning`+verificationColumns, store.Time(now), org, id))
}

func setDelivery(ctx context.Context, tx *store.Tx, org, id, delivery string) (Verification, error) {
	return changedVerification(tx.QueryRowContext(ctx, `
		update verify_challenge set delivery = $1, version = version + 1
		where org_id = $2 and id = $3 and delivery <> $1 returning`+verificationColumns, delivery, org, id))
}

// setDigits keeps the MAC of digits that were made after the start, once.
func setDigits(ctx context.Context, tx *store.Tx, v Verification, mac []byte, digits int) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_challenge set code_mac = $1, digits = $2, version = version + 1
		where org_id = $3 and id = $4 and state = 'pending' and form = 'code' and digits = 0`, mac, digits, v.OrgID, v.ID))
}

// spendTry uses up one try of a live verification by code and returns the MAC to compare with; nil if there was no try left.
func spendTry(ctx context.Context, tx *store.Tx, org, id string, digits int, now time.Time) (mac []byte, tries int, err error) {
	err = tx.QueryRowContext(ctx, `
		update verify_challenge set tries = tries + 1, version = version + 1
		where org_id = $1 and id = $2 and state = 'pending' and tries < $3 and expires_at > $4 and form = 'code' and digits = $5
		returning code_mac, tries`, org, id, maxTries, store.Time(now), digits).Scan(&mac, &tries)
	return noRow(mac, tries, err)
}

// spendLink uses up the one try of a live link.
func spendLink(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (mac []byte, err error) {
	var tries int
	err = tx.QueryRowContext(ctx, `
		update verify_challenge set tries = tries + 1, version = version + 1
		where org_id = $1 and id = $2 and state = 'pending' and tries = 0 and expires_at > $3 and form = 'page'
		returning code_mac, tries`, org, id, store.Time(now)).Scan(&mac, &tries)
	mac, _, err = noRow(mac, tries, err)
	return mac, err
}

func noRow(mac []byte, tries int, err error) ([]byte, int, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("spend a try: %w", err)
	}
	return mac, tries, nil
}

// latestTo is the newest verification that was sent to one of some addresses since a time; the zero Verification if there is none.
func latestTo(ctx context.Context, q store.Querier, org string, addresses []string, since time.Time) (Verification, error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("address", addresses)
	w.Add("created_at > ?", store.Time(since))
	v, err := oneVerification(q.QueryRowContext(ctx, `select`+verificationColumns+`from verify_challenge`+w.SQL()+`
		order by created_at desc, id desc limit 1`, w.Args()...))
	if errors.Is(err, errNotFound) {
		return Verification{}, nil
	}
	return v, err
}

func dueVerifications(ctx context.Context, q store.Querier, now time.Time, limit int) ([]Verification, error) {
	rows, err := q.QueryContext(ctx, `select`+verificationColumns+`from verify_challenge
		where state = 'pending' and expires_at <= $1 order by expires_at limit $2`, store.Time(now), limit)
	return collectVerifications(rows, err)
}

func collectVerifications(rows *sql.Rows, err error) (out []Verification, _ error) {
	if err != nil {
		return nil, fmt.Errorf("list verifications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := scanVerification(rows)
		if err != nil {
			return nil, fmt.Errorf("list verifications: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// listVerifications returns one page, newest first.
func listVerifications(ctx context.Context, q store.Querier, w *store.Where, limit int) ([]Verification, error) {
	rows, err := q.QueryContext(ctx, `select`+verificationColumns+`from verify_challenge`+w.SQL()+`
		order by id desc limit `+w.Arg(limit), w.Args()...)
	return collectVerifications(rows, err)
}

// shieldRows lists what says something about contacts: successes, refusals and failures, what ended last first in each contact.
func shieldRows(ctx context.Context, q store.Querier, org string, contactIDs []string, since time.Time) ([]Verification, error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("contact_id", contactIDs)
	w.Add("state in ('verified', 'denied', 'failed', 'frozen') and created_at > ?", store.Time(since))
	rows, err := q.QueryContext(ctx, `select`+verificationColumns+`from verify_challenge`+w.SQL()+`
		order by contact_id, ended_at desc, id desc`, w.Args()...)
	return collectVerifications(rows, err)
}

func insertWrong(ctx context.Context, tx *store.Tx, org, id, contactID, technicianID string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into verify_wrong (org_id, id, at, contact_id, technician_id) values ($1, $2, $3, $4, $5)`,
		org, id, store.Time(at), contactID, technicianID)
	return err
}

func countWrongs(ctx context.Context, q store.Querier, v Verification, day, hour time.Time) (inContact, inTechnician int, err error) {
	err = q.QueryRowContext(ctx, `select
			(select count(*) from verify_wrong where org_id = $1 and contact_id = $2 and at > $4),
			(select count(*) from verify_wrong where org_id = $1 and technician_id = $3 and at > $5)`,
		v.OrgID, v.ContactID, v.TechnicianID, store.Time(day), store.Time(hour)).Scan(&inContact, &inTechnician)
	if err != nil {
		return 0, 0, fmt.Errorf("count wrong codes: %w", err)
	}
	return inContact, inTechnician, nil
}

func countWrongsSince(ctx context.Context, q store.Querier, org string, since time.Time) (n int, err error) {
	if err := q.QueryRowContext(ctx, `select count(*) from verify_wrong where org_id = $1 and at > $2`, org, store.Time(since)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count wrong codes of the organization: %w", err)
	}
	return n, nil
}

// codesOf are the zero times for an organization whose code methods were never off.
func codesOf(ctx context.Context, q store.Querier, org string) (offUntil, countedFrom time.Time, err error) {
	err = q.QueryRowContext(ctx, `select off_until, counted_from from verify_codes where org_id = $1`, org).Scan((*store.Time)(&offUntil), (*store.Time)(&countedFrom))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return offUntil, countedFrom, fmt.Errorf("read whether codes are off: %w", err)
	}
	return offUntil, countedFrom, nil
}

// lockCodes makes whoever else counts wrong codes of the organization wait for the end of tx.
func lockCodes(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_codes (org_id) values ($1) on conflict (org_id) do update set org_id = excluded.org_id`, org)
	if err != nil {
		return fmt.Errorf("lock the wrong codes: %w", err)
	}
	return nil
}

func putCodesOff(ctx context.Context, tx *store.Tx, org string, until time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_codes (org_id, off_until) values ($1, $2)
		on conflict (org_id) do update set off_until = excluded.off_until`, org, store.Time(until))
	if err != nil {
		return fmt.Errorf("turn codes off: %w", err)
	}
	return nil
}

// putCodesOn says whether they were off.
func putCodesOn(ctx context.Context, tx *store.Tx, org string, now time.Time) (bool, error) {
	on, err := store.Changed(tx.ExecContext(ctx, `
		update verify_codes set off_until = null, counted_from = $1 where org_id = $2 and off_until > $1`, store.Time(now), org))
	if err != nil {
		return false, fmt.Errorf("switch codes on: %w", err)
	}
	return on, nil
}

func putLock(ctx context.Context, tx *store.Tx, org, subject, reason string, until time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_lock (org_id, subject, reason, until) values ($1, $2, $3, $4)
		on conflict (org_id, subject) do update set reason = excluded.reason, until = excluded.until where verify_lock.until < excluded.until`,
		org, subject, reason, store.Time(until))
	return err
}

// lockedUntil is the zero time for a subject that was never locked.
func lockedUntil(ctx context.Context, q store.Querier, org, subject string) (until time.Time, err error) {
	err = q.QueryRowContext(ctx, `select until from verify_lock where org_id = $1 and subject = $2`, org, subject).Scan((*store.Time)(&until))
	if errors.Is(err, sql.ErrNoRows) {
		return until, nil
	}
	return until, err
}

func forget(ctx context.Context, tx *store.Tx, wrongsBefore, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from verify_wrong where at < $1`, store.Time(wrongsBefore)); err != nil {
		return fmt.Errorf("forget wrong codes: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from verify_lock where until < $1`, store.Time(now)); err != nil {
		return fmt.Errorf("forget locks: %w", err)
	}
	return nil
}

// SettingsOf returns an organization's settings and their version; the defaults at version 0 if it chose none.
func SettingsOf(ctx context.Context, q store.Querier, org string) (Settings, int64, error) {
	kept := store.JSON[Settings]{}
	var version int64
	err := q.QueryRowContext(ctx, `select settings, version from verify_settings where org_id = $1`, org).Scan(&kept, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return defaults(), 0, nil
	}
	if err != nil {
		return Settings{}, 0, fmt.Errorf("read verification settings: %w", err)
	}
	return kept.V, version, nil
}

func putSettings(ctx context.Context, tx *store.Tx, org string, s Settings, version int64) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into verify_settings (org_id, settings, version) values ($1, $2, cast($3 as bigint) + 1)
		on conflict (org_id) do update set settings = excluded.settings, version = excluded.version where verify_settings.version = $3`,
		org, store.JSON[Settings]{V: s}, version))
	if err != nil {
		return fmt.Errorf("save verification settings: %w", err)
	}
	if !ok {
		return errStale
	}
	return nil
}

// moveContact makes what was tried with one contact another's. A shield ends; a lock holds for both.
func moveContact(ctx context.Context, tx *store.Tx, org, fromID, intoID string, now time.Time) error {
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{`update verify_challenge set shield_until = $1 where org_id = $2 and contact_id = $3 and shield_until > $1`, []any{store.Time(now), org, fromID}},
		{`update verify_challenge set contact_id = $1 where org_id = $2 and contact_id = $3`, []any{intoID, org, fromID}},
		{`update verify_wrong set contact_id = $1 where org_id = $2 and contact_id = $3`, []any{intoID, org, fromID}},
		{
			`insert into verify_lock (org_id, subject, reason, until)
			select org_id, cast($1 as text), reason, until from verify_lock where org_id = $2 and subject = $3
			on conflict (org_id, subject) do update set reason = excluded.reason, until = excluded.until where verify_lock.until < excluded.until`,
			[]any{"contact:" + intoID, org, "contact:" + fromID},
		},
	} {
		if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
			return fmt.Errorf("move what was tried with contact %s: %w", fromID, err)
		}
	}
	return nil
}
