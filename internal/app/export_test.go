package app

import (
	"context"
	"io/fs"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
)

// API lets tests walk the routes.
func (a *App) API() *httpapi.API { return a.api }

// Organization makes an organization and returns an API token of its owner.
func (a *App) Organization(ctx context.Context, o config.Owner, password string) (string, error) {
	return a.signin.AddOrganization(ctx, signin.NewOwner{Organization: o.Organization, Region: "US", Name: o.Name, Email: o.Email, Password: password})
}

// Demo makes the demo organization and returns the token of a link into it.
func (a *App) Demo(ctx context.Context) (string, error) { return a.demo(ctx) }

// Console serves other files than the built ones.
func (a *App) Console(files fs.FS) http.Handler {
	return &console{api: a.api, files: files, packed: map[string]*asset{}}
}

// TokenFor makes an API token of a technician, as the command line does.
func (a *App) TokenFor(ctx context.Context, email string) (string, error) {
	return a.signin.TokenFor(ctx, email, "test", time.Hour)
}

// Age makes every session look as if its person had proved who they are so much earlier.
func (a *App) Age(ctx context.Context, d time.Duration) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `update signin_session set authenticated_at = authenticated_at - $1`, d.Microseconds())
		return err
	})
}

// Exec changes the database behind the product's back.
func (a *App) Exec(ctx context.Context, statements ...string) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// CheckLogs is what happens every night.
func (a *App) CheckLogs(ctx context.Context) error { return a.audit.VerifyAll(ctx) }

// SignLogs is what happens every minute.
func (a *App) SignLogs(ctx context.Context) error { return a.audit.CheckpointAll(ctx) }

// TellOverrides is what happens every five minutes.
func (a *App) TellOverrides(ctx context.Context) error { return a.weeklyOverrides().Sweep(ctx) }

// AgePods makes the sessions of frames, and the codes for them, end sooner.
func (a *App) AgePods(ctx context.Context, d time.Duration) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `update pod_grant set expires_at = expires_at - $1`, d.Microseconds()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `update signin_session set expires_at = expires_at - $1 where parent_id <> ''`, d.Microseconds())
		return err
	})
}
