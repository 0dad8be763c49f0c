package factor

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Routes mounts everybody's own factors, and those of technicians for administrators. A token reaches none of one's own: whoever finds one
// must not be able to bring a key along.
func (s *Service) Routes(api *httpapi.API) {
	s.secure = api.Secure
	own := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{
			ID: id, Method: method, Path: "/api/me" + path, Summary: summary, Needs: perm.SignedIn, SessionOnly: true,
			While: []access.Hold{access.HoldEnrolment},
		}
	}
	fresh := func(r httpapi.Route) httpapi.Route { r.Fresh = true; return r }
	shown := func(r httpapi.Route) httpapi.Route { r.Status, r.Secret = http.StatusCreated, true; return fresh(r) }
	one := func(r httpapi.Route) httpapi.Route { r.Object = s.passkeyObject; return r }
	httpapi.Handle(api, own("list-factors", "GET", "/factors", "List one's own factors"), s.getFactors)
	httpapi.Handle(api, shown(own("set-up-totp", "POST", "/factors/totp", "Prepare an authenticator app; its secret is shown once")), s.postTOTP)
	confirm := own("confirm-totp", "POST", "/factors/totp/confirm", "Put the authenticator app into use with its first code")
	confirm.Secret = true
	httpapi.Handle(api, confirm, s.confirmTOTP)
	httpapi.Handle(api, fresh(own("remove-totp", "DELETE", "/factors/totp", "Take the authenticator app out of use")), s.deleteTOTP)
	httpapi.Handle(api, shown(own("renew-recovery-codes", "POST", "/factors/recovery-codes", "Replace the recovery codes; the new ones are shown once")), s.postRecoveryCodes)

	httpapi.Handle(api, fresh(own("ask-for-passkey", "POST", "/passkeys/options", "Ask the browser to make a passkey or to register a security key")), s.postOptions)
	add := own("add-passkey", "POST", "/passkeys", "Keep the passkey or security key that the browser made")
	add.Status, add.Secret = http.StatusCreated, true
	httpapi.Handle(api, add, s.postPasskey)
	httpapi.Handle(api, one(own("rename-passkey", "PATCH", "/passkeys/{id}", "Give a passkey or security key another name")), s.patchPasskey)
	httpapi.Handle(api, one(fresh(own("remove-passkey", "DELETE", "/passkeys/{id}", "Take a passkey or security key out of use"))), s.deletePasskey)

	httpapi.Handle(api, httpapi.Route{
		ID: "list-factors-of-technician", Method: "GET", Path: "/api/technicians/{id}/factors", Summary: "Say which factors a technician has",
		Needs: perm.AdminTechnicians, Object: s.technicianObject,
	}, s.getOf)
	httpapi.Handle(api, httpapi.Route{
		ID: "reset-factors", Method: "POST", Path: "/api/technicians/{id}/reset-factors", Summary: "Take all factors from a technician who lost them; sessions end",
		Needs: perm.AdminTechnicians, Object: s.technicianObject, Fresh: true,
	}, s.postReset)
}

func (s *Service) passkeyObject(ctx context.Context, key string) (access.Object, error) {
	k, err := passkeyByID(ctx, s.DB.Read(), own(ctx), key)
	return access.Object{Type: "passkey", ID: k.ID}, err
}

func (s *Service) technicianObject(ctx context.Context, key string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, key)
	return t.Object(), err
}

// browser is embedded in inputs whose route has to know on which site it was called; huma hands it the request.
type browser struct{ request *http.Request }

// Resolve is called by huma once the input has been read.
func (b *browser) Resolve(ctx huma.Context) []error {
	b.request, _ = humago.Unwrap(ctx)
	return nil
}

// PasskeyBody is a passkey or security key on the wire.
type PasskeyBody struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Kind       Kind       `json:"kind" enum:"passkey,security_key"`
	BackedUp   bool       `json:"backed_up" doc:"its maker keeps a copy, so that it is not lost with the device"`
	Changed    bool       `json:"changed" doc:"seen with properties of another key: refused until it is set up again"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func bodyOf(k Passkey) PasskeyBody {
	b := PasskeyBody{ID: k.ID, Name: k.Name, Kind: k.Kind, BackedUp: k.BackedUp, Changed: k.Changed, CreatedAt: k.CreatedAt}
	if !k.LastUsedAt.IsZero() {
		b.LastUsedAt = &k.LastUsedAt
	}
	return b
}

// CeremonyBody is a question to an authenticator on the wire.
type CeremonyBody struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options" doc:"PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON of WebAuthn"`
}

// BodyOfCeremony is a question as the API shows one.
func BodyOfCeremony(c Ceremony) CeremonyBody { return CeremonyBody(c) }

type totpState struct {
	EnrolledAt time.Time `json:"enrolled_at"`
}

type factorsBody struct {
	TOTP              *totpState    `json:"totp" doc:"null without an authenticator app"`
	Passkeys          []PasskeyBody `json:"passkeys"`
	RecoveryCodesLeft int           `json:"recovery_codes_left"`
	Required          bool          `json:"required" doc:"the last factor cannot be removed"`
}

type output[T any] struct{ Body T }

