package document

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"countersign.dev/countersign/internal/store"
)

const columns = ` document_key, language, number, title, body, action, restored_from, by_id, by_name, created_at `

func scan(row interface{ Scan(...any) error }) (v Version, err error) {
	err = row.Scan(&v.Key, &v.Language, &v.Number, &v.Title, &v.Body, &v.Action, &v.From, &v.ByID, &v.ByName, (*store.Time)(&v.At))
	return v, err
}

// newestOfAll returns the newest version of every document in every language: at most one row for each.
func newestOfAll(ctx context.Context, q store.Querier, org string) (out []Version, err error) {
	rows, err := q.QueryContext(ctx, `
		select`+columns+`from document_version v where org_id = $1 and number = (
			select max(number) from document_version n where n.org_id = v.org_id and n.document_key = v.document_key and n.language = v.language)`, org)
	if err != nil {
		return nil, fmt.Errorf("list the documents of %s: %w", org, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list the documents of %s: %w", org, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// newest returns the newest version of one document; one with the number 0 if it was never changed.
func newest(ctx context.Context, q store.Querier, org string, key Key, language string) (Version, error) {
	v, err := scan(q.QueryRowContext(ctx, `
		select`+columns+`from document_version where org_id = $1 and document_key = $2 and language = $3 order by number desc limit 1`, org, key, language))
	if errors.Is(err, sql.ErrNoRows) {
		return Version{Key: key, Language: language}, nil
	}
	if err != nil {
		return v, fmt.Errorf("read the document %s of %s: %w", key, org, err)
	}
	return v, nil
}

func version(ctx context.Context, q store.Querier, org string, key Key, language string, number int64) (Version, error) {
	v, err := scan(q.QueryRowContext(ctx, `
		select`+columns+`from document_version where org_id = $1 and document_key = $2 and language = $3 and number = $4`, org, key, language, number))
	if errors.Is(err, sql.ErrNoRows) {
		return v, errNoVersion
	}
	if err != nil {
		return v, fmt.Errorf("read version %d of the document %s of %s: %w", number, key, org, err)
	}
	return v, nil
}

// versions lists the changes of one document, the newest first.
func versions(ctx context.Context, q store.Querier, org string, key Key, language string, page store.Page) (out []Version, next string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.Add("document_key = ?", key)
	w.Add("language = ?", language)
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		number, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil {
			return nil, "", errNoVersion.Because(err)
		}
		w.Add("number < ?", number)
	}
	rows, err := q.QueryContext(ctx, `select`+columns+`from document_version`+w.SQL()+` order by number desc limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list the versions of the document %s of %s: %w", key, org, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list the versions of the document %s of %s: %w", key, org, err)
		}
		if len(out) == page.Limit {
			return out, store.Cursor(strconv.FormatInt(out[len(out)-1].Number, 10)), rows.Err()
		}
		out = append(out, v)
	}
	return out, "", rows.Err()
}

// insert adds a version if nobody else has added one with its number.
func insert(ctx context.Context, tx *store.Tx, org string, v Version) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into document_version (org_id, document_key, language, number, title, body, action, restored_from, by_id, by_name, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
		org, v.Key, v.Language, v.Number, v.Title, v.Body, v.Action, v.From, v.ByID, v.ByName, store.Time(v.At)))
	if err != nil {
		return fmt.Errorf("keep the document %s of %s: %w", v.Key, org, err)
	}
	if !ok {
		return errStale
	}
	return nil
}

// detailsOf returns what an organization has entered for its documents, the zero Details if nothing.
func detailsOf(ctx context.Context, q store.Querier, org string) (d Details, err error) {
	var published store.JSON[[]Key]
	err = q.QueryRowContext(ctx, `
		select phone, website, verification_number, verification_email, published, updated_at, version from document_setting where org_id = $1`, org).
		Scan(&d.Phone, &d.Website, &d.VerificationNumber, &d.VerificationEmail, &published, (*store.Time)(&d.UpdatedAt), &d.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return Details{}, nil
	}
	if err != nil {
		return d, fmt.Errorf("read the settings of the documents of %s: %w", org, err)
	}
	d.Published = published.V
	return d, nil
}

// putDetails keeps details if they still have the version before this one.
func putDetails(ctx context.Context, tx *store.Tx, org string, d Details) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into document_setting (org_id, phone, website, verification_number, verification_email, published, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (org_id) do update set phone = excluded.phone, website = excluded.website, verification_number = excluded.verification_number,
			verification_email = excluded.verification_email, published = excluded.published, updated_at = excluded.updated_at, version = excluded.version
		where document_setting.version = excluded.version - 1`,
		org, d.Phone, d.Website, d.VerificationNumber, d.VerificationEmail, store.JSON[[]Key]{V: d.Published}, store.Time(d.UpdatedAt), d.Version))
	if err != nil {
		return fmt.Errorf("keep the settings of the documents of %s: %w", org, err)
	}
	if !ok {
		return errStale
	}
	return nil
}
