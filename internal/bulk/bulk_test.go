package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/bulk"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// world is an organization whose technicians are worked on, and what the slices behind the hooks heard.
type world struct {
	*organizationtest.World
	*bulk.Service
	technicians *technician.Service
	bases       *platformrole.Service
	teams       *team.Service
	tasks       *task.Service
	owner, boss technician.Technician
	customers   []string

	mu    sync.Mutex
	heard map[string][]string // by technician
	slow  func()              // before each person who is told something
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, open(t, db, 0)) })
}

// open takes how long a task works before others get their turn, which is also what a restart amounts to.
func open(t *testing.T, db *store.DB, slice time.Duration) *world {
	t.Helper()
	w := &world{World: organizationtest.New(t, db, "Blue Harbor IT"), heard: map[string][]string{}}
	hear := func(what string) func(context.Context, *store.Tx, technician.Technician) error {
		return func(_ context.Context, tx *store.Tx, t technician.Technician) error {
			w.hear(tx, t.ID, what)
			return nil
		}
	}
	w.bases = platformrole.New(platformrole.Deps{DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events})
	w.technicians = technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{
		Teams: func(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error {
			return w.teams.Place(ctx, tx, technicianID, teamIDs)
		},
		Password: func(context.Context, string, technician.Technician) (technician.KeepPassword, error) {
			return func(context.Context, *store.Tx, string) error { return nil }, nil
		},
		MayGiveOwnRole: w.bases.MayGive, GiveOwnRole: w.bases.GiveIn,
		Inactive: func(_ context.Context, tx *store.Tx, technicianID, why string) error {
			w.hear(tx, technicianID, "ended: "+why)
			return nil
		},
	})
	w.teams = team.New(db, w.Guard, w.Audit, w.Events, w.technicians)
	w.tasks = task.New(task.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Actor: w.actor, Slice: slice,
	})
	w.Service = bulk.New(bulk.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Technicians: w.technicians, Tasks: w.tasks,
		ResetPassword: hear("reset"), EndAccess: hear("access ended"),
		Tell: func(_ context.Context, tx *store.Tx, technicianID string, m bulk.Message) error {
			if w.slow != nil {
				w.slow()
			}
			w.hear(tx, technicianID, fmt.Sprint("told ", m.Subject, m.Ways))
			return nil
		},
	})
	err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
		w.owner, err = w.technicians.CreateOwner(w.System(), tx, technician.Owner{Name: "Ana Lopez", Email: "ana@example.com"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.boss = w.add("boss", perm.Administrator)
	for i := range 2 {
		c, err := customer.New(db, w.Guard, w.Audit, w.Events).Create(w.Admin(), customer.Fields{Name: fmt.Sprint("Customer ", i)})
		if err != nil {
			t.Fatal(err)
		}
		w.customers = append(w.customers, c.ID)
	}
	queue, err := jobs.New(t.Context(), db, jobs.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Retry: func(int) time.Duration { return time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.tasks.Use(queue)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- queue.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

// hear keeps what was committed.
func (w *world) hear(tx *store.Tx, id, what string) {
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.heard[id] = append(w.heard[id], what)
	})
}

func (w *world) hearing(id string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.heard[id])
}

// actor is what app gives to tasks: a technician as they may act now.
func (w *world) actor(ctx context.Context, org, id string) (access.Actor, error) {
	t, err := technician.ByID(ctx, w.DB.Read(), org, id)
	if err == nil && t.Status != technician.Active {
		err = fault.New(fault.Denied, "technician.inactive", "No longer active.")
	}
	return access.Actor{OrgID: org, Kind: access.Technician, ID: id, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner}, err
}

func (w *world) add(name string, role perm.Role) technician.Technician {
	w.T.Helper()
	t, err := w.technicians.Create(w.Admin(), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role}, "temporary")
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

func (w *world) act(t technician.Technician) context.Context { return w.As(t.ID, t.PlatformRole) }

// do gives an order and returns the task at its end, and the outcome of each person by name.
func (w *world) do(ctx context.Context, o bulk.Order) (task.Task, map[string]string) {
	w.T.Helper()
	started, err := w.Start(ctx, o)
	if err != nil {
		w.T.Fatal(err)
	}
	return w.await(started.ID)
}

func (w *world) await(id string) (task.Task, map[string]string) {
	w.T.Helper()
	owner := access.WithActor(w.T.Context(), access.Actor{OrgID: w.Org.ID, Kind: access.Technician, ID: w.owner.ID, Owner: true})
	for range 4000 {
		t, err := w.tasks.Find(owner, id)
		if err != nil {
			w.T.Fatal(err)
		}
		if t.Ended() {
			all, _, err := w.tasks.Results(owner, id, "", store.Page{Limit: 200})
			if err != nil {
				w.T.Fatal(err)
			}
			out := map[string]string{}
			for _, r := range all {
				out[r.Name] = strings.TrimSuffix(string(r.Outcome)+" "+r.Reason, " ")
			}
			return t, out
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.T.Fatal("the task does not end")
	return task.Task{}, nil
}

func second[T any](_ T, err error) error { return err }

func TestEachActionDoesItToEach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo, cy := w.add("bo", perm.Technician), w.add("cy", perm.ReadOnly)
		invited, err := w.technicians.Create(w.Admin(), technician.Fields{GivenName: "ida", Email: "ida@example.com"}, "")
		if err != nil {
			t.Fatal(err)
		}
		desk, err := w.teams.Create(w.Admin(), team.Fields{Name: "Desk", MemberIDs: []string{cy.ID}})
		if err != nil {
			t.Fatal(err)
		}
		both := []string{bo.ID, cy.ID, bo.ID}
		for _, tc := range []struct {
			order  bulk.Order
			want   map[string]string
			audits string
			n      int
			after  func(bo, cy technician.Technician) bool
		}{
			{
				bulk.Order{Action: bulk.AssignRole, IDs: both, Role: perm.Technician},
				map[string]string{"bo": "skipped bulk.unchanged", "cy": "done"},
				"technician.update", 1,
				func(_, cy technician.Technician) bool { return cy.PlatformRole == perm.Technician },
			},
			{
				bulk.Order{Action: bulk.AddToTeam, IDs: both, TeamID: desk.ID},
				map[string]string{"bo": "done", "cy": "skipped bulk.unchanged"},
				"technician.update", 2,
				func(bo, _ technician.Technician) bool { return slices.Equal(bo.TeamIDs, []string{desk.ID}) },
			},
			{
				bulk.Order{Action: bulk.RemoveFromTeam, IDs: both, TeamID: desk.ID},
				map[string]string{"bo": "done", "cy": "done"},
				"technician.update", 4,
				func(bo, cy technician.Technician) bool { return len(bo.TeamIDs)+len(cy.TeamIDs) == 0 },
			},
			{
				bulk.Order{Action: bulk.AssignCustomers, IDs: both, CustomerIDs: w.customers},
				map[string]string{"bo": "done", "cy": "done"},
				"technician.update", 6,
				func(bo, cy technician.Technician) bool { return len(bo.CustomerIDs)+len(cy.CustomerIDs) == 4 },
			},
			{
				bulk.Order{Action: bulk.RemoveCustomers, IDs: both, CustomerIDs: w.customers[:1]},
				map[string]string{"bo": "done", "cy": "done"},
				"technician.update", 8,
				func(bo, _ technician.Technician) bool { return slices.Equal(bo.CustomerIDs, w.customers[1:]) },
			},
			{
				bulk.Order{Action: bulk.RequireMFA, IDs: both},
				map[string]string{"bo": "done", "cy": "done"},
				"technician.update", 10,
				func(bo, cy technician.Technician) bool { return bo.MFARequired && cy.MFARequired },
			},
			{
				bulk.Order{Action: bulk.Suspend, IDs: both, Reason: "stolen van"},
				map[string]string{"bo": "done", "cy": "done"},
				"technician.suspend", 2,
				func(bo, cy technician.Technician) bool {
					return bo.Status == technician.Suspended && slices.Equal(w.hearing(cy.ID), []string{"ended: suspended"})
				},
			},
			{bulk.Order{Action: bulk.Notify, IDs: both, Message: bulk.Message{Subject: "Hi", Body: "You all"}}, map[string]string{"bo": "failed bulk.not_active", "cy": "failed bulk.not_active"}, "technician.notify", 0, nil},
			{
				bulk.Order{Action: bulk.Reactivate, IDs: both[:1]},
				map[string]string{"bo": "done"},
				"technician.reactivate", 1,
				func(bo, _ technician.Technician) bool { return bo.Status == technician.Active },
			},
			{
				bulk.Order{Action: bulk.Notify, Filter: &technician.Query{Status: technician.Active, Role: "technician"}, Message: bulk.Message{Subject: "Hi", Body: "You", Ways: []message.Way{message.SMS}}},
				map[string]string{"bo": "done", "ida": "failed bulk.not_active"},
				"technician.notify", 1,
				func(bo, _ technician.Technician) bool { return slices.Contains(w.hearing(bo.ID), "told Hi[sms]") },
			},
			{
				bulk.Order{Action: bulk.ResetPasswords, IDs: both[:1]},
				map[string]string{"bo": "done"},
				"", 0,
				func(bo, _ technician.Technician) bool { return slices.Contains(w.hearing(bo.ID), "reset") },
			},
			{
				bulk.Order{Action: bulk.RevokeAccess, IDs: both[:1]},
				map[string]string{"bo": "done"},
				"", 0,
				func(bo, _ technician.Technician) bool { return slices.Contains(w.hearing(bo.ID), "access ended") },
			},
			{bulk.Order{Action: bulk.DeleteInvitations, IDs: []string{bo.ID, invited.ID}}, map[string]string{"bo": "failed bulk.not_an_invitation", "ida": "done"}, "technician.delete", 1, nil},
			{bulk.Order{Action: bulk.Delete, IDs: both[:1]}, map[string]string{"bo": "failed technician.still_active"}, "technician.delete", 1, nil},
		} {
			got, outcomes := w.do(w.act(w.boss), tc.order)
			if fmt.Sprint(outcomes) != fmt.Sprint(tc.want) || got.State != task.Done || got.Done != got.Total || got.Total != len(tc.want) {
				t.Errorf("%s: %v, %s %d of %d; want %v", tc.order.Action, outcomes, got.State, got.Done, got.Total, tc.want)
			}
			if tc.audits != "" {
				if n := w.Audited(tc.audits, audit.Success); n != tc.n {
					t.Errorf("%s: %d events %s, want %d", tc.order.Action, n, tc.audits, tc.n)
				}
			}
			if tc.after != nil {
				b, err1 := w.technicians.Find(w.Admin(), bo.ID)
				c, err2 := w.technicians.Find(w.Admin(), cy.ID)
				if err := errors.Join(err1, err2); err != nil || !tc.after(b, c) {
					t.Errorf("%s left %+v and %+v, %v", tc.order.Action, b.Fields, c.Fields, err)
				}
			}
		}
		if n := w.Audited("technician.bulk", audit.Success); n != 14 {
			t.Errorf("%d orders recorded", n)
		}
	})
}

func TestOrdersThatNobodyCanCarryOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		other := &world{World: w.Beside("Neighbour"), technicians: w.technicians}
		stranger := other.add("eve", perm.Technician)
		narrow := w.Actor(w.boss.ID, perm.Administrator)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true}
		some := []string{bo.ID}
		for name, tc := range map[string]struct {
			ctx   context.Context
			order bulk.Order
			want  string
		}{
			"no action":                    {w.act(w.boss), bulk.Order{IDs: some}, "request.invalid"},
			"an unknown action":            {w.act(w.boss), bulk.Order{Action: "promote", IDs: some}, "request.invalid"},
			"nobody":                       {w.act(w.boss), bulk.Order{Action: bulk.Suspend}, "bulk.nobody"},
			"a filter that matches nobody": {w.act(w.boss), bulk.Order{Action: bulk.Suspend, Filter: &technician.Query{Text: "zzz"}}, "bulk.nobody"},
			"ids and a filter":             {w.act(w.boss), bulk.Order{Action: bulk.Suspend, IDs: some, Filter: &technician.Query{}}, "bulk.ids_or_filter"},
			"an unknown technician":        {w.act(w.boss), bulk.Order{Action: bulk.Suspend, IDs: []string{id.New()}}, "request.invalid"},
			"a neighbour's technician":     {w.act(w.boss), bulk.Order{Action: bulk.Suspend, IDs: []string{bo.ID, stranger.ID}}, "request.invalid"},
			"no role":                      {w.act(w.boss), bulk.Order{Action: bulk.AssignRole, IDs: some}, "request.invalid"},
			"an invented role":             {w.act(w.boss), bulk.Order{Action: bulk.AssignRole, IDs: some, Role: "root"}, "request.invalid"},
			"no team":                      {w.act(w.boss), bulk.Order{Action: bulk.AddToTeam, IDs: some}, "request.invalid"},
			"no customers":                 {w.act(w.boss), bulk.Order{Action: bulk.AssignCustomers, IDs: some}, "request.invalid"},
			"an unknown customer":          {w.act(w.boss), bulk.Order{Action: bulk.AssignCustomers, IDs: some, CustomerIDs: []string{id.New()}}, "request.invalid"},
			"customers of a narrow token":  {access.WithActor(t.Context(), narrow), bulk.Order{Action: bulk.AssignCustomers, IDs: some, CustomerIDs: w.customers}, "request.invalid"},
			"an empty message":             {w.act(w.boss), bulk.Order{Action: bulk.Notify, IDs: some, Message: bulk.Message{Subject: "Hi"}}, "request.invalid"},
			"a way that there is not":      {w.act(w.boss), bulk.Order{Action: bulk.Notify, IDs: some, Message: bulk.Message{Subject: "Hi", Body: "You", Ways: []message.Way{"fax"}}}, "request.invalid"},
			"a manager":                    {w.As("m", perm.Manager), bulk.Order{Action: bulk.Suspend, IDs: some}, "access.denied"},
		} {
			if code := fault.CodeOf(second(w.Start(tc.ctx, tc.order))); code != tc.want {
				t.Errorf("%s: %q, want %q", name, code, tc.want)
			}
		}
		if got, _ := w.technicians.Find(w.Admin(), bo.ID); got.Version != 1 {
			t.Error("something was done")
		}
	})
}