func (s *Service) getFactors(ctx context.Context, _ *struct{}) (*output[factorsBody], error) {
	who := own(ctx)
	state, err := stateOf(ctx, s.DB.Read(), who.orgID, who.technicianID)
	if err != nil {
		return nil, err
	}
	keys, err := s.Passkeys(ctx)
	if err != nil {
		return nil, err
	}
	demand, err := s.demand(ctx, s.DB.Read(), who)
	if err != nil {
		return nil, err
	}
	out := factorsBody{Passkeys: make([]PasskeyBody, len(keys)), RecoveryCodesLeft: state.RecoveryCodesLeft, Required: demand.Required}
	if state.TOTP {
		out.TOTP = &totpState{state.EnrolledAt}
	}
	for i, k := range keys {
		out.Passkeys[i] = bodyOf(k)
	}
	return &output[factorsBody]{out}, nil
}

type setupBody struct {
	Secret string `json:"secret" doc:"base32, to type into the app"`
	URI    string `json:"uri" doc:"otpauth://"`
	QR     string `json:"qr" doc:"the address as a picture: data:image/png;base64,…"`
}

func (s *Service) postTOTP(ctx context.Context, _ *struct{}) (*output[setupBody], error) {
	setup, err := s.SetUpTOTP(ctx)
	return &output[setupBody]{setupBody(setup)}, err
}

// RecoveryCodesBody holds new recovery codes, which nobody sees again.
type RecoveryCodesBody struct {
	RecoveryCodes []string `json:"recovery_codes" doc:"shown once; empty if there are unused ones already"`
}

func (s *Service) confirmTOTP(ctx context.Context, in *struct {
	Body struct {
		Code string `json:"code" maxLength:"20"`
	}
},
) (*output[RecoveryCodesBody], error) {
	codes, err := s.ConfirmTOTP(ctx, in.Body.Code)
	return &output[RecoveryCodesBody]{RecoveryCodesBody{codes}}, err
}

func (s *Service) deleteTOTP(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.RemoveTOTP(ctx)
}

func (s *Service) postRecoveryCodes(ctx context.Context, _ *struct{}) (*output[RecoveryCodesBody], error) {
	codes, err := s.NewRecoveryCodes(ctx)
	return &output[RecoveryCodesBody]{RecoveryCodesBody{codes}}, err
}

type optionsInput struct {
	browser
	Body struct {
		Kind     Kind   `json:"kind" enum:"passkey,security_key"`
		Replaces string `json:"replaces,omitempty" format:"uuid" doc:"the key that goes once the new one is kept"`
	}
}

func (s *Service) postOptions(ctx context.Context, in *optionsInput) (*output[CeremonyBody], error) {
	site, err := s.Site(in.request)
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Replaces != "" {
		if _, err := passkeyByID(ctx, s.DB.Read(), own(ctx), in.Body.Replaces); err != nil {
			return nil, err
		}
	}
	c, err := s.BeginRegistration(ctx, site, me, in.Body.Kind, in.Body.Replaces)
	return &output[CeremonyBody]{BodyOfCeremony(c)}, err
}

// me is the actor as the one for whom a key is made.
func (s *Service) me(ctx context.Context) (Person, error) {
	actor := access.ActorFrom(ctx)
	t, err := technician.ByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	return Person{OrgID: t.OrgID, TechnicianID: t.ID, Email: t.Email, Name: t.Name(), BoundTo: actor.SessionID}, err
}

type passkeyAdded struct {
	PasskeyBody
	RecoveryCodesBody
}

func (s *Service) postPasskey(ctx context.Context, in *struct {
	Body struct {
		ChallengeID string          `json:"challenge_id" format:"uuid"`
		Name        string          `json:"name" maxLength:"200"`
		Credential  json.RawMessage `json:"credential" doc:"RegistrationResponseJSON of WebAuthn"`
	}
},
) (*output[passkeyAdded], error) {
	me, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	var k Passkey
	var codes []string
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		k, codes, err = s.FinishRegistration(ctx, tx, Registration{me, in.Body.ChallengeID, in.Body.Name, in.Body.Credential})
		return err
	})
	return &output[passkeyAdded]{passkeyAdded{bodyOf(k), RecoveryCodesBody{codes}}}, err
}

func (s *Service) patchPasskey(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Name string `json:"name" maxLength:"200"`
	}
},
) (*output[PasskeyBody], error) {
	k, err := s.RenamePasskey(ctx, in.ID, in.Body.Name)
	return &output[PasskeyBody]{bodyOf(k)}, err
}

func (s *Service) deletePasskey(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*struct{}, error) {
	return nil, s.RemovePasskey(ctx, in.ID)
}

type stateBody struct {
	TOTP              bool       `json:"totp"`
	Passkeys          int        `json:"passkeys"`
	SecurityKeys      int        `json:"security_keys"`
	RecoveryCodesLeft int        `json:"recovery_codes_left"`
	Required          bool       `json:"required" doc:"the organization's rules ask for a second factor"`
	DueAt             *time.Time `json:"due_at" doc:"until then one may go without; null if at once or not at all"`
}

func (s *Service) getOf(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*output[stateBody], error) {
	state, demand, err := s.Of(ctx, in.ID)
	out := stateBody{
		TOTP: state.TOTP, Passkeys: state.Passkeys, SecurityKeys: state.SecurityKeys, RecoveryCodesLeft: state.RecoveryCodesLeft, Required: demand.Required,
	}
	if !demand.DueAt.IsZero() {
		out.DueAt = &demand.DueAt
	}
	return &output[stateBody]{out}, err
}

func (s *Service) postReset(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"for the audit log"`
	}
},
) (*struct{}, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	return nil, s.Reset(ctx, in.ID, reason)
}
