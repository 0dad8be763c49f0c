package optin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const formColumns = ` org_id, id, contact_id, customer_id, way, sent_to, number, new_number, language, text_version, state, delivery, asked_by,
	asked_name, ticket_id, code_tries, code_expires_at, created_at, expires_at, ended_at, version,
	coalesce((select c.name from contact c where c.org_id = optin_form.org_id and c.id = optin_form.contact_id), '') `

type scanner interface{ Scan(dest ...any) error }

func scanForm(r scanner) (f Form, err error) {
	err = r.Scan(&f.OrgID, &f.ID, &f.ContactID, &f.CustomerID, &f.Way, &f.SentTo, &f.Number, &f.NewNumber, &f.Language, &f.TextVersion, &f.State,
		&f.Delivery, &f.AskedBy, &f.AskedName, &f.TicketID, &f.codeTries, (*store.Time)(&f.codeExpiresAt), (*store.Time)(&f.CreatedAt),
		(*store.Time)(&f.ExpiresAt), (*store.Time)(&f.EndedAt), &f.Version, &f.ContactName)
	return f, err
}

func oneForm(r *sql.Row) (Form, error) {
	f, err := scanForm(r)
	if errors.Is(err, sql.ErrNoRows) {
		return f, errNotFound
	}
	if err != nil {
		return f, fmt.Errorf("find opt-in form: %w", err)
	}
	return f, nil
}

func insert(ctx context.Context, tx *store.Tx, f Form, tokenHash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into optin_form (org_id, id, token_hash, contact_id, customer_id, way, sent_to, number, language, text_version, state, delivery,
			asked_by, asked_name, ticket_id, new_number, code_tries, created_at, expires_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, '', $11, $12, $13, '', 0, $14, $15, $16)`,
		f.OrgID, f.ID, tokenHash, f.ContactID, f.CustomerID, f.Way, f.SentTo, f.Number, f.Language, f.State, f.AskedBy, f.AskedName, f.TicketID,
		store.Time(f.CreatedAt), store.Time(f.ExpiresAt), f.Version)
	if err != nil {
		return fmt.Errorf("keep opt-in form %s: %w", f.ID, err)
	}
	return nil
}

func formByToken(ctx context.Context, q store.Querier, hash []byte) (Form, error) {
	return oneForm(q.QueryRowContext(ctx, `select`+formColumns+`from optin_form where token_hash = $1`, hash))
}

// formsOf lists the forms of a contact, the newest first.
func formsOf(ctx context.Context, q store.Querier, org, contactID string, page store.Page) (out []Form, next string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.Add("contact_id = ?", contactID)
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.Add("id < ?", parts[0])
	}
	rows, err := q.QueryContext(ctx, `select`+formColumns+`from optin_form`+w.SQL()+` order by id desc limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list opt-in forms of contact %s: %w", contactID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		f, err := scanForm(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list opt-in forms of contact %s: %w", contactID, err)
		}
		if len(out) == page.Limit {
			return out, store.Cursor(out[len(out)-1].ID), rows.Err()
		}
		out = append(out, f)
	}
	return out, "", rows.Err()
}

