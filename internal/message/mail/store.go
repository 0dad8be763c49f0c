package mail

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// find returns ErrAbsent where an organization has no mail server.
func find(ctx context.Context, q store.Querier, org string) (m Server, sealed []byte, err error) {
	err = q.QueryRowContext(ctx, `
		select host, port, tls, username, password, from_address, from_name, inbound_address, created_at, updated_at, version
		from message_mail where org_id = $1`, org).
		Scan(&m.Host, &m.Port, &m.TLS, &m.Username, &sealed, &m.FromAddress, &m.FromName, &m.InboundAddress,
			(*store.Time)(&m.CreatedAt), (*store.Time)(&m.UpdatedAt), &m.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil, ErrAbsent
	}
	if err != nil {
		return m, nil, fmt.Errorf("find the mail server of %s: %w", org, err)
	}
	m.PasswordSet = len(sealed) > 0
	return m, sealed, nil
}

func put(ctx context.Context, tx *store.Tx, org string, m Server, sealed []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into message_mail (org_id, host, port, tls, username, password, from_address, from_name, inbound_address, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (org_id) do update set host = excluded.host, port = excluded.port, tls = excluded.tls, username = excluded.username,
			password = excluded.password, from_address = excluded.from_address, from_name = excluded.from_name,
			inbound_address = excluded.inbound_address, updated_at = excluded.updated_at, version = excluded.version`,
		org, m.Host, m.Port, m.TLS, m.Username, sealed, m.FromAddress, m.FromName, m.InboundAddress,
		store.Time(m.CreatedAt), store.Time(m.UpdatedAt), m.Version)
	if err != nil {
		return putError(err)
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `delete from message_mail where org_id = $1`, org); err != nil {
		return fmt.Errorf("forget the mail server of %s: %w", org, err)
	}
	return nil
}

func organizationOf(ctx context.Context, q store.Querier, address string) (org string, err error) {
	if address == "" {
		return "", nil
	}
	err = q.QueryRowContext(ctx, `select org_id from message_mail where inbound_address = $1`, address).Scan(&org)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return org, err
}
