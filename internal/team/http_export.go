package team

import (
	"context"
	"strconv"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type exportInput struct {
	Q            string `query:"q" maxLength:"200" doc:"words in name or description"`
	TechnicianID string `query:"technician_id" maxLength:"36" doc:"to which this technician belongs"`
	CustomerID   string `query:"customer_id" maxLength:"36" doc:"that look after this customer"`
	Sort         string `query:"sort" enum:"name,-name,created_at,-created_at"`
}

// ExportRoutes mounts the list as a file.
func (s *Service) ExportRoutes(api *httpapi.API) {
	export.Handle(api, s.audit, export.List[exportInput, Team]{
		Route: httpapi.Route{ID: "export-teams", Method: "GET", Path: "/api/teams.csv", Summary: "Download teams as CSV", Needs: perm.AdminTechnicians},
		Name:  "teams", Action: "team.export", Columns: []string{"id", "name", "description", "members", "customers", "created_at"},
		Page: func(ctx context.Context, in *exportInput, page store.Page) ([]Team, string, error) {
			return s.List(ctx, Query{Text: in.Q, TechnicianID: in.TechnicianID, CustomerID: in.CustomerID, Sort: in.Sort, Page: page})
		},
		Row: func(t Team) []string {
			return []string{t.ID, t.Name, t.Description, strconv.Itoa(len(t.MemberIDs)), strconv.Itoa(len(t.CustomerIDs)), export.Time(t.CreatedAt)}
		},
	})
}
