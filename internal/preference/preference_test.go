package preference_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/preference"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestPreferencesAreOnesOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		o.Assign("ana")
		o.Assign("bob")
		p := preference.New(db, o.Guard)
		s := o.Serve(map[string]access.Actor{"ana": o.Actor("ana", perm.ReadOnly), "bob": o.Actor("bob", perm.Administrator)}, p.Routes)
		same := "Sec-Fetch-Site: same-origin"
		for _, value := range []string{`{"columns":["name"]}`, `[1,2]`, `"x"`, `true`, `null`} {
			if status, got, _ := s.Do("ana", http.MethodPut, "/api/me/preferences/list.contacts.columns", value, same); status != http.StatusNoContent {
				t.Errorf("%s: %d %v", value, status, got)
			}
		}
		if _, err := p.All(o.As("ana", perm.ReadOnly)); err != nil {
			t.Fatal(err)
		}
		if _, got, _ := s.Do("ana", http.MethodGet, "/api/me/preferences", ""); len(got) != 1 || got["list.contacts.columns"] != nil {
			t.Errorf("ana has %v", got)
		}
		if _, got, _ := s.Do("bob", http.MethodGet, "/api/me/preferences", ""); len(got) != 0 {
			t.Errorf("bob sees %v", got)
		}
		for path, want := range map[string]int{"UPPER": 422, "a..b": 422, "a%2fb": 422, strings.Repeat("x", 101): 422, "fine-1.x_y": 204} {
			if status, got, _ := s.Do("ana", http.MethodPut, "/api/me/preferences/"+path, `1`, same); status != want {
				t.Errorf("%s: %d %v, want %d", path, status, got, want)
			}
		}
		if status, _, _ := s.Do("ana", http.MethodPut, "/api/me/preferences/big", `"`+strings.Repeat("x", 17_000)+`"`, same); status != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d", status)
		}
		for range 2 {
			if status, _, _ := s.Do("ana", http.MethodDelete, "/api/me/preferences/fine-1.x_y", "", same); status != http.StatusNoContent {
				t.Errorf("delete: %d", status)
			}
		}
		for i := range 210 {
			err := p.Set(o.As("ana", perm.ReadOnly), fmt.Sprintf("key%d", i), json.RawMessage(`1`))
			if want := i >= 199; (fault.CodeOf(err) == "preference.too_many") != want {
				t.Fatalf("key %d: %v", i, err)
			}
		}
	})
}
