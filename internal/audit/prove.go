package audit

import (
	"context"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

// Inclusion proves to somebody who holds the public key that one event is in the log: auditverify.CheckInclusion of Record and Path
// with the root inside Checkpoint.
type Inclusion struct {
	Seq        int64
	Record     string
	Path       [][]byte
	Checkpoint string // signed; its size is the one that Path leads to
}

// Prove returns the proof of one event against the last checkpoint.
func (l *Log) Prove(ctx context.Context, org string, seq int64) (Inclusion, error) {
	q := l.db.Read()
	last, err := lastCheckpoint(ctx, q, org)
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	rows, err := eventsFrom(ctx, q, org, seq, seq, 1)
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	if len(rows) == 0 || last == nil || last.size < seq {
		return Inclusion{}, errNotCovered
	}
	nodes, err := proof.Inclusion(uint64(seq-1), uint64(last.size))
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	path, err := hashes(ctx, q, org, nodes)
	if err != nil {
		return Inclusion{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	return Inclusion{Seq: seq, Record: rows[0].text, Path: path, Checkpoint: last.note}, nil
}

// Consistency returns the proof, for auditverify.CheckConsistency, that the log of the later size begins with that of the earlier.
func (l *Log) Consistency(ctx context.Context, org string, earlier, later int64) ([][]byte, error) {
	q := l.db.Read()
	h, err := readHead(ctx, q, org)
	if err != nil {
		return nil, fmt.Errorf("prove consistency: %w", err)
	}
	if earlier < 0 || earlier > later || later > h.size {
		return nil, errNotCovered
	}
	nodes, err := proof.Consistency(uint64(earlier), uint64(later))
	if err != nil {
		return nil, fmt.Errorf("prove consistency: %w", err)
	}
	path, err := hashes(ctx, q, org, nodes)
	if err != nil {
		return nil, fmt.Errorf("prove consistency of %d and %d: %w", earlier, later, err)
	}
	return path, nil
}

func hashes(ctx context.Context, q store.Querier, org string, nodes proof.Nodes) ([][]byte, error) {
	out := make([][]byte, len(nodes.IDs))
	for i, id := range nodes.IDs {
		var err error
		if out[i], err = nodeHash(ctx, q, org, id); err != nil {
			return nil, err
		}
	}
	return nodes.Rehash(out, rfc6962.DefaultHasher.HashChildren)
}

// nodeHash returns the root of a complete subtree: kept if it is a big one, else computed from its leaves.
func nodeHash(ctx context.Context, q store.Querier, org string, id compact.NodeID) ([]byte, error) {
	if id.Level >= nodeLevel {
		hash, err := node(ctx, q, org, id.Level, id.Index)
		if err == nil && hash == nil {
			err = &BadError{Seq: int64(id.Index<<id.Level) + 1, Reason: "a part of the tree is missing"}
		}
		return hash, err
	}
	begin, end := id.Coverage()
	leaves, err := leavesFrom(ctx, q, org, int64(begin)+1, int64(end))
	if err != nil {
		return nil, err
	}
	if len(leaves) != int(end-begin) {
		return nil, &BadError{Seq: int64(begin) + 1, Reason: "an event is missing here or shortly after"}
	}
	for len(leaves) > 1 {
		for i := range len(leaves) / 2 {
			leaves[i] = rfc6962.DefaultHasher.HashChildren(leaves[2*i], leaves[2*i+1])
		}
		leaves = leaves[:len(leaves)/2]
	}
	return leaves[0], nil
}

// rootAt is the root that the log had at an earlier size, from what is kept of the tree.
func rootAt(ctx context.Context, q store.Querier, org string, size int64) (auditverify.Hash, error) {
	var parts [][]byte
	for _, id := range compact.RangeNodes(0, uint64(max(size, 0)), nil) {
		hash, err := nodeHash(ctx, q, org, id)
		if err != nil {
			return auditverify.Hash{}, err
		}
		parts = append(parts, hash)
	}
	tree, err := auditverify.NewTree(size, parts)
	if err != nil {
		return auditverify.Hash{}, err
	}
	return tree.Root()
}
