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
