package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
)

// Routes mounts the record of deliveries and the trial of the mail server, which answers with one.
func (s *Service) Routes(api *httpapi.API) {
	const all = "/api/deliveries"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-deliveries", Method: "GET", Path: all, Summary: "List messages with every attempt to send them, the newest first",
		Needs: perm.VerificationRun,
	}, s.list)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-delivery", Method: "GET", Path: all + "/{id}", Summary: "See a message with every attempt to send it", Needs: perm.VerificationRun,
		Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "resend-delivery", Method: "POST", Path: all + "/{id}/resend", Summary: "Send a message again that was given up", Needs: perm.MessageResend,
		Object: s.object, Creates: true,
	}, s.postOne)
	httpapi.Handle(api, httpapi.Route{
		ID: "resend-deliveries", Method: "POST", Path: all + "/resend", Summary: "Send several messages again that were given up", Needs: perm.MessageResend,
		Creates: true,
	}, s.postSeveral)
	httpapi.Handle(api, httpapi.Route{
		ID: "test-mail-settings", Method: "POST", Path: "/api/settings/mail/test", Summary: "Send a trial mail and wait for what comes of it",
		Needs: perm.AdminSettings,
	}, s.postMailTest)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	d, err := s.One(ctx, id)
	return access.Object{Type: "delivery", ID: d.ID, CustomerID: d.CustomerID}, err
}

type listInput struct {
	httpapi.Paging
	OwnerType string          `query:"owner_type" maxLength:"50"`
	OwnerID   string          `query:"owner_id" maxLength:"100"`
	State     []message.State `query:"state" maxItems:"8" enum:"planned,sending,unknown,sent,delivered,failed,expired,refused"`
	Dead      bool            `query:"dead" doc:"only what was given up and not sent again"`
	Way       []message.Way   `query:"way" maxItems:"3" enum:"sms,voice,email"`
	ContactID string          `query:"contact_id" maxLength:"100"`
	Since     time.Time       `query:"since" doc:"only what was queued then or later"`
	Query     string          `query:"q" minLength:"3" maxLength:"254" doc:"a part of the address; needs contact.view"`
}

type deliveryBody struct {
	ID         string        `json:"id"`
	Way        string        `json:"way" enum:"sms,voice,email"`
	ToMasked   string        `json:"to_masked"`
	Purpose    string        `json:"purpose" enum:"verification,notice,answer,consent,internal,trial"`
	OwnerType  string        `json:"owner_type"`
	OwnerID    string        `json:"owner_id"`
	ContactID  string        `json:"contact_id,omitempty"`
	Contact    string        `json:"contact_name,omitempty"`
	CustomerID string        `json:"customer_id,omitempty"`
	State      string        `json:"state" enum:"planned,sending,unknown,sent,delivered,failed,expired,refused"`
	Reason     string        `json:"reason,omitempty"`
	Dead       bool          `json:"dead" doc:"it was given up and not sent again"`
	Refusal    string        `json:"refusal,omitempty" doc:"of a dead letter: the code of why it cannot be sent again; absent if it can"`
	ResentAs   string        `json:"resent_as,omitempty" doc:"the message that was made of it"`
	Resends    string        `json:"resends,omitempty" doc:"the message that it was made of"`
	Attempts   []attemptBody `json:"attempts"`
	CreatedAt  time.Time     `json:"created_at"`
	UpdatedAt  time.Time     `json:"updated_at"`
	ExpiresAt  time.Time     `json:"expires_at"`
}

type attemptBody struct {
	Number         int        `json:"number"`
	State          string     `json:"state" enum:"planned,in_flight,accepted,refused_temporary,refused_permanent,unknown"`
	Provider       string     `json:"provider,omitempty"`
	StartedAt      *time.Time `json:"started_at,omitempty"`
	EndedAt        *time.Time `json:"ended_at,omitempty"`
	PossibleRepeat bool       `json:"possible_repeat"`
	Reason         string     `json:"reason,omitempty"`
}

func bodyOf(d Sent) deliveryBody {
	b := deliveryBody{
		ID: d.ID, Way: string(d.Way), ToMasked: message.Mask(d.To), Purpose: string(d.Purpose), OwnerType: d.Owner.Type, OwnerID: d.Owner.ID,
		ContactID: d.ContactID, Contact: d.ContactName, CustomerID: d.CustomerID, State: string(d.State), Reason: d.Reason, Dead: d.Dead(),
		ResentAs: d.ResentAs, Resends: d.Resends, Attempts: make([]attemptBody, len(d.Requests)),
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, ExpiresAt: d.ExpiresAt,
	}
	if err := d.CheckResend(); err != nil && b.Dead {
		b.Refusal = fault.CodeOf(err)
	}
	for i, a := range d.Requests {
		b.Attempts[i] = attemptBody{a.Number, a.State, a.Provider, unlessZero(a.StartedAt), unlessZero(a.EndedAt), a.PossibleRepeat, a.Reason}
	}
	return b
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Service) list(ctx context.Context, in *listInput) (*httpapi.Page[deliveryBody], error) {
	found, next, err := s.List(ctx, Filter{
		Owner: message.Ref{Type: in.OwnerType, ID: in.OwnerID}, States: in.State, Dead: in.Dead, Ways: in.Way, ContactID: in.ContactID,
		Since: in.Since, Address: in.Query,
	}, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]deliveryBody, len(found))
	for i, d := range found {
		items[i] = bodyOf(d)
	}
	return httpapi.NewPage(items, next), nil
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[deliveryBody], error) {
	d, err := s.One(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[deliveryBody]{Body: bodyOf(d)}, nil
}

func (s *Service) postOne(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.Created[deliveryBody], error) {
	done, err := s.Resend(ctx, []string{in.ID})
	if err != nil {
		return nil, err
	}
	if done[0].Why != nil {
		return nil, done[0].Why
	}
	d, err := s.One(ctx, done[0].New)
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[deliveryBody]{Location: "/api/deliveries/" + d.ID, Body: bodyOf(d)}, nil
}

type severalBody struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"100" doc:"messages; each is sent again at most once"`
}

type outcomeBody struct {
	ID       string `json:"id"`
	ResentAs string `json:"resent_as,omitempty"`
	Refusal  string `json:"refusal,omitempty" doc:"the code of why it was not sent again"`
	Detail   string `json:"detail,omitempty" doc:"the same in a sentence"`
}

func (s *Service) postSeveral(ctx context.Context, in *struct{ Body severalBody }) (*httpapi.Created[httpapi.List[outcomeBody]], error) {
	slices.Sort(in.Body.IDs)
	done, err := s.Resend(ctx, slices.Compact(in.Body.IDs))
	if err != nil {
		return nil, err
	}
	items := make([]outcomeBody, len(done))
	for i, o := range done {
		items[i] = outcomeBody{ID: o.ID, ResentAs: o.New}
		if why, ok := errors.AsType[*fault.Error](o.Why); ok {
			items[i].Refusal, items[i].Detail = why.Code, why.Message
		}
	}
	return &httpapi.Created[httpapi.List[outcomeBody]]{Body: httpapi.NewList(items, "")}, nil
}

func (s *Service) postMailTest(ctx context.Context, in *struct {
	Body struct {
		To string `json:"to" minLength:"3" maxLength:"254"`
	}
},
) (*httpapi.One[deliveryBody], error) {
	d, err := s.TryMail(ctx, in.Body.To)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[deliveryBody]{Body: bodyOf(Sent{Delivery: d})}, nil
}
