package organization_test

import (
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestShortNamesAreUnique(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := organizationtest.New(t, db, "Blue Harbor IT, Inc.")
		for _, want := range []string{"blue-harbor-it-inc-2", "blue-harbor-it-inc-3"} {
			if o := w.Beside("Blue  Harbor IT (Inc)").Org; o.Slug != want {
				t.Errorf("got %s, want %s", o.Slug, want)
			}
		}
		for name, want := range map[string]string{"株式会社": "organization", "Élan": "elan", "a-----b": "a-b"} {
			if o := w.Beside(name).Org; o.Slug != want {
				t.Errorf("%s: got %s, want %s", name, o.Slug, want)
			}
		}
		if o := w.Org; o.Region != "US" || o.Locale != "en" || o.TimeZone != "UTC" || len(o.AllowedCountries) != 1 || o.AllowedCountries[0] != "US" {
			t.Errorf("defaults: %+v", o.Settings)
		}
		if all, err := organization.All(t.Context(), db.Read()); err != nil || len(all) != 6 || all[0].ID != w.Org.ID {
			t.Errorf("%d organizations, %v", len(all), err)
		}
		if o, err := organization.BySlug(t.Context(), db.Read(), "elan"); err != nil || o.Name != "Élan" {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := organizationtest.New(t, db, "Blue Harbor IT")
		service := organization.New(db, w.Guard, w.Audit, w.Events)
		s := w.Serve(map[string]access.Actor{
			"admin": w.Actor("admin", perm.Administrator), "tech": w.Actor("tech", perm.Technician),
		}, service.Routes)
		const path = "/api/settings/organization"
		for _, step := range []struct {
			actor, method, body, match string
			want                       int
		}{
			{"", "GET", "", "", 401},
			{"tech", "GET", "", "", 200},
			{"tech", "PATCH", `{"name": "Mine"}`, "", 403},
			{"admin", "PATCH", `{"name": "Green Harbor", "region": "FR", "time_zone": "Europe/Paris", "locale": "fr"}`, `If-Match: "1"`, 200},
			{"admin", "PATCH", `{"name": "Stale"}`, `If-Match: "1"`, 412},
			{"admin", "PATCH", `{"allowed_countries": ["fr", "BE", "FR"]}`, "", 200},
			{"admin", "PATCH", `{"allowed_countries": ["fr", "BE"]}`, "", 200},
			{"admin", "PATCH", `{"allowed_countries": ["XX"]}`, "", 422},
			{"admin", "PATCH", `{"region": "UK"}`, "", 422},
			{"admin", "PATCH", `{"time_zone": "Mars/Base"}`, "", 422},
			{"admin", "PATCH", `{"locale": "xx"}`, "", 422},
			{"admin", "PATCH", `{"name": " "}`, "", 422},
			{"admin", "PATCH", `{"name": null}`, "", 422},
			{"admin", "PATCH", `{"slug": "mine"}`, "", 422},
			{"admin", "PATCH", `{"demo": true}`, "", 422},
		} {
			if status, answer, _ := s.Do(step.actor, step.method, path, step.body, step.match); status != step.want {
				t.Errorf("%s %s %s: %d %v, want %d", step.actor, step.method, step.body, status, answer, step.want)
			}
		}
		o, err := service.Current(w.Admin())
		if err != nil || o.Version != 3 || o.Name != "Green Harbor" || len(o.AllowedCountries) != 2 {
			t.Errorf("%+v, %v", o, err)
		}
		if n := w.Audited("organization.update", audit.Success); n != 2 {
			t.Errorf("%d changes recorded", n)
		}
	})
}
