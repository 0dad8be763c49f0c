package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
)

// TestAPreviewSaysWhatThenHappens: whatever change of rights is tried out, nothing comes of it, and what it says is what the change then does.
func TestAPreviewSaysWhatThenHappens(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
		n := boss.make("/api/customers", `{"name":"Northwind"}`)
		m := boss.make("/api/customers", `{"name":"Mill"}`)
		top := boss.make("/api/device-groups", fmt.Sprintf(`{"name":"Servers","customer_id":%q}`, n))
		under := boss.make("/api/device-groups", fmt.Sprintf(`{"name":"Racks","customer_id":%q,"parent_id":%q}`, n, top))
		boss.make("/api/devices", fmt.Sprintf(`{"name":"srv1","platform":"linux","group_id":%q}`, under))
		rack := boss.make("/api/device-groups", fmt.Sprintf(`{"name":"Rack 7","customer_id":%q,"parent_id":%q}`, n, top))
		boss.make("/api/devices", fmt.Sprintf(`{"name":"srv3","platform":"linux","group_id":%q}`, rack))
		spare := boss.make("/api/devices", `{"name":"spare","platform":"linux"}`)
		boss.make("/api/devices", fmt.Sprintf(`{"name":"srv4","platform":"linux","group_id":%q}`, top))
		single := boss.make("/api/devices", fmt.Sprintf(`{"name":"srv2","platform":"linux","group_id":%q}`, top))
		boss.make("/api/devices", fmt.Sprintf(`{"name":"pc","platform":"windows","customer_id":%q}`, m))
		person := func(name, customers string) string {
			return boss.make("/api/technicians", fmt.Sprintf(`{"given_name":%q,"email":"%s@harbor.example.com","platform_role":"technician","password":%q,"customer_ids":[%s]}`, name, name, password, customers))
		}
		tom, una := person("Tom", `"`+n+`","`+m+`"`), person("Una", `"`+n+`"`)
		team := boss.make("/api/teams", fmt.Sprintf(`{"name":"Night shift","member_ids":[%q]}`, tom))
		role := boss.make("/api/roles", `{"name":"Operator","purpose":"devices","permissions":["device.view","device.screen.control"]}`)
		give := func(subject, id, scope string) string {
			return boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"role_id":%q,"scope":%s}`, subject, id, role, scope))
		}
		own := boss.make("/api/platform-roles", `{"name":"Front desk","based_on":"technician","customers":"own","permissions":["ticket.view"]}`)
		grant := give("team", team, fmt.Sprintf(`{"type":"customer","id":%q}`, n))
		unas := give("technician", una, fmt.Sprintf(`{"type":"device_group","id":%q}`, under))
		give("technician", tom, `{"type":"all_devices"}`)

		for _, c := range []struct{ name, method, path, body string }{
			{"role edited", "PATCH", "/api/roles/" + role, `{"permissions":["device.view","device.files"]}`},
			{"role narrowed for one", "POST", "/api/roles/" + role + "/narrower", fmt.Sprintf(`{"name":"Looker","permissions":["device.view"],"subject":{"type":"technician","id":%q},"grant_ids":[%q]}`, una, unas)},
			{"group moved", "PATCH", "/api/device-groups/" + rack, fmt.Sprintf(`{"parent_id":%q}`, under)},
			{"device moved", "PATCH", "/api/devices/" + spare, fmt.Sprintf(`{"group_id":%q}`, under)},
			{"grant given", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"device","id":%q}}`, una, role, single)},
			{"override", "PUT", "/api/technicians/" + una + "/permissions", `{"overrides":[{"permission":"device.files","effect":"deny","scope":{"type":"all_devices"}}]}`},
			{"customer's defaults", "PUT", "/api/customers/" + m + "/default-permissions", `{"permissions":["device.chat"]}`},
			{"defaults", "PUT", "/api/settings/default-permissions", `{"permissions":["invoice.view"]}`},
			{"customer's marks", "PUT", "/api/customers/" + n + "/sensitive-permissions", `{"permissions":["ticket.edit"]}`},
			{"marks", "PUT", "/api/settings/sensitive-permissions", `{"permissions":["ticket.create"]}`},
			{"team's people", "PATCH", "/api/teams/" + team, fmt.Sprintf(`{"member_ids":[%q,%q],"customer_ids":[%q]}`, tom, una, m)},
			{"person's customers", "PATCH", "/api/technicians/" + tom, fmt.Sprintf(`{"customer_ids":[%q]}`, m)},
			{"platform role", "PATCH", "/api/technicians/" + tom, `{"platform_role":"read_only"}`},
			{"suspended", "POST", "/api/technicians/" + una + "/suspend", ""},
			{"reactivated", "POST", "/api/technicians/" + una + "/reactivate", ""},
			{"grant taken", "DELETE", "/api/grants/" + grant, ""},
			{"team ended", "DELETE", "/api/teams/" + team, ""},
			{"role ended", "DELETE", "/api/roles/" + role, ""},
			{"own platform role given", "PUT", "/api/technicians/" + una + "/platform-role", fmt.Sprintf(`{"platform_role_id":%q}`, own)},
			{"own platform role edited", "PATCH", "/api/platform-roles/" + own, `{"customers":"all","permissions":["ticket.view","admin.skills"]}`},
		} {
			t.Run(c.name, func(t *testing.T) {
				token, err := a.TokenFor(t.Context(), boss.email) // one alone may not ask so much so fast
				if err != nil {
					t.Fatal(err)
				}
				boss := caller{t, a, token, boss.email}
				var headers []string
				if c.name == "role ended" {
					headers = append(headers, "X-Confirm-Name: Operator")
				}
				if w := boss.do("GET", strings.TrimSuffix(c.path, "/suspend"), ""); c.method != "POST" && w.Header().Get("ETag") != "" {
					headers = append(headers, "If-Match: "+w.Header().Get("ETag"))
				}
				before := held(boss, tom, una)
				audited := len(items(boss, "/api/audit?limit=200"))
				p := preview(boss, c.method, c.path, c.body, headers)
				if after := held(boss, tom, una); !maps.Equal(before, after) {
					t.Errorf("the preview changed something: %v, then %v", before, after)
				}
				if now := len(items(boss, "/api/audit?limit=200")); now != audited {
					t.Errorf("a preview left %d entries in the record", now-audited)
				}
				if w := boss.do(c.method, c.path, c.body, headers...); w.Code >= 300 {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if want := changes(before, held(boss, tom, una)); !slices.Equal(p, want) || len(want) == 0 {
					t.Errorf("the preview says\n%s\nthere happened\n%s", strings.Join(p, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	})
}

func items(c caller, path string) []any {
	c.t.Helper()
	found, _ := c.must(http.MethodGet, path, "")["items"].([]any)
	return found
}

// held is on how many devices, customers and sections each person holds each permission, and on how many of them without an approval.
func held(c caller, people ...string) map[string]int {
	c.t.Helper()
	out := map[string]int{}
	count := func(kind, id string) {
		for _, who := range people {
			for _, i := range items(c, fmt.Sprintf("/api/access/permissions?technician_id=%s&resource_type=%s&resource_id=%s", who, kind, id)) {
				one, _ := i.(map[string]any)
				p := fmt.Sprint(one["permission"])
				if one["outcome"] == "deny" || kind == "customer" && strings.HasPrefix(p, "device.") {
					continue
				}
				out[who+" "+p]++
				if one["outcome"] == "allow" {
					out[who+" "+p+" freely"]++
				}
			}
		}
	}
	for kind, path := range map[string]string{"device": "/api/devices?limit=200", "customer": "/api/customers?limit=200"} {
		for _, i := range items(c, path) {
			one, _ := i.(map[string]any)
			count(kind, fmt.Sprint(one["id"]))
		}
	}
	count("organization", "")
	count("quick_support", "")
	return out
}

func changes(before, after map[string]int) (out []string) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for k := range all {
		held, _ := strings.CutSuffix(k, " freely") // what is gained or lost says nothing of approvals
		if n := after[k] - before[k]; n != 0 && (held == k || after[held] == before[held]) {
			out = append(out, fmt.Sprintf("%s %+d", k, n))
		}
	}
	slices.Sort(out)
	return out
}

// preview tries a change out, and returns it as changes are.
func preview(c caller, method, path, body string, headers []string) []string {
	c.t.Helper()
	trial := map[string]any{"method": method, "path": path}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		trial[map[string]string{"If-Match": "if_match", "X-Confirm-Name": "confirm_name"}[name]] = value
	}
	if body != "" {
		trial["body"] = json.RawMessage(body)
	}
	b, err := json.Marshal(trial)
	if err != nil {
		c.t.Fatal(err)
	}
	w := c.do(http.MethodPost, "/api/access/preview", string(b))
	var got struct {
		People int
		Items  []struct {
			ID          string
			Differences []struct {
				Gained, Lost, Free []string
				Asking             []string `json:"needs_approval"`
				Devices, Customers int
				Sections           []string
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got.People != len(got.Items) {
		c.t.Fatalf("preview: %d %s", w.Code, w.Body)
	}
	sums := map[string]int{}
	for _, one := range got.Items {
		for _, d := range one.Differences {
			n := d.Devices + d.Customers + len(d.Sections)
			for _, p := range d.Gained {
				sums[one.ID+" "+p] += n
			}
			for _, p := range d.Lost {
				sums[one.ID+" "+p] -= n
			}
			for _, p := range d.Free {
				sums[one.ID+" "+p+" freely"] += n
			}
			for _, p := range d.Asking {
				sums[one.ID+" "+p+" freely"] -= n
			}
		}
	}
	return changes(map[string]int{}, sums)
}

// TestAPreviewAsksForAllThatTheChangeTakes: whoever may not make a change may not try it out; what is not about rights cannot be tried out at all.
func TestAPreviewAsksForAllThatTheChangeTakes(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	tom := colleague(boss, perm.Technician, "tom@harbor.example.com")
	role := boss.make("/api/roles", `{"name":"Operator","purpose":"devices","permissions":["device.view"]}`)
	trial := func(method, path string) string { return fmt.Sprintf(`{"method":%q,"path":%q}`, method, path) }
	for _, c := range []struct {
		name string
		by   caller
		body string
		want int
		code string
	}{
		{"a technician", tom, trial("DELETE", "/api/roles/"+role), 403, "explain.preview_others"},
		{"nobody", caller{t, a, "", ""}, trial("DELETE", "/api/roles/"+role), 401, "signin.required"},
		{"not about rights", boss, trial("POST", "/api/contacts"), 422, "request.no_rights"},
		{"another server", boss, trial("DELETE", "https://example.com/api/roles/"+role), 422, "request.no_rights"},
		{"itself", boss, trial("POST", "/api/access/preview"), 422, "request.no_rights"},
		{"a page", boss, trial("DELETE", "/roles"), 422, "request.no_rights"},
		{"gone", boss, trial("DELETE", "/api/roles/01a22c9d-fadd-77ed-8cf4-a0db5be1e78d"), 404, "role.not_found"},
		{"stale", boss, fmt.Sprintf(`{"method":"DELETE","path":"/api/roles/%s","if_match":"\"7\""}`, role), 412, ""},
		{"not acceptable", boss, fmt.Sprintf(`{"method":"PATCH","path":"/api/roles/%s","if_match":"\"1\"","body":{"permissions":["no.such"]}}`, role), 422, ""},
	} {
		w := c.by.do(http.MethodPost, "/api/access/preview", c.body)
		var p struct{ Code string }
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		if w.Code != c.want || c.code != "" && p.Code != c.code {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	boss.must(http.MethodGet, "/api/roles/"+role, "")
}

// TestAPreviewNamesNoPlaceThatIsNotSeen: whoever manages people without seeing a customer learns how many of its devices a change is about, and not how it is called.
func TestAPreviewNamesNoPlaceThatIsNotSeen(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	mine, hidden := boss.make("/api/customers", `{"name":"Northwind"}`), boss.make("/api/customers", `{"name":"Secret Mill"}`)
	rita := colleague(boss, perm.Technician, "rita@harbor.example.com")
	who := rita.id()
	w := boss.do("GET", "/api/technicians/"+who, "")
	if w = boss.do("PATCH", "/api/technicians/"+who, fmt.Sprintf(`{"customer_ids":[%q]}`, mine), "If-Match: "+w.Header().Get("ETag")); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	manages := boss.make("/api/roles", `{"name":"Role keeper","purpose":"administration","permissions":["admin.roles","admin.technicians"]}`)
	boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"section","id":"team"}}`, who, manages))
	tom := boss.make("/api/technicians", fmt.Sprintf(`{"given_name":"Tom","email":"tom@harbor.example.com","platform_role":"technician","password":%q,"customer_ids":[%q,%q]}`, password, mine, hidden))
	role := boss.make("/api/roles", `{"name":"Operator","purpose":"devices","permissions":["device.files"]}`)
	for _, c := range []string{mine, hidden} {
		boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q}}`, tom, role, c))
	}
	for _, by := range []struct {
		caller
		sees bool
	}{{boss, true}, {rita, false}} {
		w := by.do(http.MethodPost, "/api/access/preview", fmt.Sprintf(`{"method":"DELETE","path":"/api/roles/%s","confirm_name":"Operator","if_match":"\"1\""}`, role))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"Northwind"`) || !strings.Contains(w.Body.String(), hidden) || strings.Contains(w.Body.String(), "Secret Mill") != by.sees {
			t.Errorf("%s: %d %s", by.email, w.Code, w.Body)
		}
	}
}

// TestAPreviewIsNotLedAstray: an address that is written otherwise than a route's own reaches none, rather than one of which nothing is said to come.
func TestAPreviewIsNotLedAstray(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	role := boss.make("/api/roles", `{"name":"Operator","purpose":"devices","permissions":["device.view"]}`)
	for _, path := range []string{
		"//api/roles/" + role, "/api//roles/" + role, "/api/contacts/../roles/" + role, "/api/roles/./" + role, "/api/roles/" + role + "/", "/api/roles/" + role + "#x",
		"/api/%2e%2e/api/roles/" + role, "/api/roles%2f" + role, "/api/roles/x%2f..%2f" + role, "//example.com/api/roles/" + role, "http:/api/roles/" + role,
		"/API/roles/" + role, "/api/roles/" + role + "\u0000", "/api/roles/" + role + " HTTP/1.1\r\nX: y", "*", "/", "/api/access/preview?/api/roles/" + role,
	} {
		b, err := json.Marshal(map[string]any{"method": "DELETE", "path": path, "if_match": `"1"`, "confirm_name": "Operator"})
		if err != nil {
			t.Fatal(err)
		}
		if w := boss.do(http.MethodPost, "/api/access/preview", string(b)); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
	}
	for _, method := range []string{"GET", "HEAD", "CONNECT", "delete", "DELETE /api/roles", ""} {
		b, err := json.Marshal(map[string]any{"method": method, "path": "/api/roles/" + role})
		if err != nil {
			t.Fatal(err)
		}
		if w := boss.do(http.MethodPost, "/api/access/preview", string(b)); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d %s", method, w.Code, w.Body)
		}
	}
	boss.must(http.MethodGet, "/api/roles/"+role, "")
}