// lastAsked is when each of the contacts was last sent a form.
func lastAsked(ctx context.Context, q store.Querier, org string, contactIDs []string) (map[string]time.Time, error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.In("contact_id", contactIDs)
	rows, err := q.QueryContext(ctx, `select contact_id, max(created_at) from optin_form`+w.SQL()+` group by contact_id`, w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("look for who was asked: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]time.Time{}
	for rows.Next() {
		var contactID string
		var at time.Time
		if err := rows.Scan(&contactID, (*store.Time)(&at)); err != nil {
			return nil, err
		}
		out[contactID] = at
	}
	return out, rows.Err()
}

// answerForm spends the one answer of a form that waits; ok is false if somebody was quicker, or it is over. Its link is forgotten.
func answerForm(ctx context.Context, tx *store.Tx, org, id string, to State, textVersion, language string, now time.Time) (ok bool, err error) {
	ok, err = store.Changed(tx.ExecContext(ctx, `
		update optin_form set state = $1, text_version = $2, language = $3, ended_at = $4, token_hash = null, version = version + 1
		where org_id = $5 and id = $6 and state = 'sent' and expires_at > $4`, to, textVersion, language, store.Time(now), org, id))
	if err != nil {
		return false, fmt.Errorf("answer opt-in form %s: %w", id, err)
	}
	return ok, nil
}

// askForCode keeps the number that was given on a form that waits, and the MAC of the code that went to it.
func askForCode(ctx context.Context, tx *store.Tx, f Form, mac []byte, now time.Time) (ok bool, err error) {
	ok, err = store.Changed(tx.ExecContext(ctx, `
		update optin_form set state = 'confirming', new_number = $1, code_mac = $2, code_expires_at = $3, text_version = $4, language = $5,
			version = version + 1
		where org_id = $6 and id = $7 and state = 'sent' and expires_at > $8`,
		f.NewNumber, mac, store.Time(f.codeExpiresAt), f.TextVersion, f.Language, f.OrgID, f.ID, store.Time(now)))
	if err != nil {
		return false, fmt.Errorf("keep the number given on opt-in form %s: %w", f.ID, err)
	}
	return ok, nil
}

// spendCode takes one try at the code and returns what it is compared with; nil if there is no try left.
func spendCode(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (mac []byte, tries int, err error) {
	err = tx.QueryRowContext(ctx, `
		update optin_form set code_tries = code_tries + 1, version = version + 1
		where org_id = $1 and id = $2 and state = 'confirming' and code_tries < $3 and code_expires_at > $4
		returning code_mac, code_tries`, org, id, codeTries, store.Time(now)).Scan(&mac, &tries)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("take a try at the code of opt-in form %s: %w", id, err)
	}
	return mac, tries, nil
}

// endConfirming settles a form whose number was to be confirmed.
func endConfirming(ctx context.Context, tx *store.Tx, org, id string, to State, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update optin_form set state = $1, ended_at = $2, token_hash = null, code_mac = null, version = version + 1
		where org_id = $3 and id = $4 and state = 'confirming'`, to, store.Time(now), org, id)
	if err != nil {
		return fmt.Errorf("settle opt-in form %s: %w", id, err)
	}
	return nil
}

// markHeld says that the number given on an answered form waits for a technician.
func markHeld(ctx context.Context, tx *store.Tx, org, id string) error {
	_, err := tx.ExecContext(ctx, `update optin_form set state = 'held' where org_id = $1 and id = $2 and state = 'agreed'`, org, id)
	if err != nil {
		return fmt.Errorf("hold the number of opt-in form %s: %w", id, err)
	}
	return nil
}

func setDelivery(ctx context.Context, tx *store.Tx, org, id, state string) error {
	_, err := tx.ExecContext(ctx, `update optin_form set delivery = $1, version = version + 1 where org_id = $2 and id = $3`, state, org, id)
	if err != nil {
		return fmt.Errorf("note the delivery of opt-in form %s: %w", id, err)
	}
	return nil
}

const cancel = `update optin_form set state = 'canceled', ended_at = $1, token_hash = null, code_mac = null, version = version + 1
	where state in ('sent', 'confirming') and org_id = $2`

// cancelOf ends the forms of a contact that wait.
func cancelOf(ctx context.Context, tx *store.Tx, org, contactID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, cancel+` and contact_id = $3`, store.Time(now), org, contactID)
	if err != nil {
		return fmt.Errorf("cancel the opt-in forms of contact %s: %w", contactID, err)
	}
	return nil
}

// cancelAbout ends the forms that went to or are about addresses: those of one contact, or ("") everybody's.
func cancelAbout(ctx context.Context, tx *store.Tx, org, contactID string, keys []string, now time.Time) error {
	for _, key := range keys {
		_, err := tx.ExecContext(ctx, cancel+` and ($3 = '' or contact_id = $3) and (number = $4 or new_number = $4 or lower(sent_to) = $4)`,
			store.Time(now), org, contactID, key)
		if err != nil {
			return fmt.Errorf("cancel opt-in forms: %w", err)
		}
	}
	return nil
}

func forgetContact(ctx context.Context, tx *store.Tx, org, contactID string) error {
	if _, err := tx.ExecContext(ctx, `delete from optin_form where org_id = $1 and contact_id = $2`, org, contactID); err != nil {
		return fmt.Errorf("forget the opt-in forms of contact %s: %w", contactID, err)
	}
	if _, err := tx.ExecContext(ctx, `delete from optin_change where org_id = $1 and contact_id = $2`, org, contactID); err != nil {
		return fmt.Errorf("forget the number changes of contact %s: %w", contactID, err)
	}
	return nil
}

func joinContact(ctx context.Context, tx *store.Tx, org, from, into string) error {
	if _, err := tx.ExecContext(ctx, `update optin_form set contact_id = $1 where org_id = $2 and contact_id = $3`, into, org, from); err != nil {
		return fmt.Errorf("give the opt-in forms of contact %s to %s: %w", from, into, err)
	}
	if _, err := tx.ExecContext(ctx, `update optin_change set contact_id = $1 where org_id = $2 and contact_id = $3`, into, org, from); err != nil {
		return fmt.Errorf("give the number changes of contact %s to %s: %w", from, into, err)
	}
	return nil
}

func expire(ctx context.Context, tx *store.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update optin_form set state = 'expired', ended_at = $1, token_hash = null, code_mac = null, version = version + 1
		where token_hash is not null and (state = 'sent' and expires_at <= $1 or state = 'confirming' and code_expires_at <= $1)`, store.Time(now))
	if err != nil {
		return fmt.Errorf("expire opt-in forms: %w", err)
	}
	return nil
}

// Changes of numbers.

const changeColumns = ` org_id, id, contact_id, customer_id, form_id, old_number, new_number, reason, state, created_at, ended_at, ended_by,
	ended_name, version `

func scanChange(r scanner) (c Change, err error) {
	err = r.Scan(&c.OrgID, &c.ID, &c.ContactID, &c.CustomerID, &c.FormID, &c.OldNumber, &c.NewNumber, &c.Reason, &c.State,
		(*store.Time)(&c.CreatedAt), (*store.Time)(&c.EndedAt), &c.EndedBy, &c.EndedName, &c.Version)
	return c, err
}

func insertChange(ctx context.Context, tx *store.Tx, c Change) error {
	_, err := tx.ExecContext(ctx, `
		insert into optin_change (org_id, id, contact_id, customer_id, form_id, old_number, new_number, reason, state, created_at, ended_by,
			ended_name, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', 1)`,
		c.OrgID, c.ID, c.ContactID, c.CustomerID, c.FormID, c.OldNumber, c.NewNumber, c.Reason, c.State, store.Time(c.CreatedAt))
	if err != nil {
		return fmt.Errorf("keep number change %s: %w", c.ID, err)
	}
	return nil
}

func changeByID(ctx context.Context, q store.Querier, org, id string) (Change, error) {
	c, err := scanChange(q.QueryRowContext(ctx, `select`+changeColumns+`from optin_change where org_id = $1 and id = $2`, org, id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, errChange
	}
	if err != nil {
		return c, fmt.Errorf("find number change %s: %w", id, err)
	}
	return c, nil
}

// maxChanges bounds what a contact's page shows.
const maxChanges = 20

func changesOf(ctx context.Context, q store.Querier, org, contactID string) (out []Change, err error) {
	rows, err := q.QueryContext(ctx, `select`+changeColumns+`from optin_change where org_id = $1 and contact_id = $2 order by id desc limit $3`,
		org, contactID, maxChanges)
	if err != nil {
		return nil, fmt.Errorf("list number changes of contact %s: %w", contactID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		c, err := scanChange(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// endChange settles a change that waits; ok is false if somebody else has.
func endChange(ctx context.Context, tx *store.Tx, c Change) (ok bool, err error) {
	ok, err = store.Changed(tx.ExecContext(ctx, `
		update optin_change set state = $1, ended_at = $2, ended_by = $3, ended_name = $4, version = version + 1
		where org_id = $5 and id = $6 and state = 'pending'`, c.State, store.Time(c.EndedAt), c.EndedBy, c.EndedName, c.OrgID, c.ID))
	if err != nil {
		return false, fmt.Errorf("settle number change %s: %w", c.ID, err)
	}
	return ok, nil
}
