package device

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// Routes mounts devices and their groups.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/devices", "/api/devices/{id}"
	httpapi.Handle(api, httpapi.Route{ID: "list-devices", Method: "GET", Path: all, Summary: "List devices", Needs: perm.DeviceView}, s.getList)
	httpapi.Handle(api, httpapi.Route{ID: "create-device", Method: "POST", Path: all, Summary: "Add a device", Needs: perm.AdminDevices, Creates: true}, s.post)
	httpapi.Handle(api, httpapi.Route{ID: "get-device", Method: "GET", Path: each, Summary: "Read a device", Needs: perm.DeviceView, Object: s.object}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-device", Method: "PATCH", Path: each, Summary: "Change some fields of a device", Needs: perm.AdminDevices, Object: s.object, Rights: true,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "replace-device", Method: "PUT", Path: each, Summary: "Change all fields of a device", Needs: perm.AdminDevices, Object: s.object, Rights: true,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{ID: "delete-device", Method: "DELETE", Path: each, Summary: "Delete a device", Needs: perm.DeviceDelete, Object: s.object, Asks: DeleteAction, Rights: true}, s.delete)
	s.groupRoutes(api)
	export.Handle(api, s.audit, export.List[listInput, Device]{
		Route:  httpapi.Route{ID: "export-devices", Method: "GET", Path: "/api/devices.csv", Summary: "Download devices as CSV", Needs: perm.DeviceView},
		Name:   "devices",
		Action: "device.export", Columns: []string{"id", "name", "customer", "group", "platform", "description", "created_at"},
		Page: func(ctx context.Context, in *listInput, page store.Page) ([]Device, string, error) {
			return s.List(ctx, in.query(page))
		},
		Row: func(d Device) []string {
			return []string{d.ID, d.Name, d.CustomerName, d.GroupName, d.Platform, d.Description, export.Time(d.CreatedAt)}
		},
	})
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	d, err := s.Find(ctx, id)
	return d.Object(), err
}

// fieldsBody is what may be entered.
type fieldsBody struct {
	Name        string  `json:"name" minLength:"1" maxLength:"200"`
	GroupID     *string `json:"group_id,omitempty" maxLength:"36" nullable:"true"`
	CustomerID  *string `json:"customer_id,omitempty" maxLength:"36" nullable:"true" doc:"that of the group, if the group has one"`
	Platform    string  `json:"platform,omitempty" enum:"windows,macos,linux,other"`
	Description string  `json:"description,omitempty" maxLength:"2000"`
}

func (b fieldsBody) fields() Fields {
	return Fields{Name: b.Name, GroupID: text(b.GroupID), CustomerID: text(b.CustomerID), Platform: b.Platform, Description: b.Description}
}

func fieldsOf(f Fields) fieldsBody {
	return fieldsBody{Name: f.Name, GroupID: present(f.GroupID), CustomerID: present(f.CustomerID), Platform: f.Platform, Description: f.Description}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// deviceBody is a device on the wire.
type deviceBody struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	GroupID      *string   `json:"group_id"`
	GroupName    string    `json:"group_name"`
	CustomerID   *string   `json:"customer_id"`
	CustomerName string    `json:"customer_name"`
	Platform     string    `json:"platform" enum:"windows,macos,linux,other"`
	Description  string    `json:"description"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

func bodyOf(d Device) deviceBody {
	return deviceBody{
		ID: d.ID, Name: d.Name, GroupID: present(d.GroupID), GroupName: d.GroupName, CustomerID: present(d.CustomerID), CustomerName: d.CustomerName,
		Platform: d.Platform, Description: d.Description, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Version: d.Version,
	}
}

func one(d Device, err error) (*httpapi.One[deviceBody], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[deviceBody]{ETag: httpapi.ETag(d.Version), Body: bodyOf(d)}, nil
}

type listInput struct {
	httpapi.Paging
	Q          string `query:"q" maxLength:"200" doc:"words in name, description, group or customer"`
	CustomerID string `query:"customer_id" maxLength:"36"`
	GroupID    string `query:"group_id" maxLength:"36" doc:"also devices in groups below"`
	Platform   string `query:"platform" enum:"windows,macos,linux,other"`
	Sort       string `query:"sort" enum:"name,-name,created_at,-created_at"`
}

func (in *listInput) query(page store.Page) Query {
	return Query{Text: in.Q, CustomerID: in.CustomerID, GroupID: in.GroupID, Platform: in.Platform, Sort: in.Sort, Page: page}
}

func (s *Service) getList(ctx context.Context, in *listInput) (*httpapi.Page[deviceBody], error) {
	found, next, err := s.List(ctx, in.query(in.Page()))
	items := make([]deviceBody, len(found))
	for i, d := range found {
		items[i] = bodyOf(d)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[deviceBody], error) {
	d, err := s.Create(ctx, in.Body.fields())
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[deviceBody]{Location: "/api/devices/" + d.ID, ETag: httpapi.ETag(d.Version), Body: bodyOf(d)}, nil
}

type idInput struct {
	ID string `path:"id"`
}

type deleteInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[deviceBody], error) {
	return one(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[deviceBody], error) {
	return one(s.Update(ctx, in.ID, func(d Device) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, d.Version); err != nil {
			return d.Fields, err
		}
		b, err := httpapi.Merge(fieldsOf(d.Fields), in.Body.RawMessage)
		return b.fields(), err
	}))
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
},
) (*httpapi.One[deviceBody], error) {
	return one(s.Update(ctx, in.ID, func(d Device) (Fields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, d.Version)
	}))
}

func (s *Service) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(d Device) error { return httpapi.IfMatch(in.IfMatch, d.Version) })
}
