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

type recordedBody struct {
	ID           string          `json:"id"`
	At           time.Time       `json:"at"`
	Times        int64           `json:"times" doc:"how often within the same second"`
	AskedBy      string          `json:"asked_by" doc:"the technician whose session or token asked"`
	TokenID      string          `json:"token_id" doc:"empty for a session"`
	SubjectID    string          `json:"subject_id" doc:"empty for nobody who was there"`
	Permission   perm.Permission `json:"permission" doc:"empty for one that does not exist"`
	ResourceType string          `json:"resource_type" doc:"empty for what was not there"`
	ResourceID   string          `json:"resource_id" doc:"the same"`
	Outcome      engine.Outcome  `json:"outcome" enum:"allow,deny,needs_approval"`
	Reason       engine.Reason   `json:"reason" doc:"of a refusal"`
	Rules        []string        `json:"rules" doc:"the grants and overrides that led there"`
}

func (s *Service) getDecisions(ctx context.Context, in *struct {
	SubjectID string `query:"subject_id" maxLength:"36"`
	httpapi.Paging
},
) (*httpapi.Page[recordedBody], error) {
	found, next, err := s.Decisions(ctx, in.SubjectID, in.Page())
	return httpapi.NewPage(httpapi.Each(found, func(d Decision) recordedBody { return recordedBody(d) }), next), err
}
