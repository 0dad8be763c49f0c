// Command countersign is the server and the tools around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // machines without a zone database

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run carries one command out: 0 done, 1 failed, 2 wrong usage.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	name, c, err := config.Parse(args, out)
	if err == nil && name != "" {
		err = command(ctx, name, c, app.Streams{In: in, Out: out, Log: errs, Version: version})
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, config.ErrUsage):
		_, _ = fmt.Fprintf(errs, "countersign: %v\n", err)
		return 2
	default:
		_, _ = fmt.Fprintf(errs, "countersign: %s\n", app.Sentence(err))
		return 1
	}
}

func command(ctx context.Context, name string, c *config.Commands, s app.Streams) error {
	switch name {
	case "serve":
		return app.Serve(ctx, c.Serve, s)
	case "admin bootstrap":
		return app.Bootstrap(ctx, c.Admin.Bootstrap, s)
	case "admin add-organization":
		return app.AddOrganization(ctx, c.Admin.AddOrganization, s)
	case "admin token":
		return app.Token(ctx, c.Admin.Token, s)
	case "admin reset-factors":
		return app.ResetFactors(ctx, c.Admin.ResetFactors, s)
	case "admin unlock":
		return app.Unlock(ctx, c.Admin.Unlock, s)
	case "audit verify":
		return app.VerifyExport(ctx, c.Audit.Verify, s)
	case "audit public-key":
		return app.PublicKey(ctx, c.Audit.PublicKey, s)
	case "receipt verify":
		return app.VerifyReceipt(ctx, c.Receipt.Verify, s)
	case "backup":
		return app.Backup(ctx, c.Backup, s)
	case "restore":
		return app.Restore(ctx, c.Restore, s)
	case "doctor":
		return app.Doctor(ctx, c.Doctor, s)
	case "openapi":
		return app.PrintDocument(s)
	case "version":
		_, err := fmt.Fprintln(s.Out, s.Version)
		return err
	}
	return fmt.Errorf("%w: there is no command %q", config.ErrUsage, name)
}
