package erasure

import (
	"context"
	"io"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	file := httpapi.File{Type: "application/json", Name: "personal-data.json"}
	of := func(id, method, path, summary string, needs perm.Permission) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: needs, Fresh: method == "POST"}
		r.Object = s.contactObject
		if needs == perm.AdminTechnicians {
			r.Object = s.technicianObject
		}
		return r
	}
	httpapi.Handle(api, of("erase-contact", "POST", "/api/contacts/{id}/erase", "Delete a contact and all personal data about them", perm.ContactEdit), s.postContact)
	httpapi.Download(api, of("export-contact-data", "GET", "/api/contacts/{id}/personal-data", "Download all that is known of a contact", perm.ContactEdit), file,
		func(ctx context.Context, in *idInput, w io.Writer) error { return s.ExportContact(ctx, in.ID, w) })
	s.deletedRoutes(api, file)
	httpapi.Handle(api, of("erase-technician", "POST", "/api/technicians/{id}/erase", "Delete a technician who has left and all personal data about them", perm.AdminTechnicians), s.postTechnician)
	httpapi.Download(api, of("export-technician-data", "GET", "/api/technicians/{id}/personal-data", "Download all that is known of a technician", perm.AdminTechnicians), file,
		func(ctx context.Context, in *idInput, w io.Writer) error { return s.ExportTechnician(ctx, in.ID, w) })
}

func (s *Service) contactObject(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

func (s *Service) technicianObject(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

type idInput struct {
	ID string `path:"id"`
}

type eraseInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		Name string `json:"name" maxLength:"300" doc:"of the person, typed again: this cannot be undone"`
	}
}

func (s *Service) postContact(ctx context.Context, in *eraseInput) (*struct{}, error) {
	return nil, s.EraseContact(ctx, in.ID, in.Body.Name, func(c contact.Contact) error { return httpapi.IfMatch(in.IfMatch, c.Version) })
}

func (s *Service) postTechnician(ctx context.Context, in *eraseInput) (*struct{}, error) {
	return nil, s.EraseTechnician(ctx, in.ID, in.Body.Name, func(t technician.Technician) error { return httpapi.IfMatch(in.IfMatch, t.Version) })
}
