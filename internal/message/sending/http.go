package sending

import (
	"context"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the settings.
func (s *Service) Routes(api *httpapi.API) {
	const path = "/api/settings/sending"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-sending-settings", Method: "GET", Path: path, Summary: "Get which carrier is tried first, and how fast the organization sends",
		Needs: perm.AdminSettings,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-sending-settings", Method: "PUT", Path: path, Summary: "Set which carrier is tried first, and how fast the organization sends",
		Needs: perm.AdminSettings, Fresh: true,
	}, s.set)
}

type body struct {
	SMS       []string `json:"sms" maxItems:"10" doc:"carriers of texts in the order in which they are tried; those that are not set up are passed over"`
	Voice     []string `json:"voice" maxItems:"10" doc:"the same of calls"`
	PerMinute int      `json:"messages_per_minute" minimum:"0" maximum:"60000" doc:"texts and calls by all carriers together; 0 is without a limit"`
}

func output(s Settings) *httpapi.One[body] {
	return &httpapi.One[body]{ETag: httpapi.ETag(s.Version), Body: body{s.SMS, s.Voice, s.PerMinute}}
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[body], error) {
	set, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return output(set), nil
}

func (s *Service) set(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    body
},
) (*httpapi.One[body], error) {
	set, err := s.Set(ctx, Settings{SMS: in.Body.SMS, Voice: in.Body.Voice, PerMinute: in.Body.PerMinute},
		func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return output(set), nil
}
