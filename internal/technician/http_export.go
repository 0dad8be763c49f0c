package technician

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type exportInput struct {
	ListQuery
	Sort string `query:"sort" enum:"name,-name,email,-email,role,-role,status,-status,last_active_at,-last_active_at,created_at,-created_at"`
}

// exported is a technician with the names of the customers that the reader may see.
type exported struct {
	Technician
	customers []string
}

// ExportRoutes mounts the list as a file. Its columns are those that an import knows again.
func (s *Service) ExportRoutes(api *httpapi.API) {
	export.Handle(api, s.audit, export.List[exportInput, exported]{
		Route: httpapi.Route{
			ID: "export-technicians", Method: "GET", Path: "/api/technicians.csv", Summary: "Download technicians as CSV", Needs: perm.AdminTechnicians,
		},
		Name: "technicians", Action: "technician.export",
		Columns: []string{
			"id", "name", "given_name", "family_name", "email", "phone", "job_title", "department", "usernames", "role", "status", "state", "customers",
			"locale", "time_zone", "external_id", "last_active_at", "created_at",
		},
		Page: s.exportPage,
		Row: func(e exported) []string {
			return []string{
				e.ID, e.Name(), e.GivenName, e.FamilyName, e.Email, e.Phone, e.JobTitle, e.Department, csvfile.List(e.Usernames), e.roleText(),
				string(e.Status), string(e.State), csvfile.List(e.customers), e.Locale, e.TimeZone, e.SourceID, export.Time(e.LastActiveAt), export.Time(e.CreatedAt),
			}
		},
	})
}

func (s *Service) exportPage(ctx context.Context, in *exportInput, page store.Page) ([]exported, string, error) {
	q := in.Query()
	q.Sort, q.Page = in.Sort, page
	found, next, err := s.List(ctx, q)
	if err != nil {
		return nil, "", err
	}
	scope, err := s.guardCustomers(ctx)
	if err != nil {
		return nil, "", err
	}
	var ids []string
	for _, t := range found {
		ids = append(ids, t.CustomerIDs...)
	}
	slices.Sort(ids)
	names, err := customerNames(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, slices.Compact(ids))
	if err != nil {
		return nil, "", err
	}
	out := make([]exported, len(found))
	for i, t := range found {
		out[i].Technician = t
		for _, id := range t.CustomerIDs {
			if scope.Has(id) {
				out[i].customers = append(out[i].customers, names[id])
			}
		}
	}
	return out, next, nil
}
