package contactkey

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"countersign.dev/countersign/internal/store"
)

const keyColumns = `
	select id, contact_id, name, rp_id, credential_id, public_key, aaguid, flags, sign_count, created_at, last_used_at from contactkey`

func scanKey(scan func(...any) error) (k Key, err error) {
	var model string
	var flags, count int64
	c := &k.credential
	err = scan(&k.ID, &k.contactID, &k.Name, &k.rpID, &c.ID, &c.PublicKey, &model, &flags, &count, (*store.Time)(&k.CreatedAt), (*store.Time)(&k.LastUsedAt))
	if errors.Is(err, sql.ErrNoRows) {
		return k, errNotFound
	}
	if err != nil {
		return k, fmt.Errorf("read a passkey of a contact: %w", err)
	}
	if c.Authenticator.AAGUID, err = hex.DecodeString(model); err != nil {
		return k, fmt.Errorf("read the model of passkey %s: %w", k.ID, err)
	}
	c.Flags, c.Authenticator.SignCount = webauthn.CredentialFlagsFromMsgpByte(byte(flags)), uint32(count)
	k.BackedUp = c.Flags.BackupState
	return k, nil
}

// keysOf lists the keys in use, the oldest first.
func keysOf(ctx context.Context, q store.Querier, org, contactID string) (out []Key, err error) {
	rows, err := q.QueryContext(ctx, keyColumns+` where org_id = $1 and contact_id = $2 and revoked_at is null order by id`, org, contactID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys of contact %s: %w", contactID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		k, err := scanKey(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

func keyByID(ctx context.Context, q store.Querier, org, contactID, id string) (Key, error) {
	return scanKey(q.QueryRowContext(ctx, keyColumns+` where org_id = $1 and contact_id = $2 and id = $3 and revoked_at is null`, org, contactID, id).Scan)
}

func insertKey(ctx context.Context, tx *store.Tx, org string, k Key) error {
	c := k.credential
	_, err := tx.ExecContext(ctx, `
		insert into contactkey (org_id, id, contact_id, name, rp_id, credential_id, public_key, aaguid, flags, sign_count, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		org, k.ID, k.contactID, k.Name, k.rpID, c.ID, c.PublicKey, aaguid(c.Authenticator.AAGUID), int64(c.Flags.MsgpByte()),
		int64(c.Authenticator.SignCount), store.Time(k.CreatedAt))
	if err != nil {
		return fmt.Errorf("keep a passkey of contact %s: %w", k.contactID, err)
	}
	return nil
}

// useKey counts a use; false if the key went out of use meanwhile, or a use with this count or a later one came in between. A key that
// does not count always says 0.
func useKey(ctx context.Context, tx *store.Tx, org string, k Key, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update contactkey set flags = $1, sign_count = $2, last_used_at = $3
		where org_id = $4 and id = $5 and revoked_at is null and (sign_count < $2 or (sign_count = 0 and $2 = 0))`,
		int64(k.credential.Flags.MsgpByte()), int64(k.credential.Authenticator.SignCount), store.Time(now), org, k.ID))
	if err != nil {
		return false, fmt.Errorf("count a use of passkey %s: %w", k.ID, err)
	}
	return ok, nil
}

func revoke(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `update contactkey set revoked_at = $1 where org_id = $2 and id = $3 and revoked_at is null`,
		store.Time(now), org, id))
	if err != nil {
		return false, fmt.Errorf("take passkey %s out of use: %w", id, err)
	}
	return ok, nil
}

func revokeAll(ctx context.Context, tx *store.Tx, org, contactID string, now time.Time) (int64, error) {
	r, err := tx.ExecContext(ctx, `update contactkey set revoked_at = $1 where org_id = $2 and contact_id = $3 and revoked_at is null`,
		store.Time(now), org, contactID)
	if err != nil {
		return 0, fmt.Errorf("take the passkeys of contact %s out of use: %w", contactID, err)
	}
	return r.RowsAffected()
}

func forgetContact(ctx context.Context, tx *store.Tx, org, contactID string) error {
	for _, statement := range []string{
		`delete from contactkey where org_id = $1 and contact_id = $2`,
		`delete from contactkey_enrolment where org_id = $1 and contact_id = $2`,
	} {
		if _, err := tx.ExecContext(ctx, statement, org, contactID); err != nil {
			return fmt.Errorf("forget the passkeys of contact %s: %w", contactID, err)
		}
	}
	return nil
}

func insertEnrolment(ctx context.Context, tx *store.Tx, e Enrolment, tokenHash, numberMAC []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into contactkey_enrolment (org_id, id, contact_id, technician_id, technician_name, address, language, token_hash, number_mac,
			state, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.OrgID, e.ID, e.ContactID, e.TechnicianID, e.TechnicianName, e.Address, e.Language, tokenHash, numberMAC, e.State,
		store.Time(e.CreatedAt), store.Time(e.ExpiresAt))
	if err != nil {
		return fmt.Errorf("keep an enrolment of contact %s: %w", e.ContactID, err)
	}
	return nil
}

func enrolmentByToken(ctx context.Context, q store.Querier, hash []byte) (e Enrolment, err error) {
	err = q.QueryRowContext(ctx, `
		select org_id, id, contact_id, technician_id, technician_name, address, language, state, created_at, expires_at
		from contactkey_enrolment where token_hash = $1`, hash).
		Scan(&e.OrgID, &e.ID, &e.ContactID, &e.TechnicianID, &e.TechnicianName, &e.Address, &e.Language, &e.State,
			(*store.Time)(&e.CreatedAt), (*store.Time)(&e.ExpiresAt))
	if errors.Is(err, sql.ErrNoRows) {
		return e, errGone
	}
	if err != nil {
		return e, fmt.Errorf("find an enrolment: %w", err)
	}
	return e, nil
}

// spendEnrolment uses up the one try of a live link and returns the MAC to compare with; nil if there was none left.
func spendEnrolment(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (mac []byte, err error) {
	err = tx.QueryRowContext(ctx, `
		update contactkey_enrolment set state = 'failed', ended_at = $1
		where org_id = $2 and id = $3 and state = 'pending' and expires_at > $1
		returning number_mac`, store.Time(now), org, id).Scan(&mac)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("spend enrolment %s: %w", id, err)
	}
	return mac, nil
}

func enrolmentUsed(ctx context.Context, tx *store.Tx, org, id string) error {
	if _, err := tx.ExecContext(ctx, `update contactkey_enrolment set state = 'used' where org_id = $1 and id = $2`, org, id); err != nil {
		return fmt.Errorf("end enrolment %s: %w", id, err)
	}
	return nil
}

func cancelEnrolments(ctx context.Context, tx *store.Tx, org, contactID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update contactkey_enrolment set state = 'canceled', ended_at = $1 where org_id = $2 and contact_id = $3 and state = 'pending'`,
		store.Time(now), org, contactID)
	if err != nil {
		return fmt.Errorf("cancel the enrolments of contact %s: %w", contactID, err)
	}
	return nil
}
