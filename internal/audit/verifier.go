package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

// verifier carries what has been computed so far.
type verifier struct {
	log     *Log
	head    head
	tree    *auditverify.Tree
	last    auditverify.Checkpoint
	heads   map[int64]auditverify.Checkpoint // of the head file, by size
	lastAt  time.Time
	nodes   []nodeRow
	targets sum
	report  Report
}

func newVerifier(l *Log, h head) (*verifier, error) {
	tree, err := auditverify.NewTree(0, nil)
	if err != nil {
		return nil, err
	}
	empty, err := emptyCheckpoint(h.org)
	return &verifier{log: l, head: h, tree: tree, last: empty, heads: map[int64]auditverify.Checkpoint{}}, err
}

// loadHeads reads what the head file holds of this log and compares its end.
func (v *verifier) loadHeads() error {
	path := v.log.heads.name()
	if path == "" {
		return nil
	}
	var most int64
	_, err := readHeads(path, func(number int, line headLine) error {
		if line.Organization != v.head.org {
			return nil
		}
		c, err := v.log.check.OpenCheckpoint(line.Checkpoint)
		if err != nil || c.Organization != line.Organization || c.Size != line.Size {
			return &BadError{Reason: fmt.Sprintf("line %d of the head file was forged", number)}
		}
		if known, ok := v.heads[c.Size]; ok && known.Root != c.Root {
			return &BadError{Reason: fmt.Sprintf("the head file holds two different heads of size %d", c.Size)}
		}
		v.heads[c.Size] = c
		most = max(most, c.Size)
		v.report.Heads++
		return nil
	})
	if err != nil {
		return err
	}
	if most > v.head.size {
		return cutOff(v.head.size, most)
	}
	return nil
}

func (v *verifier) batch(ctx context.Context, q store.Querier) error {
	from := v.tree.Size() + 1
	to := min(v.tree.Size()+verifyBatch, v.head.size)
	rows, err := eventsFrom(ctx, q, v.head.org, from, to, verifyBatch)
	if err != nil {
		return err
	}
	events, err := v.log.open(ctx, q, v.head.org, rows)
	if err != nil {
		return err
	}
	checkpoints, err := checkpointsFrom(ctx, q, v.head.org, from, to, verifyBatch)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := v.event(e); err != nil {
			return err
		}
		size := v.tree.Size()
		if len(checkpoints) > 0 && checkpoints[0].size == size {
			if err := v.checkpoint(checkpoints[0]); err != nil {
				return err
			}
			checkpoints = checkpoints[1:]
		}
		if c, ok := v.heads[size]; ok {
			if err := v.compareRoot(c.Root, "a head kept outside the database"); err != nil {
				return err
			}
		}
	}
	if v.tree.Size() < to {
		return &BadError{Seq: v.tree.Size() + 1, Reason: "the event is missing"}
	}
	return v.compareNodes(ctx, q)
}

func (v *verifier) event(e opened) error {
	seq := v.tree.Size() + 1
	bad := func(reason string) error { return &BadError{Seq: seq, Reason: reason} }
	r, row := e.record, e.row
	switch {
	case row.seq != seq:
		return bad("the event is missing")
	case e.err != nil:
		return bad("the record is damaged")
	case r.Organization != v.head.org:
		return bad("the event belongs to another organization")
	case r.Seq != seq:
		return bad(fmt.Sprintf("the event is missing or out of order; event %d stands here", r.Seq))
	}
	leaf := auditverify.LeafHash([]byte(row.text))
	switch {
	case !bytes.Equal(leaf[:], row.leaf):
		return bad("the event was altered")
	case !row.at.Equal(r.At) || row.actorID != r.Actor.ID || row.action != r.Action || row.outcome != r.Outcome || row.customerID != r.CustomerID ||
		row.ticketID != r.TicketID:
		return bad("a column that the event is found by was altered")
	}
	for _, s := range e.sections {
		if s.Damaged {
			return bad("private data was altered")
		}
	}
	for _, t := range appendTargets(nil, r) {
		v.targets.add(t)
	}
	if r.At.Before(v.lastAt.Add(-clockSlack)) {
		v.report.ClockSetBack++
	}
	v.lastAt = r.At
	return v.tree.Append(leaf, func(level uint, index uint64, hash []byte) {
		if level >= nodeLevel {
			v.nodes = append(v.nodes, nodeRow{level, index, hash})
		}
	})
}

func (v *verifier) checkpoint(row checkpointRow) error {
	c, err := v.log.check.OpenCheckpoint(row.note)
	switch {
	case err != nil:
		return &BadError{Reason: fmt.Sprintf("the checkpoint of size %d was forged: %v", row.size, err)}
	case c.Organization != v.head.org || c.Size != row.size || !bytes.Equal(c.Root[:], row.root) || !c.At.Equal(row.at):
		return &BadError{Reason: fmt.Sprintf("the checkpoint of size %d was altered", row.size)}
	case c.PreviousSize != v.last.Size || c.Previous != v.last.Root:
		return &BadError{Reason: fmt.Sprintf("a checkpoint between sizes %d and %d is missing", v.last.Size, c.Size)}
	}
	if err := v.compareRoot(c.Root, "its signed checkpoint"); err != nil {
		return err
	}
	v.last = c
	v.report.Checkpoints++
	return nil
}

// compareRoot names the first event since the last good checkpoint: the altered one is that or one behind it.
func (v *verifier) compareRoot(want auditverify.Hash, of string) error {
	root, err := v.tree.Root()
	if err == nil && root != want {
		err = &BadError{Seq: v.last.Size + 1, Reason: fmt.Sprintf("events %d to %d do not give the root of %s: one of them was altered, removed or added",
			v.last.Size+1, v.tree.Size(), of)}
	}
	return err
}

func (v *verifier) compareNodes(ctx context.Context, q store.Querier) error {
	for _, n := range v.nodes {
		kept, err := node(ctx, q, v.head.org, n.level, n.index)
		if err != nil {
			return err
		}
		if !bytes.Equal(kept, n.hash) {
			first := int64(n.index<<n.level) + 1
			return &BadError{Seq: first, Reason: fmt.Sprintf("events %d to %d do not give the hash that was kept of them", first, first+1<<n.level-1)}
		}
	}
	v.nodes = v.nodes[:0]
	return nil
}

// end compares what concerns the log as a whole.
func (v *verifier) end(ctx context.Context, q store.Querier) error {
	if !slices.EqualFunc(v.tree.Hashes(), v.head.hashes, bytes.Equal) {
		return &BadError{Seq: v.last.Size + 1, Reason: fmt.Sprintf("events %d to %d do not give the head of the log", v.last.Size+1, v.head.size)}
	}
	if v.head.checkpointSize > v.last.Size {
		return &BadError{Reason: fmt.Sprintf("the checkpoint of size %d is missing", v.head.checkpointSize)}
	}
	var found sum
	if err := eachTarget(ctx, q, v.head.org, v.head.size, found.add); err != nil {
		return err
	}
	if found != v.targets {
		return &BadError{Reason: "the index of targets was altered"}
	}
	var err error
	v.report.Events = v.head.size
	v.report.Root, err = v.tree.Root()
	return err
}

// sum adds up the hashes of rows, so that two sets of rows compare in any order.
type sum [4]uint64

func (s *sum) add(t targetRow) {
	h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(t.id), uint64(t.seq)))
	for i := range s {
		s[i] += binary.BigEndian.Uint64(h[8*i:])
	}
}
