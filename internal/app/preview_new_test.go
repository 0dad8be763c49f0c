package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/store"
)

// tryOut tries a change out, and returns who is affected, by name, and how much of it was tried.
func tryOut(c caller, method, path, body string) (got struct {
	People, Tried, Of int
	Items             []struct {
		ID, Name    string
		New, Coming bool
		Differences []struct {
			Gained, Lost       []string
			Devices, Customers int
		}
	}
},
) {
	c.t.Helper()
	trial := map[string]any{"method": method, "path": path}
	if body != "" {
		trial["body"] = json.RawMessage(body)
	}
	b, err := json.Marshal(trial)
	if err != nil {
		c.t.Fatal(err)
	}
	w := c.do(http.MethodPost, "/api/access/preview", string(b))
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		c.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return got
}

// Who does not exist yet is shown with what they will have, and nobody is made by looking.
func TestAPreviewOfSomebodyNewSaysWhatTheyGet(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
		n := boss.make("/api/customers", `{"name":"Northwind"}`)
		boss.make("/api/devices", fmt.Sprintf(`{"name":"srv","customer_id":%q}`, n))
		tom := colleague(boss, perm.Technician, "tom@harbor.example.com")
		before := len(items(boss, "/api/technicians?limit=200"))
		body := fmt.Sprintf(`{"given_name":"Nora","email":"nora@harbor.example.com","platform_role":"technician","customer_ids":[%q]`, n)
		coming := tryOut(boss, http.MethodPost, "/api/technicians", body+`}`)
		if len(coming.Items) != 1 || coming.Items[0].Name != "Nora" || !coming.Items[0].New || !coming.Items[0].Coming {
			t.Fatalf("somebody invited: %+v", coming)
		}
		here := tryOut(boss, http.MethodPost, "/api/technicians", fmt.Sprintf(`%s,"password":%q}`, body, password))
		if len(here.Items) != 1 || here.Items[0].Coming || fmt.Sprint(here.Items[0].Differences) != fmt.Sprint(coming.Items[0].Differences) {
			t.Errorf("somebody with a password: %+v", here)
		}
		own := boss.make("/api/platform-roles", `{"name":"Dispatch","based_on":"technician","permissions":["customer.view","ticket.view"],"customers":"assigned"}`)
		dispatch := tryOut(boss, http.MethodPost, "/api/technicians", fmt.Sprintf(`%s,"platform_role_id":%q}`, body, own))
		if len(dispatch.Items) != 1 || !dispatch.Items[0].Coming {
			t.Fatalf("somebody invited with a platform role of the organization: %+v", dispatch)
		}
		for _, d := range dispatch.Items[0].Differences {
			if slices.ContainsFunc(d.Gained, func(p string) bool { return p != "customer.view" && p != "ticket.view" }) {
				t.Errorf("more than a platform role of the organization gives: %v", d.Gained)
			}
		}
		team := tryOut(boss, http.MethodPost, "/api/teams", fmt.Sprintf(`{"name":"Night","member_ids":[%q],"customer_ids":[%q]}`, tom.id(), n))
		if len(team.Items) != 1 || team.Items[0].ID != tom.id() || team.Items[0].New || len(team.Items[0].Differences) == 0 {
			t.Errorf("a team: %+v", team)
		}
		if now := len(items(boss, "/api/technicians?limit=200")); now != before || len(items(boss, "/api/teams")) != 0 {
			t.Error("a preview made somebody")
		}
		// Then it happens.
		held := func(id string) []string {
			var out []string
			for _, i := range items(boss, fmt.Sprintf("/api/access/permissions?technician_id=%s&resource_type=customer&resource_id=%s", id, n)) {
				if one, _ := i.(map[string]any); one["outcome"] != "deny" && !strings.HasPrefix(fmt.Sprint(one["permission"]), "device.") {
					out = append(out, fmt.Sprint(one["permission"]))
				}
			}
			slices.Sort(out)
			return out
		}
		nora := boss.make("/api/technicians", fmt.Sprintf(`%s,"password":%q}`, body, password))
		var gained []string
		for _, d := range here.Items[0].Differences {
			if d.Customers > 0 {
				for _, p := range d.Gained {
					if !strings.HasPrefix(p, "device.") {
						gained = append(gained, p)
					}
				}
			}
		}
		slices.Sort(gained)
		if want := held(nora); !slices.Equal(gained, want) || len(want) == 0 {
			t.Errorf("the preview says %v, they have %v", gained, want)
		}
		var refused struct{ Code string }
		w := tom.do(http.MethodPost, "/api/access/preview", `{"method":"POST","path":"/api/teams","body":{"name":"x"}}`)
		if _ = json.Unmarshal(w.Body.Bytes(), &refused); refused.Code != "explain.preview_others" {
			t.Errorf("a technician: %d %s", w.Code, w.Body)
		}
	})
}

