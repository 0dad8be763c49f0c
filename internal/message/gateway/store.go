package gateway

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const columns = `enabled, account, base_url, secret, alternate, sms_number, voice_number, per_minute, created_at, updated_at, version`

func (s *Settings) scanned() []any {
	return []any{
		&s.Enabled, &s.Account, &s.BaseURL, &s.sealedSecret, &s.sealedAlternate, &s.SMSNumber, &s.VoiceNumber, &s.PerMinute,
		(*store.Time)(&s.CreatedAt), (*store.Time)(&s.UpdatedAt), &s.Version,
	}
}

// find returns an organization's gateway; ok is false where it has none.
func find(ctx context.Context, q store.Querier, org string) (s Settings, ok bool, err error) {
	return one(q.QueryRowContext(ctx, `select `+columns+` from message_gateway where org_id = $1`, org), s.scanned, &s)
}

// ofAccount finds the organization that callbacks name by an account.
func ofAccount(ctx context.Context, q store.Querier, account string) (org string, s Settings, ok bool, err error) {
	s, ok, err = one(q.QueryRowContext(ctx, `select org_id, `+columns+` from message_gateway where account = $1`, account),
		func() []any { return append([]any{&org}, s.scanned()...) }, &s)
	return org, s, ok, err
}

func one(row *sql.Row, into func() []any, s *Settings) (Settings, bool, error) {
	err := row.Scan(into()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, false, nil
	}
	if err != nil {
		return Settings{}, false, fmt.Errorf("find a gateway: %w", err)
	}
	s.AlternateSet = len(s.sealedAlternate) > 0
	return *s, true, nil
}

func put(ctx context.Context, tx *store.Tx, org string, s Settings) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_gateway (org_id, `+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (org_id) do update set enabled = excluded.enabled, base_url = excluded.base_url, secret = excluded.secret,
			alternate = excluded.alternate, sms_number = excluded.sms_number, voice_number = excluded.voice_number,
			per_minute = excluded.per_minute, updated_at = excluded.updated_at, version = excluded.version`,
		org, s.Enabled, s.Account, s.BaseURL, s.sealedSecret, s.sealedAlternate, s.SMSNumber, s.VoiceNumber, s.PerMinute,
		store.Time(s.CreatedAt), store.Time(s.UpdatedAt), s.Version)
	if err != nil {
		return fmt.Errorf("keep the gateway: %w", err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_gateway where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the gateway of %s: %w", org, err)
	}
	return nil
}

// Callbacks.

func hasEvent(ctx context.Context, q store.Querier, org, id string) (has bool, err error) {
	err = q.QueryRowContext(ctx, `select exists (select 1 from message_gateway_event where org_id = $1 and id = $2)`, org, id).Scan(&has)
	return has, err
}

func putEvent(ctx context.Context, tx *store.Tx, org, id string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_gateway_event (org_id, id, at) values ($1, $2, $3) on conflict (org_id, id) do nothing`, org, id, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep a callback: %w", err)
	}
	return nil
}

func dropEvents(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from message_gateway_event where at < $1`, store.Time(before))
	return err
}
