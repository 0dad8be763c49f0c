package factor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"countersign.dev/countersign/internal/store"
)

//nolint:gosec // names of columns, no credentials
const passkeyColumns = `
	select id, kind, name, rp_id, credential_id, public_key, flags, sign_count, details, created_at, last_used_at, changed_at from factor_passkey`

// details are what is kept of a key beyond what is looked for.
type details struct {
	AttestationType   string                           `json:"attestation_type"`
	AttestationFormat string                           `json:"attestation_format"`
	Transports        []string                         `json:"transports"`
	AAGUID            []byte                           `json:"aaguid"`
	Attachment        protocol.AuthenticatorAttachment `json:"attachment"`
	Algorithm         int64                            `json:"algorithm"`
}

func detailsOf(c webauthn.Credential) store.JSON[details] {
	d := details{
		AttestationType: c.AttestationType, AttestationFormat: c.AttestationFormat, AAGUID: c.Authenticator.AAGUID,
		Attachment: c.Authenticator.Attachment, Algorithm: c.Attestation.PublicKeyAlgorithm,
	}
	for _, t := range c.Transport {
		d.Transports = append(d.Transports, string(t))
	}
	return store.JSON[details]{V: d}
}

func scanPasskey(scan func(...any) error) (k Passkey, err error) {
	var kept store.JSON[details]
	var flags, count int64
	var changed time.Time
	c := &k.credential
	err = scan(&k.ID, &k.Kind, &k.Name, &k.rpID, &c.ID, &c.PublicKey, &flags, &count, &kept,
		(*store.Time)(&k.CreatedAt), (*store.Time)(&k.LastUsedAt), (*store.Time)(&changed))
	if errors.Is(err, sql.ErrNoRows) {
		return k, errNoPasskey
	}
	if err != nil {
		return k, fmt.Errorf("read a passkey: %w", err)
	}
	d := kept.V
	c.AttestationType, c.AttestationFormat = d.AttestationType, d.AttestationFormat
	for _, t := range d.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	c.Flags = webauthn.CredentialFlagsFromMsgpByte(byte(flags))
	c.Authenticator = webauthn.Authenticator{AAGUID: d.AAGUID, SignCount: uint32(count), Attachment: d.Attachment}
	c.Attestation.PublicKeyAlgorithm = d.Algorithm
	k.BackedUp, k.Changed = c.Flags.BackupState, !changed.IsZero()
	return k, nil
}

