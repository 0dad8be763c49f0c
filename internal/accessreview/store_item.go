package accessreview

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/store"
)

const (
	itemColumns = `i.review_id, i.grant_id, i.subject_type, i.subject_id, i.subject_name, i.place, i.role_id, i.role_name, i.role_version, i.purpose, i.scope_type,
		i.scope_id, i.scope_name, i.customer_id, i.not_before, i.expires_at, i.granted_by, i.granted_name, i.granted_at, i.use_known, i.used_at, i.answer,
		i.automatic, i.reason, i.comment, i.answered_by, i.answered_name, i.answered_at, i.after_answer, i.version`
	customerNow = `coalesce(g.customer_id, dg.customer_id, d.customer_id, '')`
	changeNow   = `case when g.id is null then 'gone' when r.version <> i.role_version or ` + customerNow + ` <> i.customer_id then 'changed' else 'same' end`
	itemFrom    = ` from accessreview_item i
		left join grant_role g on g.org_id = i.org_id and g.id = i.grant_id
		left join role r on r.org_id = g.org_id and r.id = g.role_id
		left join device_group dg on dg.org_id = g.org_id and dg.id = g.group_id
		left join device d on d.org_id = g.org_id and d.id = g.device_id`
)

func (i *Item) scan(scan func(...any) error) error {
	err := scan(
		&i.ReviewID, &i.GrantID, &i.Subject.Type, &i.Subject.ID, &i.Subject.Name, &i.place, &i.Role.ID, &i.Role.Name, &i.roleVersion, &i.Purpose, &i.Scope.Type,
		&i.Scope.ID, &i.Scope.Name, &i.Scope.CustomerID, (*store.Time)(&i.NotBefore), (*store.Time)(&i.ExpiresAt), &i.GrantedBy.ID, &i.GrantedBy.Name,
		(*store.Time)(&i.GrantedAt), &i.UseKnown, (*store.Time)(&i.UsedAt), &i.Answer, &i.Automatic, &i.Reason, &i.Comment, &i.AnsweredBy.ID,
		&i.AnsweredBy.Name, (*store.Time)(&i.AnsweredAt), &i.After, &i.version, &i.Change, &i.now.roleVersion, &i.now.customerID, &i.Own, &i.MayAnswer, &i.Nobody)
	if i.After != "" {
		i.Change = i.After
	}
	return err
}

func items(ctx context.Context, q store.Querier, v reader, w *store.Where, tail string) (found []Item, err error) {
	rows, err := q.QueryContext(ctx, `select `+itemColumns+`, `+changeNow+`, coalesce(r.version, 0), `+customerNow+`, `+v.owns(w)+`, `+v.may(w)+`,
		(`+nobody+` and not `+leading("")+`)`+itemFrom+w.SQL()+tail, w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the grants of a review: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var i Item
		if err := i.scan(rows.Scan); err != nil {
			return nil, fmt.Errorf("list the grants of a review: %w", err)
		}
		found = append(found, i)
	}
	return found, rows.Err()
}

// itemIn finds one item that the reader may see.
func itemIn(ctx context.Context, q store.Querier, org string, v reader, reviewID, grantID string) (Item, error) {
	w := &store.Where{}
	w.Add("i.org_id = ?", org)
	w.Add("i.review_id = ?", reviewID)
	w.Add("i.grant_id = ?", grantID)
	found, err := items(ctx, q, v, w, "")
	if err != nil {
		return Item{}, err
	}
	if len(found) == 0 {
		return Item{}, errItem
	}
	return found[0], nil
}

func listItems(ctx context.Context, q store.Querier, org string, v reader, reviewID string, want ItemQuery) (found []Item, next string, err error) {
	order, err := store.ParseOrder("", "place", map[string]store.SortColumn{"place": {Expression: "i.place", Tie: "i.grant_id"}})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("i.org_id = ?", org)
	w.Add("i.review_id = ?", reviewID)
	if want.SubjectID != "" {
		w.Add("i.subject_id = ?", want.SubjectID)
	}
	w.Search("i.place", want.Text)
	extra := ""
	if !v.all {
		extra += ` and ` + v.leads(w)
	}
	if want.Mine {
		extra += ` and ` + v.mine(w)
	}
	switch want.Answer {
	case AnyAnswer:
	case OpenAnswer:
		extra += ` and i.answer = '' and g.id is not null`
	case NobodyAnswer:
		extra += ` and i.answer = '' and g.id is not null and ` + nobody + ` and not ` + leading("")
	case AnswerFilter(Gone):
		extra += ` and (i.answer = 'gone' or i.answer = '' and g.id is null)`
	default:
		extra += ` and i.answer = ` + w.Arg(string(want.Answer))
	}
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	found, err = items(ctx, q, v, w, extra+order.SQL()+` limit `+strconv.Itoa(want.Limit+1))
	if err != nil || len(found) <= want.Limit {
		return found, "", err
	}
	found = found[:want.Limit]
	last := found[want.Limit-1]
	return found, order.Cursor(last.place, last.GrantID), nil
}

