package doctor

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"countersign.dev/countersign/internal/store"
)

const (
	oldestPostgres = 140000
	overdue        = 15 * time.Minute // for what the server does at once
	skewAllowed    = 5 * time.Second
	quickCheckMax  = 2 << 30 // bytes of a database that is read as a whole
)

// patient is a database under examination.
type patient struct {
	db       *store.DB
	now      time.Time
	external *url.URL
	boxes    func(ctx context.Context, q store.Querier) ([]Mailbox, error)
}

// examine goes on to the content only where the schema is the one this program knows.
func (p patient) examine(ctx context.Context) []Check {
	schema := p.schema(ctx)
	checks := []Check{schema}
	if p.db.Dialect() == store.Postgres {
		checks = append(checks, p.postgres(ctx)...)
	} else {
		checks = append(checks, p.sqlite(ctx)...)
	}
	if schema.Grade != OK {
		return checks
	}
	checks = append(checks, p.clock(ctx), p.mail(ctx))
	checks = append(checks, p.mailboxes(ctx)...)
	return append(checks, p.carriers(ctx), p.deliveries(ctx), p.inbound(ctx), p.jobs(ctx), p.audit(ctx))
}

func broken(name string, err error) Check {
	return Check{name, Fail, err.Error(), "Look at the database; the message says what it refused."}
}

func (p patient) schema(ctx context.Context) Check {
	const name = "schema"
	newest, err := store.NewestSchema()
	if err != nil {
		return broken(name, err)
	}
	current, err := p.db.Schema(ctx)
	switch {
	case err != nil:
		return broken(name, err)
	case current == 0:
		return Check{name, Warn, "the database is empty", "Start the server, which sets it up."}
	case current < newest:
		return Check{name, Warn, fmt.Sprintf("version %d, this program has %d", current, newest), "Make a backup and start the server, which upgrades it."}
	case current > newest:
		return Check{name, Fail, fmt.Sprintf("version %d comes from a newer program than this one with %d", current, newest), "Install the newer version again."}
	}
	return Check{name, OK, fmt.Sprintf("version %d", current), ""}
}

func (p patient) sqlite(ctx context.Context) []Check {
	set, err := sqliteSettings(ctx, p.db.Read())
	if err != nil {
		return []Check{broken("durability", err)}
	}
	durable := Check{"durability", OK, "write-ahead log, every commit is synced", ""}
	if set.journal != "wal" || set.synchronous < 2 {
		durable = Check{"durability", Fail, fmt.Sprintf("journal %s, synchronous %d", set.journal, set.synchronous), "Keep the data folder on a local disk: some network disks refuse the write-ahead log."}
	}
	if set.size > quickCheckMax {
		return []Check{durable, {"integrity", OK, "not read: the database is large", ""}}
	}
	found, err := quickCheck(ctx, p.db.Read())
	switch {
	case err != nil:
		return []Check{durable, broken("integrity", err)}
	case found != "ok":
		return []Check{durable, {"integrity", Fail, found, "Stop the server and restore the last backup; then look at the disk."}}
	}
	return []Check{durable, {"integrity", OK, "every page is in order", ""}}
}

func (p patient) postgres(ctx context.Context) []Check {
	set, err := postgresSettings(ctx, p.db.Read())
	if err != nil {
		return []Check{broken("PostgreSQL", err)}
	}
	version := Check{"PostgreSQL", OK, "version " + set.version, ""}
	if set.number < oldestPostgres {
		version.Grade, version.Remedy = Fail, "Upgrade PostgreSQL to version 14 or newer."
	}
	durable := Check{"durability", OK, "every commit is synced", ""}
	if set.fsync != "on" || set.fullPages != "on" || set.commit == "off" {
		durable = Check{
			"durability", Fail, fmt.Sprintf("fsync %s, full_page_writes %s, synchronous_commit %s", set.fsync, set.fullPages, set.commit),
			"Switch all three on: without them a power cut loses what was confirmed to people.",
		}
	}
	line := Check{"database line", OK, "encrypted, or inside this machine", ""}
	if !set.encrypted && !set.local {
		line = Check{"database line", Warn, "not encrypted", "Add sslmode=verify-full to the database address."}
	}
	return []Check{version, durable, line}
}

