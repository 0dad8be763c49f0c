package approval_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/approval/acts"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// world is an organization in which tom asks, mia manages his customer and ada administers.
type world struct {
	*granttest.World
	s     *approval.Service
	queue *jobs.Queue

	customer, device string
	tom, mia, ada    technician.Technician

	interrupt func() error // in the middle of what "test.interrupted" does

	mu   sync.Mutex
	told []notification.Notice
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	granttest.Each(t, func(t *testing.T, g *granttest.World) { fn(t, in(g)) })
}

// alone is each on SQLite only, for what does not hang on the database.
func alone(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	fn(t, in(granttest.In(organizationtest.New(t, storetest.Open(t), "Harbor IT"))))
}

func in(g *granttest.World) *world {
	w := &world{World: g}
	w.customer = g.Customer("Mallard Dental")
	w.tom = g.Technician("tom", perm.Technician, w.customer)
	w.mia = g.Technician("mia", perm.Manager, w.customer)
	w.ada = g.Technician("ada", perm.Administrator)
	w.device = g.Device("front-desk", g.Group("Desks", w.customer, ""))
	g.Give(granttest.Technician(w.tom.ID), g.System("Full device access"), granttest.On(engine.Customer, w.customer))
	w.s, w.queue = w.server()
	return w
}

// server is another server of the same installation.
func (w *world) server() (*approval.Service, *jobs.Queue) {
	w.T.Helper()
	guard := access.New(w.DB)
	s := approval.New(approval.Deps{
		DB: w.DB, Guard: guard, Audit: w.Audit, Events: w.Events, Keys: w.Keys, Actor: w.actorNow,
		Deciders: func(ctx context.Context, q store.Querier, org string) (out []access.Actor, err error) {
			all, err := technician.Deciders(ctx, q, org)
			for _, t := range all {
				out = append(out, actorOf(t))
			}
			return out, err
		},
		Ticket: func(context.Context, string) error { return approval.ErrNotFound },
		Tell: func(_ context.Context, tx *store.Tx, n notification.Notice) error {
			tx.AfterCommit(func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.told = append(w.told, n)
			})
			return nil
		},
	})
	s.Register(acts.All(acts.Deps{
		Guard: guard, Approvals: s, Devices: w.Devices, Grants: w.Grants,
		CustomerName: func(ctx context.Context, q store.Querier, org, id string) string { return "" },
	})...)
	s.Register(approval.Action{
		Name: "test.interrupted", Permission: perm.DeviceDelete,
		Prepare: func(context.Context, store.Querier, json.RawMessage) (approval.Plan, error) {
			return approval.Plan{
				Parameters: struct{}{}, On: engine.Target{Type: engine.Device, ID: w.device}, CustomerID: w.customer, CustomerName: "Mallard Dental",
				Target: approval.Thing{Type: "device", ID: w.device, Name: "front-desk"},
			}, nil
		},
		Run: func(ctx context.Context, tx *store.Tx, r approval.Request) error {
			if err := s.OpenWindow(ctx, tx, r, "device.delete device x", r.DecidedAt, r.UsableUntil); err != nil {
				return err
			}
			return w.interrupt()
		},
	})
	queue, err := jobs.New(w.T.Context(), w.DB, jobs.Options{Log: slog.New(slog.NewTextHandler(w.T.Output(), nil))})
	if err != nil {
		w.T.Fatal(err)
	}
	s.Use(queue)
	return s, queue
}

func actorOf(t technician.Technician) access.Actor {
	return access.Actor{OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner}
}

func (w *world) actorNow(ctx context.Context, org, id string) (access.Actor, error) {
	t, err := technician.ByID(ctx, w.DB.Read(), org, id)
	if err == nil && (t.Status != technician.Active || t.State != technician.Activated) {
		err = fault.New(fault.Denied, "technician.may_not_act", "This technician may not act.")
	}
	return actorOf(t), err
}

// session is a context in which somebody, as they are now, acts in a session with a fresh proof.
func (w *world) session(t technician.Technician, change ...func(*access.Actor)) context.Context {
	w.T.Helper()
	a, err := w.actorNow(w.T.Context(), t.OrgID, t.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	a.SessionID, a.Authenticated = "session of "+t.GivenName, store.Now()
	for _, fn := range change {
		fn(&a)
	}
	return access.WithActor(w.T.Context(), a)
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (w *world) deletion() approval.Fields {
	return approval.Fields{Action: device.DeleteAction, Parameters: raw(map[string]string{"device_id": w.device}), Reason: "Scrapped"}
}

// ask lets tom ask for the deletion of the device.
func (w *world) ask() approval.Request {
	w.T.Helper()
	return granttest.Must(w.s.Create(w.session(w.tom), w.deletion()))(w.T)
}

func anyVersion(int64) error { return nil }

func (w *world) approve(ctx context.Context, r approval.Request) (approval.Request, error) {
	return w.s.Decide(ctx, r.ID, approval.Decision{Approve: true, Digest: r.Digest}, anyVersion)
}

// approved lets tom ask and mia approve.
func (w *world) approved() approval.Request {
	w.T.Helper()
	return granttest.Must(w.approve(w.session(w.mia), w.ask()))(w.T)
}

// run works off what was approved, and returns the request at its end.
func (w *world) run(r approval.Request) approval.Request {
	w.T.Helper()
	if err := w.s.Execute(w.T.Context(), r.OrgID, r.ID); err != nil {
		w.T.Fatal(err)
	}
	return w.now(r)
}

// sweepTwice has two servers sweep at once.
func (w *world) sweepTwice() {
	w.T.Helper()
	other, _ := w.server()
	var wait sync.WaitGroup
	for _, s := range []*approval.Service{w.s, other} {
		wait.Go(func() {
			if err := s.Sweep(w.T.Context()); err != nil {
				w.T.Error(err)
			}
		})
	}
	wait.Wait()
}

func (w *world) now(r approval.Request) approval.Request {
	w.T.Helper()
	return granttest.Must(w.s.Find(w.session(w.ada), r.ID))(w.T)
}

func (w *world) there() bool {
	w.T.Helper()
	_, err := device.ByID(w.T.Context(), w.DB.Read(), w.Org.ID, w.device)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		w.T.Fatal(err)
	}
	return err == nil
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

func (w *world) wantCode(err error, code string) {
	w.T.Helper()
	if fault.CodeOf(err) != code {
		w.T.Errorf("%v, want %s", err, code)
	}
}

// wantEnd checks how a request ended, and that the device is there if it should be.
func (w *world) wantEnd(r approval.Request, state approval.State, failure string, there bool) {
	w.T.Helper()
	if r.State != state || r.Failure != failure || w.there() != there {
		w.T.Errorf("%s %q, device there: %v; want %s %q, %v", r.State, r.Failure, w.there(), state, failure, there)
	}
}

// toldOf are the ids of those who were told of a kind, with the last notice.
func (w *world) toldOf(kind notification.Kind) (ids []string, last notification.Notice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.told {
		if n.Kind == kind {
			ids, last = append(ids, n.To), n
		}
	}
	return ids, last
}

func (w *world) audited(action string, outcome audit.Outcome, want int) {
	w.T.Helper()
	if got := w.Audited(action, outcome); got != want {
		w.T.Errorf("%d events %s %s, want %d", got, action, outcome, want)
	}
}
