package access

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Rehearsed is what a change would do, and what is known of it only while it is tried out.
type Rehearsed struct {
	People    []engine.Affected // in order of id
	Newcomers map[string]Newcomer
	Tried, Of int // of a change that is tried out in parts: how much of how much; 0 of one that is tried out whole
}

// Newcomer is a technician whom a change makes.
type Newcomer struct {
	Name   string
	Coming bool // an invitation: they have what is said once they have signed in

	role perm.Role
	own  string // the organization's own platform role
}

// Rehearse runs do, which is to change something in the actor's organization, and says what that would do to what people may do; then it is taken
// back. So whatever a change checks is checked, and what it would do is what it did. Do gets a context under which no Write
// commits. Reached says whether it came as far as its Write; if not, there is no effect, and do knows why. A change of many independent things may come in
// parts, each a Write with a store.Part: nobody else waits for longer than one takes.
func (g *Guard) Rehearse(ctx context.Context, do func(ctx context.Context)) (r Rehearsed, reached bool, err error) {
	org := ActorFrom(ctx).OrgID
	e, err := g.Engine(ctx, org)
	if err != nil {
		return r, false, err
	}
	var from int64
	var tells []func(*engine.Writer)
	r.Newcomers = map[string]Newcomer{}
	do(store.WithRehearsal(Looking(ctx), store.Rehearsal{
		Before: func(ctx context.Context, tx *store.Tx) error {
			if _, part := store.PartOf(ctx); !part && len(tells) > 0 { // whatever comes after the change
				return store.ErrRehearsed
			}
			return tx.QueryRowContext(ctx, latest).Scan(&from)
		},
		After: func(ctx context.Context, tx *store.Tx) error {
			changed, err := changesIn(ctx, tx, org, from)
			if err != nil {
				return fmt.Errorf("look at a change of rights: %w", err)
			}
			tell, err := read(ctx, tx, org, changed)
			if err != nil {
				return err
			}
			made, err := newcomers(ctx, tx, g.engines.db.Read(), org, changed)
			if err != nil {
				return fmt.Errorf("look at who is new: %w", err)
			}
			maps.Copy(r.Newcomers, made)
			tells = append(tells, arriving(tell, made))
			if p, part := store.PartOf(ctx); part {
				r.Tried, r.Of = p.Done, p.Of
			}
			return nil
		},
	}))
	for _, tell := range tells {
		r.People = merged(r.People, e.Preview(store.Now(), tell).People)
	}
	return r, len(tells) > 0, nil
}

// arriving tells of those who are invited as if they had come: what they get is what has to be seen before they do.
func arriving(tell func(*engine.Writer), made map[string]Newcomer) func(*engine.Writer) {
	return func(w *engine.Writer) {
		tell(w)
		for id, one := range made {
			if one.Coming {
				w.PutTechnician(id, engine.Person{Role: one.role, Own: one.own, Active: true})
			}
		}
	}
}

// merged joins what two parts of a change do.
func merged(a, b []engine.Affected) []engine.Affected {
	all := append(a, b...)
	slices.SortStableFunc(all, func(x, y engine.Affected) int { return slices.Compare(x.Technician[:], y.Technician[:]) })
	out := all[:0]
	for _, one := range all {
		if n := len(out); n > 0 && out[n-1].Technician == one.Technician {
			out[n-1].Differences = append(out[n-1].Differences, one.Differences...)
			continue
		}
		out = append(out, one)
	}
	return out
}