// all are the items of a review in their order, for its report.
func all(ctx context.Context, q store.Querier, org, reviewID string) ([]Item, error) {
	w := &store.Where{}
	w.Add("i.org_id = ?", org)
	w.Add("i.review_id = ?", reviewID)
	return items(ctx, q, reader{}, w, ` order by i.place, i.grant_id`)
}

// answered writes an answer, or takes one back.
func answered(ctx context.Context, tx *store.Tx, org string, i Item) error {
	_, err := tx.ExecContext(ctx, `
		update accessreview_item set answer = $1, automatic = $2, reason = $3, comment = $4, answered_by = $5, answered_name = $6, answered_at = $7, version = version + 1
		where org_id = $8 and review_id = $9 and grant_id = $10`,
		i.Answer, i.Automatic, i.Reason, i.Comment, i.AnsweredBy.ID, i.AnsweredBy.Name, store.Time(i.AnsweredAt), org, i.ReviewID, i.GrantID)
	if err != nil {
		return fmt.Errorf("answer for grant %s: %w", i.GrantID, err)
	}
	return nil
}

// open are some items of a review that nobody has answered.
func open(ctx context.Context, q store.Querier, r Review, limit int) ([]Item, error) {
	w := &store.Where{}
	w.Add("i.org_id = ?", r.OrgID)
	w.Add("i.review_id = ?", r.ID)
	w.Add("i.answer = ''")
	return items(ctx, q, reader{}, w, ` order by i.role_id, i.grant_id limit `+strconv.Itoa(limit))
}

// settle notes at the end what has gone otherwise, keeps what nobody answered, and says of each grant what became of it since the review began.
func settle(ctx context.Context, tx *store.Tx, r Review, now time.Time) error {
	for _, statement := range []string{
		`update accessreview_item set answer = 'gone', automatic = true, answered_at = $3, version = version + 1
			where org_id = $1 and review_id = $2 and answer = ''
				and not exists (select 1 from grant_role g where g.org_id = accessreview_item.org_id and g.id = accessreview_item.grant_id)`,
		`update accessreview_item set answer = 'kept', automatic = true, answered_at = $3, version = version + 1
			where org_id = $1 and review_id = $2 and answer = ''`,
	} {
		if _, err := tx.ExecContext(ctx, statement, r.OrgID, r.ID, store.Time(now)); err != nil {
			return fmt.Errorf("settle review %s: %w", r.ID, err)
		}
	}
	w := &store.Where{}
	w.Add("i.org_id = ?", r.OrgID)
	w.Add("i.review_id = ?", r.ID)
	w.Add("i.answer in ('confirmed', 'kept')")
	kept, err := items(ctx, tx, reader{}, w, "")
	if err != nil {
		return err
	}
	became := map[Change][]string{}
	for _, i := range kept {
		became[i.Change] = append(became[i.Change], i.GrantID)
	}
	for change, ids := range became {
		for part := range slices.Chunk(ids, 500) {
			w := &store.Where{}
			set := w.Arg(string(change))
			w.Add("org_id = ?", r.OrgID)
			w.Add("review_id = ?", r.ID)
			w.In("grant_id", part)
			if _, err := tx.ExecContext(ctx, `update accessreview_item set after_answer = `+set+w.SQL(), w.Args()...); err != nil {
				return fmt.Errorf("settle review %s: %w", r.ID, err)
			}
		}
	}
	return nil
}

