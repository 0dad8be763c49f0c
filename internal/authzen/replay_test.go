package authzen_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/spectest"
	"countersign.dev/countersign/internal/store/storetest"
)

const base = "https://pdp.example.com"

type fields = map[string]any

// The published payloads of the standard's interoperability events and of its certification, against an organization made for them. The protocol
// and every decision are the product's; the fixture says what their subjects, resources, actions and properties are called here.
func TestPublishedPayloads(t *testing.T) {
	f := newFixture(t)
	seen := 0
	// Those of the draft 00 are not among them: it had what are properties now beside type and id.
	seen += f.decisions("todo/decisions-authorization-api-1_0-01.json")
	seen += f.decisions("todo/decisions-authorization-api-1_0-02.json")
	seen += f.decisions("gateway/decisions.json")
	seen += f.searches("search/subject.json", "evaluation", "subject")
	seen += f.searches("search/resource.json", "evaluation", "resource")
	seen += f.searches("search/action.json", "evaluation", "action")
	seen += f.searches("idp/results.json", "search", "resource")
	seen += f.certification()
	if seen < 378 {
		t.Errorf("only %d comparisons", seen)
	}
}

// published reads one of the files with the published payloads.
func published(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(spectest.Beside(t, filepath.Join("shared", "cases", "authzen", name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(name, err)
	}
}

type payload struct {
	Request  json.RawMessage
	Expected any
}

func (f *fixture) post(path string, body []byte, headers fields) (int, http.Header, fields) {
	f.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/access/v1/" + path
	}
	return f.send(http.MethodPost, path, body, headers)
}

func (f *fixture) send(method, path string, body []byte, headers fields) (int, http.Header, fields) {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), method, path, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Actor", "admin")
	for name, v := range headers {
		r.Header.Set(name, fmt.Sprint(v))
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	var out fields
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		f.t.Fatalf("%s: %d %q", path, w.Code, w.Body)
	}
	return w.Code, w.Header(), out
}

func (f *fixture) decisions(file string) (seen int) {
	f.t.Helper()
	var all struct{ Evaluation, Evaluations []payload }
	published(f.t, file, &all)
	for i, p := range all.Evaluation {
		if status, _, got := f.post("evaluation", p.Request, nil); status != http.StatusOK || got["decision"] != p.Expected {
			f.t.Errorf("%s, %d: %v, want %v for %s", file, i, got, p.Expected, p.Request)
		}
	}
	for i, p := range all.Evaluations {
		_, _, got := f.post("evaluations", p.Request, nil)
		if want := decided(p.Expected); want == "" || decided(got["evaluations"]) != want {
			f.t.Errorf("%s, batch %d: %v, want %v", file, i, got, want)
		}
	}
	return len(all.Evaluation) + len(all.Evaluations)
}

// decided are the decisions of a list of answers.
func decided(list any) (out string) {
	items, _ := list.([]any)
	for _, item := range items {
		o, _ := item.(fields)
		out += fmt.Sprint(o["decision"], " ")
	}
	return out
}

// results are what a search found, in order, each as the standard's own runner compares it: its text, with type before id.
func results(list any) (out []string) {
	items, _ := list.([]any)
	for _, item := range items {
		o, _ := item.(fields)
		if o["type"] == nil {
			out = append(out, fmt.Sprint(o["name"]))
		} else {
			out = append(out, fmt.Sprint(o["type"], "/", o["id"]))
		}
	}
	slices.Sort(out)
	return out
}

func (f *fixture) searches(file, key, what string) int {
	f.t.Helper()
	var all map[string][]payload
	published(f.t, file, &all)
	for i, p := range all[key] {
		status, _, got := f.post("search/"+what, p.Request, nil)
		want, _ := p.Expected.(fields)
		if status != http.StatusOK || !slices.Equal(results(got["results"]), results(want["results"])) {
			f.t.Errorf("%s, %d: %v, want %v for %s", file, i, got, want, p.Request)
		}
	}
	return len(all[key])
}

