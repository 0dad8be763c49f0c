package compliance

import (
	"context"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// maxRows bounds the customers and technicians of one answer; the file has them all.
const maxRows = 500

// Routes mounts the API. The log records who took the file.
func (s *Service) Routes(api *httpapi.API, log *audit.Log) {
	route := func(id, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: "GET", Path: path, Summary: summary, Needs: perm.VerificationRun}
	}
	httpapi.Handle(api, route("get-verification-report", "/api/reports/verification", "See how many calls and tickets of a period were verified"), s.getReport)
	httpapi.Handle(api, route("list-unverified-tickets", "/api/reports/verification/tickets", "List the tickets of a period on which nobody was verified, newest first"), s.getTickets)
	export.Handle(api, log, export.List[csvInput, Row]{
		Route: route("export-verification-report", "/api/reports/verification.csv", "Download one table of the report for a spreadsheet"),
		Name:  "verification", Action: "report.export",
		Columns: []string{"name", "calls", "verified", "failed", "denied", "expired", "canceled", "share_of_calls", "tickets", "tickets_verified", "share_of_tickets"},
		Page: func(ctx context.Context, in *csvInput, _ store.Page) ([]Row, string, error) {
			r, err := s.Of(ctx, in.query())
			rows := map[string][]Row{"technician": r.Technicians, "method": r.Methods}[in.By]
			if in.By == "customer" {
				rows = r.Customers
			}
			return rows, "", err
		},
		Row: func(r Row) []string {
			name := r.Name
			if name == "" {
				name = r.ID
			}
			return []string{
				name, strconv.Itoa(r.Calls), strconv.Itoa(r.Verified), strconv.Itoa(r.Failed), strconv.Itoa(r.Denied), strconv.Itoa(r.Expired), strconv.Itoa(r.Canceled),
				percent(r.Verified, r.Calls), strconv.Itoa(r.Tickets.Total), strconv.Itoa(r.Tickets.Verified), percent(r.Tickets.Verified, r.Tickets.Total),
			}
		},
	})
}

// percent is a share for spreadsheets; empty without a whole.
func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64)
}

// Period says what to count, as part of a request.
type Period struct {
	From         string `query:"from" maxLength:"10" doc:"the first day, like 2026-11-01, in the organization's time zone; 30 days up to the last one if absent"`
	To           string `query:"to" maxLength:"10" doc:"the last day; today if absent"`
	CustomerID   string `query:"customer_id" maxLength:"36"`
	TechnicianID string `query:"technician_id" maxLength:"36" doc:"who verified; of tickets, to whom they are assigned"`
}

func (in Period) query() Query { return Query(in) }

type csvInput struct {
	Period
	By string `query:"by" enum:"customer,technician,method" default:"customer"`
}

// CountsBody are outcomes of calls on the wire.
type CountsBody struct {
	Calls    int `json:"calls" doc:"verifications of callers that have ended"`
	Verified int `json:"verified"`
	Failed   int `json:"failed" doc:"wrong codes, disagreement about who called, or a message that could not be sent"`
	Denied   int `json:"denied"`
	Expired  int `json:"expired"`
	Canceled int `json:"canceled"`
}

type ticketsBody struct {
	Total    int `json:"total"`
	Verified int `json:"verified" doc:"on which a caller was verified, or confirmed a technician"`
}

