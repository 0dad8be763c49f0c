package invitation

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Routes registers both sides of an invitation: of those who send it, and of the person who has its link.
func (s *Service) Routes(api *httpapi.API) {
	const each = "/api/technicians/{id}"
	httpapi.Handle(api, httpapi.Route{ID: "send-invitation", Method: "POST", Path: each + "/invite", Summary: "Mail the invitation, or mail it again; an earlier link is dead then", Needs: perm.AdminTechnicians, Object: s.object}, s.postInvite)
	httpapi.Handle(api, httpapi.Route{ID: "get-invitation", Method: "GET", Path: each + "/invitation", Summary: "Say what became of the invitation", Needs: perm.AdminTechnicians, Object: s.object}, s.get)
	httpapi.Handle(api, httpapi.Route{ID: "revoke-invitation", Method: "DELETE", Path: each + "/invitation", Summary: "Withdraw an open invitation", Needs: perm.AdminTechnicians, Object: s.object}, s.delete)

	httpapi.Handle(api, httpapi.Route{ID: "look-at-invitation", Method: "POST", Path: "/api/session/invitation", Summary: "Say who invites whom, to the holder of the link", Needs: perm.Public, MaxBody: 1 << 10, Secret: true}, s.postLook)
	httpapi.Handle(api, httpapi.Route{ID: "ask-invitation-passkey", Method: "POST", Path: "/api/session/invitation/passkey-options", Summary: "Ask a browser for a passkey to accept an invitation with", Needs: perm.Public, MaxBody: 1 << 10, Secret: true}, s.postOptions)
	httpapi.Handle(api, httpapi.Route{ID: "accept-invitation", Method: "POST", Path: "/api/session/invitation/accept", Summary: "Accept an invitation with a password or a passkey, and sign in", Needs: perm.Public, Secret: true}, s.postAccept)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

type invitationBody struct {
	State     State      `json:"state" enum:"none,pending,expired,accepted,revoked"`
	SentAt    *time.Time `json:"sent_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	SentBy    *sender    `json:"sent_by"`
	Email     string     `json:"email" doc:"that it was sent to; empty if none was sent"`
	Reason    string     `json:"reason" enum:",revoked,replaced,email_changed,not_active,activated" doc:"why it was revoked"`
}

type sender struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type byID struct {
	ID string `path:"id"`
}

func answer(i Invitation, err error) (*httpapi.One[invitationBody], error) {
	if err != nil {
		return nil, err
	}
	out := invitationBody{State: i.At(store.Now()), Email: i.Email, Reason: i.RevokedWhy}
	if i.ID != "" {
		out.SentAt, out.ExpiresAt, out.SentBy = &i.SentAt, &i.ExpiresAt, &sender{i.SentBy, i.SentByName}
	}
	return &httpapi.One[invitationBody]{Body: out}, nil
}

func (s *Service) postInvite(ctx context.Context, in *byID) (*httpapi.One[invitationBody], error) {
	return answer(s.Send(ctx, in.ID))
}

func (s *Service) get(ctx context.Context, in *byID) (*httpapi.One[invitationBody], error) {
	return answer(s.Of(ctx, in.ID))
}

func (s *Service) delete(ctx context.Context, in *byID) (*struct{}, error) {
	return nil, s.Revoke(ctx, in.ID)
}

type linkBody struct {
	Token string `json:"token" minLength:"1" maxLength:"100"`
}

type lookBody struct {
	Organization      lookOrganization `json:"organization"`
	Name              string           `json:"name"`
	GivenName         string           `json:"given_name"`
	FamilyName        string           `json:"family_name"`
	Email             string           `json:"email"`
	InvitedBy         string           `json:"invited_by"`
	ExpiresAt         time.Time        `json:"expires_at"`
	Locale            string           `json:"locale" doc:"the person's, or else the organization's"`
	TimeZone          string           `json:"time_zone" doc:"the person's, or else the organization's"`
	PasswordMinLength int              `json:"password_min_length"`
}

type lookOrganization struct {
	Name     string       `json:"name"`
	Branding lookBranding `json:"branding"`
}

type lookBranding struct {
	Color   string  `json:"color" doc:"#rrggbb; empty means Countersign's own"`
	LogoURL *string `json:"logo_url"`
}

func (s *Service) postLook(ctx context.Context, in *struct{ Body linkBody }) (*httpapi.One[lookBody], error) {
	o, err := s.Look(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	brand, err := branding.Of(ctx, s.DB.Read(), o.OrgID)
	if err != nil {
		return nil, err
	}
	least, err := s.PasswordLength(ctx, s.DB.Read(), o.OrgID)
	if err != nil {
		return nil, err
	}
	out := lookBody{
		Organization: lookOrganization{Name: brand.Name, Branding: lookBranding{Color: brand.Color}},
		Name:         o.Technician.Name(), GivenName: o.Technician.GivenName, FamilyName: o.Technician.FamilyName, Email: o.Technician.Email,
		InvitedBy: o.SentByName, ExpiresAt: o.ExpiresAt, Locale: o.Technician.Locale, TimeZone: o.Technician.TimeZone, PasswordMinLength: least,
	}
	if out.Locale == "" {
		out.Locale = o.Organization.Locale
	}
	if out.TimeZone == "" {
		out.TimeZone = o.Organization.TimeZone
	}
	if path := brand.LogoPath(); path != "" {
		out.Organization.Branding.LogoURL = &path
	}
	return &httpapi.One[lookBody]{Body: out}, nil
}

type optionsBody struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options" doc:"PublicKeyCredentialCreationOptionsJSON"`
}

func (s *Service) postOptions(ctx context.Context, in *struct {
	signin.Browser
	Body linkBody
},
) (*httpapi.One[optionsBody], error) {
	site, err := s.Factors.Site(in.Request())
	if err != nil {
		return nil, err
	}
	c, err := s.PasskeyOptions(ctx, in.Body.Token, site)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[optionsBody]{Body: optionsBody{c.ChallengeID, c.Options}}, nil
}

type passkeyBody struct {
	ChallengeID string          `json:"challenge_id" maxLength:"100"`
	Name        string          `json:"name" minLength:"1" maxLength:"60"`
	Credential  json.RawMessage `json:"credential" doc:"RegistrationResponseJSON"`
}

type acceptBody struct {
	Token      string       `json:"token" minLength:"1" maxLength:"100"`
	Password   string       `json:"password,omitempty" maxLength:"1024" writeOnly:"true"`
	Passkey    *passkeyBody `json:"passkey,omitempty"`
	GivenName  string       `json:"given_name,omitempty" maxLength:"100"`
	FamilyName string       `json:"family_name,omitempty" maxLength:"100"`
	TimeZone   string       `json:"time_zone,omitempty" maxLength:"64" doc:"IANA"`
	Locale     string       `json:"locale,omitempty" maxLength:"35" doc:"BCP 47"`
}

type accepted struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      acceptedBody
}

type acceptedBody struct {
	signin.SignedInBody
	RecoveryCodes []string `json:"recovery_codes" doc:"with a passkey; shown this once"`
}

func (s *Service) postAccept(ctx context.Context, in *struct {
	signin.Browser
	Body acceptBody
},
) (*accepted, error) {
	b := in.Body
	a := Acceptance{
		Token: b.Token, Password: b.Password,
		Profile: technician.Profile{GivenName: b.GivenName, FamilyName: b.FamilyName, TimeZone: b.TimeZone, Locale: b.Locale},
	}
	if b.Passkey != nil {
		a.Passkey = &NewPasskey{b.Passkey.ChallengeID, b.Passkey.Name, b.Passkey.Credential}
	}
	started, err := s.Accept(ctx, a)
	if err != nil {
		return nil, err
	}
	known, err := s.SignIn.Answer(ctx, in.Request(), started.Started)
	if err != nil {
		return nil, err
	}
	return &accepted{known.SetCookie, acceptedBody{known.Body, started.RecoveryCodes}}, nil
}
