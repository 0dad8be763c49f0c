package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/store"
)

// change is a row of access_change: what has to be read again.
type change struct {
	epoch, tx       int64
	org             string
	kind, id, other string
}

// cursor is how far the changes have been read. SQLite commits in the order of epochs. On PostgreSQL a transaction may commit after a later one; all
// before tx have ended, and of the others seen are the changes that were there.
type cursor struct {
	epoch, tx int64
	seen      map[int64]bool
}

const (
	latest    = `select coalesce(max(epoch), 0) from access_change`
	openSince = `select pg_snapshot_xmin(pg_current_snapshot())::text::bigint`
)

// here is the cursor for somebody who sees the database as q does.
func here(ctx context.Context, q store.Querier, d store.Dialect) (cursor, error) {
	if d == store.SQLite {
		var c cursor
		err := q.QueryRowContext(ctx, latest).Scan(&c.epoch)
		return c, err
	}
	_, c, err := changesSince(ctx, q, d, cursor{tx: -1})
	return c, err
}

// anyChange says whether there is a change that a cursor has not seen.
func anyChange(ctx context.Context, q store.Querier, d store.Dialect, c cursor) (bool, error) {
	if d == store.SQLite {
		var epoch int64
		err := q.QueryRowContext(ctx, latest).Scan(&epoch)
		return epoch > c.epoch, err
	}
	var n int
	err := q.QueryRowContext(ctx, `select count(*) from access_change where tx >= $1`, c.tx).Scan(&n)
	return n != len(c.seen), err
}

// changesSince are the changes that a cursor has not seen, and the cursor that has.
func changesSince(ctx context.Context, q store.Querier, d store.Dialect, c cursor) (out []change, next cursor, err error) {
	query, since := `select epoch, tx, org_id, kind, id, other from access_change where epoch > $1 order by epoch`, c.epoch
	if d == store.Postgres {
		query, since = `select epoch, tx, org_id, kind, id, other from access_change where tx >= $1 order by epoch`, c.tx
		next.seen = map[int64]bool{}
		if err := q.QueryRowContext(ctx, openSince).Scan(&next.tx); err != nil {
			return nil, c, err
		}
		if c.tx < 0 {
			since = next.tx
		}
	}
	next.epoch = c.epoch
	err = store.EachRow(ctx, q, query, []any{since}, func(scan scan) error {
		var one change
		if err := scan(&one.epoch, &one.tx, &one.org, &one.kind, &one.id, &one.other); err != nil {
			return err
		}
		if d == store.Postgres && one.tx >= next.tx {
			next.seen[one.epoch] = true
		}
		next.epoch = max(next.epoch, one.epoch)
		if !c.seen[one.epoch] {
			out = append(out, one)
		}
		return nil
	})
	return out, next, err
}

// changesIn are the changes to an organization that a transaction has made since an epoch, and others that were committed meanwhile.
func changesIn(ctx context.Context, tx *store.Tx, org string, from int64) ([]change, error) {
	var all []change
	err := store.EachRow(ctx, tx, `select epoch, tx, org_id, kind, id, other from access_change where epoch > $1 and org_id = $2 order by epoch`, []any{from, org}, func(scan scan) error {
		var one change
		err := scan(&one.epoch, &one.tx, &one.org, &one.kind, &one.id, &one.other)
		all = append(all, one)
		return err
	})
	return byOrganization(all)[org], err
}

func deleteChanges(ctx context.Context, tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(ctx, `delete from access_change where at < $1`, store.Time(before))
	return err
}

type scan = func(to ...any) error

// load makes the engine of an organization.
func load(ctx context.Context, q store.Querier, org string) (e *engine.Engine, err error) {
	e = engine.New()
	e.Write(func(w *engine.Writer) {
		for _, p := range parts {
			err = store.EachRow(ctx, q, p.query, []any{org}, func(scan scan) error {
				t, err := p.read(scan)
				if err == nil {
					t.put(w)
				}
				return err
			})
			if err != nil {
				err = fmt.Errorf("read %s: %w", p.kind, err)
				return
			}
		}
	})
	return e, err
}

// atOnce is how many things one query asks for.
const atOnce = 500

// read reads again what has changed, and returns what to tell the engine.
func read(ctx context.Context, q store.Querier, org string, changed []change) (func(*engine.Writer), error) {
	var before, puts, drops []func(*engine.Writer)
	for _, p := range parts {
		wanted := map[[2]string]bool{} // whether it is still there
		var ids []string
		for _, c := range changed {
			if c.kind != p.kind {
				continue
			}
			ids = append(ids, c.id)
			wanted[[2]string{c.id, c.other}] = false
			if p.first {
				before = append(before, func(w *engine.Writer) { p.drop(w, c.id, c.other) })
			}
		}
		slices.Sort(ids)
		for some := range slices.Chunk(slices.Compact(ids), atOnce) {
			in := &store.Where{}
			in.Arg(org)
			in.In(p.key, some)
			query := p.query + " and" + in.SQL()[len(" where"):]
			err := store.EachRow(ctx, q, query, in.Args(), func(scan scan) error {
				t, err := p.read(scan)
				if err == nil {
					puts = append(puts, t.put)
					wanted[[2]string{t.id, t.other}] = true
				}
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", p.kind, err)
			}
		}
		for pair, there := range wanted {
			if !there && !p.first {
				drops = append(drops, func(w *engine.Writer) { p.drop(w, pair[0], pair[1]) })
			}
		}
	}
	return func(w *engine.Writer) {
		for _, tell := range slices.Concat(before, puts, drops) {
			tell(w)
		}
	}, nil
}

// byOrganization sorts changes. The defaults and the marks of a customer are told with the customer, those of all with the organization; which platform
// role of the organization somebody has is told with them.
func byOrganization(all []change) map[string][]change {
	out := map[string][]change{}
	for _, c := range all {
		switch c.kind {
		case "grant_default", "sensitivity":
			if c.kind = "customer"; c.id == "" {
				c.kind, c.id = "organization", c.org
			}
		case "platformrole_technician":
			c.kind = "technician"
		}
		out[c.org] = append(out[c.org], c)
	}
	return out
}
