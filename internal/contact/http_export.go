package contact

import (
	"context"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type exportInput struct {
	Q          string `query:"q" maxLength:"200" doc:"words in name, company, job title, emails or phones"`
	CustomerID string `query:"customer_id" maxLength:"36"`
	Consent    string `query:"consent" enum:"unknown,sent,opted_in,opted_out" doc:"only those with a number about which this was said"`
	Sort       string `query:"sort" enum:"name,-name,created_at,-created_at"`
}

// ExportRoutes mounts the list as a file. Its columns are those that an import knows again.
func (s *Service) ExportRoutes(api *httpapi.API) {
	export.Handle(api, s.audit, export.List[exportInput, Contact]{
		Route: httpapi.Route{ID: "export-contacts", Method: "GET", Path: "/api/contacts.csv", Summary: "Download contacts as CSV", Needs: perm.ContactView},
		Name:  "contacts", Action: "contact.export",
		Columns: []string{
			"id", "name", "customer", "job_title", "department", "emails", "phones", "language", "vip", "approver", "notes", "own_fields", "external_id", "created_at",
		},
		Page: func(ctx context.Context, in *exportInput, page store.Page) ([]Contact, string, error) {
			return s.List(ctx, Query{Text: in.Q, CustomerID: in.CustomerID, Consent: in.Consent, Sort: in.Sort, Page: page})
		},
		Row: func(c Contact) []string {
			phones := make([]string, len(c.Phones))
			for i, p := range c.Phones {
				phones[i] = p.Number + " " + p.Kind
			}
			own := make([]string, 0, len(c.Custom))
			for _, name := range slices.Sorted(maps.Keys(c.Custom)) {
				own = append(own, name+": "+c.Custom[name])
			}
			return []string{
				c.ID, c.Name, c.CustomerName, c.JobTitle, c.Department, csvfile.List(c.Emails), csvfile.List(phones), c.Language, export.Bool(c.VIP),
				export.Bool(c.Approver), c.Notes, csvfile.List(own), c.SourceID, export.Time(c.CreatedAt),
			}
		},
	})
}
