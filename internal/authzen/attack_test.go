package authzen_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// A neighbour's ids and emails are what is not there: evaluations, batches and searches answer the same to them as to inventions.
func TestANeighbourIsNotThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := resourcetest.New(t, db, "Harbor IT")
		us, them := furnish(w), furnish(w.Beside("Neighbour"))
		them.Exec(`update technician set email = 'theirs@example.com', email_key = 'theirs@example.com' where org_id = $1 and id = $2`, them.tom.ID)
		for kind, key := range map[string]string{
			"device": them.device, "device_group": them.group, "customer": them.customer, "contact": them.contact, "ticket": them.ticket,
		} {
			for _, action := range []string{"device.view", "customer.view", "ticket.view", "contact.view"} {
				if got := us.ask("boss", us.boss.ID, action, kind, key); got != "false deny no_such_target" {
					t.Errorf("%s on a neighbour's %s: %s", action, kind, got)
				}
				if got := us.all("boss", "subject", question("x", action, kind, key), 100); len(got) > 0 {
					t.Errorf("who may %s on a neighbour's %s: %v", action, kind, got)
				}
			}
			if got := us.all("boss", "action", question(us.boss.ID, "", kind, key), 100); len(got) > 0 {
				t.Errorf("what may be done to a neighbour's %s: %v", kind, got)
			}
			for _, own := range us.all("boss", "resource", question(us.boss.ID, "device.view", kind, ""), 1) {
				if strings.HasSuffix(own, key) {
					t.Errorf("a search finds a neighbour's %s", kind)
				}
			}
		}
		for _, subject := range []string{them.tom.ID, them.boss.ID, "theirs@example.com"} {
			for _, place := range []string{us.device, them.device} {
				if got := us.ask("boss", subject, "device.view", "device", place); got != "false deny subject_inactive" {
					t.Errorf("a neighbour's technician: %s", got)
				}
			}
			if got := us.all("boss", "resource", question(subject, "device.view", "device", ""), 100); len(got) > 0 {
				t.Errorf("what a neighbour's technician sees: %v", got)
			}
		}
		// Both have a Tom of the same email: each asks about their own.
		if got := us.ask("boss", "tom@example.com", "device.view", "device", us.device); got != "true allow grant" {
			t.Errorf("our Tom: %s", got)
		}
	})
}

