package pod

import (
	"context"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/signin"
)

// Routes mounts the settings of pods and what their frames need.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/pods", "/api/pods/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-pods", Method: "GET", Path: all, Summary: "List the pods for ticket systems", Needs: perm.AdminSettings,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-pod", Method: "POST", Path: all, Summary: "Create a pod; its secret is shown once", Needs: perm.AdminSettings, Fresh: true,
		Creates: true, Secret: true,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-pod", Method: "GET", Path: each, Summary: "Read a pod", Needs: perm.AdminSettings, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-pod", Method: "PATCH", Path: each, Summary: "Change a pod", Needs: perm.AdminSettings, Fresh: true, Object: s.object,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-pod", Method: "DELETE", Path: each, Summary: "Delete a pod and end its sessions", Needs: perm.AdminSettings, Fresh: true, Object: s.object,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "rotate-pod-secret", Method: "POST", Path: each + "/rotate", Summary: "Give a pod another secret; it is shown once", Needs: perm.AdminSettings,
		Fresh: true, Object: s.object, Secret: true,
	}, s.postRotate)
	httpapi.Handle(api, httpapi.Route{
		ID: "open-pod", Method: "POST", Path: each + "/open", Summary: "Say which ticket and contact the link of a pod means", Needs: perm.SignedIn,
		Object: s.object, While: []access.Hold{access.HoldPod}, MaxBody: 8 << 10,
	}, s.postOpen)
	httpapi.Handle(api, httpapi.Route{
		ID: "grant-pod-session", Method: "POST", Path: each + "/grants", Summary: "Make the code that hands this session to a framed pod, once within a minute",
		Needs: perm.SignedIn, Object: s.object, SessionOnly: true, While: []access.Hold{access.HoldHandover}, MaxBody: 1 << 10, Secret: true,
	}, s.postGrant)
	httpapi.Handle(api, httpapi.Route{
		ID: "start-pod-session", Method: "POST", Path: "/api/session/pod", Summary: "Begin the session of a framed pod with such a code", Needs: perm.Public,
		MaxBody: 1 << 10, Secret: true,
	}, s.postSession)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	p, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "pod", ID: p.ID}, err
}

// fieldsBody is what may be entered.
type fieldsBody struct {
	Name       string   `json:"name" minLength:"1" maxLength:"100"`
	Kind       Kind     `json:"kind,omitempty" enum:"connectwise,autotask,halopsa,zendesk,other" doc:"other if absent"`
	Origins    []string `json:"origins,omitempty" maxItems:"10" doc:"that may frame the pod, exactly: https://na.myconnectwise.net"`
	SignedOnly bool     `json:"signed_only,omitempty" doc:"links without a good signature open nothing"`
}

