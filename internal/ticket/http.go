package ticket

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the tickets and their notes.
func (s *Service) Routes(api *httpapi.API) {
	const all, each, notes = "/api/tickets", "/api/tickets/{id}", "/api/tickets/{id}/notes"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-tickets", Method: "GET", Path: all, Summary: "List tickets", Needs: perm.TicketView, While: []access.Hold{access.HoldPod},
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-ticket", Method: "POST", Path: all, Summary: "Open a ticket", Needs: perm.TicketCreate, Creates: true, MaxBody: maxBody,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-ticket", Method: "GET", Path: each, Summary: "Read a ticket", Needs: perm.TicketView, Object: s.object,
		While: []access.Hold{access.HoldPod},
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-ticket", Method: "PATCH", Path: each, Summary: "Change some fields of a ticket, close or reopen it", Needs: perm.TicketEdit,
		Object: s.object, MaxBody: maxBody,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "replace-ticket", Method: "PUT", Path: each, Summary: "Change all fields of a ticket", Needs: perm.TicketEdit,
		Object: s.object, MaxBody: maxBody,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-ticket", Method: "DELETE", Path: each, Summary: "Delete a ticket with its notes", Needs: perm.TicketEdit, Object: s.object,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-ticket-notes", Method: "GET", Path: notes, Summary: "List the notes of a ticket, the oldest first", Needs: perm.TicketView,
		Object: s.object,
	}, s.getNotes)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-ticket-note", Method: "POST", Path: notes, Summary: "Add a note to a ticket", Needs: perm.TicketEdit, Object: s.object,
		Creates: true, MaxBody: maxBody,
	}, s.postNote)
	s.moreRoutes(api)
	s.templateRoutes(api)
}

const maxBody = 256 << 10 // descriptions and notes in any script

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

// newBody is what may be entered at the start.
type newBody struct {
	CustomerID    string   `json:"customer_id" format:"uuid"`
	ContactID     *string  `json:"contact_id,omitempty" nullable:"true" maxLength:"36" doc:"one of the customer's contacts"`
	Summary       string   `json:"summary" minLength:"1" maxLength:"200"`
	Description   string   `json:"description,omitempty" maxLength:"20000"`
	Priority      Priority `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"normal if absent"`
	IntegrationID *string  `json:"integration_id,omitempty" nullable:"true" maxLength:"36" doc:"absent: Countersign's own store"`
}

// fieldsBody is what may be entered later.
type fieldsBody struct {
	CustomerID  string   `json:"customer_id" format:"uuid"`
	ContactID   *string  `json:"contact_id,omitempty" nullable:"true" maxLength:"36" doc:"one of the customer's contacts"`
	Summary     string   `json:"summary" minLength:"1" maxLength:"200"`
	Description string   `json:"description,omitempty" maxLength:"20000"`
	Status      Status   `json:"status,omitempty" enum:"open,waiting,closed"`
	Priority    Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
}

func (b fieldsBody) fields() Fields {
	if b.Status == "" {
		b.Status = Open
	}
	return Fields{b.CustomerID, orNone(b.ContactID), b.Summary, b.Description, b.Status, b.Priority}
}

func orNone(id *string) string {
	if id == nil {
		return ""
	}
	return *id
}

func optional(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

type authorBody struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// assigneeBody is whose work a ticket is.
type assigneeBody struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active" doc:"false: suspended or gone, so the ticket should be handed over"`
}

