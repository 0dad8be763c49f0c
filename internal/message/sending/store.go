package sending

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/store"
)

// Of returns the settings of an organization as they were set; the zero ones where nothing was.
func Of(ctx context.Context, q store.Querier, org string) (s Settings, err error) {
	var sms, voice string
	err = q.QueryRowContext(ctx, `select sms, voice, per_minute, version from message_sending where org_id = $1`, org).
		Scan(&sms, &voice, &s.PerMinute, &s.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("read how %s sends: %w", org, err)
	}
	s.SMS, s.Voice = strings.Fields(sms), strings.Fields(voice)
	return s, nil
}

func put(ctx context.Context, tx *store.Tx, org string, s Settings) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_sending (org_id, sms, voice, per_minute, version) values ($1, $2, $3, $4, $5)
		on conflict (org_id) do update set sms = excluded.sms, voice = excluded.voice, per_minute = excluded.per_minute, version = excluded.version`,
		org, strings.Join(s.SMS, " "), strings.Join(s.Voice, " "), s.PerMinute, s.Version)
	if err != nil {
		return fmt.Errorf("keep how %s sends: %w", org, err)
	}
	return nil
}
