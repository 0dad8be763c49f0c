package team_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/team"
)

func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lead, bo, other := w.add("lead", perm.Manager), w.add("bo", perm.Technician), w.add("other", perm.ReadOnly)
		s := w.Serve(map[string]access.Actor{
			"admin": w.Actor("admin", perm.Administrator), "lead": w.Actor(lead.ID, perm.Manager), "bo": w.Actor(bo.ID, perm.Technician),
			"other": w.Actor(other.ID, perm.ReadOnly),
		}, w.Routes)
		status, got, header := s.Do("admin", "POST", "/api/teams", fmt.Sprintf(
			`{"name":"Desk","description":"First line","lead_ids":[%q],"member_ids":[%q],"customer_ids":[%q]}`, lead.ID, bo.ID, w.customers[0]))
		path := fmt.Sprint("/api/teams/", got["id"])
		if status != 201 || header.Get("Location") != path || header.Get("ETag") != `"1"` {
			t.Fatalf("%d %v", status, got)
		}
		want := fmt.Sprintf("Desk|First line|[%s]|[%s]|[%s]|2|1", lead.ID, bo.ID, w.customers[0])
		if have := fmt.Sprintf("%v|%v|%v|%v|%v|%v|%v", got["name"], got["description"], got["lead_ids"], got["member_ids"], got["customer_ids"],
			got["member_count"], got["customer_count"]); have != want {
			t.Errorf("got %s, want %s", have, want)
		}
		add := fmt.Sprintf(`{"member_ids":[%q,%q]}`, bo.ID, other.ID)
		for _, step := range []struct {
			actor, method, path, body, match string
			want                             int
		}{
			{"", "GET", "/api/teams", "", "", 401},
			{"", "GET", path, "", "", 401},
			{"bo", "GET", path, "", "", 200},
			{"other", "GET", path, "", "", 404},
			{"other", "PATCH", path, "{", "", 404},
			{"bo", "PATCH", path, add, "", 403},
			{"bo", "DELETE", path, "", "", 403},
			{"lead", "DELETE", path, "", "", 403},
			{"lead", "POST", "/api/teams", "{", "", 403},
			{"lead", "PATCH", path, `{"name":"Mine"}`, "", 403},
			{"lead", "PATCH", path, add, `If-Match: "1"`, 200},
			{"lead", "PATCH", path, add, `If-Match: "1"`, 412},
			{"other", "GET", path, "", "", 200},
			{"other", "GET", path + "/people", "", "", 200},
			{"other", "GET", path + "/people?everyone=true", "", "", 403},
			{"lead", "GET", path + "/people?everyone=true&q=bo", "", "", 200},
			{"admin", "PATCH", path, `{"owner":"x"}`, "", 422},
			{"admin", "PATCH", path, `{"org_id":"x"}`, "", 422},
			{"admin", "PATCH", path, `{"name":""}`, "", 422},
			{"admin", "PATCH", path, `{"member_ids":null,"description":null}`, "", 200},
			{"admin", "POST", "/api/teams", `{"name":"desk"}`, "", 409},
			{"admin", "POST", "/api/teams", `{}`, "", 422},
			{"admin", "PUT", path, `{"name":"Desk"}`, "", 200},
			{"lead", "GET", path, "", "", 404},
			{"admin", "GET", "/api/teams?sort=-created_at&q=desk&technician_id=x&customer_id=y", "", "", 200},
			{"admin", "GET", "/api/teams?sort=size", "", "", 422},
			{"admin", "DELETE", path, "", `If-Match: "1"`, 412},
			{"admin", "DELETE", path, "", "", 204},
			{"admin", "GET", path, "", "", 404},
		} {
			if status, answer, _ := s.Do(step.actor, step.method, step.path, step.body, step.match); status != step.want {
				t.Errorf("%s %s %s %s: %d %v, want %d", step.actor, step.method, step.path, step.body, status, answer, step.want)
			}
		}
	})
}

func TestAttack40MassAssignmentToTeams(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		desk := w.make(team.Fields{Name: "Desk"})
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		for _, field := range []string{`"org_id":"x"`, `"id":"x"`, `"version":9`, `"member_count":9`, `"owner":true`, `"Lead_IDs":[]`, `"permissions":["admin.audit"]`, `"__proto__":{}`} {
			for _, r := range []struct{ method, path string }{{"POST", "/api/teams"}, {"PATCH", "/api/teams/" + desk.ID}, {"PUT", "/api/teams/" + desk.ID}} {
				status, problem, _ := s.Do("admin", r.method, r.path, `{"name":"Other",`+field+`}`)
				if status != 422 || problem["errors"] == nil {
					t.Errorf("%s with %s: %d %v", r.method, field, status, problem)
				}
			}
		}
		if got, err := w.Find(w.Admin(), desk.ID); err != nil || got.Version != 1 || got.Name != "Desk" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestAttack43TeamsOfANeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		desk := w.make(team.Fields{Name: "Secret desk", CustomerIDs: w.customers})
		other := w.Beside("Neighbour")
		s := w.Serve(map[string]access.Actor{"neighbour": other.Actor("n", perm.Administrator)}, w.Routes)
		for _, r := range []struct{ method, path, body string }{
			{"GET", "", ""},
			{"GET", "/people", ""},
			{"PATCH", "", `{"name":"Mine"}`},
			{"PUT", "", `{"name":"Mine"}`},
			{"DELETE", "", ""},
		} {
			if status, answer, _ := s.Do("neighbour", r.method, "/api/teams/"+desk.ID+r.path, r.body); status != 404 || strings.Contains(fmt.Sprint(answer), "Secret") {
				t.Errorf("%s %s: %d %v", r.method, r.path, status, answer)
			}
		}
		if status, answer, _ := s.Do("neighbour", "GET", "/api/teams", ""); status != 200 || strings.Contains(fmt.Sprint(answer), "Secret") {
			t.Errorf("the list: %d %v", status, answer)
		}
		if status, answer, _ := s.Do("neighbour", "POST", "/api/teams", fmt.Sprintf(`{"name":"A","customer_ids":[%q]}`, w.customers[0])); status != 422 {
			t.Errorf("with a neighbour's customer: %d %v", status, answer)
		}
	})
}
