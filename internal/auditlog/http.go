package auditlog

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// exportPause is how long the reader of an export may take for one piece of it.
const exportPause = 30 * time.Second

// Routes mounts the API.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: "GET", Path: path, Summary: summary, Needs: perm.AdminAudit}
	}
	httpapi.Handle(api, route("list-audit-events", "/api/audit", "Read the audit log, newest first"), s.getEvents)
	httpapi.Handle(api, route("get-audit-verification", "/api/audit/verification", "See whether the audit log is whole"), s.getVerification)
	api.Raw(route("export-audit-log", "/api/audit/export", "Download the whole audit log as JSON Lines that prove themselves"), s.export(api))
	export.Handle(api, s.log, export.List[csvInput, audit.Entry]{
		Route: route("export-audit-csv", "/api/audit.csv", "Download the filtered audit log for a spreadsheet, newest first; the JSON Lines prove themselves"),
		Name:  "audit", Action: "audit.export", Columns: columns(), Row: rowOf,
		Before: func(ctx context.Context, in *csvInput) error { return s.mayTake(ctx, "csv", in.ApprovalID) },
		Page: func(ctx context.Context, in *csvInput, page store.Page) ([]audit.Entry, string, error) {
			found, err := s.List(ctx, in.filter(), page)
			return found.Entries, found.Next, err
		},
	})
	api.Raw(route("get-audit-public-key", "/api/audit/public-key", "Download the public key that the audit log is checked with"), http.HandlerFunc(s.publicKey))
}

// Narrowing says which events are meant.
type Narrowing struct {
	httpapi.Paging
	Actor    string    `query:"actor" maxLength:"200" doc:"id of the technician or contact who acted"`
	Action   string    `query:"action" maxLength:"100" doc:"what was done, like contact.update; contact.* finds all about contacts"`
	Target   string    `query:"target" maxLength:"200" doc:"id of what it was done to"`
	Outcome  string    `query:"outcome" enum:"success,denied,error"`
	Customer string    `query:"customer_id" maxLength:"36"`
	Ticket   string    `query:"ticket_id" maxLength:"36"`
	Address  string    `query:"address" maxLength:"45" doc:"network address, whole or its beginning"`
	Text     string    `query:"q" maxLength:"200" doc:"words, each of them somewhere in the event"`
	From     time.Time `query:"from" doc:"the earliest time"`
	To       time.Time `query:"to" doc:"the time before which the events are"`
}

type csvInput struct {
	Narrowing
	ApprovalID string `query:"approval_id" maxLength:"36" doc:"of an approved request for audit.export in this format, which this uses up; the owner needs none"`
}

func (in Narrowing) filter() audit.Filter {
	return audit.Filter{
		ActorID: in.Actor, Action: in.Action, TargetID: in.Target, Outcome: audit.Outcome(in.Outcome), From: in.From, To: in.To,
		Customer: in.Customer, Ticket: in.Ticket, Address: in.Address, Text: in.Text,
	}
}

type refBody struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name" doc:"as it was then; empty if there was none or it was erased"`
}

type changeBody struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// EventBody is an event on the wire.
type EventBody struct {
	Seq        int64                 `json:"seq" doc:"1 for the organization's first event, without gaps"`
	ID         string                `json:"id"`
	At         time.Time             `json:"at"`
	Actor      refBody               `json:"actor"`
	Action     string                `json:"action"`
	Outcome    string                `json:"outcome" enum:"success,denied,error"`
	Reason     string                `json:"reason"`
	Targets    []refBody             `json:"targets"`
	CustomerID string                `json:"customer_id"`
	TicketID   string                `json:"ticket_id"`
	Changes    map[string]changeBody `json:"changes" doc:"the fields that changed; secrets are masked"`
	Detail     map[string]any        `json:"detail"`
	Address    string                `json:"address"`
	Device     string                `json:"device"`
	RequestID  string                `json:"request_id"`
	Erased     bool                  `json:"erased" doc:"some of the personal data was erased"`
	Damaged    bool                  `json:"damaged" doc:"some of it is not what was recorded; verify the log"`
}

