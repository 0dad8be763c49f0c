package role

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the roles, and the catalogue of what they can hold.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/roles", "/api/roles/{id}"
	route := func(id, method, path, summary string, needs perm.Permission) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: needs, Creates: method == "POST"}
		if path == each {
			r.Object, r.Rights = s.object, method != "GET"
		}
		return r
	}
	httpapi.Handle(api, route("list-permissions", "GET", "/api/permissions", "List every permission there is", perm.SignedIn), getPermissions)
	httpapi.Handle(api, route("list-roles", "GET", all, "List roles", perm.SignedIn), s.getList)
	httpapi.Handle(api, route("create-role", "POST", all, "Create a role", perm.AdminRoles), s.post)
	httpapi.Handle(api, route("get-role", "GET", each, "Read a role", perm.SignedIn), s.get)
	httpapi.Handle(api, route("edit-role", "PATCH", each, "Change some fields of a role", perm.AdminRoles), s.patch)
	httpapi.Handle(api, route("replace-role", "PUT", each, "Change all fields of a role", perm.AdminRoles), s.put)
	httpapi.Handle(api, route("delete-role", "DELETE", each, "Delete a role and the grants of it", perm.AdminRoles), s.delete)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	_, err := s.Find(ctx, id)
	return access.Object{Type: "role", ID: id}, err
}

type permissionBody struct {
	Name        perm.Permission `json:"name"`
	Purpose     perm.Purpose    `json:"purpose" enum:"devices,invitations,administration,customers"`
	Category    string          `json:"category"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	View        bool            `json:"view" doc:"changes nothing: what read-only technicians may have"`
	Sensitive   bool            `json:"sensitive" doc:"takes an approval, unless the organization says otherwise"`
	ComesWith   []perm.Role     `json:"comes_with" doc:"the platform roles that give it without a grant"`
}

func getPermissions(context.Context, *struct{}) (*httpapi.Page[permissionBody], error) {
	return httpapi.NewPage(httpapi.Each(perm.Catalog(), func(e perm.Entry) permissionBody {
		with := []perm.Role{}
		for _, r := range []perm.Role{perm.Administrator, perm.Manager, perm.Technician, perm.ReadOnly} {
			if r.Base().Any(perm.BitsOf(e.Name)) {
				with = append(with, r)
			}
		}
		return permissionBody{e.Name, e.Purpose, e.Category, e.Title, e.Description, e.View, e.Sensitive, with}
	}), ""), nil
}

// FieldsBody is what people may enter about a role.
type FieldsBody struct {
	Name        string            `json:"name" minLength:"1" maxLength:"100"`
	Description string            `json:"description,omitempty" maxLength:"2000"`
	Purpose     perm.Purpose      `json:"purpose" enum:"devices,invitations,administration,customers" doc:"on what the role can be granted; never changes"`
	Permissions []perm.Permission `json:"permissions,omitempty" maxItems:"200" doc:"of the role's purpose; device.view comes with every other one of a device"`
	Sensitive   []perm.Permission `json:"sensitive_permissions,omitempty" maxItems:"200" doc:"of the permissions, those that take an approval when given by this role; to take one out is for administrators"`
}

func (b FieldsBody) fields() Fields { return Fields(b) }

type usageBody struct {
	Technicians int64 `json:"technicians" doc:"who have it themselves"`
	Teams       int64 `json:"teams"`
	Grants      int64 `json:"grants" doc:"that would go with the role"`
}

// Body is a role on the wire.
type Body struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Purpose     perm.Purpose      `json:"purpose" enum:"devices,invitations,administration,customers"`
	Permissions []perm.Permission `json:"permissions"`
	Sensitive   []perm.Permission `json:"sensitive_permissions" doc:"of those, what takes an approval when given by this role"`
	System      bool              `json:"system" doc:"comes with Countersign: can be used and copied, but neither changed nor deleted"`
	Usage       usageBody         `json:"usage"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	Version     int64             `json:"version"`
}

func bodyOf(r Role) Body {
	return Body{r.ID, r.Name, r.Description, r.Purpose, r.Permissions, r.Sensitive, r.System, usageBody(r.Usage), r.CreatedAt, r.UpdatedAt, r.Version}
}

func answer(r Role, err error) (*httpapi.One[Body], error) {
	return &httpapi.One[Body]{ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Q       string       `query:"q" maxLength:"200" doc:"words in name or description"`
	Purpose perm.Purpose `query:"purpose" enum:"devices,invitations,administration,customers"`
	Sort    string       `query:"sort" enum:"name,-name,created_at,-created_at"`
},
) (*httpapi.Page[Body], error) {
	found, next, err := s.List(ctx, Query{Text: in.Q, Purpose: in.Purpose, Sort: in.Sort, Page: in.Page()})
	return httpapi.NewPage(httpapi.Each(found, bodyOf), next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body FieldsBody }) (*httpapi.Created[Body], error) {
	r, err := s.Create(ctx, in.Body.fields())
	return &httpapi.Created[Body]{Location: "/api/roles/" + r.ID, ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[FieldsBody]
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(r Role) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, r.Version); err != nil {
			return r.Fields, err
		}
		b, err := httpapi.Merge(FieldsBody(r.Fields), in.Body.RawMessage)
		return b.fields(), err
	}))
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    FieldsBody
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(r Role) (Fields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, r.Version)
	}))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Confirm string `header:"X-Confirm-Name" maxLength:"2000" doc:"the name of the role, percent-encoded UTF-8"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, in.Confirm, func(r Role) error { return httpapi.IfMatch(in.IfMatch, r.Version) })
}
