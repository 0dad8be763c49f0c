package usage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Bounds of a backtest.
const (
	maxListed   = 200              // differences that are named; all are counted
	maxKept     = 20_000           // of which those are chosen; beyond that, of what comes later and seldom some may be missed
	maxBacktest = 25 * time.Second // then it is given up
	maxAtOnce   = 2                // on this server
)

// Draft is a role as it might become.
type Draft struct {
	RoleID      string
	Permissions []perm.Permission // nil: as they are
	Sensitive   []perm.Permission // nil: as they are, of what is left
	Days        int               // how many are replayed, today among them
}

// Pair is a decision as it was recorded, and as it would come out with the draft.
type Pair struct{ Recorded, Draft engine.Outcome }

// Difference is something that would come out otherwise.
type Difference struct {
	Technician Named
	Permission perm.Permission
	On         engine.Target // without a type: whether they hold it anywhere
	Name       string        // of it; "" if it has none or may not be seen
	Times      int64
	LastAt     time.Time
	Recorded   engine.Outcome
	Today      engine.Outcome // as roles are now
	Draft      engine.Outcome
	Program    bool // another program asked
}

// anyway says whether the draft has nothing to do with it.
func (d Difference) anyway() bool { return d.Today == d.Draft }

// Backtest is what came of a replay. It counts decisions, each as often as it was recorded.
type Backtest struct {
	Since     time.Time // what is recorded begins then; zero if nothing is
	Replayed  int64
	Gone      int64 // not replayed: what they were about is no more, or who asked is not active any more
	Otherwise map[Pair]int64
	Anyway    int64 // of those, what would come out otherwise without the draft too: other things have changed since
	People    int   // to whom the draft does something
	Listed    []Difference
	More      bool // there are more than Listed
}

// Backtest replays what was decided in the last days as if a role were another one, in a copy of what decides: as things, people and grants are now, at the
// time of each decision. It is for those who manage technicians or roles.
func (s *Service) Backtest(ctx context.Context, d Draft) (b Backtest, err error) {
	v, err := s.look(ctx, Query{RoleID: d.RoleID})
	if err != nil {
		return b, err
	}
	r := v.byID[d.RoleID]
	if r == nil {
		return b, errRole
	}
	draft, err := d.of(r)
	if err != nil {
		return b, err
	}
	free, err := s.begin(v.org)
	if err != nil {
		return b, err
	}
	defer free()
	short, cancel := context.WithTimeout(ctx, maxBacktest)
	defer cancel()
	test := &replay{today: v.e, draft: v.e.With(func(w *engine.Writer) { w.PutRole(d.RoleID, draft) }), Backtest: Backtest{Otherwise: map[Pair]int64{}}, people: map[string]bool{}, listed: map[kept]*Difference{}}
	err = s.db.Snapshot(short, func(q store.Querier) error {
		if test.Since, err = since(short, q, v.org); err != nil {
			return err
		}
		from := dayOf(v.now) - int64(d.Days) + 1
		if err := recorded(short, q, v.org, from, test.one); err != nil {
			return err
		}
		return told(short, q, v.org, time.Unix(from*24*60*60, 0), test.one)
	})
	if err != nil {
		if ctx.Err() == nil && errors.Is(short.Err(), context.DeadlineExceeded) {
			return b, errSlow.Because(err)
		}
		return b, fmt.Errorf("replay decisions: %w", err)
	}
	b = test.finish()
	return b, s.name(ctx, v, b.Listed)
}

// begin takes the turn of an organization; free gives it back.
func (s *Service) begin(org string) (free func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[org] || len(s.running) >= maxAtOnce {
		return nil, errBusy
	}
	s.running[org] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, org)
	}, nil
}

// of is the draft in full. What it names has to be of the role's purpose.
func (d Draft) of(r *aRole) (engine.Role, error) {
	fits := func(pointer string, ps []perm.Permission) error {
		for i, p := range ps {
			if e, ok := perm.Find(p); !ok || e.Purpose != r.purpose {
				return fault.Field(fmt.Sprintf("%s/%d", pointer, i), "usage.permission_unfit", "There is no such permission, or it is for something else than the role.")
			}
		}
		return nil
	}
	out := engine.Role{Permissions: r.permissions, Sensitive: r.sensitive}
	if d.Permissions != nil {
		out.Permissions = d.Permissions
	}
	if d.Sensitive != nil {
		out.Sensitive = d.Sensitive
	}
	if err := fits("/permissions", out.Permissions); err != nil {
		return out, err
	}
	if err := fits("/sensitive_permissions", out.Sensitive); err != nil {
		return out, err
	}
	held := perm.BitsOf(out.Permissions...).Closed()
	out.Sensitive = perm.BitsOf(out.Sensitive...).And(held).Permissions()
	return out, nil
}

