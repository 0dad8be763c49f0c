package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/spectest"
)

// worked is a case of the table of decisions that asks whether something may be written. The engine's tests ask the others.
type worked struct {
	Name  string
	Setup struct {
		Customers   []struct{ ID string }
		Groups      []struct{ ID, Parent, Customer string }
		Devices     []struct{ ID, Group string }
		Technicians []struct {
			ID, State string
			Role      perm.Role `json:"platform_role"`
			Customers []string
		}
		Roles []struct {
			ID, Purpose string
			System      bool
			Permissions []string
		}
		Grants []workedGrant
	}
	Query struct {
		Kind string
		Op   struct {
			Op, ID, Status, Parent, By string
			Permissions                []string
			Grant                      workedGrant
		}
	}
	Expected struct{ Write, Error string }
}

type workedGrant struct{ To, Role, On string }

func TestWorkedCasesOfWrites(t *testing.T) {
	b, err := os.ReadFile(spectest.Beside(t, filepath.Join("shared", "cases", "access_cases_public.json")))
	var file struct{ Cases []worked }
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range file.Cases {
		if c.Query.Kind == "write" {
			ran++
			t.Run(c.Name, func(t *testing.T) {
				(&workedWorld{t: t, boss: owner(t, start(t), "Harbor IT", "own@harbor.example.com")}).run(c)
			})
		}
	}
	if ran < 4 {
		t.Errorf("only %d cases ran", ran)
	}
}

// workedWorld is a case, built over the API.
type workedWorld struct {
	t      *testing.T
	boss   caller
	ids    map[string]string // of "kind:name"
	people map[string]caller
}

func (w *workedWorld) run(c worked) {
	w.ids, w.people = map[string]string{}, map[string]caller{}
	w.build(c)
	op := c.Query.Op
	by, method, path, body := w.boss, http.MethodPatch, "", ""
	switch op.Op {
	case "edit_role":
		path, body = "/api/roles/"+w.id("role:"+op.ID), text(map[string]any{"permissions": workedPermissions("devices", op.Permissions)})
	case "set_technician":
		by = w.people["adm"]
		path, body = "/api/technicians/"+w.id("technician:"+op.ID), text(map[string]any{"status": map[string]string{"disabled": "inactive"}[op.Status]})
	case "move_group":
		path, body = "/api/device-groups/"+w.id("group:"+op.ID), text(map[string]any{"parent_id": w.id("group:" + op.Parent)})
	case "grant":
		by, method, path, body = w.people[op.By], http.MethodPost, "/api/grants", w.grant(op.Grant)
	default:
		w.t.Fatalf("a write that nothing here can do: %s", op.Op)
	}
	got := by.do(method, path, body)
	want, known := map[string]string{"": "", "system_role": "role.system", "owner_is_fixed": "technician.owner", "cycle": "device.circle"}[c.Expected.Error]
	if accepted := got.Code < 300; !known || accepted != (c.Expected.Write == "accepted") || !strings.Contains(got.Body.String(), want) {
		w.t.Errorf("%s %s: %d %s, want %s %s", method, path, got.Code, got.Body, c.Expected.Write, c.Expected.Error)
	}
}

func (w *workedWorld) build(c worked) {
	for _, x := range c.Setup.Customers {
		w.ids["customer:"+x.ID] = w.boss.make("/api/customers", fmt.Sprintf(`{"name":%q}`, x.ID))
	}
	for _, x := range c.Setup.Groups {
		parent := map[string]any{"name": x.ID, "customer_id": w.id("customer:" + x.Customer)}
		if x.Parent != "" {
			parent["parent_id"] = w.id("group:" + x.Parent)
		}
		w.ids["group:"+x.ID] = w.boss.make("/api/device-groups", text(parent))
	}
	for _, x := range c.Setup.Devices {
		w.ids["device:"+x.ID] = w.boss.make("/api/devices", fmt.Sprintf(`{"name":%q,"group_id":%q}`, x.ID, w.id("group:"+x.Group)))
	}
	for _, x := range c.Setup.Technicians {
		if x.State == "owner" {
			w.ids["technician:"+x.ID], w.people[x.ID] = find(w.t, w.boss, "/api/technicians?q=own@"), w.boss
			continue
		}
		w.people[x.ID] = colleague(w.boss, x.Role, x.ID+"@harbor.example.com")
		key := find(w.t, w.boss, "/api/technicians?q="+x.ID+"@")
		w.ids["technician:"+x.ID] = key
		var customers []string
		for _, name := range x.Customers {
			customers = append(customers, w.id("customer:"+name))
		}
		w.boss.must(http.MethodPatch, "/api/technicians/"+key, text(map[string]any{"customer_ids": customers}))
	}
	system := map[string]string{"sys-full": "Full device access (System)", "team-admin": "Team administrator (System)"}
	for _, x := range c.Setup.Roles {
		switch name := system[x.ID]; {
		case name != "":
			w.ids["role:"+x.ID] = find(w.t, w.boss, "/api/roles?q="+strings.ReplaceAll(name, " ", "+"))
		case !x.System:
			w.ids["role:"+x.ID] = w.boss.make("/api/roles", text(map[string]any{"name": x.ID, "purpose": x.Purpose, "permissions": workedPermissions(x.Purpose, x.Permissions)}))
		}
	}
	for _, g := range c.Setup.Grants {
		w.boss.make("/api/grants", w.grant(g))
	}
}

func (w *workedWorld) id(name string) string {
	w.t.Helper()
	key, ok := w.ids[name]
	if !ok {
		w.t.Fatalf("there is no %s", name)
	}
	return key
}

func (w *workedWorld) grant(g workedGrant) string {
	scope := map[string]any{"type": "organization"}
	if kind, _, _ := strings.Cut(g.On, ":"); kind != "section" {
		scope = map[string]any{"type": map[string]string{"device": "device", "group": "device_group", "customer": "customer"}[kind], "id": w.id(g.On)}
	}
	return text(map[string]any{"subject": map[string]any{"type": "technician", "id": w.id(g.To)}, "role_id": w.id("role:" + g.Role), "scope": scope})
}

// workedPermissions are those of a case by the names of the catalogue.
func workedPermissions(purpose string, names []string) (out []string) {
	for _, name := range names {
		name = strings.NewReplacer("screen_view", "screen.view", "screen_preview", "preview", "screen_control", "screen.control", "terminal_mode", "terminal", "wipe", "lock").Replace(name)
		out = append(out, strings.TrimSuffix(purpose, "s")+"."+name)
	}
	return out
}
