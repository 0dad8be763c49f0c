package auditverify_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// The reference is RFC 6962 section 2.1 word for word.

func referenceRoot(leaves [][]byte) []byte {
	switch n := len(leaves); n {
	case 0:
		sum := sha256.Sum256(nil)
		return sum[:]
	case 1:
		sum := sha256.Sum256(append([]byte{0}, leaves[0]...))
		return sum[:]
	default:
		k := split(n)
		sum := sha256.Sum256(bytes.Join([][]byte{{1}, referenceRoot(leaves[:k]), referenceRoot(leaves[k:])}, nil))
		return sum[:]
	}
}

// split is the largest power of two smaller than n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func referencePath(m int, leaves [][]byte) [][]byte {
	n := len(leaves)
	if n <= 1 {
		return nil
	}
	k := split(n)
	if m < k {
		return append(referencePath(m, leaves[:k]), referenceRoot(leaves[k:]))
	}
	return append(referencePath(m-k, leaves[k:]), referenceRoot(leaves[:k]))
}

func referenceConsistency(m int, leaves [][]byte, whole bool) [][]byte {
	n := len(leaves)
	if m == n {
		if whole {
			return nil
		}
		return [][]byte{referenceRoot(leaves)}
	}
	k := split(n)
	if m <= k {
		return append(referenceConsistency(m, leaves[:k], whole), referenceRoot(leaves[k:]))
	}
	return append(referenceConsistency(m-k, leaves[k:], false), referenceRoot(leaves[:k]))
}

func TestTheTreeIsRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 8), 1, 70).Draw(t, "leaves")
		tree, err := auditverify.NewTree(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		roots := make([]auditverify.Hash, len(leaves)+1)
		for i, leaf := range leaves {
			// As the log does: resumed from its hashes for every event.
			if tree, err = auditverify.NewTree(tree.Size(), tree.Hashes()); err != nil {
				t.Fatal(err)
			}
			if err := tree.Append(auditverify.LeafHash(leaf), nil); err != nil {
				t.Fatal(err)
			}
			if roots[i+1], err = tree.Root(); err != nil || !bytes.Equal(roots[i+1][:], referenceRoot(leaves[:i+1])) {
				t.Fatalf("root of %d: %x, %v", i+1, roots[i+1], err)
			}
		}
		n := rapid.IntRange(1, len(leaves)).Draw(t, "size")
		m := rapid.IntRange(1, n).Draw(t, "seq")
		path := referencePath(m-1, leaves[:n])
		if err := auditverify.CheckInclusion(leaves[m-1], int64(m), int64(n), path, roots[n]); err != nil {
			t.Error(err)
		}
		consistency := referenceConsistency(m, leaves[:n], true)
		if err := auditverify.CheckConsistency(int64(m), int64(n), consistency, roots[m], roots[n]); err != nil {
			t.Error(err)
		}
		wrong := append(bytes.Clone(leaves[m-1]), 1)
		if auditverify.CheckInclusion(wrong, int64(m), int64(n), path, roots[n]) == nil {
			t.Error("proved another leaf")
		}
		if len(path) > 0 {
			path[0] = bytes.Repeat([]byte{1}, 32)
			if auditverify.CheckInclusion(leaves[m-1], int64(m), int64(n), path, roots[n]) == nil {
				t.Error("proved by another path")
			}
		}
		if m < n && auditverify.CheckConsistency(int64(m), int64(n), consistency, roots[m], roots[n-1]) == nil && roots[n] != roots[n-1] {
			t.Error("consistent with another root")
		}
		if auditverify.CheckConsistency(int64(n)+1, int64(n), nil, roots[n], roots[n]) == nil || auditverify.CheckInclusion(leaves[m-1], 0, int64(n), path, roots[n]) == nil {
			t.Error("accepted an impossible size")
		}
	})
}

func records() *rapid.Generator[auditverify.Record] {
	text := rapid.StringMatching(`[ !#-\[\]-~]{0,12}`)
	ref := rapid.Custom(func(t *rapid.T) auditverify.Ref {
		return auditverify.Ref{Type: text.Draw(t, "type"), ID: text.Draw(t, "id")}
	})
	return rapid.Custom(func(t *rapid.T) auditverify.Record {
		return auditverify.Record{
			Organization: text.Draw(t, "org"), Seq: rapid.Int64Range(1, 1<<60).Draw(t, "seq"), ID: text.Draw(t, "id"),
			At:    time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")).UTC(),
			Actor: ref.Draw(t, "actor"), Action: text.Draw(t, "action"), Outcome: text.Draw(t, "outcome"), Reason: text.Draw(t, "reason"),
			Targets: rapid.SliceOfN(ref, 0, 3).Draw(t, "targets"), CustomerID: text.Draw(t, "customer"), TicketID: text.Draw(t, "ticket"), RequestID: text.Draw(t, "request"),
			Commitments: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) auditverify.Commitment {
				return auditverify.Commitment{Subject: text.Draw(t, "subject"), Sum: sha256.Sum256([]byte(text.Draw(t, "sum")))}
			}), 0, 3).Draw(t, "commitments"),
		}
	})
}

func TestARecordHasOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := records().Draw(t, "record")
		text := r.Encode()
		again, err := auditverify.ParseRecord(string(text))
		if err != nil || !bytes.Equal(again.Encode(), text) {
			t.Fatalf("%s: %v", text, err)
		}
		// Whatever else parses is not another spelling of a record.
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		text[i] = rapid.Byte().Draw(t, "byte")
		if other, err := auditverify.ParseRecord(string(text)); err == nil && !bytes.Equal(other.Encode(), text) {
			t.Fatalf("%s is accepted, but not canonical", text)
		}
	})
}

func TestACommitmentBindsItsParts(t *testing.T) {
	salt := bytes.Repeat([]byte{1}, 16)
	want := auditverify.Commit(salt, "contact:1", []byte(`{"a":1}`))
	for name, got := range map[string]auditverify.Hash{
		"salt":     auditverify.Commit(bytes.Repeat([]byte{2}, 16), "contact:1", []byte(`{"a":1}`)),
		"subject":  auditverify.Commit(salt, "contact:2", []byte(`{"a":1}`)),
		"data":     auditverify.Commit(salt, "contact:1", []byte(`{"a":2}`)),
		"the seam": auditverify.Commit(salt, "contact:1{", []byte(`"a":1}`)),
	} {
		if got == want {
			t.Errorf("another %s gives the same commitment", name)
		}
	}
}

func TestACheckpointHasOneSpelling(t *testing.T) {
	c := auditverify.Checkpoint{Organization: "o", Size: 12, PreviousSize: 3, At: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}
	text := c.Text()
	if again, err := auditverify.ParseCheckpoint(text); err != nil || again != c {
		t.Fatalf("%+v, %v", again, err)
	}
	for i := range text {
		if other, err := auditverify.ParseCheckpoint(text[:i] + "0" + text[i:]); err == nil && other == c {
			t.Errorf("another spelling: a 0 at %d", i)
		}
		if _, err := auditverify.ParseCheckpoint(text[:i]); err == nil {
			t.Errorf("accepted cut at %d", i)
		}
	}
}