// ticketBody is a ticket on the wire.
type ticketBody struct {
	ID           string        `json:"id"`
	Number       int64         `json:"number" doc:"what people call it: #1042"`
	CustomerID   string        `json:"customer_id"`
	CustomerName string        `json:"customer_name"`
	ContactID    *string       `json:"contact_id"`
	ContactName  string        `json:"contact_name" doc:"stays when the contact is deleted"`
	Summary      string        `json:"summary"`
	Description  string        `json:"description"`
	Status       Status        `json:"status" enum:"open,waiting,closed"`
	Priority     Priority      `json:"priority" enum:"low,normal,high,urgent"`
	AssignedTo   *assigneeBody `json:"assigned_to"`
	Source       string        `json:"source" doc:"empty: Countersign's own store"`
	CreatedBy    *authorBody   `json:"created_by"`
	NoteCount    int64         `json:"note_count"`
	ClosedAt     *time.Time    `json:"closed_at"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
	Version      int64         `json:"version"`
}

func bodyOf(t Ticket) ticketBody {
	b := ticketBody{
		ID: t.ID, Number: t.Number, CustomerID: t.CustomerID, CustomerName: t.CustomerName, ContactID: optional(t.ContactID),
		ContactName: t.ContactName, Summary: t.Summary, Description: t.Description, Status: t.Status, Priority: t.Priority, Source: t.Source, NoteCount: t.NoteCount,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
	}
	if t.AssignedTo.ID != "" {
		b.AssignedTo = new(assigneeBody(t.AssignedTo))
	}
	if t.CreatedBy.ID != "" {
		b.CreatedBy = new(authorBody(t.CreatedBy))
	}
	if !t.ClosedAt.IsZero() {
		b.ClosedAt = &t.ClosedAt
	}
	return b
}

func one(t Ticket) *httpapi.One[ticketBody] {
	return &httpapi.One[ticketBody]{ETag: httpapi.ETag(t.Version), Body: bodyOf(t)}
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Q          string   `query:"q" maxLength:"200" doc:"words in number, summary, description, or the names of customer or contact"`
	CustomerID string   `query:"customer_id" maxLength:"36"`
	ContactID  string   `query:"contact_id" maxLength:"36"`
	Status     Status   `query:"status" enum:"open,waiting,closed,unclosed" doc:"unclosed finds what is open or waiting"`
	Priority   Priority `query:"priority" enum:"low,normal,high,urgent"`
	AssignedTo string   `query:"assigned_to" maxLength:"36" doc:"a technician's id; me or none"`
	Sort       string   `query:"sort" enum:"created_at,-created_at,number,-number,updated_at,-updated_at"`
},
) (*httpapi.Page[ticketBody], error) {
	found, next, err := s.List(ctx, Query{
		Text: in.Q, CustomerID: in.CustomerID, ContactID: in.ContactID, Status: in.Status, Priority: in.Priority,
		AssignedTo: in.AssignedTo, Sort: in.Sort, Page: in.Page(),
	})
	items := make([]ticketBody, len(found))
	for i, t := range found {
		items[i] = bodyOf(t)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body newBody }) (*httpapi.Created[ticketBody], error) {
	if orNone(in.Body.IntegrationID) != "" {
		return nil, errIntegration
	}
	t, err := s.Create(ctx, Fields{
		CustomerID: in.Body.CustomerID, ContactID: orNone(in.Body.ContactID), Summary: in.Body.Summary, Description: in.Body.Description,
		Priority: in.Body.Priority,
	})
	return &httpapi.Created[ticketBody]{Location: "/api/tickets/" + t.ID, ETag: httpapi.ETag(t.Version), Body: bodyOf(t)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[ticketBody], error) {
	t, err := s.Find(ctx, in.ID)
	return one(t), err
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[ticketBody], error) {
	t, err := s.Update(ctx, in.ID, func(t Ticket) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, t.Version); err != nil {
			return t.Fields, err
		}
		now := fieldsBody{t.CustomerID, optional(t.ContactID), t.Summary, t.Description, t.Status, t.Priority}
		b, err := httpapi.Merge(now, in.Body.RawMessage)
		return b.fields(), err
	})
	return one(t), err
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
},
) (*httpapi.One[ticketBody], error) {
	t, err := s.Update(ctx, in.ID, func(t Ticket) (Fields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, t.Version)
	})
	return one(t), err
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(t Ticket) error { return httpapi.IfMatch(in.IfMatch, t.Version) })
}

// noteBody is a note on the wire.
type noteBody struct {
	ID         string     `json:"id"`
	Body       string     `json:"body"`
	Visibility Visibility `json:"visibility" enum:"internal,public"`
	Author     authorBody `json:"author"`
	CreatedAt  time.Time  `json:"created_at"`
}

func noteBodyOf(n Note) noteBody {
	return noteBody{n.ID, n.Body, n.Visibility, authorBody(n.Author), n.CreatedAt}
}

func (s *Service) getNotes(ctx context.Context, in *struct {
	ID string `path:"id"`
	httpapi.Paging
},
) (*httpapi.Page[noteBody], error) {
	found, next, err := s.Notes(ctx, in.ID, in.Page())
	items := make([]noteBody, len(found))
	for i, n := range found {
		items[i] = noteBodyOf(n)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) postNote(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Body       string     `json:"body" minLength:"1" maxLength:"20000"`
		Visibility Visibility `json:"visibility,omitempty" enum:"internal,public" default:"internal"`
	}
},
) (*httpapi.Created[noteBody], error) {
	n, err := s.WriteNote(ctx, in.ID, Note{Body: in.Body.Body, Visibility: in.Body.Visibility})
	return &httpapi.Created[noteBody]{Location: "/api/tickets/" + in.ID + "/notes", Body: noteBodyOf(n)}, err
}
