package idp

import (
	"context"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the providers of customers, and where providers send people back to.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{
			ID: id, Method: method, Path: "/api/customers/{id}/identity-provider" + path, Summary: summary, Needs: perm.AdminSettings,
			Object: func(ctx context.Context, id string) (access.Object, error) {
				c, err := customer.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
				return c.Object(), err
			},
		}
	}
	httpapi.Handle(api, route("get-identity-provider", "GET", "", "See where the people of a customer sign in"), s.get)
	set := route("set-identity-provider", "PUT", "", "Say where the people of a customer sign in")
	set.Fresh = true
	httpapi.Handle(api, set, s.put)
	httpapi.Handle(api, route("delete-identity-provider", "DELETE", "", "Forget where the people of a customer sign in"), s.delete)
	httpapi.Handle(api, route("test-identity-provider", "POST", "/test", "Ask the identity provider of a customer to describe itself"), s.test)
	httpapi.Handle(api, httpapi.Route{
		ID: "forget-identity-account", Method: "DELETE", Path: "/api/contacts/{id}/identity-account", Needs: perm.AdminSettings, Fresh: true,
		Summary: "Forget the account that a contact signed in with", Object: func(ctx context.Context, id string) (access.Object, error) {
			c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
			return c.Object(), err
		},
	}, func(ctx context.Context, in *struct {
		ID string `path:"id"`
	},
	) (*struct{}, error) {
		return nil, s.Forget(ctx, in.ID)
	})

	page := httpapi.Route{ID: "return-from-sign-in", Method: "GET", Path: callbackPath, Summary: "Where identity providers send people back to", Needs: perm.Public, Hidden: true}
	api.Raw(page, http.HandlerFunc(s.getCallback))
	page.ID, page.Method = "confirm-sign-in", "POST"
	api.Raw(page, http.HandlerFunc(s.postCallback))
}

type fields struct {
	Issuer       string   `json:"issuer" minLength:"1" maxLength:"300" doc:"https address, exactly as the provider calls itself"`
	ClientID     string   `json:"client_id" minLength:"1" maxLength:"200"`
	ClientSecret *string  `json:"client_secret,omitempty" maxLength:"500" doc:"absent keeps the old one, the empty text makes a public client"`
	Scopes       []string `json:"scopes,omitempty" maxItems:"10" doc:"beside openid"`
	ACRValues    []string `json:"acr_values,omitempty" maxItems:"10" doc:"the acr of a sign-in must be one of these"`
	ACRS         string   `json:"acrs,omitempty" maxLength:"200" doc:"the authentication context that a sign-in must hold (Entra), such as c1"`
	AMR          []string `json:"amr,omitempty" maxItems:"10" doc:"ways of signing in that must all have been used (RFC 8176), such as hwk"`
	PersonClaim  string   `json:"person_claim,omitempty" maxLength:"100" doc:"names the person by an address of the contact: email (the default, must be verified), preferred_username, or another"`
}

type body struct {
	Issuer      string    `json:"issuer"`
	ClientID    string    `json:"client_id"`
	SecretSet   bool      `json:"client_secret_set"`
	Scopes      []string  `json:"scopes"`
	ACRValues   []string  `json:"acr_values"`
	ACRS        string    `json:"acrs"`
	AMR         []string  `json:"amr"`
	PersonClaim string    `json:"person_claim"`
	Level       string    `json:"level" doc:"what a sign-in proves: L4 if something is demanded of it, else L3"`
	RedirectURI string    `json:"redirect_uri" doc:"to register at the provider"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

func (s *Service) one(p Provider, err error) (*httpapi.One[body], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[body]{ETag: httpapi.ETag(p.Version), Body: body{
		p.Issuer, p.ClientID, p.SecretSet, p.Scopes, p.ACRValues, p.ACRS, p.AMR, p.PersonClaim, levelName(p), s.callback(), p.CreatedAt, p.UpdatedAt, p.Version,
	}}, nil
}

type idInput struct {
	ID string `path:"id"`
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[body], error) {
	return s.one(s.Provider(ctx, in.ID))
}

type putInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fields
}

func (s *Service) put(ctx context.Context, in *putInput) (*httpapi.One[body], error) {
	b := in.Body
	return s.one(s.Set(ctx, in.ID, Provider{
		Issuer: b.Issuer, ClientID: b.ClientID, Scopes: b.Scopes, ACRValues: b.ACRValues, ACRS: b.ACRS, AMR: b.AMR, PersonClaim: b.PersonClaim,
	}, b.ClientSecret, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) }))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Remove(ctx, in.ID, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
}

type testBody struct {
	Host string `json:"host" doc:"where people sign in"`
}

func (s *Service) test(ctx context.Context, in *idInput) (*struct{ Body testBody }, error) {
	host, err := s.Test(ctx, in.ID)
	return &struct{ Body testBody }{testBody{host}}, err
}
