package duo

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the settings.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: method, Path: "/api/settings/duo" + path, Summary: summary, Needs: perm.AdminSettings, Fresh: method != "GET"}
	}
	httpapi.Handle(api, route("get-duo-settings", "GET", "", "Get the organization's applications at Duo"), s.getSettings)
	httpapi.Handle(api, route("set-duo-settings", "PUT", "", "Set the organization's applications at Duo"), s.putSettings)
	httpapi.Handle(api, route("delete-duo-settings", "DELETE", "", "Forget the organization's applications at Duo"),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.Remove(ctx) })
	httpapi.Handle(api, route("test-duo-settings", "POST", "/test", "Try the keys of the organization's applications at Duo"), s.postTest)
}

type settingsFields struct {
	Host      string  `json:"api_host" minLength:"1" maxLength:"200" doc:"API hostname of the applications"`
	AuthIkey  string  `json:"auth_ikey,omitempty" maxLength:"50" doc:"integration key of the Auth API; without it and with an Admin API, pushes go by that alone"`
	AuthSkey  *string `json:"auth_skey,omitempty" maxLength:"100" doc:"secret key of the Auth API; absent keeps the old one"`
	AdminIkey string  `json:"admin_ikey,omitempty" maxLength:"50" doc:"integration key of the Admin API; without it pushes have no digits"`
	AdminSkey *string `json:"admin_skey,omitempty" maxLength:"100" doc:"secret key of the Admin API; absent keeps the old one"`
}

type settingsBody struct {
	Host      string    `json:"api_host"`
	AuthIkey  string    `json:"auth_ikey"`
	AuthSet   bool      `json:"auth_skey_set"`
	AdminIkey string    `json:"admin_ikey"`
	AdminSet  bool      `json:"admin_skey_set"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Version   int64     `json:"version"`
}

func output(set Settings, err error) (*httpapi.One[settingsBody], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(set.Version), Body: settingsBody{
		set.Host, set.AuthIkey, set.AuthSet, set.AdminIkey, set.AdminSet, set.CreatedAt, set.UpdatedAt, set.Version,
	}}, nil
}

func (s *Service) getSettings(ctx context.Context, _ *struct{}) (*httpapi.One[settingsBody], error) {
	return output(s.Settings(ctx))
}

type putSettingsInput struct {
	IfMatch string `header:"If-Match"`
	Body    settingsFields
}

func (s *Service) putSettings(ctx context.Context, in *putSettingsInput) (*httpapi.One[settingsBody], error) {
	b := in.Body
	return output(s.Set(ctx, Settings{Host: b.Host, AuthIkey: b.AuthIkey, AdminIkey: b.AdminIkey}, Secrets{b.AuthSkey, b.AdminSkey},
		func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) }))
}

type checkBody struct {
	Set    bool   `json:"set" doc:"whether there are keys to try"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason" doc:"what Duo says against them, or that it cannot be reached"`
}

type testBody struct {
	Auth  checkBody `json:"auth"`
	Admin checkBody `json:"admin"`
	Skew  int64     `json:"clock_skew_seconds" doc:"by which this server's clock is ahead of Duo's; beyond some minutes Duo refuses every request"`
}

func (s *Service) postTest(ctx context.Context, _ *struct{}) (*httpapi.One[testBody], error) {
	t, err := s.Test(ctx)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[testBody]{Body: testBody{checkBody(t.Auth), checkBody(t.Admin), int64(t.Skew / time.Second)}}, nil
}
