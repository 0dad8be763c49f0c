package consent

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the consent of contacts and its settings.
func (s *Service) Routes(api *httpapi.API) {
	const each, settings = "/api/contacts/{id}/consent", "/api/settings/consent"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-contact-consent", Method: "GET", Path: each, Summary: "See what a contact said about messages to each address",
		Needs: perm.ContactView, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-contact-consent-history", Method: "GET", Path: each + "/history", Summary: "See how a contact's consent came about, the newest first",
		Needs: perm.ContactView, Object: s.object,
	}, s.getHistory)
	httpapi.Handle(api, httpapi.Route{
		ID: "record-contact-consent", Method: "POST", Path: each, Summary: "Write down verbal or written consent, or its end",
		Needs: perm.ContactEdit, Object: s.object,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-consent-settings", Method: "GET", Path: settings, Summary: "Read the settings of consent", Needs: perm.SignedIn,
	}, s.getSettings)
	httpapi.Handle(api, httpapi.Route{
		ID: "change-consent-settings", Method: "PATCH", Path: settings, Summary: "Change the settings of consent", Needs: perm.AdminSettings,
	}, s.patchSettings)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	c, err := contact.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

type standingBody struct {
	Address string     `json:"address"`
	Type    string     `json:"type" enum:"phone,email"`
	State   State      `json:"state" enum:"unknown,sent,opted_in,opted_out"`
	Source  Source     `json:"source,omitempty" enum:"word,form,asked,verbal,written,erased" doc:"how it came to that state"`
	OwnWord bool       `json:"own_word" doc:"the person said so themself, so no technician can take it back for them"`
	At      *time.Time `json:"at"`
	AskedAt *time.Time `json:"asked_at" doc:"when a form was last sent"`
}

type contactConsentBody struct {
	ContactID string         `json:"contact_id"`
	Addresses []standingBody `json:"addresses"`
}

func bodyOf(c contact.Contact, shown []Shown) contactConsentBody {
	b := contactConsentBody{ContactID: c.ID, Addresses: make([]standingBody, len(shown))}
	for i, x := range shown {
		b.Addresses[i] = standingBody{x.Address, "phone", x.State, x.Source, x.OwnWord(), unlessZero(x.At), unlessZero(x.AskedAt)}
		if isEmail(x.Address) {
			b.Addresses[i].Type = "email"
		}
	}
	return b
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[contactConsentBody], error) {
	c, shown, err := s.OfContact(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[contactConsentBody]{Body: bodyOf(c, shown)}, nil
}

type recordBody struct {
	ID          string    `json:"id"`
	Address     string    `json:"address"`
	State       State     `json:"state" enum:"sent,opted_in,opted_out"`
	Source      Source    `json:"source" enum:"word,form,asked,verbal,written,erased"`
	Kind        Kind      `json:"kind" enum:"conversational,informational"`
	Way         string    `json:"way,omitempty" doc:"sms, voice, email or web"`
	ByName      string    `json:"by_name,omitempty" doc:"the technician who asked, or wrote it down"`
	IP          string    `json:"ip,omitempty" doc:"of the browser that answered a form"`
	TextVersion string    `json:"text_version,omitempty"`
	Text        string    `json:"text,omitempty" doc:"what the person was shown"`
	Language    string    `json:"language,omitempty"`
	FormID      string    `json:"form_id,omitempty"`
	Note        string    `json:"note,omitempty"`
	At          time.Time `json:"at"`
}

func (s *Service) getHistory(ctx context.Context, in *struct {
	httpapi.Paging
	ID string `path:"id"`
},
) (*httpapi.Page[recordBody], error) {
	found, shown, next, err := s.History(ctx, in.ID, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]recordBody, len(found))
	for i, r := range found {
		items[i] = recordBody{
			r.ID, r.Address, r.State, r.Source, r.Kind, r.Way, r.ByName, r.IP, r.TextVersion, shown[r.TextVersion].Body, r.Language, r.FormID, r.Note, r.At,
		}
	}
	return httpapi.NewPage(items, next), nil
}

type toldBody struct {
	Address string `json:"address" minLength:"3" maxLength:"254" doc:"one of the contact's numbers or emails"`
	State   State  `json:"state" enum:"opted_in,opted_out"`
	Source  Source `json:"source" enum:"verbal,written"`
	Kind    Kind   `json:"kind,omitempty" enum:"conversational,informational" doc:"what they agreed to: verification and conversation, or news too"`
	Note    string `json:"note" minLength:"1" maxLength:"1000" doc:"who said it and when, or where the paper lies"`
}

func (s *Service) post(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body toldBody
},
) (*httpapi.One[contactConsentBody], error) {
	if err := s.WriteDown(ctx, in.ID, Told(in.Body)); err != nil {
		return nil, err
	}
	return s.get(ctx, &struct {
		ID string `path:"id"`
	}{in.ID})
}

type settingsBody struct {
	TextVersion string `json:"text_version" readOnly:"true" doc:"of the text that forms show now in the organization's language"`
	Settings
}

func (s *Service) getSettings(ctx context.Context, _ *struct{}) (*httpapi.One[settingsBody], error) {
	org := access.ActorFrom(ctx).OrgID
	set, version, err := settingsOf(ctx, s.db.Read(), org)
	if err != nil {
		return nil, err
	}
	b := settingsBody{Settings: set}
	if s.TextVersion != nil {
		if b.TextVersion, err = s.TextVersion(ctx, org); err != nil {
			return nil, err
		}
	}
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(version), Body: b}, nil
}

func (s *Service) patchSettings(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[Settings]
},
) (*httpapi.One[settingsBody], error) {
	set, version, err := settingsOf(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	if err := httpapi.IfMatch(in.IfMatch, version); err != nil {
		return nil, err
	}
	next, err := httpapi.Merge(set, in.Body.RawMessage)
	if err != nil {
		return nil, err
	}
	if err := s.SaveSettings(ctx, next, version); err != nil {
		return nil, err
	}
	return s.getSettings(ctx, nil)
}