// A file is tried out row by row: who is new, who changes, and those that are refused stop nobody. Work on more people than one transaction takes is exact.
func TestAPreviewOfAnImportAndOfManySaysWhatTheTaskDoes(t *testing.T) {
	var storage config.Storage
	s := run(t, func(c *config.Serve) { storage = c.Storage })
	boss := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	boss.t = t
	boss.make("/api/customers", `{"name":"Northwind"}`)
	colleague(boss, perm.Technician, "tom@harbor.example.com")
	var file strings.Builder
	file.WriteString("name,email,role,customers\nTom Here,tom@harbor.example.com,technician,Northwind\nBad Row,bad@harbor.example.com,technician,Nowhere\n")
	for i := range 620 {
		fmt.Fprintf(&file, "Person %03d,p%03d@harbor.example.com,technician,Northwind\n", i, i)
	}
	id := boss.make("/api/technicians/import?file_name=people.csv", file.String())
	apply := "/api/imports/" + id + "/apply"
	var early struct{ Code string }
	w := boss.do(http.MethodPost, "/api/access/preview", fmt.Sprintf(`{"method":"POST","path":%q}`, apply))
	if _ = json.Unmarshal(w.Body.Bytes(), &early); early.Code != "csvimport.unchecked" {
		t.Errorf("before it was checked: %d %s", w.Code, w.Body)
	}
	boss.imported(id, "/check")
	got := tryOut(boss, http.MethodPost, apply, "")
	if got.People != 621 || len(got.Items) != 500 || got.Of != 0 || got.Items[1].Name != "Person 000" || !got.Items[1].Coming || got.Items[0].New {
		t.Fatalf("%d people, %d shown, %d of %d, first %+v", got.People, len(got.Items), got.Tried, got.Of, got.Items[:2])
	}
	if now := len(items(boss, "/api/technicians?limit=200")); now != 2 {
		t.Fatalf("the preview made people: %d", now)
	}
	boss.imported(id, "/apply")
	s.stop()
	db, err := store.Open(t.Context(), store.Options{Dir: storage.Data})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update technician set state = 'activated'`)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s = run(t, func(c *config.Serve) { c.Storage = storage })
	token, err := s.app.TokenFor(t.Context(), boss.email)
	if err != nil {
		t.Fatal(err)
	}
	boss = caller{t, s.app, token, boss.email}
	order := fmt.Sprintf(`{"action":"assign_customers","filter":{"role":"technician"},"customer_ids":[%q]}`, boss.make("/api/customers", `{"name":"Mill"}`))
	if many := tryOut(boss, http.MethodPost, "/api/technicians/bulk", order); many.People != 621 || many.Of != 0 {
		t.Errorf("many: %d people, %d of %d", many.People, many.Tried, many.Of)
	}
}

// imported takes a step of an import and waits for its end.
func (c caller) imported(id, step string) {
	c.t.Helper()
	c.must(http.MethodPost, "/api/imports/"+id+step, "")
	for range 6000 {
		switch state := fmt.Sprint(c.must(http.MethodGet, "/api/imports/"+id, "")["state"]); state {
		case "checked", "applied":
			return
		case "checking", "applying":
			time.Sleep(10 * time.Millisecond)
		default:
			c.t.Fatalf("the import is %s", state)
		}
	}
	c.t.Fatal("the import goes on")
}
