package grant_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/store"
)

func TestOverridesAreReplacedAsAWhole(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo := w.Technician("bo", perm.Technician, acme)
		desk := w.Team("Desk", []string{bo.ID}, nil)
		deny, allow := granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.AllDevices, "")), granttest.Override(grant.Allow, perm.TicketView, granttest.On(engine.Customer, acme))
		w.Set(granttest.Team(desk), allow)
		first := granttest.Must(w.SetAs(w.Boss(), granttest.Technician(bo.ID), deny, allow))(t)
		if len(first.List) != 3 || first.List[0].Via.ID != "" || first.List[2].Via != (grant.Thing{ID: desk, Name: "Desk"}) || first.List[2].Scope.Name != "Acme" {
			t.Fatalf("%+v", first)
		}
		// What stays keeps its id; what has another time is another.
		later := deny
		later.NotBefore = store.Now().Add(time.Hour)
		next := granttest.Must(w.SetAs(w.Boss(), granttest.Technician(bo.ID), later, allow))(t)
		if next.List[0].ID != first.List[1].ID || next.List[1].ID == first.List[0].ID || next.Version == first.Version {
			t.Errorf("%+v", next)
		}
		if read, err := w.Grants.Overrides(w.Act(bo), grant.Technician, bo.ID); err != nil || read.Version != next.Version || len(read.List) != 3 {
			t.Errorf("%v %+v", err, read)
		}
		if ofTeam, err := w.Grants.Overrides(w.Act(bo), grant.Team, desk); err != nil || len(ofTeam.List) != 1 || ofTeam.List[0].Via.ID != "" {
			t.Errorf("%v %+v", err, ofTeam)
		}
		if none := granttest.Must(w.SetAs(w.Boss(), granttest.Technician(bo.ID)))(t); len(none.List) != 1 || none.Version != 0 {
			t.Errorf("%+v", none)
		}
		other := w.Technician("other", perm.Technician)
		for name, err := range map[string]error{
			"a technician's": second(w.Grants.Overrides(w.Act(other), grant.Technician, bo.ID)),
			"a team's":       second(w.Grants.Overrides(w.Act(other), grant.Team, desk)),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("somebody else reads %s: %v", name, err)
			}
		}
	})
}

func TestOverridesThatCannotBe(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo := granttest.Technician(w.Technician("bo", perm.Technician).ID)
		good := granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.Customer, acme))
		for name, tc := range map[string]struct {
			edit func(*grant.Override)
			want string
		}{
			"unknown permission": {func(o *grant.Override) { o.Permission = "device.eat" }, "/overrides/1/permission"},
			"no permission":      {func(o *grant.Override) { o.Permission = "" }, "/overrides/1/permission"},
			"no effect":          {func(o *grant.Override) { o.Effect = "maybe" }, "/overrides/1/effect"},
			"no such customer":   {func(o *grant.Override) { o.Scope.ID = nobody }, "/overrides/1/scope/id"},
			"another purpose":    {func(o *grant.Override) { o.Permission = perm.AdminAudit }, "/overrides/1/scope/type"},
			"over":               {func(o *grant.Override) { o.ExpiresAt = time.Now().Add(-time.Hour) }, "/overrides/1/expires_at"},
			"in eleven years":    {func(o *grant.Override) { o.NotBefore = time.Now().AddDate(11, 0, 0) }, "/overrides/1/not_before"},
			"twice":              {func(*grant.Override) {}, "/overrides/1"},
		} {
			bad := good
			tc.edit(&bad)
			if got := pointer(second(w.SetAs(w.Boss(), bo, good, bad))); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
		}
		var many []grant.Override
		for i := range 201 {
			o := good
			o.NotBefore = store.Now().Add(time.Duration(i) * time.Minute)
			many = append(many, o)
		}
		if got := pointer(second(w.SetAs(w.Boss(), bo, many...))); got != "/overrides" {
			t.Error(got)
		}
		if all := granttest.Must(w.SetAs(w.Boss(), bo, many[:200]...))(t); len(all.List) != 200 {
			t.Errorf("%d overrides", len(all.List))
		}
	})
}

