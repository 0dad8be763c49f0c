package approval_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func TestASecondPersonDecidesAndItRunsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.Devices.Delete(w.session(w.tom), w.device, func(device.Device) error { return nil })
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Code != "access.needs_approval" || e.Ask == nil || e.Ask.Action != "device.delete" || e.Ask.Parameters["device_id"] != w.device {
			t.Fatalf("%+v", err)
		}
		r := w.ask()
		if r.State != approval.Pending || r.CustomerID != w.customer || r.ExpiresAt.Sub(r.CreatedAt) != time.Hour || len(r.Digest) != 64 {
			t.Errorf("%+v", r)
		}
		ids, notice := w.toldOf(notification.ApprovalAsked)
		if !slices.Contains(ids, w.mia.ID) || !slices.Contains(ids, w.ada.ID) || slices.Contains(ids, w.tom.ID) || notice.Data["signature"] == "" {
			t.Errorf("told %v %v", ids, notice.Data)
		}
		if r = granttest.Must(w.approve(w.session(w.mia), r))(t); r.State != approval.Approved || r.Decider.ID != w.mia.ID {
			t.Errorf("%+v", r)
		}
		w.wantEnd(r, approval.Approved, "", true)
		w.wantEnd(w.run(r), approval.Executed, "", false)
		if _, notice := w.toldOf(notification.ApprovalEnded); notice.To != w.tom.ID || notice.Data["state"] != "executed" || notice.Data["by"] != "mia" {
			t.Errorf("%+v", notice)
		}
		for _, action := range []string{"approval.request", "approval.approve", "approval.execute", "device.delete"} {
			w.audited(action, audit.Success, 1)
		}
		_, err = w.approve(w.session(w.ada), r)
		w.wantCode(err, "approval.decided")
	})
}

func TestWhoeverMayDoItAloneHasNothingToAsk(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		for who, code := range map[string]string{w.mia.ID: "approval.not_needed", w.ada.ID: "approval.not_needed"} {
			_, err := w.s.Create(w.session(technician.Technician{OrgID: w.Org.ID, ID: who}), w.deletion())
			w.wantCode(err, code)
		}
		eve := w.Technician("eve", perm.Technician, w.customer) // has no right that an approval could confirm
		w.Give(granttest.Technician(eve.ID), w.System("Device connection only"), granttest.On(engine.Customer, w.customer))
		_, err := w.s.Create(w.session(eve), w.deletion())
		w.wantCode(err, "access.denied")
		_, err = w.s.Create(w.session(w.tom), approval.Fields{Action: "device.delete", Parameters: raw(map[string]any{"device_id": w.device, "force": true}), Reason: "x"})
		w.wantCode(err, "approval.parameters_invalid")
		_, err = w.s.Create(w.session(w.tom), approval.Fields{Action: "device.delete", Parameters: raw(map[string]string{"device_id": w.customer}), Reason: "x"})
		w.wantCode(err, "device.not_found")
	})
}

// An action that was changed between its approval and its execution does not run: in the world, in the row, or in who decided.
func TestAnActionChangedAfterItsApprovalDoesNotRun(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(w *world, r approval.Request)
		failure string
	}{
		"the device has another name": {func(w *world, _ approval.Request) {
			granttest.Must(w.Devices.Update(w.Boss(), w.device, func(d device.Device) (device.Fields, error) { d.Name = "server"; return d.Fields, nil }))(w.T)
		}, "approval.changed"},
		"the parameters name another device": {func(w *world, r approval.Request) {
			other := w.Device("server", "")
			w.do(`update approval set parameters = $1 where id = $2`, string(raw(map[string]string{"device_id": other})), r.ID)
		}, "approval.tampered"},
		"the parameters and the digest": {func(w *world, r approval.Request) {
			w.do(`update approval set reason = 'Because', digest = $1 where id = $2`, "00"+string(r.Digest[2:]), r.ID)
		}, "approval.tampered"},
		"another decided": {func(w *world, r approval.Request) {
			w.do(`update approval set decided_by = $1 where id = $2`, w.ada.ID, r.ID)
		}, "approval.tampered"},
		"it counts for longer": {func(w *world, r approval.Request) {
			w.do(`update approval set usable_until = usable_until + 1000000 where id = $1`, r.ID)
		}, "approval.tampered"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(t *testing.T, w *world) {
				r := w.approved()
				tc.change(w, r)
				w.wantEnd(w.run(r), approval.Failed, tc.failure, true)
				w.audited("approval.execute", audit.Denied, 1)
			})
		})
	}
}

