package task_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
)

// order is what the tasks of these tests work on.
type order struct{ Size, Piece int }

func (o order) TaskData() map[string]string { return map[string]string{"size": fmt.Sprint(o.Size)} }

type world struct {
	*organizationtest.World
	*task.Service
	queue *jobs.Queue

	mu       sync.Mutex
	actors   map[string]access.Actor // who may act now
	finished []task.Task
}

func newWorld(t *testing.T, db *store.DB, slice time.Duration) *world {
	w := &world{World: organizationtest.New(t, db, "Blue Harbor IT"), actors: map[string]access.Actor{}}
	w.may("ann", perm.Technician)
	w.Service = task.New(task.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Slice: slice,
		Actor: func(_ context.Context, _, id string) (access.Actor, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if a, ok := w.actors[id]; ok {
				return a, nil
			}
			return access.Actor{}, fault.New(fault.NotFound, "technician.not_found", "There is no such technician.")
		},
		Finished: func(_ context.Context, tx *store.Tx, t task.Task) error {
			tx.AfterCommit(func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.finished = append(w.finished, t)
			})
			return nil
		},
	})
	var err error
	if w.queue, err = jobs.New(t.Context(), db, jobs.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Retry: func(int) time.Duration { return time.Millisecond },
	}); err != nil {
		t.Fatal(err)
	}
	w.Use(w.queue)
	return w
}

func (w *world) may(id string, role perm.Role) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.actors[id] = w.Actor(id, role)
}

func (w *world) mayNot(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.actors, id)
}

// run lets the queue work until the test ends.
func (w *world) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.queue.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func (w *world) start(ctx context.Context, size, piece int) (t task.Task) {
	w.T.Helper()
	err := w.DB.Write(ctx, func(tx *store.Tx) (err error) {
		t, err = w.Start(ctx, tx, "count", size, order{size, piece})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

// await returns a task once it has ended.
func (w *world) await(id string) task.Task {
	w.T.Helper()
	for range 12_000 {
		t, err := w.Find(w.Admin(), id)
		if err != nil {
			w.T.Fatal(err)
		}
		if t.Ended() {
			return t
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.T.Fatal("the task does not end")
	return task.Task{}
}

// count does items one piece at a time, as handlers are meant to.
func count(before func(i int) error) task.Handler {
	return func(ctx context.Context, r *task.Run) error {
		var o order
		if err := r.Decode(&o); err != nil {
			return err
		}
		for i := r.Done; i < o.Size; i = r.Done {
			ctx, err := r.Next(ctx)
			if err != nil {
				return err
			}
			if err := before(i); err != nil {
				return err
			}
			n := min(o.Piece, o.Size-i)
			for k := range n {
				res := task.Result{TargetType: "number", TargetID: fmt.Sprint(i + k), Name: access.ActorFrom(ctx).Name, Line: i + k + 1, Outcome: task.OutcomeDone}
				if (i+k)%10 == 9 {
					res.Outcome = task.OutcomeFailed
					res = res.Because(fault.New(fault.Conflict, "test.nine", "Nines are refused."))
				}
				r.Result(res)
			}
			if err := r.Advance(ctx, n); err != nil {
				return err
			}
		}
		return nil
	}
}

func always(int) error { return nil }

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db, 0)) })
}

func TestATaskShowsProgressAndResults(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Handle("count", count(always))
		w.run(t)
		ann := w.As("ann", perm.Technician)
		got := w.await(w.start(ann, 1234, 100).ID)
		if got.State != task.Done || got.Done != 1234 || got.Failed != 123 || got.Total != 1234 || got.StartedAt.IsZero() || got.EndedAt.IsZero() {
			t.Errorf("%+v", got)
		}
		if got.Data["size"] != "1234" || got.CreatedBy != "ann" {
			t.Errorf("%+v", got)
		}
		page, seen := store.Page{Limit: 50}, 0
		for {
			found, next, err := w.Results(ann, got.ID, task.OutcomeFailed, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found {
				seen++
				if r.Line != seen*10 || r.Reason != "test.nine" || r.Message != "Nines are refused." || r.Name != "ann" {
					t.Fatalf("%d: %+v", seen, r)
				}
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		told := func() int {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.finished)
		}
		for range 12_000 { // once the commit that ends the task has returned
			if told() > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if seen != 123 || told() != 1 {
			t.Errorf("%d failures, told %d times", seen, told())
		}
	})
}

func TestALongTaskGivesOthersTheirTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, time.Millisecond)
		var stretches atomic.Int64
		slow := count(func(int) error { time.Sleep(time.Millisecond); return nil })
		w.Handle("count", func(ctx context.Context, r *task.Run) error { stretches.Add(1); return slow(ctx, r) })
		w.run(t)
		got := w.await(w.start(w.As("ann", perm.Technician), 5, 1).ID)
		if got.State != task.Done || got.Done != 5 || stretches.Load() < 3 {
			t.Errorf("%+v in %d stretches", got, stretches.Load())
		}
	})
}

