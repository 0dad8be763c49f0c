package consent

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/store"
)

// put brings an address into the state of r; changed is false if it was in it before. Asking somebody changes only what was unknown.
func put(ctx context.Context, tx *store.Tx, r Record) (changed bool, err error) {
	if r.State == Sent {
		changed, err = store.Changed(tx.ExecContext(ctx, `
			insert into consent (org_id, address_key, state, source, at, asked_at, record_id) values ($1, $2, $3, $4, $5, $5, $6)
			on conflict (org_id, address_key) do nothing`, r.OrgID, r.Address, r.State, r.Source, store.Time(r.At), r.ID))
		if err != nil || changed {
			return changed, err
		}
		_, err = tx.ExecContext(ctx, `update consent set asked_at = $1 where org_id = $2 and address_key = $3`, store.Time(r.At), r.OrgID, r.Address)
		return false, err
	}
	// What the person says themself also replaces the same said by a technician, who then can no longer take it back.
	changed, err = store.Changed(tx.ExecContext(ctx, `
		insert into consent (org_id, address_key, state, source, at, record_id) values ($1, $2, $3, $4, $5, $6)
		on conflict (org_id, address_key) do update
		set state = excluded.state, source = excluded.source, at = excluded.at, record_id = excluded.record_id
		where consent.state <> excluded.state or consent.source not in ('word', 'form') and excluded.source in ('word', 'form')`,
		r.OrgID, r.Address, r.State, r.Source, store.Time(r.At), r.ID))
	if err != nil {
		return false, fmt.Errorf("store consent: %w", err)
	}
	return changed, nil
}

func insertRecord(ctx context.Context, tx *store.Tx, r Record) error {
	_, err := tx.ExecContext(ctx, `
		insert into consent_record (org_id, id, address_key, state, source, kind, way, contact_id, form_id, inbound_id, by_id, by_name, ip,
			text_version, language, note, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		r.OrgID, r.ID, r.Address, r.State, r.Source, r.Kind, r.Way, r.ContactID, r.FormID, r.InboundID, r.ByID, r.ByName, r.IP,
		r.TextVersion, r.Language, r.Note, store.Time(r.At))
	if err != nil {
		return fmt.Errorf("keep consent record %s: %w", r.ID, err)
	}
	return nil
}

func standings(ctx context.Context, q store.Querier, org string, keys []string) (map[string]Standing, error) {
	out := map[string]Standing{}
	for len(keys) > 0 { // in pieces that both databases take
		piece := keys[:min(len(keys), 500)]
		keys = keys[len(piece):]
		w := store.Where{}
		w.Add("org_id = ?", org)
		w.In("address_key", piece)
		rows, err := q.QueryContext(ctx, `select address_key, state, source, at, asked_at from consent`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, fmt.Errorf("look for consent: %w", err)
		}
		if err := scanStandings(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanStandings(rows *sql.Rows, out map[string]Standing) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		var st Standing
		if err := rows.Scan(&key, &st.State, &st.Source, (*store.Time)(&st.At), (*store.Time)(&st.AskedAt)); err != nil {
			return err
		}
		out[key] = st
	}
	return rows.Err()
}

const recordColumns = `org_id, id, address_key, state, source, kind, way, contact_id, form_id, inbound_id, by_id, by_name, ip,
	text_version, language, note, at`

// history lists the records of a contact and of their addresses, the newest first.
func history(ctx context.Context, q store.Querier, org, contactID string, keys []string, page store.Page) (out []Record, next string, err error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	mine := "(contact_id = " + w.Arg(contactID) + " or contact_id in (select id from contact_merged where org_id = $1 and into_id = " + w.Arg(contactID) + "))"
	places := []string{mine}
	for _, key := range keys {
		places = append(places, "address_key = "+w.Arg(key))
	}
	where := w.SQL() + " and (" + strings.Join(places, " or ") + ")"
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		where += " and id < " + w.Arg(parts[0])
	}
	rows, err := q.QueryContext(ctx, `select `+recordColumns+`, `+mine+` from consent_record`+where+` order by id desc limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list consent records of contact %s: %w", contactID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Record
		err := rows.Scan(&r.OrgID, &r.ID, &r.Address, &r.State, &r.Source, &r.Kind, &r.Way, &r.ContactID, &r.FormID, &r.InboundID, &r.ByID,
			&r.ByName, &r.IP, &r.TextVersion, &r.Language, &r.Note, (*store.Time)(&r.At), &r.Mine)
		if err != nil {
			return nil, "", fmt.Errorf("list consent records of contact %s: %w", contactID, err)
		}
		if len(out) == page.Limit {
			return out, store.Cursor(out[len(out)-1].ID), rows.Err()
		}
		out = append(out, r)
	}
	return out, "", rows.Err()
}

