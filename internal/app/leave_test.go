package app_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// wayOut is a way in which somebody else ends what a technician has open. Every route that manages technicians is one or stands in
// stays; a test holds the list to the routes.
type wayOut struct {
	name, method, path string // {id} is the technician
	body               string
	action             string // the one event that it writes about the technician
	tokensStay         bool   // what it ends is the sessions alone
	task               bool
	route              string // that takes a second person: the glass is broken for it instead
}

func waysOut() []wayOut {
	return []wayOut{
		{name: "suspended", method: "POST", path: "/api/technicians/{id}/suspend", body: `{"reason":"lost laptop"}`, action: "technician.suspend"},
		{name: "edited to suspended", method: "PATCH", path: "/api/technicians/{id}", body: `{"status":"suspended"}`, action: "technician.suspend"},
		{name: "edited to inactive", method: "PATCH", path: "/api/technicians/{id}", body: `{"status":"inactive"}`, action: "technician.deactivate"},
		{name: "replaced by an inactive one", method: "PUT", path: "/api/technicians/{id}", body: `{"given_name":"Carl","email":"EMAIL","status":"inactive"}`, action: "technician.deactivate"},
		{name: "suspended in bulk", method: "POST", path: "/api/technicians/bulk", body: `{"action":"suspend","ids":["ID"]}`, action: "technician.suspend", task: true},
		{name: "suspended by a filter", method: "POST", path: "/api/technicians/bulk", body: `{"action":"suspend","filter":{"q":"EMAIL"}}`, action: "technician.suspend", task: true},
		{name: "access ended", method: "POST", path: "/api/technicians/{id}/end-access", body: `{}`, action: "access.end"},
		{name: "access revoked in bulk", method: "POST", path: "/api/technicians/bulk", body: `{"action":"revoke_access","ids":["ID"]}`, action: "access.end", task: true},
		{name: "password taken", method: "POST", path: "/api/technicians/{id}/reset-password", body: `{}`, action: "password.drop", tokensStay: true},
		{name: "passwords taken in bulk", method: "POST", path: "/api/technicians/bulk", body: `{"action":"reset_passwords","ids":["ID"]}`, action: "password.drop", tokensStay: true, task: true},
		{
			name: "factors taken", method: "POST", path: "/api/break-glass", route: "POST /api/technicians/{id}/reset-factors", action: "factors.reset", tokensStay: true,
			body: `{"action":"factors.reset","parameters":{"technician_id":"ID"},"reason":"The phone was stolen."}`,
		},
	}
}

// stays are the routes that manage technicians and end nothing of somebody who has a session, and why.
func stays() map[string]string {
	return map[string]string{
		"POST /api/technicians":                   "makes somebody",
		"POST /api/technicians/invite":            "makes somebody",
		"POST /api/technicians/{id}/invite":       "concerns who has never signed in",
		"DELETE /api/technicians/{id}/invitation": "concerns who has never signed in",
		"DELETE /api/technicians/{id}":            "takes only who has left, whose sessions ended then, or never came",
		"POST /api/technicians/{id}/erase":        "takes only who has left, whose sessions ended then, or never came",
		"POST /api/technicians/{id}/reactivate":   "lets somebody in",
		"POST /api/technicians/{id}/hand-over":    "gives rights",
		"PUT /api/technicians/{id}/avatar":        "is a picture",
		"DELETE /api/technicians/{id}/avatar":     "is a picture",
		"POST /api/teams":                         "changes whom somebody reaches, from the next request on",
		"DELETE /api/teams/{id}":                  "changes whom somebody reaches, from the next request on",
		"POST /api/grants":                        "gives rights",
		"DELETE /api/grants/{id}":                 "changes what somebody may do, from the next request on",
		"PUT /api/technicians/{id}/platform-role": "changes what somebody may do, from the next request on",
		"PUT /api/technicians/{id}/permissions":   "changes what somebody may do, from the next request on",
		"PUT /api/teams/{id}/permissions":         "changes what somebody may do, from the next request on",
	}
}

