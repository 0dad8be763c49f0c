package recovery

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes registers the ways to a new password.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{ID: "ask-password-reset", Method: "POST", Path: "/api/session/reset", Summary: "Ask for a mail with a link to choose a new password", Needs: perm.Public, MaxBody: 2 << 10, Status: 202}, s.postAsk)
	httpapi.Handle(api, httpapi.Route{ID: "reset-password", Method: "POST", Path: "/api/session/password", Summary: "Choose a new password with the link of a mail", Needs: perm.Public, MaxBody: 8 << 10, Secret: true, Status: 204}, s.postReset)
	httpapi.Handle(api, httpapi.Route{ID: "force-password-reset", Method: "POST", Path: "/api/technicians/{id}/reset-password", Summary: "Take the password away, end all sessions and mail a link", Needs: perm.AdminTechnicians, Object: s.object, Status: 204}, s.postForce)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

type asked struct {
	Body struct{}
}

func (s *Service) postAsk(ctx context.Context, in *struct {
	Body struct {
		Email        string `json:"email" minLength:"1" maxLength:"320"`
		Organization string `json:"organization,omitempty" maxLength:"100" doc:"the organization's short name, for people of several"`
	}
},
) (*asked, error) {
	return &asked{}, s.Ask(ctx, in.Body.Email, in.Body.Organization)
}

func (s *Service) postReset(ctx context.Context, in *struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"100"`
		Password string `json:"password" maxLength:"1024" writeOnly:"true"`
	}
},
) (*struct{}, error) {
	return nil, s.Reset(ctx, in.Body.Token, in.Body.Password)
}

func (s *Service) postForce(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*struct{}, error) {
	return nil, s.Force(ctx, in.ID)
}
