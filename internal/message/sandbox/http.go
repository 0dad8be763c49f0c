package sandbox

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
)

// Routes registers the sandbox phone. Whoever may run verifications may try it: it shows codes, which is what a sandbox is for.
func (c *Carrier) Routes(api *httpapi.API, s *message.Service) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-sandbox-messages", Method: "GET", Path: "/api/sandbox/messages", Summary: "List what the sandbox phone received, the newest first",
		Needs: perm.VerificationRun,
	}, c.getMessages)
	httpapi.Handle(api, httpapi.Route{
		ID: "answer-on-sandbox-phone", Method: "POST", Path: "/api/sandbox/inbound", Summary: "Send a message to the organization as if from outside",
		Needs: perm.VerificationRun, Status: 202,
	}, func(ctx context.Context, in *inboundInput) (*inboundOutput, error) {
		return &inboundOutput{}, c.Answer(ctx, s, message.In{
			Way: message.Way(in.Body.Kind), From: in.Body.From, To: in.Body.To, Subject: in.Body.Subject, Body: in.Body.Body,
		})
	})
}

type listInput struct {
	httpapi.Paging
	To   string `query:"to" maxLength:"254" doc:"only what went to this number or address"`
	Kind string `query:"kind" enum:"sms,voice,email"`
}

type sandboxMessage struct {
	ID             string    `json:"id"`
	Kind           string    `json:"kind" enum:"sms,voice,email"`
	From           string    `json:"from"`
	To             string    `json:"to"`
	Subject        string    `json:"subject,omitempty"`
	Body           string    `json:"body"`
	PossibleRepeat bool      `json:"possible_repeat" doc:"an earlier message of the same delivery may have arrived"`
	CreatedAt      time.Time `json:"created_at"`
	Attachment     *attached `json:"attachment,omitempty" doc:"of an email: the file that it carried, which is not kept"`
}

type attached struct {
	Name string `json:"name"`
	Size int    `json:"size" doc:"bytes"`
}

func (c *Carrier) getMessages(ctx context.Context, in *listInput) (*httpapi.Page[sandboxMessage], error) {
	found, next, err := c.Outbox(ctx, strings.TrimSpace(in.To), message.Way(in.Kind), in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]sandboxMessage, len(found))
	for i, m := range found {
		items[i] = sandboxMessage{m.ID, string(m.Way), m.From, m.To, m.Subject, m.Body, m.PossibleRepeat, m.CreatedAt, nil}
		if m.AttachmentName != "" {
			items[i].Attachment = &attached{m.AttachmentName, m.AttachmentSize}
		}
	}
	return httpapi.NewPage(items, next), nil
}

type inboundInput struct {
	Body struct {
		Kind    string `json:"kind" enum:"sms,email"`
		From    string `json:"from" minLength:"1" maxLength:"254"`
		To      string `json:"to,omitempty" maxLength:"254" doc:"the organization's number or address, or the address that a message came from"`
		Subject string `json:"subject,omitempty" maxLength:"300"`
		Body    string `json:"body" maxLength:"16000"`
	}
}

type inboundOutput struct {
	Body struct{}
}
