package usage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// row is a decision as it is read: in plain columns, which are read several times as fast as ours.
type row struct {
	technician, permission, kind, id, outcome string
	times, at                                 int64
}

// decisions calls fn with what a query finds.
func decisions(ctx context.Context, q store.Querier, query string, args []any, fn func(row)) error {
	var r row
	into := []any{&r.technician, &r.permission, &r.kind, &r.id, &r.outcome, &r.times, &r.at}
	return store.EachRow(ctx, q, query, args, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		fn(r)
		return nil
	})
}

func (r row) decision() decision {
	return decision{
		technician: r.technician, permission: perm.Permission(r.permission), on: engine.Target{Type: engine.Type(r.kind), ID: r.id},
		outcome: engine.Outcome(r.outcome), times: r.times, at: time.UnixMicro(r.at).UTC(),
	}
}

// recorded calls fn with what technicians set about since a day. The sign before day keeps SQLite from looking up a million rows one by one, when it can
// read the table as it lies.
func recorded(ctx context.Context, q store.Querier, org string, from int64, fn func(decision)) error {
	err := decisions(ctx, q, `
		select technician_id, permission, resource_type, resource_id, outcome, times, last_at from usage_day where org_id = $1 and +day >= $2`,
		[]any{org, from}, func(r row) { fn(r.decision()) })
	if err != nil {
		return fmt.Errorf("read recorded uses: %w", err)
	}
	return nil
}

// told calls fn with what other programs were told since a time (ADR 40), each about the target that it was about. Left out is what nobody was named for,
// what was about nothing, and what a token was made too small for.
func told(ctx context.Context, q store.Querier, org string, from time.Time, fn func(decision)) error {
	err := decisions(ctx, q, `
		select a.subject_id, a.permission, a.resource_type, coalesce(c.customer_id, t.customer_id, a.resource_id), a.outcome, a.times, a.at
		from authzen_decision a
		left join contact c on a.resource_type = 'contact' and c.org_id = a.org_id and c.id = a.resource_id
		left join ticket t on a.resource_type = 'ticket' and t.org_id = a.org_id and t.id = a.resource_id
		where a.org_id = $1 and a.at >= $2 and a.subject_id <> '' and a.permission <> '' and a.resource_type <> '' and a.reason not in ('beyond_token', 'no_such_target')`,
		[]any{org, store.Time(from)}, func(r row) {
			d := r.decision()
			d.program = true
			switch d.on.Type {
			case "contact", "ticket":
				d.on.Type = engine.Customer // whose is gone has the id of nothing there
			case "section": // the record keeps no names, and so not which
				return
			case engine.Organization:
				d.on.ID = ""
			}
			fn(d)
		})
	if err != nil {
		return fmt.Errorf("read what programs were told: %w", err)
	}
	return nil
}

// kind is a table whose rows have names, and the column that has them.
type kind string

const technicians kind = "display_name from technician"

// kinds are those of targets.
var kinds = map[engine.Type]kind{engine.Device: "name from device", engine.DeviceGroup: "name from device_group", engine.Customer: "name from customer"}

func namesOf[T any](ctx context.Context, q store.Querier, org string, k kind, ids map[string]T, fn func(id, name string)) error {
	for some := range slices.Chunk(slices.Collect(maps.Keys(ids)), several) {
		w := &store.Where{}
		w.Add("org_id = ?", org)
		w.In("id", some)
		err := store.EachRow(ctx, q, `select id, `+string(k)+w.SQL(), w.Args(), func(scan func(...any) error) error {
			var id, name string
			if err := scan(&id, &name); err != nil {
				return err
			}
			fn(id, name)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
	}
	return nil
}
