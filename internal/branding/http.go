package branding

import (
	"context"
	"io"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the settings and what everybody may see of them.
func (s *Service) Routes(api *httpapi.API) {
	const path = "/api/settings/branding"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-branding", Method: "GET", Path: path, Summary: "Read what the organization looks like", Needs: perm.AdminBranding,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-branding", Method: "PATCH", Path: path, Summary: "Change color and display name", Needs: perm.AdminBranding,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "preview-branding", Method: "GET", Path: path + "/preview", Summary: "See what becomes of a color where it has to be read",
		Needs: perm.AdminBranding,
	}, s.preview)
	api.Raw(httpapi.Route{
		ID: "set-logo", Method: "PUT", Path: path + "/logo", Summary: "Upload a logo: PNG, JPEG, GIF or WebP of up to 1 MB", Needs: perm.AdminBranding,
	}, api.Upload(s.putLogo))
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-logo", Method: "DELETE", Path: path + "/logo", Summary: "Remove the logo", Needs: perm.AdminBranding,
	}, s.deleteLogo)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-public-branding", Method: "GET", Path: "/api/public/branding", Summary: "Read what the sign-in page looks like", Needs: perm.Public,
	}, s.getPublic)
	api.Raw(httpapi.Route{
		ID: "get-logo", Method: "GET", Path: "/api/public/logo/{key}", Summary: "Download a logo", Needs: perm.Public,
	}, api.Image(true, s.Logo))
}

// AccentsBody is a color where it has to be read.
type AccentsBody struct {
	Light   string `json:"light" doc:"on light surfaces"`
	OnLight string `json:"on_light" doc:"text on light"`
	Dark    string `json:"dark" doc:"on dark surfaces"`
	OnDark  string `json:"on_dark" doc:"text on dark"`
}

// Body is a brand on the wire, also for who is signed in.
type Body struct {
	Name    string       `json:"name" doc:"what people are shown"`
	Color   string       `json:"color" doc:"#rrggbb as it was chosen; empty means Countersign's own"`
	LogoURL *string      `json:"logo_url" doc:"on this server"`
	Accents *AccentsBody `json:"accents" doc:"null without a color"`
}

// BodyOf is a brand as the API shows one.
func BodyOf(b Brand) Body {
	out := Body{Name: b.Name, Color: b.Color, Accents: accentsOf(b.Color)}
	if path := b.LogoPath(); path != "" {
		out.LogoURL = &path
	}
	return out
}

func accentsOf(color string) *AccentsBody {
	if a := AccentsOf(color); a != (Accents{}) {
		return new(AccentsBody(a))
	}
	return nil
}

// fieldsBody is what may be changed.
type fieldsBody struct {
	Color       string `json:"color,omitempty" maxLength:"7" doc:"#rrggbb; empty means Countersign's own"`
	DisplayName string `json:"display_name,omitempty" maxLength:"100" doc:"what people are shown; empty means the organization's name"`
}

// settingsBody is the branding on the wire.
type settingsBody struct {
	Color       string       `json:"color"`
	DisplayName string       `json:"display_name"`
	LogoURL     *string      `json:"logo_url"`
	Accents     *AccentsBody `json:"accents" doc:"null without a color"`
	Version     int64        `json:"version"`
}

func one(s Settings, err error) (*httpapi.One[settingsBody], error) {
	b := BodyOf(s.brand(""))
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(s.Version), Body: settingsBody{s.Color, s.DisplayName, b.LogoURL, b.Accents, s.Version}}, err
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[settingsBody], error) {
	return one(s.Current(ctx))
}

func (s *Service) patch(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[settingsBody], error) {
	return one(s.Update(ctx, func(now Settings) (string, string, error) {
		if err := httpapi.IfMatch(in.IfMatch, now.Version); err != nil {
			return "", "", err
		}
		b, err := httpapi.Merge(fieldsBody{now.Color, now.DisplayName}, in.Body.RawMessage)
		return b.Color, b.DisplayName, err
	}))
}

// previewBody says what becomes of a color.
type previewBody struct {
	Color   string       `json:"color"`
	Accents *AccentsBody `json:"accents"`
	Changed bool         `json:"changed" doc:"the color itself could not be read everywhere; the accents are lighter or darker"`
}

func (s *Service) preview(_ context.Context, in *struct {
	Color string `query:"color" pattern:"^#[0-9a-fA-F]{6}$" required:"true" doc:"#rrggbb"`
},
) (*struct{ Body previewBody }, error) {
	color, _, err := checked(in.Color, "")
	if err != nil {
		return nil, err
	}
	a := AccentsOf(color)
	return &struct{ Body previewBody }{previewBody{color, accentsOf(color), a.Light != color || a.Dark != color}}, nil
}

func (s *Service) putLogo(ctx context.Context, _ string, body io.Reader) (any, error) {
	o, err := one(s.SetLogo(ctx, body))
	return o.Body, err
}

func (s *Service) deleteLogo(ctx context.Context, _ *struct{}) (*struct{}, error) {
	_, err := s.RemoveLogo(ctx)
	return nil, err
}

func (s *Service) getPublic(ctx context.Context, in *struct {
	Organization string `query:"organization" maxLength:"60" doc:"its short name; without it the only organization's, if there is one alone"`
},
) (*struct{ Body Body }, error) {
	b, err := s.Public(ctx, in.Organization)
	return &struct{ Body Body }{BodyOf(b)}, err
}
