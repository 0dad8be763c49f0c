package authzen

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
)

// Where the routes lie.
const (
	evaluationPath  = "/access/v1/evaluation"
	evaluationsPath = "/access/v1/evaluations"
	subjectPath     = "/access/v1/search/subject"
	resourcePath    = "/access/v1/search/resource"
	actionPath      = "/access/v1/search/action"
)

// Routes mounts the API of the product, and the record of what it answered; base is the address of the server as it was configured.
func (s *Service) Routes(api *httpapi.API, base string) {
	Mount(api, s, base)
	s.logRoutes(api)
}

// Mount mounts the API in front of a Decider.
func Mount(api *httpapi.API, d Decider, base string) {
	approvals := base + httpapi.Approvals
	route := func(id, path, summary string, most int64) httpapi.Route {
		return httpapi.Route{ID: id, Method: "POST", Path: path, Summary: summary, Needs: perm.SignedIn, MaxBody: most, Often: true}
	}
	httpapi.Foreign[evaluationBody](api, route("evaluate-access", evaluationPath, "Ask whether a technician may do something (AuthZEN)", maxBody),
		func(ctx context.Context, body []byte) (*decisionBody, error) {
			o, err := evaluate(ctx, d, body)
			return new(bodyOf(o, approvals)), err
		})
	httpapi.Foreign[evaluationsBody](api, route("evaluate-access-batch", evaluationsPath, "Ask up to 1,000 such questions at once (AuthZEN)", maxBatchBody),
		func(ctx context.Context, body []byte) (*decisionsBody, error) {
			all, batch, err := evaluateAll(ctx, d, body)
			switch {
			case err != nil:
				return nil, err
			case !batch:
				one := bodyOf(all[0], approvals)
				return &decisionsBody{Decision: &one.Decision, Context: &one.Context}, nil
			}
			return &decisionsBody{Evaluations: httpapi.Each(all, func(o outcome) decisionBody { return bodyOf(o, approvals) })}, nil
		})
	httpapi.Foreign[subjectSearchBody](api, route("search-access-subjects", subjectPath, "Search for who may do something (AuthZEN)", maxBody), entities(d, subjects))
	httpapi.Foreign[resourceSearchBody](api, route("search-access-resources", resourcePath, "Search for what somebody may do something to (AuthZEN)", maxBody), entities(d, resources))
	httpapi.Foreign[actionSearchBody](api, route("search-access-actions", actionPath, "Search for what somebody may do to something (AuthZEN)", maxBody),
		func(ctx context.Context, body []byte) (*actionsBody, error) {
			f, err := search(ctx, d, actions, body)
			return &actionsBody{Page: pageBody{f.next}, Results: httpapi.Each(f.ids, func(name string) actionBody { return actionBody{Name: name} })}, err
		})
	httpapi.Handle(api, httpapi.Route{
		ID: "get-authzen-configuration", Method: "GET", Path: "/.well-known/authzen-configuration", Summary: "Say where the AuthZEN API is", Needs: perm.Public,
	}, func(context.Context, *struct{}) (*metadata, error) {
		// The Host header says whatever the sender of a request likes; the configuration does not.
		return &metadata{Body: metadataBody{base, base + evaluationPath, base + evaluationsPath, base + subjectPath, base + resourcePath, base + actionPath}}, nil
	})
}

func entities(d Decider, what searched) func(context.Context, []byte) (*entitiesBody, error) {
	return func(ctx context.Context, body []byte) (*entitiesBody, error) {
		f, err := search(ctx, d, what, body)
		return &entitiesBody{Page: pageBody{f.next}, Results: httpapi.Each(f.ids, func(id string) resultBody { return resultBody{f.kind, id} })}, err
	}
}

// The bodies of requests, for the document: unknown fields are let pass.