type certificate struct {
	ID, Level, Endpoint, Method string
	Request                     json.RawMessage
	Body                        string
	Headers                     fields
	Status                      int
	Decision                    any
	Decisions, Includes         []any
	Empty, Page                 bool
	SameAs                      string `json:"same_as"`
	HeadersOut                  fields `json:"headers_out"`
	Kind                        string
	Require                     []string
	Repeat                      int
}

func (f *fixture) certification() (seen int) {
	f.t.Helper()
	var all struct{ Cases []certificate }
	published(f.t, "certification/cases.json", &all)
	found := map[string][]string{}
	for _, c := range all.Cases {
		body := []byte(c.Request)
		if body == nil {
			body = []byte(c.Body)
		}
		for range max(1, c.Repeat) {
			seen++
			method, path := c.Method, c.Endpoint
			if method == "" {
				method, path = http.MethodPost, "/access/v1/"+path
			}
			status, header, got := f.send(method, path, body, c.Headers)
			if err := c.judge(status, header, got, found); err != nil {
				f.t.Errorf("%s (%s): %v: %d %v", c.ID, c.Level, err, status, got)
			}
		}
	}
	return seen
}

func (c certificate) judge(status int, header http.Header, got fields, found map[string][]string) error {
	if status != c.Status {
		return fmt.Errorf("want status %d", c.Status)
	}
	if status == http.StatusOK && !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		return errors.New("the answer is no JSON")
	}
	for name, want := range c.HeadersOut {
		if header.Get(name) != want {
			return fmt.Errorf("%s is %q", name, header.Get(name))
		}
	}
	for _, key := range c.Require {
		if s, _ := got[key].(string); !strings.HasPrefix(s, base) {
			return fmt.Errorf("%s is missing", key)
		}
	}
	if c.Decision != nil && got["decision"] != c.Decision {
		return fmt.Errorf("want %v", c.Decision)
	}
	if c.Decisions != nil {
		items, _ := got["evaluations"].([]any)
		if len(items) != len(c.Decisions) {
			return errors.New("another number of answers")
		}
		for i, want := range c.Decisions {
			item, _ := items[i].(fields)
			if _, ok := item["decision"].(bool); !ok || want != nil && item["decision"] != want {
				return fmt.Errorf("answer %d, want %v", i, want)
			}
		}
	}
	rs := results(got["results"])
	for _, want := range results(c.Includes) {
		if !slices.Contains(rs, want) {
			return fmt.Errorf("without %s", want)
		}
	}
	found[c.ID] = rs
	for _, r := range rs {
		if c.Kind != "" && !strings.HasPrefix(r, c.Kind+"/") {
			return fmt.Errorf("with %s", r)
		}
	}
	if c.SameAs != "" && !slices.Equal(rs, found[c.SameAs]) {
		return fmt.Errorf("other than %s", c.SameAs)
	}
	if list, ok := got["results"].([]any); c.Empty && (!ok || len(list) > 0) {
		return errors.New("not empty")
	}
	if c.Page {
		page, _ := got["page"].(fields)
		if next, ok := page["next_token"].(string); !ok || next == "" || len(rs) != 1 {
			return errors.New("not one result and a token")
		}
	}
	return nil
}

// fixture is an authzen.Decider that calls things of the published scenarios by what they are in an organization of ours and hands every question to
// the product's own. What the scenarios hang on properties (an owner, a status, a soft delete) is which permission is asked for.
type fixture struct {
	t    *testing.T
	api  http.Handler
	real *authzen.Service

	people  map[string]string // their subject -> id of a technician
	emails  map[string]string // their subject -> email
	records map[string]string // their record -> id of a device
	todos   string            // the device that stands for every todo, user and route
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	w := resourcetest.New(t, storetest.Open(t), "Published scenarios")
	f := &fixture{t: t, real: authzen.New(w.DB, w.Guard, w.Guard, slog.New(slog.DiscardHandler)), people: map[string]string{}, emails: map[string]string{}, records: map[string]string{}}
	f.scenarioOfRecords(w)
	f.scenarioOfTodos(w)
	f.scenarioOfCertification(w)
	admin := w.Person("admin@example.com", perm.Administrator)
	f.api = w.Serve(map[string]access.Actor{"admin": admin}, func(api *httpapi.API) { authzen.Mount(api, f, base) })
	return f
}

