package technician

import (
	"context"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) consentRoutes(api *httpapi.API) {
	const own = "/api/me/sms-consent"
	httpapi.Handle(api, httpapi.Route{ID: "read-sms-consent-text", Method: "GET", Path: "/api/public/sms-consent", Summary: "Read what technicians agree to before they get text messages", Needs: perm.Public}, s.getConsentText)
	httpapi.Handle(api, httpapi.Route{ID: "agree-to-sms", Method: "PUT", Path: own, Summary: "Agree to text messages and calls", Needs: perm.SignedIn}, s.putConsent)
	httpapi.Handle(api, httpapi.Route{ID: "withdraw-from-sms", Method: "DELETE", Path: own, Summary: "Take the consent to text messages and calls back", Needs: perm.SignedIn}, s.deleteConsent)
}

type consentText struct {
	TextVersion string `json:"text_version"`
	Text        string `json:"text"`
}

func (s *Service) getConsentText(_ context.Context, in *struct {
	Language string `query:"language" enum:"en,fr" default:"en"`
},
) (*httpapi.One[consentText], error) {
	return &httpapi.One[consentText]{Body: consentText{ConsentVersion, ConsentText(in.Language)}}, nil
}

func (s *Service) putConsent(ctx context.Context, in *struct {
	Body struct {
		Agreed      bool   `json:"agreed" enum:"true" doc:"true; to take it back use DELETE"`
		TextVersion string `json:"text_version" maxLength:"40" doc:"of the text that was shown"`
	}
},
) (*httpapi.One[Body], error) {
	return answer(s.Agree(ctx, in.Body.TextVersion))
}

func (s *Service) deleteConsent(ctx context.Context, _ *struct{}) (*struct{}, error) {
	_, err := s.Withdraw(ctx)
	return nil, err
}
