package accessreview

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/store"
)

const (
	itemColumns = `i.review_id, i.kind, i.grant_id, i.subject_type, i.subject_id, i.subject_name, i.place, i.role_id, i.role_name, i.role_version, i.purpose, i.scope_type,
		i.scope_id, i.scope_name, i.customer_id, i.not_before, i.expires_at, i.granted_by, i.granted_name, i.granted_at, i.use_known, i.used_at, i.answer,
		i.automatic, i.reason, i.comment, i.answered_by, i.answered_name, i.answered_at, i.after_answer, i.version`
	// What an item is about, as it is now.
	thereFrom = `
		left join grant_role g on i.kind = 'role' and g.org_id = i.org_id and g.id = i.grant_id
		left join grant_override ov on i.kind = 'override' and ov.org_id = i.org_id and ov.id = i.grant_id
		left join technician pt on i.kind = 'platform_role' and pt.org_id = i.org_id and pt.id = i.grant_id`
	there       = `coalesce(g.id, ov.id, pt.id)`
	customerNow = `coalesce(g.customer_id, ov.customer_id, dg.customer_id, d.customer_id, '')`
	versionNow  = `coalesce(r.version, pr.version, 0)`
	platformNow = `case when pt.owner then '` + ownerRole + `' else coalesce(pr.id, pt.platform_role, '') end`
	changeNow   = `case when ` + there + ` is null then 'gone' when ` + versionNow + ` <> i.role_version or ` + customerNow + ` <> i.customer_id
		or i.kind = 'platform_role' and ` + platformNow + ` <> i.role_id then 'changed' else 'same' end`
	itemFrom = ` from accessreview_item i` + thereFrom + `
		left join role r on r.org_id = g.org_id and r.id = g.role_id
		left join platformrole_technician px on px.org_id = pt.org_id and px.technician_id = pt.id
		left join platformrole pr on pr.org_id = px.org_id and pr.id = px.platformrole_id and pr.based_on = pt.platform_role
		left join device_group dg on dg.org_id = i.org_id and dg.id = coalesce(g.group_id, ov.group_id)
		left join device d on d.org_id = i.org_id and d.id = coalesce(g.device_id, ov.device_id)`
)

func (i *Item) scan(scan func(...any) error) error {
	err := scan(
		&i.ReviewID, &i.Kind, &i.GrantID, &i.Subject.Type, &i.Subject.ID, &i.Subject.Name, &i.place, &i.Role.ID, &i.Role.Name, &i.roleVersion, &i.Purpose, &i.Scope.Type,
		&i.Scope.ID, &i.Scope.Name, &i.Scope.CustomerID, (*store.Time)(&i.NotBefore), (*store.Time)(&i.ExpiresAt), &i.GrantedBy.ID, &i.GrantedBy.Name,
		(*store.Time)(&i.GrantedAt), &i.UseKnown, (*store.Time)(&i.UsedAt), &i.Answer, &i.Automatic, &i.Reason, &i.Comment, &i.AnsweredBy.ID,
		&i.AnsweredBy.Name, (*store.Time)(&i.AnsweredAt), &i.After, &i.version, &i.Change, &i.now.roleVersion, &i.now.customerID, &i.now.platform, &i.Own, &i.MayAnswer, &i.Nobody)
	if i.After != "" {
		i.Change = i.After
	}
	return err
}

func items(ctx context.Context, q store.Querier, v reader, w *store.Where, tail string) (found []Item, err error) {
	rows, err := q.QueryContext(ctx, `select `+itemColumns+`, `+changeNow+`, `+versionNow+`, `+customerNow+`, `+platformNow+`, `+v.owns(w)+`, `+v.may(w)+`,
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
		extra += ` and i.answer = '' and ` + there + ` is not null`
	case NobodyAnswer:
		extra += ` and i.answer = '' and ` + there + ` is not null and ` + nobody + ` and not ` + leading("")
	case AnswerFilter(Gone):
		extra += ` and (i.answer = 'gone' or i.answer = '' and ` + there + ` is null)`
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
				and not (kind = 'role' and exists (select 1 from grant_role g where g.org_id = accessreview_item.org_id and g.id = accessreview_item.grant_id)
					or kind = 'override' and exists (select 1 from grant_override g where g.org_id = accessreview_item.org_id and g.id = accessreview_item.grant_id)
					or kind = 'platform_role' and exists (select 1 from technician t where t.org_id = accessreview_item.org_id and t.id = accessreview_item.grant_id))`,
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
	w.Add("i.answer in ('confirmed', 'flagged', 'kept')")
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
