package preference

import (
	"context"
	"encoding/json"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the preferences of whoever is signed in.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/me/preferences", "/api/me/preferences/{key}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-preferences", Method: "GET", Path: all, Summary: "Read one's own settings of the console", Needs: perm.SignedIn,
	}, s.getAll)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-preference", Method: "PUT", Path: each, Summary: "Keep one setting of the console: any JSON", Needs: perm.SignedIn, MaxBody: maxValue,
		Status: 204,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-preference", Method: "DELETE", Path: each, Summary: "Forget one setting of the console", Needs: perm.SignedIn,
	}, s.delete)
}

type allBody struct {
	Body map[string]json.RawMessage
}

func (s *Service) getAll(ctx context.Context, _ *struct{}) (*allBody, error) {
	found, err := s.All(ctx)
	return &allBody{found}, err
}

func (s *Service) put(ctx context.Context, in *struct {
	Key  string `path:"key" minLength:"1" maxLength:"100" pattern:"^[a-z0-9]+([._-][a-z0-9]+)*$" doc:"such as list.contacts.columns"`
	Body json.RawMessage
},
) (*struct{}, error) {
	return nil, s.Set(ctx, in.Key, in.Body)
}

func (s *Service) delete(ctx context.Context, in *struct {
	Key string `path:"key" minLength:"1" maxLength:"100" pattern:"^[a-z0-9]+([._-][a-z0-9]+)*$"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.Key)
}
