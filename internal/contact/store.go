package contact

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const (
	columns = `c.org_id, c.id, c.customer_id, u.name, c.name, c.job_title, c.emails, c.phones, c.language, c.vip, c.approver, c.notes,
		c.department, c.custom_fields, c.source, c.source_id, c.created_at, c.updated_at, c.version`
	from = ` from contact c join customer u on u.org_id = c.org_id and u.id = c.customer_id`
)

// row is a contact with the columns that need a type of ours.
type row struct {
	Contact
	emails store.JSON[[]string]
	phones store.JSON[[]Phone]
	custom store.JSON[map[string]string]
}

func (r *row) fields(more ...any) []any {
	return append([]any{
		&r.OrgID, &r.ID, &r.CustomerID, &r.CustomerName, &r.Name, &r.JobTitle, &r.emails, &r.phones, &r.Language, &r.VIP, &r.Approver,
		&r.Notes, &r.Department, &r.custom, &r.Source, &r.SourceID, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt), &r.Version,
	}, more...)
}

func (r *row) contact() Contact {
	r.Emails, r.Phones, r.Custom = r.emails.V, r.phones.V, r.custom.V
	return r.Contact
}

// ByID finds one contact.
func ByID(ctx context.Context, q store.Querier, org, id string) (Contact, error) {
	var r row
	err := q.QueryRowContext(ctx, `select `+columns+from+` where c.org_id = $1 and c.id = $2`, org, id).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Contact{}, ErrNotFound
	}
	if err != nil {
		return Contact{}, fmt.Errorf("find contact %s: %w", id, err)
	}
	return r.contact(), nil
}

// ByPhone finds all contacts with a number in E.164, the oldest first.
func ByPhone(ctx context.Context, q store.Querier, org, number string) ([]Contact, error) {
	return byAddress(ctx, q, `
		select `+columns+from+` join contact_phone a on a.org_id = c.org_id and a.contact_id = c.id
		where a.org_id = $1 and a.number = $2 order by c.created_at, c.id`, org, number)
}

// ByEmail finds all contacts with an email, however it is written, the oldest first.
func ByEmail(ctx context.Context, q store.Querier, org, email string) ([]Contact, error) {
	return byAddress(ctx, q, `
		select `+columns+from+` join contact_email a on a.org_id = c.org_id and a.contact_id = c.id
		where a.org_id = $1 and a.email_key = $2 order by c.created_at, c.id`, org, input.FoldEmail(email))
}

func byAddress(ctx context.Context, q store.Querier, query, org, address string) (found []Contact, err error) {
	rows, err := q.QueryContext(ctx, query, org, address)
	if err != nil {
		return nil, fmt.Errorf("find contacts by address: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, fmt.Errorf("find contacts by address: %w", err)
		}
		found = append(found, r.contact())
	}
	return found, rows.Err()
}

// Age says how a contact came by an address.
type Age struct {
	Since    time.Time
	AddedBy  string // who entered it, here or at a contact that was merged
	MergedBy string // who merged that contact; "" if nobody did
	Initial  bool   // the contact came with it (D-34)
}

// AddressAge says since when a contact has an address, and by whom.
func AddressAge(ctx context.Context, q store.Querier, org, contactID, address string) (a Age, err error) {
	query, key := `
		select created_at, added_by, merged_by, initial from contact_phone where org_id = $1 and contact_id = $2 and number = $3`, address
	if strings.Contains(address, "@") {
		query, key = `
			select created_at, added_by, merged_by, initial from contact_email where org_id = $1 and contact_id = $2 and email_key = $3`, input.FoldEmail(address)
	}
	err = q.QueryRowContext(ctx, query, org, contactID, key).Scan((*store.Time)(&a.Since), &a.AddedBy, &a.MergedBy, &a.Initial)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrNotFound
	}
	return a, err
}

