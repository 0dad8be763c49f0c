// Package usage knows what technicians do with their rights: which of them nobody uses (ACC-20), and what a changed role would have refused (ACC-19).
package usage

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// Bounds of the record.
const (
	writeEvery = 5 * time.Second
	lastWrite  = 10 * time.Second // at the end
	detailFor  = 90               // days
	lastFor    = 400 * 24 * time.Hour
	maxDetail  = 1_000_000 // rows of one organization
)

var (
	errOthers = fault.New(fault.Denied, "usage.others", "What others use shows what others may do. It takes the right to manage technicians or roles.").
			Needing(string(perm.AdminTechnicians))
	errRole       = fault.New(fault.NotFound, "role.not_found", "There is no such role, or you may not see it.")
	errTechnician = fault.New(fault.NotFound, "technician.not_found", "There is no such technician, or you may not see it.")
	errBusy       = fault.New(fault.Limited, "usage.backtest_running", "A trial on what was recorded is running already. Try again in a moment.").After(5 * time.Second)
	errSlow       = fault.New(fault.Unavailable, "usage.backtest_slow", "This takes too long. Try fewer days.")
)

// Engines has the engine of each organization, in step with the database.
type Engines interface {
	Engine(ctx context.Context, org string) (*engine.Engine, error)
}

// Service keeps the record and answers from it.
type Service struct {
	db       *store.DB
	guard    *access.Guard
	engines  Engines
	roles    *role.Service
	grants   *grant.Service
	recorder *recorder

	mu      sync.Mutex
	running map[string]bool // the organizations of which a backtest runs
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, engines Engines, roles *role.Service, grants *grant.Service, log *slog.Logger) *Service {
	return &Service{db: db, guard: guard, engines: engines, roles: roles, grants: grants, recorder: newRecorder(db, log), running: map[string]bool{}}
}

// Named is something with its name; "" if it has none, or none any more.
type Named struct{ ID, Name string }

// Decided notes what came out when a technician set about something. It is for access.Guard.Observe.
func (s *Service) Decided(d access.Decision) { s.recorder.note(d) }

// Asked notes that another program asked whether a technician may do something, and was told yes. It is no use of theirs: a program may ask to draw its
// menus. But it says that some program looks at the right.
func (s *Service) Asked(org, technicianID string, p perm.Permission) {
	s.recorder.note(access.Decision{OrgID: org, TechnicianID: technicianID, Permission: p, Outcome: asked, At: store.Now()})
}

// Run writes the record every few seconds, until ctx ends; then what is left.
func (s *Service) Run(ctx context.Context) error { return s.recorder.run(ctx) }

// Since is when the record of an organization begins; the zero time if there is none yet.
func (s *Service) Since(ctx context.Context, org string) (time.Time, error) {
	return since(ctx, s.db.Read(), org)
}

func (s *Service) recordedSince(ctx context.Context) (time.Time, error) {
	return s.Since(ctx, access.ActorFrom(ctx).OrgID)
}

// LastUse is when a technician last used each permission, if they did within the last 400 days. Whoever uses one that takes another with it (ACC-3) uses
// that too. What other programs asked about them is no use. It checks no right: that is the caller's.
func (s *Service) LastUse(ctx context.Context, org, technicianID string) (map[perm.Permission]time.Time, error) {
	out := map[perm.Permission]time.Time{}
	err := lastUses(ctx, s.db.Read(), org, []string{technicianID}, func(_ string, p perm.Permission, l last) {
		if l.used.IsZero() {
			return
		}
		for _, q := range perm.BitsOf(p).Closed().Permissions() {
			out[q] = later(out[q], l.used)
		}
	})
	return out, err
}

// last is when somebody last used a permission, and when a program last asked whether they may; zero for never.
type last struct{ used, asked time.Time }

func (l last) or(o last) last { return last{later(l.used, o.used), later(l.asked, o.asked)} }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// mayLook lets those look who manage technicians or roles.
func (s *Service) mayLook(ctx context.Context) error {
	if s.guard.Holds(ctx, perm.AdminTechnicians) != nil && s.guard.Holds(ctx, perm.AdminRoles) != nil {
		return errOthers
	}
	return nil
}

// Sweep forgets what is too old or too much, and what is about technicians who are no more.
func (s *Service) Sweep(ctx context.Context) error {
	orgs, err := organizations(ctx, s.db.Read())
	if err != nil {
		return err
	}
	for _, org := range orgs {
		now := store.Now()
		before, err := oldestKept(ctx, s.db.Read(), org, dayOf(now)-detailFor, maxDetail)
		if err != nil {
			return err
		}
		for more := true; more; {
			err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
				more, err = deleteDays(ctx, tx, org, before)
				return err
			})
			if err != nil {
				return err
			}
		}
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return deleteLast(ctx, tx, org, now.Add(-lastFor)) }); err != nil {
			return err
		}
	}
	return nil
}

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }
