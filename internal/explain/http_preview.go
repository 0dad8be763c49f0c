package explain

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) previewRoute(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "preview-access", Method: "POST", Path: "/api/access/preview", Needs: perm.SignedIn, MaxBody: maxTrial,
		Summary: "See who would gain and lose what by a change, without making it; takes admin.technicians or admin.roles, and all that the change takes",
	}, func(ctx context.Context, in *struct{ Body trialBody }) (*httpapi.One[previewBody], error) {
		var answer httpapi.Answer
		var failed error
		p, reached, err := s.Preview(ctx, func(ctx context.Context) {
			answer, failed = api.Rehearse(ctx, httpapi.Trial{Method: in.Body.Method, Path: in.Body.Path, IfMatch: in.Body.IfMatch, Confirm: in.Body.Confirm, Body: in.Body.Body})
		})
		switch {
		case err != nil:
			return nil, err
		case failed != nil:
			return nil, failed
		case !reached && answer.Status >= 400:
			return nil, refused(answer)
		}
		return &httpapi.One[previewBody]{Body: bodyOf(p)}, nil
	})
}

// maxTrial bounds a change with what is around it; the bound of the change's own route holds as well.
const maxTrial = 256 << 10

type trialBody struct {
	Method  string          `json:"method" enum:"POST,PUT,PATCH,DELETE"`
	Path    string          `json:"path" minLength:"1" maxLength:"2000" doc:"of the change, such as /api/roles/{id}"`
	IfMatch string          `json:"if_match,omitempty" maxLength:"100" doc:"what the change would have in If-Match"`
	Confirm string          `json:"confirm_name,omitempty" maxLength:"1000" doc:"what the change would have in X-Confirm-Name"`
	Body    json.RawMessage `json:"body,omitempty" doc:"of the change"`
}

type previewBody struct {
	People  int           `json:"people" doc:"how many technicians gain or lose anything"`
	Gaining int           `json:"gaining" doc:"of them, how many gain something, or need no approval any longer"`
	Losing  int           `json:"losing" doc:"of them, how many lose something, or need an approval from then on"`
	Items   []changedBody `json:"items" doc:"by name; the first 500"`
	Tried   int           `json:"tried" doc:"of work on more than could be tried out in time: how much of it all of this is about; else 0"`
	Of      int           `json:"of" doc:"and how much there is; the rest was not looked at"`
}

type changedBody struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	New         bool             `json:"new" doc:"the change makes them"`
	Coming      bool             `json:"coming" doc:"they are invited by it, and have this once they have signed in"`
	Differences []differenceBody `json:"differences"`
}

type differenceBody struct {
	Gained    []perm.Permission `json:"gained"`
	Lost      []perm.Permission `json:"lost"`
	Asking    []perm.Permission `json:"needs_approval" doc:"held as before, and takes an approval from then on"`
	Freed     []perm.Permission `json:"free" doc:"held as before, and takes no approval any longer"`
	Devices   int64             `json:"devices" doc:"on how many"`
	Customers int64             `json:"customers"`
	Sections  []engine.Type     `json:"sections" enum:"organization,quick_support"`
	At        []placeBody       `json:"at" doc:"customers, groups and devices where it is so, with what is below each; at most 20"`
	More      bool              `json:"more" doc:"there are more of those"`
	Loose     bool              `json:"unassigned_devices" doc:"it is so of devices of no customer"`
}

func bodyOf(p Preview) previewBody {
	return previewBody{p.People, p.Gaining, p.Losing, httpapi.Each(p.Shown, func(c Changed) changedBody {
		return changedBody{c.ID, c.Name, c.New, c.Coming, httpapi.Each(c.Differences, func(d Difference) differenceBody {
			return differenceBody{
				httpapi.Each(d.Gained, same), httpapi.Each(d.Lost, same), httpapi.Each(d.Asking, same), httpapi.Each(d.Freed, same), d.Devices, d.Customers,
				httpapi.Each(d.Sections, func(t engine.Type) engine.Type { return t }),
				httpapi.Each(d.At, func(p Place) placeBody { return placeBody{p.Type, p.ID, p.Name} }), d.More, d.Loose,
			}
		})}
	}), p.Tried, p.Of}
}

// same makes an empty list of none.
func same(p perm.Permission) perm.Permission { return p }

// refused is the problem with which a change was refused.
func refused(a httpapi.Answer) error {
	var p httpapi.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil || p.Code == "" {
		return fault.New(fault.Internal, "explain.preview_failed", "The change could not be tried out.").Because(fmt.Errorf("status %d: %w", a.Status, err))
	}
	return &p
}