// body is a pod on the wire.
type body struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Kind          Kind       `json:"kind" enum:"connectwise,autotask,halopsa,zendesk,other"`
	Origins       []string   `json:"origins"`
	SignedOnly    bool       `json:"signed_only"`
	URL           string     `json:"url" doc:"what the ticket system frames; ?ticket= and ?contact= say what is meant"`
	Secret        string     `json:"secret,omitempty" doc:"signs links; only in the answer that makes it"`
	PreviousUntil *time.Time `json:"previous_secret_until" doc:"until when the secret before is good as well"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	Version       int64      `json:"version"`
}

func (s *Service) bodyOf(p Pod, secret string) body {
	b := body{
		ID: p.ID, Name: p.Name, Kind: p.Kind, Origins: p.Origins, SignedOnly: p.SignedOnly, URL: s.BaseURL + "/pod/" + p.ID, Secret: secret,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Version: p.Version,
	}
	if !p.PreviousUntil.IsZero() {
		b.PreviousUntil = &p.PreviousUntil
	}
	return b
}

func (s *Service) one(p Pod, secret string, err error) (*httpapi.One[body], error) {
	return &httpapi.One[body]{ETag: httpapi.ETag(p.Version), Body: s.bodyOf(p, secret)}, err
}

func (s *Service) getList(ctx context.Context, _ *struct{ httpapi.Paging }) (*httpapi.Page[body], error) {
	found, err := s.List(ctx)
	items := make([]body, len(found))
	for i, p := range found {
		items[i] = s.bodyOf(p, "")
	}
	return httpapi.NewPage(items, ""), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[body], error) {
	p, secret, err := s.Create(ctx, Fields(in.Body))
	return &httpapi.Created[body]{Location: "/api/pods/" + p.ID, ETag: httpapi.ETag(p.Version), Body: s.bodyOf(p, secret)}, err
}

type idInput struct {
	ID string `path:"id"`
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[body], error) {
	p, err := s.Find(ctx, in.ID)
	return s.one(p, "", err)
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[body], error) {
	p, err := s.Update(ctx, in.ID, func(p Pod) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, p.Version); err != nil {
			return p.Fields, err
		}
		b, err := httpapi.Merge(fieldsBody(p.Fields), in.Body.RawMessage)
		return Fields(b), err
	})
	return s.one(p, "", err)
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(p Pod) error { return httpapi.IfMatch(in.IfMatch, p.Version) })
}

func (s *Service) postRotate(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		GraceHours *int `json:"grace_hours,omitempty" minimum:"0" maximum:"168" doc:"how long the old secret stays good; 24 if absent"`
	}
},
) (*httpapi.One[body], error) {
	grace := usualGrace
	if in.Body.GraceHours != nil {
		grace = time.Duration(*in.Body.GraceHours) * time.Hour
	}
	p, secret, err := s.Rotate(ctx, in.ID, grace, func(p Pod) error { return httpapi.IfMatch(in.IfMatch, p.Version) })
	return s.one(p, secret, err)
}

// openedBody is what a link means.
type openedBody struct {
	PodName    string  `json:"pod_name"`
	TicketID   *string `json:"ticket_id" doc:"null where the link names no ticket"`
	CustomerID *string `json:"customer_id" doc:"of the ticket"`
	ContactID  *string `json:"contact_id" doc:"whose caller it is; null where that has to be chosen"`
}

type opened struct{ Body openedBody }

func (s *Service) postOpen(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Ticket  string `json:"ticket,omitempty" maxLength:"100" doc:"number or id"`
		Contact string `json:"contact,omitempty" maxLength:"320" doc:"id or email; the ticket's own if absent"`
		Time    string `json:"ts,omitempty" maxLength:"20" doc:"Unix seconds"`
		Sign    string `json:"sig,omitempty" maxLength:"64" doc:"HMAC-SHA256 in hexadecimal"`
	}
},
) (*opened, error) {
	o, err := s.Open(ctx, in.ID, Link(in.Body))
	return &opened{openedBody{o.Pod.Name, optional(o.Ticket.ID), optional(o.Ticket.CustomerID), optional(o.Contact)}}, err
}

func optional(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

type granted struct {
	Body struct {
		Code string `json:"code" doc:"for the frame that made the challenge, within a minute"`
	}
}

func (s *Service) postGrant(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Challenge string `json:"challenge" maxLength:"43" doc:"SHA-256 of the frame's verifier in base64url"`
	}
},
) (*granted, error) {
	out := &granted{}
	var err error
	out.Body.Code, err = s.Grant(ctx, in.ID, in.Body.Challenge)
	return out, err
}

type began struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		ExpiresAt time.Time `json:"expires_at" doc:"at the latest; it ends with the session that handed it over"`
	}
}

func (s *Service) postSession(ctx context.Context, in *struct {
	signin.Browser
	Body struct {
		PodID    string `json:"pod_id" maxLength:"36"`
		Code     string `json:"code" maxLength:"100"`
		Verifier string `json:"verifier" minLength:"43" maxLength:"128" doc:"what only the frame knows"`
	}
},
) (*began, error) {
	started, err := s.Exchange(ctx, in.Body.PodID, in.Body.Code, in.Body.Verifier)
	if err != nil {
		return nil, err
	}
	out := &began{SetCookie: []http.Cookie{s.Signin.PodCookie(in.Request(), started)}}
	out.Body.ExpiresAt = started.Session.ExpiresAt
	return out, nil
}
