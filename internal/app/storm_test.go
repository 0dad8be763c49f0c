package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
)

// However much is written at the same time, what is listed to somebody, what opens when they ask for it and what another program is told of them are one
// answer: that of the last change whose answer came back.
func TestAttackDecisionAndListInAWriteStorm(t *testing.T) {
	each(t, func(t *testing.T, a *app.App) {
		boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
		role := boss.make("/api/roles", `{"name":"Operator","purpose":"devices","permissions":["device.view","device.files"]}`)
		over := make(chan struct{})
		var storm, people sync.WaitGroup
		noise := another(boss)
		storm.Go(func() { churn(noise, role, over) })
		for i := range 6 {
			c := boss.make("/api/customers", fmt.Sprintf(`{"name":"Customer %d"}`, i))
			group := boss.make("/api/device-groups", fmt.Sprintf(`{"name":"Servers","customer_id":%q}`, c))
			s := sighted{writer: another(boss), who: colleague(boss, perm.Technician, fmt.Sprintf("tech%d@harbor.example.com", i))}
			id := s.who.id()
			etag := boss.do(http.MethodGet, "/api/technicians/"+id, "").Header().Get("ETag")
			if w := boss.do(http.MethodPatch, "/api/technicians/"+id, fmt.Sprintf(`{"customer_ids":[%q]}`, c), "If-Match: "+etag); w.Code != http.StatusOK {
				t.Fatal(w.Code, w.Body)
			}
			for k := range 3 {
				s.devices = append(s.devices, boss.make("/api/devices", fmt.Sprintf(`{"name":"srv%d","platform":"linux","group_id":%q}`, k, group)))
			}
			s.always = boss.make("/api/devices", fmt.Sprintf(`{"name":"pc","platform":"linux","customer_id":%q}`, c)) // who sees no device at all may not even ask
			boss.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"device","id":%q}}`, id, role, s.always))
			grant := fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"device_group","id":%q}}`, id, role, group)
			people.Go(func() {
				for range 12 {
					given := s.writer.make("/api/grants", grant)
					s.sees(true)
					if w := s.writer.do(http.MethodDelete, "/api/grants/"+given, ""); w.Code != http.StatusNoContent {
						t.Errorf("%d %s", w.Code, w.Body)
					}
					s.sees(false)
				}
			})
		}
		people.Wait()
		close(over)
		storm.Wait()
	})
}

// another is the same person with a token of its own: one alone may not ask so much so fast.
func another(c caller) caller {
	c.t.Helper()
	token, err := c.app.TokenFor(c.t.Context(), c.email)
	if err != nil {
		c.t.Fatal(err)
	}
	return caller{c.t, c.app, token, c.email}
}

// churn changes things that everybody's rights hang on, without changing what anybody holds.
func churn(c caller, role string, over <-chan struct{}) {
	for i := range 250 { // two requests each, below the limit of a token
		select {
		case <-over:
			return
		default:
		}
		etag := c.do(http.MethodGet, "/api/roles/"+role, "").Header().Get("ETag")
		permissions := [2]string{`["device.view","device.files"]`, `["device.view","device.files","device.reboot"]`}[i%2]
		if w := c.do(http.MethodPatch, "/api/roles/"+role, `{"permissions":`+permissions+`}`, "If-Match: "+etag); w.Code != http.StatusOK {
			c.t.Errorf("%d %s", w.Code, w.Body)
			return
		}
	}
}

// sighted is a technician who is given some devices, and who gives them.
type sighted struct {
	writer, who caller
	always      string
	devices     []string
}

// sees settles that all of the devices are there, or none, by whatever way one asks.
func (s sighted) sees(all bool) {
	t, want, code := s.who.t, []string{s.always}, http.StatusNotFound
	if all {
		want, code = slices.Sorted(slices.Values(append(want, s.devices...))), http.StatusOK
	}
	var page struct{ Items []struct{ ID string } }
	w := s.who.do(http.MethodGet, "/api/devices?limit=50", "")
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var listed []string
	for _, d := range page.Items {
		listed = append(listed, d.ID)
	}
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("listed are %v, want %v", listed, want)
	}
	for _, d := range s.devices {
		if w := s.who.do(http.MethodGet, "/api/devices/"+d, ""); w.Code != code {
			t.Errorf("asked for: %d %s, want %d", w.Code, w.Body, code)
		}
	}
	var told struct{ Decision *bool }
	w = s.writer.do(http.MethodPost, "/access/v1/evaluation",
		fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"action":{"name":"device.files"},"resource":{"type":"device","id":%q}}`, s.who.email, s.devices[0]))
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || told.Decision == nil || *told.Decision != all {
		t.Errorf("another program is told %s, want %v", w.Body, all)
	}
}
