package technician

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the technicians.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/technicians", "/api/technicians/{id}"
	route := func(id, method, path, summary string) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: perm.AdminTechnicians}
		if path != all {
			r.Object, r.Rights = s.object, method != "GET"
		}
		return r
	}
	create := route("create-technician", "POST", all, "Create or invite a technician")
	create.Creates, create.Rights = true, true
	httpapi.Handle(api, route("list-technicians", "GET", all, "List technicians"), s.getList)
	httpapi.Handle(api, create, s.post)
	invite := create
	invite.ID, invite.Path, invite.Summary = "invite-technician", all+"/invite", "Create a technician and mail the invitation"
	httpapi.Handle(api, invite, s.postInvite)
	httpapi.Handle(api, route("get-technician", "GET", each, "Read a technician"), s.get)
	httpapi.Handle(api, route("edit-technician", "PATCH", each, "Change some fields of a technician"), s.patch)
	httpapi.Handle(api, route("replace-technician", "PUT", each, "Change all fields of a technician"), s.put)
	httpapi.Handle(api, route("delete-technician", "DELETE", each, "Delete who has left, or an invitation"), s.delete)
	httpapi.Handle(api, route("suspend-technician", "POST", each+"/suspend", "Take all rights for a while and end all sessions"), s.suspend)
	httpapi.Handle(api, route("reactivate-technician", "POST", each+"/reactivate", "Give the rights back"), s.reactivate)
	handOver := route("hand-over", "POST", each+"/hand-over", "Make an administrator the owner instead of oneself")
	handOver.Fresh, handOver.SessionOnly = true, true
	httpapi.Handle(api, handOver, s.handOverTo)
	s.consentRoutes(api)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

// FieldsBody is what an administrator may enter; owner, state, theme, source and consent are not among it.
type FieldsBody struct {
	GivenName       string    `json:"given_name,omitempty" maxLength:"100"`
	FamilyName      string    `json:"family_name,omitempty" maxLength:"100" doc:"one of the two names is required"`
	DisplayName     string    `json:"display_name,omitempty" maxLength:"200" doc:"instead of given and family name"`
	Email           string    `json:"email" minLength:"3" maxLength:"254" doc:"what the technician signs in with"`
	Phone           string    `json:"phone,omitempty" maxLength:"40" doc:"as people write it; kept in E.164"`
	OtherPhones     []Phone   `json:"other_phones,omitempty" maxItems:"10"`
	JobTitle        string    `json:"job_title,omitempty" maxLength:"200"`
	Department      string    `json:"department,omitempty" maxLength:"200"`
	Usernames       []string  `json:"usernames,omitempty" maxItems:"20" doc:"in other systems, as system:name or a plain name"`
	PlatformRole    perm.Role `json:"platform_role,omitempty" enum:"administrator,manager,technician,read_only"`
	PlatformRoleID  *string   `json:"platform_role_id,omitempty" nullable:"false" maxLength:"36" doc:"one that the organization made and that is based on platform_role; empty: what comes with that; absent: as before, unless platform_role changes"`
	Status          Status    `json:"status,omitempty" enum:"active,inactive,suspended,over_limit"`
	Locale          string    `json:"locale,omitempty" maxLength:"35" doc:"BCP 47; empty means the organization's"`
	TimeZone        string    `json:"time_zone,omitempty" maxLength:"64" doc:"IANA; empty means the organization's"`
	TeamIDs         []string  `json:"team_ids,omitempty" maxItems:"100"`
	CustomerIDs     []string  `json:"customer_ids,omitempty" maxItems:"1000" doc:"assigned directly; the customers of the teams come on top"`
	UIAccess        *bool     `json:"ui_access,omitempty" nullable:"false" doc:"false: the account is for the API alone; true if absent at creation"`
	MFARequired     *bool     `json:"mfa_required,omitempty" nullable:"false" doc:"whatever the organization demands of others"`
	AllowedNetworks []string  `json:"allowed_networks,omitempty" maxItems:"50" doc:"CIDR; from where the account may be used, everywhere if empty"`
	IdleMinutes     *int      `json:"idle_minutes,omitempty" nullable:"false" minimum:"0" maximum:"1440" doc:"0: what the organization says"`
	SessionHours    *int      `json:"session_hours,omitempty" nullable:"false" minimum:"0" maximum:"168" doc:"0: what the organization says"`
}

// newBody is a new technician.
type newBody struct {
	FieldsBody
	Password       string `json:"password,omitempty" maxLength:"1024" doc:"temporary; without it the technician is invited"`
	SendInvitation bool   `json:"send_invitation,omitempty" doc:"mail the invitation at once; not together with a password"`
}

