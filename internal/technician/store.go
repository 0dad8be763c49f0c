package technician

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const columns = `t.org_id, t.id, t.given_name, t.family_name, t.chosen_name, t.email, t.phone, t.other_phones, t.job_title, t.department,
	t.usernames, t.platform_role, t.owner, t.status, t.state, t.locale, t.time_zone, t.theme, not t.ui_access, t.mfa_required,
	t.allowed_networks, t.idle_minutes, t.session_hours, t.imported_from, t.source_id, t.avatar, t.sms_consent_at, t.sms_consent_version,
	t.last_active_at, t.created_at, t.updated_at, t.version`

// row is a technician with the columns that need a type of ours.
type row struct {
	Technician
	usernames, networks store.JSON[[]string]
	phones              store.JSON[[]Phone]
}

func (r *row) fields(more ...any) []any {
	return append([]any{
		&r.OrgID, &r.ID, &r.GivenName, &r.FamilyName, &r.DisplayName, &r.Email, &r.Phone, &r.phones, &r.JobTitle, &r.Department,
		&r.usernames, &r.PlatformRole, &r.Owner, &r.Status, &r.State, &r.Locale, &r.TimeZone, &r.Theme, &r.UIClosed, &r.MFARequired,
		&r.networks, &r.IdleMinutes, &r.SessionHours, &r.ImportedFrom, &r.SourceID, &r.Avatar, (*store.Time)(&r.SMSConsent.At),
		&r.SMSConsent.TextVersion, (*store.Time)(&r.LastActiveAt), (*store.Time)(&r.CreatedAt), (*store.Time)(&r.UpdatedAt), &r.Version,
	}, more...)
}

func (r *row) technician() Technician {
	r.Usernames, r.AllowedNetworks, r.OtherPhones = r.usernames.V, r.networks.V, r.phones.V
	return r.Technician
}

// ByID finds one technician.
func ByID(ctx context.Context, q store.Querier, org, id string) (Technician, error) {
	var r row
	err := q.QueryRowContext(ctx, `select `+columns+` from technician t where t.org_id = $1 and t.id = $2`, org, id).Scan(r.fields()...)
	return one(ctx, q, r, err)
}

// byKeys finds the technicians whose column holds one of the keys.
func byKeys(ctx context.Context, q store.Querier, org, column string, keys []string) ([]Technician, error) {
	w := &store.Where{}
	w.Add("t.org_id = ?", org)
	w.In(column, keys)
	found, err := query(ctx, q, `select `+columns+` from technician t`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	return found, addAccess(ctx, q, found)
}

// ByEmail finds the technician with an email, however it is written: in the organization with this short name, or, without one, the
// oldest anywhere.
func ByEmail(ctx context.Context, q store.Querier, slug, email string) (Technician, error) {
	w := &store.Where{}
	w.Add("t.email_key = ?", input.FoldEmail(email))
	if slug != "" {
		w.Add("t.org_id in (select id from organization where slug = ?)", slug)
	}
	var r row
	err := q.QueryRowContext(ctx, `select `+columns+` from technician t`+w.SQL()+` order by t.created_at, t.id limit 1`, w.Args()...).Scan(r.fields()...)
	return one(ctx, q, r, err)
}

func one(ctx context.Context, q store.Querier, r row, err error) (Technician, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return Technician{}, ErrNotFound
	}
	if err != nil {
		return Technician{}, fmt.Errorf("find technician: %w", err)
	}
	found := []Technician{r.technician()}
	if err := addAccess(ctx, q, found); err != nil {
		return Technician{}, err
	}
	return found[0], nil
}

// Administrators are all who may do everything now, the oldest first.
func Administrators(ctx context.Context, q store.Querier, org string) ([]Technician, error) {
	return query(ctx, q, `
		select `+columns+` from technician t
		where t.org_id = $1 and (t.owner or t.platform_role = 'administrator') and t.status = 'active' and t.state = 'activated'
		order by t.created_at, t.id`, org)
}

// Deciders are the active people who may be asked to approve something: the owner, administrators and managers, administrators first.
func Deciders(ctx context.Context, q store.Querier, org string) ([]Technician, error) {
	return query(ctx, q, `
		select `+columns+` from technician t
		where t.org_id = $1 and (t.owner or t.platform_role in ('administrator', 'manager')) and t.status = 'active' and t.state = 'activated'
		order by t.owner desc, t.platform_role, t.created_at, t.id`, org)
}

func query(ctx context.Context, q store.Querier, text string, args ...any) (found []Technician, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list technicians: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, fmt.Errorf("list technicians: %w", err)
		}
		found = append(found, r.technician())
	}
	return found, rows.Err()
}

