package authzen

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Bounds of the record of decisions.
const (
	writeEvery = 200 * time.Millisecond // what was told since is lost if the server dies; and a write is small enough for those who ask meanwhile not to wait for it
	maxWaiting = 20_000                 // told and not yet written; then whoever asks writes first
	maxRules   = 20                     // named of one decision
	keptFor    = 30 * 24 * time.Hour    //
	maxKept    = 1_000_000              // of one organization
	lastWrite  = 10 * time.Second       // at the end
)

var errUnwritten = fault.New(fault.Unavailable, "authzen.unwritten", "Decisions cannot be recorded right now, and so none is given. Try again in a moment.").After(time.Second)

// Decision is what somebody was told, one or several times within a moment.
type Decision struct {
	ID           string
	At           time.Time // when first
	Times        int64
	AskedBy      string
	TokenID      string // "" for a session
	SubjectID    string // "" for nobody who is there
	Permission   perm.Permission
	ResourceType string
	ResourceID   string // "" for what is no id
	Outcome      engine.Outcome
	Reason       engine.Reason
	Rules        []string
}

// told tells decisions that differ apart.
type told struct {
	org, by, token, subject, kind, key string
	permission                         perm.Permission
	outcome                            engine.Outcome
	reason                             engine.Reason
}

// record keeps decisions until they are written, many at once.
type record struct {
	db  *store.DB
	log *slog.Logger

	writing sync.Mutex // one at a time
	mu      sync.Mutex
	waiting map[told]*Decision
}

// note keeps a decision: every refusal, and whatever is allowed beyond seeing. If more waits than is good and cannot be written, it is an error, and the
// decision must not be given.
func (r *record) note(ctx context.Context, q Question, who asked, a Answer) error {
	p, ok := perm.Find(perm.Permission(q.Action.Name))
	if a.Outcome == engine.Allow && p.View {
		return nil
	}
	if !ok {
		p.Name = "" // a name that somebody made up
	}
	actor := access.ActorFrom(ctx)
	t := told{actor.OrgID, actor.ID, actor.TokenID, idOrNone(who.id), q.Resource.Type, keyOf(q.Resource), p.Name, a.Outcome, a.Reason}
	if a.Reason == engine.NoSuchTarget {
		t.kind, t.key = "", "" // the same
	}
	r.mu.Lock()
	d := r.waiting[t]
	if d == nil {
		d = &Decision{ID: id.New(), At: store.Now(), Rules: rulesOf(a.Because)}
		r.waiting[t] = d
	}
	d.Times++
	full := len(r.waiting) >= maxWaiting
	r.mu.Unlock()
	if full {
		if err := r.write(ctx); err != nil {
			return errUnwritten.Because(err)
		}
	}
	return nil
}

// keyOf is the id of a resource as it is kept: sections have names.
func keyOf(r Entity) string {
	if r.Type == resource.Section && (r.ID == resource.QuickSupport || r.ID == resource.Team) {
		return r.ID
	}
	return idOrNone(r.ID)
}

func idOrNone(key string) string {
	if id.Valid(key) {
		return key
	}
	return ""
}

func rulesOf(because []engine.Path) []string {
	rules := []string{}
	for _, p := range because {
		if (p.By == engine.ByGrant || p.By == engine.ByOverride) && len(rules) < maxRules {
			rules = append(rules, p.ID)
		}
	}
	return rules
}

// write writes what waits. What cannot be written waits on.
func (r *record) write(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	batch := r.waiting
	r.waiting = map[told]*Decision{}
	r.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *store.Tx) error { return insertDecisions(ctx, tx, batch) })
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for t, d := range batch {
		if again := r.waiting[t]; again != nil {
			d.Times += again.Times
		}
		r.waiting[t] = d
	}
	return fmt.Errorf("write decisions: %w", err)
}

// Run writes decisions as they come, until ctx ends; then what is left.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			return s.record.write(last)
		case <-tick.C:
			if err := s.record.write(ctx); err != nil && ctx.Err() == nil {
				s.record.log.ErrorContext(ctx, "decisions wait to be written", "err", err)
			}
		}
	}
}

// Sweep forgets decisions that are older than a month, and of each organization all but the last million.
func (s *Service) Sweep(ctx context.Context) error {
	orgs, err := organizations(ctx, s.db.Read())
	if err != nil {
		return err
	}
	for _, org := range orgs {
		before, err := oldestKept(ctx, s.db.Read(), org, store.Now().Add(-keptFor), maxKept)
		if err != nil {
			return err
		}
		for more := true; more; {
			err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
				more, err = deleteDecisions(ctx, tx, org, before)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