func TestAttack44SelfPromotionInBulk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.ReadOnly)
		everybody := []string{w.owner.ID, w.boss.ID, bo.ID}
		for _, tc := range []struct {
			order bulk.Order
			want  string
		}{
			{bulk.Order{Action: bulk.AssignRole, IDs: everybody, Role: perm.Manager}, "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
			{bulk.Order{Action: bulk.Suspend, IDs: everybody}, "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
			{bulk.Order{Action: bulk.AssignCustomers, IDs: everybody, CustomerIDs: w.customers}, "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
			{bulk.Order{Action: bulk.RequireMFA, IDs: everybody}, "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
			{bulk.Order{Action: bulk.RevokeAccess, IDs: everybody}, "map[Ana Lopez:failed technician.owner bo:done boss:done]"},
			{bulk.Order{Action: bulk.Delete, IDs: everybody}, "map[Ana Lopez:failed technician.owner bo:failed technician.still_active boss:failed technician.still_active]"},
		} {
			if _, got := w.do(w.act(w.boss), tc.order); fmt.Sprint(got) != tc.want {
				t.Errorf("%s: %v, want %s", tc.order.Action, got, tc.want)
			}
		}
		// Who orders with a narrow token gives no more than that token may.
		narrow := w.Actor(w.boss.ID, perm.Administrator)
		narrow.Kind, narrow.TokenID, narrow.Ceiling = access.Token, id.New(), perm.Set{perm.AdminTechnicians: true}
		for _, role := range []perm.Role{perm.Technician, perm.Administrator} {
			_, got := w.do(access.WithActor(t.Context(), narrow), bulk.Order{Action: bulk.AssignRole, IDs: []string{bo.ID}, Role: role})
			if fmt.Sprint(got) != "map[bo:failed technician.ceiling]" {
				t.Errorf("a narrow token makes somebody %s: %v", role, got)
			}
		}
		own := func(on perm.Role, name string) platformrole.Role {
			r, err := w.bases.Create(w.As("root", perm.Administrator), platformrole.Fields{Name: name, BasedOn: on, Customers: engine.EveryCustomer})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		front, lead := own(perm.Technician, "Front desk"), own(perm.Manager, "Lead")
		some := []string{bo.ID, w.owner.ID, w.boss.ID}
		for _, tc := range []struct{ role, want string }{
			{front.ID, "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
			{front.ID, "map[Ana Lopez:failed technician.owner bo:skipped bulk.unchanged boss:failed technician.self]"},
			{"", "map[Ana Lopez:failed technician.owner bo:done boss:failed technician.self]"},
		} {
			if _, got := w.do(w.act(w.boss), bulk.Order{Action: bulk.AssignRole, IDs: some, Role: perm.Technician, OwnRoleID: tc.role}); fmt.Sprint(got) != tc.want {
				t.Errorf("the platform role %q: %v, want %s", tc.role, got, tc.want)
			}
		}
		if _, got := w.do(access.WithActor(t.Context(), narrow), bulk.Order{Action: bulk.AssignRole, IDs: []string{bo.ID}, Role: perm.Technician, OwnRoleID: front.ID}); fmt.Sprint(got) != "map[bo:failed access.denied]" {
			t.Errorf("a narrow token gives a platform role: %v", got)
		}
		for _, key := range []string{lead.ID, id.New(), "front desk"} {
			_, err := w.Start(w.act(w.boss), bulk.Order{Action: bulk.AssignRole, IDs: some, Role: perm.Technician, OwnRoleID: key})
			if e, ok := errors.AsType[*fault.Error](err); !ok || e.Fields[0].Pointer != "/platform_role_id" {
				t.Errorf("%s: %v", key, err)
			}
		}
		if n := w.Audited("technician.*", audit.Denied); n < 11 {
			t.Errorf("%d refusals recorded", n)
		}
	})
}

// Several administrators remove each other in bulk at the same moment, in every way there is: one of them stays.
func TestAttack45LastAdministratorInBulk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := &world{World: w.Beside("Without an owner"), Service: w.Service, technicians: w.technicians, tasks: w.tasks, owner: w.owner}
		var admins []technician.Technician
		var ids []string
		for i := range 6 {
			a, err := v.technicians.Create(v.System(), technician.Fields{GivenName: "A", Email: fmt.Sprintf("a%d@example.com", i), PlatformRole: perm.Administrator}, "temporary")
			if err != nil {
				t.Fatal(err)
			}
			admins, ids = append(admins, a), append(ids, a.ID)
		}
		var wg sync.WaitGroup
		for i, a := range admins {
			wg.Go(func() {
				o := bulk.Order{Action: bulk.Suspend, IDs: ids}
				if i%2 == 1 {
					o = bulk.Order{Action: bulk.AssignRole, IDs: ids, Role: perm.ReadOnly}
				}
				started, err := v.Start(v.act(a), o)
				if err != nil && fault.KindOf(err) != fault.Denied {
					t.Error(err)
				}
				if err == nil {
					v.await(started.ID)
				}
			})
		}
		wg.Wait()
		left, err := technician.Administrators(t.Context(), w.DB.Read(), v.Org.ID)
		if err != nil || len(left) != 1 {
			t.Errorf("%d administrators are left, %v", len(left), err)
		}
	})
}

