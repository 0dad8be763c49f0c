package approval_test

import (
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

func (w *world) loan(roleID string, on engine.Target, minutes int) approval.Fields {
	return approval.Fields{Action: "grant", Reason: "Night shift", Parameters: raw(map[string]any{
		"role_id": roleID, "scope": map[string]string{"type": string(on.Type), "id": on.ID}, "minutes": minutes,
	})}
}

// A role that is lent counts from the approval on, not from the request, and ends by itself; whoever approves holds it themselves.
func TestAccessIsLentFromTheApprovalOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		eve := w.Technician("eve", perm.Technician, w.customer)
		on := granttest.On(engine.Customer, w.customer)
		connect := w.System("Device connection only")
		r := granttest.Must(w.s.Create(w.session(eve), w.loan(connect.ID, on, 30)))(t)
		w.do(`update approval set created_at = created_at - 600000000 where id = $1`, r.ID) // asked for ten minutes ago
		r = granttest.Must(w.approve(w.session(w.mia), r))(t)
		if r = w.run(r); r.State != approval.Executed {
			t.Fatalf("%s %s", r.State, r.Failure)
		}
		found, _, err := w.Grants.List(w.Boss(), grant.Query{TechnicianID: eve.ID, Page: store.Page{Limit: 10}})
		if err != nil || len(found) != 1 || !found[0].ExpiresAt.Equal(r.DecidedAt.Add(30*time.Minute)) || found[0].CreatedBy.ID != w.mia.ID {
			t.Fatalf("%+v %v", found, err)
		}
		e := granttest.Must(w.Guard.Engine(t.Context(), w.Org.ID))(t)
		dev := granttest.On(engine.Device, w.device)
		if now := e.Check(store.Now(), eve.ID, perm.DeviceTerminal, dev); now != engine.Allow {
			t.Errorf("now: %s", now)
		}
		if then := e.Check(r.DecidedAt.Add(30*time.Minute), eve.ID, perm.DeviceTerminal, dev); then != engine.Deny {
			t.Errorf("then: %s", then)
		}
	})
}

func TestNobodyLendsWhatTheyDoNotHold(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		eve := w.Technician("eve", perm.Technician, w.customer)
		all, team := granttest.On(engine.AllCustomers, ""), granttest.On(engine.Organization, "")
		tickets := w.Role("Tickets", perm.Customers, perm.TicketView)
		for _, tc := range []struct {
			role string
			on   engine.Target
		}{{w.System("Team administrator").ID, team}, {tickets.ID, all}} {
			r := granttest.Must(w.s.Create(w.session(eve), w.loan(tc.role, tc.on, 60)))(t)
			_, err := w.approve(w.session(w.mia), r) // manages a customer, and no more
			w.wantCode(err, "approval.not_found")
			if r = w.run(granttest.Must(w.approve(w.session(w.ada), r))(t)); r.State != approval.Executed {
				t.Errorf("%s %s", r.State, r.Failure)
			}
		}
		// A role that grew after it was asked for is another one.
		r := granttest.Must(w.s.Create(w.session(eve), w.loan(tickets.ID, granttest.On(engine.Customer, w.customer), 60)))(t)
		w.do(`update role set permissions = '["ticket.view","endpoint.wipe"]' where org_id = $1 and id = $2`, w.Org.ID, tickets.ID)
		_, err := w.approve(w.session(w.ada), r)
		w.wantCode(err, "approval.changed")
		// Nobody lends on what they cannot see.
		other := w.Customer("Other")
		_, err = w.s.Create(w.session(eve), w.loan(tickets.ID, granttest.On(engine.Customer, other), 60))
		w.wantCode(err, "grant.scope_unknown")
	})
}

// A sensitive permission that was approved for a while passes on its target, without asking again, until the time is over.
func TestAPermissionIsUsedForAWhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		on := map[string]string{"type": "device", "id": w.device}
		ask := approval.Fields{Action: "permission.use", Reason: "Clearing out", Parameters: raw(map[string]any{"permission": "device.delete", "target": on, "minutes": 10})}
		r := w.run(granttest.Must(w.approve(w.session(w.mia), granttest.Must(w.s.Create(w.session(w.tom), ask))(t)))(t))
		if r.State != approval.Executed {
			t.Fatalf("%s %s", r.State, r.Failure)
		}
		e := granttest.Must(w.Guard.Engine(t.Context(), w.Org.ID))(t)
		dev := granttest.On(engine.Device, w.device)
		for after, want := range map[time.Duration]engine.Outcome{0: engine.Allow, 10*time.Minute - 1: engine.Allow, 10 * time.Minute: engine.NeedsApproval} {
			if got := e.Check(r.DecidedAt.Add(after), w.tom.ID, perm.DeviceDelete, dev); got != want {
				t.Errorf("after %v: %s, want %s", after, got, want)
			}
		}
		w.do(`delete from approval_window where org_id = $1`, w.Org.ID)
		if err := w.Guard.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := e.Check(store.Now(), w.tom.ID, perm.DeviceDelete, dev); got != engine.NeedsApproval {
			t.Errorf("taken away: %s", got)
		}
	})
}

