package technician_test

import (
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
)

func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{
			"admin": w.Actor("admin", perm.Administrator), "manager": w.Actor("manager", perm.Manager),
		}, w.Routes)
		status, got, header := s.Do("admin", "POST", "/api/technicians", `{
			"given_name": "Bo", "family_name": "Ek", "email": "Bo@Example.com", "phone": "(212) 555-0144", "job_title": "Bench",
			"usernames": ["ad:bo"], "platform_role": "manager", "status": "active", "team_ids": [], "customer_ids": [], "password": "temporary"}`)
		path := fmt.Sprint("/api/technicians/", got["id"])
		if status != 201 || header.Get("Location") != path || header.Get("ETag") != `"1"` {
			t.Fatalf("%d %v", status, got)
		}
		want := "Bo Ek|Bo@example.com|+12125550144|manager|false|active|activated|auto|[]|[]|<nil>"
		if have := fmt.Sprintf("%v|%v|%v|%v|%v|%v|%v|%v|%v|%v|%v", got["name"], got["email"], got["phone"], got["platform_role"], got["owner"],
			got["status"], got["state"], got["theme"], got["team_ids"], got["customer_ids"], got["last_active_at"]); have != want {
			t.Errorf("got %s, want %s", have, want)
		}
		for _, step := range []struct {
			actor, method, path, body, match string
			want                             int
		}{
			{"", "GET", path, "", "", 401},
			{"manager", "GET", path, "", "", 403},
			{"manager", "PATCH", path, "{", "", 403},
			{"admin", "POST", "/api/technicians", `{"given_name": "Bo", "email": "BO@example.com"}`, "", 409},
			{"admin", "POST", "/api/technicians", `{"given_name": "Bo"}`, "", 422},
			{"admin", "PATCH", path, `{"job_title": "Lead"}`, `If-Match: "1"`, 200},
			{"admin", "PATCH", path, `{"job_title": "Lead"}`, `If-Match: "1"`, 412},
			{"admin", "PATCH", path, `{}`, `If-Match: "2"`, 200},
			{"admin", "PATCH", path, `{"email": null}`, "", 422},
			{"admin", "POST", path + "/suspend", "{}", "", 200},
			{"admin", "PATCH", path, `{"status": null}`, "", 200},
			{"admin", "PUT", path, `{"given_name": "Bo", "email": "bo@example.com"}`, "", 200},
		} {
			if status, answer, _ := s.Do(step.actor, step.method, step.path, step.body, step.match); status != step.want {
				t.Errorf("%s %s %s %s: %d %v, want %d", step.actor, step.method, step.path, step.body, status, answer, step.want)
			}
		}
		// Neither leaving the status out nor setting it to null lets somebody in again.
		if _, got, _ := s.Do("admin", "GET", path, ""); got["status"] != "suspended" || got["platform_role"] != "manager" || got["job_title"] != "" {
			t.Errorf("%v", got)
		}
		for _, step := range []struct {
			method, path, body string
			want               int
		}{
			{"POST", path + "/reactivate", "", 200},
			{"POST", path + "/suspend", `{"reason": "lost laptop"}`, 200},
			{"DELETE", path, "", 409},
			{"PATCH", path, `{"status": "inactive"}`, 200},
			{"GET", "/api/technicians?status=inactive&role=manager&sort=-email", "", 200},
			{"GET", "/api/technicians?status=gone", "", 422},
			{"DELETE", path, "", 204},
			{"GET", path, "", 404},
		} {
			if status, answer, _ := s.Do("admin", step.method, step.path, step.body); status != step.want {
				t.Errorf("%s %s %s: %d %v, want %d", step.method, step.path, step.body, status, answer, step.want)
			}
		}
	})
}
