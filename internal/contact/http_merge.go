package contact

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) moreRoutes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-duplicate-contacts", Method: "GET", Path: "/api/contacts/duplicates", Summary: "List contacts who may be one person",
		Needs: perm.ContactView,
	}, s.getDuplicates)
	httpapi.Handle(api, httpapi.Route{
		ID: "merge-contacts", Method: "POST", Path: "/api/contacts/{id}/merge", Summary: "Merge other contacts of the customer into this one",
		Needs: perm.ContactEdit, Object: s.object,
	}, s.postMerge)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-contact-history", Method: "GET", Path: "/api/contacts/{id}/history", Summary: "See who changed what of a contact, newest first",
		Needs: perm.ContactView, Object: s.object,
	}, s.getHistory)
}

func (s *Service) postMerge(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		ContactIDs []string `json:"contact_ids" minItems:"1" maxItems:"20" doc:"contacts of the same customer; they become part of this one"`
	}
},
) (*httpapi.One[contactBody], error) {
	c, err := s.Merge(ctx, in.ID, in.Body.ContactIDs, func(c Contact) error { return httpapi.IfMatch(in.IfMatch, c.Version) })
	return s.one(ctx, c, err)
}

// duplicatesBody is one group.
type duplicatesBody struct {
	Reason   string        `json:"reason" enum:"same_email,same_phone,same_name"`
	Contacts []contactBody `json:"contacts"`
}

func (s *Service) getDuplicates(ctx context.Context, in *struct {
	Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"how many groups to answer with at most; merged ones are gone from the list"`
	CustomerID string `query:"customer_id" maxLength:"36"`
},
) (*httpapi.Page[duplicatesBody], error) {
	found, err := s.Duplicates(ctx, in.CustomerID, in.Limit)
	if err != nil {
		return nil, err
	}
	items := make([]duplicatesBody, len(found))
	for i, d := range found {
		items[i].Reason = d.Reason
		if items[i].Contacts, err = s.bodies(ctx, d.Contacts...); err != nil {
			return nil, err
		}
	}
	return httpapi.NewPage(items, ""), nil
}

// historyBody is one change.
type historyBody struct {
	At      time.Time             `json:"at"`
	Actor   actorBody             `json:"actor"`
	Action  string                `json:"action"`
	Outcome string                `json:"outcome"`
	Changes map[string]changeBody `json:"changes" doc:"by field"`
	Erased  bool                  `json:"erased" doc:"some of it was erased"`
}

type actorBody struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name" doc:"as it was then"`
}

type changeBody struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

func (s *Service) getHistory(ctx context.Context, in *struct {
	ID string `path:"id"`
	httpapi.Paging
},
) (*httpapi.Page[historyBody], error) {
	entries, next, err := s.History(ctx, in.ID, in.Page())
	items := make([]historyBody, len(entries))
	for i, e := range entries {
		items[i] = historyOf(e)
	}
	return httpapi.NewPage(items, next), err
}

func historyOf(e audit.Entry) historyBody {
	out := historyBody{
		At: e.At, Actor: actorBody{e.Actor.Type, e.Actor.ID, e.ActorName}, Action: e.Action, Outcome: e.Outcome,
		Changes: map[string]changeBody{}, Erased: e.Erased,
	}
	for field, v := range e.Before {
		out.Changes[field] = changeBody{v, e.After[field]}
	}
	for field, v := range e.After {
		out.Changes[field] = changeBody{e.Before[field], v}
	}
	return out
}