// Whoever loses the right in the middle has done what was done, and no more.
func TestRightsAreThoseOfTheMoment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []string
		for i := range 20 {
			ids = append(ids, w.add(fmt.Sprintf("t%02d", i), perm.Technician).ID)
		}
		told := make(chan struct{})
		release := make(chan struct{})
		n := 0
		w.slow = func() {
			if n++; n == 5 {
				close(told)
				<-release
			}
		}
		started, err := w.Start(w.act(w.boss), bulk.Order{Action: bulk.Notify, IDs: ids, Message: bulk.Message{Subject: "Hi", Body: "You"}})
		if err != nil {
			t.Fatal(err)
		}
		<-told
		demoted := make(chan error, 1)
		go func() {
			_, err := w.technicians.Update(access.WithActor(t.Context(), access.Actor{OrgID: w.Org.ID, Kind: access.Technician, ID: w.owner.ID, Owner: true}),
				w.boss.ID, func(t technician.Technician) (technician.Fields, error) {
					t.PlatformRole = perm.Technician
					return t.Fields, nil
				})
			demoted <- err
		}()
		select { // on SQLite the change waits for the transaction that is open
		case err = <-demoted:
			close(release)
		case <-time.After(500 * time.Millisecond):
			close(release)
			err = <-demoted
		}
		if err != nil {
			t.Fatal(err)
		}
		got, outcomes := w.await(started.ID)
		if got.State == task.Done || got.Done >= len(ids) || got.Done != len(outcomes) {
			t.Errorf("%s with %d of %d, %v", got.State, got.Done, len(ids), got.Reason)
		}
	})
}