// A row that says it was approved is no approval: the key of decisions is not in the database.
func TestAForgedApprovalDoesNotRun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.ask()
		w.do(`update approval set state = 'approved', decided_by = $1, decided_name = 'mia', decided_at = created_at, usable_until = expires_at where id = $2`, w.mia.ID, r.ID)
		w.wantEnd(w.run(r), approval.Failed, "approval.tampered", true)
	})
}

// Its requester does not approve it: in a second session, with a token, with a role that they got meanwhile, or by somebody else's link.
func TestNobodyApprovesTheirOwnByAnotherSessionTokenOrRole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.ask()
		_, notice := w.toldOf(notification.ApprovalAsked)
		for name, ctx := range map[string]context.Context{
			"second session": w.session(w.tom, func(a *access.Actor) { a.SessionID = "another" }),
			"as manager":     w.session(w.tom, func(a *access.Actor) { a.Role = perm.Manager }),
			"as admin":       w.session(w.tom, func(a *access.Actor) { a.Role = perm.Administrator }),
			"as owner":       w.session(w.tom, func(a *access.Actor) { a.Owner = true }),
		} {
			_, err := w.approve(ctx, r)
			if fault.CodeOf(err) != "approval.own" {
				t.Errorf("%s: %v", name, err)
			}
		}
		token := w.session(w.tom, func(a *access.Actor) { a.SessionID, a.TokenID, a.Kind = "", "token", access.Token })
		_, err := w.approve(token, r)
		w.wantCode(err, "approval.not_decider")
		_, err = w.s.Decide(w.session(w.tom), r.ID, approval.Decision{Approve: true, Digest: r.Digest, Signature: notice.Data["signature"]}, anyVersion)
		w.wantCode(err, "approval.own")
		// Promoted for good, and asked before: still their own.
		w.do(`update technician set platform_role = 'administrator' where org_id = $1 and id = $2`, w.Org.ID, w.tom.ID)
		_, err = w.approve(w.session(w.tom), r)
		w.wantCode(err, "approval.own")
		w.wantEnd(w.now(r), approval.Pending, "", true)
		w.audited("approval.approve", audit.Denied, 7)
	})
}

func TestOnlyThoseDecideWhoCouldDoItThemselves(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		r := w.ask()
		stranger := w.Technician("stan", perm.Manager, w.Customer("Other"))
		peer := w.Technician("pia", perm.Technician, w.customer)
		w.Give(granttest.Technician(peer.ID), w.System("Full device access"), granttest.On(engine.Customer, w.customer))
		w.Set(granttest.Technician(peer.ID), granttest.Override(grant.Allow, perm.ApprovalDecide, granttest.On(engine.Customer, w.customer)))
		for who, code := range map[string]string{stranger.ID: "approval.not_found", peer.ID: "approval.not_decider"} {
			_, err := w.approve(w.session(technician.Technician{OrgID: w.Org.ID, ID: who}), r)
			w.wantCode(err, code)
		}
		_, err := w.approve(w.session(w.mia, func(a *access.Actor) { a.SessionID, a.TokenID, a.Kind = "", "token", access.Token }), r)
		w.wantCode(err, "approval.not_decider")
		_, err = w.approve(w.session(w.mia, func(a *access.Actor) { a.Authenticated = store.Now().Add(-6 * time.Minute) }), r)
		w.wantCode(err, "signin.fresh_required")
		// Deny beats approval, also that of whoever approves.
		w.Set(granttest.Technician(w.ada.ID), granttest.Override(grant.Deny, perm.DeviceDelete, granttest.On(engine.Device, w.device)))
		_, err = w.approve(w.session(w.ada), r)
		w.wantCode(err, "approval.not_decider")
		w.wantEnd(w.now(r), approval.Pending, "", true)
	})
}

// A page that is stale, or shows something else, approves nothing.
func TestAStalePageApprovesNothing(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		r, other := w.ask(), w.ask()
		_, err := w.s.Decide(w.session(w.mia), r.ID, approval.Decision{Approve: true, Digest: other.Digest}, anyVersion)
		w.wantCode(err, "approval.other_digest")
		_, err = w.s.Decide(w.session(w.mia), r.ID, approval.Decision{Approve: true}, anyVersion)
		w.wantCode(err, "approval.other_digest")
		_, err = w.s.Decide(w.session(w.mia), r.ID, approval.Decision{Approve: true, Digest: r.Digest, Signature: w.s.Signature(r, w.ada.ID)}, anyVersion)
		w.wantCode(err, "approval.link_invalid")
		stale := fault.New(fault.Stale, "request.stale", "Changed.")
		_, err = w.s.Decide(w.session(w.mia), r.ID, approval.Decision{Approve: true, Digest: r.Digest}, func(int64) error { return stale })
		w.wantCode(err, "request.stale")
		granttest.Must(w.s.Withdraw(w.session(w.tom), r.ID, anyVersion))(t)
		_, err = w.approve(w.session(w.mia), r)
		w.wantCode(err, "approval.decided")
		granttest.Must(w.s.Decide(w.session(w.mia), other.ID, approval.Decision{Comment: "No.", Signature: w.s.Signature(other, w.mia.ID)}, anyVersion))(t)
		_, err = w.approve(w.session(w.ada), other)
		w.wantCode(err, "approval.decided")
		w.wantEnd(w.run(other), approval.Refused, "", true)
		_, err = w.s.Withdraw(w.session(w.mia), r.ID, anyVersion)
		w.wantCode(err, "approval.not_yours")
	})
}

