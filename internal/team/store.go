package team

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const columns = `t.org_id, t.id, t.name, t.description, t.created_at, t.updated_at, t.version`

func (t *Team) fields(more ...any) []any {
	return append([]any{
		&t.OrgID, &t.ID, &t.Name, &t.Description, (*store.Time)(&t.CreatedAt), (*store.Time)(&t.UpdatedAt), &t.Version,
	}, more...)
}

// ByID finds one team.
func ByID(ctx context.Context, q store.Querier, org, id string) (t Team, err error) {
	err = q.QueryRowContext(ctx, `select `+columns+` from team t where t.org_id = $1 and t.id = $2`, org, id).Scan(t.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Team{}, ErrNotFound
	}
	if err != nil {
		return Team{}, fmt.Errorf("find team %s: %w", id, err)
	}
	found := []Team{t}
	if err := addPeople(ctx, q, found); err != nil {
		return Team{}, err
	}
	return found[0], nil
}

// lock returns a team that nobody else changes before the transaction ends.
func lock(ctx context.Context, tx *store.Tx, org, id string) (Team, error) {
	if _, err := tx.ExecContext(ctx, `update team set version = version where org_id = $1 and id = $2`, org, id); err != nil {
		return Team{}, fmt.Errorf("lock team %s: %w", id, err)
	}
	return ByID(ctx, tx, org, id)
}

// lockSize is lock for those who need no more than how many people belong to the team.
func lockSize(ctx context.Context, tx *store.Tx, org, id string) (people int, err error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `update team set version = version where org_id = $1 and id = $2`, org, id))
	if err != nil {
		return 0, fmt.Errorf("lock team %s: %w", id, err)
	}
	if !ok {
		return 0, ErrNotFound
	}
	err = tx.QueryRowContext(ctx, `select count(*) from team_member where org_id = $1 and team_id = $2`, org, id).Scan(&people)
	if err != nil {
		return 0, fmt.Errorf("count the people of team %s: %w", id, err)
	}
	return people, nil
}

func list(ctx context.Context, q store.Querier, org, only string, want Query) (found []Team, next string, err error) {
	order, err := store.ParseOrder(want.Sort, "name", map[string]store.SortColumn{
		"name":       {Expression: "t.name_key", Tie: "t.id"},
		"created_at": {Expression: "t.created_at", Tie: "t.id", Number: true},
	})
	if err != nil {
		return nil, "", err
	}
	w := &store.Where{}
	w.Add("t.org_id = ?", org)
	for _, person := range []string{only, want.TechnicianID} {
		if person != "" {
			w.Add("t.id in (select team_id from team_member where org_id = ? and technician_id = ?)", org, person)
		}
	}
	if want.CustomerID != "" {
		w.Add("t.id in (select team_id from team_customer where org_id = ? and customer_id = ?)", org, want.CustomerID)
	}
	w.Search("t.search_text", input.Search(want.Text))
	if err := order.After(w, want.Cursor); err != nil {
		return nil, "", err
	}
	rows, err := q.QueryContext(ctx, `select `+columns+`, `+order.Column()+` from team t`+w.SQL()+order.SQL()+` limit `+w.Arg(want.Limit+1), w.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list teams: %w", err)
	}
	defer func() { _ = rows.Close() }()
	last := ""
	for rows.Next() {
		var t Team
		var key any
		if err := rows.Scan(t.fields(&key)...); err != nil {
			return nil, "", fmt.Errorf("list teams: %w", err)
		}
		if len(found) == want.Limit {
			next = last
			break
		}
		found, last = append(found, t), order.Cursor(key, t.ID)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, "", fmt.Errorf("list teams: %w", err)
	}
	return found, next, addPeople(ctx, q, found)
}

