package organization

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

const columns = `id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version`

// kept is what of the settings has no column of its own.
type kept struct {
	AllowedCountries []string `json:"allowed_countries"`
}

// ByID finds one organization.
func ByID(ctx context.Context, q store.Querier, id string) (Organization, error) {
	o, err := scan(q.QueryRowContext(ctx, `select `+columns+` from organization where id = $1`, id).Scan)
	if err != nil && !errors.Is(err, errNotFound) {
		return o, fmt.Errorf("find organization %s: %w", id, err)
	}
	return o, err
}

// BySlug finds one organization by its short name.
func BySlug(ctx context.Context, q store.Querier, slug string) (Organization, error) {
	return scan(q.QueryRowContext(ctx, `select `+columns+` from organization where slug = $1`, slug).Scan)
}

// All lists every organization, the oldest first, for what the server does by itself.
func All(ctx context.Context, q store.Querier) (all []Organization, err error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from organization order by created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list organizations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		o, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func scan(scan func(...any) error) (o Organization, err error) {
	var settings store.JSON[kept]
	err = scan(&o.ID, &o.Slug, &o.Name, &o.Region, &o.TimeZone, &o.Locale, &o.Status, &o.Demo, &settings,
		(*store.Time)(&o.CreatedAt), (*store.Time)(&o.UpdatedAt), &o.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return o, errNotFound
	}
	o.AllowedCountries = settings.V.AllowedCountries
	return o, err
}

func insert(ctx context.Context, tx *store.Tx, o Organization) error {
	_, err := tx.ExecContext(ctx, `
		insert into organization (`+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		o.ID, o.Slug, o.Name, o.Region, o.TimeZone, o.Locale, o.Status, o.Demo, store.JSON[kept]{V: kept{o.AllowedCountries}},
		store.Time(o.CreatedAt), store.Time(o.UpdatedAt), o.Version)
	return err
}

func update(ctx context.Context, tx *store.Tx, o Organization) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update organization set name = $1, region = $2, time_zone = $3, locale = $4, settings = $5, updated_at = $6, version = version + 1
		where id = $7 and version = $8`,
		o.Name, o.Region, o.TimeZone, o.Locale, store.JSON[kept]{V: kept{o.AllowedCountries}}, store.Time(o.UpdatedAt), o.ID, o.Version))
	if err == nil && !ok {
		return errStale
	}
	return err
}

// freeSlug returns slug, or slug with the first number behind it that nobody has.
func freeSlug(ctx context.Context, tx *store.Tx, slug string) (string, error) {
	for n := 1; ; n++ {
		candidate := slug
		if n > 1 {
			candidate = fmt.Sprintf("%s-%d", slug, n)
		}
		var taken int
		if err := tx.QueryRowContext(ctx, `select count(*) from organization where slug = $1`, candidate).Scan(&taken); err != nil || taken == 0 {
			return candidate, err
		}
	}
}
