package authzen

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) logRoutes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-access-decisions", Method: "GET", Path: "/api/access/decisions",
		Summary: "List what other programs were told about access, newest first: refusals, and what was allowed beyond seeing", Needs: perm.AdminAudit,
	}, s.getDecisions)
}

type namedBody struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"empty if it is gone, or is not for you to see"`
}

type scopeBody struct {
	Type engine.Type `json:"type" enum:"device,device_group,customer,all_devices,all_customers,organization,quick_support"`
	ID   string      `json:"id" doc:"empty for wholes"`
	Name string      `json:"name" doc:"the same"`
}

// ruleBody is a grant or an override as it is now.
type ruleBody struct {
	ID    string        `json:"id"`
	By    engine.Reason `json:"by" enum:"grant,override,gone" doc:"gone: it was taken back since"`
	Role  *namedBody    `json:"role,omitempty" doc:"of a grant"`
	Team  *namedBody    `json:"team,omitempty" doc:"that passes it on"`
	At    *scopeBody    `json:"at,omitempty" doc:"where it hangs"`
	From  *time.Time    `json:"from,omitempty"`
	Until *time.Time    `json:"until,omitempty"`
}

type recordedBody struct {
	ID           string          `json:"id"`
	At           time.Time       `json:"at"`
	Times        int64           `json:"times" doc:"how often within the same second"`
	AskedBy      string          `json:"asked_by" doc:"the technician whose session or token asked"`
	AskedByName  string          `json:"asked_by_name" doc:"empty if they are gone"`
	TokenID      string          `json:"token_id" doc:"empty for a session"`
	TokenName    string          `json:"token_name" doc:"empty for a session, or if it is gone"`
	SubjectID    string          `json:"subject_id" doc:"empty for nobody who was there"`
	SubjectName  string          `json:"subject_name" doc:"empty if they are gone"`
	Permission   perm.Permission `json:"permission" doc:"empty for one that does not exist"`
	ResourceType string          `json:"resource_type" doc:"empty for what was not there"`
	ResourceID   string          `json:"resource_id" doc:"the same"`
	ResourceName string          `json:"resource_name" doc:"empty if it is gone, is a whole, or is not for you to see"`
	Outcome      engine.Outcome  `json:"outcome" enum:"allow,deny,needs_approval"`
	Reason       engine.Reason   `json:"reason" doc:"of a refusal"`
	Rules        []string        `json:"rules" doc:"the grants and overrides that led there"`
	Because      []ruleBody      `json:"because" doc:"the same as they are now"`
}

func recorded(t Told) recordedBody {
	return recordedBody{
		ID: t.ID, At: t.At, Times: t.Times, AskedBy: t.Decision.AskedBy, AskedByName: t.AskedBy.Name, TokenID: t.TokenID, TokenName: t.Token.Name,
		SubjectID: t.SubjectID, SubjectName: t.Subject.Name, Permission: t.Permission, ResourceType: t.ResourceType, ResourceID: t.ResourceID,
		ResourceName: t.Resource.Name, Outcome: t.Outcome, Reason: t.Reason, Rules: t.Rules, Because: httpapi.Each(t.Because, ruleOf),
	}
}

func ruleOf(r Rule) ruleBody {
	if r.By == "" {
		return ruleBody{ID: r.ID, By: "gone"}
	}
	b := ruleBody{ID: r.ID, By: r.By, At: &scopeBody{r.OnType, r.On.ID, r.On.Name}, From: httpapi.Optional(r.From), Until: httpapi.Optional(r.Until)}
	if r.Role.ID != "" {
		b.Role = &namedBody{r.Role.ID, r.Role.Name}
	}
	if r.Team.ID != "" {
		b.Team = &namedBody{r.Team.ID, r.Team.Name}
	}
	return b
}

func (s *Service) getDecisions(ctx context.Context, in *struct {
	SubjectID    string          `query:"subject_id" maxLength:"36"`
	AskedBy      string          `query:"asked_by" maxLength:"36" doc:"a technician, by their session or by a token of theirs"`
	TokenID      string          `query:"token_id" maxLength:"36"`
	Permission   perm.Permission `query:"permission" maxLength:"100"`
	ResourceType string          `query:"resource_type" maxLength:"30"`
	ResourceID   string          `query:"resource_id" maxLength:"36"`
	Outcome      engine.Outcome  `query:"outcome" enum:"allow,deny,needs_approval"`
	From         time.Time       `query:"from" doc:"the earliest time"`
	To           time.Time       `query:"to" doc:"the time before which it was"`
	httpapi.Paging
},
) (*httpapi.Page[recordedBody], error) {
	f := Filter{in.SubjectID, in.AskedBy, in.TokenID, in.Permission, in.ResourceType, in.ResourceID, in.Outcome, in.From, in.To}
	found, next, err := s.Decisions(ctx, f, in.Page())
	return httpapi.NewPage(httpapi.Each(found, recorded), next), err
}
