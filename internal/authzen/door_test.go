package authzen_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// door is an organization with a customer, its things, and Tom, who looks after the customer and controls its devices.
type door struct {
	*resourcetest.World
	*organizationtest.Server

	service                                               *authzen.Service
	boss, tom, una                                        access.Actor
	customer, group, device, lonely, contact, ticket, bar string
	role, grant                                           string
}

func each(t *testing.T, fn func(t *testing.T, d *door)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, furnish(resourcetest.New(t, db, "Harbor IT"))) })
}

func furnish(w *resourcetest.World) *door {
	d := &door{World: w}
	d.boss, d.tom, d.una = w.Person("boss@example.com", perm.Administrator), w.Person("Tom@example.com", perm.Technician), w.Person("una@example.com", perm.Technician)
	d.customer, d.bar = w.Customer("Northwind"), w.Customer("Harbor Bar")
	d.group = w.Group("Servers", d.customer)
	d.device, d.lonely = w.Device("srv", d.group, d.customer), w.Device("lonely", "", "")
	d.contact, d.ticket = w.Contact(d.customer), w.Ticket(1, d.customer)
	d.role = w.Role("operator", perm.Devices, perm.DeviceView, perm.DeviceScreenControl, perm.DeviceDelete)
	w.Assigned(d.tom.ID, d.customer)
	d.grant = w.Grant(d.tom.ID, d.role, resourcetest.Scope{Type: "device_group", ID: d.group}, false)
	narrow, narrowBoss := d.tom, d.boss
	narrow.Ceiling, narrowBoss.Ceiling = perm.Set{perm.DeviceView: true}, perm.Set{perm.DeviceView: true}
	d.service = authzen.New(w.DB, w.Guard, w.Guard, slog.New(slog.DiscardHandler))
	d.Server = w.Serve(map[string]access.Actor{"boss": d.boss, "tom": d.tom, "una": d.una, "narrow": narrow, "narrow boss": narrowBoss},
		func(api *httpapi.API) { d.service.Routes(api, base) })
	return d
}