// After its time nothing is decided, nothing runs, and the requester hears of it.
func TestAfterItsTimeNothingRuns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		late, unused := w.ask(), w.approved()
		w.do(`update approval set expires_at = $1 where id = $2`, store.Time(store.Now()), late.ID)
		w.do(`update approval set usable_until = $1 where id = $2`, store.Time(store.Now()), unused.ID)
		_, err := w.approve(w.session(w.mia), late)
		w.wantCode(err, "approval.expired")
		w.wantEnd(w.now(late), approval.Expired, "", true)
		w.wantEnd(w.run(unused), approval.Expired, "", true)
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.audited("approval.expire", audit.Success, 2)
		if ids, _ := w.toldOf(notification.ApprovalEnded); len(ids) != 2 {
			t.Errorf("%v", ids)
		}
		_, err = w.s.Create(w.session(w.tom), approval.Fields{Action: "device.delete", Parameters: w.deletion().Parameters, Reason: "x", Life: 8 * 24 * time.Hour})
		w.wantCode(err, "approval.life_invalid")
	})
}

// Two servers that run the same approval at once do it once.
func TestTwoServersRunItOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.approved()
		other, _ := w.server()
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				s := w.s
				if i%2 == 1 {
					s = other
				}
				if err := s.Execute(context.WithoutCancel(t.Context()), r.OrgID, r.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		w.wantEnd(w.now(r), approval.Executed, "", false)
		w.audited("approval.execute", audit.Success, 1)
		w.audited("device.delete", audit.Success, 1)
	})
}

// The job is in the transaction of the decision: a server that dies in between leaves it to the next one, which runs it once. An attempt that is
// interrupted leaves nothing behind.
func TestAKillBetweenApprovalAndExecutionRunsItOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.approved() // and then this server is gone: its queue never runs
		_, queue := w.server()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- queue.Run(ctx) }()
		for i := 0; i < 4000 && w.there(); i++ {
			time.Sleep(5 * time.Millisecond)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		w.wantEnd(w.run(r), approval.Executed, "", false) // and a job that runs again finds it done
		w.audited("approval.execute", audit.Success, 1)
		w.audited("device.delete", audit.Success, 1)
	})
}

// A node that is killed while it runs an approval takes its job along for minutes; the others run it in seconds, one of them, and nothing that its
// requester uses themselves, nor what was decided just now.
func TestWhatAKilledNodeLeftIsRunByAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, csv := w.approved(), raw(map[string]string{"format": "csv"})
		export := granttest.Must(w.s.Create(w.session(w.Technician("bob", perm.Administrator)), approval.Fields{Action: "audit.export", Parameters: csv, Reason: "x"}))(t)
		export = granttest.Must(w.approve(w.session(w.ada), export))(t)
		w.sweepTwice()
		if now := w.now(r); now.State != approval.Approved {
			t.Errorf("just decided: %s", now.State)
		}
		w.do(`update approval set decided_at = $1`, store.Time(store.Now().Add(-11*time.Second)))
		w.sweepTwice()
		w.wantEnd(w.now(r), approval.Executed, "", false)
		w.audited("approval.execute", audit.Success, 1)
		w.audited("device.delete", audit.Success, 1)
		if now := w.now(export); now.State != approval.Approved {
			t.Errorf("the export: %s", now.State)
		}
	})
}

