package receipt

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// verification is what a receipt needs of a verification in either direction, and the audit log does not have.
type verification struct {
	area          string
	orgID         string
	orgName       string
	id            string
	contactID     string
	customerID    string
	customerName  string
	ticketID      string
	ticketNumber  int64
	method        string
	level         string // empty in a technician verification
	address       string // masked
	callDirection string
	action        string
	state         string
	unbound       bool
	ended         bool
}

// columns read both tables alike.
func columns(area string) string {
	const names = `
		(select o.name from organization o where o.id = v.org_id),
		coalesce((select c.name from customer c where c.org_id = v.org_id and c.id = v.customer_id), ''),
		coalesce((select t.number from ticket t where t.org_id = v.org_id and t.id = v.ticket_id), 0)`
	if area == technician {
		return `select v.org_id, v.id, v.contact_id, v.customer_id, v.ticket_id, v.medium, -1, v.address, '', '', v.state, v.unbound,
			v.state not in ('pending', 'claimed'),` + names + ` from verify_request v `
	}
	return `select v.org_id, v.id, v.contact_id, v.customer_id, v.ticket_id, v.method, v.level, v.address, v.call_direction, v.action, v.state, false,
			v.state <> 'pending',` + names + ` from verify_challenge v `
}

func scan(area string, r interface{ Scan(dest ...any) error }) (v verification, err error) {
	var level int
	err = r.Scan(&v.orgID, &v.id, &v.contactID, &v.customerID, &v.ticketID, &v.method, &level, &v.address, &v.callDirection, &v.action, &v.state, &v.unbound,
		&v.ended, &v.orgName, &v.customerName, &v.ticketNumber)
	if level >= 0 {
		v.level = fmt.Sprintf("L%d", level)
	}
	v.area, v.address = area, message.Mask(v.address)
	return v, err
}

func find(ctx context.Context, q store.Querier, area, org, id string) (verification, error) {
	v, err := scan(area, q.QueryRowContext(ctx, columns(area)+`where v.org_id = $1 and v.id = $2`, org, id))
	if errors.Is(err, sql.ErrNoRows) {
		return v, errNotFound
	}
	if err != nil {
		return v, fmt.Errorf("find %s %s for its receipt: %w", area, id, err)
	}
	return v, nil
}

// ofContact is one page of the ended verifications of a contact, newest first.
func ofContact(ctx context.Context, q store.Querier, area, org, contactID, before string, limit int) (out []verification, err error) {
	w := &store.Where{}
	w.Add("v.org_id = ? and v.contact_id = ? and v.state not in ('pending', 'claimed')", org, contactID)
	if before != "" {
		w.Add("v.id < ?", before)
	}
	rows, err := q.QueryContext(ctx, columns(area)+w.SQL()+` order by v.id desc limit `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list what contact %s was verified by: %w", contactID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := scan(area, rows)
		if err != nil {
			return nil, fmt.Errorf("list what contact %s was verified by: %w", contactID, err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
