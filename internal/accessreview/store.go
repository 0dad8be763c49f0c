package accessreview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const columns = `v.org_id, v.id, v.name, v.state, v.scope, v.unanswered, v.remind_days, v.repeats, v.starts_at, v.due_at, v.reminded, v.created_by, v.created_name,
	v.ended_by, v.ended_name, v.created_at, v.started_at, v.ended_at, v.version`

func (r *Review) scan(scan func(...any) error) error {
	var scope store.JSON[Scope]
	err := scan(
		&r.OrgID, &r.ID, &r.Name, &r.State, &scope, &r.Unanswered, &r.RemindDays, &r.Repeats, (*store.Time)(&r.StartsAt), (*store.Time)(&r.DueAt), &r.reminded,
		&r.CreatedBy.ID, &r.CreatedBy.Name, &r.EndedBy.ID, &r.EndedBy.Name, (*store.Time)(&r.CreatedAt), (*store.Time)(&r.StartedAt), (*store.Time)(&r.EndedAt),
		&r.Version)
	r.Scope = scope.V
	return err
}

func byID(ctx context.Context, q store.Querier, org, id string) (r Review, err error) {
	err = r.scan(q.QueryRowContext(ctx, `select `+columns+` from accessreview v where v.org_id = $1 and v.id = $2`, org, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Review{}, ErrNotFound
	}
	if err != nil {
		return Review{}, fmt.Errorf("find review %s: %w", id, err)
	}
	return r, nil
}

// lock returns a review that nobody else changes, answers or ends before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Review, error) {
	if _, err := tx.ExecContext(ctx, `update accessreview set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Review{}, fmt.Errorf("lock review %s: %w", id, err)
	}
	return byID(ctx, tx, org, id)
}

func insert(ctx context.Context, tx *store.Tx, r Review) error {
	_, err := tx.ExecContext(ctx, `
		insert into accessreview (org_id, id, name, state, scope, unanswered, remind_days, repeats, starts_at, due_at, reminded, created_by, created_name,
			ended_by, ended_name, created_at, started_at, ended_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		r.OrgID, r.ID, r.Name, r.State, store.JSON[Scope]{V: r.Scope}, r.Unanswered, r.RemindDays, r.Repeats, store.Time(r.StartsAt), store.Time(r.DueAt), r.reminded,
		r.CreatedBy.ID, r.CreatedBy.Name, r.EndedBy.ID, r.EndedBy.Name, store.Time(r.CreatedAt), store.Time(r.StartedAt), store.Time(r.EndedAt), r.Version)
	if err != nil {
		return fmt.Errorf("keep review %s: %w", r.ID, err)
	}
	return nil
}

// update writes what can change about a review that is locked.
func update(ctx context.Context, tx *store.Tx, r *Review) error {
	_, err := tx.ExecContext(ctx, `
		update accessreview set name = $1, state = $2, scope = $3, unanswered = $4, remind_days = $5, repeats = $6, starts_at = $7, due_at = $8, reminded = $9,
			ended_by = $10, ended_name = $11, started_at = $12, ended_at = $13, version = version + 1
		where org_id = $14 and id = $15`,
		r.Name, r.State, store.JSON[Scope]{V: r.Scope}, r.Unanswered, r.RemindDays, r.Repeats, store.Time(r.StartsAt), store.Time(r.DueAt), r.reminded,
		r.EndedBy.ID, r.EndedBy.Name, store.Time(r.StartedAt), store.Time(r.EndedAt), r.OrgID, r.ID)
	if err != nil {
		return fmt.Errorf("change review %s: %w", r.ID, err)
	}
	r.Version++
	return nil
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	if _, err := tx.ExecContext(ctx, `delete from accessreview where org_id = $1 and id = $2`, org, id); err != nil {
		return fmt.Errorf("delete review %s: %w", id, err)
	}
	return nil
}

// countOpen says how many reviews have not ended. That two are made at once does not matter: the bound is against floods.
func countOpen(ctx context.Context, q store.Querier, org string) (n int, err error) {
	if err = q.QueryRowContext(ctx, `select count(*) from accessreview where org_id = $1 and state <> 'ended'`, org).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the open reviews: %w", err)
	}
	return n, nil
}

