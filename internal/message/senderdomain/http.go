package senderdomain

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the report.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "check-mail-domain", Method: "GET", Path: "/api/settings/mail/domain",
		Summary: "Look up whether other mail servers will believe what the organization sends", Needs: perm.AdminSettings,
	}, s.get)
}

type input struct {
	Selector string `query:"selector" maxLength:"63" pattern:"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$" doc:"of the DKIM key; usual ones are tried without"`
}

type body struct {
	Domain    string        `json:"domain"`
	Findings  []findingBody `json:"findings"`
	CheckedAt time.Time     `json:"checked_at"`
}

type findingBody struct {
	Name   string `json:"name" enum:"spf,dkim,dmarc,mx"`
	State  string `json:"state" enum:"ok,weak,missing,unknown"`
	Code   string `json:"code" doc:"what was found: a stable word"`
	Domain string `json:"domain" doc:"where it was looked for"`
	Record string `json:"record,omitempty"`
	Remedy string `json:"remedy,omitempty" doc:"what to do about it"`
}

func (s *Service) get(ctx context.Context, in *input) (*httpapi.One[body], error) {
	var selectors []string
	if in.Selector != "" {
		selectors = []string{in.Selector}
	}
	r, err := s.Of(ctx, selectors)
	if err != nil {
		return nil, err
	}
	b := body{Domain: r.Domain, CheckedAt: r.CheckedAt}
	for _, f := range r.Findings {
		b.Findings = append(b.Findings, findingBody(f))
	}
	return &httpapi.One[body]{Body: b}, nil
}
