package doctor

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

type sqliteSet struct {
	journal     string
	synchronous int
	size        int64
}

func sqliteSettings(ctx context.Context, q store.Querier) (s sqliteSet, err error) {
	if err := q.QueryRowContext(ctx, `pragma journal_mode`).Scan(&s.journal); err != nil {
		return s, fmt.Errorf("read the journal mode: %w", err)
	}
	if err := q.QueryRowContext(ctx, `pragma synchronous`).Scan(&s.synchronous); err != nil {
		return s, fmt.Errorf("read the synchronous mode: %w", err)
	}
	err = q.QueryRowContext(ctx, `select c.page_count * s.page_size from pragma_page_count c, pragma_page_size s`).Scan(&s.size)
	return s, err
}

// quickCheck is "ok" or the first thing that is wrong.
func quickCheck(ctx context.Context, q store.Querier) (found string, err error) {
	err = q.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&found)
	return found, err
}

type postgresSet struct {
	version, fsync, fullPages, commit string
	number                            int
	encrypted, local                  bool
}

func postgresSettings(ctx context.Context, q store.Querier) (s postgresSet, err error) {
	err = q.QueryRowContext(ctx, `
		select current_setting('server_version'), cast(current_setting('server_version_num') as integer), current_setting('fsync'),
			current_setting('full_page_writes'), current_setting('synchronous_commit'),
			coalesce((select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()), false),
			inet_client_addr() is null or inet_client_addr() = inet_server_addr()`).
		Scan(&s.version, &s.number, &s.fsync, &s.fullPages, &s.commit, &s.encrypted, &s.local)
	return s, err
}

// databaseSkew is how far PostgreSQL's clock is ahead of this machine's.
func databaseSkew(ctx context.Context, q store.Querier) (time.Duration, error) {
	var micros int64
	before := time.Now()
	if err := q.QueryRowContext(ctx, `select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)`).Scan(&micros); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	return time.UnixMicro(micros).Sub(before.Add(time.Since(before) / 2)), nil
}

func newestEvent(ctx context.Context, q store.Querier) (at time.Time, err error) {
	err = q.QueryRowContext(ctx, `select max(last_at) from audit_head`).Scan((*store.Time)(&at))
	return at, err
}

func organizationsWithMail(ctx context.Context, q store.Querier) (all, with int, err error) {
	err = q.QueryRowContext(ctx, `select count(*), count(m.org_id) from organization o left join message_mail m on m.org_id = o.id where not o.demo`).Scan(&all, &with)
	return all, with, err
}

// carrierAddresses lists where the API is of each carrier that organizations send by.
func carrierAddresses(ctx context.Context, q store.Querier) (addresses []string, err error) {
	rows, err := q.QueryContext(ctx, `select distinct base_url from message_twilio where enabled order by base_url limit 20`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var address string
		if err := rows.Scan(&address); err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, rows.Err()
}

func overdueDeliveries(ctx context.Context, q store.Querier, before time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `select count(*) from message_delivery where next_at is not null and next_at < $1`, store.Time(before)).Scan(&n)
	return n, err
}

func overdueInbound(ctx context.Context, q store.Querier, before time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `select count(*) from message_inbound where next_at is not null and next_at < $1`, store.Time(before)).Scan(&n)
	return n, err
}

// troubledJobs looks into the queue's own table, which is there after the first start of the server.
func troubledJobs(ctx context.Context, d store.Dialect, q store.Querier, before time.Time) (dead, late int, err error) {
	exists, when := `select to_regclass('river_job') is not null`, any(before)
	if d == store.SQLite {
		exists, when = `select count(*) > 0 from sqlite_schema where name = 'river_job'`, before.UTC().Format("2006-01-02 15:04:05.000")
	}
	var there bool
	if err := q.QueryRowContext(ctx, exists).Scan(&there); err != nil || !there {
		return 0, 0, err
	}
	err = q.QueryRowContext(ctx, `
		select count(*) filter (where state = 'discarded'), count(*) filter (where state in ('available', 'scheduled') and scheduled_at < $1)
		from river_job`, when).Scan(&dead, &late)
	return dead, late, err
}

func unsignedLogs(ctx context.Context, q store.Querier, before time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `select count(*) from audit_head where size > checkpoint_size and last_at < $1`, store.Time(before)).Scan(&n)
	return n, err
}
