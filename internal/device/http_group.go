package device

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) groupRoutes(api *httpapi.API) {
	const all, each = "/api/device-groups", "/api/device-groups/{id}"
	httpapi.Handle(api, httpapi.Route{ID: "list-device-groups", Method: "GET", Path: all, Summary: "List device groups", Needs: perm.DeviceView}, s.getGroups)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-device-group", Method: "POST", Path: all, Summary: "Add a device group", Needs: perm.AdminDevices, Creates: true,
	}, s.postGroup)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-device-group", Method: "GET", Path: each, Summary: "Read a device group", Needs: perm.DeviceView, Object: s.groupObject,
	}, s.getGroup)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-device-group", Method: "PATCH", Path: each, Summary: "Change some fields of a device group; what is in it moves with it",
		Needs: perm.AdminDevices, Object: s.groupObject, Rights: true,
	}, s.patchGroup)
	httpapi.Handle(api, httpapi.Route{
		ID: "replace-device-group", Method: "PUT", Path: each, Summary: "Change all fields of a device group; what is in it moves with it",
		Needs: perm.AdminDevices, Object: s.groupObject, Rights: true,
	}, s.putGroup)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-device-group", Method: "DELETE", Path: each, Summary: "Delete a device group; what is in it moves to the group above",
		Needs: perm.AdminDevices, Object: s.groupObject, Rights: true,
	}, s.deleteGroup)
}

func (s *Service) groupObject(ctx context.Context, id string) (access.Object, error) {
	g, err := s.FindGroup(ctx, id)
	return g.Object(), err
}

// groupFieldsBody is what may be entered.
type groupFieldsBody struct {
	Name       string  `json:"name" minLength:"1" maxLength:"200"`
	ParentID   *string `json:"parent_id,omitempty" maxLength:"36" nullable:"true"`
	CustomerID *string `json:"customer_id,omitempty" maxLength:"36" nullable:"true" doc:"of a root group; those below belong to the same customer"`
}

func (b groupFieldsBody) fields() GroupFields {
	return GroupFields{Name: b.Name, ParentID: text(b.ParentID), CustomerID: text(b.CustomerID)}
}

func groupFieldsOf(f GroupFields) groupFieldsBody {
	return groupFieldsBody{Name: f.Name, ParentID: present(f.ParentID), CustomerID: present(f.CustomerID)}
}

// groupBody is a group on the wire.
type groupBody struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	ParentID     *string   `json:"parent_id"`
	CustomerID   *string   `json:"customer_id"`
	CustomerName string    `json:"customer_name"`
	DeviceCount  int64     `json:"device_count" doc:"directly in it"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

func groupBodyOf(g Group) groupBody {
	return groupBody{
		ID: g.ID, Name: g.Name, ParentID: present(g.ParentID), CustomerID: present(g.CustomerID), CustomerName: g.CustomerName,
		DeviceCount: g.DeviceCount, CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt, Version: g.Version,
	}
}

func oneGroup(g Group, err error) (*httpapi.One[groupBody], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[groupBody]{ETag: httpapi.ETag(g.Version), Body: groupBodyOf(g)}, nil
}

func (s *Service) getGroups(ctx context.Context, in *struct {
	httpapi.Paging
	Q          string `query:"q" maxLength:"200"`
	CustomerID string `query:"customer_id" maxLength:"36"`
	ParentID   string `query:"parent_id" maxLength:"36" doc:"groups directly in this one"`
	Sort       string `query:"sort" enum:"name,-name,created_at,-created_at"`
},
) (*httpapi.Page[groupBody], error) {
	found, next, err := s.Groups(ctx, GroupQuery{Text: in.Q, CustomerID: in.CustomerID, ParentID: in.ParentID, Sort: in.Sort, Page: in.Page()})
	items := make([]groupBody, len(found))
	for i, g := range found {
		items[i] = groupBodyOf(g)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) postGroup(ctx context.Context, in *struct{ Body groupFieldsBody }) (*httpapi.Created[groupBody], error) {
	g, err := s.CreateGroup(ctx, in.Body.fields())
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[groupBody]{Location: "/api/device-groups/" + g.ID, ETag: httpapi.ETag(g.Version), Body: groupBodyOf(g)}, nil
}

func (s *Service) getGroup(ctx context.Context, in *idInput) (*httpapi.One[groupBody], error) {
	return oneGroup(s.FindGroup(ctx, in.ID))
}

func (s *Service) patchGroup(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[groupFieldsBody]
},
) (*httpapi.One[groupBody], error) {
	return oneGroup(s.UpdateGroup(ctx, in.ID, func(g Group) (GroupFields, error) {
		if err := httpapi.IfMatch(in.IfMatch, g.Version); err != nil {
			return g.GroupFields, err
		}
		b, err := httpapi.Merge(groupFieldsOf(g.GroupFields), in.Body.RawMessage)
		return b.fields(), err
	}))
}

func (s *Service) putGroup(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    groupFieldsBody
},
) (*httpapi.One[groupBody], error) {
	return oneGroup(s.UpdateGroup(ctx, in.ID, func(g Group) (GroupFields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, g.Version)
	}))
}

func (s *Service) deleteGroup(ctx context.Context, in *deleteInput) (*struct{}, error) {
	return nil, s.DeleteGroup(ctx, in.ID, func(g Group) error { return httpapi.IfMatch(in.IfMatch, g.Version) })
}
