package document

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/task"
)

type mailingBody struct {
	Language   string   `json:"language,omitempty" maxLength:"10" doc:"for all; by default that of each contact"`
	ContactIDs []string `json:"contact_ids,omitempty" maxItems:"500" doc:"or a customer"`
	CustomerID string   `json:"customer_id,omitempty" maxLength:"36" doc:"all of its contacts"`
}

type verdictBody struct {
	ContactID    string `json:"contact_id"`
	Name         string `json:"name"`
	CustomerName string `json:"customer_name"`
	To           string `json:"to,omitempty"`
	Language     string `json:"language"`
	CanSend      bool   `json:"can_send"`
	Reason       string `json:"reason,omitempty" doc:"code of why not"`
	Message      string `json:"message,omitempty" doc:"the same as a sentence"`
}

type reviewBody struct {
	Items    []verdictBody `json:"items"`
	Total    int           `json:"total"`
	Sendable int           `json:"sendable"`
	Missing  []string      `json:"missing" doc:"placeholders for which nothing is entered: their lines are left out"`
	Review   string        `json:"review" doc:"pass it on to send; it stops matching when the outcome would be another"`
}

func (s *Service) postReview(ctx context.Context, in *struct {
	Key  string `path:"key" maxLength:"60"`
	Body mailingBody
},
) (*httpapi.One[reviewBody], error) {
	r, err := s.Review(ctx, Mailing{Key(in.Key), in.Body.Language, in.Body.ContactIDs, in.Body.CustomerID})
	if err != nil {
		return nil, err
	}
	b := reviewBody{Items: make([]verdictBody, len(r.Verdicts)), Total: len(r.Verdicts), Sendable: r.Sendable, Missing: r.Missing, Review: r.Digest}
	for i, v := range r.Verdicts {
		b.Items[i] = verdictBody{
			ContactID: v.Contact.ID, Name: v.Contact.Name, CustomerName: v.Contact.CustomerName, To: v.To, Language: v.Language, CanSend: v.Err == nil,
		}
		if v.Err != nil {
			b.Items[i].Reason, b.Items[i].Message = fault.CodeOf(v.Err), sentence(v.Err)
		}
	}
	return &httpapi.One[reviewBody]{Body: b}, nil
}

// sentence says why somebody cannot be sent a document.
func sentence(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Message
	}
	return ""
}

type sendBody struct {
	Language   string   `json:"language,omitempty" maxLength:"10" doc:"for all; by default that of each contact"`
	ContactIDs []string `json:"contact_ids,omitempty" maxItems:"500" doc:"or a customer"`
	CustomerID string   `json:"customer_id,omitempty" maxLength:"36" doc:"all of its contacts"`
	Review     string   `json:"review" minLength:"1" maxLength:"100" doc:"of the review that somebody looked through"`
}

func (s *Service) postMail(ctx context.Context, in *struct {
	Key  string `path:"key" maxLength:"60"`
	Body sendBody
},
) (*httpapi.One[task.Body], error) {
	t, err := s.Send(ctx, Mailing{Key(in.Key), in.Body.Language, in.Body.ContactIDs, in.Body.CustomerID}, in.Body.Review)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[task.Body]{ETag: httpapi.ETag(t.Version), Body: task.BodyOf(t)}, nil
}
