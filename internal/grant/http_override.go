package grant

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) overrideRoutes(api *httpapi.API) {
	for _, of := range []struct {
		subject           SubjectType
		path, name, words string
	}{
		{Technician, "/api/technicians/{id}/permissions", "technician", "a technician"},
		{Team, "/api/teams/{id}/permissions", "team", "a team"},
	} {
		object := func(ctx context.Context, id string) (access.Object, error) {
			return s.SubjectObject(ctx, of.subject, id)
		}
		httpapi.Handle(api, httpapi.Route{
			ID: "get-" + of.name + "-permissions", Method: "GET", Path: of.path, Summary: "Read what departs from roles for " + of.words,
			Needs: perm.SignedIn, Object: object,
		}, func(ctx context.Context, in *idInput) (*httpapi.One[overridesBody], error) {
			return overridesAnswer(s.Overrides(ctx, of.subject, in.ID))
		})
		httpapi.Handle(api, httpapi.Route{
			ID: "set-" + of.name + "-permissions", Method: "PUT", Path: of.path, Summary: "Say what departs from roles for " + of.words,
			Needs: perm.AdminTechnicians, Object: object, MaxBody: maxOverridesBody, Rights: true,
		}, func(ctx context.Context, in *setOverridesInput) (*httpapi.One[overridesBody], error) {
			want := httpapi.Each(in.Body.Overrides, overrideInput.override)
			return overridesAnswer(s.SetOverrides(ctx, of.subject, in.ID, want, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) }))
		})
	}
}

// maxOverridesBody has room for as many overrides as one can have.
const maxOverridesBody = 256 << 10

type overrideInput struct {
	Permission perm.Permission `json:"permission" maxLength:"100"`
	Effect     Effect          `json:"effect" enum:"allow,deny" doc:"a deny counts over every allow"`
	Scope      scopeInput      `json:"scope"`
	NotBefore  *time.Time      `json:"not_before,omitempty" nullable:"true" doc:"absent: at once"`
	ExpiresAt  *time.Time      `json:"expires_at,omitempty" nullable:"true" doc:"dead at this time; absent: for ever"`
}

func (b overrideInput) override() Override {
	return Override{Permission: b.Permission, Effect: b.Effect, Scope: Scope{Target: b.Scope.target()}, Times: times(b.NotBefore, b.ExpiresAt)}
}

type setOverridesInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		Overrides []overrideInput `json:"overrides" maxItems:"1000" doc:"all of the technician’s or team’s own"`
	}
}

type overrideBody struct {
	ID         string          `json:"id"`
	Permission perm.Permission `json:"permission"`
	Effect     Effect          `json:"effect" enum:"allow,deny"`
	Scope      scopeBody       `json:"scope"`
	NotBefore  *time.Time      `json:"not_before,omitempty"`
	ExpiresAt  *time.Time      `json:"expires_at,omitempty"`
	ViaTeam    *ThingBody      `json:"via_team,omitempty" doc:"the team that passes it on; absent for one’s own"`
}

type overridesBody struct {
	Overrides []overrideBody `json:"overrides" doc:"of a technician those of their teams too, which are changed at the team"`
	Version   int64          `json:"version" doc:"of those of one’s own"`
}

func overridesAnswer(all Overrides, err error) (*httpapi.One[overridesBody], error) {
	items := httpapi.Each(all.List, func(o Override) overrideBody {
		b := overrideBody{
			ID: o.ID, Permission: o.Permission, Effect: o.Effect, Scope: scopeOf(o.Scope), NotBefore: httpapi.Optional(o.NotBefore),
			ExpiresAt: httpapi.Optional(o.ExpiresAt),
		}
		if o.Via.ID != "" {
			b.ViaTeam = &ThingBody{o.Via.ID, o.Via.Name}
		}
		return b
	})
	return &httpapi.One[overridesBody]{ETag: httpapi.ETag(all.Version), Body: overridesBody{items, all.Version}}, err
}

func (s *Service) defaultRoutes(api *httpapi.API) {
	const whole, one = "/api/settings/default-permissions", "/api/customers/{id}/default-permissions"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-default-permissions", Method: "GET", Path: whole, Summary: "Read what technicians have on every customer assigned to them", Needs: perm.AdminRoles,
	}, func(ctx context.Context, _ *struct{}) (*httpapi.One[defaultsBody], error) {
		return defaultsAnswer(s.Defaults(ctx, ""))
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "set-default-permissions", Method: "PUT", Path: whole, Summary: "Say what technicians have on every customer assigned to them", Needs: perm.AdminRoles, Rights: true,
	}, func(ctx context.Context, in *setDefaultsInput) (*httpapi.One[defaultsBody], error) {
		return s.putDefaults(ctx, "", in.IfMatch, in.Body)
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "get-customer-default-permissions", Method: "GET", Path: one, Summary: "Read what technicians have on this customer, once it is assigned to them",
		Needs: perm.AdminRoles, Object: s.customer,
	}, func(ctx context.Context, in *idInput) (*httpapi.One[defaultsBody], error) {
		return defaultsAnswer(s.Defaults(ctx, in.ID))
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "set-customer-default-permissions", Method: "PUT", Path: one, Summary: "Say what technicians have on this customer, once it is assigned to them",
		Needs: perm.AdminRoles, Object: s.customer, Rights: true,
	}, func(ctx context.Context, in *setCustomerDefaultsInput) (*httpapi.One[defaultsBody], error) {
		return s.putDefaults(ctx, in.ID, in.IfMatch, in.Body)
	})
}

type defaultsInput struct {
	Permissions []perm.Permission `json:"permissions" maxItems:"200" doc:"for devices and customers"`
}

type setDefaultsInput struct {
	IfMatch string `header:"If-Match"`
	Body    defaultsInput
}

type setCustomerDefaultsInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    defaultsInput
}

type defaultsBody struct {
	Permissions []perm.Permission `json:"permissions"`
	Version     int64             `json:"version"`
}

func defaultsAnswer(d Defaults, err error) (*httpapi.One[defaultsBody], error) {
	return &httpapi.One[defaultsBody]{ETag: httpapi.ETag(d.Version), Body: defaultsBody(d)}, err
}

func (s *Service) putDefaults(ctx context.Context, customerID, ifMatch string, want defaultsInput) (*httpapi.One[defaultsBody], error) {
	return defaultsAnswer(s.SetDefaults(ctx, customerID, want.Permissions, func(version int64) error { return httpapi.IfMatch(ifMatch, version) }))
}
