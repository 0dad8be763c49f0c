package apitoken

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes registers the routes of tokens.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{ID: "list-tokens", Method: "GET", Path: "/api/tokens", Summary: "List one's own API tokens, or with admin.technicians somebody's", Needs: perm.SignedIn}, s.getList)
	httpapi.Handle(api, httpapi.Route{ID: "create-token", Method: "POST", Path: "/api/tokens", Summary: "Make an API token; its secret is shown once", Needs: perm.SignedIn, Creates: true, Secret: true, Fresh: true}, s.post)
	httpapi.Handle(api, httpapi.Route{ID: "delete-token", Method: "DELETE", Path: "/api/tokens/{id}", Summary: "Delete an API token at once", Needs: perm.SignedIn, Object: s.object}, s.deleteOne)
}

// Body is an API token as it is listed.
type Body struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Prefix      string            `json:"prefix" doc:"the first characters, to tell tokens apart"`
	Permissions []perm.Permission `json:"permissions" nullable:"true" doc:"null: all of its owner's"`
	CreatedAt   time.Time         `json:"created_at"`
	ExpiresAt   time.Time         `json:"expires_at"`
	LastUsedAt  *time.Time        `json:"last_used_at"`
}

func bodyOf(t Token) Body {
	b := Body{ID: t.ID, Name: t.Name, Prefix: t.Prefix, Permissions: t.Permissions, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
	if !t.LastUsedAt.IsZero() {
		b.LastUsedAt = &t.LastUsedAt
	}
	return b
}

type getList struct {
	TechnicianID string `query:"technician_id" format:"uuid" doc:"oneself if absent; others need admin.technicians"`
}

func (s *Service) getList(ctx context.Context, in *getList) (*httpapi.Page[Body], error) {
	tokens, err := s.List(ctx, in.TechnicianID)
	if err != nil {
		return nil, err
	}
	items := make([]Body, 0, len(tokens))
	for _, t := range tokens {
		items = append(items, bodyOf(t))
	}
	return httpapi.NewPage(items, ""), nil
}

type postToken struct {
	Body struct {
		Name           string            `json:"name" minLength:"1" maxLength:"100"`
		ExpiresInHours int               `json:"expires_in_hours,omitempty" minimum:"1" maximum:"8784" doc:"2160 (90 days) if absent"`
		Permissions    []perm.Permission `json:"permissions,omitempty" maxItems:"200" doc:"all that one holds if absent"`
	}
}

type newBody struct {
	Body
	Token string `json:"token" doc:"shown this once"`
}

func (s *Service) post(ctx context.Context, in *postToken) (*httpapi.Created[newBody], error) {
	t, secret, err := s.Create(ctx, New{in.Body.Name, in.Body.Permissions, time.Duration(in.Body.ExpiresInHours) * time.Hour})
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[newBody]{Location: "/api/tokens/" + t.ID, Body: newBody{bodyOf(t), secret}}, nil
}

func (s *Service) object(ctx context.Context, key string) (access.Object, error) {
	_, err := s.find(ctx, key)
	return access.Object{Type: "token", ID: key}, err
}

func (s *Service) deleteOne(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID)
}
