package csvimport

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the imports.
func (s *Service) Routes(api *httpapi.API) {
	for _, k := range columns.Kinds() {
		httpapi.Handle(api, httpapi.Route{
			ID: "upload-" + strings.TrimSuffix(string(k), "s") + "-file", Method: "POST", Path: "/api/" + string(k) + "/import",
			Summary: "Upload a CSV file of " + string(k) + "; nothing changes before it is applied", Needs: perm.AdminImport, Takes: "text/csv",
			MaxBody: csvfile.MaxSize + 1, Status: 201,
		}, func(ctx context.Context, in *uploadInput) (*httpapi.Created[importBody], error) {
			i, err := s.Upload(ctx, k, in.FileName, in.Reader)
			if err != nil {
				return nil, err
			}
			return &httpapi.Created[importBody]{Location: "/api/imports/" + i.ID, ETag: httpapi.ETag(i.Version), Body: bodyOf(i)}, nil
		})
	}
	const all, each = "/api/imports", "/api/imports/{id}"
	route := func(id, method, path, summary string) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: perm.AdminImport}
		if strings.Contains(path, "{id}") {
			r.Object = s.object
		}
		return r
	}
	httpapi.Handle(api, route("list-imports", "GET", all, "List imports, the newest first"), s.getList)
	httpapi.Handle(api, route("get-import", "GET", each, "See how far an import is"), s.get)
	httpapi.Handle(api, route("map-import", "PUT", each+"/mapping", "Say which column is which field"), s.putMapping)
	check, apply := route("check-import", "POST", each+"/check", "Find out what would become of each row"), route("apply-import", "POST", each+"/apply", "Bring the rows in")
	check.Status, apply.Status, apply.Rights = 202, 202, true
	httpapi.Handle(api, check, s.postCheck)
	httpapi.Handle(api, apply, s.postApply)
	httpapi.Handle(api, route("cancel-import", "POST", each+"/cancel", "Stop; what is in stays"), s.postCancel)
	httpapi.Handle(api, route("list-import-rows", "GET", each+"/rows", "See what became of each row, or what would"), s.getRows)
	httpapi.Handle(api, route("delete-import", "DELETE", each, "Forget a file; what it brought in stays"), s.delete)
	httpapi.Download(api, route("export-import-rejects", "GET", each+"/rejects.csv", "Download the rows that were refused, as they came, with the reasons"),
		httpapi.File{Type: "text/csv; charset=utf-8", Name: "rejects.csv"},
		func(ctx context.Context, in *idInput, w io.Writer) error { return s.Rejects(ctx, in.ID, w) })
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	i, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "import", ID: i.ID}, err
}

type uploadInput struct {
	httpapi.Incoming
	FileName string `query:"file_name" maxLength:"300" doc:"what the person calls the file"`
}

type idInput struct {
	ID string `path:"id"`
}

type columnBody struct {
	Name    string   `json:"name"`
	Samples []string `json:"samples" doc:"the first values that are not empty"`
}

type fieldBody struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Required bool     `json:"required"`
	OneOf    []string `json:"one_of" doc:"fields that do instead of a required one"`
}

type optionsBody struct {
	CreateCustomers bool `json:"create_customers,omitempty" doc:"make customers that rows name and that do not exist"`
	SendInvitations bool `json:"send_invitations,omitempty" doc:"mail new technicians their invitations"`
}

type countsBody struct {
	New       int `json:"create"`
	Changed   int `json:"update"`
	Unchanged int `json:"skip" doc:"there already, just so"`
	Refused   int `json:"error"`
}

type personBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// importBody is an import on the wire.
type importBody struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind" enum:"technicians,customers,contacts,devices"`
	FileName  string         `json:"file_name"`
	Size      int64          `json:"size" doc:"bytes"`
	Rows      int            `json:"rows"`
	Delimiter string         `json:"delimiter"`
	Columns   []columnBody   `json:"columns"`
	Mapping   map[string]int `json:"mapping" doc:"field to column, counted from 0; custom:NAME is a field of a contact's own"`
	Options   optionsBody    `json:"options"`
	Fields    []fieldBody    `json:"fields" doc:"what a column can be"`
	State     string         `json:"state" enum:"uploading,uploaded,checking,checked,applying,applied,failed,canceled"`
	Counts    countsBody     `json:"counts" doc:"of the check, or of the import once it has begun"`
	TaskID    *string        `json:"task_id" doc:"what works on it, or did last"`
	CreatedBy personBody     `json:"created_by"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
	Version   int64          `json:"version"`
}

func bodyOf(i Import) importBody {
	b := importBody{
		ID: i.ID, Kind: string(i.Kind), FileName: i.FileName, Size: i.Size, Rows: i.Rows, Delimiter: i.Delimiter, Mapping: i.Mapping,
		Options: optionsBody(i.Options), State: string(i.State), Counts: countsBody{i.Counts.Create, i.Counts.Update, i.Counts.Skip, i.Counts.Refused},
		CreatedBy: personBody{i.CreatedBy, i.CreatedName}, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, Version: i.Version,
	}
	for _, c := range i.Columns {
		b.Columns = append(b.Columns, columnBody(c))
	}
	for _, f := range i.Kind.Fields() {
		b.Fields = append(b.Fields, fieldBody{f.Name, f.Label, f.Required, slices.Clone(f.OneOf)})
	}
	if b.Mapping == nil {
		b.Mapping = map[string]int{}
	}
	if i.TaskID != "" {
		b.TaskID = &i.TaskID
	}
	return b
}

func answer(i Import, err error) (*httpapi.One[importBody], error) {
	if err != nil {
		return nil, err
	}
	return &httpapi.One[importBody]{ETag: httpapi.ETag(i.Version), Body: bodyOf(i)}, nil
}

func (s *Service) getList(ctx context.Context, in *struct{ httpapi.Paging }) (*httpapi.Page[importBody], error) {
	found, next, err := s.List(ctx, in.Page())
	items := make([]importBody, len(found))
	for n, i := range found {
		items[n] = bodyOf(i)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[importBody], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) putMapping(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Mapping map[string]int `json:"mapping"`
		Options *optionsBody   `json:"options,omitempty"`
	}
},
) (*httpapi.One[importBody], error) {
	var options Options
	if in.Body.Options != nil {
		options = Options(*in.Body.Options)
	}
	return answer(s.Map(ctx, in.ID, in.Body.Mapping, options))
}

func (s *Service) postCheck(ctx context.Context, in *idInput) (*httpapi.One[importBody], error) {
	return answer(s.Check(ctx, in.ID))
}

func (s *Service) postApply(ctx context.Context, in *idInput) (*httpapi.One[importBody], error) {
	return answer(s.Apply(ctx, in.ID))
}

func (s *Service) postCancel(ctx context.Context, in *idInput) (*httpapi.One[importBody], error) {
	return answer(s.Cancel(ctx, in.ID))
}

func (s *Service) delete(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID)
}

type rowBody struct {
	Line     int    `json:"line" doc:"of the file, on which the row begins"`
	Outcome  string `json:"outcome" enum:"create,update,skip,error"`
	Name     string `json:"name"`
	TargetID string `json:"target_id" doc:"what it became, or changes"`
	Field    string `json:"field" doc:"that is to blame"`
	Reason   string `json:"reason" doc:"code of why it was refused"`
	Message  string `json:"message" doc:"the same as a sentence"`
}

func (s *Service) getRows(ctx context.Context, in *struct {
	httpapi.Paging
	ID      string `path:"id"`
	Outcome string `query:"outcome" enum:"create,update,skip,error"`
},
) (*httpapi.Page[rowBody], error) {
	found, next, err := s.Results(ctx, in.ID, Outcome(in.Outcome), in.Page())
	items := make([]rowBody, len(found))
	for n, r := range found {
		items[n] = rowBody{r.Line, string(r.Outcome), r.Name, r.TargetID, r.Field, r.Reason, r.Message}
	}
	return httpapi.NewPage(items, next), err
}
