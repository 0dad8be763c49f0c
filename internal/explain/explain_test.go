package explain_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/explain"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type fields = map[string]any

// world is an organization where Tom controls the screens of a customer's servers by way of a team, and files by himself until a year ago.
type world struct {
	*resourcetest.World
	*organizationtest.Server

	boss, tom, una                access.Actor
	customer, group, device, team string
	ticket, elsewhere             string
	lapsed                        string
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, furnish(resourcetest.New(t, db, "Harbor IT"))) })
}

func furnish(r *resourcetest.World) *world {
	w := &world{World: r}
	w.boss, w.tom, w.una = r.Person("boss@example.com", perm.Administrator), r.Person("tom@example.com", perm.Technician), r.Person("una@example.com", perm.Technician)
	w.customer = r.Customer("Northwind")
	w.group = r.Group("Servers", w.customer)
	w.device, w.elsewhere = r.Device("srv", w.group, w.customer), r.Device("elsewhere", "", r.Customer("Harbor Bar"))
	w.ticket = r.Ticket(1, w.customer)
	w.team = r.Team("Night shift", w.tom.ID)
	r.Assigned(w.tom.ID, w.customer)
	r.Grant(w.team, r.Role("Operator", perm.Devices, perm.DeviceView, perm.DeviceScreenControl), resourcetest.Scope{Type: "device_group", ID: w.group}, true)
	w.lapsed = r.Grant(w.tom.ID, r.Role("Carrier", perm.Devices, perm.DeviceView, perm.DeviceFiles), resourcetest.Scope{Type: "customer", ID: w.customer}, false)
	r.Exec(`update grant_role set expires_at = 1764460800000000 where org_id = $1 and id = $2`, w.lapsed)
	narrow := w.boss
	narrow.Ceiling = perm.Set{perm.AdminTechnicians: true}
	w.Server = r.Serve(map[string]access.Actor{"boss": w.boss, "tom": w.tom, "una": w.una, "narrow": narrow}, explain.New(r.DB, r.Guard, r.Guard).Routes)
	return w
}

func (w *world) get(actor, what string, query ...string) (int, fields) {
	w.T.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	status, got, _ := w.Do(actor, http.MethodGet, "/api/access/"+what+"?"+values.Encode(), "")
	return status, got
}

func (w *world) why(actor, technicianID, permission, kind, key string) (int, fields) {
	w.T.Helper()
	return w.get(actor, "explanation", "technician_id", technicianID, "permission", permission, "resource_type", kind, "resource_id", key)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnExplanationNamesWhatLeadsThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, got := w.why("boss", w.tom.ID, "device.screen.control", "device", w.device)
		because, _ := got["because"].([]any)
		if got["outcome"] != "allow" || len(because) != 1 || len(got["who_could_give"].([]any)) != 0 { //nolint:forcetypeassert // a list by its shape
			t.Fatal(got)
		}
		for _, want := range []string{`"by":"grant"`, `"name":"Operator"`, `"team":{"id":"` + w.team + `","name":"Night shift"}`, `"at":{"id":"` + w.group + `","name":"Servers","type":"device_group"}`} {
			if text := jsonOf(t, because[0]); !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", text, want)
			}
		}
		// A refusal names what nearly helps, and who could help.
		_, got = w.why("tom", w.tom.ID, "device.files", "device", w.device)
		text := jsonOf(t, got)
		for _, want := range []string{
			`"outcome":"deny"`, `"reason":"no_grant"`, `"miss":"expired"`, `"id":"` + w.lapsed + `"`, `"name":"Carrier"`, `"name":"Northwind"`, `"until":"2025-11-30T00:00:00Z"`,
			`"who_could_give":[{"id":"` + w.boss.ID + `","name":"boss@example.com"}]`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", text, want)
			}
		}
		if _, got := w.why("boss", w.tom.ID, "ticket.edit", "ticket", w.ticket); got["outcome"] != "allow" || !strings.Contains(jsonOf(t, got), `"by":"platform_role","id":"technician"`) {
			t.Errorf("a ticket is its customer's: %v", got)
		}
	})
}

