package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts requests, decisions and the breaking of the glass.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/approvals", "/api/approvals/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-approvals", Method: "GET", Path: all, Summary: "List requests for approval that one may read, newest first", Needs: perm.SignedIn,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "ask-for-approval", Method: "POST", Path: all, Summary: "Ask a second person to approve an action", Needs: perm.SignedIn, Creates: true,
		MaxBody: maxParameters,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{ID: "get-approval", Method: "GET", Path: each, Summary: "Read a request for approval", Needs: perm.SignedIn, Object: s.object}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "approve", Method: "POST", Path: each + "/approve", Summary: "Approve exactly what was shown; it runs at once, and once", Needs: perm.SignedIn,
		Object: s.object, SessionOnly: true, Fresh: true,
	}, s.postApprove)
	httpapi.Handle(api, httpapi.Route{
		ID: "refuse-approval", Method: "POST", Path: each + "/refuse", Summary: "Refuse a request", Needs: perm.SignedIn, Object: s.object,
	}, s.postRefuse)
	httpapi.Handle(api, httpapi.Route{
		ID: "withdraw-approval", Method: "POST", Path: each + "/withdraw", Summary: "Take one’s own request back", Needs: perm.SignedIn, Object: s.object,
	}, s.postWithdraw)
	httpapi.Handle(api, httpapi.Route{
		ID: "break-glass", Method: "POST", Path: "/api/break-glass", Summary: "Do at once what takes a second person, with a reason; everybody who reads the audit log is told",
		Needs: perm.SignedIn, Creates: true, MaxBody: maxParameters, SessionOnly: true, Fresh: true,
	}, s.postGlass)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	_, err := s.Find(ctx, id)
	return access.Object{Type: "approval", ID: id}, err
}

type askBody struct {
	Action     string         `json:"action" maxLength:"100" doc:"as in the template of the refusal"`
	Parameters map[string]any `json:"parameters" doc:"of the action"`
	Reason     string         `json:"reason" minLength:"1" maxLength:"500" doc:"for whoever decides, and for the record; in at least ten characters to break the glass"`
	TicketID   string         `json:"ticket_id,omitempty" maxLength:"36"`
	Minutes    int            `json:"expires_in_minutes,omitempty" minimum:"5" maximum:"10080" doc:"how long the request waits for a decision; an hour by default"`
}

func (b askBody) fields() (Fields, error) {
	raw, err := json.Marshal(b.Parameters)
	return Fields{Action: b.Action, Parameters: raw, Reason: b.Reason, TicketID: b.TicketID, Life: time.Duration(b.Minutes) * time.Minute}, err
}

type glassBody struct {
	Action     string         `json:"action" maxLength:"100" doc:"as in the template of the refusal"`
	Parameters map[string]any `json:"parameters" doc:"of the action"`
	Reason     string         `json:"reason" minLength:"10" maxLength:"500" doc:"why this cannot wait"`
	TicketID   string         `json:"ticket_id,omitempty" maxLength:"36"`
}

