// Package auditverify checks what the audit log hands out: exports, checkpoints and proofs. It knows no database and needs nothing of
// the rest of the product, so that an auditor can lift it out and build it alone.
package auditverify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// LeafHash is the RFC 6962 hash of a record's exact bytes.
func LeafHash(record []byte) Hash {
	buffer := make([]byte, 0, 1024)
	return leafHash(&buffer, record)
}

// leafHash is LeafHash that reuses a buffer.
func leafHash(buffer *[]byte, record []byte) Hash {
	*buffer = append(append((*buffer)[:0], rfc6962.RFC6962LeafHashPrefix), record...)
	return sha256.Sum256(*buffer)
}

// Commit is the commitment to personal data that a record carries. The salt is random, so that nobody can guess the data from it once
// data and salt are erased.
func Commit(salt []byte, subject string, data []byte) Hash {
	buffer := make([]byte, 0, 1024)
	return commit(&buffer, salt, subject, data)
}

func commit(buffer *[]byte, salt []byte, subject string, data []byte) Hash {
	b := append((*buffer)[:0], "countersign.audit/1 commitment\n"...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(salt))), salt...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(subject))), subject...)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(data))), data...)
	*buffer = b
	return sha256.Sum256(b)
}

// Tree is an RFC 6962 tree that only grows; it keeps the few hashes that the next root needs.
type Tree struct{ r *compact.Range }

// NewTree returns a tree of the given size from the hashes that Hashes returned then; size 0 has none.
func NewTree(size int64, hashes [][]byte) (*Tree, error) {
	f := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r, err := f.NewRange(0, uint64(max(size, 0)), hashes)
	if err != nil {
		return nil, fmt.Errorf("resume the tree at size %d: %w", size, err)
	}
	return &Tree{r}, nil
}

// Append adds one leaf. Node, if given, is called with each subtree that is complete from now on.
func (t *Tree) Append(leaf Hash, node func(level uint, index uint64, hash []byte)) error {
	var visit compact.VisitFn
	if node != nil {
		visit = func(id compact.NodeID, hash []byte) { node(id.Level, id.Index, hash) }
	}
	return t.r.Append(leaf[:], visit)
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return int64(t.r.End()) }

// Hashes are the roots of the complete subtrees, left to right.
func (t *Tree) Hashes() [][]byte { return t.r.Hashes() }

// Root is the root of all leaves.
func (t *Tree) Root() (Hash, error) {
	if t.r.End() == 0 {
		return Hash(rfc6962.DefaultHasher.EmptyRoot()), nil
	}
	root, err := t.r.GetRootHash(nil)
	if err != nil {
		return Hash{}, fmt.Errorf("compute the root at size %d: %w", t.Size(), err)
	}
	return Hash(root), nil
}

// CheckInclusion proves that record is event number seq, counted from 1, of the log whose first size events have that root.
func CheckInclusion(record []byte, seq, size int64, path [][]byte, root Hash) error {
	if seq < 1 || seq > size {
		return fmt.Errorf("event %d is not among the first %d", seq, size)
	}
	leaf := LeafHash(record)
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(seq-1), uint64(size), leaf[:], path, root[:]); err != nil {
		return fmt.Errorf("event %d is not in the tree of size %d: %w", seq, size, err)
	}
	return nil
}

// CheckConsistency proves that the log of the later root still begins with the log of the earlier one.
func CheckConsistency(earlier, later int64, path [][]byte, earlierRoot, laterRoot Hash) error {
	if earlier < 0 || later < earlier {
		return fmt.Errorf("a log does not shrink from %d to %d events", earlier, later)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(earlier), uint64(later), path, earlierRoot[:], laterRoot[:]); err != nil {
		return fmt.Errorf("the log of size %d does not continue the one of size %d: %w", later, earlier, err)
	}
	return nil
}