func (b FieldsBody) fields(t Fields) Fields {
	f := Fields{
		GivenName: b.GivenName, FamilyName: b.FamilyName, DisplayName: b.DisplayName, Email: b.Email, Phone: b.Phone, OtherPhones: b.OtherPhones,
		JobTitle: b.JobTitle, Department: b.Department, Usernames: b.Usernames, PlatformRole: b.PlatformRole, Status: b.Status,
		Locale: b.Locale, TimeZone: b.TimeZone, Theme: t.Theme, TeamIDs: b.TeamIDs, CustomerIDs: b.CustomerIDs,
		UIClosed: t.UIClosed, MFARequired: t.MFARequired, AllowedNetworks: t.AllowedNetworks, IdleMinutes: t.IdleMinutes,
		SessionHours: t.SessionHours, ImportedFrom: t.ImportedFrom, SourceID: t.SourceID,
	}
	if b.UIAccess != nil {
		f.UIClosed = !*b.UIAccess
	}
	if b.AllowedNetworks != nil {
		f.AllowedNetworks = b.AllowedNetworks
	}
	f.OwnRoleID = t.OwnRoleID
	given(&f.OwnRoleID, b.PlatformRoleID)
	given(&f.MFARequired, b.MFARequired)
	given(&f.IdleMinutes, b.IdleMinutes)
	given(&f.SessionHours, b.SessionHours)
	return f
}

// given takes over what the body holds.
func given[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// changed are the fields of t after a change. Leaving role, status or a safeguard out never changes what somebody may do.
func (b FieldsBody) changed(t Technician) Fields {
	f := b.fields(t.Fields)
	if f.PlatformRole == "" {
		f.PlatformRole = t.PlatformRole
	}
	if f.Status == "" {
		f.Status = t.Status
	}
	return f
}

func fieldsOf(f Fields) FieldsBody {
	open := f.UIAccess()
	return FieldsBody{
		GivenName: f.GivenName, FamilyName: f.FamilyName, DisplayName: f.DisplayName, Email: f.Email, Phone: f.Phone, OtherPhones: f.OtherPhones,
		JobTitle: f.JobTitle, Department: f.Department, Usernames: f.Usernames, PlatformRole: f.PlatformRole, PlatformRoleID: &f.OwnRoleID, Status: f.Status,
		Locale: f.Locale, TimeZone: f.TimeZone, TeamIDs: f.TeamIDs, CustomerIDs: f.CustomerIDs,
		UIAccess: &open, MFARequired: &f.MFARequired, AllowedNetworks: f.AllowedNetworks, IdleMinutes: &f.IdleMinutes, SessionHours: &f.SessionHours,
	}
}

// Body is a technician on the wire, also for who is signed in.
type Body struct {
	ID              string       `json:"id"`
	Name            string       `json:"name"`
	DisplayName     string       `json:"display_name"`
	GivenName       string       `json:"given_name"`
	FamilyName      string       `json:"family_name"`
	Email           string       `json:"email"`
	Phone           string       `json:"phone"`
	OtherPhones     []Phone      `json:"other_phones"`
	JobTitle        string       `json:"job_title"`
	Department      string       `json:"department"`
	Usernames       []string     `json:"usernames"`
	PlatformRole    perm.Role    `json:"platform_role"`
	PlatformRoleID  string       `json:"platform_role_id" doc:"one that the organization made and that counts instead of what comes with platform_role; empty for none"`
	PlatformRoleOwn string       `json:"platform_role_name" doc:"what that one is called; empty for none"`
	Owner           bool         `json:"owner"`
	Status          Status       `json:"status" enum:"active,inactive,suspended,over_limit"`
	State           State        `json:"state" enum:"invitation,activated"`
	Locale          string       `json:"locale"`
	TimeZone        string       `json:"time_zone"`
	Theme           string       `json:"theme" enum:"auto,light,dark"`
	TeamIDs         []string     `json:"team_ids"`
	CustomerIDs     []string     `json:"customer_ids"`
	UIAccess        bool         `json:"ui_access"`
	MFARequired     bool         `json:"mfa_required"`
	AllowedNetworks []string     `json:"allowed_networks"`
	IdleMinutes     int          `json:"idle_minutes"`
	SessionHours    int          `json:"session_hours"`
	ImportedFrom    string       `json:"imported_from" enum:",m365,google,ldap,scim,csv"`
	SourceID        string       `json:"source_id"`
	SMSConsent      *ConsentBody `json:"sms_consent"`
	AvatarURL       *string      `json:"avatar_url"`
	OpenTicketCount int          `json:"open_ticket_count" doc:"tickets assigned to the technician that are not closed"`
	LastActiveAt    *time.Time   `json:"last_active_at"`
	CreatedAt       time.Time    `json:"created_at"`
	UpdatedAt       time.Time    `json:"updated_at"`
	Version         int64        `json:"version"`
}

// ConsentBody says since when a technician agrees to text messages and calls, and to which text.
type ConsentBody struct {
	At          time.Time `json:"at"`
	TextVersion string    `json:"text_version"`
}

// BodyOf is a technician as the API shows one.
func BodyOf(t Technician) Body {
	b := Body{
		ID: t.ID, Name: t.Name(), DisplayName: t.DisplayName, GivenName: t.GivenName, FamilyName: t.FamilyName, Email: t.Email, Phone: t.Phone,
		OtherPhones: t.OtherPhones, JobTitle: t.JobTitle, Department: t.Department, Usernames: t.Usernames, PlatformRole: t.PlatformRole,
		PlatformRoleID: t.OwnRoleID, PlatformRoleOwn: t.OwnRole,
		Owner: t.Owner, Status: t.Status, State: t.State, Locale: t.Locale, TimeZone: t.TimeZone, Theme: t.Theme, TeamIDs: t.TeamIDs,
		CustomerIDs: t.CustomerIDs, UIAccess: t.UIAccess(), MFARequired: t.MFARequired, AllowedNetworks: t.AllowedNetworks,
		IdleMinutes: t.IdleMinutes, SessionHours: t.SessionHours, ImportedFrom: t.ImportedFrom, SourceID: t.SourceID,
		OpenTicketCount: t.OpenTickets, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
	}
	if t.SMSConsent.Given() {
		b.SMSConsent = &ConsentBody{t.SMSConsent.At, t.SMSConsent.TextVersion}
	}
	if t.Avatar != "" {
		address := "/api/avatars/" + t.Avatar
		b.AvatarURL = &address
	}
	if !t.LastActiveAt.IsZero() {
		b.LastActiveAt = &t.LastActiveAt
	}
	return b
}

func answer(t Technician, err error) (*httpapi.One[Body], error) {
	return &httpapi.One[Body]{ETag: httpapi.ETag(t.Version), Body: BodyOf(t)}, err
}

// ListQuery are the filters of the list, which bulk work and exports take as well.
type ListQuery struct {
	Q          string `query:"q" json:"q,omitempty" maxLength:"200" doc:"words in name, email, phone or usernames"`
	Status     Status `query:"status" json:"status,omitempty" enum:"active,inactive,suspended,over_limit"`
	State      State  `query:"state" json:"state,omitempty" enum:"invitation,activated"`
	Role       string `query:"role" json:"role,omitempty" maxLength:"36" doc:"a platform role: one of the four by its name, one of the organization’s own by its id"`
	CustomerID string `query:"customer_id" json:"customer_id,omitempty" maxLength:"36" doc:"assigned to this customer, directly or through a team"`
	TeamID     string `query:"team_id" json:"team_id,omitempty" maxLength:"36"`
	Source     string `query:"source" json:"source,omitempty" enum:"none,m365,google,ldap,scim,csv" doc:"where they come from; none: entered by hand"`
	UIAccess   string `query:"ui_access" json:"ui_access,omitempty" enum:"true,false"`
	MFA        string `query:"mfa" json:"mfa,omitempty" enum:"enrolled,missing" doc:"whether they have a second factor or a passkey"`
}

// Query is what the filters ask for.
func (l ListQuery) Query() Query {
	return Query{
		Text: l.Q, Status: l.Status, State: l.State, Role: l.Role, CustomerID: l.CustomerID, TeamID: l.TeamID, Source: l.Source, UIAccess: l.UIAccess, MFA: l.MFA,
	}
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	ListQuery
	Sort string `query:"sort" enum:"name,-name,email,-email,role,-role,status,-status,last_active_at,-last_active_at,created_at,-created_at"`
},
) (*httpapi.Page[Body], error) {
	q := in.Query()
	q.Sort, q.Page = in.Sort, in.Page()
	found, next, err := s.List(ctx, q)
	items := make([]Body, len(found))
	for i, t := range found {
		items[i] = BodyOf(t)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body newBody }) (*httpapi.Created[Body], error) {
	switch {
	case !in.Body.SendInvitation:
		return created(s.Create(ctx, in.Body.fields(Fields{}), in.Body.Password))
	case in.Body.Password != "":
		return nil, errEither
	}
	return created(s.Invite(ctx, in.Body.fields(Fields{})))
}