// What two readers of one request could take for two different questions, and what is too large for one, is not answered.
func TestHostileBodiesAreRefused(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	good := question(d.tom.ID, "device.view", "device", d.device)
	inner := strings.TrimSuffix(strings.TrimPrefix(good, "{"), "}")
	for name, tc := range map[string]struct {
		path, body string
		want       int
	}{
		"a field twice":           {"evaluation", "{" + inner + `,"subject":{"type":"technician","id":"x"}}`, 400},
		"in another case":         {"evaluation", strings.Replace(good, `"subject"`, `"Subject"`, 1), 400},
		"an id in another case":   {"evaluation", strings.Replace(good, `"id"`, `"ID"`, 1), 400},
		"NUL":                     {"evaluation", strings.Replace(good, d.device, `a\u0000b`, 1), 400},
		"no Unicode":              {"evaluation", strings.Replace(good, d.device, "\xff", 1), 400},
		"an empty id":             {"evaluation", strings.Replace(good, d.device, "", 1), 400},
		"a long id":               {"evaluation", strings.Replace(good, d.device, strings.Repeat("x", 513), 1), 400},
		"a long action":           {"evaluation", strings.Replace(good, "device.view", strings.Repeat("x", 201), 1), 400},
		"a long id within bounds": {"evaluation", strings.Replace(good, d.device, strings.Repeat("ü", 512), 1), 200},
		"a list":                  {"evaluation", "[" + good + "]", 400},
		"null":                    {"evaluation", "null", 400},
		"two values":              {"evaluation", good + good, 400},
		"a context of text":       {"evaluation", "{" + inner + `,"context":"now"}`, 400},
		"properties of text":      {"evaluation", strings.Replace(good, `"type"`, `"properties":"x","type"`, 1), 400},
		"deep":                    {"evaluation", "{" + inner + `,"context":` + strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 41), 400},
		"huge":                    {"evaluation", "{" + inner + `,"x":"` + strings.Repeat("x", 64<<10) + `"}`, 413},
		"a huge batch":            {"evaluations", "{" + inner + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
		"a batch of a thousand":   {"evaluations", "{" + inner + `,"evaluations":[{}` + strings.Repeat(",{}", 999) + "]}", 200},
		"a longer batch":          {"evaluations", "{" + inner + `,"evaluations":[{}` + strings.Repeat(",{}", 1000) + "]}", 400},
		"no list":                 {"evaluations", "{" + inner + `,"evaluations":{}}`, 400},
	} {
		status, got, header := d.Do("boss", "POST", "/access/v1/"+tc.path, tc.body)
		if status != tc.want {
			t.Errorf("%s: %d %v, want %d", name, status, got, tc.want)
		}
		if status >= 400 && (header.Get("Content-Type") != "application/problem+json" || strings.Contains(fmt.Sprint(got), "xxxx")) {
			t.Errorf("%s: %v %v", name, header, got)
		}
	}
	// A stranger's field of a name that is nearly ours changes nothing.
	status, got, _ := d.Do("boss", "POST", "/access/v1/evaluation", "{"+inner+fmt.Sprintf(`,"Subject":{"type":"technician","id":%q}}`, d.una.ID))
	if status != http.StatusOK || answer(got) != "true allow grant" {
		t.Errorf("a field in another case: %d %v", status, got)
	}
	// Nothing that a caller says about things or the time decides.
	status, got, _ = d.Do("boss", "POST", "/access/v1/evaluation", fmt.Sprintf(
		`{"subject":{"type":"technician","id":%q,"properties":{"platform_role":"administrator","owner":true}},"action":{"name":"device.view"},
		"resource":{"type":"device","id":%q,"properties":{"customer_id":null}},"context":{"time":"1999-01-01T00:00:00Z"}}`, d.una.ID, d.device))
	if status != http.StatusOK || got["decision"] != false {
		t.Errorf("claims: %d %v", status, got)
	}
}

// What the Host header and its friends say never stands in what other programs take for our addresses.
func TestTheHostHeaderNamesNoEndpoint(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://evil.example.com/.well-known/authzen-configuration", http.NoBody)
	r.Host = "evil.example.com"
	r.Header.Set("X-Forwarded-Host", "evil.example.com")
	r.Header.Set("Forwarded", "host=evil.example.com;proto=http")
	r.Header.Set("X-Forwarded-Proto", "http")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "evil") || strings.Count(w.Body.String(), `"https://pdp.example.com`) != 6 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRequestIDsComeBack(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for name, back := range map[string]bool{"bfe9eb29": true, "a name of words": true, strings.Repeat("x", 200): true, strings.Repeat("x", 201): false, "\x01": false, "ü": false} {
		for actor, want := range map[string]int{"boss": http.StatusOK, "": http.StatusUnauthorized, "tom": http.StatusForbidden} {
			status, _, header := d.Do(actor, "POST", "/access/v1/evaluation", question(d.una.ID, "device.view", "device", d.device), "X-Request-ID: "+name)
			if got := header.Values("X-Request-Id"); status != want || len(got) != 1 || (got[0] == name) != back || got[0] == "" {
				t.Errorf("%q as %s: %d %q", name, actor, status, got)
			}
		}
	}
}

// An address of the API that takes no GET is not a page of the console, and says what it takes to those alone who are signed in.
func TestOtherMethodsAreRefused(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for actor, want := range map[string]int{"boss": http.StatusMethodNotAllowed, "": http.StatusUnauthorized} {
		if status, _, _ := d.Do(actor, "GET", "/access/v1/evaluation", ""); status != want {
			t.Errorf("as %q: %d", actor, status)
		}
	}
	if status, _, _ := d.Do("boss", "GET", "/access/v1/elsewhere", ""); status != http.StatusNotFound {
		t.Error(status)
	}
}
