package ticket

import (
	"context"
	"strconv"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

type exportInput struct {
	Q          string   `query:"q" maxLength:"200" doc:"words in number, summary, description, or the names of customer or contact"`
	CustomerID string   `query:"customer_id" maxLength:"36"`
	ContactID  string   `query:"contact_id" maxLength:"36"`
	Status     Status   `query:"status" enum:"open,waiting,closed,unclosed" doc:"unclosed finds what is open or waiting"`
	Priority   Priority `query:"priority" enum:"low,normal,high,urgent"`
	AssignedTo string   `query:"assigned_to" maxLength:"36" doc:"a technician's id; me or none"`
	Sort       string   `query:"sort" enum:"created_at,-created_at,number,-number,updated_at,-updated_at"`
}

// ExportRoutes mounts the list as a file.
func (s *Service) ExportRoutes(api *httpapi.API) {
	export.Handle(api, s.audit, export.List[exportInput, Ticket]{
		Route: httpapi.Route{ID: "export-tickets", Method: "GET", Path: "/api/tickets.csv", Summary: "Download tickets as CSV", Needs: perm.TicketView},
		Name:  "tickets", Action: "ticket.export",
		Columns: []string{
			"id", "number", "customer", "contact", "summary", "description", "status", "priority", "assigned_to", "source", "created_by", "notes", "created_at",
			"updated_at", "closed_at",
		},
		Page: func(ctx context.Context, in *exportInput, page store.Page) ([]Ticket, string, error) {
			return s.List(ctx, Query{
				Text: in.Q, CustomerID: in.CustomerID, ContactID: in.ContactID, Status: in.Status, Priority: in.Priority, AssignedTo: in.AssignedTo,
				Sort: in.Sort, Page: page,
			})
		},
		Row: func(t Ticket) []string {
			return []string{
				t.ID, strconv.FormatInt(t.Number, 10), t.CustomerName, t.ContactName, t.Summary, t.Description, string(t.Status), string(t.Priority),
				t.AssignedTo.Name, t.Source, t.CreatedBy.Name, strconv.FormatInt(t.NoteCount, 10), export.Time(t.CreatedAt), export.Time(t.UpdatedAt),
				export.Time(t.ClosedAt),
			}
		},
	})
}
