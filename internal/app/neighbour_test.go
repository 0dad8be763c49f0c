package app_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/httpapi"
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// furnish gives an organization one of everything that has an id.
func furnish(c caller) {
	customer := c.make("/api/customers", `{"name":"Secret Customer"}`)
	contact := c.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Secret Contact","emails":["secret@contact.example.com"],"phones":[{"number":"+12125550123","kind":"mobile"}]}`, customer))
	other := c.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Secret Other","phones":[{"number":"+12125550124","kind":"mobile"}]}`, customer))
	c.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Secret Asker","phones":[{"number":"+12125550125","kind":"mobile"}]}`, customer)) // both directions at once would freeze
	ticket := c.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"contact_id":%q,"summary":"Secret Ticket"}`, customer, contact))
	c.make("/api/tickets/"+ticket+"/notes", `{"body":"Secret Note","visibility":"internal"}`)
	technician := c.make("/api/technicians", `{"given_name":"Secret","family_name":"Technician","email":"secret@technician.example.com"}`)
	c.make("/api/teams", fmt.Sprintf(`{"name":"Secret Team","member_ids":[%q],"customer_ids":[%q]}`, technician, customer))
	c.make("/api/ticket-templates", `{"name":"Secret Template","summary":"Secret"}`)
	group := c.make("/api/device-groups", fmt.Sprintf(`{"name":"Secret Group","customer_id":%q}`, customer))
	c.make("/api/devices", fmt.Sprintf(`{"name":"Secret Device","group_id":%q}`, group))
	role := c.make("/api/roles", `{"name":"Secret Role","purpose":"customers","permissions":["ticket.view"]}`)
	c.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q},"reason":"Secret Reason"}`, technician, role, customer))
	c.must(http.MethodPut, "/api/technicians/"+technician+"/permissions", fmt.Sprintf(`{"overrides":[{"permission":"ticket.edit","effect":"deny","scope":{"type":"customer","id":%q}}]}`, customer))
	c.make("/api/approvals", fmt.Sprintf(`{"action":"factors.reset","parameters":{"technician_id":%q},"reason":"Secret Reason"}`, technician))
	c.make("/api/access-reviews", `{"name":"Secret Review","unanswered":"keep"}`)
	c.make("/api/imports/"+c.make("/api/customers/import?file_name=secret.csv", "name\nSecret Import\n")+"/check", "") // and a task
	c.make("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"email_code"}`, contact))
	c.make("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"sms_link"}`, other))
	c.make("/api/tokens", `{"name":"Secret Token"}`)
	if w := c.do(http.MethodPut, "/api/customers/"+customer+"/identity-provider", `{"issuer":"https://127.0.0.1:1","client_id":"secret-client"}`, `If-Match: "0"`); w.Code != http.StatusOK {
		c.t.Fatalf("no identity provider: %d %s", w.Code, w.Body)
	}
	c.make("/api/pods", `{"name":"Secret Pod","origins":["https://secret.example.com"]}`)
	if w := (caller{c.t, c.app, "", c.email}).do(http.MethodPost, "/api/session", fmt.Sprintf(`{"email":%q,"password":%q}`, c.email, password)); w.Code != http.StatusOK {
		c.t.Fatalf("no session: %d %s", w.Code, w.Body)
	}
	if w := c.do(http.MethodPost, "/api/sandbox/inbound", `{"kind":"sms","from":"+12125550125","to":"+12125550100","body":"#verify"}`); w.Code != http.StatusAccepted {
		c.t.Fatalf("no technician verification: %d %s", w.Code, w.Body)
	}
}

// ids are all ids that an organization gets to see in its lists.
func ids(c caller) []string {
	found := map[string]bool{}
	for list := range lists(c) {
		for _, key := range list {
			found[key] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// oneOfEach are ids of all kinds: of each list one that no other list has shown.
func oneOfEach(c caller) (out []string) {
	for list := range lists(c) {
		if i := slices.IndexFunc(list, func(key string) bool { return !slices.Contains(out, key) }); i >= 0 {
			out = append(out, list[i])
		}
	}
	return out
}

// lists are the ids in each list of an organization.
func lists(c caller) iter.Seq[[]string] {
	c.t.Helper()
	return func(yield func([]string) bool) {
		for _, r := range c.app.API().Routes() {
			if r.Method != http.MethodGet || strings.Contains(r.Path, "{") || r.Needs == perm.Public || r.Path == "/api/events" {
				continue
			}
			if !yield(uuid.FindAllString(c.do(r.Method, r.Path, "").Body.String(), -1)) {
				return
			}
		}
	}
}

// several spreads requests over tokens, so that their limit is not what answers.
func several(c caller, n int) func() caller {
	callers := []caller{c}
	for i := range n {
		w := c.do(http.MethodPost, "/api/tokens", fmt.Sprintf(`{"name":"more %d"}`, i))
		var o struct{ Token string }
		if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || o.Token == "" {
			c.t.Fatalf("%d %s", w.Code, w.Body)
		}
		callers = append(callers, caller{c.t, c.app, o.Token, c.email})
	}
	i := 0
	return func() caller { i++; return callers[i%len(callers)] }
}

func TestAttack43IdsOfANeighbour(t *testing.T) { each(t, attack43IdsOfANeighbour) }

func attack43IdsOfANeighbour(t *testing.T, a *app.App) {
	neighbour, us := owner(t, a, "Neighbour", "olga@neighbour.example.com"), owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(neighbour)
	theirs := ids(neighbour)
	if len(theirs) < 12 {
		t.Fatalf("the neighbour has only %d ids", len(theirs))
	}
	call, session := several(us, 40), us.signIn()
	for _, r := range a.API().Routes() {
		if !strings.Contains(r.Path, "{id}") || r.Needs == perm.Public {
			continue
		}
		for _, key := range append(theirs, "00000000-0000-7000-8000-000000000000", "x") {
			for _, body := range []string{"", "{", "{}", `{"unknown":1}`} {
				path := strings.ReplaceAll(r.Path, "{id}", key)
				w := ask(call(), r, session, path, body)
				if w.Code != http.StatusNotFound {
					t.Errorf("%s %s with %q: %d %s, want 404", r.Method, path, body, w.Code, w.Body)
				}
				if body != "" && r.Method == http.MethodGet {
					break
				}
			}
		}
	}
	routesReachTheirOwn(t, neighbour, theirs)
}

// ask makes a request with a token, or in a session where tokens are refused.
func ask(c caller, r httpapi.Route, session []string, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	if r.SessionOnly {
		w := c.within(session, r.Method, path, body, headers...)
		for w.Code == http.StatusTooManyRequests { // one session makes all of these
			<-time.After(100 * time.Millisecond)
			w = c.within(session, r.Method, path, body, headers...)
		}
		return w
	}
	return c.do(r.Method, path, body, headers...)
}

// routesReachTheirOwn proves that the 404s above were about whose the ids are: each route knows one of its owner's ids.
func routesReachTheirOwn(t *testing.T, c caller, keys []string) {
	t.Helper()
	call, session := several(c, 40), c.signIn()
	for _, r := range c.app.API().Routes() {
		if !strings.Contains(r.Path, "{id}") || r.Needs == perm.Public {
			continue
		}
		reached := slices.ContainsFunc(keys, func(key string) bool {
			w := ask(call(), r, session, strings.ReplaceAll(r.Path, "{id}", key), `{`, `If-Match: "999999"`)
			return w.Code != http.StatusNotFound
		})
		if !reached {
			t.Errorf("%s %s knows none of its owner's ids: give furnish one", r.Method, r.Path)
		}
	}
}

func TestAttack43ListsOfANeighbour(t *testing.T) { each(t, attack43ListsOfANeighbour) }

func attack43ListsOfANeighbour(t *testing.T, a *app.App) {
	neighbour, us := owner(t, a, "Neighbour", "olga@neighbour.example.com"), owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(neighbour)
	theirs := ids(neighbour)
	call, asked := several(us, 40), append(oneOfEach(neighbour), "Secret")
	t.Log(len(theirs), len(asked), len(queries(t, a)))
	for path, params := range queries(t, a) {
		for _, name := range append(params, "") {
			for _, value := range asked {
				full := path
				if name != "" {
					full += "?" + name + "=" + value
				}
				w := call().do(http.MethodGet, full, "")
				body := typed.ReplaceAllString(w.Body.String(), "")
				if w.Code >= 500 || strings.Contains(body, "Secret") || leaks(body, theirs, value) {
					t.Errorf("GET %s: %d %s", full, w.Code, w.Body)
				}
				if name == "" {
					break
				}
			}
		}
	}
}

// typed are the filters of exports as the record keeps them: what the one who exported had typed themselves.
var typed = regexp.MustCompile(`filter[\\"]*:\s*\{[^{}]*\}`)

func leaks(body string, theirs []string, asked string) bool {
	return slices.ContainsFunc(theirs, func(key string) bool { return key != asked && strings.Contains(body, key) })
}

type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Parameters  []struct{ Name, In string }
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
	Required   []string
	Enum       []any
	Format     string
	Items      *schema
}

func read(t *testing.T, a *app.App) (d document) {
	t.Helper()
	b, err := a.API().Document()
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are the lists with the parameters that narrow them.
func queries(t *testing.T, a *app.App) map[string][]string {
	out := map[string][]string{}
	for path, methods := range read(t, a).Paths {
		if get, ok := methods["get"]; ok && !strings.Contains(path, "{") && path != "/api/events" {
			out[path] = nil
			for _, p := range get.Parameters {
				if p.In == "query" {
					out[path] = append(out[path], p.Name)
				}
			}
		}
	}
	return out
}

// An id inside a body that may not be seen is 422 with its pointer.
func TestAttack43IdsOfANeighbourInBodies(t *testing.T) { each(t, attack43IdsOfANeighbourInBodies) }

func attack43IdsOfANeighbourInBodies(t *testing.T, a *app.App) {
	neighbour, us := owner(t, a, "Neighbour", "olga@neighbour.example.com"), owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(neighbour)
	furnish(us)
	ours, theirs := ids(us), ids(neighbour)
	call, tried := several(us, 40), 0
	doc := read(t, a)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			body, ok := op.RequestBody.Content["application/json"]
			if !ok || strings.Contains(path, "/api/session") || strings.Contains(path, "/api/setup") {
				continue
			}
			s := doc.resolve(body.Schema)
			for name := range s.Properties {
				if !strings.HasSuffix(name, "_id") && !strings.HasSuffix(name, "_ids") {
					continue
				}
				known := targets(call, strings.ToUpper(method), path, ours)
				for _, key := range theirs {
					for _, target := range known {
						payload := doc.example(s, name, key)
						w := call().do(strings.ToUpper(method), target, payload)
						tried++
						if w.Code < 400 || w.Code >= 500 {
							t.Errorf("%s %s %s: %d %s", method, target, payload, w.Code, w.Body)
						}
					}
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d requests were made", tried)
	}
}

// targets are a path with each of our ids in it that it knows.
func targets(call func() caller, method, path string, ours []string) (out []string) {
	if !strings.Contains(path, "{id}") {
		return []string{path}
	}
	for _, key := range ours {
		target := strings.ReplaceAll(path, "{id}", key)
		if call().do(method, target, "{", `If-Match: "999999"`).Code != http.StatusNotFound {
			out = append(out, target)
		}
	}
	return out
}

func (d document) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// example makes a body with what is required and one id.
func (d document) example(s schema, name, key string) string {
	body := map[string]any{}
	for _, field := range s.Required {
		body[field] = d.value(s.Properties[field])
	}
	body[name] = key
	if strings.HasSuffix(name, "_ids") {
		body[name] = []string{key}
	}
	b, _ := json.Marshal(body)
	return string(b)
}

func (d document) value(s schema) any {
	s = d.resolve(s)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type == "integer", s.Type == "number":
		return 1
	case s.Type == "boolean":
		return false
	case s.Type == "array":
		return []any{}
	case s.Type == "object":
		return map[string]any{}
	case s.Format == "date-time":
		return "2026-01-01T00:00:00Z"
	}
	return "text"
}
