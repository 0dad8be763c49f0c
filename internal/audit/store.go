package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

// head says how far an organization's log goes.
type head struct {
	org            string
	size           int64
	hashes         [][]byte
	lastAt         time.Time
	keyEpoch       int64
	checkpointSize int64
}

type eventRow struct {
	record  auditverify.Record
	text    string
	leaf    []byte
	private []byte
}

type targetRow struct {
	id  string
	seq int64
}

type nodeRow struct {
	level uint
	index uint64
	hash  []byte
}

type keyRow struct {
	id      string
	subject string
	sealed  []byte // nil once erased
}

type checkpointRow struct {
	size int64
	root []byte
	at   time.Time
	note string
}

// reserve makes room for n events and returns the head as it was before. Until the transaction ends, nobody else appends to this log.
func reserve(ctx context.Context, tx *store.Tx, org string, n int64) (head, error) {
	h := head{org: org}
	var hashes []byte
	for range 2 {
		err := tx.QueryRowContext(ctx, `
			update audit_head set size = size + $2 where org_id = $1
			returning size - $2, hashes, last_at, key_epoch`, org, n).
			Scan(&h.size, &hashes, (*store.Time)(&h.lastAt), &h.keyEpoch)
		if errors.Is(err, sql.ErrNoRows) {
			err = insertHead(ctx, tx, org)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return head{}, fmt.Errorf("lock the head: %w", err)
		}
		h.hashes = splitHashes(hashes)
		return h, nil
	}
	return head{}, errors.New("lock the head: it vanished")
}

func insertHead(ctx context.Context, tx *store.Tx, org string) error {
	_, err := tx.ExecContext(ctx, `
		insert into audit_head (org_id, size, hashes, key_epoch, checkpoint_size) values ($1, 0, $2, 0, 0)
		on conflict (org_id) do nothing`, org, []byte{})
	return err
}

// advance writes the hashes of the tree that reserve made room in.
func advance(ctx context.Context, tx *store.Tx, org string, hashes [][]byte, at time.Time) error {
	joined := make([]byte, 0, len(hashes)*len(auditverify.Hash{}))
	for _, h := range hashes {
		joined = append(joined, h...)
	}
	_, err := tx.ExecContext(ctx, `update audit_head set hashes = $2, last_at = $3 where org_id = $1`, org, joined, store.Time(at))
	if err != nil {
		return fmt.Errorf("advance the head: %w", err)
	}
	return nil
}

func splitHashes(joined []byte) [][]byte {
	const size = len(auditverify.Hash{})
	var out [][]byte
	for len(joined) >= size {
		out = append(out, joined[:size:size])
		joined = joined[size:]
	}
	return out
}

func readHead(ctx context.Context, q store.Querier, org string) (head, error) {
	h := head{org: org}
	var hashes []byte
	err := q.QueryRowContext(ctx, `select size, hashes, last_at, key_epoch, checkpoint_size from audit_head where org_id = $1`, org).
		Scan(&h.size, &hashes, (*store.Time)(&h.lastAt), &h.keyEpoch, &h.checkpointSize)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return head{}, fmt.Errorf("read the head: %w", err)
	}
	h.hashes = splitHashes(hashes)
	return h, nil
}

// organizations lists the logs; with waiting only those that grew since their last checkpoint.
func organizations(ctx context.Context, q store.Querier, waiting bool) (orgs []string, err error) {
	query := `select org_id from audit_head order by org_id`
	if waiting {
		query = `select org_id from audit_head where size > checkpoint_size order by org_id`
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var org string
		if err := rows.Scan(&org); err != nil {
			return nil, fmt.Errorf("list the logs: %w", err)
		}
		orgs = append(orgs, org)
	}
	return orgs, rows.Err()
}

func insertEvent(ctx context.Context, tx *store.Tx, e eventRow) error {
	r := e.record
	_, err := tx.ExecContext(ctx, `
		insert into audit_event (org_id, seq, at, actor_id, action, outcome, customer_id, ticket_id, record, leaf, private)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.Organization, r.Seq, store.Time(r.At), r.Actor.ID, r.Action, r.Outcome, r.CustomerID, r.TicketID, e.text, e.leaf, e.private)
	if err != nil {
		return fmt.Errorf("insert event %d: %w", r.Seq, err)
	}
	return nil
}

func insertTargets(ctx context.Context, tx *store.Tx, org string, rows []targetRow) error {
	const most = 100
	for len(rows) > 0 {
		n := min(len(rows), most)
		var b strings.Builder
		args := []any{org}
		b.WriteString(`insert into audit_target (org_id, target_id, seq) values `)
		for i, r := range rows[:n] {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "($1, $%d, $%d)", len(args)+1, len(args)+2)
			args = append(args, r.id, r.seq)
		}
		if _, err := tx.ExecContext(ctx, b.String(), args...); err != nil {
			return fmt.Errorf("insert targets: %w", err)
		}
		rows = rows[n:]
	}
	return nil
}

func insertNodes(ctx context.Context, tx *store.Tx, org string, rows []nodeRow) error {
	for _, r := range rows {
		_, err := tx.ExecContext(ctx, `insert into audit_node (org_id, level, position, hash) values ($1, $2, $3, $4)`,
			org, int64(r.level), int64(r.index), r.hash)
		if err != nil {
			return fmt.Errorf("insert node %d/%d: %w", r.level, r.index, err)
		}
	}
	return nil
}

// eventsFrom returns at most limit events with from <= seq <= to, in order.
func eventsFrom(ctx context.Context, q store.Querier, org string, from, to int64, limit int) ([]storedEvent, error) {
	rows, err := q.QueryContext(ctx, `
		select seq, at, actor_id, action, outcome, customer_id, ticket_id, record, leaf, private from audit_event
		where org_id = $1 and seq >= $2 and seq <= $3 order by seq limit $4`, org, from, to, limit)
	return scanEvents(rows, err)
}

// storedEvent is a row as it lies in the database, before anybody believes it.
type storedEvent struct {
	seq                                            int64
	at                                             time.Time
	actorID, action, outcome, customerID, ticketID string
	text                                           string
	leaf, private                                  []byte
}

func scanEvents(rows *sql.Rows, err error) (out []storedEvent, _ error) {
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e storedEvent
		err := rows.Scan(&e.seq, (*store.Time)(&e.at), &e.actorID, &e.action, &e.outcome, &e.customerID, &e.ticketID, &e.text, &e.leaf, &e.private)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}
