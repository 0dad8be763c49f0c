package grant

import (
	"context"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/role"
)

func (s *Service) loanRoutes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-lendable-roles", Method: "GET", Path: "/api/lendable-roles", Summary: "List the roles that one can ask for, for a while", Needs: perm.SignedIn,
	}, s.getLendable)
}

// lendableBody is a role as whoever asks for it sees it.
type lendableBody struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Purpose     perm.Purpose      `json:"purpose" enum:"devices,invitations,administration,customers"`
	Permissions []perm.Permission `json:"permissions"`
}

func (s *Service) getLendable(ctx context.Context, _ *struct{}) (*httpapi.Page[lendableBody], error) {
	all, err := s.Lendable(ctx)
	return httpapi.NewPage(httpapi.Each(all, func(r role.Role) lendableBody {
		return lendableBody{r.ID, r.Name, r.Description, r.Purpose, r.Permissions}
	}), ""), err
}
