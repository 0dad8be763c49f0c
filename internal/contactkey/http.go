package contactkey

import (
	"context"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
)

// Routes mounts the API and the page behind the link.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{
			ID: id, Method: method, Path: path, Summary: summary, Needs: perm.VerificationRun, Object: s.contactObject,
		}
	}
	httpapi.Handle(api, route("list-contact-passkeys", "GET", "/api/contacts/{id}/passkeys", "List the passkeys of a contact"), s.getKeys)
	httpapi.Handle(api, route("remove-contact-passkey", "DELETE", "/api/contacts/{id}/passkeys/{key}", "Take a passkey of a contact out of use"), s.deleteKey)
	invite := route("invite-contact-passkey", "POST", "/api/contacts/{id}/passkey-enrolments", "Send a contact the link by which they set up a passkey")
	invite.Creates, invite.Secret = true, true
	httpapi.Handle(api, invite, s.postEnrolment)

	page := httpapi.Route{ID: "open-passkey-link", Method: "GET", Path: "/v/passkey/{token}", Summary: "Setting up a passkey", Needs: perm.Public, Hidden: true}
	api.Raw(page, http.HandlerFunc(s.pages.get))
	page.ID, page.Method = "answer-passkey-link", "POST"
	api.Raw(page, http.HandlerFunc(s.pages.post))
}

func (s *Service) contactObject(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "contact", ID: id, CustomerID: c.CustomerID}, err
}

type idInput struct {
	ID string `path:"id"`
}

type keyBody struct {
	ID         string     `json:"id"`
	Name       string     `json:"name" doc:"the browser and system that it was made on"`
	BackedUp   bool       `json:"backed_up" doc:"it is kept in a cloud, so that more than one device has it"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

type keysBody struct {
	Items []keyBody `json:"items"`
}

func (s *Service) getKeys(ctx context.Context, in *idInput) (*httpapi.One[keysBody], error) {
	keys, err := s.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[keysBody]{Body: keysBody{httpapi.Each(keys, func(k Key) keyBody {
		return keyBody{k.ID, k.Name, k.BackedUp, k.CreatedAt, httpapi.Optional(k.LastUsedAt)}
	})}}, nil
}

type keyInput struct {
	ID  string `path:"id"`
	Key string `path:"key" maxLength:"36"`
}

func (s *Service) deleteKey(ctx context.Context, in *keyInput) (*struct{}, error) {
	return nil, s.Remove(ctx, in.ID, in.Key)
}

type enrolmentInput struct {
	ID   string `path:"id"`
	Body struct {
		Address string `json:"address,omitempty" maxLength:"320" doc:"a mobile number or email address of the contact; the first if absent"`
	}
}

type enrolmentBody struct {
	ID            string    `json:"id"`
	AddressMasked string    `json:"address_masked"`
	SpokenNumber  string    `json:"spoken_number" doc:"that the technician says to the contact; shown only here"`
	ExpiresAt     time.Time `json:"expires_at"`
}

func (s *Service) postEnrolment(ctx context.Context, in *enrolmentInput) (*httpapi.Created[enrolmentBody], error) {
	e, spoken, err := s.Invite(ctx, in.ID, in.Body.Address)
	if err != nil {
		return nil, err
	}
	return &httpapi.Created[enrolmentBody]{
		Location: "/api/contacts/" + e.ContactID + "/passkeys", Body: enrolmentBody{e.ID, message.Mask(e.Address), spoken, e.ExpiresAt},
	}, nil
}
