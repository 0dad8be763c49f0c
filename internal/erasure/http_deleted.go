package erasure

import (
	"context"
	"io"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// deletedRoutes mounts what is done about contacts who were deleted before.
func (s *Service) deletedRoutes(api *httpapi.API, file httpapi.File) {
	const all, each = "/api/deleted-contacts", "/api/deleted-contacts/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-deleted-contacts", Method: "GET", Path: all, Summary: "List contacts who were deleted and can still be erased, the latest first",
		Needs: perm.AdminSettings,
	}, s.getDeleted)
	httpapi.Handle(api, httpapi.Route{
		ID: "erase-deleted-contact", Method: "POST", Path: each + "/erase", Summary: "Erase all personal data about a contact who was deleted",
		Needs: perm.ContactEdit, Object: s.deletedObject, Fresh: true,
	}, s.postDeleted)
	httpapi.Download(api, httpapi.Route{
		ID: "export-deleted-contact-data", Method: "GET", Path: each + "/personal-data", Summary: "Download all that is known of a contact who was deleted",
		Needs: perm.ContactEdit, Object: s.deletedObject,
	}, file, func(ctx context.Context, in *idInput, w io.Writer) error { return s.ExportDeleted(ctx, in.ID, w) })
}

func (s *Service) deletedObject(ctx context.Context, id string) (access.Object, error) {
	d, err := s.lookForDeleted(ctx, id)
	return d.object(), err
}

type deletedBody struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	CustomerID   string    `json:"customer_id"`
	CustomerName string    `json:"customer_name" doc:"empty if the customer was deleted too"`
	Emails       []string  `json:"emails"`
	Numbers      []string  `json:"numbers"`
	DeletedAt    time.Time `json:"deleted_at"`
	DeletedBy    string    `json:"deleted_by"`
}

func (s *Service) getDeleted(ctx context.Context, in *struct {
	httpapi.Paging
	Text string `query:"q" maxLength:"200" doc:"words of the name, an email or a number"`
},
) (*httpapi.Page[deletedBody], error) {
	found, next, err := s.DeletedContacts(ctx, in.Text, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]deletedBody, len(found))
	for i, d := range found {
		items[i] = deletedBody{d.ID, d.Name, d.CustomerID, d.CustomerName, append([]string{}, d.Emails...), append([]string{}, d.Numbers...), d.At, d.By}
	}
	return httpapi.NewPage(items, next), nil
}

func (s *Service) postDeleted(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name string `json:"name" maxLength:"300" doc:"of the person, typed again: this cannot be undone"`
	}
},
) (*struct{}, error) {
	return nil, s.EraseDeleted(ctx, in.ID, in.Body.Name)
}
