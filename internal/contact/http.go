package contact

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the contacts.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/contacts", "/api/contacts/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-contacts", Method: "GET", Path: all, Summary: "List contacts", Needs: perm.ContactView, While: []access.Hold{access.HoldPod},
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-contact", Method: "POST", Path: all, Summary: "Create a contact", Needs: perm.ContactEdit, Creates: true, MaxBody: maxBody,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-contact", Method: "GET", Path: each, Summary: "Read a contact", Needs: perm.ContactView, Object: s.object,
		While: []access.Hold{access.HoldPod},
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-contact", Method: "PATCH", Path: each, Summary: "Change some fields of a contact", Needs: perm.ContactEdit, Object: s.object,
		MaxBody: maxBody,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "replace-contact", Method: "PUT", Path: each, Summary: "Change all fields of a contact", Needs: perm.ContactEdit, Object: s.object,
		MaxBody: maxBody,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-contact", Method: "DELETE", Path: each, Summary: "Delete a contact; its tickets keep the name", Needs: perm.ContactEdit,
		Object: s.object,
	}, s.delete)
	s.moreRoutes(api)
}

const maxBody = 256 << 10 // notes in any script

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	c, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if errors.Is(err, ErrNotFound) {
		err = s.gone(ctx, id)
	}
	return c.Object(), err
}

type phoneBody struct {
	Number string `json:"number" maxLength:"40" doc:"as people write it; kept in E.164"`
	Kind   string `json:"kind,omitempty" enum:"mobile,landline" doc:"told from the number if absent"`
}

// fieldsBody is what may be entered.
type fieldsBody struct {
	CustomerID string      `json:"customer_id" format:"uuid"`
	Name       string      `json:"name" minLength:"1" maxLength:"200"`
	JobTitle   string      `json:"job_title,omitempty" maxLength:"200"`
	Department string      `json:"department,omitempty" maxLength:"200"`
	Emails     []string    `json:"emails,omitempty" maxItems:"10"`
	Phones     []phoneBody `json:"phones,omitempty" maxItems:"10"`
	Language   string      `json:"language,omitempty" maxLength:"35" doc:"BCP 47; empty means the organization's"`
	VIP        bool        `json:"vip,omitempty"`
	Approver   bool        `json:"approver,omitempty"`
	Notes      string      `json:"notes,omitempty" maxLength:"20000"`
	Custom     customBody  `json:"custom_fields,omitempty" maxProperties:"30" doc:"fields of your own by their names, each up to 500 characters"`
}

// customBody are fields of the organization's own.
type customBody map[string]string

func (b fieldsBody) fields() Fields {
	f := Fields{
		CustomerID: b.CustomerID, Name: b.Name, JobTitle: b.JobTitle, Emails: b.Emails, Language: b.Language, VIP: b.VIP, Approver: b.Approver,
		Notes: b.Notes, Department: b.Department, Custom: b.Custom,
	}
	for _, p := range b.Phones {
		f.Phones = append(f.Phones, Phone(p))
	}
	return f
}

func fieldsOf(f Fields) fieldsBody {
	return fieldsBody{
		CustomerID: f.CustomerID, Name: f.Name, JobTitle: f.JobTitle, Emails: f.Emails, Phones: phonesOf(f), Language: f.Language, VIP: f.VIP,
		Approver: f.Approver, Notes: f.Notes, Department: f.Department, Custom: f.Custom,
	}
}

func phonesOf(f Fields) []phoneBody {
	phones := make([]phoneBody, len(f.Phones))
	for i, p := range f.Phones {
		phones[i] = phoneBody(p)
	}
	return phones
}

type shieldBody struct {
	State     string      `json:"state" enum:"none,verified,failed"`
	Level     *string     `json:"level"`
	Method    *string     `json:"method"`
	At        *time.Time  `json:"at"`
	ExpiresAt *time.Time  `json:"expires_at"`
	By        *personBody `json:"by" doc:"the technician"`
}

type personBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// contactBody is a contact on the wire.
type contactBody struct {
	ID           string      `json:"id"`
	CustomerID   string      `json:"customer_id"`
	CustomerName string      `json:"customer_name"`
	Name         string      `json:"name"`
	JobTitle     string      `json:"job_title"`
	Emails       []string    `json:"emails"`
	Phones       []phoneBody `json:"phones"`
	Language     string      `json:"language"`
	VIP          bool        `json:"vip"`
	Approver     bool        `json:"approver"`
	Notes        string      `json:"notes"`
	Department   string      `json:"department"`
	Custom       customBody  `json:"custom_fields"`
	Source       string      `json:"source" doc:"where it comes from, such as csv; empty if it was entered here"`
	SourceID     string      `json:"source_id" doc:"what it is called there"`
	Editable     bool        `json:"editable" doc:"false: another system keeps name, addresses and the like up to date"`
	Shield       shieldBody  `json:"shield"`
	OptedOut     []string    `json:"opted_out" doc:"addresses that asked to get no messages"`
	Consent      string      `json:"consent" enum:"unknown,sent,opted_in,opted_out" doc:"what they said about texts to their numbers"`
	CreatedAt    time.Time   `json:"created_at"`
	UpdatedAt    time.Time   `json:"updated_at"`
	Version      int64       `json:"version"`
}

func bodyOf(c Contact, st Standing) contactBody {
	if c.Custom == nil {
		c.Custom = map[string]string{}
	}
	return contactBody{
		ID: c.ID, CustomerID: c.CustomerID, CustomerName: c.CustomerName, Name: c.Name, JobTitle: c.JobTitle, Emails: c.Emails,
		Phones: phonesOf(c.Fields), Language: c.Language, VIP: c.VIP, Approver: c.Approver, Notes: c.Notes, Shield: shieldOf(st.Shield),
		Department: c.Department, Custom: c.Custom, Source: c.Source, SourceID: c.SourceID, Editable: editableHere(c.Source),
		OptedOut: st.OptedOut, Consent: st.Consent(c), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Version: c.Version,
	}
}

func shieldOf(sh Shield) shieldBody {
	b := shieldBody{State: sh.State, Level: present(sh.Level), Method: present(sh.Method)}
	if !sh.At.IsZero() {
		b.At = &sh.At
	}
	if !sh.ExpiresAt.IsZero() {
		b.ExpiresAt = &sh.ExpiresAt
	}
	if sh.ByID != "" {
		b.By = &personBody{sh.ByID, sh.ByName}
	}
	return b
}

func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// bodies adds to contacts what other slices know of them.
func (s *Service) bodies(ctx context.Context, contacts ...Contact) ([]contactBody, error) {
	standings, err := s.Standings(ctx, contacts)
	if err != nil {
		return nil, err
	}
	out := make([]contactBody, len(contacts))
	for i, c := range contacts {
		out[i] = bodyOf(c, standings[i])
	}
	return out, nil
}

func (s *Service) one(ctx context.Context, c Contact, err error) (*httpapi.One[contactBody], error) {
	if err != nil {
		return nil, err
	}
	b, err := s.bodies(ctx, c)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[contactBody]{ETag: httpapi.ETag(c.Version), Body: b[0]}, nil
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Q          string `query:"q" maxLength:"200" doc:"words in name, company, job title, emails or phones"`
	CustomerID string `query:"customer_id" maxLength:"36"`
	Consent    string `query:"consent" enum:"unknown,sent,opted_in,opted_out" doc:"only those with a number about which this was said"`
	Sort       string `query:"sort" enum:"name,-name,created_at,-created_at"`
},
) (*httpapi.Page[contactBody], error) {
	found, next, err := s.List(ctx, Query{Text: in.Q, CustomerID: in.CustomerID, Consent: in.Consent, Sort: in.Sort, Page: in.Page()})
	if err != nil {
		return nil, err
	}
	items, err := s.bodies(ctx, found...)
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[contactBody], error) {
	c, err := s.Create(ctx, in.Body.fields())
	o, err := s.one(ctx, c, err)
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[contactBody]{Location: "/api/contacts/" + c.ID, ETag: o.ETag, Body: o.Body}, nil
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[contactBody], error) {
	c, err := s.Find(ctx, in.ID)
	return s.one(ctx, c, err)
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[contactBody], error) {
	c, err := s.Update(ctx, in.ID, func(c Contact) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, c.Version); err != nil {
			return c.Fields, err
		}
		b, err := httpapi.Merge(fieldsOf(c.Fields), in.Body.RawMessage)
		return b.fields(), err
	})
	return s.one(ctx, c, err)
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
},
) (*httpapi.One[contactBody], error) {
	c, err := s.Update(ctx, in.ID, func(c Contact) (Fields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, c.Version)
	})
	return s.one(ctx, c, err)
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(c Contact) error { return httpapi.IfMatch(in.IfMatch, c.Version) })
}