// ActiveAt are those who may be told things now and whose email or own phone is an address.
func ActiveAt(ctx context.Context, q store.Querier, org, address string) ([]Technician, error) {
	return query(ctx, q, `
		select `+columns+` from technician t
		where t.org_id = $1 and (t.email_key = $2 or t.phone = $3) and t.status = 'active' and t.state = 'activated'
		order by t.created_at, t.id`, org, input.FoldEmail(address), address)
}

// Touch notes that a technician acted; within a minute of the last time it does nothing.
func Touch(ctx context.Context, tx *store.Tx, org, id string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update technician set last_active_at = $1 where org_id = $2 and id = $3 and (last_active_at is null or last_active_at < $4)`,
		store.Time(now), org, id, store.Time(now.Add(-time.Minute)))
	if err != nil {
		return fmt.Errorf("note that technician %s acted: %w", id, err)
	}
	return nil
}

// Lock returns a technician whom nobody else changes before the transaction ends.
func Lock(ctx context.Context, tx *store.Tx, org, id string) (Technician, error) {
	if _, err := tx.ExecContext(ctx, `update technician set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Technician{}, fmt.Errorf("lock technician %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

// lockAdministrators makes those wait who want to take another administrator away.
func lockAdministrators(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `
		insert into technician_lock (org_id, taken) values ($1, 1)
		on conflict (org_id) do update set taken = technician_lock.taken + 1`, org)
	if err != nil {
		return fmt.Errorf("lock the administrators: %w", err)
	}
	return nil
}

func countAdministrators(ctx context.Context, q store.Querier, org string) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		select count(*) from technician
		where org_id = $1 and (owner or platform_role = 'administrator') and status = 'active' and state = 'activated'`, org).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count administrators: %w", err)
	}
	return n, nil
}

func list(ctx context.Context, q store.Querier, org string, want Query) (found []Technician, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":           {Expression: "t.sort_name", Tie: "t.id"},
		"email":          {Expression: "t.email_key", Tie: "t.id"},
		"role":           {Expression: "t.platform_role", Tie: "t.id"},
		"status":         {Expression: "t.status", Tie: "t.id"},
		"created_at":     {Expression: "t.created_at", Tie: "t.id", Number: true},
		"last_active_at": {Expression: "coalesce(t.last_active_at, 0)", Tie: "t.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := filters(org, want)
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	text := `select ` + columns + `, ` + order.Column() + ` from technician t` + w.SQL() + order.SQL() + ` limit ` + w.Arg(want.Limit+1)
	rows, err := q.QueryContext(ctx, text, w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list technicians: %w", err)
	}
	defer func() { _ = rows.Close() }()
	last := ""
	for rows.Next() {
		var r row
		var key any
		if err := rows.Scan(r.fields(&key)...); err != nil {
			return nil, "", fmt.Errorf("list technicians: %w", err)
		}
		if len(found) == want.Limit {
			next = last
			break
		}
		found, last = append(found, r.technician()), order.Cursor(key, r.ID)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list technicians: %w", err)
	}
	if err := rows.Close(); err != nil {
		return nil, "", fmt.Errorf("list technicians: %w", err)
	}
	return found, next, addAccess(ctx, q, found)
}

// IDs are all technicians that the filters of a list match, in the order of their names, up to limit of them and one more.
func IDs(ctx context.Context, q store.Querier, org string, want Query, limit int) (ids []string, err error) {
	w := filters(org, want)
	rows, err := q.QueryContext(ctx, `select t.id from technician t`+w.SQL()+` order by t.sort_name, t.id limit `+w.Arg(limit+1), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list technicians: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list technicians: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func filters(org string, want Query) *store.Where {
	w := &store.Where{}
	w.Add("t.org_id = ?", org)
	if want.Status != "" {
		w.Add("t.status = ?", string(want.Status))
	}
	if want.State != "" {
		w.Add("t.state = ?", string(want.State))
	}
	switch {
	case id.Valid(want.Role):
		w.Add("t.id in (select technician_id from platformrole_technician where org_id = ? and platformrole_id = ?)", org, want.Role)
	case want.Role != "":
		w.Add("t.platform_role = ?", want.Role)
	}
	if want.TeamID != "" {
		w.Add("t.id in (select technician_id from team_member where org_id = ? and team_id = ?)", org, want.TeamID)
	}
	if want.CustomerID != "" {
		w.Add(`t.id in (
			select technician_id from technician_customer where org_id = ? and customer_id = ?
			union all select m.technician_id from team_customer c cross join team_member m
			where c.org_id = ? and c.customer_id = ? and m.org_id = c.org_id and m.team_id = c.team_id)`, org, want.CustomerID, org, want.CustomerID)
	}
	switch want.Source {
	case "":
	case "none":
		w.Add("t.imported_from = ''")
	default:
		w.Add("t.imported_from = ?", want.Source)
	}
	if want.UIAccess != "" {
		w.Add("t.ui_access = ?", want.UIAccess == "true")
	}
	if want.MFA != "" {
		not := ""
		if want.MFA == "missing" {
			not = "not "
		}
		w.Add(not + `(exists (select 1 from factor_totp f where f.org_id = t.org_id and f.technician_id = t.id and f.enrolled_at is not null)
			or exists (select 1 from factor_passkey p where p.org_id = t.org_id and p.technician_id = t.id and p.changed_at is null))`)
	}
	w.Search("t.search_text", input.Search(want.Text))
	return w
}

// insert leaves the transaction usable if somebody has the email.
func insert(ctx context.Context, tx *store.Tx, t Technician) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title,
			usernames, platform_role, owner, status, state, locale, time_zone, theme, search_text, department, other_phones, ui_access,
			mfa_required, allowed_networks, idle_minutes, session_hours, imported_from, source_id, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
			$28, $29, $30, $31, $32)
		on conflict (org_id, email_key) do nothing`,
		t.OrgID, t.ID, t.GivenName, t.FamilyName, t.DisplayName, t.Name(), store.Fold(t.Name()), t.Email, input.FoldEmail(t.Email), t.Phone,
		t.JobTitle, store.JSON[[]string]{V: t.Usernames}, string(t.PlatformRole), t.Owner, string(t.Status), string(t.State), t.Locale,
		t.TimeZone, t.Theme, t.searchText(), t.Department, store.JSON[[]Phone]{V: t.OtherPhones}, t.UIAccess(), t.MFARequired,
		store.JSON[[]string]{V: t.AllowedNetworks}, t.IdleMinutes, t.SessionHours, t.ImportedFrom, t.SourceID, store.Time(t.CreatedAt),
		store.Time(t.UpdatedAt), t.Version))
	if err == nil && !ok {
		return errEmail
	}
	return err
}

