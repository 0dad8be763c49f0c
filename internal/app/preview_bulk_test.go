package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Work on many technicians is tried out as one change, and the task then does what the preview said: those whom it may not change stay as they are.
func TestAPreviewOfWorkOnManySaysWhatTheTaskDoes(t *testing.T) {
	s := run(t)
	boss := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	boss.t = t
	n, m := boss.make("/api/customers", `{"name":"Northwind"}`), boss.make("/api/customers", `{"name":"Mill"}`)
	boss.make("/api/devices", fmt.Sprintf(`{"name":"srv","customer_id":%q}`, n))
	people := make([]string, 2)
	for i, name := range []string{"tom", "una"} {
		people[i] = colleague(boss, perm.Technician, name+"@harbor.example.com").id()
		boss.must(http.MethodPatch, "/api/technicians/"+people[i], fmt.Sprintf(`{"customer_ids":[%q,%q]}`, n, m))
	}
	tom, una := people[0], people[1]
	team := boss.make("/api/teams", fmt.Sprintf(`{"name":"Night shift","member_ids":[%q]}`, tom))
	boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"team","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q}}`, team,
		find(t, boss, "/api/roles?q=device+connection+only"), n))
	for _, c := range []struct{ name, body string }{
		{"a team", fmt.Sprintf(`{"action":"add_to_team","ids":[%q,%q],"team_id":%q}`, una, tom, team)},
		{"customers", fmt.Sprintf(`{"action":"remove_customers","ids":[%q,%q],"customer_ids":[%q]}`, tom, una, m)},
		{"the end, and never one's own", fmt.Sprintf(`{"action":"suspend","ids":[%q,%q]}`, boss.id(), una)},
		{"the beginning", fmt.Sprintf(`{"action":"reactivate","ids":[%q]}`, una)},
		{"another role", fmt.Sprintf(`{"action":"assign_role","ids":[%q,%q],"role":"read_only"}`, tom, una)},
	} {
		before, audited := held(boss, boss.id(), tom, una), len(items(boss, "/api/audit?limit=200"))
		p := preview(boss, http.MethodPost, "/api/technicians/bulk", c.body, nil)
		if now := len(items(boss, "/api/audit?limit=200")); now != audited || !maps.Equal(before, held(boss, boss.id(), tom, una)) || len(items(boss, "/api/tasks?state=open")) > 0 {
			t.Errorf("%s: the preview changed something", c.name)
		}
		boss.ended(boss.do(http.MethodPost, "/api/technicians/bulk", c.body).Body.Bytes())
		if want := changes(before, held(boss, boss.id(), tom, una)); !slices.Equal(p, want) || len(want) == 0 {
			t.Errorf("%s: the preview says\n%s\nthere happened\n%s", c.name, strings.Join(p, "\n"), strings.Join(want, "\n"))
		}
	}
}

// ended waits for the end of a task, however it ends.
func (c caller) ended(started []byte) {
	c.t.Helper()
	for range 6000 {
		var o struct{ ID, State string }
		if err := json.Unmarshal(started, &o); err != nil || o.ID == "" {
			c.t.Fatalf("%s, %v", started, err)
		}
		if o.State != "queued" && o.State != "running" {
			return
		}
		time.Sleep(10 * time.Millisecond)
		started = c.do(http.MethodGet, "/api/tasks/"+o.ID, "").Body.Bytes()
	}
	c.t.Fatalf("the task goes on: %s", started)
}