// The texts that were shown.

func putText(ctx context.Context, tx *store.Tx, org string, t Text) error {
	_, err := tx.ExecContext(ctx, `
		insert into consent_text (org_id, version, language, body, at) values ($1, $2, $3, $4, $5) on conflict (org_id, version) do nothing`,
		org, t.Version, t.Language, t.Body, store.Time(store.Now()))
	if err != nil {
		return fmt.Errorf("keep consent text %s: %w", t.Version, err)
	}
	return nil
}

func texts(ctx context.Context, q store.Querier, org string, versions []string) (map[string]Text, error) {
	w := store.Where{}
	w.Add("org_id = ?", org)
	w.In("version", versions)
	rows, err := q.QueryContext(ctx, `select version, language, body from consent_text`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("read consent texts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]Text{}
	for rows.Next() {
		var t Text
		if err := rows.Scan(&t.Version, &t.Language, &t.Body); err != nil {
			return nil, err
		}
		out[t.Version] = t
	}
	return out, rows.Err()
}

// Addresses that were erased.

func putErased(ctx context.Context, tx *store.Tx, org, mac string) error {
	_, err := tx.ExecContext(ctx, `insert into consent_erased (org_id, mac) values ($1, $2) on conflict (org_id, mac) do nothing`, org, mac)
	if err != nil {
		return fmt.Errorf("keep an erased opt-out: %w", err)
	}
	return nil
}

func dropErased(ctx context.Context, tx *store.Tx, org, mac string) (dropped bool, err error) {
	if dropped, err = store.Changed(tx.ExecContext(ctx, `delete from consent_erased where org_id = $1 and mac = $2`, org, mac)); err != nil {
		return false, fmt.Errorf("lift an erased opt-out: %w", err)
	}
	return dropped, nil
}

func erasedMACs(ctx context.Context, q store.Querier, org string, macs []string) (map[string]bool, error) {
	out := map[string]bool{}
	for len(macs) > 0 {
		piece := macs[:min(len(macs), 500)]
		macs = macs[len(piece):]
		w := store.Where{}
		w.Add("org_id = ?", org)
		w.In("mac", piece)
		rows, err := q.QueryContext(ctx, `select mac from consent_erased`+w.SQL(), w.Args()...)
		if err != nil {
			return nil, fmt.Errorf("look for erased opt-outs: %w", err)
		}
		if err := scanMACs(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanMACs(rows *sql.Rows, out map[string]bool) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var mac string
		if err := rows.Scan(&mac); err != nil {
			return err
		}
		out[mac] = true
	}
	return rows.Err()
}

// Settings.

func settingsOf(ctx context.Context, q store.Querier, org string) (set Settings, version int64, err error) {
	kept := store.JSON[Settings]{}
	err = q.QueryRowContext(ctx, `select settings, version from consent_settings where org_id = $1`, org).Scan(&kept, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return defaults(), 0, nil
	}
	if err != nil {
		return set, 0, fmt.Errorf("read consent settings: %w", err)
	}
	return kept.V, version, nil
}

func putSettings(ctx context.Context, tx *store.Tx, org string, set Settings, version int64) error {
	saved, err := store.Changed(tx.ExecContext(ctx, `
		insert into consent_settings (org_id, settings, version) values ($1, $2, 1)
		on conflict (org_id) do update set settings = excluded.settings, version = consent_settings.version + 1
		where consent_settings.version = $3`, org, store.JSON[Settings]{V: set}, version))
	if err != nil {
		return fmt.Errorf("save consent settings: %w", err)
	}
	if !saved {
		return errStale
	}
	return nil
}