func question(subject, action, kind, key string) string {
	return fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q}}`, subject, action, kind, key)
}

// ask returns the decision, the outcome and the code of the first reason.
func (d *door) ask(actor, subject, action, kind, key string) string {
	d.T.Helper()
	status, got, _ := d.Do(actor, "POST", "/access/v1/evaluation", question(subject, action, kind, key))
	if status != http.StatusOK {
		return fmt.Sprintf("%d %v %v", status, got["code"], got["permission"])
	}
	return answer(got)
}

func answer(got fields) string {
	context, _ := got["context"].(fields)
	reasons, _ := context["reasons"].([]any)
	code := any("")
	if len(reasons) > 0 {
		first, _ := reasons[0].(fields)
		code = first["code"]
	}
	return fmt.Sprintf("%v %v %v", got["decision"], context["outcome"], code)
}

func TestEvaluationsAnswerWithReasons(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		for name, tc := range map[string]struct{ subject, action, kind, key, want string }{
			"by a grant":             {d.tom.ID, "device.screen.control", "device", d.device, "true allow grant"},
			"by email":               {"Tom@example.com", "device.screen.control", "device", d.device, "true allow grant"},
			"however it is written":  {" tOM@EXAMPLE.com ", "device.screen.control", "device", d.device, "true allow grant"},
			"a group":                {d.tom.ID, "device.view", "device_group", d.group, "true allow grant"},
			"not granted":            {d.tom.ID, "device.files", "device", d.device, "false deny no_grant"},
			"to be approved":         {d.tom.ID, "device.delete", "device", d.device, "false needs_approval sensitive"},
			"a customer":             {d.tom.ID, "customer.view", "customer", d.customer, "true allow platform_role"},
			"another customer":       {d.tom.ID, "customer.view", "customer", d.bar, "false deny customer_out_of_scope"},
			"a contact":              {d.tom.ID, "contact.edit", "contact", d.contact, "true allow platform_role"},
			"a ticket":               {d.tom.ID, "ticket.edit", "ticket", d.ticket, "true allow platform_role"},
			"a ticket as a contact":  {d.tom.ID, "ticket.edit", "contact", d.ticket, "false deny no_such_target"},
			"the team section":       {d.boss.ID, "admin.technicians", "section", "team", "true allow platform_role"},
			"not his section":        {d.tom.ID, "admin.technicians", "section", "team", "false deny no_grant"},
			"Quick Support":          {d.boss.ID, "invitation.all", "section", "quick_support", "true allow platform_role"},
			"no section":             {d.boss.ID, "invitation.all", "section", "elsewhere", "false deny no_such_target"},
			"the organization":       {d.boss.ID, "admin.settings", "organization", "whatever", "true allow platform_role"},
			"a scope is no resource": {d.boss.ID, "device.view", "all_devices", "x", "false deny no_such_target"},
			"no device":              {d.boss.ID, "device.view", "device", id.New(), "false deny no_such_target"},
			"no id":                  {d.boss.ID, "device.view", "device", "srv", "false deny no_such_target"},
			"an id in capitals":      {d.boss.ID, "device.view", "device", strings.ToUpper(d.device), "false deny no_such_target"},
			"no type":                {d.boss.ID, "device.view", "spaceship", d.device, "false deny no_such_target"},
			"no permission":          {d.boss.ID, "device.explode", "device", d.device, "false deny no_such_permission"},
			"nobody":                 {id.New(), "device.view", "device", d.device, "false deny subject_inactive"},
			"nobody's email":         {"nobody@example.com", "device.view", "device", d.device, "false deny subject_inactive"},
		} {
			if got := d.ask("boss", tc.subject, tc.action, tc.kind, tc.key); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
		}
		_, got, _ := d.Do("boss", "POST", "/access/v1/evaluation", question(d.tom.ID, "device.view", "device", d.device))
		reasons, _ := json.Marshal(got["context"])
		for _, want := range []string{d.grant, d.role, d.group} {
			if !strings.Contains(string(reasons), want) {
				t.Errorf("%s says nothing of %s", reasons, want)
			}
		}
		d.Deny(d.tom.ID, perm.DeviceScreenControl, resourcetest.Scope{Type: "customer", ID: d.customer})
		if got := d.ask("boss", d.tom.ID, "device.screen.control", "device", d.device); got != "false deny explicit_deny" {
			t.Errorf("after a deny: %s", got)
		}
	})
}

// Whoever may not manage technicians or roles asks about themselves alone, and hears nothing of what they may not see.
func TestAskingAboutOthersTakesARight(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	const refused = "403 authzen.others admin.technicians"
	for name, tc := range map[string]struct{ actor, subject, action, kind, key, want string }{
		"oneself":                         {"tom", d.tom.ID, "device.view", "device", d.device, "true allow grant"},
		"oneself by email":                {"tom", "tom@example.com", "device.view", "device", d.device, "true allow grant"},
		"another":                         {"tom", d.una.ID, "device.view", "device", d.device, refused},
		"another by email":                {"tom", "una@example.com", "device.view", "device", d.device, refused},
		"nobody":                          {"tom", id.New(), "device.view", "device", d.device, refused},
		"nobody by email":                 {"tom", "nobody@example.com", "device.view", "device", d.device, refused},
		"what one does not see":           {"una", d.una.ID, "device.view", "device", d.device, "false deny no_such_target"},
		"what is not there":               {"una", d.una.ID, "device.view", "device", id.New(), "false deny no_such_target"},
		"what one does not see of nobody": {"una", d.una.ID, "device.view", "device", d.lonely, "false deny no_such_target"},
		"a customer one does not see":     {"una", d.una.ID, "customer.view", "customer", d.customer, "false deny no_such_target"},
		"a ticket one does not see":       {"una", d.una.ID, "ticket.view", "ticket", d.ticket, "false deny no_such_target"},
		"nobody at all":                   {"", d.tom.ID, "device.view", "device", d.device, "401 signin.required <nil>"},
	} {
		if got := d.ask(tc.actor, tc.subject, tc.action, tc.kind, tc.key); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	for path, body := range map[string]string{
		"search/subject":  `{"subject":{"type":"technician"},"action":{"name":"device.view"},"resource":{"type":"device","id":"` + d.device + `"}}`,
		"search/resource": question(d.una.ID, "device.view", "device", ""),
		"search/action":   question(d.una.ID, "device.view", "device", d.device),
	} {
		if status, got, _ := d.Do("tom", "POST", "/access/v1/"+path, body); status != http.StatusForbidden || got["permission"] != "admin.technicians" {
			t.Errorf("%s: %d %v", path, status, got)
		}
	}
	// In a batch the refusal is one question's.
	_, got, _ := d.Do("tom", "POST", "/access/v1/evaluations", fmt.Sprintf(`{"action":{"name":"device.view"},"resource":{"type":"device","id":%q},
		"evaluations":[{"subject":{"type":"technician","id":%q}},{"subject":{"type":"technician","id":%q}},7,{"subject":"tom"}]}`, d.device, d.una.ID, d.tom.ID))
	items, _ := got["evaluations"].([]any)
	if len(items) != 4 || decided(items) != "false true false false " {
		t.Fatal(got)
	}
	for i, want := range map[int]float64{0: 403, 2: 400, 3: 400} {
		context, _ := items[i].(fields)["context"].(fields)
		refusal, _ := context["error"].(fields)
		if refusal["status"] != want {
			t.Errorf("%d: %v", i, items[i])
		}
	}
	roles := d.Role("keeper of roles", perm.Administration, perm.AdminRoles)
	d.Grant(d.una.ID, roles, resourcetest.Scope{Type: "organization"}, false)
	if got := d.ask("una", d.tom.ID, "device.view", "device", d.device); got != "true allow grant" {
		t.Errorf("with admin.roles: %s", got)
	}
}

// A token that was made for less is told no more than what it was made for, and asks about nobody else.
func TestATokenIsToldNoMoreThanItsCeiling(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for name, tc := range map[string]struct{ actor, subject, action, kind, key, want string }{
		"within":                            {"narrow", d.tom.ID, "device.view", "device", d.device, "true allow grant"},
		"beyond":                            {"narrow", d.tom.ID, "device.screen.control", "device", d.device, "false deny beyond_token"},
		"beyond, to be approved":            {"narrow", d.tom.ID, "device.delete", "device", d.device, "false deny beyond_token"},
		"beyond, unseen":                    {"narrow", d.tom.ID, "customer.edit", "customer", d.customer, "false deny no_such_target"},
		"of an administrator":               {"narrow boss", d.boss.ID, "admin.settings", "organization", "o", "false deny beyond_token"},
		"of an administrator, about others": {"narrow boss", d.tom.ID, "device.view", "device", d.device, "403 authzen.others admin.technicians"},
	} {
		if got := d.ask(tc.actor, tc.subject, tc.action, tc.kind, tc.key); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if got := d.all("narrow", "action", question(d.tom.ID, "", "device", d.device), 1000); !slices.Equal(got, []string{"device.view"}) {
		t.Errorf("actions: %v", got)
	}
	if got := d.all("narrow", "resource", question(d.tom.ID, "device.screen.control", "device", ""), 1000); len(got) > 0 {
		t.Errorf("resources: %v", got)
	}
	if got := d.all("narrow", "resource", question(d.tom.ID, "device.view", "device", ""), 1000); !slices.Equal(got, []string{"device/" + d.device}) {
		t.Errorf("resources within: %v", got)
	}
}

// all follows a search to its end, and fails if an answer is longer than asked for.
func (d *door) all(actor, what, body string, limit int) (out []string) {
	d.T.Helper()
	token := ""
	for range 10_000 {
		status, got, _ := d.Do(actor, "POST", "/access/v1/search/"+what, strings.TrimSuffix(body, "}")+fmt.Sprintf(`,"page":{"limit":%d,"token":%q}}`, limit, token))
		items, ok := got["results"].([]any)
		page, _ := got["page"].(fields)
		if status != http.StatusOK || !ok || len(items) > limit {
			d.T.Fatalf("%s: %d %v", what, status, got)
		}
		out = append(out, results(items)...)
		if token, _ = page["next_token"].(string); token == "" {
			return out
		}
	}
	d.T.Fatal("the search has no end")
	return nil
}

// Whoever lacks only an approval is told how to ask for it, in each way of asking; nobody else is, and no token that was made for less.
func TestWhatAnApprovalIsMissingForSaysHowToAsk(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		d.service.Offer(func(p perm.Permission, on engine.Target) *fault.Ask {
			return &fault.Ask{Action: "act", Parameters: map[string]any{"permission": string(p), "id": on.ID}}
		})
		want := fmt.Sprintf(`{"endpoint":"%s/api/approvals","template":{"action":"act","parameters":{"id":%q,"permission":"device.delete"}}}`, base, d.device)
		asked := func(o fields) string {
			in, _ := o["context"].(fields)
			b, _ := json.Marshal(in["access_request"])
			return string(b)
		}
		for name, tc := range map[string]struct{ actor, subject, action, kind, key, want string }{
			"oneself":                        {"tom", d.tom.ID, "device.delete", "device", d.device, want},
			"by email":                       {"tom", "tom@example.com", "device.delete", "device", d.device, want},
			"allowed":                        {"tom", d.tom.ID, "device.view", "device", d.device, "null"},
			"without the right":              {"tom", d.tom.ID, "device.files", "device", d.device, "null"},
			"what one does not see":          {"una", d.una.ID, "device.delete", "device", d.device, "null"},
			"what is not there":              {"tom", d.tom.ID, "device.delete", "device", id.New(), "null"},
			"for somebody else":              {"boss", d.tom.ID, "device.delete", "device", d.device, "null"},
			"a token that was made for less": {"narrow", d.tom.ID, "device.delete", "device", d.device, "null"},
		} {
			_, got, _ := d.Do(tc.actor, "POST", "/access/v1/evaluation", question(tc.subject, tc.action, tc.kind, tc.key))
			if s := asked(got); s != tc.want {
				t.Errorf("%s: %s, want %s", name, s, tc.want)
			}
		}
		one := question(d.tom.ID, "device.delete", "device", d.device)
		_, got, _ := d.Do("tom", "POST", "/access/v1/evaluations", `{"evaluations":[`+one+`,`+question(d.tom.ID, "device.files", "device", d.device)+`]}`)
		all, _ := got["evaluations"].([]any)
		if len(all) != 2 || asked(all[0].(fields)) != want || asked(all[1].(fields)) != "null" { //nolint:forcetypeassert // a test
			t.Errorf("%v", got)
		}
		if _, got, _ := d.Do("tom", "POST", "/access/v1/evaluations", one); asked(got) != want {
			t.Errorf("a batch of none: %v", got)
		}
		d.Deny(d.tom.ID, perm.DeviceView, resourcetest.Scope{Type: "device", ID: d.device}) // he may still delete what he sees no more
		if _, got, _ := d.Do("tom", "POST", "/access/v1/evaluation", one); asked(got) != "null" {
			t.Errorf("unseen: %v", got)
		}
	})
}

// What a search finds is what evaluations allow, whole, however long the parts are.
func TestSearchesFindExactlyWhatIsAllowed(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		things := map[string][]string{
			"device": {d.device, d.lonely}, "device_group": {d.group}, "customer": {d.customer, d.bar}, "contact": {d.contact}, "ticket": {d.ticket},
			"section": {"quick_support", "team"}, "organization": {d.Org.ID},
		}
		for i := range 23 {
			things["device"] = append(things["device"], d.Device(fmt.Sprint("pc", i), d.group, d.customer))
			customer := d.Customer(fmt.Sprint("C", i))
			things["customer"] = append(things["customer"], customer)
			things["contact"], things["ticket"] = append(things["contact"], d.Contact(customer)), append(things["ticket"], d.Ticket(10+i, customer))
			things["device_group"] = append(things["device_group"], d.Group(fmt.Sprint("G", i), customer))
			if i%2 == 0 {
				d.Assigned(d.tom.ID, customer)
			}
		}
		d.Deny(d.tom.ID, perm.DeviceView, resourcetest.Scope{Type: "device", ID: things["device"][5]})
		people := []access.Actor{d.boss, d.tom, d.una}
		found := 0
		for kind, keys := range things {
			slices.Sort(keys)
			for _, action := range []string{"device.view", "device.delete", "customer.view", "ticket.edit", "contact.view", "admin.settings", "invitation.all", "nonsense"} {
				for _, who := range people {
					var want []string
					for _, key := range keys {
						if strings.HasPrefix(d.ask("boss", who.ID, action, kind, key), "true") {
							want = append(want, kind+"/"+key)
						}
					}
					for _, limit := range []int{1, 7, 1000} {
						if got := d.all("boss", "resource", question(who.ID, action, kind, "ignored"), limit); !slices.Equal(got, want) {
							t.Errorf("%s may %s on %s by %d: %v, want %v", who.Name, action, kind, limit, got, want)
						}
					}
					found += len(want)
				}
				var want []string
				for _, who := range people {
					if strings.HasPrefix(d.ask("boss", who.ID, action, kind, keys[0]), "true") {
						want = append(want, "technician/"+who.ID)
					}
				}
				slices.Sort(want)
				if got := d.all("boss", "subject", question("ignored", action, kind, keys[0]), 1); !slices.Equal(got, want) {
					t.Errorf("who may %s on a %s: %v, want %v", action, kind, got, want)
				}
			}
			var want []string
			for _, e := range perm.Catalog() {
				if strings.HasPrefix(d.ask("boss", d.tom.ID, string(e.Name), kind, keys[0]), "true") {
					want = append(want, string(e.Name))
				}
			}
			slices.Sort(want)
			if got := d.all("boss", "action", question(d.tom.ID, "", kind, keys[0]), 4); !slices.Equal(got, want) {
				t.Errorf("what may be done to a %s: %v, want %v", kind, got, want)
			}
		}
		if found < 150 {
			t.Errorf("only %d were found", found)
		}
	})
}

func TestTokensBelongToTheirSearch(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	search := func(page string) (int, fields) {
		status, got, _ := d.Do("boss", "POST", "/access/v1/search/resource", fmt.Sprintf(
			`{"subject":{"type":"technician","id":%q},"action":{"name":"device.view"},"resource":{"type":"device"},"page":%s}`, d.boss.ID, page))
		return status, got
	}
	status, got := search(`{"limit":0}`)
	page, _ := got["page"].(fields)
	if items, _ := got["results"].([]any); status != http.StatusOK || len(items) != 0 || page["next_token"] == "" {
		t.Errorf("at most none: %d %v", status, got)
	}
	_, got = search(`{"limit":1}`)
	page, _ = got["page"].(fields)
	token, _ := page["next_token"].(string)
	if status, got := search(fmt.Sprintf(`{"token":%q}`, token)); status != http.StatusOK || len(results(got["results"])) != 1 {
		t.Errorf("going on: %d %v", status, got)
	}
	for name, bad := range map[string]string{
		"another limit": fmt.Sprintf(`{"token":%q,"limit":2}`, token), "nonsense": `{"token":"nonsense"}`, "a number": `{"token":7}`,
		"a negative limit": `{"limit":-1}`, "half": `{"limit":1.5}`, "no page": `7`, "long": `{"token":"` + strings.Repeat("x", 3000) + `"}`,
	} {
		if status, got := search(bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d %v", name, status, got)
		}
	}
	status, got, _ = d.Do("boss", "POST", "/access/v1/search/resource", fmt.Sprintf(
		`{"subject":{"type":"technician","id":%q},"action":{"name":"device.files"},"resource":{"type":"device"},"page":{"token":%q}}`, d.boss.ID, token))
	if status != http.StatusBadRequest || got["code"] != "authzen.token_invalid" {
		t.Errorf("another search: %d %v", status, got)
	}
}

func TestBatchesEndWhereTheirSemanticSays(t *testing.T) {
	d := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for semantic, want := range map[string]string{
		"": "true false true ", `"execute_all"`: "true false true ", `"deny_on_first_deny"`: "true false ", `"permit_on_first_permit"`: "true ",
	} {
		options := ""
		if semantic != "" {
			options = `,"options":{"evaluations_semantic":` + semantic + `,"more":1}`
		}
		_, got, _ := d.Do("boss", "POST", "/access/v1/evaluations", fmt.Sprintf(
			`{"subject":{"type":"technician","id":%q},"resource":{"type":"device","id":%q},"evaluations":[
				{"action":{"name":"device.view"}},{"action":{"name":"device.files"}},{"action":{"name":"device.screen.control"}}]%s}`, d.tom.ID, d.device, options))
		if decided(got["evaluations"]) != want {
			t.Errorf("%s: %v, want %s", semantic, got, want)
		}
	}
	for _, bad := range []string{`"whatever"`, `7`, `null`} {
		status, _, _ := d.Do("boss", "POST", "/access/v1/evaluations", `{"evaluations":[{}],"options":{"evaluations_semantic":`+bad+`}}`)
		if status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
}
