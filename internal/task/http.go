package task

import (
	"context"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/export"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// Routes mounts the tasks.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-tasks", Method: "GET", Path: "/api/tasks", Summary: "List long-running tasks, the newest first", Needs: perm.SignedIn,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-task", Method: "GET", Path: "/api/tasks/{id}", Summary: "See how far a task is", Needs: perm.SignedIn, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "cancel-task", Method: "POST", Path: "/api/tasks/{id}/cancel", Summary: "Stop a task; what it has done stays", Needs: perm.SignedIn,
		Object: s.object,
	}, s.cancel)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-task-results", Method: "GET", Path: "/api/tasks/{id}/results", Summary: "See what became of each item of a task",
		Needs: perm.SignedIn, Object: s.object,
	}, s.getResults)
	export.Handle(api, s.Audit, export.List[resultsInput, Result]{
		Route: httpapi.Route{
			ID: "export-task-results", Method: "GET", Path: "/api/tasks/{id}/results.csv", Summary: "Download the results of a task as CSV",
			Needs: perm.SignedIn, Object: s.object,
		},
		Name: "results", Columns: []string{"line", "type", "id", "name", "outcome", "reason", "message"},
		Page: func(ctx context.Context, in *resultsInput, page store.Page) ([]Result, string, error) {
			return s.Results(ctx, in.ID, Outcome(in.Outcome), page)
		},
		Row: func(r Result) []string {
			line := ""
			if r.Line > 0 {
				line = strconv.Itoa(r.Line)
			}
			return []string{line, r.TargetType, r.TargetID, r.Name, string(r.Outcome), r.Reason, r.Message}
		},
	})
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := s.Find(ctx, id)
	return access.Object{Type: "task", ID: t.ID}, err
}

type personBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Body is a task on the wire, also for the slices that start one.
type Body struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind" doc:"what it does, like import.apply or technicians.suspend"`
	State     string            `json:"state" enum:"queued,running,done,failed,canceled"`
	Total     int               `json:"total" doc:"items, as far as their number is known"`
	Done      int               `json:"done" doc:"items dealt with, also those that failed"`
	Failed    int               `json:"failed"`
	Reason    string            `json:"reason" doc:"code of why it failed or was canceled"`
	Message   string            `json:"message" doc:"the same as a sentence"`
	CreatedBy personBody        `json:"created_by"`
	Data      map[string]string `json:"data" doc:"ids and names of what it works on"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	StartedAt *time.Time        `json:"started_at"`
	EndedAt   *time.Time        `json:"ended_at"`
	Version   int64             `json:"version"`
}

// BodyOf is a task as the API shows one.
func BodyOf(t Task) Body {
	b := Body{
		ID: t.ID, Kind: t.Kind, State: string(t.State), Total: t.Total, Done: t.Done, Failed: t.Failed, Reason: t.Reason, Message: t.Message,
		CreatedBy: personBody{t.CreatedBy, t.CreatedName}, Data: t.Data, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
		StartedAt: orNil(t.StartedAt), EndedAt: orNil(t.EndedAt), Version: t.Version,
	}
	if b.Data == nil {
		b.Data = map[string]string{}
	}
	return b
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type resultBody struct {
	TargetType string `json:"target_type"`
	TargetID   string `json:"target_id"`
	Name       string `json:"name"`
	Line       *int   `json:"line" doc:"of the file that it came from"`
	Outcome    string `json:"outcome" enum:"done,skipped,failed"`
	Reason     string `json:"reason" doc:"code of why it failed or was skipped"`
	Message    string `json:"message" doc:"the same as a sentence"`
}

func resultOf(r Result) resultBody {
	b := resultBody{TargetType: r.TargetType, TargetID: r.TargetID, Name: r.Name, Outcome: string(r.Outcome), Reason: r.Reason, Message: r.Message}
	if r.Line > 0 {
		b.Line = &r.Line
	}
	return b
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	State string `query:"state" enum:"queued,running,done,failed,canceled,open" doc:"open: queued or running"`
	Kind  string `query:"kind" maxLength:"100"`
	Mine  bool   `query:"mine" default:"true" doc:"false shows everybody's to who may change the organization's settings"`
},
) (*httpapi.Page[Body], error) {
	q := Query{State: State(in.State), Kind: in.Kind, Mine: in.Mine, Page: in.Page()}
	if in.State == "open" {
		q.State, q.Open = "", true
	}
	found, next, err := s.List(ctx, q)
	items := make([]Body, len(found))
	for i, t := range found {
		items[i] = BodyOf(t)
	}
	return httpapi.NewPage(items, next), err
}

type idInput struct {
	ID string `path:"id"`
}

func answer(t Task, err error) (*httpapi.One[Body], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[Body]{ETag: httpapi.ETag(t.Version), Body: BodyOf(t)}, nil
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) cancel(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return answer(s.Cancel(ctx, in.ID))
}

type resultsInput struct {
	httpapi.Paging
	ID      string `path:"id"`
	Outcome string `query:"outcome" enum:"done,skipped,failed"`
}

func (s *Service) getResults(ctx context.Context, in *resultsInput) (*httpapi.Page[resultBody], error) {
	found, next, err := s.Results(ctx, in.ID, Outcome(in.Outcome), in.Page())
	items := make([]resultBody, len(found))
	for i, r := range found {
		items[i] = resultOf(r)
	}
	return httpapi.NewPage(items, next), err
}
