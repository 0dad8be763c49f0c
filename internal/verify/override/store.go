package override

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verifypolicy"
)

func insert(ctx context.Context, tx *store.Tx, o Override, d Decided, technicianID string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_override (org_id, id, contact_id, customer_id, technician_id, approved_by, action, required, reason, ticket_id, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		o.Contact.OrgID, d.ID, o.Contact.ID, o.Contact.CustomerID, technicianID, d.By, string(o.Action), o.Required, d.Reason, o.TicketID, store.Time(now),
		store.Time(now.Add(validFor)))
	if err != nil {
		return fmt.Errorf("keep the override of request %s: %w", d.ID, err)
	}
	return nil
}

// Tally is how often a technician's word stood for a proof.
type Tally struct {
	TechnicianID string
	Name         string // "" if they were deleted
	Overrides    int
}

// tallies counts overrides by technician, most first.
func tallies(ctx context.Context, q store.Querier, org string, from, to time.Time) (out []Tally, err error) {
	rows, err := q.QueryContext(ctx, `
		select o.technician_id, coalesce(t.display_name, ''), count(*)
		from verify_override o left join technician t on t.org_id = o.org_id and t.id = o.technician_id
		where o.org_id = $1 and o.created_at >= $2 and o.created_at < $3
		group by 1, 2 order by 3 desc, 2, 1`, org, store.Time(from), store.Time(to))
	if err != nil {
		return nil, fmt.Errorf("count the overrides of %s: %w", org, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Tally
		if err := rows.Scan(&t.TechnicianID, &t.Name, &t.Overrides); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// toldUntil returns up to when each organization was told; one that never was is missing.
func toldUntil(ctx context.Context, q store.Querier) (map[string]time.Time, error) {
	rows, err := q.QueryContext(ctx, `select org_id, until from verify_override_told`)
	if err != nil {
		return nil, fmt.Errorf("read who was told of overrides: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]time.Time{}
	for rows.Next() {
		var org string
		var until time.Time
		if err := rows.Scan(&org, (*store.Time)(&until)); err != nil {
			return nil, err
		}
		out[org] = until
	}
	return out, rows.Err()
}

// takeWeek makes the caller the one who tells of the week up to until; mine is false if somebody has told of it.
func takeWeek(ctx context.Context, tx *store.Tx, org string, until time.Time) (mine bool, err error) {
	mine, err = store.Changed(tx.ExecContext(ctx, `
		insert into verify_override_told (org_id, until) values ($1, $2)
		on conflict (org_id) do update set until = excluded.until where verify_override_told.until < excluded.until`, org, store.Time(until)))
	if err != nil {
		return false, fmt.Errorf("take the week of overrides of %s: %w", org, err)
	}
	return mine, nil
}

// counts says whether a technician has an override for an action on a contact that still counts. A refusal since takes it away.
func counts(ctx context.Context, q store.Querier, org, contactID, technicianID string, action verifypolicy.Action, now time.Time) (yes bool, err error) {
	err = q.QueryRowContext(ctx, `
		select exists (select 1 from verify_override o where o.org_id = $1 and o.contact_id = $2 and o.technician_id = $3 and o.action = $4 and o.expires_at > $5
			and not exists (select 1 from verify_challenge v where v.org_id = o.org_id and v.contact_id = o.contact_id and v.state in ('denied', 'frozen')
				and v.ended_at >= o.created_at))`,
		org, contactID, technicianID, string(action), store.Time(now)).Scan(&yes)
	if err != nil {
		return false, fmt.Errorf("look for an override for contact %s: %w", contactID, err)
	}
	return yes, nil
}