// update leaves the transaction usable if somebody else has the email.
func update(ctx context.Context, tx *store.Tx, t Technician) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update technician set given_name = $1, family_name = $2, chosen_name = $3, display_name = $4, sort_name = $5, email = $6,
			email_key = $7, phone = $8, job_title = $9, usernames = $10, platform_role = $11, locale = $12, time_zone = $13, theme = $14,
			search_text = $15, department = $16, other_phones = $17, ui_access = $18, mfa_required = $19, allowed_networks = $20,
			idle_minutes = $21, session_hours = $22, imported_from = $23, source_id = $24, updated_at = $25, version = version + 1
		where org_id = $26 and id = $27 and version = $28
			and not exists (select 1 from technician o where o.org_id = $26 and o.email_key = $7 and o.id <> $27)`,
		t.GivenName, t.FamilyName, t.DisplayName, t.Name(), store.Fold(t.Name()), t.Email, input.FoldEmail(t.Email), t.Phone, t.JobTitle,
		store.JSON[[]string]{V: t.Usernames}, string(t.PlatformRole), t.Locale, t.TimeZone, t.Theme, t.searchText(), t.Department,
		store.JSON[[]Phone]{V: t.OtherPhones}, t.UIAccess(), t.MFARequired, store.JSON[[]string]{V: t.AllowedNetworks}, t.IdleMinutes,
		t.SessionHours, t.ImportedFrom, t.SourceID, store.Time(t.UpdatedAt), t.OrgID, t.ID, t.Version))
	switch {
	case store.IsConflict(err): // two at once wanted the same
		return errEmail
	case err != nil || ok:
		return err
	}
	now, err := ByID(ctx, tx, t.OrgID, t.ID)
	if err == nil && now.Version == t.Version {
		return errEmail
	}
	return cmp.Or(err, error(errStale))
}

func updateStatus(ctx context.Context, tx *store.Tx, t Technician, from Status) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update technician set status = $1, updated_at = $2, version = version + 1 where org_id = $3 and id = $4 and status = $5`,
		string(t.Status), store.Time(t.UpdatedAt), t.OrgID, t.ID, string(from)))
	if err == nil && !ok {
		return errStale
	}
	return err
}

func activate(ctx context.Context, tx *store.Tx, org, id string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update technician set state = 'activated', updated_at = $1, version = version + 1 where org_id = $2 and id = $3`, store.Time(now), org, id)
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from technician where org_id = $1 and id = $2`, org, id))
	switch {
	case store.IsConflict(err):
		return errInUse
	case err != nil:
		return fmt.Errorf("delete technician %s: %w", id, err)
	case !ok:
		return ErrNotFound
	}
	return nil
}
