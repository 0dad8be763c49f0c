package organization

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the settings of the organization.
func (s *Service) Routes(api *httpapi.API) {
	const path = "/api/settings/organization"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-organization", Method: "GET", Path: path, Summary: "Read the organization's settings", Needs: perm.SignedIn,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-organization", Method: "PATCH", Path: path, Summary: "Change the organization's settings", Needs: perm.AdminSettings,
	}, s.patch)
}

// settingsBody is what may be changed.
type settingsBody struct {
	Name             string   `json:"name" minLength:"1" maxLength:"200"`
	Region           string   `json:"region" minLength:"2" maxLength:"2" doc:"ISO 3166; the default country of phone numbers"`
	TimeZone         string   `json:"time_zone" minLength:"1" maxLength:"64" doc:"IANA"`
	Locale           string   `json:"locale" minLength:"2" maxLength:"35" doc:"BCP 47"`
	AllowedCountries []string `json:"allowed_countries,omitempty" maxItems:"250" doc:"ISO 3166; where messages and calls may go"`
}

// organizationBody is the organization on the wire.
type organizationBody struct {
	ID               string    `json:"id"`
	Slug             string    `json:"slug" doc:"names the organization at sign-in"`
	Name             string    `json:"name"`
	Region           string    `json:"region"`
	TimeZone         string    `json:"time_zone"`
	Locale           string    `json:"locale"`
	AllowedCountries []string  `json:"allowed_countries"`
	Demo             bool      `json:"demo"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
	Version          int64     `json:"version"`
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[organizationBody], error) {
	o, err := s.Current(ctx)
	return one(o), err
}

func (s *Service) patch(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[settingsBody]
},
) (*httpapi.One[organizationBody], error) {
	o, err := s.Update(ctx, func(o Organization) (Settings, error) {
		if err := httpapi.IfMatch(in.IfMatch, o.Version); err != nil {
			return o.Settings, err
		}
		b, err := httpapi.Merge(settingsBody(o.Settings), in.Body.RawMessage)
		return Settings(b), err
	})
	return one(o), err
}

func one(o Organization) *httpapi.One[organizationBody] {
	return &httpapi.One[organizationBody]{ETag: httpapi.ETag(o.Version), Body: organizationBody{
		ID: o.ID, Slug: o.Slug, Name: o.Name, Region: o.Region, TimeZone: o.TimeZone, Locale: o.Locale,
		AllowedCountries: o.AllowedCountries, Demo: o.Demo, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, Version: o.Version,
	}}
}
