package approval_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/notification"
)

func narrow(permissions ...perm.Permission) func(*access.Actor) {
	return func(a *access.Actor) {
		a.SessionID, a.TokenID, a.Kind, a.Ceiling = "", "token", access.Token, perm.Set{}
		for _, p := range permissions {
			a.Ceiling[p] = true
		}
	}
}

// A token neither refuses in the name of its owner what it was not made to decide, nor asks for more than it was made for.
func TestAttackATokenDecidesAndAsksNoMoreThanItWasMadeFor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.ask()
		reader := w.session(w.ada, narrow(perm.AdminAudit))
		if seen, err := w.s.Find(reader, r.ID); err != nil || seen.ID != r.ID {
			t.Errorf("whoever reads the log reads it: %v", err)
		}
		_, err := w.s.Decide(reader, r.ID, approval.Decision{}, anyVersion)
		w.wantCode(err, "approval.not_decider")
		_, err = w.s.Decide(w.session(w.ada, narrow(perm.ApprovalDecide)), r.ID, approval.Decision{Approve: true, Digest: r.Digest}, anyVersion)
		if err == nil {
			t.Error("a token approved")
		}
		w.wantEnd(w.now(r), approval.Pending, "", true)
		_, err = w.s.Decide(w.session(w.mia, narrow(perm.ApprovalDecide)), r.ID, approval.Decision{}, anyVersion)
		w.wantCode(err, "")

		files := w.Role("Files", perm.Devices, perm.DeviceView, perm.DeviceFiles)
		loan := approval.Fields{Action: "grant", Reason: "Night shift", Parameters: raw(map[string]any{
			"role_id": files.ID, "scope": map[string]string{"type": "customer", "id": w.customer}, "minutes": 60,
		})}
		_, err = w.s.Create(w.session(w.tom, narrow(perm.CustomerView, perm.DeviceView)), loan)
		w.wantCode(err, "access.denied")
		_, err = w.s.Create(w.session(w.tom, narrow(perm.CustomerView, perm.DeviceView, perm.DeviceFiles)), loan)
		w.wantCode(err, "")
		_, err = w.s.Create(w.session(w.tom, narrow(perm.DeviceView)), w.deletion())
		w.wantCode(err, "access.denied")
	})
}

// Whoever asks and withdraws over and over does not bury those who decide in mails.
func TestAttackApproversAreNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone(t, func(t *testing.T, w *world) {
			for range 100 {
				r := w.ask()
				if _, err := w.s.Withdraw(w.session(w.tom), r.ID, anyVersion); err != nil {
					t.Fatal(err)
				}
			}
			_, err := w.s.Create(w.session(w.tom), w.deletion())
			w.wantCode(err, "approval.too_often")
			if told, _ := w.toldOf(notification.ApprovalAsked); len(told) > 100*3 {
				t.Errorf("%d were told", len(told))
			}
			time.Sleep(time.Hour + time.Second)
			w.ask()
		})
	})
}

// What is asked for cannot be written so that those who decide see something else than what runs.
func TestAttackParametersSayOneThing(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		other := w.Device("server", w.Group("Servers", w.customer, ""))
		fields := w.deletion()
		for name, text := range map[string]string{
			"a key twice":           `{"device_id":"` + w.device + `","device_id":"` + other + `"}`,
			"a key in another case": `{"device_id":"` + w.device + `","Device_ID":"` + other + `"}`,
		} {
			fields.Parameters = []byte(text)
			r := granttest.Must(w.s.Create(w.session(w.tom), fields))(t)
			if r.Target.ID != other || r.Target.Name != "server" || string(r.Raw()) != `{"device_id":"`+other+`"}` {
				t.Errorf("%s: shown %s, runs %s", name, r.Target.ID, r.Raw())
			}
		}
		for name, text := range map[string]string{
			"an unknown field": `{"device_id":"` + w.device + `","force":true}`, "two values": `{"device_id":"` + w.device + `"}{}`, "a list": `[]`, "a number": `{"device_id":1}`,
			"nothing": ``, "a deep one": `{"device_id":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		} {
			fields.Parameters = []byte(text)
			_, err := w.s.Create(w.session(w.tom), fields)
			w.wantCode(err, "approval.parameters_invalid")
			if err == nil {
				t.Error(name)
			}
		}
		for _, reason := range []string{"x\u202egnp.exe", "a\nApproved by Mia", "\u200b\u200b", "\ufeff", "a\u2028b"} {
			fields = w.deletion()
			fields.Reason = reason
			_, err := w.s.Create(w.session(w.tom), fields)
			w.wantCode(err, "request.invalid")
		}
		glass := approval.Fields{Action: "audit.export", Parameters: raw(map[string]string{"format": "csv"}), Reason: "x" + strings.Repeat("\u200b", 20)}
		_, err := w.s.BreakGlass(w.session(w.ada), glass)
		w.wantCode(err, "request.invalid")
	})
}

// Approvers who are shut out, moved away or denied between the request and their decision, or between that and the run, have decided nothing.
func TestAttackALoanFallsWithWhatItsApproverLoses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		files := w.Role("Files", perm.Devices, perm.DeviceView, perm.DeviceFiles)
		w.Give(granttest.Technician(w.mia.ID), files, granttest.On(engine.Customer, w.customer))
		r := granttest.Must(w.s.Create(w.session(w.tom), approval.Fields{Action: "grant", Reason: "Night shift", Parameters: raw(map[string]any{
			"role_id": files.ID, "scope": map[string]string{"type": "customer", "id": w.customer}, "minutes": 60,
		})}))(t)
		r = granttest.Must(w.approve(w.session(w.mia), r))(t)
		w.do(`delete from technician_customer where org_id = $1 and technician_id = $2`, w.Org.ID, w.mia.ID)
		if r = w.run(r); r.State != approval.Failed || r.Failure != "approval.decider_lost" {
			t.Errorf("%s %s", r.State, r.Failure)
		}
	})
}

// What another server changed counts in a decision and when it runs, however little time has passed.
func TestAttackAnotherServersChangeIsNotOvertaken(t *testing.T) {
	elsewhere := `delete from "technician_customer" where org_id = $1 and technician_id = $2` // in quotes, and so unheard here as if another server did it
	each(t, func(t *testing.T, w *world) {
		r := w.approved()
		w.do(elsewhere, w.Org.ID, w.mia.ID)
		w.wantEnd(w.run(r), approval.Failed, "approval.decider_lost", true)
	})
	each(t, func(t *testing.T, w *world) {
		r := w.ask()
		w.do(elsewhere, w.Org.ID, w.mia.ID)
		_, err := w.approve(w.session(w.mia), r)
		w.wantCode(err, "approval.not_found")
	})
}