// Whatever interrupts the work, everybody is dealt with once: progress is kept with what was done.
func TestWorkGoesOnWhereItStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := open(t, db, 15*time.Millisecond)
		var ids []string
		for i := range 25 {
			ids = append(ids, w.add(fmt.Sprintf("t%02d", i), perm.Technician).ID)
		}
		w.slow = func() { time.Sleep(3 * time.Millisecond) }
		got, outcomes := w.do(w.act(w.boss), bulk.Order{Action: bulk.Notify, IDs: ids, Message: bulk.Message{Subject: "Hi", Body: "You"}})
		if got.State != task.Done || got.Done != 25 || len(outcomes) != 25 {
			t.Errorf("%s, %d done, %d results", got.State, got.Done, len(outcomes))
		}
		for _, id := range ids {
			if heard := w.hearing(id); len(heard) != 1 {
				t.Errorf("%s was told %d times", id, len(heard))
			}
		}
		if n := w.Audited("technician.notify", audit.Success); n != 25 {
			t.Errorf("%d events", n)
		}
	})
}

func TestCanceledWorkStops(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []string
		for i := range 12 {
			ids = append(ids, w.add(fmt.Sprintf("t%02d", i), perm.Technician).ID)
		}
		started, err := w.Start(w.act(w.boss), bulk.Order{Action: bulk.Suspend, IDs: ids})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.tasks.Cancel(w.act(w.boss), started.ID); err != nil && fault.CodeOf(err) != "task.ended" {
			t.Fatal(err)
		}
		got, outcomes := w.await(started.ID)
		suspended, _, err := w.technicians.List(w.Admin(), technician.Query{Status: technician.Suspended, Page: store.Page{Limit: 50}})
		if err != nil || len(suspended) != len(outcomes) || got.Done != len(outcomes) {
			t.Errorf("%s: %d suspended, %d results, %d done, %v", got.State, len(suspended), len(outcomes), got.Done, err)
		}
		if n := w.Audited("technician.suspend", audit.Success); n != len(suspended) {
			t.Errorf("%d events for %d people", n, len(suspended))
		}
	})
}