// lock returns a contact that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Contact, error) {
	if _, err := tx.ExecContext(ctx, `update contact set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Contact{}, fmt.Errorf("lock contact %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

// customerName is the name of the customer that c belongs to, if the scope holds it.
func customerName(ctx context.Context, q store.Querier, scope access.Scope, c Contact) (name string, err error) {
	if !scope.Uses(c.CustomerID) {
		return "", errCustomer
	}
	err = q.QueryRowContext(ctx, `select name from customer where org_id = $1 and id = $2`, c.OrgID, c.CustomerID).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errCustomer
	}
	return name, err
}

func list(ctx context.Context, q store.Querier, org string, scope access.Scope, want Query) (found []Contact, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "c.sort_name", Tie: "c.id"},
		"created_at": {Expression: "c.created_at", Tie: "c.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("c.org_id = ?", org)
	scope.Where(w, "c.customer_id")
	if want.CustomerID != "" {
		w.Add("c.customer_id = ?", want.CustomerID)
	}
	byConsent(w, org, want.Consent)
	search(w, org, want.Text)
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	query := `select ` + columns + `, ` + order.Column() + from + w.SQL() + order.SQL() + ` limit ` + w.Arg(want.Limit+1)
	rows, err := q.QueryContext(ctx, query, w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list contacts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		var key any
		if err := rows.Scan(r.fields(&key)...); err != nil {
			return nil, "", fmt.Errorf("list contacts: %w", err)
		}
		if len(found) == want.Limit {
			return found, next, rows.Err()
		}
		found, next = append(found, r.contact()), order.Cursor(key, r.ID)
	}
	return found, "", rows.Err()
}

// byConsent keeps those with a number about which a person said something; "unknown", those with numbers of which nothing is known.
func byConsent(w *store.Where, org, state string) {
	const said = `select a.contact_id from contact_phone a join consent s on s.org_id = a.org_id and s.address_key = a.number where a.org_id = ?`
	switch state {
	case "":
	case "unknown":
		w.Add(`c.id not in (`+said+`) and c.id in (select contact_id from contact_phone where org_id = ?)`, org, org)
	default:
		w.Add(`c.id in (`+said+` and s.state = ?)`, org, state)
	}
}

// search adds, for each word, that the contact or the name of its customer holds it.
func search(w *store.Where, org, text string) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for word := range strings.FieldsSeq(store.Fold(input.Search(text))) {
		pattern := "%" + escape.Replace(word) + "%"
		w.Add(`(c.search_text like ? escape '\' or c.customer_id in (
			select id from customer where org_id = ? and sort_name like ? escape '\'))`, pattern, org, pattern)
	}
}

func insert(ctx context.Context, tx *store.Tx, c Contact) error {
	_, err := tx.ExecContext(ctx, `
		insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text,
			department, custom_fields, source, source_id, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		c.OrgID, c.ID, c.CustomerID, c.Name, store.Fold(c.Name), c.JobTitle, store.JSON[[]string]{V: c.Emails}, store.JSON[[]Phone]{V: c.Phones},
		c.Language, c.VIP, c.Approver, c.Notes, c.searchText(), c.Department, store.JSON[map[string]string]{V: c.Custom}, c.Source, c.SourceID,
		store.Time(c.CreatedAt), store.Time(c.UpdatedAt), c.Version)
	return err
}

func update(ctx context.Context, tx *store.Tx, c Contact) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update contact set customer_id = $1, name = $2, sort_name = $3, job_title = $4, emails = $5, phones = $6, language = $7, vip = $8,
			approver = $9, notes = $10, search_text = $11, department = $12, custom_fields = $13, source = $14, source_id = $15,
			updated_at = $16, version = version + 1
		where org_id = $17 and id = $18 and version = $19`,
		c.CustomerID, c.Name, store.Fold(c.Name), c.JobTitle, store.JSON[[]string]{V: c.Emails}, store.JSON[[]Phone]{V: c.Phones}, c.Language,
		c.VIP, c.Approver, c.Notes, c.searchText(), c.Department, store.JSON[map[string]string]{V: c.Custom}, c.Source, c.SourceID,
		store.Time(c.UpdatedAt), c.OrgID, c.ID, c.Version))
	switch {
	case store.IsConflict(err):
		return errMove
	case err == nil && !ok:
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from contact where org_id = $1 and id = $2`, org, id))
	switch {
	case store.IsConflict(err):
		return errInUse
	case err != nil:
		return fmt.Errorf("delete contact %s: %w", id, err)
	case !ok:
		return ErrNotFound
	}
	return nil
}

func saveNumbers(ctx context.Context, tx *store.Tx, c Contact, gained, lost []string, initial bool) error {
	by, now := access.ActorFrom(ctx).ID, store.Time(c.UpdatedAt)
	for _, n := range lost {
		if _, err := tx.ExecContext(ctx, `delete from contact_phone where org_id = $1 and contact_id = $2 and number = $3`, c.OrgID, c.ID, n); err != nil {
			return err
		}
	}
	for _, n := range gained {
		_, err := tx.ExecContext(ctx, `
			insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial) values ($1, $2, $3, $4, $5, $6)`,
			c.OrgID, c.ID, n, now, by, initial)
		if err != nil {
			return err
		}
	}
	return nil
}

func saveEmails(ctx context.Context, tx *store.Tx, c Contact, gained, lost []string, initial bool) error {
	by, now := access.ActorFrom(ctx).ID, store.Time(c.UpdatedAt)
	for _, e := range lost {
		if _, err := tx.ExecContext(ctx, `delete from contact_email where org_id = $1 and contact_id = $2 and email_key = $3`, c.OrgID, c.ID, e); err != nil {
			return err
		}
	}
	for _, e := range gained {
		_, err := tx.ExecContext(ctx, `
			insert into contact_email (org_id, contact_id, email_key, created_at, added_by, initial) values ($1, $2, $3, $4, $5, $6)`,
			c.OrgID, c.ID, e, now, by, initial)
		if err != nil {
			return err
		}
	}
	return nil
}
