package accessreview_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// used is when Tom last looked at a device.
var used = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// world is an organization in which lea leads tom, and ada and bob administer. Each has a grant of their own, and the team has one.
type world struct {
	*granttest.World
	s *accessreview.Service

	customer           string
	role               role.Role
	tom, lea, ada, bob technician.Technician
	desk               string
	toms, leas, adas   grant.Grant
	desks              grant.Grant

	mu   sync.Mutex
	told []notification.Notice
	fail error // of the next notice

	groupID   string
	usedSince time.Time
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	granttest.Each(t, func(t *testing.T, g *granttest.World) { fn(t, in(g)) })
}

func in(g *granttest.World) *world {
	w := &world{World: g, usedSince: used}
	w.customer = g.Customer("Mallard Dental")
	w.tom, w.lea = g.Technician("tom", perm.Technician, w.customer), g.Technician("lea", perm.Technician, w.customer)
	w.ada, w.bob = g.Technician("ada", perm.Administrator), g.Technician("bob", perm.Administrator)
	w.desk = granttest.Must(g.Teams.Create(g.Boss(), team.Fields{Name: "Desk", LeadIDs: []string{w.lea.ID}, MemberIDs: []string{w.tom.ID}}))(g.T).ID
	w.role = g.Role("Support", perm.Devices, perm.DeviceView, perm.DeviceScreenView)
	on := granttest.On(engine.Customer, w.customer)
	w.toms, w.leas = g.Give(granttest.Technician(w.tom.ID), w.role, on), g.Give(granttest.Technician(w.lea.ID), w.role, on)
	w.adas, w.desks = g.Give(granttest.Technician(w.ada.ID), w.role, on), g.Give(granttest.Team(w.desk), w.role, on)
	w.s = w.server()
	return w
}

// server is another server of the same installation.
func (w *world) server() *accessreview.Service {
	w.T.Helper()
	s := accessreview.New(accessreview.Deps{
		DB: w.DB, Guard: access.New(w.DB), Audit: w.Audit, Events: w.Events, Grants: w.Grants, Customers: w.Customers,
		Tell: func(_ context.Context, tx *store.Tx, n notification.Notice) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if err := w.fail; err != nil {
				w.fail = nil
				return err
			}
			tx.AfterCommit(func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.told = append(w.told, n)
			})
			return nil
		},
		LastUse: func(_ context.Context, _, id string) (map[perm.Permission]time.Time, error) {
			if id == w.tom.ID {
				return map[perm.Permission]time.Time{perm.DeviceView: used, perm.TicketView: used.AddDate(0, 1, 0)}, nil
			}
			return nil, nil
		},
		UsedSince: func(context.Context, string) (time.Time, error) { return w.usedSince, nil },
	})
	queue, err := jobs.New(w.T.Context(), w.DB, jobs.Options{Log: slog.New(slog.NewTextHandler(w.T.Output(), nil))})
	if err != nil {
		w.T.Fatal(err)
	}
	s.Use(queue)
	return s
}

// begin begins a review.
func (w *world) begin(change ...func(*accessreview.Fields)) accessreview.Review {
	w.T.Helper()
	f := accessreview.Fields{Name: "Q4 2026", Unanswered: accessreview.Keep, RemindDays: 3}
	for _, c := range change {
		c(&f)
	}
	return granttest.Must(w.s.Create(w.Act(w.ada), f))(w.T)
}

func revoking(f *accessreview.Fields) { f.Unanswered = accessreview.Revoke }

// items are what somebody sees of a review, by grant.
func (w *world) items(ctx context.Context, r accessreview.Review, change ...func(*accessreview.ItemQuery)) map[string]accessreview.Item {
	w.T.Helper()
	q := accessreview.ItemQuery{Page: store.Page{Limit: 200}}
	for _, c := range change {
		c(&q)
	}
	found, _, err := w.s.Items(ctx, r.ID, q)
	if err != nil {
		w.T.Fatal(err)
	}
	out := map[string]accessreview.Item{}
	for _, i := range found {
		out[i.GrantID] = i
	}
	return out
}

func mine(q *accessreview.ItemQuery) { q.Mine = true }

// say answers for one grant, and returns the code of why it was refused.
func (w *world) say(ctx context.Context, r accessreview.Review, verb accessreview.Verb, i accessreview.Item) string {
	w.T.Helper()
	given, err := w.s.Answer(ctx, r.ID, []accessreview.Answer{{GrantID: i.GrantID, Verb: verb, Seen: i.Seen()}})
	if err != nil {
		return fault.CodeOf(err)
	}
	return fault.CodeOf(given[0].Err)
}

// there says whether a grant is still there.
func (w *world) there(g grant.Grant) bool {
	w.T.Helper()
	_, err := grant.ByID(w.T.Context(), w.DB.Read(), w.Org.ID, g.ID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		w.T.Fatal(err)
	}
	return err == nil
}

// now is a review as it is.
func (w *world) now(r accessreview.Review) accessreview.Review {
	w.T.Helper()
	return granttest.Must(w.s.Find(w.Act(w.ada), r.ID))(w.T)
}

// move lets the end of a review be at a time.
func (w *world) move(r accessreview.Review, due time.Time) {
	w.T.Helper()
	w.do(`update accessreview set due_at = $1 where org_id = $2 and id = $3`, store.Time(due), w.Org.ID, r.ID)
}

func (w *world) do(statement string, args ...any) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), statement, args...)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// toldOf counts who was told of something.
func (w *world) toldOf(kind notification.Kind) map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for _, n := range w.told {
		if n.Kind == kind {
			out[n.To]++
		}
	}
	return out
}

// together lets several servers do something at once.
func (w *world) together(n int, do func(s *accessreview.Service) error) {
	w.T.Helper()
	var all sync.WaitGroup
	for range n {
		s := w.server()
		all.Go(func() {
			if err := do(s); err != nil {
				w.T.Error(err)
			}
		})
	}
	all.Wait()
}

func wantCode(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
