package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

func contextWithStop(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

func newLogWith(t *testing.T, db *store.DB, fill byte) *audit.Log {
	t.Helper()
	k, err := seal.New(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return audit.New(db, k)
}

// resum writes the sum of a changed export anew.
func resum(t *testing.T, file []byte) []byte {
	t.Helper()
	start := bytes.LastIndex(file, []byte(`{"sha256"`))
	out, err := auditverify.AppendLine(bytes.Clone(file[:start]), auditverify.TrailerLine(sha256.Sum256(file[:start])))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
