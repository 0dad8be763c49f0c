package avatar

import (
	"context"
	"io"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes mounts one's own picture and those of others.
func (s *Service) Routes(api *httpapi.API) {
	const own, each = "/api/me/avatar", "/api/technicians/{id}/avatar"
	api.Raw(httpapi.Route{
		ID: "set-own-avatar", Method: "PUT", Path: own, Summary: "Upload a picture of oneself: PNG, JPEG, GIF or WebP of up to 2 MB", Needs: perm.SignedIn,
	}, api.Upload(func(ctx context.Context, _ string, body io.Reader) (any, error) {
		return nil, s.Set(ctx, access.ActorFrom(ctx).ID, body)
	}))
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-own-avatar", Method: "DELETE", Path: own, Summary: "Remove one's own picture", Needs: perm.SignedIn,
	}, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		return nil, s.Remove(ctx, access.ActorFrom(ctx).ID)
	})
	api.Raw(httpapi.Route{
		ID: "set-avatar", Method: "PUT", Path: each, Summary: "Upload a technician's picture", Needs: perm.AdminTechnicians, Object: s.object,
	}, api.Upload(func(ctx context.Context, id string, body io.Reader) (any, error) { return nil, s.Set(ctx, id, body) }))
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-avatar", Method: "DELETE", Path: each, Summary: "Remove a technician's picture", Needs: perm.AdminTechnicians, Object: s.object,
	}, func(ctx context.Context, in *struct {
		ID string `path:"id"`
	},
	) (*struct{}, error) {
		return nil, s.Remove(ctx, in.ID)
	})
	api.Raw(httpapi.Route{
		ID: "get-avatar", Method: "GET", Path: "/api/avatars/{key}", Summary: "Download a technician's picture", Needs: perm.SignedIn, Passive: true,
	}, api.Image(false, s.Find))
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "technician", ID: t.ID}, err
}
