package ticket

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) moreRoutes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "assign-ticket", Method: "POST", Path: "/api/tickets/{id}/assign", Summary: "Make a ticket somebody's work, or nobody's",
		Needs: perm.TicketAssign, Object: s.object,
	}, s.postAssign)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-ticket-timeline", Method: "GET", Path: "/api/tickets/{id}/timeline",
		Summary: "See notes, changes and verifications of a ticket in one order, newest first", Needs: perm.TicketView, Object: s.object,
	}, s.getTimeline)
}

func (s *Service) postAssign(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		TechnicianID *string `json:"technician_id" nullable:"true" maxLength:"36" doc:"null: nobody's"`
	}
},
) (*httpapi.One[ticketBody], error) {
	t, err := s.Assign(ctx, in.ID, orNone(in.Body.TechnicianID))
	return one(t), err
}

// happeningBody is one thing on the time line.
type happeningBody struct {
	Kind    string                `json:"kind" enum:"note,change,verification,technician_verification"`
	At      time.Time             `json:"at"`
	Actor   authorBody            `json:"actor"`
	Note    *noteBody             `json:"note" doc:"of a note"`
	Action  string                `json:"action" doc:"of a change"`
	Changes map[string]changeBody `json:"changes" doc:"of a change, by field"`
	Facts   map[string]string     `json:"facts" doc:"of a verification: id, state, method, level, contact_id, contact_name"`
	EndedAt *time.Time            `json:"ended_at" doc:"of a verification; null while it is open"`
}

type changeBody struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

func (s *Service) getTimeline(ctx context.Context, in *struct {
	ID string `path:"id"`
	httpapi.Paging
},
) (*httpapi.Page[happeningBody], error) {
	found, next, err := s.Timeline(ctx, in.ID, in.Page())
	items := make([]happeningBody, len(found))
	for i, h := range found {
		items[i] = happeningOf(h)
	}
	return httpapi.NewPage(items, next), err
}

func happeningOf(h Happening) happeningBody {
	b := happeningBody{Kind: h.Kind, At: h.At, Actor: authorBody(h.Author), Action: h.Action, Changes: map[string]changeBody{}, Facts: h.Facts}
	if h.Note != nil {
		b.Note = new(noteBodyOf(*h.Note))
	}
	if !h.EndedAt.IsZero() {
		b.EndedAt = &h.EndedAt
	}
	if b.Facts == nil {
		b.Facts = map[string]string{}
	}
	for field, v := range h.Before {
		b.Changes[field] = changeBody{v, h.After[field]}
	}
	for field, v := range h.After {
		b.Changes[field] = changeBody{h.Before[field], v}
	}
	return b
}

func (s *Service) templateRoutes(api *httpapi.API) {
	const all, each = "/api/ticket-templates", "/api/ticket-templates/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-ticket-templates", Method: "GET", Path: all, Summary: "List quick tickets", Needs: perm.TicketView,
	}, s.getTemplates)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-ticket-template", Method: "POST", Path: all, Summary: "Create a quick ticket", Needs: perm.AdminTemplates, Creates: true,
		MaxBody: maxBody,
	}, s.postTemplate)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-ticket-template", Method: "GET", Path: each, Summary: "Read a quick ticket", Needs: perm.TicketView, Object: s.templateObject,
	}, s.getTemplate)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-ticket-template", Method: "PATCH", Path: each, Summary: "Change a quick ticket", Needs: perm.AdminTemplates,
		Object: s.templateObject, MaxBody: maxBody,
	}, s.patchTemplate)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-ticket-template", Method: "DELETE", Path: each, Summary: "Delete a quick ticket", Needs: perm.AdminTemplates,
		Object: s.templateObject,
	}, s.deleteTemplate)
}

func (s *Service) templateObject(ctx context.Context, id string) (access.Object, error) {
	t, err := templateByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "ticket_template", ID: t.ID}, err
}

// templateFieldsBody is what may be entered.
type templateFieldsBody struct {
	Name        string   `json:"name" minLength:"1" maxLength:"200"`
	Summary     string   `json:"summary" minLength:"1" maxLength:"200"`
	Description string   `json:"description,omitempty" maxLength:"20000"`
	Priority    Priority `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"normal if absent"`
}

// templateBody is a quick ticket on the wire.
type templateBody struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Summary     string    `json:"summary"`
	Description string    `json:"description"`
	Priority    Priority  `json:"priority" enum:"low,normal,high,urgent"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Version     int64     `json:"version"`
}

func templateOf(t Template) templateBody {
	return templateBody{t.ID, t.Name, t.Summary, t.Description, t.Priority, t.CreatedAt, t.UpdatedAt, t.Version}
}

func oneTemplate(t Template, err error) (*httpapi.One[templateBody], error) {
	return &httpapi.One[templateBody]{ETag: httpapi.ETag(t.Version), Body: templateOf(t)}, err
}

func (s *Service) getTemplates(ctx context.Context, in *struct {
	httpapi.Paging
	Q string `query:"q" maxLength:"200" doc:"words in the name"`
},
) (*httpapi.Page[templateBody], error) {
	found, next, err := s.Templates(ctx, in.Q, in.Page())
	items := make([]templateBody, len(found))
	for i, t := range found {
		items[i] = templateOf(t)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) postTemplate(ctx context.Context, in *struct{ Body templateFieldsBody }) (*httpapi.Created[templateBody], error) {
	t, err := s.CreateTemplate(ctx, TemplateFields(in.Body))
	return &httpapi.Created[templateBody]{Location: "/api/ticket-templates/" + t.ID, ETag: httpapi.ETag(t.Version), Body: templateOf(t)}, err
}

func (s *Service) getTemplate(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[templateBody], error) {
	return oneTemplate(s.FindTemplate(ctx, in.ID))
}

func (s *Service) patchTemplate(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[templateFieldsBody]
},
) (*httpapi.One[templateBody], error) {
	return oneTemplate(s.UpdateTemplate(ctx, in.ID, func(t Template) (TemplateFields, error) {
		if err := httpapi.IfMatch(in.IfMatch, t.Version); err != nil {
			return t.TemplateFields, err
		}
		b, err := httpapi.Merge(templateFieldsBody(t.TemplateFields), in.Body.RawMessage)
		return TemplateFields(b), err
	}))
}

func (s *Service) deleteTemplate(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.DeleteTemplate(ctx, in.ID, func(t Template) error { return httpapi.IfMatch(in.IfMatch, t.Version) })
}
