package jobs

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// sqliteDriver is River's driver, except that a commit of this process announces new jobs. River's own listener would read a table
// of notifications twenty times a second.
type sqliteDriver struct {
	*riversqlite.Driver

	bell *bell
}

func newSQLiteDriver(db *sql.DB, b *bell) *sqliteDriver {
	return &sqliteDriver{Driver: riversqlite.New(db), bell: b}
}

// GetListener returns the bell.
func (d *sqliteDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.bell
}

// SupportsListenNotify is false so that River writes no rows of notifications.
func (d *sqliteDriver) SupportsListenNotify() bool { return false }

// bell is a listener inside the process. Rings that nobody has heard yet count as one.
type bell struct{ rung chan struct{} }

func newBell() *bell { return &bell{rung: make(chan struct{}, 1)} }

func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// WaitForNotification waits for the next ring.
func (b *bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.rung:
		return &riverdriver.Notification{Topic: "river_insert", Payload: `{"queue":"` + river.QueueDefault + `"}`}, nil
	}
}

// Close does nothing.
func (b *bell) Close(context.Context) error { return nil }

// Connect does nothing.
func (b *bell) Connect(context.Context) error { return nil }

// Listen does nothing: there is one topic.
func (b *bell) Listen(context.Context, string) error { return nil }

// Ping does nothing.
func (b *bell) Ping(context.Context) error { return nil }

// Schema is the default one.
func (b *bell) Schema() string { return "" }

// SetAfterConnectExec does nothing.
func (b *bell) SetAfterConnectExec(string) {}

// Unlisten does nothing.
func (b *bell) Unlisten(context.Context, string) error { return nil }