func TestWhoCouldGiveIsShortAndActive(t *testing.T) {
	w := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for i := range 12 {
		w.Person(fmt.Sprintf("admin%02d@example.com", i), perm.Administrator)
	}
	w.Exec(`update technician set status = 'suspended' where org_id = $1 and email = 'admin00@example.com'`)
	w.Exec(`update technician set owner = true where org_id = $1 and id = $2`, w.una.ID)
	_, got := w.why("tom", w.tom.ID, "device.files", "device", w.device)
	givers, _ := got["who_could_give"].([]any)
	if first, _ := givers[0].(fields); len(givers) != 10 || first["name"] != "admin01@example.com" {
		t.Error(givers)
	}
}

func TestPermissionsSaysWhatComesOutOfEach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, got := w.get("tom", "permissions", "technician_id", w.tom.ID, "resource_type", "device", "resource_id", w.device)
		items, _ := got["items"].([]any)
		outcomes := map[string]string{}
		for _, item := range items {
			i, _ := item.(fields)
			name, _ := i["permission"].(string)
			outcomes[name] = fmt.Sprint(i["outcome"], " ", i["reason"])
			if _, why := w.why("tom", w.tom.ID, name, "device", w.device); why["outcome"] != i["outcome"] || why["reason"] != i["reason"] {
				t.Errorf("%s: %v, explained as %v", name, i, why)
			}
		}
		if outcomes["device.view"] != "allow " || outcomes["device.files"] != "deny no_grant" || outcomes["ticket.view"] != "" || len(items) != 19 {
			t.Errorf("%d: %v", len(items), outcomes)
		}
		for kind, has := range map[string]perm.Permission{"organization": perm.AdminAudit, "quick_support": perm.InvitationAll, "all_customers": perm.TicketView, "all_devices": perm.DeviceView} {
			if _, got := w.get("boss", "permissions", "technician_id", w.boss.ID, "resource_type", kind); !strings.Contains(jsonOf(t, got), `{"outcome":"allow","permission":"`+string(has)+`"`) {
				t.Errorf("%s lacks %s: %v", kind, has, got)
			}
		}
	})
}

func TestWhoIsCompleteByName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := []string{"boss@example.com", "tom@example.com"}
		for i := range 9 {
			p := w.Person(fmt.Sprintf("night%d@example.com", i), perm.Technician)
			w.Exec(`insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, $2, $3, true, false)`, w.team, p.ID)
			w.Assigned(p.ID, w.customer)
			want = append(want, p.Name)
		}
		slices.Sort(want)
		for _, limit := range []string{"1", "4", "11", "200"} {
			var names []string
			for cursor := ""; ; {
				status, got := w.get("boss", "who", "permission", "device.screen.control", "resource_type", "device", "resource_id", w.device, "limit", limit, "cursor", cursor)
				items, _ := got["items"].([]any)
				for _, item := range items {
					i, _ := item.(fields)
					names = append(names, fmt.Sprint(i["name"]))
					if because, _ := i["because"].([]any); len(because) == 0 {
						t.Errorf("no reason for %v", i)
					}
				}
				if cursor, _ = got["next_cursor"].(string); cursor == "" || status != http.StatusOK || len(names) > 100 {
					break
				}
			}
			if !slices.Equal(names, want) {
				t.Errorf("by %s: %v, want %v", limit, names, want)
			}
		}
	})
}

func TestWhoMayAskWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		neighbour := furnish(w.Beside("Neighbour"))
		who := func(actor, permission, kind, key string) (int, fields) {
			return w.get(actor, "who", "permission", permission, "resource_type", kind, "resource_id", key)
		}
		for name, tc := range map[string]struct {
			ask  func() (int, fields)
			want int
			code string
		}{
			"oneself":                  {func() (int, fields) { return w.why("tom", w.tom.ID, "device.view", "device", w.device) }, 200, ""},
			"another":                  {func() (int, fields) { return w.why("tom", w.una.ID, "device.view", "device", w.device) }, 403, "explain.others"},
			"nobody, without a right":  {func() (int, fields) { return w.why("tom", id.New(), "device.view", "device", w.device) }, 403, "explain.others"},
			"a device unseen":          {func() (int, fields) { return w.why("una", w.una.ID, "device.view", "device", w.device) }, 404, "access.not_found"},
			"a customer unseen":        {func() (int, fields) { return w.why("una", w.una.ID, "customer.view", "customer", w.customer) }, 404, "access.not_found"},
			"a ticket unseen":          {func() (int, fields) { return w.why("una", w.una.ID, "ticket.view", "ticket", w.ticket) }, 404, "access.not_found"},
			"no device":                {func() (int, fields) { return w.why("boss", w.tom.ID, "device.view", "device", id.New()) }, 404, "access.not_found"},
			"no section":               {func() (int, fields) { return w.why("boss", w.tom.ID, "device.view", "section", "x") }, 404, "access.not_found"},
			"a neighbour's device":     {func() (int, fields) { return w.why("boss", w.tom.ID, "device.view", "device", neighbour.device) }, 404, "access.not_found"},
			"a neighbour's ticket":     {func() (int, fields) { return w.why("boss", w.tom.ID, "ticket.view", "ticket", neighbour.ticket) }, 404, "access.not_found"},
			"a neighbour's technician": {func() (int, fields) { return w.why("boss", neighbour.tom.ID, "device.view", "device", w.device) }, 404, "technician.not_found"},
			"no permission":            {func() (int, fields) { return w.why("boss", w.tom.ID, "device.explode", "device", w.device) }, 422, "explain.permission_unknown"},
			"no type":                  {func() (int, fields) { return w.why("boss", w.tom.ID, "device.view", "spaceship", w.device) }, 422, "request.invalid"},
			"a token without the view": {func() (int, fields) { return w.why("narrow", w.tom.ID, "device.view", "device", w.device) }, 404, "access.not_found"},
			"nobody at all":            {func() (int, fields) { return w.why("", w.tom.ID, "device.view", "device", w.device) }, 401, "signin.required"},
			"who":                      {func() (int, fields) { return who("tom", "device.view", "device", w.device) }, 403, "explain.others"},
			"who, a neighbour's":       {func() (int, fields) { return who("boss", "device.view", "device", neighbour.device) }, 404, "access.not_found"},
			"who, no permission":       {func() (int, fields) { return who("boss", "x", "device", w.device) }, 422, "explain.permission_unknown"},
			"what, another": {func() (int, fields) {
				return w.get("tom", "permissions", "technician_id", w.una.ID, "resource_type", "organization")
			}, 403, "explain.others"},
		} {
			status, got := tc.ask()
			code, _ := got["code"].(string)
			if status != tc.want || code != tc.code {
				t.Errorf("%s: %d %v, want %d %s", name, status, got, tc.want, tc.code)
			}
			if status == http.StatusForbidden && got["permission"] != "admin.technicians" {
				t.Errorf("%s does not name the permission: %v", name, got)
			}
		}
	})
}

// Whoever sees a customer, and not its contacts, hears nothing of one: not even that it is there.
func TestAttackAContactUnseenIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		contact := w.Contact(w.customer)
		if status, got := w.why("tom", w.tom.ID, "contact.edit", "contact", contact); status != http.StatusOK || got["outcome"] != "allow" {
			t.Errorf("a contact is its customer's: %d %v", status, got)
		}
		w.Deny(w.tom.ID, perm.ContactView, resourcetest.Scope{Type: "customer", ID: w.customer})
		w.Deny(w.tom.ID, perm.TicketView, resourcetest.Scope{Type: "customer", ID: w.customer})
		for kind, key := range map[string]string{"contact": contact, "ticket": w.ticket} {
			if status, got := w.why("tom", w.tom.ID, "customer.view", kind, key); status != http.StatusNotFound || got["code"] != "access.not_found" {
				t.Errorf("a %s: %d %v", kind, status, got)
			}
		}
		if status, got := w.why("tom", w.tom.ID, "customer.view", "customer", w.customer); status != http.StatusOK || got["outcome"] != "allow" {
			t.Errorf("the customer: %d %v", status, got)
		}
	})
}
