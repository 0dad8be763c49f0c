package sensitivity

import (
	"context"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the marks of the organization and of its customers.
func (s *Service) Routes(api *httpapi.API) {
	const whole, one = "/api/settings/sensitive-permissions", "/api/customers/{id}/sensitive-permissions"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-sensitive-permissions", Method: "GET", Path: whole, Summary: "Read what takes the approval of a second person", Needs: perm.AdminRoles,
	}, func(ctx context.Context, _ *struct{}) (*httpapi.One[marksBody], error) {
		return answer(s.Find(ctx, ""))
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "set-sensitive-permissions", Method: "PUT", Path: whole, Summary: "Say what takes the approval of a second person", Needs: perm.AdminRoles, Fresh: true, Rights: true,
	}, func(ctx context.Context, in *setInput) (*httpapi.One[marksBody], error) {
		return s.put(ctx, "", in.IfMatch, in.Body)
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "get-customer-sensitive-permissions", Method: "GET", Path: one, Summary: "Read what takes an approval at this customer beside what does everywhere",
		Needs: perm.AdminRoles, Object: s.customer,
	}, func(ctx context.Context, in *idInput) (*httpapi.One[marksBody], error) {
		return answer(s.Find(ctx, in.ID))
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "set-customer-sensitive-permissions", Method: "PUT", Path: one, Summary: "Say what takes an approval at this customer beside what does everywhere",
		Needs: perm.AdminRoles, Object: s.customer, Fresh: true, Rights: true,
	}, func(ctx context.Context, in *setCustomerInput) (*httpapi.One[marksBody], error) {
		return s.put(ctx, in.ID, in.IfMatch, in.Body)
	})
}

type idInput struct {
	ID string `path:"id"`
}

type marksInput struct {
	Permissions []perm.Permission `json:"permissions" maxItems:"200" doc:"of any purpose, but none that only shows something. To leave out what was there is for administrators"`
}

type setInput struct {
	IfMatch string `header:"If-Match"`
	Body    marksInput
}

type setCustomerInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    marksInput
}

type marksBody struct {
	Permissions []perm.Permission `json:"permissions" doc:"of the organization: all that take an approval; of a customer: those beside the organization’s"`
	Inherited   []perm.Permission `json:"inherited" doc:"of a customer: the organization’s; of the organization: what Countersign declares"`
	Version     int64             `json:"version" doc:"0: nothing was saved yet"`
}

func answer(m Marks, err error) (*httpapi.One[marksBody], error) {
	return &httpapi.One[marksBody]{ETag: httpapi.ETag(m.Version), Body: marksBody(m)}, err
}

func (s *Service) put(ctx context.Context, customerID, ifMatch string, want marksInput) (*httpapi.One[marksBody], error) {
	return answer(s.Set(ctx, customerID, want.Permissions, func(version int64) error { return httpapi.IfMatch(ifMatch, version) }))
}
