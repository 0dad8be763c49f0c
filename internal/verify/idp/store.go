package idp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// findProvider finds a customer's provider; ok is false if there is none.
func findProvider(ctx context.Context, q store.Querier, org, customerID string) (p Provider, ok bool, err error) {
	var scopes, acr, amr store.JSON[[]string]
	err = q.QueryRowContext(ctx, `
		select org_id, customer_id, revision, issuer, client_id, client_secret, scopes, acr_values, acrs, amr, person_claim, created_at, updated_at, version
		from verify_idp_provider where org_id = $1 and customer_id = $2`, org, customerID).Scan(&p.orgID, &p.customerID, &p.revision, &p.Issuer, &p.ClientID,
		&p.secret, &scopes, &acr, &p.ACRS, &amr, &p.PersonClaim, (*store.Time)(&p.CreatedAt), (*store.Time)(&p.UpdatedAt), &p.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Provider{}, false, nil
	}
	if err != nil {
		return Provider{}, false, fmt.Errorf("find the identity provider of %s: %w", customerID, err)
	}
	p.Scopes, p.ACRValues, p.AMR, p.SecretSet = scopes.V, acr.V, amr.V, len(p.secret) > 0
	return p, true, nil
}

func putProvider(ctx context.Context, tx *store.Tx, p Provider) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_idp_provider (org_id, customer_id, revision, issuer, client_id, client_secret, scopes, acr_values, acrs, amr, person_claim,
			created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		on conflict (org_id, customer_id) do update set revision = excluded.revision, issuer = excluded.issuer, client_id = excluded.client_id,
			client_secret = excluded.client_secret, scopes = excluded.scopes, acr_values = excluded.acr_values, acrs = excluded.acrs, amr = excluded.amr,
			person_claim = excluded.person_claim, updated_at = excluded.updated_at, version = excluded.version`,
		p.orgID, p.customerID, p.revision, p.Issuer, p.ClientID, p.secret, store.JSON[[]string]{V: p.Scopes}, store.JSON[[]string]{V: p.ACRValues}, p.ACRS,
		store.JSON[[]string]{V: p.AMR}, p.PersonClaim, store.Time(p.CreatedAt), store.Time(p.UpdatedAt), p.Version)
	if err != nil {
		return fmt.Errorf("keep the identity provider of %s: %w", p.customerID, err)
	}
	return nil
}

func dropProvider(ctx context.Context, tx *store.Tx, org, customerID string) error {
	_, err := tx.ExecContext(ctx, `delete from verify_idp_provider where org_id = $1 and customer_id = $2`, org, customerID)
	return err
}

// Accounts.

// subjectOf is the account that a contact signed in with before; empty if there was none.
func subjectOf(ctx context.Context, q store.Querier, contactID string, p Provider) (subject string, err error) {
	err = q.QueryRowContext(ctx, `
		select subject from verify_idp_subject where org_id = $1 and contact_id = $2 and issuer = $3 and client_id = $4`,
		p.orgID, contactID, p.Issuer, p.ClientID).Scan(&subject)
	return absent(subject, err)
}

// ownerOf is the contact whose account a subject is; empty if nobody's.
func ownerOf(ctx context.Context, q store.Querier, subject string, p Provider) (contactID string, err error) {
	err = q.QueryRowContext(ctx, `
		select contact_id from verify_idp_subject where org_id = $1 and issuer = $2 and client_id = $3 and subject = $4`,
		p.orgID, p.Issuer, p.ClientID, subject).Scan(&contactID)
	return absent(contactID, err)
}

func absent(s string, err error) (string, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find an account: %w", err)
	}
	return s, nil
}

func insertSubject(ctx context.Context, tx *store.Tx, contactID, subject string, p Provider, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_idp_subject (org_id, contact_id, issuer, client_id, subject, created_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, contact_id, issuer, client_id) do nothing`, p.orgID, contactID, p.Issuer, p.ClientID, subject, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep the account of contact %s: %w", contactID, err)
	}
	return nil
}

func dropSubjects(ctx context.Context, tx *store.Tx, org, contactID string) error {
	_, err := tx.ExecContext(ctx, `delete from verify_idp_subject where org_id = $1 and contact_id = $2`, org, contactID)
	if err != nil {
		return fmt.Errorf("forget the accounts of contact %s: %w", contactID, err)
	}
	return nil
}

// Sign-ins.

// signin is the sign-in of a verification.
type signin struct {
	orgID, id   string
	revision    string
	browserHash []byte // of the one browser that may go on
	secrets     []byte // sealed
}

const signinColumns = `org_id, id, revision, browser_hash, secrets`

func oneSignin(row *sql.Row) (x signin, ok bool, err error) {
	err = row.Scan(&x.orgID, &x.id, &x.revision, &x.browserHash, &x.secrets)
	if errors.Is(err, sql.ErrNoRows) {
		return signin{}, false, nil
	}
	if err != nil {
		return signin{}, false, fmt.Errorf("find a sign-in: %w", err)
	}
	return x, true, nil
}

func insertSignin(ctx context.Context, tx *store.Tx, org, id, revision string, expires time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_idp_signin (org_id, id, revision, begun, expires_at) values ($1, $2, $3, 0, $4)`, org, id, revision, store.Time(expires))
	if err != nil {
		return fmt.Errorf("keep a sign-in: %w", err)
	}
	return nil
}

func findSignin(ctx context.Context, q store.Querier, org, id string) (signin, bool, error) {
	return oneSignin(q.QueryRowContext(ctx, `select `+signinColumns+` from verify_idp_signin where org_id = $1 and id = $2`, org, id))
}

func signinByState(ctx context.Context, q store.Querier, hash []byte, now time.Time) (signin, bool, error) {
	return oneSignin(q.QueryRowContext(ctx, `
		select `+signinColumns+` from verify_idp_signin where state_hash = $1 and expires_at > $2`, hash, store.Time(now)))
}

// claimSignin binds a sign-in to the browser that answered.
func claimSignin(ctx context.Context, tx *store.Tx, org, id string, browserHash []byte) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_idp_signin set browser_hash = $1 where org_id = $2 and id = $3 and browser_hash is null`, browserHash, org, id))
}

// beginSignin puts a new attempt in the place of the one before; false if there were too many.
func beginSignin(ctx context.Context, tx *store.Tx, org, id string, stateHash, secrets []byte) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_idp_signin set state_hash = $1, secrets = $2, begun = begun + 1 where org_id = $3 and id = $4 and begun < $5`,
		stateHash, secrets, org, id, maxBegun))
}

// spendSignin uses up the attempt with a state; false if somebody was quicker.
func spendSignin(ctx context.Context, tx *store.Tx, x signin, stateHash []byte) (bool, error) {
	return store.Changed(tx.ExecContext(ctx, `
		update verify_idp_signin set state_hash = null, secrets = null where org_id = $1 and id = $2 and state_hash = $3`, x.orgID, x.id, stateHash))
}

func dropSignins(ctx context.Context, tx *store.Tx, org string, before time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from verify_idp_signin where org_id = $1 and expires_at < $2`, org, store.Time(before))
	if err != nil {
		return fmt.Errorf("forget old sign-ins: %w", err)
	}
	return nil
}