func TestAttack2EveryWayOutIsKnown(t *testing.T) {
	known := stays()
	for _, w := range waysOut() {
		known[cmp.Or(w.route, w.method+" "+w.path)] = "ends"
	}
	for _, r := range start(t).API().Routes() {
		if name := r.Method + " " + r.Path; r.Needs == perm.AdminTechnicians && r.Method != http.MethodGet {
			if known[name] == "" {
				t.Errorf("%s manages technicians: try it in waysOut, or say in stays why it ends nothing", name)
			}
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("there is no route %s any more", name)
	}
}

var setsStatus = regexp.MustCompile(`(?i)update technician\s+set[^` + "`" + `]*\bstatus\s*=`)

// One statement changes a status, and one function leads to it: whatever comes later calls that.
func TestAttack2OneStatementChangesAStatus(t *testing.T) {
	files, err := filepath.Glob("../technician/*.go")
	if err != nil || files == nil {
		t.Fatal(files, err)
	}
	statements, calls := 0, 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range literal.FindAllString(string(b), -1) {
			statements += len(setsStatus.FindAllString(text, -1))
		}
		calls += strings.Count(string(b), "updateStatus(ctx")
	}
	if statements != 1 || calls != 2 { // the function and its one caller
		t.Errorf("%d statements change a status, updateStatus is named %d times", statements, calls)
	}
}

func TestAttack2EveryWayOutEndsSessionTokenAndStream(t *testing.T) {
	s := run(t)
	boss := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	for i, w := range waysOut() {
		t.Run(w.name, func(t *testing.T) {
			carl := colleague(caller{t, s.app, boss.token, boss.email}, perm.Manager, fmt.Sprintf("carl%02d@harbor.example.com", i))
			id := find(t, boss, "/api/technicians?q="+carl.email)
			session := carl.settle()
			streams := map[string]io.Reader{
				"session": follow(t, s, "Cookie", strings.TrimPrefix(session[0], "Cookie: ")), "token": follow(t, s, "Authorization", "Bearer "+carl.token),
			}
			if a, b := carl.within(session, "GET", "/api/me", "").Code, carl.do("GET", "/api/me", "").Code; a != 200 || b != 200 {
				t.Fatalf("before: session %d, token %d", a, b)
			}
			put := strings.NewReplacer("{id}", id, "ID", id, "EMAIL", carl.email)
			ask := boss.do
			if w.route != "" {
				ask = func(method, path, body string, _ ...string) *httptest.ResponseRecorder {
					return boss.within(boss.signIn(), method, path, body)
				}
			}
			answer := ask(w.method, put.Replace(w.path), put.Replace(w.body))
			if answer.Code >= 300 {
				t.Fatal(answer.Code, answer.Body)
			}
			if w.task {
				finish(t, boss, answer.Body.Bytes())
			}
			if code := carl.within(session, "GET", "/api/me", "").Code; code != http.StatusUnauthorized {
				t.Errorf("the session answers %d", code)
			}
			if code := carl.do("GET", "/api/me", "").Code; (code == http.StatusUnauthorized) == w.tokensStay {
				t.Errorf("the token answers %d", code)
			}
			for name, stream := range streams {
				if w.tokensStay && name == "token" {
					continue
				}
				if !ended(t, stream) {
					t.Errorf("the stream of the %s goes on", name)
				}
			}
			if got := events(t, boss, id, w.action); got != 1 {
				t.Errorf("%d events %s", got, w.action)
			}
		})
	}
}

// settle replaces the temporary password, and returns the headers of the session that follows.
func (c caller) settle() []string {
	c.t.Helper()
	session := c.signIn()
	const next = "another correct horse battery"
	w := c.within(session, http.MethodPut, "/api/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, password, next))
	cookies := w.Result().Cookies()
	if w.Code != http.StatusNoContent || len(cookies) == 0 {
		c.t.Fatalf("no new password: %d %s", w.Code, w.Body)
	}
	return []string{"Cookie: " + cookies[0].Name + "=" + cookies[0].Value, session[1]}
}

// finish waits for the end of a task, which has to go well.
func finish(t *testing.T, c caller, started []byte) {
	t.Helper()
	var o struct {
		ID, State    string
		Done, Failed int
	}
	for range 6000 {
		if err := json.Unmarshal(started, &o); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains([]string{"queued", "running"}, o.State) {
			break
		}
		time.Sleep(10 * time.Millisecond)
		started = c.do(http.MethodGet, "/api/tasks/"+o.ID, "").Body.Bytes()
	}
	if o.State != "done" || o.Done != 1 || o.Failed != 0 {
		t.Fatalf("the task: %s", started)
	}
}

// events counts the events of an action that succeeded on a technician.
func events(t *testing.T, c caller, technician, action string) int {
	t.Helper()
	w := c.do(http.MethodGet, "/api/audit?limit=200&outcome=success&action="+action+"&target="+technician, "")
	var l struct{ Items []struct{ Action string } }
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil {
		t.Fatal(err, w.Body)
	}
	return len(l.Items)
}
