package app_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
)

// However an organization is made, it has the roles that come with Countersign from the start.
func TestEveryOrganizationHasTheSystemsRoles(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
		items, _ := boss.must(http.MethodGet, "/api/roles?limit=200", "")["items"].([]any)
		for _, i := range items {
			r, _ := i.(map[string]any)
			name, _ := r["name"].(string)
			if r["system"] != true || !strings.HasSuffix(name, "(System)") {
				t.Errorf("%v", r)
			}
		}
		if len(items) != 9 {
			t.Errorf("%d roles", len(items))
		}
	})
}

// The demo's teams reach the devices of their customers, its service desk without a command line.
func TestTheDemosTechniciansReachTheirDevices(t *testing.T) {
	a := start(t)
	if _, err := a.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func(c caller, path string) int {
		items, _ := c.must(http.MethodGet, path, "")["items"].([]any)
		return len(items)
	}
	as := func(name string) caller {
		email := name + "@harbor-it.example.com"
		token, err := a.TokenFor(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return caller{t, a, token, email}
	}
	luc := as("luc")
	devices, ok := luc.must(http.MethodGet, "/api/devices?limit=200", "")["items"].([]any)
	if !ok || len(devices) == 0 {
		t.Fatal("a technician sees no device")
	}
	id := luc.id()
	if n := count(luc, "/api/grants?inherited=true&technician_id="+id); n < 2 {
		t.Errorf("%d grants reach a technician", n)
	}
	if n := count(as("dana"), "/api/roles?limit=200"); n != 11 {
		t.Errorf("%d roles", n)
	}
	if all := count(as("dana"), "/api/grants?limit=200"); all < 25 {
		t.Errorf("%d grants", all)
	}
}
