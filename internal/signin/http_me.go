package signin

import (
	"context"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/technician"
)

type meOrganization struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Slug     string `json:"slug"`
	Region   string `json:"region"`
	TimeZone string `json:"time_zone"`
	Locale   string `json:"locale"`
	Demo     bool   `json:"demo"`
	Sandbox  bool   `json:"sandbox" doc:"messages go to the sandbox phone, not out into the world"`

	Branding branding.Body `json:"branding" doc:"what the organization looks like"`
}

type meSession struct {
	ID            string    `json:"id"`
	ExpiresAt     time.Time `json:"expires_at"`
	IdleExpiresAt time.Time `json:"idle_expires_at"`

	AuthenticatedAt time.Time `json:"authenticated_at" doc:"when the person last proved who they are"`
	Proofs          []string  `json:"proofs" doc:"how they can prove it again: password, code, passkey"`
}

type meEnrolment struct {
	Required bool       `json:"required" doc:"a second factor is asked of this technician"`
	Enrolled bool       `json:"enrolled"`
	DueAt    *time.Time `json:"due_at" doc:"until when one may go without"`
	Methods  []string   `json:"methods" doc:"what is set up: passkey, totp, recovery_code"`
}

type me struct {
	Technician             technician.Body   `json:"technician"`
	Organization           meOrganization    `json:"organization"`
	Permissions            []perm.Permission `json:"permissions" doc:"what the technician holds somewhere"`
	Session                *meSession        `json:"session" doc:"null behind an API token"`
	PasswordChangeRequired bool              `json:"password_change_required"`
	Enrolment              meEnrolment       `json:"enrolment"`
	PasswordMinLength      int               `json:"password_min_length" doc:"of a new password of one's own"`
	UnreadNotifications    int               `json:"unread_notifications"`
	Hold                   access.Hold       `json:"hold" enum:",password,enrolment,pod,handover" doc:"what has to be done before anything else (password, enrolment), or the one thing that the session is for: what a pod shows (pod), or handing itself to one (handover)"`
}

func (s *Service) getMe(ctx context.Context, _ *struct{}) (*httpapi.One[me], error) {
	actor := access.ActorFrom(ctx)
	t, err := technician.ByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return nil, err
	}
	o, err := organization.ByID(ctx, s.DB.Read(), actor.OrgID)
	if err != nil {
		return nil, err
	}
	brand, err := branding.Of(ctx, s.DB.Read(), actor.OrgID)
	if err != nil {
		return nil, err
	}
	out := me{
		Technician: technician.BodyOf(t), Permissions: s.Guard.Permissions(ctx), PasswordChangeRequired: actor.Hold == access.HoldPassword, Hold: actor.Hold,
		Organization: meOrganization{o.ID, o.Name, o.Slug, o.Region, o.TimeZone, o.Locale, o.Demo, true, branding.BodyOf(brand)},
	}
	state, err := s.Factors.State(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return nil, err
	}
	demand, err := s.Demand(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return nil, err
	}
	policy, err := s.Policies.Of(ctx, actor.OrgID)
	if err != nil {
		return nil, err
	}
	out.PasswordMinLength = policy.Password.MinLength
	out.Enrolment = meEnrolment{Required: demand.Required, Enrolled: state.Enrolled(), Methods: state.Methods()}
	if demand.Required && !state.Enrolled() {
		out.Enrolment.DueAt = &demand.DueAt
	}
	if s.Unread != nil {
		if out.UnreadNotifications, err = s.Unread(ctx, s.DB.Read(), actor.OrgID, actor.ID); err != nil {
			return nil, err
		}
	}
	if actor.SessionID != "" {
		current, err := sessionByID(ctx, s.DB.Read(), actor.OrgID, actor.SessionID)
		if err != nil {
			return nil, err
		}
		who, err := accountByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
		if err != nil {
			return nil, err
		}
		out.Session = &meSession{current.ID, current.ExpiresAt, current.IdleExpiresAt(), current.AuthenticatedAt, who.proofs(state)}
	}
	return &httpapi.One[me]{ETag: httpapi.ETag(t.Version), Body: out}, nil
}

// proofs are the ways in which somebody can prove again who they are.
func (a account) proofs(state factor.State) []string {
	out := []string{}
	if a.hash != "" {
		out = append(out, "password")
		if codeBeside(state) {
			out = append(out, "code")
		}
	}
	if state.Passkeys > 0 {
		out = append(out, "passkey")
	}
	return out
}