// addPeople fills in who belongs to teams of one organization and whom they look after.
func addPeople(ctx context.Context, q store.Querier, teams []Team) error {
	if len(teams) == 0 {
		return nil
	}
	at, ids := map[string]*Team{}, make([]string, len(teams))
	for i := range teams {
		ids[i] = teams[i].ID
		at[ids[i]] = &teams[i]
	}
	w := &store.Where{}
	w.Add("org_id = ?", teams[0].OrgID)
	w.In("team_id", ids)
	rows, err := q.QueryContext(ctx, `
		select team_id, technician_id, '', member, lead from team_member`+w.SQL()+`
		union all select team_id, '', customer_id, false, false from team_customer`+w.SQL()+` order by 1, 2, 3`, w.Args()...)
	if err != nil {
		return fmt.Errorf("list the people of teams: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var teamID, technicianID, customerID string
		var member, lead bool
		if err := rows.Scan(&teamID, &technicianID, &customerID, &member, &lead); err != nil {
			return fmt.Errorf("list the people of teams: %w", err)
		}
		t := at[teamID]
		if customerID != "" {
			t.CustomerIDs = append(t.CustomerIDs, customerID)
		}
		if member {
			t.MemberIDs = append(t.MemberIDs, technicianID)
		}
		if lead {
			t.LeadIDs = append(t.LeadIDs, technicianID)
		}
	}
	return rows.Err()
}

func teamsOf(ctx context.Context, q store.Querier, org, technicianID string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `select team_id from team_member where org_id = $1 and technician_id = $2 order by team_id`, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("list the teams of technician %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list the teams of technician %s: %w", technicianID, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (f Fields) searchText() string { return store.Fold(f.Name + " " + f.Description) }

func insert(ctx context.Context, tx *store.Tx, t Team) error {
	_, err := tx.ExecContext(ctx, `
		insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.OrgID, t.ID, t.Name, store.Fold(t.Name), t.Description, t.searchText(), store.Time(t.CreatedAt), store.Time(t.UpdatedAt), t.Version)
	if store.IsConflict(err) {
		return errName
	}
	return err
}

func update(ctx context.Context, tx *store.Tx, t Team) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update team set name = $1, name_key = $2, description = $3, search_text = $4, updated_at = $5, version = version + 1
		where org_id = $6 and id = $7 and version = $8`,
		t.Name, store.Fold(t.Name), t.Description, t.searchText(), store.Time(t.UpdatedAt), t.OrgID, t.ID, t.Version))
	switch {
	case store.IsConflict(err):
		return errName
	case err == nil && !ok:
		return errStale
	}
	return err
}

func remove(ctx context.Context, tx *store.Tx, org, id string) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `delete from team where org_id = $1 and id = $2`, org, id))
	if err == nil && !ok {
		return ErrNotFound
	}
	return err
}

// savePeople writes what differs; that the people exist has been settled.
func savePeople(ctx context.Context, tx *store.Tx, before, after Team) error {
	was, is := memberships(before.Fields), memberships(after.Fields)
	if gone := missing(after.people(), before.people()); len(gone) > 0 {
		w := &store.Where{}
		w.Add("org_id = ?", after.OrgID)
		w.Add("team_id = ?", after.ID)
		w.In("technician_id", gone)
		if _, err := tx.ExecContext(ctx, `delete from team_member`+w.SQL(), w.Args()...); err != nil {
			return fmt.Errorf("take people out of team %s: %w", after.ID, err)
		}
	}
	for _, person := range after.people() {
		if was[person] == is[person] {
			continue
		}
		_, err := tx.ExecContext(ctx, `
			insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, $2, $3, $4, $5)
			on conflict (org_id, team_id, technician_id) do update set member = excluded.member, lead = excluded.lead`,
			after.OrgID, after.ID, person, is[person].member, is[person].lead)
		if err != nil {
			return fmt.Errorf("put people into team %s: %w", after.ID, err)
		}
	}
	return nil
}

type membership struct{ member, lead bool }

func memberships(f Fields) map[string]membership {
	out := map[string]membership{}
	for _, key := range f.MemberIDs {
		out[key] = membership{member: true}
	}
	for _, key := range f.LeadIDs {
		out[key] = membership{out[key].member, true}
	}
	return out
}

func saveCustomers(ctx context.Context, tx *store.Tx, before, after Team) error {
	if gone := missing(after.CustomerIDs, before.CustomerIDs); len(gone) > 0 {
		w := &store.Where{}
		w.Add("org_id = ?", after.OrgID)
		w.Add("team_id = ?", after.ID)
		w.In("customer_id", gone)
		if _, err := tx.ExecContext(ctx, `delete from team_customer`+w.SQL(), w.Args()...); err != nil {
			return fmt.Errorf("take customers from team %s: %w", after.ID, err)
		}
	}
	known := memberships(Fields{MemberIDs: before.CustomerIDs})
	for i, c := range after.CustomerIDs {
		if known[c].member {
			continue
		}
		ok, err := store.Changed(tx.ExecContext(ctx, `
			insert into team_customer (org_id, team_id, customer_id) select org_id, $1, id from customer where org_id = $2 and id = $3`,
			after.ID, after.OrgID, c))
		if err != nil {
			return fmt.Errorf("give customers to team %s: %w", after.ID, err)
		}
		if !ok {
			return noSuchCustomer(i)
		}
	}
	return nil
}

// join adds a member and gives the team another version; the caller holds the row of the team.
func join(ctx context.Context, tx *store.Tx, org, teamID, technicianID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, $2, $3, true, false)
		on conflict (org_id, team_id, technician_id) do update set member = true`, org, teamID, technicianID)
	if err != nil {
		return err
	}
	return bump(ctx, tx, org, teamID, now)
}

func leave(ctx context.Context, tx *store.Tx, org, teamID, technicianID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		delete from team_member where org_id = $1 and team_id = $2 and technician_id = $3`, org, teamID, technicianID)
	if err != nil {
		return err
	}
	return bump(ctx, tx, org, teamID, now)
}

func bump(ctx context.Context, tx *store.Tx, org, teamID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update team set version = version + 1, updated_at = $1 where org_id = $2 and id = $3`, store.Time(now), org, teamID)
	return err
}