// countTeams says how many of some teams there are.
func countTeams(ctx context.Context, q store.Querier, org string, ids []string) (n int, err error) {
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("id", ids)
	if err = q.QueryRowContext(ctx, `select count(*) from team`+w.SQL(), w.Args()...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count teams: %w", err)
	}
	return n, nil
}

// due are the reviews that have to begin, remind or end, of all organizations.
func due(ctx context.Context, q store.Querier, now time.Time) (keys [][2]string, err error) {
	rows, err := q.QueryContext(ctx, `
		select org_id, id from accessreview
		where state <> 'ended' and (state = 'planned' and starts_at <= $1 or state = 'ending' or state = 'running' and (due_at <= $1 or reminded < 2 and due_at <= $2))
		order by due_at, id limit 1000`, store.Time(now), store.Time(now.AddDate(0, 0, maxRemind+1)))
	if err != nil {
		return nil, fmt.Errorf("look for reviews that are due: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var k [2]string
		if err := rows.Scan(&k[0], &k[1]); err != nil {
			return nil, fmt.Errorf("look for reviews that are due: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

func list(ctx context.Context, q store.Querier, org string, v reader, want Query) (found []Review, next string, err error) {
	order, err := store.ParseOrder("", "-starts_at", map[string]store.SortColumn{"starts_at": {Expression: "v.starts_at", Tie: "v.id", Number: true}})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("v.org_id = ?", org)
	if want.State != "" {
		w.Add("v.state = ?", string(want.State))
	}
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	sees := ""
	if !v.all {
		sees = ` and exists (select 1 from accessreview_item i where i.org_id = v.org_id and i.review_id = v.id and ` + v.leads(w) + `)`
	}
	rows, err := q.QueryContext(ctx, `select `+columns+` from accessreview v`+w.SQL()+sees+order.SQL()+` limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list reviews: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Review
		if err := r.scan(rows.Scan); err != nil {
			return nil, "", fmt.Errorf("list reviews: %w", err)
		}
		if len(found) == want.Limit {
			last := found[len(found)-1]
			return found, order.Cursor(last.StartsAt.UnixMicro(), last.ID), rows.Err()
		}
		found = append(found, r)
	}
	return found, "", rows.Err()
}

// leads says in SQL that the reader leads a team of the one whose grant item i is, and may review it.
func (v reader) leads(w *store.Where) string { return leading(w.Arg(v.id)) }

// leading is leads for whoever stands in a place of the statement; without one it says that anybody does. A lead who ranks below somebody does not
// review them, nobody but other administrators reviews an owner, and nobody themselves.
func leading(who string) string {
	if who != "" {
		who = " and l.technician_id = " + who
	}
	rank := func(t string) string {
		return `case ` + t + `.platform_role when 'administrator' then 3 when 'manager' then 2 when 'technician' then 1 else 0 end`
	}
	return `(i.subject_type = 'technician' and exists (select 1 from team_member o
		join team_member l on l.org_id = o.org_id and l.team_id = o.team_id and l.lead
		join technician p on p.org_id = l.org_id and p.id = l.technician_id and p.status = 'active' and p.state = 'activated'
		join technician s on s.org_id = o.org_id and s.id = o.technician_id and not s.owner
		where o.org_id = i.org_id and o.technician_id = i.subject_id and l.technician_id <> i.subject_id` + who + `
			and (p.owner or ` + rank("p") + ` >= ` + rank("s") + `)))`
}

// has says in SQL that item i is about a right of whoever stands in a place of the statement: their own, or one of a team of theirs.
func has(who string) string {
	return `(i.subject_id = ` + who + ` or exists (select 1 from team_member o where o.org_id = i.org_id and o.team_id = i.subject_id and o.technician_id = ` + who + `))`
}

// owns is has for the reader.
func (v reader) owns(w *store.Where) string { return has(w.Arg(v.id)) }

// may says that the reader may answer item i.
func (v reader) may(w *store.Where) string {
	if v.administers {
		return `not ` + v.owns(w)
	}
	if v.narrow {
		return `1 = 0`
	}
	return v.leads(w)
}

// mine says that item i waits for the reader: they lead its person, or nobody does and they administer.
func (v reader) mine(w *store.Where) string {
	switch {
	case v.administers:
		return `(` + v.leads(w) + ` or not ` + v.owns(w) + ` and not ` + leading("") + `)`
	case v.narrow:
		return `1 = 0`
	}
	return v.leads(w)
}

// nobody says that there is nobody who may answer item i.
const nobody = `not exists (select 1 from technician p where p.org_id = i.org_id and p.status = 'active' and p.state = 'activated'
	and (p.owner or p.platform_role = 'administrator') and p.id <> i.subject_id
	and not exists (select 1 from team_member o where o.org_id = i.org_id and o.team_id = i.subject_id and o.technician_id = p.id))`

// count fills in how far reviews are.
func count(ctx context.Context, q store.Querier, org string, v reader, reviews []Review) error {
	if len(reviews) == 0 {
		return nil
	}
	w := &store.Where{}
	at := map[string]*Review{}
	var ids []string
	for i := range reviews {
		at[reviews[i].ID] = &reviews[i]
		ids = append(ids, reviews[i].ID)
	}
	w.Add("i.org_id = ?", org)
	w.In("i.review_id", ids)
	const open = `i.answer = '' and ` + there + ` is not null`
	rows, err := q.QueryContext(ctx, `
		select i.review_id, count(*), count(case when i.answer = 'confirmed' then 1 end), count(case when i.answer = 'revoked' then 1 end), count(case when i.answer = 'flagged' then 1 end),
			count(case when i.answer = 'kept' then 1 end), count(case when i.answer = 'gone' or i.answer = '' and `+there+` is null then 1 end),
			count(case when `+open+` then 1 end),
			count(case when `+open+` and `+nobody+` and not `+leading("")+` then 1 end),
			count(case when `+open+` and `+v.mine(w)+` then 1 end)
		from accessreview_item i`+thereFrom+w.SQL()+` group by i.review_id`, w.Args()...)
	if err != nil {
		return fmt.Errorf("count the answers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var c Counts
		if err := rows.Scan(&id, &c.Items, &c.Confirmed, &c.Revoked, &c.Flagged, &c.Kept, &c.Gone, &c.Open, &c.Nobody, &c.Mine); err != nil {
			return fmt.Errorf("count the answers: %w", err)
		}
		at[id].Counts = c
	}
	return rows.Err()
}

// reviewers are those for whom something in a review waits, and how much.
func reviewers(ctx context.Context, q store.Querier, r Review) (waiting map[string]int, err error) {
	all, err := candidates(ctx, q, r.OrgID)
	if err != nil {
		return nil, err
	}
	waiting = map[string]int{}
	for _, v := range all {
		one := []Review{{ID: r.ID}}
		if err := count(ctx, q, r.OrgID, v, one); err != nil {
			return nil, err
		}
		if one[0].Counts.Mine > 0 {
			waiting[v.id] = one[0].Counts.Mine
		}
	}
	return waiting, nil
}

// candidates are all who administer an organization or lead a team in it.
func candidates(ctx context.Context, q store.Querier, org string) (all []reader, err error) {
	rows, err := q.QueryContext(ctx, `
		select p.id, p.owner or p.platform_role = 'administrator' from technician p
		where p.org_id = $1 and p.status = 'active' and p.state = 'activated' and (p.owner or p.platform_role = 'administrator'
			or exists (select 1 from team_member l where l.org_id = p.org_id and l.technician_id = p.id and l.lead))
		order by p.id`, org)
	if err != nil {
		return nil, fmt.Errorf("list reviewers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v reader
		if err := rows.Scan(&v.id, &v.administers); err != nil {
			return nil, fmt.Errorf("list reviewers: %w", err)
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
