package storetest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// exec runs one statement on a connection of its own. The context is not the test's, which is canceled before the test cleans up.
func exec(address, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", Env, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}