// narrowed adds to the conditions on grants g what a scope is about.
func (s Scope) narrowed(w *store.Where, org string) {
	if len(s.TeamIDs) > 0 {
		w.Add("(g.team_id in ("+marks(len(s.TeamIDs))+") or g.technician_id in (select technician_id from team_member where org_id = ? and team_id in ("+marks(len(s.TeamIDs))+")))",
			slices.Concat(values(s.TeamIDs), []any{org}, values(s.TeamIDs))...)
	}
	if len(s.CustomerIDs) > 0 {
		w.In(customerNow, s.CustomerIDs)
	}
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func values(ids []string) (out []any) {
	for _, id := range ids {
		out = append(out, id)
	}
	return out
}

// shot is a grant as it is, with what is in its role.
type shot struct {
	Item
	permissions []perm.Permission
}

// grants are those that a review is about: all in its scope that count now or later.
func grants(ctx context.Context, q store.Querier, r Review, now time.Time) (found []shot, err error) {
	w := &store.Where{}
	w.Add("g.org_id = ?", r.OrgID)
	w.Add("(g.expires_at is null or g.expires_at > ?)", store.Time(now))
	r.Scope.narrowed(w, r.OrgID)
	rows, err := q.QueryContext(ctx, `
		select g.id, coalesce(g.technician_id, ''), coalesce(g.team_id, ''), coalesce(t.display_name, m.name, ''), coalesce(t.sort_name, m.name_key, ''),
			g.role_id, ro.name, ro.version, ro.purpose, ro.permissions, g.scope_type, coalesce(g.customer_id, g.group_id, g.device_id, ''),
			coalesce(c.name, dg.name, d.name, ''), `+customerNow+`, g.not_before, g.expires_at, g.created_by, coalesce(b.display_name, ''), g.created_at
		from grant_role g join role ro on ro.org_id = g.org_id and ro.id = g.role_id
		left join technician t on t.org_id = g.org_id and t.id = g.technician_id
		left join team m on m.org_id = g.org_id and m.id = g.team_id
		left join technician b on b.org_id = g.org_id and b.id = g.created_by
		left join customer c on c.org_id = g.org_id and c.id = g.customer_id
		left join device_group dg on dg.org_id = g.org_id and dg.id = g.group_id
		left join device d on d.org_id = g.org_id and d.id = g.device_id`+w.SQL()+` limit `+strconv.Itoa(maxItems+1), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the grants to review: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one shot
		var technicianID, teamID, key string
		var permissions store.JSON[[]perm.Permission]
		if err := rows.Scan(
			&one.GrantID, &technicianID, &teamID, &one.Subject.Name, &key, &one.Role.ID, &one.Role.Name, &one.roleVersion, &one.Purpose, &permissions,
			&one.Scope.Type, &one.Scope.ID, &one.Scope.Name, &one.Scope.CustomerID, (*store.Time)(&one.NotBefore), (*store.Time)(&one.ExpiresAt),
			&one.GrantedBy.ID, &one.GrantedBy.Name, (*store.Time)(&one.GrantedAt)); err != nil {
			return nil, fmt.Errorf("list the grants to review: %w", err)
		}
		one.ReviewID, one.permissions = r.ID, permissions.V
		one.Subject.Type, one.Subject.ID = grant.Technician, technicianID
		if teamID != "" {
			one.Subject.Type, one.Subject.ID = grant.Team, teamID
		}
		one.place = key + " " + one.Subject.ID // the same people together, also where two have one name
		found = append(found, one)
	}
	return found, rows.Err()
}

// keepItems writes what a review begins with.
func keepItems(ctx context.Context, tx *store.Tx, org string, found []shot) error {
	const width, batch = 22, 40
	for part := range slices.Chunk(found, batch) {
		var b strings.Builder
		args := make([]any, 0, width*len(part))
		for n, i := range part {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(")
			for range width {
				args = append(args, nil)
				fmt.Fprintf(&b, "$%d, ", len(args))
			}
			b.WriteString("'', false, '', '', '', '', '', 1)")
			copy(args[n*width:], []any{
				org, i.ReviewID, i.GrantID, i.Subject.Type, i.Subject.ID, i.Subject.Name, i.place, i.Role.ID, i.Role.Name, i.roleVersion, i.Purpose, i.Scope.Type,
				i.Scope.ID, i.Scope.Name, i.Scope.CustomerID, store.Time(i.NotBefore), store.Time(i.ExpiresAt), i.GrantedBy.ID, i.GrantedBy.Name,
				store.Time(i.GrantedAt), i.UseKnown, store.Time(i.UsedAt),
			})
		}
		_, err := tx.ExecContext(ctx, `
			insert into accessreview_item (org_id, review_id, grant_id, subject_type, subject_id, subject_name, place, role_id, role_name, role_version, purpose,
				scope_type, scope_id, scope_name, customer_id, not_before, expires_at, granted_by, granted_name, granted_at, use_known, used_at,
				answer, automatic, reason, comment, answered_by, answered_name, after_answer, version)
			values `+b.String(), args...)
		if err != nil {
			return fmt.Errorf("keep the grants of a review: %w", err)
		}
	}
	return nil
}

// people are those whom grants in a scope reach, by team and by themselves: whose use is asked for.
func people(ctx context.Context, q store.Querier, r Review, now time.Time) (ids []string, members map[string][]string, err error) {
	w := &store.Where{}
	w.Add("g.org_id = ?", r.OrgID)
	w.Add("(g.expires_at is null or g.expires_at > ?)", store.Time(now))
	r.Scope.narrowed(w, r.OrgID)
	rows, err := q.QueryContext(ctx, `
		select distinct coalesce(g.technician_id, o.technician_id, ''), coalesce(g.team_id, '') from grant_role g
		left join team_member o on o.org_id = g.org_id and o.team_id = g.team_id
		left join device_group dg on dg.org_id = g.org_id and dg.id = g.group_id
		left join device d on d.org_id = g.org_id and d.id = g.device_id`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, nil, fmt.Errorf("list whose access is reviewed: %w", err)
	}
	defer func() { _ = rows.Close() }()
	members = map[string][]string{}
	for rows.Next() {
		var id, team string
		if err := rows.Scan(&id, &team); err != nil {
			return nil, nil, fmt.Errorf("list whose access is reviewed: %w", err)
		}
		if id == "" {
			continue // a team without people
		}
		ids = append(ids, id)
		if team != "" {
			members[team] = append(members[team], id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), members, rows.Err()
}