// decision is a row of one of the records.
type decision struct {
	technician string
	permission perm.Permission
	on         engine.Target
	outcome    engine.Outcome
	times      int64
	at         time.Time
	program    bool
}

// replay is a backtest while it runs.
type replay struct {
	Backtest
	today, draft *engine.Engine
	people       map[string]bool
	listed       map[kept]*Difference
}

// kept tells differences apart that are listed apart: all but how often and when.
type kept struct {
	technician             string
	permission             perm.Permission
	on                     engine.Target
	recorded, today, draft engine.Outcome
	program                bool
}

func (r *replay) one(d decision) {
	draft, why := r.draft.Replay(d.at, d.technician, d.permission, d.on)
	if why == engine.NoSuchTarget || why == engine.SubjectInactive {
		r.Gone += d.times
		return
	}
	was := d.outcome
	if was == access.OutcomeApproved {
		was = engine.NeedsApproval
	}
	r.Replayed += d.times
	if draft == was {
		return
	}
	r.Otherwise[Pair{was, draft}] += d.times
	today, _ := r.today.Replay(d.at, d.technician, d.permission, d.on)
	if today == draft {
		r.Anyway += d.times
	} else {
		r.people[d.technician] = true
	}
	k := kept{d.technician, d.permission, d.on, was, today, draft, d.program}
	x := r.listed[k]
	if x == nil {
		if len(r.listed) >= maxKept {
			r.listed = map[kept]*Difference{}
			for _, first := range r.first() {
				r.listed[kept{first.Technician.ID, first.Permission, first.On, first.Recorded, first.Today, first.Draft, first.Program}] = &first
			}
		}
		x = &Difference{Technician: Named{ID: d.technician}, Permission: d.permission, On: d.on, Recorded: was, Today: today, Draft: draft, Program: d.program}
		r.listed[k] = x
	}
	x.Times, x.LastAt = x.Times+d.times, later(x.LastAt, d.at)
}

// first are the differences that come first, of those that are kept.
func (r *replay) first() []Difference {
	all := make([]Difference, 0, len(r.listed))
	for _, x := range r.listed {
		all = append(all, *x)
	}
	slices.SortFunc(all, before)
	if len(all) > maxListed {
		all, r.More = all[:maxListed], true
	}
	return all
}

// before puts first what the draft does, then what happened most often.
func before(a, b Difference) int {
	if a.anyway() != b.anyway() {
		if b.anyway() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.Times, a.Times), b.LastAt.Compare(a.LastAt), cmp.Compare(a.Technician.ID, b.Technician.ID), cmp.Compare(a.Permission, b.Permission),
		cmp.Compare(a.On.Type, b.On.Type), cmp.Compare(a.On.ID, b.On.ID), cmp.Compare(a.Recorded, b.Recorded))
}

func (r *replay) finish() Backtest {
	r.Listed = r.first()
	r.People = len(r.people)
	return r.Backtest
}

// name gives people and things their names; a thing that the actor may not see keeps its id alone (ADR 39).
func (s *Service) name(ctx context.Context, v view, listed []Difference) error {
	actor := access.ActorFrom(ctx)
	names := map[kind]map[string][]*string{}
	want := func(k kind, id string, into *string) {
		if names[k] == nil {
			names[k] = map[string][]*string{}
		}
		names[k][id] = append(names[k][id], into)
	}
	for i := range listed {
		d := &listed[i]
		want(technicians, d.Technician.ID, &d.Technician.Name)
		if k := kinds[d.On.Type]; k != "" && resource.Seen(v.e, v.now, actor.ID, actor.Ceiling, d.On) {
			want(k, d.On.ID, &d.Name)
		}
	}
	for k, ids := range names {
		err := namesOf(ctx, s.db.Read(), v.org, k, ids, func(id, name string) {
			for _, into := range ids[id] {
				*into = name
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
