package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/store"
)

// timeSlack is more than events that follow each other can be apart in time the wrong way round without a word in the log.
const timeSlack = time.Minute

// findEvents returns the newest events first; before is the seq to begin below, 0 for the newest.
//
// Every index of the log ends in seq, so a page is a walk down one of them. Which one is settled here, by what usually leaves the fewest
// events: a database that guesses may sort a million of them. A filter that is not to choose the index is written so that it cannot.
func findEvents(ctx context.Context, q store.Querier, org string, f Filter, before int64, limit int) ([]storedEvent, error) {
	walks, err := walksFor(ctx, q, org, f)
	if err != nil {
		return nil, err
	}
	var out []storedEvent
	for _, w := range walks {
		found, err := walk(ctx, q, org, f, w, before, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	if len(walks) > 1 {
		slices.SortFunc(out, func(a, b storedEvent) int { return int(b.seq - a.seq) })
		out = out[:min(limit, len(out))]
	}
	return out, nil
}

// oneWalk is a walk down one index, at one value of it.
type oneWalk struct {
	by     string // the column that the index is about; "" is the log itself
	action string
	result Outcome
}

// walksFor chooses the index, and splits what has no index of its own (any trouble, areas of actions) into what has.
func walksFor(ctx context.Context, q store.Querier, org string, f Filter) ([]oneWalk, error) {
	areas := f.Areas
	if area, ok := strings.CutSuffix(f.Action, ".*"); ok {
		areas = append(slices.Clone(areas), area)
	}
	switch {
	case f.TargetID != "":
		return []oneWalk{{by: "target"}}, nil
	case f.Ticket != "":
		return []oneWalk{{by: "ticket_id"}}, nil
	case f.Outcome != "" && f.Outcome != Success:
		return []oneWalk{{by: "outcome", result: f.Outcome}}, nil
	case f.Trouble:
		return []oneWalk{{by: "outcome", result: Denied}, {by: "outcome", result: Error}}, nil
	case f.ActorID != "":
		return []oneWalk{{by: "actor_id"}}, nil
	case f.Customer != "":
		return []oneWalk{{by: "customer_id"}}, nil
	case len(areas) > 0:
		actions, err := actionsOf(ctx, q, org, areas)
		if err != nil {
			return nil, fmt.Errorf("list the actions of %s: %w", strings.Join(areas, ", "), err)
		}
		walks := make([]oneWalk, len(actions))
		for i, a := range actions {
			walks[i] = oneWalk{by: "action", action: a}
		}
		return walks, nil
	case f.Action != "":
		return []oneWalk{{by: "action", action: f.Action}}, nil
	}
	return []oneWalk{{}}, nil
}

func walk(ctx context.Context, q store.Querier, org string, f Filter, by oneWalk, before int64, limit int) ([]storedEvent, error) {
	w := store.Where{}
	w.Add("e.org_id = ?", org)
	// column is written so that only the index that was chosen can be used.
	column := func(name string) string {
		if name == by.by {
			return "e." + name
		}
		return "e." + name + " || ''"
	}
	if before > 0 {
		w.Add("e.seq < ?", before)
	}
	from := `audit_event e`
	if f.TargetID != "" {
		from = `audit_target t join audit_event e on e.org_id = t.org_id and e.seq = t.seq`
		w.Add("t.org_id = ? and t.target_id = ?", org, f.TargetID)
		if before > 0 {
			w.Add("t.seq < ?", before)
		}
	}
	if f.ActorID != "" {
		w.Add(column("actor_id")+" = ?", f.ActorID)
	}
	if by.action != "" {
		w.Add(column("action")+" = ?", by.action)
	} else {
		addAction(&w, f)
	}
	// The indexes of what is rare are partial, and used only where a query says that the rest does not matter.
	if by.result != "" {
		w.Add("e.outcome = ? and e.outcome <> 'success'", string(by.result))
	} else if f.Outcome != "" {
		w.Add(column("outcome")+" = ?", string(f.Outcome))
	} else if f.Trouble {
		w.Add(column("outcome") + " <> 'success'")
	}
	if f.Customer != "" {
		w.Add(column("customer_id")+" = ? and e.customer_id <> ''", f.Customer)
	}
	if f.Ticket != "" {
		w.Add(column("ticket_id")+" = ? and e.ticket_id <> ''", f.Ticket)
	}
	if err := between(ctx, q, &w, org, f.From, f.To); err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `
		select e.seq, e.at, e.actor_id, e.action, e.outcome, e.customer_id, e.ticket_id, e.record, e.leaf, e.private from `+from+w.SQL()+`
		order by e.seq desc limit `+w.Arg(limit), w.Args()...)
	return scanEvents(rows, err)
}

// addAction compares actions without their index.
func addAction(w *store.Where, f Filter) {
	areas := f.Areas
	if area, ok := strings.CutSuffix(f.Action, ".*"); ok {
		areas = append(slices.Clone(areas), area)
	} else if f.Action != "" {
		w.Add("e.action || '' = ?", f.Action)
	}
	if len(areas) == 0 {
		return
	}
	or, args := make([]string, len(areas)), make([]any, 0, 2*len(areas))
	for i, area := range areas {
		or[i], args = "e.action || '' >= ? and e.action || '' < ?", append(args, area+".", area+"/") // '/' follows '.'
	}
	w.Add("("+strings.Join(or, " or ")+")", args...)
}

// actionsOf lists the actions of areas that the log knows, by stepping from one to the next in the index.
func actionsOf(ctx context.Context, q store.Querier, org string, areas []string) (actions []string, err error) {
	for _, area := range areas {
		for after := area + "."; ; {
			var next sql.NullString
			err := q.QueryRowContext(ctx, `select min(action) from audit_event where org_id = $1 and action > $2 and action < $3`, org, after, area+"/").Scan(&next)
			if err != nil {
				return nil, err
			}
			if !next.Valid {
				break
			}
			if after = next.String; !slices.Contains(actions, after) {
				actions = append(actions, after)
			}
		}
	}
	return actions, nil
}

func customersOf(ctx context.Context, q store.Querier, org, actorID string, from, to time.Time, limit int) (out []CustomerUse, err error) {
	w := store.Where{}
	w.Add("e.org_id = ?", org)
	w.Add("e.actor_id = ?", actorID)
	w.Add("e.customer_id <> ''")
	if err := between(ctx, q, &w, org, from, to); err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `
		select e.customer_id, count(*), max(e.at) from audit_event e`+w.SQL()+`
		group by e.customer_id order by max(e.seq) desc limit `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("list the customers of an actor: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var u CustomerUse
		if err := rows.Scan(&u.CustomerID, &u.Events, (*store.Time)(&u.Last)); err != nil {
			return nil, fmt.Errorf("list the customers of an actor: %w", err)
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

// between narrows to events with from <= at < to. Pages are in the order of seq, so the times become bounds of seq, with which a database
// need not sort what lies between: the log is in the order of time but for the seconds that clocks differ by. Where a clock was set back
// there are no such bounds. The times themselves are compared in any case, without their index.
func between(ctx context.Context, q store.Querier, w *store.Where, org string, from, to time.Time) error {
	if from.IsZero() && to.IsZero() {
		return nil
	}
	setBack := false
	err := q.QueryRowContext(ctx, `select exists (select 1 from audit_event where org_id = $1 and action = 'audit.clock_set_back')`, org).Scan(&setBack)
	if err != nil {
		return fmt.Errorf("look for clocks that were set back: %w", err)
	}
	for _, bound := range []struct {
		at                time.Time
		exact, near, find string
		slack             time.Duration
	}{
		{from, "e.at + 0 >= ?", "e.seq > ?", `select seq from audit_event where org_id = $1 and at < $2 order by at desc limit 1`, -timeSlack},
		{to, "e.at + 0 < ?", "e.seq < ?", `select seq from audit_event where org_id = $1 and at > $2 order by at limit 1`, timeSlack},
	} {
		if bound.at.IsZero() {
			continue
		}
		w.Add(bound.exact, store.Time(bound.at))
		if setBack {
			continue
		}
		var seq int64
		err := q.QueryRowContext(ctx, bound.find, org, store.Time(bound.at.Add(bound.slack))).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("find the events of a time: %w", err)
		}
		w.Add(bound.near, seq)
	}
	return nil
}