func TestACanceledTaskTakesThePieceUnderWayBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Handle("count", count(func(i int) error {
			if i == 20 {
				all, _, err := w.List(w.As("ann", perm.Technician), task.Query{Mine: true, Page: store.Page{Limit: 1}})
				if err != nil || len(all) != 1 {
					return fmt.Errorf("%d tasks, %w", len(all), err)
				}
				_, err = w.Cancel(w.As("ann", perm.Technician), all[0].ID)
				return err
			}
			return nil
		}))
		w.run(t)
		got := w.await(w.start(w.As("ann", perm.Technician), 100, 10).ID)
		if got.State != task.Canceled || got.Done != 20 || got.Reason != "task.canceled" || w.Audited("task.cancel", audit.Success) != 1 {
			t.Errorf("%+v", got)
		}
		if _, err := w.Cancel(w.As("ann", perm.Technician), got.ID); fault.CodeOf(err) != "task.ended" {
			t.Error(err)
		}
	})
}

func TestATaskEndsWithTheRightsOfItsStarter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Handle("count", count(func(i int) error {
			if i == 30 {
				w.mayNot("ann") // from the next piece on
			}
			return nil
		}))
		w.run(t)
		got := w.await(w.start(w.As("ann", perm.Technician), 100, 10).ID)
		if got.State != task.Canceled || got.Done != 40 || got.Reason != "task.starter_may_not_act" {
			t.Errorf("%+v", got)
		}
	})
}

func TestATaskRunsWithTheRightsOfNowAndTheCeilingOfItsToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var seen []access.Actor
		w.Handle("count", func(ctx context.Context, r *task.Run) error {
			seen = append(seen, access.ActorFrom(ctx))
			w.may("ann", perm.ReadOnly)
			ctx, err := r.Next(ctx)
			seen = append(seen, access.ActorFrom(ctx))
			return err
		})
		w.may("ann", perm.Manager)
		token := w.Actor("ann", perm.Manager)
		token.Kind, token.Ceiling = access.Token, perm.Set{perm.ContactView: true}
		w.run(t)
		w.await(w.start(access.WithActor(t.Context(), token), 1, 1).ID)
		if len(seen) != 2 || seen[0].Role != perm.Manager || seen[1].Role != perm.ReadOnly || !seen[1].Ceiling[perm.ContactView] || len(seen[1].Ceiling) != 1 {
			t.Errorf("%+v", seen)
		}
	})
}

func TestAFailingTaskIsTriedAgainAndThenGivesUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var tries atomic.Int64
		w.Handle("count", count(func(i int) error {
			if i == 10 && tries.Add(1) < 3 || i == 50 {
				return errors.New("not this time")
			}
			return nil
		}))
		w.Handle("refused", func(context.Context, *task.Run) error { return fault.New(fault.Conflict, "test.refused", "Refused.") })
		w.Handle("panics", func(context.Context, *task.Run) error { panic("oh") })
		w.run(t)
		got := w.await(w.start(w.As("ann", perm.Technician), 100, 10).ID)
		if got.State != task.Failed || got.Done != 50 || got.Reason != "internal" || strings.Contains(got.Message, "not this time") {
			t.Errorf("%+v", got)
		}
		for kind, reason := range map[string]string{"refused": "test.refused", "panics": "internal", "nobody knows": "task.unknown"} {
			var begun task.Task
			err := w.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
				begun, err = w.Start(w.As("ann", perm.Technician), tx, kind, 1, struct{}{})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := w.await(begun.ID); got.State != task.Failed || got.Reason != reason {
				t.Errorf("%s: %+v", kind, got)
			}
		}
	})
}

func TestTasksAreTheirStartersOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.As("ann", perm.Technician)
		mine := w.start(ann, 10, 1)
		if _, err := w.Find(w.As("bob", perm.Manager), mine.ID); fault.CodeOf(err) != "task.not_found" {
			t.Error(err)
		}
		for who, tc := range map[string]struct {
			role perm.Role
			mine bool
			want int
		}{
			"ann": {perm.Technician, false, 1}, "bob": {perm.Manager, false, 0}, "admin": {perm.Administrator, false, 1}, "boss": {perm.Administrator, true, 0},
		} {
			found, _, err := w.List(w.As(who, tc.role), task.Query{Mine: tc.mine, Page: store.Page{Limit: 10}})
			if err != nil || len(found) != tc.want {
				t.Errorf("%s sees %d tasks, %v", who, len(found), err)
			}
		}
		if _, err := w.Cancel(w.As("bob", perm.Manager), mine.ID); fault.CodeOf(err) != "task.not_found" {
			t.Error(err)
		}
		for range 19 {
			w.start(ann, 1, 1)
		}
		err := w.DB.Write(ann, func(tx *store.Tx) error { _, err := w.Start(ann, tx, "count", 1, order{}); return err })
		if fault.CodeOf(err) != "task.too_many" {
			t.Error(err)
		}
	})
}

func TestOldTasksAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Handle("count", count(always))
		w.run(t)
		old, fresh := w.await(w.start(w.As("ann", perm.Technician), 20, 10).ID), w.await(w.start(w.As("ann", perm.Technician), 20, 10).ID)
		err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update task set ended_at = $1 where id = $2`, store.Time(time.Now().AddDate(0, 0, -31)), old.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Find(w.Admin(), old.ID); fault.CodeOf(err) != "task.not_found" {
			t.Error(err)
		}
		if found, _, err := w.Results(w.Admin(), fresh.ID, "", store.Page{Limit: 100}); err != nil || len(found) != 20 {
			t.Error(len(found), err)
		}
	})
}

func TestTheRoutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Handle("count", count(always))
		w.run(t)
		id := w.await(w.start(w.As("ann", perm.Technician), 20, 10).ID).ID
		s := w.Serve(map[string]access.Actor{"ann": w.Actor("ann", perm.Technician), "bob": w.Actor("bob", perm.Technician)}, w.Routes)
		if code, body, _ := s.Do("ann", "GET", "/api/tasks?state=done", ""); code != http.StatusOK || len(body["items"].([]any)) != 1 {
			t.Error(code, body)
		}
		if code, body, _ := s.Do("ann", "GET", "/api/tasks/"+id+"/results?outcome=failed", ""); code != http.StatusOK || len(body["items"].([]any)) != 2 {
			t.Error(code, body)
		}
		for _, path := range []string{"", "/results", "/results.csv"} {
			if code, body, _ := s.Do("bob", "GET", "/api/tasks/"+id+path, ""); code != http.StatusNotFound {
				t.Error(path, code, body)
			}
		}
	})
}

// Variables that make this test binary a server that is killed in the middle of a task.
const childDir = "COUNTERSIGN_TEST_CHILD_DIR"

// counted adds to a table in the transaction of the progress, so that doing an item twice shows.
func counted(db *store.DB, hang int) task.Handler {
	return func(ctx context.Context, r *task.Run) error {
		for r.Done < 100 {
			ctx, err := r.Next(ctx)
			if err != nil {
				return err
			}
			if r.Done == hang {
				fmt.Println("hanging")
				select {} // until the kill -9
			}
			err = db.Write(ctx, func(tx *store.Tx) error {
				if _, err := tx.ExecContext(ctx, `insert into counted (n) values ($1)`, r.Done); err != nil {
					return err
				}
				return r.AdvanceIn(ctx, tx, 1)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func TestATaskSurvivesKill9(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, db, 0)
		w.Handle("count", counted(db, 42))
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `create table counted (n bigint not null)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("task", w.start(w.As("ann", perm.Technician), 100, 1).ID, w.Org.ID)
		if err := w.queue.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestATaskSurvivesKill9$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var id, org string
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "hanging"; {
		_, _ = fmt.Sscanf(lines.Text(), "task %s %s", &id, &org)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := newWorld(t, db, 0)
	w.Org.ID = org
	w.may("ann", perm.Technician)
	w.Handle("count", counted(db, -1))
	w.run(t)
	if got := w.await(id); got.State != task.Done || got.Done != 100 {
		t.Errorf("%+v", got)
	}
	var n, distinct int
	if err := db.Read().QueryRowContext(t.Context(), `select count(*), count(distinct n) from counted`).Scan(&n, &distinct); err != nil || n != 100 || distinct != 100 {
		t.Error(n, distinct, err)
	}
}