func (p patient) clock(ctx context.Context) Check {
	const name = "clock"
	newest, err := newestEvent(ctx, p.db.Read())
	if err != nil {
		return broken(name, err)
	}
	if ahead := newest.Sub(p.now); ahead > skewAllowed {
		return Check{name, Fail, fmt.Sprintf("the last recorded event lies %v in the future: the clock was set back", ahead.Round(time.Second)), "Set the clock and keep it right with NTP."}
	}
	if p.db.Dialect() == store.Postgres {
		skew, err := databaseSkew(ctx, p.db.Read())
		if err != nil {
			return broken(name, err)
		}
		if skew.Abs() > skewAllowed {
			return Check{name, Warn, fmt.Sprintf("differs from that of the database by %v", skew.Round(time.Millisecond)), "Keep both machines' clocks right with NTP."}
		}
	}
	return Check{name, OK, p.now.Format(time.RFC3339), ""}
}

func (p patient) mail(ctx context.Context) Check {
	const name = "mail"
	all, with, err := organizationsWithMail(ctx, p.db.Read())
	switch {
	case err != nil:
		return broken(name, err)
	case all == 0:
		return Check{name, Warn, "there is no organization yet", "Set one up with the link that the server prints, or with admin bootstrap."}
	case with < all:
		return Check{name, Warn, fmt.Sprintf("%d of %d organizations have no mail server: their mail goes to the sandbox only", all-with, all), "Enter a mail server under Settings."}
	}
	return Check{name, OK, fmt.Sprintf("every organization has a mail server (%d)", all), ""}
}

const serverRemedy = "See that the server runs; if it does, its log says what keeps it."

func (p patient) deliveries(ctx context.Context) Check {
	const name = "deliveries"
	n, err := overdueDeliveries(ctx, p.db.Read(), p.now.Add(-overdue))
	if err != nil {
		return broken(name, err)
	}
	if n > 0 {
		return Check{name, Warn, fmt.Sprintf("%d messages should have been tried %v ago", n, overdue), serverRemedy}
	}
	return Check{name, OK, "no message waits", ""}
}

func (p patient) inbound(ctx context.Context) Check {
	const name = "inbound"
	n, err := overdueInbound(ctx, p.db.Read(), p.now.Add(-overdue))
	if err != nil {
		return broken(name, err)
	}
	if n > 0 {
		return Check{name, Warn, fmt.Sprintf("%d received messages wait since more than %v", n, overdue), serverRemedy}
	}
	return Check{name, OK, "no received message waits", ""}
}

func (p patient) jobs(ctx context.Context) Check {
	const name = "jobs"
	dead, late, err := troubledJobs(ctx, p.db.Dialect(), p.db.Read(), p.now.Add(-overdue))
	switch {
	case err != nil:
		return broken(name, err)
	case dead > 0:
		return Check{name, Warn, fmt.Sprintf("%d jobs were given up in the last 30 days", dead), "The log says why under \"job failed\"."}
	case late > 0:
		return Check{name, Warn, fmt.Sprintf("%d jobs should have run %v ago", late, overdue), serverRemedy}
	}
	return Check{name, OK, "none late, none given up", ""}
}

func (p patient) audit(ctx context.Context) Check {
	const name = "audit log"
	n, err := unsignedLogs(ctx, p.db.Read(), p.now.Add(-overdue))
	if err != nil {
		return broken(name, err)
	}
	if n > 0 {
		return Check{name, Warn, fmt.Sprintf("%d logs have events older than %v after their last signed checkpoint", n, overdue), serverRemedy}
	}
	return Check{name, OK, "every log is signed up to now", ""}
}