// PersonBody is somebody with their name as it was.
type PersonBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type thingBody struct {
	Type string `json:"type" doc:"device, technician, customer, contact, organization …"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

type mayBody struct {
	Decide   bool   `json:"decide" doc:"the reader may approve or refuse it now"`
	Withdraw bool   `json:"withdraw" doc:"the reader asked for it, and it has not run"`
	Use      bool   `json:"use" doc:"approved, and the reader uses it themselves: by downloading the audit log with approval_id"`
	WhyNot   string `json:"why_not,omitempty" doc:"the code of why the reader may not decide, while it is open"`
}

// Body is a request on the wire.
type Body struct {
	ID          string            `json:"id"`
	Action      string            `json:"action"`
	Permission  perm.Permission   `json:"permission" doc:"that it takes; empty for access that is asked for"`
	Target      thingBody         `json:"target" doc:"what it is done to, as it was when it was asked for"`
	Customer    *PersonBody       `json:"customer" doc:"null for what concerns the organization"`
	Parameters  map[string]any    `json:"parameters" doc:"as they will run"`
	Facts       []Fact            `json:"facts" doc:"what the ids in the parameters stand for, in the order in which they are shown"`
	Gives       []perm.Permission `json:"gives" doc:"what the requester gets, where access is asked for"`
	Reason      string            `json:"reason"`
	TicketID    *string           `json:"ticket_id"`
	Requester   PersonBody        `json:"requester"`
	State       State             `json:"state" enum:"pending,approved,executed,failed,refused,withdrawn,expired"`
	BreakGlass  bool              `json:"break_glass" doc:"done at once by an administrator, without a second person"`
	DecidedBy   *PersonBody       `json:"decided_by"`
	Comment     string            `json:"comment"`
	Failure     string            `json:"failure" doc:"the code of why it did not run; empty unless it failed"`
	CreatedAt   time.Time         `json:"created_at"`
	ExpiresAt   time.Time         `json:"expires_at" doc:"until when it can be decided"`
	DecidedAt   *time.Time        `json:"decided_at"`
	UsableUntil *time.Time        `json:"usable_until" doc:"until when what was approved runs or can be used"`
	EndedAt     *time.Time        `json:"ended_at"`
	Digest      Digest            `json:"digest" doc:"SHA-256 of everything above that was asked for: name it to approve exactly this"`
	May         mayBody           `json:"may"`
	Version     int64             `json:"version"`
}

func (s *Service) bodyOf(ctx context.Context, r Request) (b Body, err error) {
	b = Body{
		ID: r.ID, Action: r.Action, Permission: r.Permission, Target: thingBody(r.Target), Facts: r.Facts, Gives: r.Gives, Reason: r.Reason,
		Requester: PersonBody(r.Requester), State: r.State, BreakGlass: r.BreakGlass, Comment: r.Comment, Failure: r.Failure, CreatedAt: r.CreatedAt,
		ExpiresAt: r.ExpiresAt, DecidedAt: httpapi.Optional(r.DecidedAt), UsableUntil: httpapi.Optional(r.UsableUntil),
		EndedAt: httpapi.Optional(r.EndedAt), Digest: r.Digest, Version: r.Version,
	}
	if err := json.Unmarshal(r.Raw(), &b.Parameters); err != nil {
		return b, fmt.Errorf("show the parameters of request %s: %w", r.ID, err)
	}
	if r.CustomerID != "" {
		b.Customer = &PersonBody{r.CustomerID, r.CustomerName}
	}
	if r.TicketID != "" {
		b.TicketID = &r.TicketID
	}
	if r.Decider.ID != "" {
		b.DecidedBy = &PersonBody{r.Decider.ID, r.Decider.Name}
	}
	own := r.Requester.ID == access.ActorFrom(ctx).ID
	b.May.Withdraw = own && (r.State == Pending || r.State == Approved)
	b.May.Use = own && r.State == Approved && s.actions[r.Action].Run == nil
	if r.State == Pending {
		err := s.MayDecide(ctx, r)
		b.May.Decide, b.May.WhyNot = err == nil, fault.CodeOf(err)
	}
	return b, nil
}

func (s *Service) answer(ctx context.Context, r Request, err error) (*httpapi.One[Body], error) {
	if err != nil {
		return nil, err
	}
	b, err := s.bodyOf(ctx, r)
	return &httpapi.One[Body]{ETag: httpapi.ETag(r.Version), Body: b}, err
}

func (s *Service) created(ctx context.Context, r Request, err error) (*httpapi.Created[Body], error) {
	if err != nil {
		return nil, err
	}
	b, err := s.bodyOf(ctx, r)
	return &httpapi.Created[Body]{Location: "/api/approvals/" + r.ID, ETag: httpapi.ETag(r.Version), Body: b}, err
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	State    State `query:"state" enum:"pending,approved,executed,failed,refused,withdrawn,expired"`
	Mine     bool  `query:"mine" doc:"that the reader asked for"`
	ToDecide bool  `query:"to_decide" doc:"pending ones that the reader may decide; a page may be short and yet not the last"`
},
) (*httpapi.Page[Body], error) {
	found, next, err := s.List(ctx, Query{State: in.State, Mine: in.Mine, ToDecide: in.ToDecide, Page: in.Page()})
	if err != nil {
		return nil, err
	}
	items := make([]Body, len(found))
	for i, r := range found {
		if items[i], err = s.bodyOf(ctx, r); err != nil {
			return nil, err
		}
	}
	return httpapi.NewPage(items, next), nil
}

func (s *Service) post(ctx context.Context, in *struct{ Body askBody }) (*httpapi.Created[Body], error) {
	want, err := in.Body.fields()
	if err != nil {
		return nil, errParameters.Because(err)
	}
	r, err := s.Create(ctx, want)
	return s.created(ctx, r, err)
}

func (s *Service) postGlass(ctx context.Context, in *struct{ Body glassBody }) (*httpapi.Created[Body], error) {
	b := in.Body
	want, err := askBody{Action: b.Action, Parameters: b.Parameters, Reason: b.Reason, TicketID: b.TicketID}.fields()
	if err != nil {
		return nil, errParameters.Because(err)
	}
	r, err := s.BreakGlass(ctx, want)
	return s.created(ctx, r, err)
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	r, err := s.Find(ctx, in.ID)
	return s.answer(ctx, r, err)
}

func (s *Service) postApprove(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		Digest    Digest `json:"digest" minLength:"64" maxLength:"64" doc:"of the request as it was shown"`
		Comment   string `json:"comment,omitempty" maxLength:"500"`
		Signature string `json:"signature,omitempty" maxLength:"32" doc:"s of the link that led here, if one did"`
	}
},
) (*httpapi.One[Body], error) {
	d := Decision{Approve: true, Digest: in.Body.Digest, Signature: in.Body.Signature, Comment: in.Body.Comment}
	r, err := s.Decide(ctx, in.ID, d, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	return s.answer(ctx, r, err)
}

func (s *Service) postRefuse(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		Comment   string `json:"comment,omitempty" maxLength:"500"`
		Signature string `json:"signature,omitempty" maxLength:"32" doc:"s of the link that led here, if one did"`
	}
},
) (*httpapi.One[Body], error) {
	d := Decision{Signature: in.Body.Signature, Comment: in.Body.Comment}
	r, err := s.Decide(ctx, in.ID, d, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	return s.answer(ctx, r, err)
}

func (s *Service) postWithdraw(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*httpapi.One[Body], error) {
	r, err := s.Withdraw(ctx, in.ID, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	return s.answer(ctx, r, err)
}
