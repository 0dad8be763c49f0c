package twilio

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const settingsColumns = `enabled, account_sid, auth_token, alternate_token, api_key_sid, api_key_secret, base_url, sms_number, voice_number,
	service_sid, per_minute, created_at, updated_at, version`

func (s *Settings) scanned() []any {
	return []any{
		&s.Enabled, &s.AccountSID, &s.sealed.token, &s.sealed.alternate, &s.APIKeySID, &s.sealed.secret, &s.BaseURL, &s.SMSNumber, &s.VoiceNumber,
		&s.ServiceSID, &s.PerMinute, (*store.Time)(&s.CreatedAt), (*store.Time)(&s.UpdatedAt), &s.Version,
	}
}

func (s *Settings) mark() {
	s.TokenSet, s.AlternateSet, s.SecretSet = len(s.sealed.token) > 0, len(s.sealed.alternate) > 0, len(s.sealed.secret) > 0
}

// find returns an organization's account; ok is false where it has none.
func find(ctx context.Context, q store.Querier, org string) (s Settings, ok bool, err error) {
	err = q.QueryRowContext(ctx, `select `+settingsColumns+` from message_twilio where org_id = $1`, org).Scan(s.scanned()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, false, nil
	}
	if err != nil {
		return Settings{}, false, fmt.Errorf("find the Twilio account of %s: %w", org, err)
	}
	s.mark()
	return s, true, nil
}

// owned is an organization with its account.
type owned struct {
	orgID string
	Settings
}

// maxShared bounds how many organizations of an installation share an account.
const maxShared = 50

// ofAccount lists the organizations that have an account, the oldest first.
func ofAccount(ctx context.Context, q store.Querier, accountSID string) (found []owned, err error) {
	rows, err := q.QueryContext(ctx, `
		select org_id, `+settingsColumns+` from message_twilio where account_sid = $1 order by created_at, org_id limit $2`, accountSID, maxShared)
	if err != nil {
		return nil, fmt.Errorf("look for a Twilio account: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o owned
		if err := rows.Scan(append([]any{&o.orgID}, o.scanned()...)...); err != nil {
			return nil, err
		}
		o.mark()
		found = append(found, o)
	}
	return found, rows.Err()
}

func put(ctx context.Context, tx *store.Tx, org string, s Settings) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_twilio (org_id, `+settingsColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (org_id) do update set enabled = excluded.enabled, account_sid = excluded.account_sid, auth_token = excluded.auth_token,
			alternate_token = excluded.alternate_token, api_key_sid = excluded.api_key_sid, api_key_secret = excluded.api_key_secret,
			base_url = excluded.base_url, sms_number = excluded.sms_number, voice_number = excluded.voice_number,
			service_sid = excluded.service_sid, per_minute = excluded.per_minute, updated_at = excluded.updated_at, version = excluded.version`,
		org, s.Enabled, s.AccountSID, s.sealed.token, s.sealed.alternate, s.APIKeySID, s.sealed.secret, s.BaseURL, s.SMSNumber, s.VoiceNumber,
		s.ServiceSID, s.PerMinute, store.Time(s.CreatedAt), store.Time(s.UpdatedAt), s.Version)
	if err != nil {
		return fmt.Errorf("keep the Twilio account: %w", err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_twilio where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the Twilio account of %s: %w", org, err)
	}
	if _, err := tx.ExecContext(ctx, `delete from message_twilio_number where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the Twilio numbers of %s: %w", org, err)
	}
	return nil
}

// Numbers.

func addNumber(ctx context.Context, tx *store.Tx, org, number string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_twilio_number (org_id, number, created_at) values ($1, $2, $3) on conflict (org_id, number) do nothing`,
		org, number, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep a number: %w", err)
	}
	return nil
}

// hasNumber says whether a number was given to an organization beside those of its settings.
func hasNumber(ctx context.Context, q store.Querier, org, number string) (has bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from message_twilio_number where org_id = $1 and number = $2)`, org, number).Scan(&has)
	return has, err
}

// Proofs.

func putProof(ctx context.Context, tx *store.Tx, org, deliveryID, sid string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_twilio_proof (org_id, delivery_id, sid, at) values ($1, $2, $3, $4) on conflict (org_id, delivery_id, sid) do nothing`,
		org, deliveryID, sid, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep the proof for %s: %w", deliveryID, err)
	}
	return nil
}

func proofOf(ctx context.Context, q store.Querier, org, deliveryID string) (sid string, err error) {
	err = q.QueryRowContext(ctx, `
		select sid from message_twilio_proof where org_id = $1 and delivery_id = $2 order by at limit 1`, org, deliveryID).Scan(&sid)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return sid, err
}

func dropProofs(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from message_twilio_proof where at < $1`, store.Time(before))
	return err
}

// knownTo returns which of a provider's ids belong to messages of an organization, and to which deliveries.
func knownTo(ctx context.Context, q store.Querier, orgID, provider string, providerIDs []string) (map[string]string, error) {
	known := map[string]string{}
	if len(providerIDs) == 0 {
		return known, nil
	}
	w := store.Where{}
	w.Add("org_id = ?", orgID)
	w.Add("provider = ?", provider)
	w.In("provider_id", providerIDs)
	w.Add("provider_id <> ''")
	w.Add("provider <> 'sandbox'")
	rows, err := q.QueryContext(ctx, `select provider_id, delivery_id from message_attempt`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("look for messages of %s: %w", provider, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var providerID, deliveryID string
		if err := rows.Scan(&providerID, &deliveryID); err != nil {
			return nil, err
		}
		known[providerID] = deliveryID
	}
	return known, rows.Err()
}