type putPassword struct {
	Browser
	Body struct {
		CurrentPassword string `json:"current_password" maxLength:"1024" writeOnly:"true"`
		NewPassword     string `json:"new_password" maxLength:"1024" writeOnly:"true"`
	}
}

type passwordChanged struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Service) putPassword(ctx context.Context, in *putPassword) (*passwordChanged, error) {
	started, err := s.ChangePassword(ctx, in.Body.CurrentPassword, in.Body.NewPassword)
	if err != nil || started.Token == "" {
		return &passwordChanged{}, err
	}
	return &passwordChanged{s.cookies(in.request, started)}, nil
}

type sessionItem struct {
	ID           string    `json:"id"`
	TechnicianID string    `json:"technician_id"`
	Current      bool      `json:"current"`
	Device       string    `json:"device"`
	Address      string    `json:"address"`
	Methods      []string  `json:"methods" doc:"by which the person signed in"`
	Pod          bool      `json:"pod" doc:"it is for a pod in a ticket system and opens nothing else"`
	CreatedAt    time.Time `json:"created_at"`
	LastSeenAt   time.Time `json:"last_seen_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

type byTechnician struct {
	TechnicianID string `query:"technician_id" format:"uuid" doc:"oneself if absent; others need admin.technicians"`
}

func (s *Service) listSessions(ctx context.Context, in *byTechnician) (*httpapi.Page[sessionItem], error) {
	sessions, err := s.Sessions(ctx, in.TechnicianID)
	if err != nil {
		return nil, err
	}
	items := make([]sessionItem, 0, len(sessions))
	for _, x := range sessions {
		items = append(items, sessionItem{
			x.ID, x.TechnicianID, x.ID == access.ActorFrom(ctx).SessionID, x.Device, x.Address, x.Methods, x.PodID != "", x.CreatedAt, x.LastSeenAt, x.ExpiresAt,
		})
	}
	return httpapi.NewPage(items, ""), nil
}

type byID struct {
	ID string `path:"id"`
}

func (s *Service) sessionObject(ctx context.Context, key string) (access.Object, error) {
	return access.Object{Type: "session", ID: key}, s.ownSession(ctx, key)
}

func (s *Service) deleteOneSession(ctx context.Context, in *byID) (*struct{}, error) {
	return nil, s.EndSession(ctx, in.ID)
}

func (s *Service) technicianObject(ctx context.Context, key string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, key)
	return t.Object(), err
}

func (s *Service) postEndAccess(ctx context.Context, in *byID) (*struct{}, error) {
	return nil, s.EndAccess(ctx, in.ID)
}

func (s *Service) deleteSessions(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.EndOthers(ctx)
}

// profile is what people may change about themselves.
type profile struct {
	GivenName  string `json:"given_name,omitempty" maxLength:"100"`
	FamilyName string `json:"family_name,omitempty" maxLength:"100"`
	Phone      string `json:"phone,omitempty" maxLength:"40"`
	JobTitle   string `json:"job_title,omitempty" maxLength:"200"`
	Locale     string `json:"locale,omitempty" maxLength:"35" doc:"BCP 47; empty means the organization's"`
	TimeZone   string `json:"time_zone,omitempty" maxLength:"64" doc:"IANA; empty means the organization's"`
	Theme      string `json:"theme,omitempty" enum:"auto,light,dark"`
}

type patchMe struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[profile]
}

func (s *Service) patchMe(ctx context.Context, in *patchMe) (*httpapi.One[me], error) {
	if err := s.Guard.WholeAccount(ctx); err != nil {
		return nil, err
	}
	_, err := s.Technicians.UpdateOwn(ctx, func(t technician.Technician) (technician.Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, t.Version); err != nil {
			return technician.Fields{}, err
		}
		p, err := httpapi.Merge(profile{t.GivenName, t.FamilyName, t.Phone, t.JobTitle, t.Locale, t.TimeZone, t.Theme}, in.Body.RawMessage)
		f := t.Fields
		f.GivenName, f.FamilyName, f.Phone, f.JobTitle = p.GivenName, p.FamilyName, p.Phone, p.JobTitle
		f.Locale, f.TimeZone, f.Theme = p.Locale, p.TimeZone, p.Theme
		return f, err
	})
	if err != nil {
		return nil, err
	}
	return s.getMe(ctx, nil)
}
