package accessreview

import (
	"context"
	"io"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts reviews and what is answered in them.
func (s *Service) Routes(api *httpapi.API) {
	const every, each = "/api/access-reviews", "/api/access-reviews/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-access-reviews", Method: "GET", Path: every, Summary: "List access reviews, newest first: to others than those who make them, the ones in which they lead somebody",
		Needs: perm.SignedIn,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-access-review", Method: "POST", Path: every, Summary: "Plan an access review, or begin it at once", Needs: perm.AdminReviews, Creates: true,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-access-review", Method: "GET", Path: each, Summary: "Read an access review and how far it is", Needs: perm.SignedIn, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "update-access-review", Method: "PATCH", Path: each, Summary: "Change an access review that has not ended", Needs: perm.AdminReviews, Object: s.object,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-access-review", Method: "DELETE", Path: each, Summary: "Drop an access review that has not begun", Needs: perm.AdminReviews, Object: s.object,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "end-access-review", Method: "POST", Path: each + "/end", Summary: "End an access review before its time", Needs: perm.AdminReviews, Object: s.object,
	}, s.postEnd)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-access-review-items", Method: "GET", Path: each + "/items", Summary: "List the rights in an access review, by the names of those who have them",
		Needs: perm.SignedIn, Object: s.object,
	}, s.getItems)
	httpapi.Handle(api, httpapi.Route{
		ID: "answer-access-review", Method: "POST", Path: each + "/answers", Summary: "Confirm rights, take them away or mark platform roles for a change, up to 200 at once, each for itself",
		Needs: perm.SignedIn, Object: s.object, Rights: true, MaxBody: 256 << 10,
	}, s.postAnswers)
	report := httpapi.Route{
		ID: "get-access-review-report", Method: "GET", Path: each + "/report", Summary: "Download the signed report of an access review that has ended: CSV, PDF and what proves them",
		Needs: perm.AdminReviews, Object: s.object,
	}
	httpapi.Download(api, report, httpapi.File{Type: "application/zip", Name: "access-review.zip"}, func(ctx context.Context, in *idInput, w io.Writer) error {
		file, err := s.Report(ctx, in.ID)
		if err != nil {
			return err
		}
		_, err = w.Write(file)
		return err
	})
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	_, err := s.Find(ctx, id)
	return access.Object{Type: "accessreview", ID: id}, err
}

type idInput struct {
	ID string `path:"id"`
}

// fieldsBody is what people enter.
type fieldsBody struct {
	Name        string     `json:"name" minLength:"1" maxLength:"100"`
	TeamIDs     []string   `json:"team_ids,omitempty" maxItems:"50" doc:"only the rights of these teams and their people; empty for all"`
	CustomerIDs []string   `json:"customer_ids,omitempty" maxItems:"100" doc:"only what counts on these customers, their groups and devices, without platform roles; empty for all"`
	StartsAt    *time.Time `json:"starts_at,omitempty" nullable:"true" doc:"absent: at once"`
	DueAt       *time.Time `json:"due_at,omitempty" nullable:"true" doc:"an hour to a year after the start; absent: two weeks"`
	Unanswered  Unanswered `json:"unanswered" enum:"revoke,keep" doc:"what becomes at the end of what nobody answered; revoke takes admin.technicians too"`
	RemindDays  int        `json:"remind_days,omitempty" minimum:"0" maximum:"30" doc:"how many days before the end reviewers are reminded; 0: only on the day"`
	Repeats     bool       `json:"repeats,omitempty" doc:"the end plans the next one, three months after this one began"`
}

func (b fieldsBody) fields() Fields {
	f := Fields{
		Name: b.Name, Scope: Scope{TeamIDs: b.TeamIDs, CustomerIDs: b.CustomerIDs}, Unanswered: b.Unanswered, RemindDays: b.RemindDays, Repeats: b.Repeats,
	}
	if b.StartsAt != nil {
		f.StartsAt = *b.StartsAt
	}
	if b.DueAt != nil {
		f.DueAt = *b.DueAt
	}
	return f
}