type entityBody struct {
	_          struct{}       `additionalProperties:"true"`
	Type       string         `json:"type" minLength:"1" maxLength:"200"`
	ID         string         `json:"id" minLength:"1" maxLength:"512" doc:"of a technician: the id or the email"`
	Properties map[string]any `json:"properties,omitempty" doc:"let pass; no decision hangs on it"`
}

type searchedBody struct {
	_          struct{}       `additionalProperties:"true"`
	Type       string         `json:"type" minLength:"1" maxLength:"200"`
	ID         string         `json:"id,omitempty" doc:"let pass; a search does not look at it"`
	Properties map[string]any `json:"properties,omitempty" doc:"let pass; no decision hangs on it"`
}

type actionBody struct {
	_          struct{}       `additionalProperties:"true"`
	Name       string         `json:"name" minLength:"1" maxLength:"200" doc:"a permission"`
	Properties map[string]any `json:"properties,omitempty" doc:"let pass; no decision hangs on it"`
}

type evaluationBody struct {
	_        struct{}       `additionalProperties:"true"`
	Subject  entityBody     `json:"subject"`
	Action   actionBody     `json:"action"`
	Resource entityBody     `json:"resource"`
	Context  map[string]any `json:"context,omitempty" doc:"let pass; no decision hangs on it"`
}

type partialBody struct {
	_        struct{}       `additionalProperties:"true"`
	Subject  *entityBody    `json:"subject,omitempty"`
	Action   *actionBody    `json:"action,omitempty"`
	Resource *entityBody    `json:"resource,omitempty"`
	Context  map[string]any `json:"context,omitempty"`
}

type evaluationsBody struct {
	_           struct{}       `additionalProperties:"true"`
	Subject     *entityBody    `json:"subject,omitempty" doc:"of each evaluation that names none; so action, resource and context"`
	Action      *actionBody    `json:"action,omitempty"`
	Resource    *entityBody    `json:"resource,omitempty"`
	Context     map[string]any `json:"context,omitempty"`
	Evaluations []partialBody  `json:"evaluations,omitempty" maxItems:"1000" doc:"without any, the whole is one evaluation"`
	Options     *optionsBody   `json:"options,omitempty"`
}

type optionsBody struct {
	_        struct{} `additionalProperties:"true"`
	Semantic string   `json:"evaluations_semantic,omitempty" enum:"execute_all,deny_on_first_deny,permit_on_first_permit"`
}

type pagingBody struct {
	_     struct{} `additionalProperties:"true"`
	Token string   `json:"token,omitempty" maxLength:"2000" doc:"next_token of the part before"`
	Limit *int     `json:"limit,omitempty" minimum:"0" doc:"how many results to answer with at most; 1,000 at most"`
}

type subjectSearchBody struct {
	_        struct{}       `additionalProperties:"true"`
	Subject  searchedBody   `json:"subject"`
	Action   actionBody     `json:"action"`
	Resource entityBody     `json:"resource"`
	Context  map[string]any `json:"context,omitempty"`
	Page     *pagingBody    `json:"page,omitempty"`
}

type resourceSearchBody struct {
	_        struct{}       `additionalProperties:"true"`
	Subject  entityBody     `json:"subject"`
	Action   actionBody     `json:"action"`
	Resource searchedBody   `json:"resource"`
	Context  map[string]any `json:"context,omitempty"`
	Page     *pagingBody    `json:"page,omitempty"`
}

type actionSearchBody struct {
	_        struct{}       `additionalProperties:"true"`
	Subject  entityBody     `json:"subject"`
	Resource entityBody     `json:"resource"`
	Context  map[string]any `json:"context,omitempty"`
	Page     *pagingBody    `json:"page,omitempty"`
}

// The bodies of answers.

type decisionBody struct {
	Decision bool        `json:"decision"`
	Context  contextBody `json:"context"`
}

