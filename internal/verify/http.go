package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verifypolicy"
)

// Routes mounts the API and the pages behind links.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: permRun, While: []access.Hold{access.HoldPod}}
	}
	one := func(r httpapi.Route, find func(context.Context, string) (access.Object, error)) httpapi.Route {
		r.Object = find
		return r
	}
	start := route("start-verification", "POST", "/api/verifications", "Send a contact a code or a link")
	start.Creates, start.Secret = true, true
	httpapi.Handle(api, start, s.postVerification)
	httpapi.Handle(api, route("list-verifications", "GET", "/api/verifications", "List end-user verifications"), s.getVerifications)
	httpapi.Handle(api, one(route("get-verification", "GET", "/api/verifications/{id}", "Look at a verification"), s.verificationObject), s.getVerification)
	httpapi.Handle(api, one(route("check-verification", "POST", "/api/verifications/{id}/check", "Check the code that the caller read out"), s.verificationObject), s.postCheck)
	httpapi.Handle(api, one(route("cancel-verification", "POST", "/api/verifications/{id}/cancel", "Cancel a pending verification"), s.verificationObject), s.postCancel)

	httpapi.Handle(api, one(route("clear-action", "POST", "/api/contacts/{id}/clearances", "Ask whether an action may be done for a contact now, and put it on record"), s.ContactObject), s.postClearance)

	read := route("get-verification-settings", "GET", "/api/settings/verification", "Read the verification settings")
	read.Needs = perm.SignedIn
	httpapi.Handle(api, read, s.getSettings)
	change := route("change-verification-settings", "PATCH", "/api/settings/verification", "Change the verification settings")
	change.Needs, change.While = perm.AdminSettings, nil
	httpapi.Handle(api, change, s.patchSettings)
	on := route("switch-codes-on", "POST", "/api/settings/verification/switch-codes-on", "Switch verification by code on again after too many wrong codes")
	on.Needs, on.While, on.Fresh = perm.AdminSettings, nil, true
	httpapi.Handle(api, on, s.postCodesOn)

	page := httpapi.Route{ID: "open-link", Method: "GET", Path: "/v/{token}", Summary: "The page behind a link", Needs: perm.Public, Hidden: true}
	api.Raw(page, http.HandlerFunc(s.pages.get))
	page.ID, page.Method = "answer-link", "POST"
	api.Raw(page, http.HandlerFunc(s.pages.post))
}

func (s *Service) verificationObject(ctx context.Context, id string) (access.Object, error) {
	v, err := findVerification(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return object(v.CustomerID), err
}

// ContactObject finds the contact of a route, for what decides about access.
func (s *Service) ContactObject(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "contact", ID: id, CustomerID: c.CustomerID}, err
}

// Person names somebody.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Body is a verification as the API shows it. It never holds a code.
type Body struct {
	ID            string     `json:"id"`
	Direction     string     `json:"direction" enum:"end_user"`
	ContactID     string     `json:"contact_id"`
	ContactName   string     `json:"contact_name"`
	CustomerID    string     `json:"customer_id"`
	Method        MethodName `json:"method"`
	Form          Form       `json:"form" enum:"code,page,push" doc:"what the contact does: reads digits out, answers on a page behind a link, or answers in an app"`
	Level         string     `json:"level" doc:"how much it proves: L0 to L5"`
	State         State      `json:"state" enum:"pending,verified,failed,expired,denied,canceled,send_failed,frozen"`
	Delivery      string     `json:"delivery" doc:"how its message fares"`
	AddressMasked string     `json:"address_masked"`
	TicketID      *string    `json:"ticket_id"`
	TicketNumber  *int64     `json:"ticket_number"`
	Action        string     `json:"action"`
	CallDirection Direction  `json:"call_direction" enum:"inbound,outbound"`
	Note          string     `json:"note"`
	Technician    Person     `json:"technician"`
	TriesLeft     int        `json:"tries_left"`
	SpokenNumber  string     `json:"spoken_number,omitempty" doc:"only in the answer that creates a verification by link: the number that the technician says"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	ExpiresAt     time.Time  `json:"expires_at"`
	EndedAt       *time.Time `json:"ended_at"`
	ShieldUntil   *time.Time `json:"shield_until"`
	Version       int64      `json:"version"`
}

// BodyOf shows v.
func BodyOf(v Verification) Body {
	b := Body{
		ID: v.ID, Direction: "end_user", ContactID: v.ContactID, ContactName: v.ContactName, CustomerID: v.CustomerID, Method: v.Method, Form: v.Form,
		Level: LevelName(v.Level), State: v.State, Delivery: v.Delivery, AddressMasked: message.Mask(v.Address), Action: v.Action,
		CallDirection: v.CallDirection, Note: v.Note, Technician: Person{v.TechnicianID, v.TechnicianName},
		CreatedAt: v.CreatedAt, UpdatedAt: cmp.Or(v.EndedAt, v.CreatedAt), ExpiresAt: v.ExpiresAt, EndedAt: httpapi.Optional(v.EndedAt), ShieldUntil: httpapi.Optional(v.ShieldUntil), Version: v.Version,
	}
	if v.State == Pending {
		b.TriesLeft = maxTries - v.Tries
		if v.Form == FormPage {
			b.TriesLeft = 1 - v.Tries
		}
	}
	if v.TicketID != "" {
		b.TicketID, b.TicketNumber = &v.TicketID, &v.TicketNumber
	}
	return b
}

type startInput struct {
	Body struct {
		ContactID     string     `json:"contact_id" maxLength:"36"`
		Method        MethodName `json:"method" maxLength:"40" doc:"one of those that the contact's panel lists, such as sms_code"`
		Address       string     `json:"address,omitempty" maxLength:"320" doc:"one of the contact's; the first that suits the method if absent"`
		TicketID      string     `json:"ticket_id,omitempty" maxLength:"36"`
		Action        string     `json:"action,omitempty" maxLength:"100" doc:"what the caller asks for"`
		CallDirection Direction  `json:"call_direction,omitempty" maxLength:"20" doc:"inbound: they called us (the default); outbound: we called them"`
		Note          string     `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *Service) postVerification(ctx context.Context, in *startInput) (*httpapi.Created[Body], error) {
	b := in.Body
	v, spoken, err := s.Start(ctx, StartRequest{b.ContactID, b.Method, b.Address, b.TicketID, b.Action, b.CallDirection, b.Note})
	if fault.KindOf(err) == fault.NotFound { // an id inside a body
		return nil, errContact
	}
	if err != nil {
		return nil, err
	}
	out := BodyOf(v)
	out.SpokenNumber = spoken
	return &httpapi.Created[Body]{Location: "/api/verifications/" + v.ID, ETag: httpapi.ETag(v.Version), Body: out}, nil
}

