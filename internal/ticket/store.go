package ticket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/store"
)

// firstNumber is what an organization's first ticket is called.
const firstNumber = 1001

const (
	columns = `t.org_id, t.id, t.number, t.customer_id, u.name, coalesce(t.contact_id, ''), coalesce(c.name, t.contact_name), t.summary,
		t.description, t.status, t.creator_type, t.created_by, t.creator_name,
		(select count(*) from ticket_note n where n.org_id = t.org_id and n.ticket_id = t.id),
		t.priority, coalesce(h.id, ''), coalesce(h.display_name, ''), coalesce(h.status = 'active' and h.state = 'activated', false), t.source,
		t.closed_at, t.created_at, t.updated_at, t.version`
	from = ` from ticket t join customer u on u.org_id = t.org_id and u.id = t.customer_id
		left join contact c on c.org_id = t.org_id and c.id = t.contact_id
		left join technician h on h.org_id = t.org_id and h.id = t.assigned_to`
)

func (t *Ticket) fields(more ...any) []any {
	return append([]any{
		&t.OrgID, &t.ID, &t.Number, &t.CustomerID, &t.CustomerName, &t.ContactID, &t.ContactName, &t.Summary,
		&t.Description, &t.Status, &t.CreatedBy.Type, &t.CreatedBy.ID, &t.CreatedBy.Name,
		&t.NoteCount, &t.Priority, &t.AssignedTo.ID, &t.AssignedTo.Name, &t.AssignedTo.Active, &t.Source, (*store.Time)(&t.ClosedAt), (*store.Time)(&t.CreatedAt), (*store.Time)(&t.UpdatedAt), &t.Version,
	}, more...)
}

// ByID finds one ticket.
func ByID(ctx context.Context, q store.Querier, org, id string) (t Ticket, err error) {
	err = q.QueryRowContext(ctx, `select `+columns+from+` where t.org_id = $1 and t.id = $2`, org, id).Scan(t.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Ticket{}, ErrNotFound
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("find ticket %s: %w", id, err)
	}
	return t, nil
}

// ByNumber finds one ticket by what people call it.
func ByNumber(ctx context.Context, q store.Querier, org string, number int64) (t Ticket, err error) {
	err = q.QueryRowContext(ctx, `select `+columns+from+` where t.org_id = $1 and t.number = $2`, org, number).Scan(t.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Ticket{}, ErrNotFound
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("find ticket #%d: %w", number, err)
	}
	return t, nil
}

// lock returns a ticket that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Ticket, error) {
	if _, err := tx.ExecContext(ctx, `update ticket set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Ticket{}, fmt.Errorf("lock ticket %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

func customerName(ctx context.Context, q store.Querier, org, id string) (name string, err error) {
	err = q.QueryRowContext(ctx, `select name from customer where org_id = $1 and id = $2`, org, id).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errCustomer
	}
	return name, err
}

func list(ctx context.Context, q store.Querier, org string, scope access.Scope, want Query) (found []Ticket, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "-created_at", map[string]store.SortColumn{
		"created_at": {Expression: "t.created_at", Tie: "t.id", Number: true},
		"updated_at": {Expression: "t.updated_at", Tie: "t.id", Number: true},
		"number":     {Expression: "t.number", Tie: "t.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("t.org_id = ?", org)
	scope.Where(w, "t.customer_id")
	if want.CustomerID != "" {
		w.Add("t.customer_id = ?", want.CustomerID)
	}
	if want.ContactID != "" {
		w.Add("t.contact_id = ?", want.ContactID)
	}
	switch want.Status {
	case "":
	case Unclosed:
		w.Add("t.status <> ?", string(Closed))
	default:
		w.Add("t.status = ?", string(want.Status))
	}
	if want.Priority != "" {
		w.Add("t.priority = ?", string(want.Priority))
	}
	switch want.AssignedTo {
	case "":
	case Nobody:
		w.Add("h.id is null")
	default:
		w.Add("t.assigned_to = ?", want.AssignedTo)
	}
	search(w, org, want.Text)
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	query := `select ` + columns + `, ` + order.Column() + from + w.SQL() + order.SQL() + ` limit ` + w.Arg(want.Limit+1)
	rows, err := q.QueryContext(ctx, query, w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list tickets: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Ticket
		var key any
		if err := rows.Scan(t.fields(&key)...); err != nil {
			return nil, "", fmt.Errorf("list tickets: %w", err)
		}
		if len(found) == want.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, t), order.Cursor(key, t.ID)
	}
	return found, "", rows.Err()
}

// search adds, for each word, that the ticket, or the name of its customer or contact, holds it.
func search(w *store.Where, org, text string) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for word := range strings.FieldsSeq(store.Fold(text)) {
		pattern := "%" + escape.Replace(word) + "%"
		w.Add(`(t.search_text like ? escape '\'
			or t.customer_id in (select id from customer where org_id = ? and sort_name like ? escape '\')
			or t.contact_id in (select id from contact where org_id = ? and sort_name like ? escape '\'))`,
			pattern, org, pattern, org, pattern)
	}
}

// nextNumber counts up in the transaction, so that a number is used once and none is left out but by a ticket that was deleted.
func nextNumber(ctx context.Context, tx *store.Tx, org string) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into ticket_counter (org_id, last_number) values ($1, $2)
		on conflict (org_id) do update set last_number = ticket_counter.last_number + 1
		returning last_number`, org, firstNumber).Scan(&n)
	return n, err
}

// searchText begins with the number as people write it.
func searchText(t Ticket) string {
	return store.Fold(fmt.Sprintf("#%d %s %s", t.Number, t.Summary, t.Description))
}

func insert(ctx context.Context, tx *store.Tx, t Ticket) error {
	_, err := tx.ExecContext(ctx, `
		insert into ticket (org_id, id, number, customer_id, contact_id, contact_name, summary, description, status,
			priority, creator_type, created_by, creator_name, closed_at, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $4, nullif($5, ''), '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		t.OrgID, t.ID, t.Number, t.CustomerID, t.ContactID, t.Summary, t.Description, string(t.Status), string(t.Priority),
		t.CreatedBy.Type, t.CreatedBy.ID, t.CreatedBy.Name, store.Time(t.ClosedAt), searchText(t),
		store.Time(t.CreatedAt), store.Time(t.UpdatedAt), t.Version)
	if store.IsConflict(err) {
		return errContact // deleted or moved a moment ago
	}
	return err
}

