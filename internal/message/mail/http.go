package mail

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the settings of outgoing mail.
func (s *Service) Routes(api *httpapi.API) {
	const path = "/api/settings/mail"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-mail-settings", Method: "GET", Path: path, Summary: "Get the organization's mail server", Needs: perm.AdminSettings,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-mail-settings", Method: "PUT", Path: path, Summary: "Set the organization's mail server", Needs: perm.AdminSettings, Fresh: true,
	}, s.set)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-mail-settings", Method: "DELETE", Path: path, Summary: "Forget the organization's mail server", Needs: perm.AdminSettings,
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.Remove(ctx) })
}

type fieldsBody struct {
	Host           string  `json:"host" minLength:"1" maxLength:"253"`
	Port           int     `json:"port" minimum:"1" maximum:"65535"`
	TLS            string  `json:"tls" enum:"starttls,tls,none"`
	Username       string  `json:"username,omitempty" maxLength:"254"`
	Password       *string `json:"password,omitempty" maxLength:"500" doc:"absent keeps the old one, the empty text removes it"`
	FromAddress    string  `json:"from_address" minLength:"1" maxLength:"254"`
	FromName       string  `json:"from_name,omitempty" maxLength:"100"`
	InboundAddress string  `json:"inbound_address,omitempty" maxLength:"254" doc:"where contacts write to; mail for it has to reach this server's SMTP listener"`
}

type body struct {
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

func outputOf(m Server) *httpapi.One[body] {
	return &httpapi.One[body]{ETag: httpapi.ETag(m.Version), Body: body{
		m.Host, m.Port, m.TLS, m.Username, m.PasswordSet, m.FromAddress, m.FromName, m.InboundAddress, m.CreatedAt, m.UpdatedAt, m.Version,
	}}
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[body], error) {
	m, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return outputOf(m), nil
}

type putInput struct {
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
}

func (s *Service) set(ctx context.Context, in *putInput) (*httpapi.One[body], error) {
	b := in.Body
	m, err := s.Set(ctx, Server{
		Host: b.Host, Port: b.Port, TLS: b.TLS, Username: b.Username, FromAddress: b.FromAddress, FromName: b.FromName, InboundAddress: b.InboundAddress,
	}, b.Password, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return outputOf(m), nil
}
