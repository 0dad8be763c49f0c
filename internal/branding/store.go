package branding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// read returns the settings of an organization, the zero ones if nobody ever changed them.
func read(ctx context.Context, q store.Querier, org string) (s Settings, err error) {
	err = q.QueryRowContext(ctx, `select color, display_name, logo_key, updated_at, version from branding where org_id = $1`, org).
		Scan(&s.Color, &s.DisplayName, &s.LogoID, (*store.Time)(&s.UpdatedAt), &s.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{}, nil
	}
	return s, err
}

// lock returns settings that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org string, now time.Time) (Settings, error) {
	_, err := tx.ExecContext(ctx, `
		insert into branding (org_id, color, display_name, logo_key, updated_at, version) values ($1, '', '', '', $2, 0)
		on conflict (org_id) do update set version = branding.version`, org, store.Time(now))
	if err != nil {
		return Settings{}, fmt.Errorf("lock the branding of %s: %w", org, err)
	}
	return read(ctx, tx, org)
}

func update(ctx context.Context, tx *store.Tx, org string, s Settings) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update branding set color = $1, display_name = $2, logo_key = $3, updated_at = $4, version = version + 1
		where org_id = $5 and version = $6`, s.Color, s.DisplayName, s.LogoID, store.Time(s.UpdatedAt), org, s.Version))
	if err != nil {
		return fmt.Errorf("change the branding of %s: %w", org, err)
	}
	if !ok {
		return errStale
	}
	return nil
}

func insertLogo(ctx context.Context, tx *store.Tx, org, key string, content []byte, now time.Time) error {
	_, err := tx.ExecContext(ctx, `insert into branding_logo (org_id, key, content, created_at) values ($1, $2, $3, $4)`,
		org, key, content, store.Time(now))
	if err != nil {
		return fmt.Errorf("keep the logo of %s: %w", org, err)
	}
	return nil
}

// sweepLogos deletes all logos of an organization but one.
func sweepLogos(ctx context.Context, tx *store.Tx, org, keep string) error {
	if _, err := tx.ExecContext(ctx, `delete from branding_logo where org_id = $1 and key <> $2`, org, keep); err != nil {
		return fmt.Errorf("delete old logos of %s: %w", org, err)
	}
	return nil
}

func logo(ctx context.Context, q store.Querier, key string) (content []byte, err error) {
	err = q.QueryRowContext(ctx, `select content from branding_logo where key = $1`, key).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoLogo
	}
	if err != nil {
		return nil, fmt.Errorf("read a logo: %w", err)
	}
	return content, nil
}

// publicOrganization is the organization with a short name; without one the only organization there is; else "".
func publicOrganization(ctx context.Context, q store.Querier, slug string) (orgID string, err error) {
	if slug != "" {
		err = q.QueryRowContext(ctx, `select id from organization where slug = $1`, slug).Scan(&orgID)
	} else {
		err = q.QueryRowContext(ctx, `select min(id) from organization having count(*) = 1`).Scan(&orgID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return orgID, err
}