func update(ctx context.Context, tx *store.Tx, t Ticket) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update ticket set customer_id = $1, contact_id = nullif($2, ''), summary = $3, description = $4, status = $5, closed_at = $6,
			search_text = $7, priority = $8, assigned_to = $9, updated_at = $10, version = version + 1
		where org_id = $11 and id = $12 and version = $13`,
		t.CustomerID, t.ContactID, t.Summary, t.Description, string(t.Status), store.Time(t.ClosedAt),
		searchText(t), string(t.Priority), t.AssignedTo.ID, store.Time(t.UpdatedAt), t.OrgID, t.ID, t.Version))
	switch {
	case store.IsConflict(err):
		return errContact
	case err == nil && !ok:
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from ticket where org_id = $1 and id = $2`, org, id))
	switch {
	case store.IsConflict(err):
		return errInUse
	case err != nil:
		return fmt.Errorf("delete ticket %s: %w", id, err)
	case !ok:
		return ErrNotFound
	}
	return nil
}

// detach takes a contact out of its tickets, which keep the name, and returns how many they were.
func detach(ctx context.Context, tx *store.Tx, c contact.Contact) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		update ticket set contact_id = null, contact_name = $1, former_contact_id = $3, version = version + 1
		where org_id = $2 and contact_id = $3`, c.Name, c.OrgID, c.ID)
	if err != nil {
		return 0, fmt.Errorf("detach contact %s from its tickets: %w", c.ID, err)
	}
	return res.RowsAffected()
}

// moveContact gives the tickets of a contact to another and returns how many they were.
func moveContact(ctx context.Context, tx *store.Tx, from contact.Contact, intoID string) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		update ticket set contact_id = $1, version = version + 1 where org_id = $2 and contact_id = $3`, intoID, from.OrgID, from.ID)
	if err != nil {
		return 0, fmt.Errorf("move the tickets of contact %s: %w", from.ID, err)
	}
	return res.RowsAffected()
}

// touch marks a ticket as changed and returns its customer.
func touch(ctx context.Context, tx *store.Tx, org, id string, now time.Time) (customerID string, err error) {
	err = tx.QueryRowContext(ctx, `
		update ticket set updated_at = $1 where org_id = $2 and id = $3 returning customer_id`, store.Time(now), org, id).Scan(&customerID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return customerID, err
}

func insertNote(ctx context.Context, tx *store.Tx, org, ticketID string, n Note) error {
	_, err := tx.ExecContext(ctx, `
		insert into ticket_note (org_id, id, ticket_id, body, visibility, author_type, author_id, author_name, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		org, n.ID, ticketID, n.Body, string(n.Visibility), n.Author.Type, n.Author.ID, n.Author.Name, store.Time(n.CreatedAt))
	return err
}

func notes(ctx context.Context, q store.Querier, org, ticketID string, page store.Page) (found []Note, next string, err error) {
	order, err := store.ParseOrder("", "created_at", map[string]store.SortColumn{
		"created_at": {Expression: "n.created_at", Tie: "n.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("n.org_id = ?", org)
	w.Add("n.ticket_id = ?", ticketID)
	if err := order.After(w, page.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `
		select n.id, n.body, n.visibility, n.author_type, n.author_id, n.author_name, n.created_at from ticket_note n`+
		w.SQL()+order.SQL()+` limit `+w.Arg(page.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list notes of ticket %s: %w", ticketID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n Note
		err := rows.Scan(&n.ID, &n.Body, &n.Visibility, &n.Author.Type, &n.Author.ID, &n.Author.Name, (*store.Time)(&n.CreatedAt))
		if err != nil {
			return nil, "", fmt.Errorf("list notes of ticket %s: %w", ticketID, err)
		}
		if len(found) == page.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, n), order.Cursor(n.CreatedAt.UnixMicro(), n.ID)
	}
	return found, "", rows.Err()
}
