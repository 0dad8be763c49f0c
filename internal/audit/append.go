package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

const (
	// nodeLevel is the least level of the subtrees whose roots are kept: 2^8 events.
	nodeLevel = 8
	// clockSlack is how far the clock may be behind the last event before that becomes an event itself.
	clockSlack = time.Second
	// checkpointAfter is how many events may wait for a checkpoint.
	checkpointAfter = 1000
)

// append adds the events of one transaction to the logs of their organizations.
func (l *Log) append(ctx context.Context, tx *store.Tx, events []pending, erased map[string]bool) error {
	// Locks are taken in one order, so that two transactions cannot wait for each other.
	slices.SortStableFunc(events, func(a, b pending) int { return cmp.Compare(a.actor.OrgID, b.actor.OrgID) })
	for len(events) > 0 {
		org := events[0].actor.OrgID
		n := 1
		for n < len(events) && events[n].actor.OrgID == org {
			n++
		}
		if err := l.appendTo(ctx, tx, org, events[:n], erased); err != nil {
			return fmt.Errorf("append to the log: %w", err)
		}
		events = events[n:]
	}
	return nil
}

func (l *Log) appendTo(ctx context.Context, tx *store.Tx, org string, events []pending, erased map[string]bool) error {
	head, err := reserve(ctx, tx, org, int64(len(events)))
	if err != nil {
		return err
	}
	now := store.Now()
	if now.Before(head.lastAt.Add(-clockSlack)) {
		if events, err = l.tellOfClock(ctx, tx, head, events, now); err != nil {
			return err
		}
	}
	tree, err := auditverify.NewTree(head.size, head.hashes)
	if err != nil {
		return err
	}
	k := &keyring{org: org, epoch: head.keyEpoch, erased: erased}
	var targets []targetRow
	var nodes []nodeRow
	next := tellAll(events, erased, now)
	for _, p := range events {
		r := recordOf(p, tree.Size()+1, now)
		commitments, private, err := l.sealSections(ctx, tx, k, next(), r.ID, now)
		if err != nil {
			return err
		}
		r.Commitments = commitments
		text := r.Encode()
		leaf := auditverify.LeafHash(text)
		if err := tree.Append(leaf, func(level uint, index uint64, hash []byte) {
			if level >= nodeLevel {
				nodes = append(nodes, nodeRow{level, index, hash})
			}
		}); err != nil {
			return err
		}
		if err := insertEvent(ctx, tx, eventRow{record: r, text: string(text), leaf: leaf[:], private: private}); err != nil {
			return err
		}
		targets = appendTargets(targets, r)
	}
	if err := insertTargets(ctx, tx, org, targets); err != nil {
		return err
	}
	if err := insertNodes(ctx, tx, org, nodes); err != nil {
		return err
	}
	if err := advance(ctx, tx, org, tree.Hashes(), now); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		l.keys.put(k)
		l.appended(org, int64(len(events)))
	})
	return nil
}

func recordOf(p pending, seq int64, now time.Time) auditverify.Record {
	e := p.event
	r := auditverify.Record{
		Organization: p.actor.OrgID, Seq: seq, ID: id.New(), At: now,
		Actor:  auditverify.Ref{Type: public(string(p.actor.Kind)), ID: public(p.actor.ID)},
		Action: e.Action, Outcome: string(cmp.Or(e.Outcome, Success)), Reason: public(e.Reason),
		CustomerID: public(e.CustomerID), TicketID: public(e.TicketID), RequestID: public(p.actor.RequestID),
	}
	if r.Actor.Type == "" {
		r.Actor.Type = anonymous
	}
	for _, t := range e.Targets {
		r.Targets = append(r.Targets, auditverify.Ref{Type: public(t.Type), ID: public(t.ID)})
	}
	return r
}

// tellOfClock puts an event in front of the others that says that the clock was set back: times in the log are what the clock said.
func (l *Log) tellOfClock(ctx context.Context, tx *store.Tx, head head, events []pending, now time.Time) ([]pending, error) {
	if _, err := reserve(ctx, tx, head.org, 1); err != nil {
		return nil, err
	}
	told := pending{access.System(head.org), Event{
		Action: "audit.clock_set_back",
		Detail: map[string]any{"last_event": head.lastAt, "now": now},
	}}
	return append([]pending{told}, events...), nil
}

// appendTargets adds what an event can be found by; a thing that it names twice is one.
func appendTargets(rows []targetRow, r auditverify.Record) []targetRow {
	start := len(rows)
	for _, t := range r.Targets {
		row := targetRow{t.ID, r.Seq}
		if t.ID != "" && !slices.Contains(rows[start:], row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// appended counts towards the next checkpoint.
func (l *Log) appended(org string, n int64) {
	l.mu.Lock()
	l.since[org] += n
	full := l.since[org] >= checkpointAfter
	if full {
		l.since[org] = 0
	}
	l.mu.Unlock()
	if full {
		select {
		case l.due <- org:
		default: // the next round takes it
		}
	}
}
