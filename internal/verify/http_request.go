package verify

import (
	"cmp"
	"context"
	"time"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
)

type requestBody struct {
	ID            string      `json:"id"`
	Direction     string      `json:"direction" enum:"technician"`
	ContactID     string      `json:"contact_id"`
	ContactName   string      `json:"contact_name"`
	CustomerID    string      `json:"customer_id"`
	CustomerName  string      `json:"customer_name"`
	State         State       `json:"state" enum:"pending,claimed,confirmed,confirmed_verbally,denied,expired,canceled,frozen"`
	Medium        message.Way `json:"medium" enum:"sms,email"`
	AddressMasked string      `json:"address_masked"`
	TicketID      *string     `json:"ticket_id"`
	ClaimedBy     *personBody `json:"claimed_by"`
	Code          string      `json:"code,omitempty" doc:"what the technician has to say; only for the one who claimed it, while it is claimed"`
	Unbound       bool        `json:"unbound" doc:"the confirmation carried no digits of the message"`
	Note          string      `json:"note"`
	CreatedAt     time.Time   `json:"created_at"`
	UpdatedAt     time.Time   `json:"updated_at"`
	ExpiresAt     time.Time   `json:"expires_at"`
	EndedAt       *time.Time  `json:"ended_at"`
	Version       int64       `json:"version"`
}

func requestBodyOf(r Request) requestBody {
	b := requestBody{
		ID: r.ID, Direction: "technician", ContactID: r.ContactID, ContactName: r.ContactName, CustomerID: r.CustomerID, CustomerName: r.CustomerName,
		State: r.State, Medium: r.Medium, AddressMasked: message.Mask(r.Address), Unbound: r.Unbound, Note: r.Note,
		CreatedAt: r.CreatedAt, UpdatedAt: cmp.Or(r.EndedAt, r.ClaimedAt, r.CreatedAt), ExpiresAt: r.ExpiresAt, EndedAt: optional(r.EndedAt), Version: r.Version,
	}
	if r.TicketID != "" {
		b.TicketID = &r.TicketID
	}
	if r.ClaimedBy != "" {
		b.ClaimedBy = &personBody{r.ClaimedBy, r.ClaimedName}
	}
	return b
}

type requestsInput struct {
	httpapi.Paging
	State State `query:"state" enum:"pending,claimed,confirmed,confirmed_verbally,denied,expired,canceled,frozen"`
}

func (s *Service) getRequests(ctx context.Context, in *requestsInput) (*httpapi.Page[requestBody], error) {
	page, next, err := s.Requests(ctx, in.State, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return httpapi.NewPage(each(page, requestBodyOf), next), nil
}

func (s *Service) getRequest(ctx context.Context, in *idInput) (*httpapi.One[requestBody], error) {
	return answerRequest(s.RequestByID(ctx, in.ID))
}

type claimInput struct {
	ID   string `path:"id"`
	Body struct {
		TicketID string `json:"ticket_id" maxLength:"36" doc:"a ticket of the contact's customer"`
	}
}

func (s *Service) postClaim(ctx context.Context, in *claimInput) (*httpapi.One[requestBody], error) {
	return answerRequest(s.Claim(ctx, in.ID, in.Body.TicketID))
}

type confirmInput struct {
	ID   string `path:"id"`
	Body struct {
		Note string `json:"note" maxLength:"2000" doc:"what the person said"`
	}
}

func (s *Service) postConfirm(ctx context.Context, in *confirmInput) (*httpapi.One[requestBody], error) {
	r, err := s.ConfirmVerbally(ctx, in.ID, in.Body.Note)
	return answerRequest(r, "", err)
}

func answerRequest(r Request, code string, err error) (*httpapi.One[requestBody], error) {
	if err != nil {
		return nil, err
	}
	b := requestBodyOf(r)
	b.Code = code
	return &httpapi.One[requestBody]{ETag: httpapi.ETag(r.Version), Body: b}, nil
}

type shieldBody struct {
	State     string      `json:"state" enum:"none,verified,failed"`
	Level     *string     `json:"level"`
	Method    *string     `json:"method"`
	At        *time.Time  `json:"at"`
	ExpiresAt *time.Time  `json:"expires_at"`
	By        *personBody `json:"by" doc:"the technician"`
}

func shieldBodyOf(s contact.Shield) shieldBody {
	b := shieldBody{State: s.State, At: optional(s.At), ExpiresAt: optional(s.ExpiresAt)}
	if s.State != shieldNone {
		b.Level, b.Method, b.By = &s.Level, &s.Method, &personBody{s.ByID, s.ByName}
	}
	return b
}

type panelBody struct {
	ContactID   string             `json:"contact_id"`
	Shield      shieldBody         `json:"shield"`
	LockedUntil *time.Time         `json:"locked_until"`
	Addresses   []panelAddressBody `json:"addresses"`
	Methods     []panelMethodBody  `json:"methods"`
	Pending     *verificationBody  `json:"pending"`
	Request     *requestBody       `json:"technician_verification"`
	History     []verificationBody `json:"history"`
}

type panelAddressBody struct {
	Address string     `json:"address"`
	Kind    string     `json:"kind" enum:"mobile,landline,email"`
	Masked  string     `json:"masked"`
	Shield  shieldBody `json:"shield"`
}

type panelMethodBody struct {
	Method    Method              `json:"method"`
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
	p, err := s.PanelOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := panelBody{ContactID: p.ContactID, Shield: shieldBodyOf(p.Shield), LockedUntil: optional(p.LockedUntil), History: each(p.History, bodyOf)}
	for _, a := range p.Addresses {
		b.Addresses = append(b.Addresses, panelAddressBody{a.Address, a.Kind, message.Mask(a.Address), shieldBodyOf(a.Shield)})
	}
	for _, m := range p.Methods {
		b.Methods = append(b.Methods, panelMethodBody{m.Method, levelName(m.Level), m.Reason == "", m.Reason, each(m.Addresses, func(a MethodAddress) methodAddressBody {
			return methodAddressBody{a.Address, message.Mask(a.Address), a.Reason == "", a.Reason}
		})})
	}
	if p.Pending != nil {
		b.Pending = new(bodyOf(*p.Pending))
	}
	if p.Request != nil {
		b.Request = new(requestBodyOf(*p.Request))
	}
	return &httpapi.One[panelBody]{Body: b}, nil
}