// An attempt that breaks off in the middle leaves nothing behind, and the next one does all of it, once.
func TestAnInterruptedAttemptLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := granttest.Must(w.s.Create(w.session(w.tom), approval.Fields{Action: "test.interrupted", Parameters: raw(struct{}{}), Reason: "x"}))(t)
		r = granttest.Must(w.approve(w.session(w.mia), r))(t)
		done := func() (n int) {
			if err := w.DB.Read().QueryRowContext(t.Context(), `select count(*) from approval_window where approval_id = $1`, r.ID).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		broken := errors.New("the disk is gone")
		w.interrupt = func() error { return broken }
		if err := w.s.Execute(t.Context(), r.OrgID, r.ID); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		if now := w.now(r); now.State != approval.Approved || done() != 0 {
			t.Errorf("%s, %d done", now.State, done())
		}
		runs := 0
		w.interrupt = func() error { runs++; return nil }
		for range 3 {
			if now := w.run(r); now.State != approval.Executed {
				t.Errorf("%s", now.State)
			}
		}
		if runs != 1 || done() != 1 {
			t.Errorf("%d runs, %d done", runs, done())
		}
		w.audited("approval.execute", audit.Success, 1)
	})
}

// Who asked, and who approved, have to be who they were when it runs.
func TestRightsAreAskedForAgainWhenItRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(w *world)
		failure string
	}{
		"the requester was suspended": {func(w *world) {
			w.do(`update technician set status = 'suspended' where org_id = $1 and id = $2`, w.Org.ID, w.tom.ID)
		}, "approval.requester_ended"},
		"the requester was denied it": {func(w *world) {
			w.Set(granttest.Technician(w.tom.ID), granttest.Override(grant.Deny, perm.DeviceDelete, granttest.On(engine.AllDevices, "")))
		}, "approval.right_lost"},
		"the requester lost the customer": {func(w *world) {
			w.do(`delete from technician_customer where org_id = $1 and technician_id = $2`, w.Org.ID, w.tom.ID)
		}, "approval.changed"},
		"who approved was suspended": {func(w *world) {
			w.do(`update technician set status = 'suspended' where org_id = $1 and id = $2`, w.Org.ID, w.mia.ID)
		}, "approval.decider_lost"},
		"who approved manages no more": {func(w *world) {
			w.do(`update technician set platform_role = 'technician' where org_id = $1 and id = $2`, w.Org.ID, w.mia.ID)
		}, "approval.decider_lost"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(t *testing.T, w *world) {
				r := w.approved()
				tc.change(w)
				w.wantEnd(w.run(r), approval.Failed, tc.failure, true)
				if _, notice := w.toldOf(notification.ApprovalEnded); notice.To != w.tom.ID || notice.Data["failure"] != tc.failure {
					t.Errorf("%+v", notice)
				}
			})
		})
	}
}

func TestANeighbourSeesAndDecidesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.ask()
		beside := in(granttest.In(w.Beside("Neighbour")))
		olga := beside.session(beside.ada)
		_, err := beside.s.Find(olga, r.ID)
		w.wantCode(err, "approval.not_found")
		_, err = beside.approve(olga, r)
		w.wantCode(err, "approval.not_found")
		_, err = beside.s.Withdraw(beside.session(beside.tom), r.ID, anyVersion)
		w.wantCode(err, "approval.not_found")
		w.wantCode(beside.s.Claim(olga, r.ID, "device.delete", nil), "approval.not_found")
		_, err = beside.s.Create(beside.session(beside.tom), w.deletion())
		w.wantCode(err, "device.not_found")
		found, _, err := beside.s.List(olga, approval.Query{Page: store.Page{Limit: 50}})
		if err != nil || len(found) != 0 {
			t.Errorf("%d %v", len(found), err)
		}
		if err := beside.s.Execute(t.Context(), beside.Org.ID, r.ID); fault.CodeOf(err) != "approval.not_found" {
			t.Error(err)
		}
		w.wantEnd(w.now(r), approval.Pending, "", true)
	})
}

func TestListsShowWhatConcernsOne(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		r := w.ask()
		eve := w.Technician("eve", perm.Technician, w.customer)
		stan := w.Technician("stan", perm.Manager, w.Customer("Other"))
		for _, tc := range []struct {
			who  technician.Technician
			q    approval.Query
			want int
		}{
			{w.tom, approval.Query{Mine: true}, 1},
			{w.tom, approval.Query{ToDecide: true}, 0},
			{w.mia, approval.Query{ToDecide: true}, 1},
			{w.mia, approval.Query{Mine: true}, 0},
			{w.ada, approval.Query{State: approval.Pending}, 1},
			{w.ada, approval.Query{State: approval.Expired}, 0},
			{eve, approval.Query{}, 0},
			{stan, approval.Query{}, 0},
		} {
			tc.q.Page = store.Page{Limit: 50}
			found, _, err := w.s.List(w.session(tc.who), tc.q)
			if err != nil || len(found) != tc.want {
				t.Errorf("%s %+v: %d %v, want %d", tc.who.GivenName, tc.q, len(found), err, tc.want)
			}
		}
		_, err := w.s.Find(w.session(eve), r.ID)
		w.wantCode(err, "approval.not_found")
	})
}
