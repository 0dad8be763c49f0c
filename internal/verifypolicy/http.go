package verifypolicy

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	const whole, one = "/api/settings/verification-policy", "/api/customers/{id}/verification-policy"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-verification-policy", Method: "GET", Path: whole, Summary: "Read how callers are verified", Needs: perm.AdminSettings,
	}, func(ctx context.Context, _ *struct{}) (*httpapi.One[body], error) { return s.answer(ctx, "") })
	httpapi.Handle(api, httpapi.Route{
		ID: "set-verification-policy", Method: "PUT", Path: whole, Summary: "Say how callers are verified", Needs: perm.AdminSettings,
	}, func(ctx context.Context, in *putInput) (*httpapi.One[body], error) {
		return s.put(ctx, "", in.IfMatch, in.Body)
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "get-customer-verification-policy", Method: "GET", Path: one, Summary: "Read how callers of a customer are verified",
		Needs: perm.CustomerView, Object: s.object,
	}, func(ctx context.Context, in *idInput) (*httpapi.One[body], error) { return s.answer(ctx, in.ID) })
	httpapi.Handle(api, httpapi.Route{
		ID: "set-customer-verification-policy", Method: "PUT", Path: one, Summary: "Say what differs for the callers of a customer",
		Needs: perm.AdminSettings, Object: s.object,
	}, func(ctx context.Context, in *putOneInput) (*httpapi.One[body], error) {
		return s.put(ctx, in.ID, in.IfMatch, in.Body)
	})
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	c, err := customer.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

type idInput struct {
	ID string `path:"id"`
}

type putInput struct {
	IfMatch string `header:"If-Match"`
	Body    Policy
}

type putOneInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    Policy
}

type body struct {
	Own     Policy   `json:"own" doc:"what was saved here"`
	Rules   Policy   `json:"rules" doc:"what holds: this over the organization's over what is usual"`
	Methods []string `json:"methods" doc:"every method that exists"`
	Actions []Action `json:"actions" doc:"every action that takes a level"`
	Version int64    `json:"version"`
}

func (s *Service) answer(ctx context.Context, customerID string) (*httpapi.One[body], error) {
	x, err := s.Get(ctx, customerID)
	if err != nil {
		return nil, err
	}
	rules := x.Rules.Policy
	if rules.HoldHours == nil {
		rules.HoldHours = new(int(x.Rules.Hold.Hours()))
	}
	return &httpapi.One[body]{ETag: httpapi.ETag(x.Version), Body: body{x.Policy, rules, s.methods(), Actions(), x.Version}}, nil
}

func (s *Service) put(ctx context.Context, customerID, ifMatch string, want Policy) (*httpapi.One[body], error) {
	now, err := s.Get(ctx, customerID)
	if err != nil {
		return nil, err
	}
	if err := httpapi.IfMatch(ifMatch, now.Version); err != nil {
		return nil, err
	}
	if err := s.Save(ctx, customerID, want, now.Version); err != nil {
		return nil, err
	}
	return s.answer(ctx, customerID)
}
