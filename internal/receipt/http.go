package receipt

import (
	"context"
	"io"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	s.mount(api, httpapi.Route{ID: "get-verification-receipt", Path: "/api/verifications/{id}/receipt", Summary: "Download the signed receipt of an ended verification"}, endUser, s.OfVerification)
	s.mount(api, httpapi.Route{
		ID: "get-technician-verification-receipt", Path: "/api/technician-verifications/{id}/receipt", Summary: "Download the signed receipt of an ended technician verification",
	}, technician, s.OfRequest)
	route := httpapi.Route{
		ID: "export-contact-evidence", Method: "GET", Path: "/api/contacts/{id}/evidence", Summary: "Download all receipts of one contact as JSON Lines that prove themselves",
		Needs: perm.VerificationRun, Object: s.contactObject,
	}
	httpapi.Download(api, route, httpapi.File{Type: "application/jsonl", Name: "evidence.jsonl"}, func(ctx context.Context, in *idInput, w io.Writer) error {
		return s.Evidence(ctx, in.ID, w)
	})
}

type idInput struct {
	ID string `path:"id"`
}

func (s *Service) mount(api *httpapi.API, r httpapi.Route, area string, write func(context.Context, string) ([]byte, error)) {
	r.Method, r.Needs = "GET", perm.VerificationRun
	r.Object = func(ctx context.Context, id string) (access.Object, error) {
		v, err := find(ctx, s.db.Read(), area, access.ActorFrom(ctx).OrgID, id)
		return access.Object{Type: endUser, CustomerID: v.customerID}, err
	}
	httpapi.Download(api, r, httpapi.File{Type: "application/json", Name: "receipt.json"}, func(ctx context.Context, in *idInput, w io.Writer) error {
		text, err := write(ctx, in.ID)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
}

func (s *Service) contactObject(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "contact", ID: id, CustomerID: c.CustomerID}, err
}
