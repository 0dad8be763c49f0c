package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the record of deliveries and the settings of outgoing mail.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-deliveries", Method: "GET", Path: "/api/deliveries", Summary: "List messages with every attempt to send them, the newest first",
		Needs: perm.VerificationRun,
	}, s.getDeliveries)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-mail-settings", Method: "GET", Path: "/api/settings/mail", Summary: "Get the organization's mail server", Needs: perm.AdminSettings,
	}, s.getMail)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-mail-settings", Method: "PUT", Path: "/api/settings/mail", Summary: "Set the organization's mail server", Needs: perm.AdminSettings,
		Fresh: true,
	}, s.putMail)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-mail-settings", Method: "DELETE", Path: "/api/settings/mail", Summary: "Forget the organization's mail server", Needs: perm.AdminSettings,
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.RemoveMail(ctx) })
	httpapi.Handle(api, httpapi.Route{
		ID: "test-mail-settings", Method: "POST", Path: "/api/settings/mail/test", Summary: "Send a trial mail and wait for what comes of it",
		Needs: perm.AdminSettings,
	}, s.postMailTest)
}

type deliveriesInput struct {
	httpapi.Paging
	OwnerType string `query:"owner_type" maxLength:"50"`
	OwnerID   string `query:"owner_id" maxLength:"100"`
}

type deliveryBody struct {
	ID        string        `json:"id"`
	Way       string        `json:"way" enum:"sms,voice,email"`
	ToMasked  string        `json:"to_masked"`
	Purpose   string        `json:"purpose"`
	OwnerType string        `json:"owner_type"`
	OwnerID   string        `json:"owner_id"`
	ContactID string        `json:"contact_id,omitempty"`
	State     string        `json:"state" enum:"planned,sending,unknown,sent,delivered,failed,expired,refused"`
	Reason    string        `json:"reason,omitempty"`
	Attempts  []attemptBody `json:"attempts"`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
	ExpiresAt time.Time     `json:"expires_at"`
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

func (s *Service) getDeliveries(ctx context.Context, in *deliveriesInput) (*httpapi.Page[deliveryBody], error) {
	found, attempts, next, err := s.Deliveries(ctx, Ref{in.OwnerType, in.OwnerID}, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]deliveryBody, len(found))
	for i, d := range found {
		items[i] = bodyOf(d)
		for _, a := range attempts[d.ID] {
			items[i].Attempts = append(items[i].Attempts, attemptBody{
				a.Number, a.State, a.Provider, unlessZero(a.StartedAt), unlessZero(a.EndedAt), a.PossibleRepeat, a.Reason,
			})
		}
	}
	return httpapi.NewPage(items, next), nil
}

func bodyOf(d Delivery) deliveryBody {
	return deliveryBody{
		ID: d.ID, Way: string(d.Way), ToMasked: Mask(d.To), Purpose: string(d.Purpose), OwnerType: d.Owner.Type, OwnerID: d.Owner.ID,
		ContactID: d.ContactID, State: string(d.State), Reason: d.Reason, Attempts: []attemptBody{},
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, ExpiresAt: d.ExpiresAt,
	}
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type mailFields struct {
	Host           string  `json:"host" minLength:"1" maxLength:"253"`
	Port           int     `json:"port" minimum:"1" maximum:"65535"`
	TLS            string  `json:"tls" enum:"starttls,tls,none"`
	Username       string  `json:"username,omitempty" maxLength:"254"`
	Password       *string `json:"password,omitempty" maxLength:"500" doc:"absent keeps the old one, the empty text removes it"`
	FromAddress    string  `json:"from_address" minLength:"1" maxLength:"254"`
	FromName       string  `json:"from_name,omitempty" maxLength:"100"`
	InboundAddress string  `json:"inbound_address,omitempty" maxLength:"254" doc:"where contacts write to; mail for it has to reach this server's SMTP listener"`
}

type mailBody struct {
	Host           string    `json:"host"`
	Port           int       `json:"port"`
	TLS            string    `json:"tls" enum:"starttls,tls,none"`
	Username       string    `json:"username"`
	PasswordSet    bool      `json:"password_set"`
	FromAddress    string    `json:"from_address"`
	FromName       string    `json:"from_name"`
	InboundAddress string    `json:"inbound_address"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	Version        int64     `json:"version"`
}

func mailOutput(m Mail) *httpapi.One[mailBody] {
	return &httpapi.One[mailBody]{ETag: httpapi.ETag(m.Version), Body: mailBody{
		m.Host, m.Port, m.TLS, m.Username, m.PasswordSet, m.FromAddress, m.FromName, m.InboundAddress, m.CreatedAt, m.UpdatedAt, m.Version,
	}}
}

func (s *Service) getMail(ctx context.Context, _ *struct{}) (*httpapi.One[mailBody], error) {
	m, err := s.MailSettings(ctx)
	if err != nil {
		return nil, err
	}
	return mailOutput(m), nil
}

type putMailInput struct {
	IfMatch string `header:"If-Match"`
	Body    mailFields
}

func (s *Service) putMail(ctx context.Context, in *putMailInput) (*httpapi.One[mailBody], error) {
	b := in.Body
	m, err := s.SetMail(ctx, Mail{
		Host: b.Host, Port: b.Port, TLS: b.TLS, Username: b.Username, FromAddress: b.FromAddress, FromName: b.FromName, InboundAddress: b.InboundAddress,
	}, b.Password, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return mailOutput(m), nil
}

type mailTestInput struct {
	Body struct {
		To string `json:"to" minLength:"3" maxLength:"254"`
	}
}

func (s *Service) postMailTest(ctx context.Context, in *mailTestInput) (*httpapi.One[deliveryBody], error) {
	d, err := s.TryMail(ctx, in.Body.To)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[deliveryBody]{Body: bodyOf(d)}, nil
}
