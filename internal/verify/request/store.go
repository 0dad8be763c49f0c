package request

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

const requestColumns = ` org_id, id, contact_id, customer_id, medium, address, language, state, code_sealed, digits_mac, tries, ticket_id,
	claimed_by, claimed_name, claimed_at, unbound, note, created_at, expires_at, ended_at, version,
	coalesce((select c.name from contact c where c.org_id = verify_request.org_id and c.id = verify_request.contact_id), ''),
	coalesce((select k.name from customer k where k.org_id = verify_request.org_id and k.id = verify_request.customer_id), '') `

func scanRequest(s interface{ Scan(dest ...any) error }) (r Request, err error) {
	err = s.Scan(&r.OrgID, &r.ID, &r.ContactID, &r.CustomerID, &r.Medium, &r.Address, &r.Language, &r.State, &r.codeSealed, &r.digitsMAC,
		&r.tries, &r.TicketID, &r.ClaimedBy, &r.ClaimedName, (*store.Time)(&r.ClaimedAt), &r.Unbound, &r.Note,
		(*store.Time)(&r.CreatedAt), (*store.Time)(&r.ExpiresAt), (*store.Time)(&r.EndedAt), &r.Version, &r.ContactName, &r.CustomerName)
	return r, err
}

func insertRequest(ctx context.Context, tx *store.Tx, r Request) error {
	_, err := tx.ExecContext(ctx, `
		insert into verify_request (org_id, id, contact_id, customer_id, medium, address, language, state, code_sealed, digits_mac, tries,
			ticket_id, claimed_by, claimed_name, unbound, note, created_at, expires_at, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', '', $11, '', $12, $13, 1)`,
		r.OrgID, r.ID, r.ContactID, r.CustomerID, r.Medium, r.Address, r.Language, r.State, r.codeSealed, r.digitsMAC,
		false, store.Time(r.CreatedAt), store.Time(r.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert technician verification %s: %w", r.ID, err)
	}
	return nil
}

func findRequest(ctx context.Context, q store.Querier, org, id string) (Request, error) {
	r, err := scanRequest(q.QueryRowContext(ctx, `select`+requestColumns+`from verify_request where org_id = $1 and id = $2`, org, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, errNotFound
	}
	if err != nil {
		return r, fmt.Errorf("find technician verification %s: %w", id, err)
	}
	return r, nil
}

// findLive is the request that a contact still has; the zero Request if there is none.
func findLive(ctx context.Context, q store.Querier, org, contactID string) (Request, error) {
	r, err := scanRequest(q.QueryRowContext(ctx, `select`+requestColumns+`from verify_request
		where org_id = $1 and contact_id = $2 and state in ('pending', 'claimed')`, org, contactID))
	if errors.Is(err, sql.ErrNoRows) {
		return Request{}, nil
	}
	if err != nil {
		return r, fmt.Errorf("find live technician verification: %w", err)
	}
	return r, nil
}

func changedRequest(s *sql.Row) (Request, error) {
	r, err := scanRequest(s)
	if errors.Is(err, sql.ErrNoRows) {
		return Request{}, nil
	}
	if err != nil {
		return r, fmt.Errorf("change technician verification: %w", err)
	}
	return r, nil
}

func endLive(ctx context.Context, tx *store.Tx, org, contactID string, now time.Time) (Request, error) {
	return changedRequest(tx.QueryRowContext(ctx, `
		update verify_request set state = 'canceled', ended_at = $1, code_sealed = null, digits_mac = null, version = version + 1
		where org_id = $2 and contact_id = $3 and state in ('pending', 'claimed') returning`+requestColumns, store.Time(now), org, contactID))
}

// claimRequest gives a live request to the first who asks.
func claimRequest(ctx context.Context, tx *store.Tx, org, id string, by access.Actor, ticketID string, now time.Time) (Request, error) {
	return changedRequest(tx.QueryRowContext(ctx, `
		update verify_request set state = 'claimed', claimed_by = $1, claimed_name = $2, ticket_id = $3, claimed_at = $4, version = version + 1
		where org_id = $5 and id = $6 and state = 'pending' and expires_at > $4 returning`+requestColumns,
		by.ID, by.Name, ticketID, store.Time(now), org, id))
}

// endRequest ends a request that is still in the state from, and forgets its code. Only Expired may come after its time.
func endRequest(ctx context.Context, tx *store.Tx, org, id string, from, to verify.State, note string, unbound bool, now time.Time) (Request, error) {
	return changedRequest(tx.QueryRowContext(ctx, `
		update verify_request set state = $1, note = $2, unbound = $3, ended_at = $4, code_sealed = null, digits_mac = null, version = version + 1
		where org_id = $5 and id = $6 and state = $7 and (expires_at > $4 or $8) returning`+requestColumns,
		to, note, unbound, store.Time(now), org, id, from, to == verify.Expired))
}

// countAnswer counts a wrong answer to a claimed request.
func countAnswer(ctx context.Context, tx *store.Tx, org, id string) (tries int, err error) {
	err = tx.QueryRowContext(ctx, `update verify_request set tries = tries + 1, version = version + 1 where org_id = $1 and id = $2 returning tries`,
		org, id).Scan(&tries)
	return tries, err
}

func dueRequests(ctx context.Context, q store.Querier, now time.Time, limit int) ([]Request, error) {
	rows, err := q.QueryContext(ctx, `select`+requestColumns+`from verify_request
		where state in ('pending', 'claimed') and expires_at <= $1 order by expires_at limit $2`, store.Time(now), limit)
	return collectRequests(rows, err)
}

// listRequests returns one page, newest first.
func listRequests(ctx context.Context, q store.Querier, w *store.Where, limit int) ([]Request, error) {
	rows, err := q.QueryContext(ctx, `select`+requestColumns+`from verify_request`+w.SQL()+` order by id desc limit `+w.Arg(limit), w.Args()...)
	return collectRequests(rows, err)
}

func collectRequests(rows *sql.Rows, err error) (out []Request, _ error) {
	if err != nil {
		return nil, fmt.Errorf("list technician verifications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		r, err := scanRequest(rows)
		if err != nil {
			return nil, fmt.Errorf("list technician verifications: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// moveContact makes the requests of one contact another's.
func moveContact(ctx context.Context, tx *store.Tx, org, fromID, intoID string) error {
	_, err := tx.ExecContext(ctx, `update verify_request set contact_id = $1 where org_id = $2 and contact_id = $3`, intoID, org, fromID)
	if err != nil {
		return fmt.Errorf("move the requests of contact %s: %w", fromID, err)
	}
	return nil
}
