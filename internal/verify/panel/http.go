// Package panel answers what a technician asks in front of a contact: what is known of both directions, and what can be done now.
package panel

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/request"
	"countersign.dev/countersign/internal/verifypolicy"
)

// Service shows the panel.
type Service struct {
	verifications *verify.Service
	requests      *request.Service
}

// New returns a Service.
func New(v *verify.Service, r *request.Service) *Service { return &Service{v, r} }

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "get-contact-verification", Method: "GET", Path: "/api/contacts/{id}/verification", Summary: "See how a contact can be verified",
		Needs: perm.VerificationRun, Object: s.verifications.ContactObject, While: []access.Hold{access.HoldPod},
	}, s.getPanel)
}

type idInput struct {
	ID string `path:"id"`
}

type shieldBody struct {
	State     string         `json:"state" enum:"none,verified,failed"`
	Level     *string        `json:"level"`
	Method    *string        `json:"method"`
	At        *time.Time     `json:"at"`
	ExpiresAt *time.Time     `json:"expires_at"`
	By        *verify.Person `json:"by" doc:"the technician"`
}

func shieldBodyOf(s contact.Shield) shieldBody {
	b := shieldBody{State: s.State, At: httpapi.Optional(s.At), ExpiresAt: httpapi.Optional(s.ExpiresAt)}
	if s.State != "none" {
		b.Level, b.Method, b.By = &s.Level, &s.Method, &verify.Person{ID: s.ByID, Name: s.ByName}
	}
	return b
}

type panelBody struct {
	ContactID   string               `json:"contact_id"`
	Shield      shieldBody           `json:"shield"`
	LockedUntil *time.Time           `json:"locked_until"`
	CodesOff    *time.Time           `json:"codes_off_until" doc:"null unless too many wrong codes turned verification by code off for everybody"`
	Addresses   []panelAddressBody   `json:"addresses"`
	Methods     []panelMethodBody    `json:"methods"`
	Pending     *verify.Body         `json:"pending"`
	Request     *request.Body        `json:"technician_verification"`
	History     []verify.Body        `json:"history"`
	Banner      *verifypolicy.Banner `json:"banner" doc:"what technicians are to know about this customer's callers"`
	ShowOnLoad  bool                 `json:"show_on_load" doc:"the panel comes forward when a ticket is opened for the first time"`
	Level       string               `json:"level" doc:"what the live proofs are worth together"`
	Actions     []actionBody         `json:"actions"`
}

type actionBody struct {
	Action        verifypolicy.Action `json:"action"`
	RequiredLevel string              `json:"required_level"`
	Cleared       bool                `json:"cleared" doc:"there is a proof of that level now"`
}

type panelAddressBody struct {
	Address string     `json:"address"`
	Kind    string     `json:"kind" enum:"mobile,landline,email"`
	Masked  string     `json:"masked"`
	Shield  shieldBody `json:"shield"`
}

type panelMethodBody struct {
	Method    verify.MethodName   `json:"method"`
	Level     string              `json:"level"`
	Available bool                `json:"available"`
	Reason    string              `json:"reason" doc:"the code of what keeps it from working now"`
	Addresses []methodAddressBody `json:"addresses"`
}

type methodAddressBody struct {
	Address   string `json:"address"`
	Masked    string `json:"masked"`
	Available bool   `json:"available"`
	Reason    string `json:"reason"`
}

func (s *Service) getPanel(ctx context.Context, in *idInput) (*httpapi.One[panelBody], error) {
	p, err := s.verifications.PanelOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := panelBody{
		ContactID: p.ContactID, Shield: shieldBodyOf(p.Shield), LockedUntil: httpapi.Optional(p.LockedUntil), CodesOff: httpapi.Optional(p.CodesOff), History: httpapi.Each(p.History, verify.BodyOf),
		Banner: p.Banner, ShowOnLoad: p.ShowOnLoad, Level: verify.LevelName(p.Level),
		Actions: httpapi.Each(p.Actions, func(a verify.PanelAction) actionBody {
			return actionBody{a.Action, verify.LevelName(a.Required), a.Cleared}
		}),
	}
	for _, a := range p.Addresses {
		b.Addresses = append(b.Addresses, panelAddressBody{a.Address, a.Kind, message.Mask(a.Address), shieldBodyOf(a.Shield)})
	}
	for _, m := range p.Methods {
		b.Methods = append(b.Methods, panelMethodBody{m.Name, verify.LevelName(m.Level), m.Reason == "", m.Reason, httpapi.Each(m.Addresses, func(a verify.MethodAddress) methodAddressBody {
			return methodAddressBody{a.Address, message.Mask(a.Address), a.Reason == "", a.Reason}
		})})
	}
	if p.Pending != nil {
		b.Pending = new(verify.BodyOf(*p.Pending))
	}
	r, err := s.requests.Live(ctx, p.ContactID)
	if err != nil {
		return nil, err
	}
	if r.ID != "" {
		b.Request = new(request.BodyOf(r))
	}
	return &httpapi.One[panelBody]{Body: b}, nil
}
