package wording

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// ownIn returns the parts of every text that an organization wrote itself in a language.
func ownIn(ctx context.Context, q store.Querier, org, language string) (map[Key]map[string]string, error) {
	rows, err := q.QueryContext(ctx, `select text_key, parts from wording where org_id = $1 and language = $2`, org, language)
	if err != nil {
		return nil, fmt.Errorf("read the texts of %s: %w", org, err)
	}
	defer func() { _ = rows.Close() }()
	own := map[Key]map[string]string{}
	for rows.Next() {
		var key Key
		var parts store.JSON[map[string]string]
		if err := rows.Scan(&key, &parts); err != nil {
			return nil, fmt.Errorf("read the texts of %s: %w", org, err)
		}
		own[key] = parts.V
	}
	return own, rows.Err()
}

const columns = `text_key, language, parts, updated_at, version`

func scan(row interface{ Scan(...any) error }) (o Own, err error) {
	var parts store.JSON[map[string]string]
	err = row.Scan(&o.Key, &o.Language, &parts, (*store.Time)(&o.UpdatedAt), &o.Version)
	o.Parts = parts.V
	return o, err
}

// all returns what an organization wrote itself: at most one row for each text and language.
func all(ctx context.Context, q store.Querier, org string) (found []Own, err error) {
	rows, err := q.QueryContext(ctx, `select `+columns+` from wording where org_id = $1 order by text_key, language`, org)
	if err != nil {
		return nil, fmt.Errorf("list the texts of %s: %w", org, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		o, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list the texts of %s: %w", org, err)
		}
		found = append(found, o)
	}
	return found, rows.Err()
}

// find returns one text of an organization's own, the zero Own if it has none.
func find(ctx context.Context, q store.Querier, org string, key Key, language string) (Own, error) {
	o, err := scan(q.QueryRowContext(ctx, `select `+columns+` from wording where org_id = $1 and text_key = $2 and language = $3`, org, key, language))
	if errors.Is(err, sql.ErrNoRows) {
		return Own{}, nil
	}
	if err != nil {
		return Own{}, fmt.Errorf("read the text %s of %s: %w", key, org, err)
	}
	return o, nil
}

// put keeps a text if it still has the version before this one.
func put(ctx context.Context, tx *store.Tx, org string, o Own) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into wording (org_id, text_key, language, parts, updated_at, version) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, text_key, language) do update
		set parts = excluded.parts, updated_at = excluded.updated_at, version = excluded.version
		where wording.version = excluded.version - 1`,
		org, o.Key, o.Language, store.JSON[map[string]string]{V: o.Parts}, store.Time(o.UpdatedAt), o.Version))
	if err != nil {
		return fmt.Errorf("keep the text %s of %s: %w", o.Key, org, err)
	}
	if !ok {
		return errStale
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org string, key Key, language string) error {
	if _, err := tx.ExecContext(ctx, `delete from wording where org_id = $1 and text_key = $2 and language = $3`, org, key, language); err != nil {
		return fmt.Errorf("delete the text %s of %s: %w", key, org, err)
	}
	return nil
}