type listInput struct {
	httpapi.Paging
	ContactID string `query:"contact_id" maxLength:"36"`
	TicketID  string `query:"ticket_id" maxLength:"36"`
	State     State  `query:"state" enum:"pending,verified,failed,expired,denied,canceled,send_failed,frozen"`
}

func (s *Service) getVerifications(ctx context.Context, in *listInput) (*httpapi.Page[Body], error) {
	page, next, err := s.List(ctx, Filter{in.ContactID, in.TicketID, in.State}, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return httpapi.NewPage(httpapi.Each(page, BodyOf), next), nil
}

type idInput struct {
	ID string `path:"id"`
}

func (s *Service) getVerification(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return answer1(s.ByID(ctx, in.ID))
}

type checkInput struct {
	ID   string `path:"id"`
	Body struct {
		Code string `json:"code" maxLength:"64" doc:"the digits that the caller read out"`
	}
}

func (s *Service) postCheck(ctx context.Context, in *checkInput) (*httpapi.One[Body], error) {
	return answer1(s.Check(ctx, in.ID, in.Body.Code))
}

func (s *Service) postCancel(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return answer1(s.Cancel(ctx, in.ID))
}

func answer1(v Verification, err error) (*httpapi.One[Body], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[Body]{ETag: httpapi.ETag(v.Version), Body: BodyOf(v)}, nil
}

type settingsBody struct {
	PhoneNumber string     `json:"phone_number" readOnly:"true" doc:"where people text #verify"`
	Email       string     `json:"email" readOnly:"true" doc:"where people write #verify"`
	CodesOff    *time.Time `json:"codes_off_until" readOnly:"true" doc:"null unless too many wrong codes turned verification by code off; when it comes back by itself"`
	Settings
}

type settingsOutput struct {
	ETag string `header:"ETag"`
	Body settingsBody
}

func (s *Service) getSettings(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
	org := access.ActorFrom(ctx).OrgID
	set, version, err := SettingsOf(ctx, s.DB.Read(), org)
	if err != nil {
		return nil, err
	}
	phone, email, err := s.Messages.Inbound(ctx, s.DB.Read(), org)
	if err != nil {
		return nil, err
	}
	off, err := s.CodesOffUntil(ctx, s.DB.Read(), org)
	if err != nil {
		return nil, err
	}
	return &settingsOutput{httpapi.ETag(version), settingsBody{phone, email, httpapi.Optional(off), set}}, nil
}

func (s *Service) postCodesOn(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
	if err := s.SwitchCodesOn(ctx); err != nil {
		return nil, err
	}
	return s.getSettings(ctx, nil)
}

type settingsInput struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[Settings]
}

func (s *Service) patchSettings(ctx context.Context, in *settingsInput) (*settingsOutput, error) {
	set, version, err := SettingsOf(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	if err := httpapi.IfMatch(in.IfMatch, version); err != nil {
		return nil, err
	}
	next, err := httpapi.Merge(set, json.RawMessage(in.Body.RawMessage))
	if err != nil {
		return nil, err
	}
	if err := s.SaveSettings(ctx, next, version); err != nil {
		return nil, err
	}
	return s.getSettings(ctx, nil)
}

type clearInput struct {
	ID   string `path:"id"`
	Body struct {
		Action   verifypolicy.Action `json:"action" maxLength:"40" doc:"one of those that the contact's panel lists"`
		TicketID string              `json:"ticket_id,omitempty" maxLength:"36"`
	}
}

type clearanceBody struct {
	ContactID     string              `json:"contact_id"`
	Action        verifypolicy.Action `json:"action"`
	RequiredLevel string              `json:"required_level"`
	Level         string              `json:"level" doc:"what was proved"`
}

func (s *Service) postClearance(ctx context.Context, in *clearInput) (*httpapi.One[clearanceBody], error) {
	x, err := s.Clear(ctx, in.ID, in.Body.Action, in.Body.TicketID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[clearanceBody]{Body: clearanceBody{in.ID, x.Action, LevelName(x.Required), LevelName(x.Level)}}, nil
}