func passkeysOf(ctx context.Context, q store.Querier, who target) (keys []Passkey, err error) {
	rows, err := q.QueryContext(ctx, passkeyColumns+` where org_id = $1 and technician_id = $2 order by id`, who.orgID, who.technicianID)
	if err != nil {
		return nil, fmt.Errorf("list the passkeys of %s: %w", who.technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		k, err := scanPasskey(rows.Scan)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the passkeys of %s: %w", who.technicianID, err)
	}
	return keys, nil
}

func passkeyByID(ctx context.Context, q store.Querier, who target, passkeyID string) (Passkey, error) {
	return scanPasskey(q.QueryRowContext(ctx, passkeyColumns+` where org_id = $1 and technician_id = $2 and id = $3`,
		who.orgID, who.technicianID, passkeyID).Scan)
}

func insertPasskey(ctx context.Context, tx *store.Tx, who target, k Passkey) error {
	c := k.credential
	_, err := tx.ExecContext(ctx, `
		insert into factor_passkey (org_id, id, technician_id, kind, name, rp_id, credential_id, public_key, flags, sign_count, details, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		who.orgID, k.ID, who.technicianID, string(k.Kind), k.Name, k.rpID, c.ID, c.PublicKey, int64(c.Flags.MsgpByte()),
		int64(c.Authenticator.SignCount), detailsOf(c), store.Time(k.CreatedAt))
	if store.IsConflict(err) {
		return errExists
	}
	if err != nil {
		return fmt.Errorf("save a passkey of %s: %w", who.technicianID, err)
	}
	return nil
}

func renamePasskey(ctx context.Context, tx *store.Tx, who target, passkeyID, name string) error {
	return changePasskey(store.Changed(tx.ExecContext(ctx, `
		update factor_passkey set name = $4 where org_id = $1 and technician_id = $2 and id = $3`, who.orgID, who.technicianID, passkeyID, name)))
}

func deletePasskey(ctx context.Context, tx *store.Tx, who target, passkeyID string) error {
	return changePasskey(store.Changed(tx.ExecContext(ctx, `
		delete from factor_passkey where org_id = $1 and technician_id = $2 and id = $3`, who.orgID, who.technicianID, passkeyID)))
}

func markChanged(ctx context.Context, tx *store.Tx, who target, passkeyID string, now time.Time) error {
	return changePasskey(store.Changed(tx.ExecContext(ctx, `
		update factor_passkey set changed_at = coalesce(changed_at, $4) where org_id = $1 and technician_id = $2 and id = $3`,
		who.orgID, who.technicianID, passkeyID, store.Time(now))))
}

func changePasskey(ok bool, err error) error {
	if err != nil {
		return fmt.Errorf("change a passkey: %w", err)
	}
	if !ok {
		return errNoPasskey
	}
	return nil
}

// usePasskey notes a use, unless the key has counted as many before. Keys that do not count say 0 each time.
func usePasskey(ctx context.Context, tx *store.Tx, who target, passkeyID string, c webauthn.Credential, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update factor_passkey set sign_count = $4, flags = $5, last_used_at = $6
		where org_id = $1 and technician_id = $2 and id = $3 and (sign_count < $4 or (sign_count = 0 and $4 = 0))`,
		who.orgID, who.technicianID, passkeyID, int64(c.Authenticator.SignCount), int64(c.Flags.MsgpByte()), store.Time(now)))
	if err != nil {
		return false, fmt.Errorf("note the use of passkey %s: %w", passkeyID, err)
	}
	return ok, nil
}

func insertChallenge(ctx context.Context, tx *store.Tx, q question, now, expires time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into factor_challenge (org_id, id, technician_id, bound_to, purpose, data, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		q.orgID, q.id, q.technicianID, q.boundTo, q.purpose, store.JSON[asked]{V: q.data}, store.Time(now), store.Time(expires))
	if err != nil {
		return fmt.Errorf("keep a question to an authenticator: %w", err)
	}
	return nil
}

// spendChallenge uses a question up. Of many answers at once, one gets it; from another browser than the one that was asked, none.
func spendChallenge(ctx context.Context, tx *store.Tx, challengeID, boundTo string, now time.Time) (q question, err error) {
	var data store.JSON[asked]
	err = tx.QueryRowContext(ctx, `
		delete from factor_challenge where id = $1 and bound_to = $2 and expires_at > $3
		returning org_id, technician_id, purpose, data`, challengeID, boundTo, store.Time(now)).Scan(&q.orgID, &q.technicianID, &q.purpose, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return q, errExpired
	}
	if err != nil {
		return q, fmt.Errorf("use up a question to an authenticator: %w", err)
	}
	q.id, q.boundTo, q.data = challengeID, boundTo, data.V
	return q, nil
}

// openChallenges counts the questions to one person, and says when the oldest was asked. They are locked until the end of the transaction.
func openChallenges(ctx context.Context, tx *store.Tx, who target) (oldest time.Time, n int, err error) {
	if err := lockFactors(ctx, tx, who); err != nil {
		return oldest, 0, err
	}
	err = tx.QueryRowContext(ctx, `
		select min(created_at), count(*) from factor_challenge where org_id = $1 and technician_id = $2`, who.orgID, who.technicianID).
		Scan((*store.Time)(&oldest), &n)
	if err != nil {
		return oldest, 0, fmt.Errorf("count the questions to %s: %w", who.technicianID, err)
	}
	return oldest, n, nil
}

func sweepChallenges(ctx context.Context, tx *store.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `delete from factor_challenge where expires_at <= $1`, store.Time(now)); err != nil {
		return fmt.Errorf("delete old questions: %w", err)
	}
	return nil
}
