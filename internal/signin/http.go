package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes registers the routes of sign-in, sessions and tokens. They and Authenticate go by the API's idea of which requests came over TLS.
func (s *Service) Routes(api *httpapi.API) {
	s.secure = api.Secure
	httpapi.Handle(api, httpapi.Route{ID: "sign-in", Method: "POST", Path: "/api/session", Summary: "Sign in with email and password", Needs: perm.Public, MaxBody: 8 << 10, Secret: true}, s.postSession)
	httpapi.Handle(api, httpapi.Route{ID: "sign-out", Method: "DELETE", Path: "/api/session", Summary: "Sign out; nothing happens without a session", Needs: perm.Public}, s.deleteSession)
	httpapi.Handle(api, httpapi.Route{ID: "follow-sign-in-link", Method: "POST", Path: "/api/session/link", Summary: "Sign in with a one-time link", Needs: perm.Public, MaxBody: 1 << 10, Secret: true}, s.postLink)
	httpapi.Handle(api, httpapi.Route{ID: "complete-sign-in", Method: "POST", Path: "/api/session/factor", Summary: "Complete a sign-in with a one-time code or a recovery code", Needs: perm.Public, MaxBody: 1 << 10, Secret: true}, s.postFactor)
	httpapi.Handle(api, httpapi.Route{ID: "ask-for-passkey-at-sign-in", Method: "POST", Path: "/api/session/passkey/options", Summary: "Ask the browser for a passkey: to sign in, to complete a sign-in, or to prove oneself again", Needs: perm.Public, MaxBody: 1 << 10}, s.postPasskeyOptions)
	httpapi.Handle(api, httpapi.Route{ID: "sign-in-with-passkey", Method: "POST", Path: "/api/session/passkey", Summary: "Take the answer of a passkey or security key", Needs: perm.Public, MaxBody: 32 << 10, Secret: true}, s.postPasskey)
	httpapi.Handle(api, httpapi.Route{ID: "reauthenticate", Method: "POST", Path: "/api/session/reauthenticate", Summary: "Prove again who is at the session, for what takes a fresh proof", Needs: perm.SignedIn, SessionOnly: true, While: []access.Hold{access.HoldPassword, access.HoldEnrolment}, MaxBody: 8 << 10}, s.postReauthenticate)
	httpapi.Handle(api, httpapi.Route{ID: "get-setup", Method: "GET", Path: "/api/setup", Summary: "Say whether the installation has no organization yet", Needs: perm.Public}, s.getSetup)
	httpapi.Handle(api, httpapi.Route{ID: "set-up", Method: "POST", Path: "/api/setup", Summary: "Make the first organization and its owner", Needs: perm.Public, MaxBody: 8 << 10, Status: http.StatusCreated, Secret: true}, s.postSetup)
	httpapi.Handle(api, httpapi.Route{ID: "set-up-demo", Method: "POST", Path: "/api/setup/demo", Summary: "Fill an empty installation with the demo organization", Needs: perm.Public, MaxBody: 1 << 10, Status: http.StatusCreated, Secret: true}, s.postSetupDemo)

	httpapi.Handle(api, httpapi.Route{ID: "get-me", Method: "GET", Path: "/api/me", Summary: "Who am I, and what may I do", Needs: perm.SignedIn, While: []access.Hold{access.HoldPassword, access.HoldEnrolment, access.HoldPod, access.HoldHandover}}, s.getMe)
	httpapi.Handle(api, httpapi.Route{ID: "update-me", Method: "PATCH", Path: "/api/me", Summary: "Change one's own profile", Needs: perm.SignedIn}, s.patchMe)
	httpapi.Handle(api, httpapi.Route{ID: "change-password", Method: "PUT", Path: "/api/me/password", Summary: "Change one's own password and end one's other sessions", Needs: perm.SignedIn, While: []access.Hold{access.HoldPassword}, MaxBody: 8 << 10}, s.putPassword)

	httpapi.Handle(api, httpapi.Route{ID: "list-sessions", Method: "GET", Path: "/api/sessions", Summary: "List one's own sessions, or with admin.technicians somebody's", Needs: perm.SignedIn}, s.listSessions)
	httpapi.Handle(api, httpapi.Route{ID: "end-session", Method: "DELETE", Path: "/api/sessions/{id}", Summary: "End a session", Needs: perm.SignedIn, Object: s.sessionObject}, s.deleteOneSession)
	httpapi.Handle(api, httpapi.Route{ID: "end-access", Method: "POST", Path: "/api/technicians/{id}/end-access", Summary: "End all sessions of a technician and delete all API tokens", Needs: perm.AdminTechnicians, Object: s.technicianObject}, s.postEndAccess)
	httpapi.Handle(api, httpapi.Route{ID: "end-other-sessions", Method: "DELETE", Path: "/api/sessions", Summary: "End all of one's other sessions", Needs: perm.SignedIn}, s.deleteSessions)
}

