package ticket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// notesBefore are the newest notes of a ticket before a time; the zero time is the end.
func notesBefore(ctx context.Context, q store.Querier, org, ticketID string, before time.Time, limit int) (out []Happening, err error) {
	w := &store.Where{}
	w.Add("n.org_id = ?", org)
	w.Add("n.ticket_id = ?", ticketID)
	if !before.IsZero() {
		w.Add("n.created_at < ?", store.Time(before))
	}
	rows, err := q.QueryContext(ctx, `
		select n.id, n.body, n.visibility, n.author_type, n.author_id, n.author_name, n.created_at from ticket_note n`+
		w.SQL()+` order by n.created_at desc, n.id desc limit `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list notes of ticket %s: %w", ticketID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		n := &Note{}
		err := rows.Scan(&n.ID, &n.Body, &n.Visibility, &n.Author.Type, &n.Author.ID, &n.Author.Name, (*store.Time)(&n.CreatedAt))
		if err != nil {
			return nil, fmt.Errorf("list notes of ticket %s: %w", ticketID, err)
		}
		out = append(out, Happening{Kind: "note", At: n.CreatedAt, Author: n.Author, Note: n})
	}
	return out, rows.Err()
}

const templateColumns = `p.org_id, p.id, p.name, p.summary, p.description, p.priority, p.created_at, p.updated_at, p.version`

func (t *Template) fields(more ...any) []any {
	return append([]any{
		&t.OrgID, &t.ID, &t.Name, &t.Summary, &t.Description, &t.Priority, (*store.Time)(&t.CreatedAt), (*store.Time)(&t.UpdatedAt), &t.Version,
	}, more...)
}

func templateByID(ctx context.Context, q store.Querier, org, id string) (t Template, err error) {
	err = q.QueryRowContext(ctx, `select `+templateColumns+` from ticket_template p where p.org_id = $1 and p.id = $2`, org, id).Scan(t.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Template{}, errNoTemplate
	}
	if err != nil {
		return Template{}, fmt.Errorf("find template %s: %w", id, err)
	}
	return t, nil
}

func listTemplates(ctx context.Context, q store.Querier, org, text string, page store.Page) (found []Template, next string, err error) {
	order, err := store.ParseOrder("", "name", map[string]store.SortColumn{"name": {Expression: "p.name_key", Tie: "p.id"}})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("p.org_id = ?", org)
	w.Search("p.name_key", text)
	if err := order.After(w, page.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `
		select `+templateColumns+`, `+order.Column()+` from ticket_template p`+w.SQL()+order.SQL()+` limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list templates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Template
		var key any
		if err := rows.Scan(t.fields(&key)...); err != nil {
			return nil, "", fmt.Errorf("list templates: %w", err)
		}
		if len(found) == page.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, t), order.Cursor(key, t.ID)
	}
	return found, "", rows.Err()
}

func insertTemplate(ctx context.Context, tx *store.Tx, t Template) error {
	_, err := tx.ExecContext(ctx, `
		insert into ticket_template (org_id, id, name, name_key, summary, description, priority, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		t.OrgID, t.ID, t.Name, store.Fold(t.Name), t.Summary, t.Description, string(t.Priority), store.Time(t.CreatedAt), store.Time(t.UpdatedAt), t.Version)
	if store.IsConflict(err) {
		return errNameTaken
	}
	if err != nil {
		return fmt.Errorf("create template %s: %w", t.ID, err)
	}
	return nil
}

func updateTemplate(ctx context.Context, tx *store.Tx, t Template) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update ticket_template set name = $1, name_key = $2, summary = $3, description = $4, priority = $5, updated_at = $6, version = version + 1
		where org_id = $7 and id = $8 and version = $9`,
		t.Name, store.Fold(t.Name), t.Summary, t.Description, string(t.Priority), store.Time(t.UpdatedAt), t.OrgID, t.ID, t.Version))
	switch {
	case store.IsConflict(err):
		return errNameTaken
	case err != nil:
		return fmt.Errorf("change template %s: %w", t.ID, err)
	case !ok:
		return errStale
	}
	return nil
}

func removeTemplate(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from ticket_template where org_id = $1 and id = $2`, org, id))
	if err == nil && !ok {
		return errNoTemplate
	}
	return err
}