// What is over stays in the list until somebody takes it out, so that a page that sends everything back does no harm.
func TestAnExpiredOverrideMayBeSentBack(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		bo := granttest.Technician(w.Technician("bo", perm.Technician).ID)
		short := granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.AllDevices, ""))
		short.ExpiresAt = store.Now().Add(time.Hour)
		w.Set(bo, short)
		short.ExpiresAt = store.Now().Add(-time.Minute)
		if err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update grant_override set expires_at = $1 where org_id = $2`, store.Time(short.ExpiresAt), w.Org.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if all := granttest.Must(w.SetAs(w.Boss(), bo, short, granttest.Override(grant.Deny, perm.DeviceChat, granttest.On(engine.AllDevices, ""))))(t); len(all.List) != 2 {
			t.Errorf("%+v", all)
		}
	})
}

func TestDefaults(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme, beta := w.Customer("Acme"), w.Customer("Beta")
		keep := func(int64) error { return nil }
		for _, customer := range []string{"", acme} {
			if d, err := w.Grants.Defaults(w.Boss(), customer); err != nil || d.Version != 0 || len(d.Permissions) != 0 {
				t.Errorf("%v %+v", err, d)
			}
			d, err := w.Grants.SetDefaults(w.Boss(), customer, []perm.Permission{perm.InvoiceView, perm.DeviceChat}, keep)
			if err != nil || d.Version != 1 || !slices.Equal(d.Permissions, []perm.Permission{perm.DeviceView, perm.DeviceChat, perm.InvoiceView}) {
				t.Errorf("%v %+v", err, d)
			}
			if again, err := w.Grants.SetDefaults(w.Boss(), customer, d.Permissions, keep); err != nil || again.Version != 1 {
				t.Errorf("nothing changed: %v %+v", err, again)
			}
			for p, want := range map[perm.Permission]string{"ticket.eat": "/permissions/1", perm.AdminAudit: "/permissions/1", perm.InvitationOwn: "/permissions/1"} {
				if got := pointer(second(w.Grants.SetDefaults(w.Boss(), customer, []perm.Permission{perm.TicketView, p}, keep))); got != want {
					t.Errorf("%s: %s", p, got)
				}
			}
		}
		if d, err := w.Grants.Defaults(w.Boss(), beta); err != nil || d.Version != 0 {
			t.Errorf("%v %+v", err, d)
		}
		if err := second(w.Grants.Defaults(w.Boss(), nobody)); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		if err := second(w.Grants.SetDefaults(w.Act(w.Technician("bo", perm.Manager, acme)), acme, nil, keep)); fault.KindOf(err) != fault.Denied {
			t.Error(err)
		}
	})
}

// Attack 43: an id of another organization's, inside a body, is one that there is not.
func TestAttack43IdsOfANeighbour(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		next := granttest.In(w.Beside("Neighbour"))
		customer := next.Customer("Acme")
		group := next.Group("Site", customer, "")
		dev := next.Device("PC", group)
		ada := next.Technician("ada", perm.Technician)
		desk, theirs := next.Team("Desk", nil, nil), next.Role("R", perm.Devices, perm.DeviceWake)
		given := next.Give(granttest.Technician(ada.ID), theirs, granttest.On(engine.AllDevices, ""))
		bo, ours := w.Technician("bo", perm.Technician), w.Role("R", perm.Devices, perm.DeviceWake)
		good := grant.Fields{Subject: granttest.Technician(bo.ID), RoleID: ours.ID, On: granttest.On(engine.AllDevices, "")}
		for name, tc := range map[string]struct {
			edit func(*grant.Fields)
			want string
		}{
			"technician": {func(f *grant.Fields) { f.Subject = granttest.Technician(ada.ID) }, "/subject/id"},
			"team":       {func(f *grant.Fields) { f.Subject = granttest.Team(desk) }, "/subject/id"},
			"role":       {func(f *grant.Fields) { f.RoleID = theirs.ID }, "/role_id"},
			"customer":   {func(f *grant.Fields) { f.On = granttest.On(engine.Customer, customer) }, "/scope/id"},
			"group":      {func(f *grant.Fields) { f.On = granttest.On(engine.DeviceGroup, group) }, "/scope/id"},
			"device":     {func(f *grant.Fields) { f.On = granttest.On(engine.Device, dev) }, "/scope/id"},
		} {
			want := good
			tc.edit(&want)
			if got := pointer(second(w.Grants.Create(w.Boss(), want))); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
			if want.On == good.On {
				continue
			}
			for _, effect := range []grant.Effect{grant.Allow, grant.Deny} {
				err := second(w.SetAs(w.Boss(), good.Subject, granttest.Override(effect, perm.DeviceWake, want.On)))
				if got := pointer(err); got != "/overrides/0/scope/id" {
					t.Errorf("an override on a %s: %s", name, got)
				}
			}
		}
		for name, err := range map[string]error{
			"read":      second(w.Grants.Find(w.Boss(), given.ID)),
			"delete":    w.Grants.Delete(w.Boss(), given.ID),
			"overrides": second(w.SetAs(w.Boss(), granttest.Technician(ada.ID))),
			"of a team": second(w.Grants.Overrides(w.Boss(), grant.Team, desk)),
			"defaults":  second(w.Grants.Defaults(w.Boss(), customer)),
		} {
			if kind := fault.KindOf(err); kind != fault.NotFound && kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, q := range []grant.Query{{}, {TechnicianID: ada.ID, Inherited: true}, {TeamID: desk}, {RoleID: theirs.ID}, {CustomerID: customer}} {
			q.Limit = 10
			if found, _, err := w.Grants.List(w.Boss(), q); err != nil || len(found) > 0 {
				t.Errorf("%+v: %v %v", q, err, found)
			}
		}
	})
}

func headers(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}

func TestHTTP(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo := w.Technician("bo", perm.Technician, acme)
		desk := w.Team("Desk", []string{bo.ID}, nil)
		r := w.Role("D", perm.Devices, perm.DeviceWake)
		s := w.Serve(map[string]access.Actor{"boss": access.ActorFrom(w.Boss()), "bo": w.ActorOf(bo)}, w.Grants.Routes)
		status, got, header := s.Do("boss", "POST", "/api/grants", fmt.Sprintf(
			`{"subject":{"type":"team","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q},"expires_at":"2030-01-02T03:04:05Z","reason":"Why not"}`, desk, r.ID, acme))
		path := fmt.Sprint("/api/grants/", got["id"])
		want := fmt.Sprintf("map[id:%s name:Desk type:team] map[id:%s name:D purpose:devices] map[id:%s name:Acme type:customer] <nil> 2030-01-02T03:04:05Z Why not active",
			desk, r.ID, acme)
		if have := fmt.Sprint(got["subject"], " ", got["role"], " ", got["scope"], " ", got["not_before"], " ", got["expires_at"], " ", got["reason"], " ", got["state"]); status != 201 ||
			header.Get("Location") != path || have != want {
			t.Fatalf("%d %v\n%s\n%s", status, got, have, want)
		}
		overrides, defaults := "/api/technicians/"+bo.ID+"/permissions", "/api/customers/"+acme+"/default-permissions"
		deny := `{"overrides":[{"permission":"admin.audit","effect":"deny","scope":{"type":"section","id":"team"}},{"permission":"invitation.own","effect":"allow","scope":{"type":"section","id":"quick_support"}}]}`
		for _, step := range []struct {
			actor, method, path, body, match string
			want                             int
		}{
			{"", "GET", "/api/grants", "", "", 401},
			{"", "POST", "/api/grants", "{", "", 401},
			{"bo", "POST", "/api/grants", "{", "", 403},
			{"bo", "GET", "/api/grants?inherited=true&technician_id=" + bo.ID, "", "", 200},
			{"bo", "GET", path, "", "", 200},
			{"bo", "DELETE", path, "", "", 403},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"robot","id":%q},"role_id":%q,"scope":{"type":"all_devices"}}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"planet"}}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"section","id":"attic"}}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"section","id":"team"}}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"all_devices"},"created_by":"me"}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"all_devices"},"expires_at":"soon"}`, bo.ID, r.ID), "", 422},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"team","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q}}`, desk, r.ID, acme), "", 409},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"organization"}}`, bo.ID, w.System("Auditor").ID), "", 201},
			{"boss", "POST", "/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"section","id":"team"}}`, bo.ID, w.System("Auditor").ID), "", 409},
			{"boss", "GET", "/api/grants?sort=-created_at&limit=1", "", "", 200},
			{"boss", "DELETE", path, "", "", 204},
			{"boss", "DELETE", path, "", "", 404},
			{"bo", "GET", overrides, "", "", 200},
			{"bo", "PUT", overrides, "{", "", 403},
			{"boss", "PUT", overrides, `{"overrides":null}`, "", 422},
			{"boss", "PUT", overrides, `{}`, "", 422},
			{"boss", "PUT", overrides, deny, `If-Match: "0"`, 200},
			{"boss", "PUT", overrides, `{"overrides":[]}`, `If-Match: "0"`, 412},
			{"boss", "PUT", overrides, `{"overrides":[]}`, "", 200},
			{"boss", "PUT", "/api/teams/" + desk + "/permissions", deny, "", 200},
			{"boss", "GET", "/api/teams/" + bo.ID + "/permissions", "", "", 404},
			{"bo", "GET", defaults, "", "", 403},
			{"boss", "PUT", defaults, `{"permissions":["ticket.view"]}`, `If-Match: "0"`, 200},
			{"boss", "PUT", defaults, `{"permissions":[]}`, `If-Match: "0"`, 412},
			{"boss", "PUT", "/api/settings/default-permissions", `{"permissions":["admin.audit"]}`, "", 422},
			{"boss", "PUT", "/api/settings/default-permissions", `{"permissions":["device.view"]}`, "", 200},
		} {
			if status, got, _ := s.Do(step.actor, step.method, step.path, step.body, headers(step.match)...); status != step.want {
				t.Errorf("%s %s %s %s: %d %v, want %d", step.actor, step.method, step.path, step.body, status, got, step.want)
			}
		}
		if _, got, _ := s.Do("bo", "GET", overrides, ""); fmt.Sprint(got["version"]) != "0" || len(got["overrides"].([]any)) != 2 {
			t.Errorf("%v", got)
		}
	})
}
