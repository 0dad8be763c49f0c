package customer

import (
	"context"
	"strconv"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type exportInput struct {
	Q      string `query:"q" maxLength:"200" doc:"words in name, domains or phone"`
	Status Status `query:"status" enum:"active,inactive"`
	Sort   string `query:"sort" enum:"name,-name,created_at,-created_at"`
}

// ExportRoutes mounts the list as a file. Its columns are those that an import knows again.
func (s *Service) ExportRoutes(api *httpapi.API) {
	export.Handle(api, s.audit, export.List[exportInput, Customer]{
		Route: httpapi.Route{ID: "export-customers", Method: "GET", Path: "/api/customers.csv", Summary: "Download customers as CSV", Needs: perm.CustomerView},
		Name:  "customers", Action: "customer.export",
		Columns: []string{"id", "name", "domains", "phone", "address", "website", "status", "notes", "contacts", "open_tickets", "created_at"},
		Page: func(ctx context.Context, in *exportInput, page store.Page) ([]Customer, string, error) {
			return s.List(ctx, Query{Text: in.Q, Status: in.Status, Sort: in.Sort, Page: page})
		},
		Row: func(c Customer) []string {
			return []string{
				c.ID, c.Name, csvfile.List(c.Domains), c.Phone, c.Address, c.Website, string(c.Status), c.Notes, strconv.FormatInt(c.ContactCount, 10),
				strconv.FormatInt(c.OpenTicketCount, 10), export.Time(c.CreatedAt),
			}
		},
	})
}
