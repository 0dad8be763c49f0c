package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// desk is an organization with a customer, a contact and a device, a technician who works there and a manager of it, on a server that runs.
type desk struct {
	boss, carl, mia           caller
	customer, contact, device string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	s := run(t)
	d := desk{boss: owner(t, s.app, "Harbor IT", "olga@harbor.example.com")}
	d.boss.t = t
	d.customer = d.boss.make("/api/customers", `{"name":"Mallard Dental"}`)
	d.contact = d.boss.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Pia Lund","emails":["pia@mallard.example.com"]}`, d.customer))
	d.device = d.boss.make("/api/devices", fmt.Sprintf(`{"name":"front-desk","customer_id":%q}`, d.customer))
	d.carl, d.mia = colleague(d.boss, perm.Technician, "carl@harbor.example.com"), colleague(d.boss, perm.Manager, "mia@harbor.example.com")
	for _, c := range []caller{d.carl, d.mia} {
		d.boss.must(http.MethodPatch, "/api/technicians/"+find(t, d.boss, "/api/technicians?q="+c.email), fmt.Sprintf(`{"customer_ids":[%q]}`, d.customer))
	}
	role := find(t, d.boss, "/api/roles?q=full+device+access")
	d.boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q}}`,
		find(t, d.boss, "/api/technicians?q=carl"), role, d.customer))
	return d
}

// template is what a refusal says to ask for.
func (c caller) template(method, path, body string) map[string]any {
	c.t.Helper()
	w := c.do(method, path, body)
	var p struct {
		Code          string
		AccessRequest struct {
			Endpoint string
			Template map[string]any
		} `json:"access_request"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusForbidden || p.AccessRequest.Endpoint != "/api/approvals" {
		c.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return p.AccessRequest.Template
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// state waits for a request to leave the state approved.
func (c caller) state(id string) string {
	c.t.Helper()
	for range 6000 {
		if state, _ := c.must(http.MethodGet, "/api/approvals/"+id, "")["state"].(string); state != "approved" {
			return state
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "approved"
}

func TestAnApprovalFromTheRefusalToTheDeed(t *testing.T) {
	d := newDesk(t)
	path := "/api/devices/" + d.device
	ask := d.carl.template(http.MethodDelete, path, "")
	ask["reason"] = "Scrapped"
	id := d.carl.make("/api/approvals", text(ask))
	if got := find(t, d.mia, "/api/approvals?to_decide=true"); got != id {
		t.Errorf("to decide: %s", got)
	}
	link := d.mia.must(http.MethodGet, "/api/approvals/"+id, "")
	body := fmt.Sprintf(`{"digest":%q}`, link["digest"])
	session := d.mia.settle()
	for name, code := range map[string]int{
		"by a token":          d.mia.do(http.MethodPost, "/api/approvals/"+id+"/approve", body).Code,
		"by the requester":    d.carl.within(d.carl.settle(), http.MethodPost, "/api/approvals/"+id+"/approve", body).Code,
		"by somebody's token": d.boss.do(http.MethodPost, "/api/approvals/"+id+"/approve", body).Code,
	} {
		if code != http.StatusForbidden {
			t.Errorf("%s: %d", name, code)
		}
	}
	for body, want := range map[string]int{`{}`: 422, fmt.Sprintf(`{"digest":"%064d"}`, 0): 412} {
		if w := d.mia.within(session, http.MethodPost, "/api/approvals/"+id+"/approve", body); w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := d.mia.within(session, http.MethodPost, "/api/approvals/"+id+"/approve", body, `If-Match: "9"`); w.Code != http.StatusPreconditionFailed {
		t.Errorf("a stale page: %d %s", w.Code, w.Body)
	}
	d.mia.fields(d.mia.within(session, http.MethodPost, "/api/approvals/"+id+"/approve", body, `If-Match: "1"`), http.StatusOK)
	if state := d.carl.state(id); state != "executed" || d.boss.do(http.MethodGet, path, "").Code != http.StatusNotFound {
		t.Errorf("%s", state)
	}
	if code := d.mia.within(session, http.MethodPost, "/api/approvals/"+id+"/approve", body).Code; code != http.StatusConflict {
		t.Errorf("once more: %d", code)
	}
}

// Another program that is told no asks for the approval as the answer says, without changing a letter of it, and is told yes once it is there.
func TestAnApprovalFromTheAuthZENAnswer(t *testing.T) {
	d := newDesk(t)
	d.boss.fields(d.boss.within(d.boss.signIn(), http.MethodPut, "/api/settings/sensitive-permissions", `{"permissions":["device.delete","device.files","ticket.edit"]}`), http.StatusOK)
	ticket := d.carl.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"summary":"Printer"}`, d.customer))
	session := d.mia.settle()
	for _, tc := range []struct{ permission, kind, id, action, decision string }{
		{"device.delete", "device", d.device, "device.delete", "false"}, // gone by then
		{"ticket.edit", "ticket", ticket, "permission.use", "true"},
		{"ticket.edit", "customer", d.customer, "permission.use", "true"},
	} {
		evaluate := func() map[string]any {
			return d.carl.must(http.MethodPost, "/access/v1/evaluation", fmt.Sprintf(
				`{"subject":{"type":"technician","id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, d.carl.email, tc.permission, tc.kind, tc.id))
		}
		context, _ := evaluate()["context"].(map[string]any)
		ask, _ := context["access_request"].(map[string]any)
		endpoint, _ := ask["endpoint"].(string)
		template, _ := ask["template"].(map[string]any)
		if tc.kind == "customer" { // which the ticket before has opened for the hour
			if context["outcome"] != "allow" || ask != nil {
				t.Errorf("%s on the %s: %v", tc.permission, tc.kind, context)
			}
			continue
		}
		if context["outcome"] != "needs_approval" || !strings.HasSuffix(endpoint, "/api/approvals") || template["action"] != tc.action {
			t.Fatalf("%s on a %s: %v", tc.permission, tc.kind, context)
		}
		template["reason"] = "Ticket 1"
		id := d.carl.make("/api/approvals", text(template))
		body := fmt.Sprintf(`{"digest":%q}`, d.mia.must(http.MethodGet, "/api/approvals/"+id, "")["digest"])
		d.mia.fields(d.mia.within(session, http.MethodPost, "/api/approvals/"+id+"/approve", body), http.StatusOK)
		if state := d.carl.state(id); state != "executed" {
			t.Errorf("%s on a %s: %s", tc.permission, tc.kind, state)
		}
		got := ""
		for range 6000 { // what was committed is in force a moment after it can be read
			if got = fmt.Sprint(evaluate()["decision"]); got == tc.decision {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got != tc.decision {
			t.Errorf("%s on a %s afterwards: %s", tc.permission, tc.kind, got)
		}
	}
}

// M10: a technician's word stands for a proof only with a reason and another person, for that technician and that action alone, and it is counted.
func TestM10AnOverrideTakesAReasonAndAnotherPerson(t *testing.T) {
	d := newDesk(t)
	clear := func(c caller, action string) int {
		return c.do(http.MethodPost, "/api/contacts/"+d.contact+"/clearances", fmt.Sprintf(`{"action":%q}`, action)).Code
	}
	ask := d.carl.template(http.MethodPost, "/api/contacts/"+d.contact+"/clearances", `{"action":"password_reset"}`)
	if w := d.carl.do(http.MethodPost, "/api/approvals", text(ask)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d %s", w.Code, w.Body)
	}
	ask["reason"] = "I know her voice, and her manager confirmed it by phone."
	id := d.carl.make("/api/approvals", text(ask))
	body := fmt.Sprintf(`{"digest":%q}`, d.carl.must(http.MethodGet, "/api/approvals/"+id, "")["digest"])
	if code := d.carl.within(d.carl.settle(), http.MethodPost, "/api/approvals/"+id+"/approve", body).Code; code != http.StatusForbidden {
		t.Errorf("by one person alone: %d", code)
	}
	if code := clear(d.carl, "password_reset"); code != http.StatusForbidden {
		t.Errorf("before the decision: %d", code)
	}
	d.mia.fields(d.mia.within(d.mia.settle(), http.MethodPost, "/api/approvals/"+id+"/approve", body), http.StatusOK)
	if state := d.carl.state(id); state != "executed" {
		t.Fatal(state)
	}
	for name, got := range map[string][2]int{
		"what was approved":    {clear(d.carl, "password_reset"), http.StatusOK},
		"another action":       {clear(d.carl, "mfa_reset"), http.StatusForbidden},
		"another technician":   {clear(d.mia, "password_reset"), http.StatusForbidden},
		"the owner themselves": {clear(d.boss, "password_reset"), http.StatusForbidden},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d, want %d", name, got[0], got[1])
		}
	}
	var report struct {
		Overrides   int
		Technicians []struct {
			Overrides int
		}
	}
	w := d.boss.do(http.MethodGet, "/api/reports/verification", "")
	if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || report.Overrides != 1 || len(report.Technicians) != 1 || report.Technicians[0].Overrides != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// R14: the week after, who administers is told once of whose word it was.
	days := int64(7)
	if now := time.Now().UTC(); now.Weekday() == time.Monday && now.Hour() < 8 {
		days = 8
	}
	if err := d.boss.app.Exec(t.Context(), fmt.Sprintf(`update verify_override set created_at = created_at - %d`, days*24*time.Hour.Microseconds()), `delete from verify_override_told`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.boss.app.TellOverrides(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	told := func(c caller) string { return c.do(http.MethodGet, "/api/notifications", "").Body.String() }
	if got := told(d.boss); strings.Count(got, `"admin.overrides"`) != 1 || !strings.Contains(got, `"by_technician":"Carl`) || !strings.Contains(got, `"link":"/reports?from=20`) {
		t.Errorf("the owner is told %s", got)
	}
	if strings.Contains(told(d.mia)+told(d.carl), "admin.overrides") {
		t.Error("others are told too")
	}
}

// Nobody resets the second factors of somebody alone, the owner no more than others; the glass does it at once and everybody hears of it.
func TestSecondFactorsTakeTwoPeople(t *testing.T) {
	d := newDesk(t)
	carl := find(t, d.boss, "/api/technicians?q=carl")
	ask := d.boss.template(http.MethodPost, "/api/technicians/"+carl+"/reset-factors", `{}`)
	ask["reason"] = "The phone was lost."
	if w := d.boss.do(http.MethodPost, "/api/break-glass", text(ask)); w.Code != http.StatusForbidden {
		t.Errorf("by a token: %d %s", w.Code, w.Body)
	}
	ada := colleague(d.boss, perm.Administrator, "ada@harbor.example.com")
	o := d.boss.fields(d.boss.within(d.boss.signIn(), http.MethodPost, "/api/break-glass", text(ask)), http.StatusCreated)
	if o["state"] != "executed" || o["break_glass"] != true {
		t.Errorf("%v", o)
	}
	w := ada.do(http.MethodGet, "/api/notifications", "")
	var told struct{ Items []struct{ Kind string } }
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || len(told.Items) == 0 || told.Items[0].Kind != "security.break_glass" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Work on many technicians by somebody who is no administrator takes a second person, for exactly the people who were meant when it was asked for.
func TestWorkOnManyTakesASecondPerson(t *testing.T) {
	d := newDesk(t)
	role := find(t, d.boss, "/api/roles?q=team+administrator")
	d.boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"organization"}}`,
		find(t, d.boss, "/api/technicians?q=carl"), role))
	for i := range 26 {
		d.boss.make("/api/technicians", fmt.Sprintf(`{"given_name":"Newcomer","email":"newcomer%d@harbor.example.com"}`, i))
	}
	order := map[string]any{"action": "delete_invitations", "filter": map[string]any{"q": "newcomer"}}
	ask := d.carl.template(http.MethodPost, "/api/technicians/bulk", text(order))
	if ask["action"] != "technician.bulk" {
		t.Fatal(ask)
	}
	id := d.carl.make("/api/approvals", text(map[string]any{"action": "technician.bulk", "parameters": order, "reason": "The course was canceled."}))
	d.boss.make("/api/technicians", `{"given_name":"Newcomer","email":"late@harbor.example.com"}`)
	shown := d.boss.must(http.MethodGet, "/api/approvals/"+id, "")
	if ids := shown["parameters"].(map[string]any)["ids"].([]any); len(ids) != 26 { //nolint:forcetypeassert // a test
		t.Errorf("%d people", len(ids))
	}
	body := fmt.Sprintf(`{"digest":%q}`, shown["digest"])
	if code := d.mia.within(d.mia.settle(), http.MethodPost, "/api/approvals/"+id+"/approve", body).Code; code != http.StatusNotFound {
		t.Errorf("by a manager, who sees none of this: %d", code)
	}
	d.boss.fields(d.boss.within(d.boss.signIn(), http.MethodPost, "/api/approvals/"+id+"/approve", body), http.StatusOK)
	if state := d.carl.state(id); state != "executed" {
		t.Fatal(state, d.carl.must(http.MethodGet, "/api/approvals/"+id, "")["failure"])
	}
	left := 0
	for range 6000 {
		var l struct{ Items []any }
		w := d.boss.do(http.MethodGet, "/api/technicians?q=newcomer", "")
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if left = len(l.Items); left == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if left != 1 {
		t.Errorf("%d are left, want the one who came later", left)
	}
}