type decisionsBody struct {
	Decision    *bool          `json:"decision,omitempty" doc:"of a request without evaluations"`
	Context     *contextBody   `json:"context,omitempty" doc:"the same"`
	Evaluations []decisionBody `json:"evaluations,omitempty" doc:"in the order of the request"`
}

type contextBody struct {
	Outcome string       `json:"outcome" enum:"allow,deny,needs_approval"`
	Reasons []reasonBody `json:"reasons" doc:"why: of a refusal first its code, then what nearly allows it"`
	Error   *errorBody   `json:"error,omitempty" doc:"why the question is none"`

	AccessRequest *httpapi.AccessRequest `json:"access_request,omitempty" doc:"of needs_approval, if the caller asked about themselves: how they ask for the approval that is missing"`
}

type reasonBody struct {
	Code  string      `json:"code" doc:"of a refusal, or what gives or takes: grant, override, platform_role, customer_default, default, approval, owner"`
	ID    string      `json:"id,omitempty" doc:"of the grant or override; the name of a platform role"`
	Role  string      `json:"role_id,omitempty" doc:"of a grant; or the platform role that the organization made"`
	Team  string      `json:"team_id,omitempty" doc:"that passes it on"`
	At    *placeBody  `json:"at,omitempty" doc:"where it hangs: the resource, or something above it"`
	From  *time.Time  `json:"from,omitempty"`
	Until *time.Time  `json:"until,omitempty"`
	Miss  engine.Miss `json:"miss,omitempty" enum:"not_yet,expired,lacks_permission,customer_missing,overruled" doc:"why it does not help"`
}

type placeBody struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

type errorBody struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

type pageBody struct {
	NextToken string `json:"next_token" doc:"pass it as token to get the next part; empty at the end"`
}

type resultBody struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type entitiesBody struct {
	Page    pageBody     `json:"page"`
	Results []resultBody `json:"results"`
}

type actionsBody struct {
	Page    pageBody     `json:"page"`
	Results []actionBody `json:"results"`
}

type metadata struct{ Body metadataBody }

type metadataBody struct {
	Point       string `json:"policy_decision_point"`
	Evaluation  string `json:"access_evaluation_endpoint"`
	Evaluations string `json:"access_evaluations_endpoint"`
	Subject     string `json:"search_subject_endpoint"`
	Resource    string `json:"search_resource_endpoint"`
	Action      string `json:"search_action_endpoint"`
}

func bodyOf(o outcome, approvals string) decisionBody {
	b := decisionBody{Decision: o.Outcome == engine.Allow, Context: contextBody{Outcome: string(o.Outcome), Reasons: []reasonBody{}}}
	if o.refusal != nil {
		status := 400
		if o.refusal.Kind == fault.Denied {
			status = 403
		}
		b.Context.Error = &errorBody{status, o.refusal.Code, o.refusal.Message}
		b.Context.Reasons = append(b.Context.Reasons, reasonBody{Code: o.refusal.Code})
		return b
	}
	if o.Ask != nil {
		b.Context.AccessRequest = &httpapi.AccessRequest{Endpoint: approvals, Template: httpapi.AccessTemplate{Action: o.Ask.Action, Parameters: o.Ask.Parameters}}
	}
	if o.Outcome != engine.Allow {
		b.Context.Reasons = append(b.Context.Reasons, reasonBody{Code: string(o.Reason)})
	}
	for _, paths := range [][]engine.Path{o.Because, o.Misses} {
		for _, p := range paths {
			b.Context.Reasons = append(b.Context.Reasons, reasonOf(p))
		}
	}
	return b
}

func reasonOf(p engine.Path) reasonBody {
	r := reasonBody{
		Code: string(p.By), ID: p.ID, Role: p.Role, Team: p.Team, From: httpapi.Optional(p.From), Until: httpapi.Optional(p.Until), Miss: p.Miss,
	}
	if p.At.Type != "" {
		r.At = &placeBody{string(p.At.Type), p.At.ID}
	}
	return r
}
