package imap

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the settings of the mailbox.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "get-imap-settings", Method: "GET", Path: "/api/settings/imap", Summary: "Get the mailbox from which mail is fetched, and how that goes",
		Needs: perm.AdminSettings,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-imap-settings", Method: "PUT", Path: "/api/settings/imap", Summary: "Set the mailbox from which mail is fetched", Needs: perm.AdminSettings,
		Fresh: true,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-imap-settings", Method: "DELETE", Path: "/api/settings/imap", Summary: "Forget the mailbox from which mail is fetched", Needs: perm.AdminSettings,
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.Remove(ctx) })
	httpapi.Handle(api, httpapi.Route{
		ID: "test-imap-settings", Method: "POST", Path: "/api/settings/imap/test", Summary: "Sign in to the mailbox and tell what came of it",
		Needs: perm.AdminSettings,
	}, s.test)
}

type boxFields struct {
	Host     string  `json:"host" minLength:"1" maxLength:"253"`
	Port     int     `json:"port" minimum:"1" maximum:"65535"`
	TLS      string  `json:"tls" enum:"starttls,tls"`
	Username string  `json:"username" minLength:"1" maxLength:"254"`
	Password *string `json:"password,omitempty" minLength:"1" maxLength:"500" doc:"absent keeps the old one"`
	Folder   string  `json:"folder,omitempty" maxLength:"200" doc:"empty means INBOX"`
	Handled  string  `json:"handled" enum:"seen,move,delete" doc:"what happens to a mail once it is handled"`
	MoveTo   string  `json:"move_to,omitempty" maxLength:"200" doc:"the folder to which handled mail is moved"`
}

type boxBody struct {
	Host      string     `json:"host"`
	Port      int        `json:"port"`
	TLS       string     `json:"tls" enum:"starttls,tls"`
	Username  string     `json:"username"`
	Folder    string     `json:"folder"`
	Handled   string     `json:"handled" enum:"seen,move,delete"`
	MoveTo    string     `json:"move_to"`
	State     string     `json:"state" enum:"waiting,connected,failing,no_address" doc:"no_address: no address for answers is set any more"`
	Reason    string     `json:"reason,omitempty" doc:"why it fails, or what fails although mail comes in: a stable word"`
	CheckedAt *time.Time `json:"checked_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	Version   int64      `json:"version"`
}

func output(b Box, status Status) *httpapi.One[boxBody] {
	body := boxBody{
		b.Host, b.Port, b.TLS, b.Username, b.Folder, b.Handled, b.MoveTo, status.State, status.Reason, nil, b.CreatedAt, b.UpdatedAt, b.Version,
	}
	if !status.CheckedAt.IsZero() {
		body.CheckedAt = &status.CheckedAt
	}
	return &httpapi.One[boxBody]{ETag: httpapi.ETag(b.Version), Body: body}
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[boxBody], error) {
	b, status, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return output(b, status), nil
}

type putInput struct {
	IfMatch string `header:"If-Match"`
	Body    boxFields
}

func (s *Service) put(ctx context.Context, in *putInput) (*httpapi.One[boxBody], error) {
	f := in.Body
	b, status, err := s.Set(ctx, Box{
		Host: f.Host, Port: f.Port, TLS: f.TLS, Username: f.Username, Folder: f.Folder, Handled: f.Handled, MoveTo: f.MoveTo,
	}, f.Password, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return output(b, status), nil
}

type trialBody struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty" doc:"what failed: a stable word"`
	Idle   bool   `json:"idle" doc:"the server tells of new mail at once"`
	Mails  int    `json:"mails" doc:"mails in the folder"`
}

func (s *Service) test(ctx context.Context, _ *struct{}) (*httpapi.One[trialBody], error) {
	t, err := s.Try(ctx)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[trialBody]{Body: trialBody{t.Reason == "", t.Reason, t.Idle, t.Mails}}, nil
}