// Browser is embedded in inputs whose route reads or sets cookies; huma hands it the request.
type Browser struct{ request *http.Request }

// Resolve is called by huma once the input has been read.
func (b *Browser) Resolve(ctx huma.Context) []error {
	b.request, _ = humago.Unwrap(ctx)
	return nil
}

// Request is the request itself.
func (b *Browser) Request() *http.Request { return b.request }

// cookieName is a cookie's name on this connection (D-18).
func (s *Service) cookieName(r *http.Request, name string) string {
	if s.secure(r) {
		return hostPrefix + name
	}
	return name
}

// cookie makes a cookie that scripts cannot read and other sites cannot send along with a change. An empty value deletes it.
func (s *Service) cookie(r *http.Request, name, value string, life time.Duration) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is as the connection is (D-18)
		Name: s.cookieName(r, name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: s.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// cookies are those of a session that has just begun.
func (s *Service) cookies(r *http.Request, started Started) []http.Cookie {
	if started.Token == "" {
		return nil // the session goes on
	}
	out := []http.Cookie{s.cookie(r, sessionCookie, started.Token, started.Session.ExpiresAt.Sub(started.Session.CreatedAt))}
	if started.Device != "" {
		out = append(out, s.cookie(r, deviceCookie, started.Device, deviceLife))
	}
	return out
}

// deviceOf is the secret of a browser that signed in before, or "".
func (s *Service) deviceOf(r *http.Request) string {
	cookies := r.CookiesNamed(s.cookieName(r, deviceCookie))
	if len(cookies) != 1 || len(cookies[0].Value) != secretLength {
		return ""
	}
	return cookies[0].Value
}

// SignedIn answers every request that starts a session.
type SignedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      SignedInBody
}

// SignedInBody says who signed in and what has to be done first.
type SignedInBody struct {
	Technician             technician.Body `json:"technician" doc:"half signed in: id, name, email, locale and theme alone"`
	MFARequired            bool            `json:"mfa_required" doc:"half signed in: the second factor is missing"`
	Methods                []string        `json:"methods" doc:"half signed in: how the second factor can be proved"`
	PasswordChangeRequired bool            `json:"password_change_required" doc:"a temporary or expired password has to be replaced before anything else"`
	EnrolmentRequired      bool            `json:"enrolment_required" doc:"a second factor has to be set up before anything else"`
}

// Answer tells a browser of the session that has started for it: its cookies and who signed in. It is for every route that starts one,
// also those of other slices, whose input embeds Browser.
func (s *Service) Answer(ctx context.Context, r *http.Request, started Started) (*SignedIn, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), started.Session.OrgID, started.Session.TechnicianID)
	if err != nil {
		return nil, err
	}
	hold := started.Session.Hold
	if hold == access.HoldFactor {
		t = technician.Technician{ID: t.ID, Fields: technician.Fields{DisplayName: t.Name(), Email: t.Email, Locale: t.Locale, Theme: t.Theme}}
	}
	return &SignedIn{s.cookies(r, started), SignedInBody{
		Technician: technician.BodyOf(t), MFARequired: hold == access.HoldFactor, Methods: started.Ways,
		PasswordChangeRequired: hold == access.HoldPassword, EnrolmentRequired: hold == access.HoldEnrolment,
	}}, nil
}

func (s *Service) signedIn(ctx context.Context, r *http.Request, started Started, err error) (*SignedIn, error) {
	if err != nil {
		return nil, err
	}
	return s.Answer(ctx, r, started)
}

type postSession struct {
	Browser
	Body struct {
		Email        string `json:"email" maxLength:"320"`
		Password     string `json:"password" maxLength:"1024" writeOnly:"true"`
		Organization string `json:"organization,omitempty" maxLength:"100" doc:"the organization's short name, for people of several"`
		PodID        string `json:"pod_id,omitempty" maxLength:"36" doc:"the pod that the sign-in is for: people without access to the console may use pods"`
	}
}

func (s *Service) postSession(ctx context.Context, in *postSession) (*SignedIn, error) {
	started, err := s.SignIn(ctx, Attempt{in.Body.Email, in.Body.Password, in.Body.Organization, s.deviceOf(in.request), in.Body.PodID})
	return s.signedIn(ctx, in.request, started, err)
}

