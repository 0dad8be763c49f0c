package optin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// maxCrowd has room for the ids of as many contacts as may be asked at once.
const maxCrowd = 128 << 10

// Routes mounts the forms and the page behind their links.
func (s *Service) Routes(api *httpapi.API) {
	const each, all, changes = "/api/contacts/{id}/opt-in-forms", "/api/opt-in-forms", "/api/contacts/{id}/number-changes"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-opt-in-forms", Method: "GET", Path: each, Summary: "List the forms that a contact was sent, the newest first",
		Needs: perm.ContactView, Object: s.contactObject,
	}, s.getForms)
	httpapi.Handle(api, httpapi.Route{
		ID: "send-opt-in-form", Method: "POST", Path: each, Summary: "Ask a contact for consent to texts and calls", Needs: perm.ContactEdit,
		Object: s.contactObject, Creates: true,
	}, s.postForm)
	httpapi.Handle(api, httpapi.Route{
		ID: "review-opt-in-forms", Method: "POST", Path: all + "/review", Summary: "See who of many contacts can be asked, and send nothing",
		Needs: perm.ContactEdit, MaxBody: maxCrowd,
	}, s.postReview)
	httpapi.Handle(api, httpapi.Route{
		ID: "send-opt-in-forms", Method: "POST", Path: all + "/bulk", Summary: "Ask those who can be asked, as a task, after a review",
		Needs: perm.ContactEdit, MaxBody: maxCrowd, Status: http.StatusAccepted,
	}, s.postBulk)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-number-changes", Method: "GET", Path: changes,
		Summary: "List the numbers that a contact gave on forms and a technician has to deal with", Needs: perm.ContactView, Object: s.contactObject,
	}, s.getChanges)
	httpapi.Handle(api, httpapi.Route{
		ID: "apply-number-change", Method: "POST", Path: changes + "/apply", Summary: "Give the contact the number", Needs: perm.ContactEdit,
		Object: s.contactObject,
	}, s.postApply)
	httpapi.Handle(api, httpapi.Route{
		ID: "discard-number-change", Method: "POST", Path: changes + "/discard", Summary: "Leave the contact's number as it is", Needs: perm.ContactEdit,
		Object: s.contactObject,
	}, s.postDiscard)

	h := newPageHandler(s)
	page := httpapi.Route{ID: "open-opt-in-form", Method: "GET", Path: "/v/optin/{token}", Summary: "The form behind a link", Needs: perm.Public, Hidden: true}
	api.Raw(page, http.HandlerFunc(h.get))
	page.ID, page.Method = "answer-opt-in-form", "POST"
	api.Raw(page, http.HandlerFunc(h.post))
}

func (s *Service) contactObject(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

type formBody struct {
	ID              string      `json:"id"`
	ContactID       string      `json:"contact_id"`
	Way             message.Way `json:"way" enum:"email,sms"`
	SentToMasked    string      `json:"sent_to_masked"`
	NumberMasked    string      `json:"number_masked" doc:"that the consent is about; empty if the form asks for it"`
	NewNumberMasked string      `json:"new_number_masked,omitempty" doc:"that the person gave instead"`
	State           State       `json:"state" enum:"sent,confirming,agreed,refused,held,failed,expired,canceled"`
	Delivery        string      `json:"delivery" doc:"how its message fares"`
	AskedBy         string      `json:"asked_by" doc:"the technician's name"`
	TicketID        string      `json:"ticket_id,omitempty"`
	CreatedAt       time.Time   `json:"created_at"`
	ExpiresAt       time.Time   `json:"expires_at"`
	EndedAt         *time.Time  `json:"ended_at"`
	Version         int64       `json:"version"`
}

func bodyOf(f Form) formBody {
	b := formBody{
		ID: f.ID, ContactID: f.ContactID, Way: f.Way, SentToMasked: message.Mask(f.SentTo), State: f.at(store.Now()).State, Delivery: f.Delivery,
		AskedBy: f.AskedName, TicketID: f.TicketID, CreatedAt: f.CreatedAt, ExpiresAt: f.ExpiresAt, EndedAt: unlessZero(f.EndedAt), Version: f.Version,
	}
	if f.Number != "" {
		b.NumberMasked = message.Mask(f.Number)
	}
	if f.NewNumber != "" {
		b.NewNumberMasked = message.Mask(f.NewNumber)
	}
	return b
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Service) getForms(ctx context.Context, in *struct {
	httpapi.Paging
	ID string `path:"id"`
},
) (*httpapi.Page[formBody], error) {
	c, err := s.Contacts.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, next, err := formsOf(ctx, s.DB.Read(), c.OrgID, c.ID, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]formBody, len(found))
	for i, f := range found {
		items[i] = bodyOf(f)
	}
	return httpapi.NewPage(items, next), nil
}

type questionBody struct {
	Way      message.Way `json:"way,omitempty" enum:"email,sms" doc:"by default email where there is one"`
	TicketID string      `json:"ticket_id,omitempty" maxLength:"36" doc:"gets a note"`
}

func (s *Service) postForm(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body questionBody
},
) (*httpapi.Created[formBody], error) {
	f, err := s.Ask(ctx, Question{ContactID: in.ID, Way: in.Body.Way, TicketID: in.Body.TicketID})
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[formBody]{Location: "/api/contacts/" + in.ID + "/opt-in-forms", ETag: httpapi.ETag(f.Version), Body: bodyOf(f)}, nil
}

