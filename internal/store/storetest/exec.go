package storetest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// exec runs one statement outside any test's context, which is already over when cleanup runs.
func exec(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background() //nolint:usetesting // the test's context is canceled before cleanup
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Error(err)
	}
}