// The records: their owner may do everything, managers and people of the same department see them, managers edit those of their department.
func (f *fixture) scenarioOfRecords(w *resourcetest.World) {
	var users []struct{ ID, Role, Department string }
	published(f.t, "search/users.json", &users)
	var records []struct {
		ID                json.Number
		Department, Owner string
	}
	published(f.t, "search/records.json", &records)
	viewer := w.Role("viewer", perm.Devices, perm.DeviceView)
	editor := w.Role("editor", perm.Devices, perm.DeviceView, perm.DeviceModify)
	owner := w.Role("owner", perm.Devices, perm.DeviceView, perm.DeviceModify, perm.DeviceLock)
	departments := map[string]string{}
	group := func(name string) resourcetest.Scope {
		if departments[name] == "" {
			departments[name] = w.Group(name, "")
		}
		return resourcetest.Scope{Type: "device_group", ID: departments[name]}
	}
	for _, u := range users {
		f.people[u.ID] = w.Person(u.ID+"@example.com", perm.Technician).ID
		w.Grant(f.people[u.ID], viewer, group(u.Department), false)
		if u.Role == "manager" {
			w.Grant(f.people[u.ID], viewer, resourcetest.Scope{Type: "all_devices"}, false)
			w.Grant(f.people[u.ID], editor, group(u.Department), false)
		}
	}
	for _, r := range records {
		key := w.Device("record "+r.ID.String(), group(r.Department).ID, "")
		f.records[r.ID.String()] = key
		w.Grant(f.people[r.Owner], owner, resourcetest.Scope{Type: "device", ID: key}, false)
	}
}

// The todos and the routes in front of them: viewers see; editors change their own; an administrator deletes anybody's; the evil genius changes
// anybody's.
func (f *fixture) scenarioOfTodos(w *resourcetest.World) {
	f.todos = w.Device("todos", "", "")
	at := resourcetest.Scope{Type: "device", ID: f.todos}
	view := w.Role("todo viewer", perm.Devices, perm.DeviceView)
	edit := w.Role("todo editor", perm.Devices, perm.DeviceTerminal)
	admin := w.Role("todo admin", perm.Devices, perm.DeviceLock)
	genius := w.Role("evil genius", perm.Devices, perm.DeviceReboot)
	for subject, p := range map[string]struct {
		email string
		roles []string
	}{
		"CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"rick@the-citadel.com", []string{edit, admin, genius}},
		"CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"morty@the-citadel.com", []string{edit}},
		"CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"summer@the-smiths.com", []string{edit}},
		"CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"beth@the-smiths.com", []string{view}},
		"CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": {"jerry@the-smiths.com", []string{view}},
	} {
		f.people[subject], f.emails[subject] = w.Person(p.email, perm.Technician).ID, p.email
		for _, role := range p.roles {
			w.Grant(f.people[subject], role, at, false)
		}
	}
}

// The certification's records: alice reads, writes and softly deletes, bob reads, and writes as an administrator what is archived.
func (f *fixture) scenarioOfCertification(w *resourcetest.World) {
	alice := w.Role("alice", perm.Devices, perm.DeviceView, perm.DeviceModify, perm.DeviceReboot)
	bob := w.Role("bob", perm.Devices, perm.DeviceView, perm.DeviceFiles)
	for _, record := range []string{"record-1", "record-2"} {
		f.records[record] = w.Device(record, "", "")
		w.Grant(f.people["alice"], alice, resourcetest.Scope{Type: "device", ID: f.records[record]}, false)
		w.Grant(f.people["bob"], bob, resourcetest.Scope{Type: "device", ID: f.records[record]}, false)
	}
}

// text is a property, "" if there is none.
func text(raw json.RawMessage, name string) string {
	var all fields
	_ = json.Unmarshal(raw, &all) // no properties
	return strings.TrimSuffix(fmt.Sprint(all[name]), "<nil>")
}

func certified(record string) bool { return strings.HasPrefix(record, "record-") }