// pageBody is a part of the log.
type pageBody struct {
	Items      []EventBody `json:"items"`
	NextCursor string      `json:"next_cursor,omitempty" doc:"pass it as cursor to get the next page; absent at the end. A page may be empty before the end when an address or a text is looked for"`
	SearchedTo *time.Time  `json:"searched_to" doc:"down to which time an address or a text was looked for"`
}

func (s *Service) getEvents(ctx context.Context, in *Narrowing) (*struct{ Body pageBody }, error) {
	page, err := s.List(ctx, in.filter(), in.Page())
	if err != nil {
		return nil, err
	}
	out := pageBody{Items: make([]EventBody, len(page.Entries)), NextCursor: page.Next, SearchedTo: orNil(page.Searched)}
	for i, e := range page.Entries {
		out.Items[i] = BodyOf(e)
	}
	return &struct{ Body pageBody }{out}, nil
}

// BodyOf is an event as the API shows one.
func BodyOf(e audit.Entry) EventBody {
	out := EventBody{
		Seq: e.Seq, ID: e.ID, At: e.At, Actor: refBody{e.Actor.Type, e.Actor.ID, e.ActorName}, Action: e.Action, Outcome: e.Outcome, Reason: e.Reason,
		Targets: make([]refBody, len(e.Targets)), CustomerID: e.CustomerID, TicketID: e.TicketID, Changes: map[string]changeBody{}, Detail: e.Detail,
		Address: e.Address, Device: e.Device, RequestID: e.RequestID, Erased: e.Erased, Damaged: e.Damaged,
	}
	for i, t := range e.Targets {
		out.Targets[i] = refBody{t.Type, t.ID, e.TargetNames[i]}
	}
	for field, v := range e.Before {
		out.Changes[field] = changeBody{v, e.After[field]}
	}
	for field, v := range e.After {
		out.Changes[field] = changeBody{e.Before[field], v}
	}
	if out.Detail == nil {
		out.Detail = map[string]any{}
	}
	return out
}

type verificationBody struct {
	Size         int64      `json:"size" doc:"how many events the log holds"`
	Root         string     `json:"root" doc:"root of the tree, in base64"`
	CheckpointAt *time.Time `json:"checkpoint_at" doc:"when the last checkpoint was signed"`
	OK           bool       `json:"ok" doc:"false once anything was found altered, removed or out of order"`
	VerifiedAt   *time.Time `json:"verified_at" doc:"when the whole log was last computed anew since the server started"`
}

func (s *Service) getVerification(ctx context.Context, _ *struct{}) (*struct{ Body verificationBody }, error) {
	status, err := s.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body verificationBody }{verificationBody{
		Size: status.Size, Root: base64.StdEncoding.EncodeToString(status.Root[:]), CheckpointAt: orNil(status.CheckpointAt),
		OK: status.OK, VerifiedAt: orNil(status.VerifiedAt),
	}}, nil
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// export streams JSON Lines whatever Accept says. When it fails half-way the connection breaks, so that nobody takes a part for the
// whole; and the part itself says that it is one.
func (s *Service) export(api *httpapi.API) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/jsonl")
		w.Header().Set("Content-Disposition", `attachment; filename="audit-`+access.ActorFrom(r.Context()).OrgID+`.jsonl"`)
		if r.Method == http.MethodHead {
			return
		}
		out := &patient{w: w, control: http.NewResponseController(w)}
		err := s.Export(r.Context(), out, r.URL.Query().Get("approval_id"))
		switch {
		case err == nil:
		case out.started:
			panic(http.ErrAbortHandler)
		default:
			w.Header().Del("Content-Disposition")
			api.Refuse(w, r, err)
		}
	})
}

// patient gives the reader time for each piece instead of for the whole.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	started bool
}

// Write is part of io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	p.started = true
	// A server without deadlines, as in tests, cannot set one and needs none.
	_ = p.control.SetWriteDeadline(time.Now().Add(exportPause))
	return p.w.Write(b)
}

func (s *Service) publicKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s.log.PublicKey()+"\n") // whoever asked may be gone
}
