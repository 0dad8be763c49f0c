package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/store"
)

// addAccess fills in the teams, customers and own platform role of technicians of one organization, and how many tickets wait for each: for a page of them, which
// is less than sorting such a count along with everybody.
func addAccess(ctx context.Context, q store.Querier, technicians []Technician) error {
	if len(technicians) == 0 {
		return nil
	}
	at, ids := map[string]*Technician{}, make([]string, len(technicians))
	for i := range technicians {
		ids[i] = technicians[i].ID
		at[ids[i]] = &technicians[i]
	}
	own, assigned := &store.Where{}, &store.Where{} // with the same values, so that one list of them does for both
	own.Add("org_id = ?", technicians[0].OrgID)
	own.In("technician_id", ids)
	assigned.Add("org_id = ?", technicians[0].OrgID)
	assigned.In("assigned_to", ids)
	rows, err := q.QueryContext(ctx, `
		select technician_id, customer_id, '', 0, '', '' from technician_customer`+own.SQL()+`
		union all select technician_id, '', team_id, 0, '', '' from team_member`+own.SQL()+`
		union all select g.technician_id, '', '', 0, g.platformrole_id, (select r.name from platformrole r where r.org_id = g.org_id and r.id = g.platformrole_id)
			from platformrole_technician g`+own.SQL()+` and g.platformrole_id is not null
		union all select assigned_to, '', '', count(*), '', '' from ticket`+assigned.SQL()+` and status in ('open', 'waiting') group by assigned_to
		order by 1, 2, 3`, own.Args()...)
	if err != nil {
		return fmt.Errorf("list customers, teams and tickets of technicians: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var technicianID, customerID, teamID, roleID, role string
		var tickets int
		if err := rows.Scan(&technicianID, &customerID, &teamID, &tickets, &roleID, &role); err != nil {
			return fmt.Errorf("list customers, teams and tickets of technicians: %w", err)
		}
		switch t := at[technicianID]; {
		case teamID != "":
			t.TeamIDs = append(t.TeamIDs, teamID)
		case customerID != "":
			t.CustomerIDs = append(t.CustomerIDs, customerID)
		case roleID != "":
			t.OwnRoleID, t.OwnRole = roleID, role
		default:
			t.OpenTickets = tickets
		}
	}
	return rows.Err()
}