// permission is what an action is called here.
func (f *fixture) permission(q authzen.Question) perm.Permission {
	own := text(q.Resource.Properties, "ownerID") == f.emails[q.Subject.ID]
	archived := q.Resource.ID == "record-2"
	if status := text(q.Resource.Properties, "status"); status != "" {
		archived = status == "archived"
	}
	if q.Resource.Type == "record" {
		switch name := q.Action.Name; {
		case name == "view", name == "read":
			return perm.DeviceView
		case name == "edit", name == "write" && !archived:
			return perm.DeviceModify
		case name == "write":
			return perm.DeviceFiles
		case name == "delete" && !certified(q.Resource.ID):
			return perm.DeviceLock
		case name == "delete" && text(q.Action.Properties, "soft") == "true":
			return perm.DeviceReboot
		}
		return "none"
	}
	switch q.Action.Name {
	case "can_read_user", "can_read_todos", "GET":
		return perm.DeviceView
	case "can_create_todo", "POST", "PUT", "DELETE":
		return perm.DeviceTerminal
	case "can_update_todo", "can_delete_todo":
		switch {
		case own:
			return perm.DeviceTerminal
		case q.Action.Name == "can_update_todo":
			return perm.DeviceReboot
		}
		return perm.DeviceLock
	}
	return "none"
}

// ours is a question in our words.
func (f *fixture) ours(q authzen.Question) authzen.Question {
	out := authzen.Question{Subject: authzen.Entity{Type: "none"}, Action: authzen.Action{Name: string(f.permission(q))}, Resource: authzen.Entity{Type: "none"}}
	switch q.Subject.Type {
	case "user", "identity":
		out.Subject = authzen.Entity{Type: "technician", ID: f.people[q.Subject.ID]}
	}
	switch q.Resource.Type {
	case "record":
		out.Resource = authzen.Entity{Type: "device", ID: f.records[q.Resource.ID]}
	case "todo", "user", "route":
		out.Resource = authzen.Entity{Type: "device", ID: f.todos}
	}
	return out
}

func (f *fixture) Evaluate(ctx context.Context, q authzen.Question) (authzen.Answer, error) {
	return f.real.Evaluate(ctx, f.ours(q))
}

// theirs is a part of what was found, in the scenarios' words.
func theirs(found []string, names map[string]string, part authzen.Part) (out []string, more bool) {
	for name, key := range names {
		if slices.Contains(found, key) && name > part.After {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	if len(out) > part.Limit {
		return out[:part.Limit], true
	}
	return out, false
}

var whole = authzen.Part{Limit: 1000}

func (f *fixture) Subjects(ctx context.Context, q authzen.Question, part authzen.Part) ([]string, bool, error) {
	found, _, err := f.real.Subjects(ctx, f.ours(q), whole)
	out, more := theirs(found, f.people, part)
	return out, more, err
}

func (f *fixture) Resources(ctx context.Context, q authzen.Question, part authzen.Part) ([]string, bool, error) {
	fits := map[string]string{}
	for record, key := range f.records {
		q.Resource.ID = record // its status, and which of the two kinds of record it is, decide what is asked for
		found, _, err := f.real.Resources(ctx, f.ours(q), whole)
		if err != nil {
			return nil, false, err
		}
		if certified(record) == (q.Action.Name == "read" || q.Action.Name == "write") && slices.Contains(found, key) {
			fits[key] = record
		}
	}
	var found []string
	names := map[string]string{}
	for key, record := range fits {
		found, names[record] = append(found, key), key
	}
	out, more := theirs(found, names, part)
	return out, more, nil
}

func (f *fixture) Actions(ctx context.Context, q authzen.Question, part authzen.Part) ([]string, bool, error) {
	found, _, err := f.real.Actions(ctx, f.ours(q), whole)
	names := map[string]string{}
	actions := []string{"view", "edit", "delete"}
	if certified(q.Resource.ID) {
		actions = []string{"read", "write"}
	}
	for _, name := range actions {
		q.Action.Name = name
		names[name] = string(f.permission(q))
	}
	out, more := theirs(found, names, part)
	return out, more, err
}