// The glass is broken by administrators in their own session, with a reason; a deny stands, and the others who read the audit log hear of it.
func TestBreakGlass(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		auditor := w.Technician("aud", perm.Technician)
		w.Give(granttest.Technician(auditor.ID), w.System("Auditor"), granttest.On(engine.Organization, ""))
		ask := approval.Fields{Action: "audit.export", Parameters: raw(map[string]string{"format": "jsonl"}), Reason: "Court order, today"}
		for name, tc := range map[string]struct {
			change func(*access.Actor)
			as     string
			code   string
		}{
			"a technician":      {func(*access.Actor) {}, "tom", "approval.glass_refused"},
			"a manager":         {func(*access.Actor) {}, "mia", "approval.glass_refused"},
			"a token":           {func(a *access.Actor) { a.SessionID, a.TokenID = "", "t" }, "ada", "approval.glass_refused"},
			"an old session":    {func(a *access.Actor) { a.Authenticated = store.Now().Add(-time.Hour) }, "ada", "signin.fresh_required"},
			"a narrower actor":  {func(a *access.Actor) { a.Ceiling = perm.Set{perm.AdminAudit: true} }, "ada", "approval.glass_refused"},
			"an auditor's role": {func(*access.Actor) {}, "aud", "approval.glass_refused"},
		} {
			who := map[string]string{"tom": w.tom.ID, "mia": w.mia.ID, "ada": w.ada.ID, "aud": auditor.ID}[tc.as]
			t0 := w.tom
			t0.ID = who
			_, err := w.s.BreakGlass(w.session(t0, tc.change), ask)
			if err == nil {
				t.Errorf("%s broke it", name)
			}
			w.wantCode(err, tc.code)
		}
		short := ask
		short.Reason = "now"
		_, err := w.s.BreakGlass(w.session(w.ada), short)
		w.wantCode(err, "request.invalid")
		r := granttest.Must(w.s.BreakGlass(w.session(w.ada), ask))(t)
		if r.State != approval.Approved || !r.BreakGlass || r.Decider.ID != "" {
			t.Errorf("%+v", r)
		}
		ids, notice := w.toldOf(notification.GlassBroken)
		if !slices.Contains(ids, auditor.ID) || slices.Contains(ids, w.ada.ID) || slices.Contains(ids, w.tom.ID) || notice.Data["reason"] != ask.Reason {
			t.Errorf("%v %v", ids, notice.Data)
		}
		w.audited("approval.break_glass", audit.Success, 1)
		if err := w.s.Claim(w.session(w.ada), r.ID, "audit.export", map[string]any{"format": "jsonl"}); err != nil {
			t.Fatal(err)
		}
		w.Set(granttest.Technician(w.ada.ID), granttest.Override(grant.Deny, perm.AdminAudit, granttest.On(engine.Organization, "")))
		_, err = w.s.BreakGlass(w.session(w.ada), ask)
		w.wantCode(err, "access.denied")
	})
}

// What is used by its requester is used once, by them alone, for what was approved.
func TestAnApprovedExportIsUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bob := w.Technician("bob", perm.Administrator)
		ask := approval.Fields{Action: "audit.export", Parameters: raw(map[string]string{"format": "csv"}), Reason: "Yearly review"}
		r := granttest.Must(w.s.Create(w.session(bob), ask))(t)
		csv, lines := map[string]any{"format": "csv"}, map[string]any{"format": "jsonl"}
		w.wantCode(w.s.Claim(w.session(bob), r.ID, "audit.export", csv), "approval.not_usable")
		_, err := w.approve(w.session(w.mia), r)
		w.wantCode(err, "approval.not_found")
		r = granttest.Must(w.approve(w.session(w.ada), r))(t)
		w.wantCode(w.s.Claim(w.session(w.ada), r.ID, "audit.export", csv), "approval.not_yours")
		w.wantCode(w.s.Claim(w.session(bob), r.ID, "audit.export", lines), "approval.not_usable")
		if err := w.s.Claim(w.session(bob), r.ID, "audit.export", csv); err != nil {
			t.Fatal(err)
		}
		w.wantCode(w.s.Claim(w.session(bob), r.ID, "audit.export", csv), "approval.not_usable")
		w.audited("approval.execute", audit.Success, 1)
	})
}