func (s *Service) postInvite(ctx context.Context, in *struct{ Body FieldsBody }) (*httpapi.Created[Body], error) {
	return created(s.Invite(ctx, in.Body.fields(Fields{})))
}

func created(t Technician, err error) (*httpapi.Created[Body], error) {
	return &httpapi.Created[Body]{Location: "/api/technicians/" + t.ID, ETag: httpapi.ETag(t.Version), Body: BodyOf(t)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[FieldsBody]
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(t Technician) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, t.Version); err != nil {
			return t.Fields, err
		}
		b, err := httpapi.Merge(fieldsOf(t.Fields), in.Body.RawMessage)
		return b.changed(t), err
	}))
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    FieldsBody
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(t Technician) (Fields, error) {
		return in.Body.changed(t), httpapi.IfMatch(in.IfMatch, t.Version)
	}))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(t Technician) error { return httpapi.IfMatch(in.IfMatch, t.Version) })
}

func (s *Service) suspend(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"for the audit log"`
	}
},
) (*httpapi.One[Body], error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return answer(s.Suspend(ctx, in.ID, reason))
}

func (s *Service) reactivate(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	return answer(s.Reactivate(ctx, in.ID))
}

func (s *Service) handOverTo(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	return answer(s.HandOver(ctx, in.ID))
}