type crowdBody struct {
	ContactIDs []string    `json:"contact_ids,omitempty" maxItems:"2000" doc:"or a filter"`
	Filter     *filterBody `json:"filter,omitempty" doc:"the filters of the list: all whom they match now"`
	Way        message.Way `json:"way,omitempty" enum:"email,sms" doc:"for all; by default email where there is one"`
}

type filterBody struct {
	Q          string `json:"q,omitempty" maxLength:"200"`
	CustomerID string `json:"customer_id,omitempty" maxLength:"36"`
	Consent    string `json:"consent,omitempty" enum:"unknown,sent,opted_in,opted_out"`
}

func (b crowdBody) crowd() Crowd {
	c := Crowd{IDs: b.ContactIDs, Way: b.Way}
	if b.Filter != nil {
		c.Filter = &contact.Query{Text: b.Filter.Q, CustomerID: b.Filter.CustomerID, Consent: b.Filter.Consent}
	}
	return c
}

type verdictBody struct {
	ContactID    string      `json:"contact_id"`
	Name         string      `json:"name"`
	CustomerName string      `json:"customer_name"`
	Way          message.Way `json:"way,omitempty"`
	SentTo       string      `json:"sent_to,omitempty"`
	Number       string      `json:"number,omitempty"`
	CanAsk       bool        `json:"can_ask"`
	Reason       string      `json:"reason,omitempty" doc:"code of why not"`
	Message      string      `json:"message,omitempty" doc:"the same as a sentence"`
}

type reviewBody struct {
	Items   []verdictBody `json:"items"`
	Total   int           `json:"total"`
	Askable int           `json:"askable"`
	Review  string        `json:"review" doc:"pass it on to send; it stops matching when the outcome would be another"`
}

// sentence says why somebody cannot be asked.
func sentence(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Message
	}
	return ""
}

func (s *Service) postReview(ctx context.Context, in *struct{ Body crowdBody }) (*httpapi.One[reviewBody], error) {
	r, err := s.Review(ctx, in.Body.crowd())
	if err != nil {
		return nil, err
	}
	b := reviewBody{Items: make([]verdictBody, len(r.Verdicts)), Total: len(r.Verdicts), Askable: r.Askable, Review: r.Digest}
	for i, v := range r.Verdicts {
		b.Items[i] = verdictBody{
			ContactID: v.Contact.ID, Name: v.Contact.Name, CustomerName: v.Contact.CustomerName, Way: v.Way, SentTo: v.SentTo, Number: v.Number,
			CanAsk: v.Err == nil,
		}
		if v.Err != nil {
			b.Items[i].Reason, b.Items[i].Message = fault.CodeOf(v.Err), sentence(v.Err)
		}
	}
	return &httpapi.One[reviewBody]{Body: b}, nil
}

type bulkBody struct {
	ContactIDs []string    `json:"contact_ids,omitempty" maxItems:"2000" doc:"or a filter"`
	Filter     *filterBody `json:"filter,omitempty" doc:"the filters of the list: all whom they match now"`
	Way        message.Way `json:"way,omitempty" enum:"email,sms" doc:"for all; by default email where there is one"`
	Review     string      `json:"review" minLength:"1" maxLength:"100" doc:"of the review that somebody looked through"`
}

func (s *Service) postBulk(ctx context.Context, in *struct{ Body bulkBody }) (*httpapi.One[task.Body], error) {
	t, err := s.AskAll(ctx, crowdBody{in.Body.ContactIDs, in.Body.Filter, in.Body.Way}.crowd(), in.Body.Review)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[task.Body]{ETag: httpapi.ETag(t.Version), Body: task.BodyOf(t)}, nil
}

type changeBody struct {
	ID        string     `json:"id"`
	ContactID string     `json:"contact_id"`
	OldNumber string     `json:"old_number" doc:"empty if the number joins the others"`
	NewNumber string     `json:"new_number" doc:"its holder has confirmed it by a code"`
	Reason    string     `json:"reason" enum:"in_use,sourced,manual"`
	State     string     `json:"state" enum:"pending,applied,discarded"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at"`
	EndedBy   string     `json:"ended_by,omitempty" doc:"the technician's name"`
	Version   int64      `json:"version"`
}

func changeBodyOf(c Change) changeBody {
	return changeBody{c.ID, c.ContactID, c.OldNumber, c.NewNumber, c.Reason, c.State, c.CreatedAt, unlessZero(c.EndedAt), c.EndedName, c.Version}
}

func (s *Service) getChanges(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.Page[changeBody], error) {
	found, err := s.Changes(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	items := make([]changeBody, len(found))
	for i, c := range found {
		items[i] = changeBodyOf(c)
	}
	return httpapi.NewPage(items, ""), nil
}

type changeInput struct {
	ID   string `path:"id"`
	Body struct {
		ChangeID string `json:"change_id" minLength:"1" maxLength:"36"`
	}
}

func (s *Service) postApply(ctx context.Context, in *changeInput) (*httpapi.One[changeBody], error) {
	c, err := s.Apply(ctx, in.ID, in.Body.ChangeID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[changeBody]{ETag: httpapi.ETag(c.Version), Body: changeBodyOf(c)}, nil
}

func (s *Service) postDiscard(ctx context.Context, in *changeInput) (*httpapi.One[changeBody], error) {
	c, err := s.Discard(ctx, in.ID, in.Body.ChangeID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[changeBody]{ETag: httpapi.ETag(c.Version), Body: changeBodyOf(c)}, nil
}
