package usage

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/role"
)

func (s *Service) narrowRoute(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "narrow-role", Method: "POST", Path: "/api/roles/{id}/narrower", Needs: perm.AdminRoles, Creates: true, Rights: true,
		Summary: "Create a role that holds less than this one, and move grants of this one to it; takes admin.technicians too",
		Object: func(ctx context.Context, id string) (access.Object, error) {
			_, err := s.roles.Find(ctx, id)
			return access.Object{Type: "role", ID: id}, err
		},
	}, s.postNarrower)
}

type grantedBody struct {
	Type grant.SubjectType `json:"type" enum:"technician,team"`
	ID   string            `json:"id" maxLength:"36"`
}

type narrowBody struct {
	Name        string            `json:"name" minLength:"1" maxLength:"100"`
	Description string            `json:"description,omitempty" maxLength:"2000"`
	Permissions []perm.Permission `json:"permissions" maxItems:"200" doc:"some of those of the old role"`
	Sensitive   []perm.Permission `json:"sensitive_permissions,omitempty" maxItems:"200" doc:"of those, what takes an approval when given by the new role: at least what does when given by the old one"`
	Subject     *grantedBody      `json:"subject,omitempty" doc:"whose grants move; absent for everybody’s"`
	GrantIDs    []string          `json:"grant_ids" minItems:"1" maxItems:"500" doc:"all grants of the old role that are not over, of the subject if there is one: it is refused if somebody changed them meanwhile"`
}

type narrowedBody struct {
	ID    string `json:"id" doc:"of the new role"`
	Name  string `json:"name"`
	Moved int    `json:"moved" doc:"how many grants are of the new role now"`
}

func (s *Service) postNarrower(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    narrowBody
},
) (*httpapi.Created[narrowedBody], error) {
	b := in.Body
	want := Narrowed{Fields: role.Fields{Name: b.Name, Description: b.Description, Permissions: b.Permissions, Sensitive: b.Sensitive}, Shown: b.GrantIDs}
	if b.Subject != nil {
		want.Of = &grant.Subject{Type: b.Subject.Type, Thing: grant.Thing{ID: b.Subject.ID}}
	}
	r, moved, err := s.Narrow(ctx, in.ID, want, func(r role.Role) error { return httpapi.IfMatch(in.IfMatch, r.Version) })
	return &httpapi.Created[narrowedBody]{Location: "/api/roles/" + r.ID, ETag: httpapi.ETag(r.Version), Body: narrowedBody{r.ID, r.Name, moved}}, err
}