type postLink struct {
	Browser
	Body struct {
		Token string `json:"token" maxLength:"100"`
	}
}

func (s *Service) postLink(ctx context.Context, in *postLink) (*SignedIn, error) {
	started, err := s.FollowLink(ctx, in.Body.Token)
	return s.signedIn(ctx, in.request, started, err)
}

type postFactor struct {
	Browser
	Body struct {
		Code string `json:"code" maxLength:"40" doc:"of the authenticator app, or a recovery code"`
	}
}

func (s *Service) postFactor(ctx context.Context, in *postFactor) (*SignedIn, error) {
	started, err := s.CompleteWithCode(ctx, in.Body.Code, s.deviceOf(in.request))
	return s.signedIn(ctx, in.request, started, err)
}

type passkeyOptions struct{ Body factor.CeremonyBody }

func (s *Service) postPasskeyOptions(ctx context.Context, in *struct{ Browser }) (*passkeyOptions, error) {
	c, err := s.PasskeyOptions(ctx, in.request)
	return &passkeyOptions{factor.BodyOfCeremony(c)}, err
}

type postPasskey struct {
	Browser
	Body struct {
		ChallengeID string          `json:"challenge_id" format:"uuid"`
		Credential  json.RawMessage `json:"credential" doc:"AuthenticationResponseJSON of WebAuthn"`
		PodID       string          `json:"pod_id,omitempty" maxLength:"36" doc:"the pod that the sign-in is for"`
	}
}

func (s *Service) postPasskey(ctx context.Context, in *postPasskey) (*SignedIn, error) {
	started, err := s.SignInWithPasskey(ctx, in.Body.ChallengeID, in.Body.Credential, s.deviceOf(in.request), in.Body.PodID)
	return s.signedIn(ctx, in.request, started, err)
}

type reauthenticated struct {
	Body struct {
		AuthenticatedAt time.Time `json:"authenticated_at"`
	}
}

func (s *Service) postReauthenticate(ctx context.Context, in *struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"1024" writeOnly:"true"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"asked of whoever has set up a second factor"`
	}
},
) (*reauthenticated, error) {
	session, err := s.Reauthenticate(ctx, in.Body.Password, in.Body.Code)
	out := &reauthenticated{}
	out.Body.AuthenticatedAt = session.AuthenticatedAt
	return out, err
}

type postSetup struct {
	Browser
	Body struct {
		Token        string `json:"token" maxLength:"100"`
		Organization string `json:"organization" maxLength:"200"`
		Region       string `json:"region,omitempty" maxLength:"2" doc:"ISO 3166 code of the default country of phone numbers; US if absent"`
		Name         string `json:"name" maxLength:"200"`
		Email        string `json:"email" maxLength:"320"`
		Password     string `json:"password" maxLength:"1024" writeOnly:"true"`
	}
}

func (s *Service) postSetup(ctx context.Context, in *postSetup) (*SignedIn, error) {
	b := in.Body
	started, err := s.SetUp(ctx, b.Token, NewOwner{Organization: b.Organization, Region: b.Region, Name: b.Name, Email: b.Email, Password: b.Password})
	return s.signedIn(ctx, in.request, started, err)
}

type postSetupDemo struct {
	Browser
	Body struct {
		Token string `json:"token" maxLength:"100"`
	}
}

func (s *Service) postSetupDemo(ctx context.Context, in *postSetupDemo) (*SignedIn, error) {
	started, err := s.SetUpDemo(ctx, in.Body.Token)
	return s.signedIn(ctx, in.request, started, err)
}

type setupState struct {
	Body struct {
		Needed bool `json:"needed"`
	}
}

func (s *Service) getSetup(ctx context.Context, _ *struct{}) (out *setupState, err error) {
	out = &setupState{}
	out.Body.Needed, err = s.NeedsSetup(ctx)
	return out, err
}

type signedOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Service) deleteSession(ctx context.Context, in *struct{ Browser }) (*signedOut, error) {
	if access.ActorFrom(ctx).TokenID != "" {
		return &signedOut{}, nil
	}
	if InPod(in.request) {
		return &signedOut{[]http.Cookie{s.podCookie(in.request, "", 0)}}, s.SignOut(ctx)
	}
	return &signedOut{[]http.Cookie{s.cookie(in.request, sessionCookie, "", 0)}}, s.SignOut(ctx)
}