func fieldsOf(r Review) fieldsBody {
	return fieldsBody{r.Name, r.Scope.TeamIDs, r.Scope.CustomerIDs, httpapi.Optional(r.StartsAt), httpapi.Optional(r.DueAt), r.Unanswered, r.RemindDays, r.Repeats}
}

// PersonBody is somebody or something with its name as it was.
type PersonBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func personOf(p Person) *PersonBody {
	if p.ID == "" {
		return nil
	}
	return &PersonBody{p.ID, p.Name}
}

// CountsBody says how far a review is.
type CountsBody struct {
	Items     int `json:"items"`
	Confirmed int `json:"confirmed"`
	Revoked   int `json:"revoked"`
	Flagged   int `json:"flagged" doc:"platform roles that somebody has to change"`
	Kept      int `json:"kept" doc:"at the end: nobody answered, and it stays"`
	Gone      int `json:"gone" doc:"somebody has taken it away otherwise"`
	Open      int `json:"open"`
	Nobody    int `json:"nobody" doc:"of the open ones: there is nobody who may answer, since nobody reviews their own rights"`
	Mine      int `json:"mine" doc:"of the open ones: they wait for the reader"`
}

// Body is a review on the wire.
type Body struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	State       State       `json:"state" enum:"planned,running,ending,ended" doc:"ending: its time is over, and what nobody answered is being settled"`
	TeamIDs     []string    `json:"team_ids"`
	CustomerIDs []string    `json:"customer_ids"`
	StartsAt    time.Time   `json:"starts_at"`
	DueAt       time.Time   `json:"due_at"`
	Unanswered  Unanswered  `json:"unanswered" enum:"revoke,keep"`
	RemindDays  int         `json:"remind_days"`
	Repeats     bool        `json:"repeats"`
	CreatedBy   *PersonBody `json:"created_by"`
	EndedBy     *PersonBody `json:"ended_by" doc:"who ended it before its time"`
	CreatedAt   time.Time   `json:"created_at"`
	StartedAt   *time.Time  `json:"started_at"`
	EndedAt     *time.Time  `json:"ended_at"`
	Counts      CountsBody  `json:"counts"`
	Version     int64       `json:"version"`
}

func bodyOf(r Review) Body {
	return Body{
		ID: r.ID, Name: r.Name, State: r.State, TeamIDs: r.Scope.TeamIDs, CustomerIDs: r.Scope.CustomerIDs, StartsAt: r.StartsAt, DueAt: r.DueAt, Unanswered: r.Unanswered,
		RemindDays: r.RemindDays, Repeats: r.Repeats, CreatedBy: personOf(r.CreatedBy), EndedBy: personOf(r.EndedBy), CreatedAt: r.CreatedAt,
		StartedAt: httpapi.Optional(r.StartedAt), EndedAt: httpapi.Optional(r.EndedAt), Counts: CountsBody(r.Counts), Version: r.Version,
	}
}

func one(r Review, err error) (*httpapi.One[Body], error) {
	return &httpapi.One[Body]{ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	State string `query:"state" enum:"planned,running,ending,ended"`
},
) (*httpapi.Page[Body], error) {
	found, next, err := s.List(ctx, Query{State: State(in.State), Page: in.Page()})
	return httpapi.NewPage(httpapi.Each(found, bodyOf), next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[Body], error) {
	r, err := s.Create(ctx, in.Body.fields())
	return &httpapi.Created[Body]{Location: "/api/access-reviews/" + r.ID, ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) get(ctx context.Context, in *idInput) (*httpapi.One[Body], error) {
	return one(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[Body], error) {
	return one(s.Update(ctx, in.ID, func(r Review) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, r.Version); err != nil {
			return Fields{}, err
		}
		b, err := httpapi.Merge(fieldsOf(r), in.Body.RawMessage)
		return b.fields(), err
	}))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
}

func (s *Service) postEnd(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		Unanswered Unanswered `json:"unanswered" enum:"revoke,keep" doc:"what becomes of what nobody answered; revoke takes admin.technicians too"`
	}
},
) (*httpapi.One[Body], error) {
	return one(s.End(ctx, in.ID, in.Body.Unanswered, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) }))
}
