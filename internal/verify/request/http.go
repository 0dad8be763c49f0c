package request

import (
	"cmp"
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verify"
)

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: permRun, While: []access.Hold{access.HoldPod}}
		if id != "list-technician-verifications" {
			r.Object = s.objectOf
		}
		return r
	}
	httpapi.Handle(api, route("list-technician-verifications", "GET", "/api/technician-verifications", "List who asks whether a technician is real"), s.getRequests)
	httpapi.Handle(api, route("get-technician-verification", "GET", "/api/technician-verifications/{id}", "Look at a technician verification"), s.getRequest)
	claim := route("claim-technician-verification", "POST", "/api/technician-verifications/{id}/claim", "Claim it for a ticket and see the code to say")
	claim.Secret = true
	httpapi.Handle(api, claim, s.postClaim)
	httpapi.Handle(api, route("confirm-technician-verification", "POST", "/api/technician-verifications/{id}/confirm-verbally", "Log that the contact confirmed by word of mouth"), s.postConfirm)
}

func (s *Service) objectOf(ctx context.Context, id string) (access.Object, error) {
	r, err := findRequest(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return object(r.CustomerID), err
}

// Body is a technician verification as the API shows it. Its code is filled for the claimer alone.
type Body struct {
	ID            string         `json:"id"`
	Direction     string         `json:"direction" enum:"technician"`
	ContactID     string         `json:"contact_id"`
	ContactName   string         `json:"contact_name"`
	CustomerID    string         `json:"customer_id"`
	CustomerName  string         `json:"customer_name"`
	State         verify.State   `json:"state" enum:"pending,claimed,confirmed,confirmed_verbally,denied,expired,canceled,frozen"`
	Medium        message.Way    `json:"medium" enum:"sms,email"`
	AddressMasked string         `json:"address_masked"`
	TicketID      *string        `json:"ticket_id"`
	ClaimedBy     *verify.Person `json:"claimed_by"`
	Code          string         `json:"code,omitempty" doc:"what the technician has to say; only for the one who claimed it, while it is claimed"`
	Unbound       bool           `json:"unbound" doc:"the confirmation carried no digits of the message"`
	Note          string         `json:"note"`
	CreatedAt     time.Time      `json:"created_at"`
	UpdatedAt     time.Time      `json:"updated_at"`
	ExpiresAt     time.Time      `json:"expires_at"`
	EndedAt       *time.Time     `json:"ended_at"`
	Version       int64          `json:"version"`
}

// BodyOf shows r, without its code.
func BodyOf(r Request) Body {
	b := Body{
		ID: r.ID, Direction: "technician", ContactID: r.ContactID, ContactName: r.ContactName, CustomerID: r.CustomerID, CustomerName: r.CustomerName,
		State: r.State, Medium: r.Medium, AddressMasked: message.Mask(r.Address), Unbound: r.Unbound, Note: r.Note,
		CreatedAt: r.CreatedAt, UpdatedAt: cmp.Or(r.EndedAt, r.ClaimedAt, r.CreatedAt), ExpiresAt: r.ExpiresAt, EndedAt: httpapi.Optional(r.EndedAt), Version: r.Version,
	}
	if r.TicketID != "" {
		b.TicketID = &r.TicketID
	}
	if r.ClaimedBy != "" {
		b.ClaimedBy = &verify.Person{ID: r.ClaimedBy, Name: r.ClaimedName}
	}
	return b
}

type requestsInput struct {
	httpapi.Paging
	State verify.State `query:"state" enum:"pending,claimed,confirmed,confirmed_verbally,denied,expired,canceled,frozen"`
}

func (s *Service) getRequests(ctx context.Context, in *requestsInput) (*httpapi.Page[Body], error) {
	page, next, err := s.List(ctx, in.State, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return httpapi.NewPage(httpapi.Each(page, BodyOf), next), nil
}

func (s *Service) getRequest(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return answerRequest(s.ByID(ctx, in.ID))
}

type claimInput struct {
	ID   string `path:"id"`
	Body struct {
		TicketID string `json:"ticket_id" maxLength:"36" doc:"a ticket of the contact's customer"`
	}
}

func (s *Service) postClaim(ctx context.Context, in *claimInput) (*httpapi.One[Body], error) {
	return answerRequest(s.Claim(ctx, in.ID, in.Body.TicketID))
}

type confirmInput struct {
	ID   string `path:"id"`
	Body struct {
		Note string `json:"note" maxLength:"2000" doc:"what the person said"`
	}
}

func (s *Service) postConfirm(ctx context.Context, in *confirmInput) (*httpapi.One[Body], error) {
	r, err := s.ConfirmVerbally(ctx, in.ID, in.Body.Note)
	return answerRequest(r, "", err)
}

func answerRequest(r Request, code string, err error) (*httpapi.One[Body], error) {
	if err != nil {
		return nil, err
	}
	b := BodyOf(r)
	b.Code = code
	return &httpapi.One[Body]{ETag: httpapi.ETag(r.Version), Body: b}, nil
}

type idInput struct {
	ID string `path:"id"`
}