type rowBody struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"empty for one that was deleted, and for a method"`
	CountsBody
	Tickets   ticketsBody `json:"tickets" doc:"of a customer, or assigned to a technician"`
	Overrides int         `json:"overrides" doc:"of a customer or technician: where a second person’s decision stood for the proof"`
}

type dayBody struct {
	Date string `json:"date"`
	CountsBody
	TechniciansDenied int `json:"technicians_denied" doc:"contacts who said that the caller was not one of us"`
}

type levelBody struct {
	Level    string `json:"level" enum:"L0,L1,L2,L3,L4,L5"`
	Verified int    `json:"verified"`
}

type askedBody struct {
	Total     int `json:"total"`
	Confirmed int `json:"confirmed"`
	Verbally  int `json:"confirmed_verbally"`
	Denied    int `json:"denied"`
	Expired   int `json:"expired"`
	Other     int `json:"other" doc:"canceled or frozen"`
}

type reportBody struct {
	From          string      `json:"from"`
	To            string      `json:"to"`
	TimeZone      string      `json:"time_zone" doc:"of the days"`
	Calls         CountsBody  `json:"calls"`
	WithTicket    int         `json:"calls_with_ticket"`
	Tickets       ticketsBody `json:"tickets"`
	MedianSeconds *int        `json:"median_seconds" doc:"from start to success; null without a success"`
	Overrides     int         `json:"overrides" doc:"by a second person’s decision, or verified at level L0, by word alone"`
	Asked         askedBody   `json:"technician_verifications"`
	Customers     []rowBody   `json:"customers" nullable:"false" doc:"most calls first, at most 500"`
	Technicians   []rowBody   `json:"technicians" nullable:"false" doc:"most calls first, at most 500"`
	Methods       []rowBody   `json:"methods" nullable:"false"`
	Levels        []levelBody `json:"levels" nullable:"false"`
	Days          []dayBody   `json:"days" nullable:"false"`
	Cut           bool        `json:"cut" doc:"customers or technicians were left out; the file has them all"`
}

func (s *Service) getReport(ctx context.Context, in *Period) (*httpapi.One[reportBody], error) {
	r, err := s.Of(ctx, in.query())
	if err != nil {
		return nil, err
	}
	b := reportBody{
		From: r.From, To: r.To, TimeZone: r.TimeZone, Calls: CountsBody(r.Calls), WithTicket: r.WithTicket, Tickets: ticketsBody(r.Tickets), Overrides: r.Overrides,
		Asked: askedBody(r.Asked), Customers: rowsOf(r.Customers), Technicians: rowsOf(r.Technicians), Methods: rowsOf(r.Methods),
		Levels: make([]levelBody, len(r.Levels)), Days: make([]dayBody, len(r.Days)), Cut: len(r.Customers) > maxRows || len(r.Technicians) > maxRows,
	}
	if r.Calls.Verified > 0 {
		b.MedianSeconds = new(int(r.Median.Seconds()))
	}
	for i, l := range r.Levels {
		b.Levels[i] = levelBody{"L" + strconv.Itoa(l.Level), l.Verified}
	}
	for i, d := range r.Days {
		b.Days[i] = dayBody{d.Date, CountsBody(d.Counts), d.TechniciansDenied}
	}
	return &httpapi.One[reportBody]{Body: b}, nil
}

func rowsOf(rows []Row) []rowBody {
	out := make([]rowBody, min(len(rows), maxRows))
	for i := range out {
		out[i] = rowBody{rows[i].ID, rows[i].Name, CountsBody(rows[i].Counts), ticketsBody(rows[i].Tickets), rows[i].Overrides}
	}
	return out
}

type ticketBody struct {
	ID           string    `json:"id"`
	Number       int64     `json:"number"`
	Summary      string    `json:"summary"`
	CustomerID   string    `json:"customer_id"`
	CustomerName string    `json:"customer_name"`
	AssignedTo   string    `json:"assigned_to" doc:"id of a technician; empty for nobody"`
	AssignedName string    `json:"assigned_name"`
	Status       string    `json:"status" enum:"open,waiting,closed"`
	CreatedAt    time.Time `json:"created_at"`
	Tried        int       `json:"tried" doc:"verifications that did not succeed"`
}

type ticketsInput struct {
	httpapi.Paging
	Period
}

func (s *Service) getTickets(ctx context.Context, in *ticketsInput) (*httpapi.Page[ticketBody], error) {
	found, next, err := s.Unverified(ctx, in.query(), in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]ticketBody, len(found))
	for i, t := range found {
		items[i] = ticketBody(t)
	}
	return httpapi.NewPage(items, next), nil
}
