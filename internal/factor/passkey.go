package factor

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Kind tells what a key may be used for.
type Kind string

// The kinds. A passkey knows whose it is and has checked that it is that person, so it signs in by itself; a security key only shows that
// somebody holds it.
const (
	KindPasskey     Kind = "passkey"
	KindSecurityKey Kind = "security_key"
)

const (
	maxPasskeys    = 20
	maxPasskeyName = 60
)

// Passkey is one key of a technician.
type Passkey struct {
	ID         string
	Kind       Kind
	Name       string
	BackedUp   bool
	Changed    bool // seen with another backup-eligible flag than it was made with: refused until it is set up again
	CreatedAt  time.Time
	LastUsedAt time.Time

	rpID       string
	credential webauthn.Credential
}

// Person is for whom a key is made. BoundTo is what only that browser has: the session by default.
type Person struct {
	OrgID, TechnicianID string
	Email, Name         string
	BoundTo             string
}

func (p Person) target() target { return target{p.OrgID, p.TechnicianID} }

// Ceremony is a question to a browser's authenticator (WebAuthn).
type Ceremony struct {
	ChallengeID string
	Options     json.RawMessage
}

// relyingParty is how go-webauthn sees us on a site. Attestation is not asked for: it would tell the maker of the key, which no rule uses.
func relyingParty(site Site) (*webauthn.WebAuthn, error) {
	rp, err := webauthn.New(&webauthn.Config{
		RPID: site.ID, RPDisplayName: issuer, RPOrigins: []string{site.Origin}, AttestationPreference: protocol.PreferNoAttestation,
	})
	if err != nil {
		return nil, fmt.Errorf("describe the site %s: %w", site.Origin, err)
	}
	return rp, nil
}

// user is a technician as go-webauthn asks for one.
type user struct {
	handle      []byte
	email, name string
	keys        []webauthn.Credential
}

// WebAuthnID is what a passkey keeps to say whose it is.
func (u user) WebAuthnID() []byte { return u.handle }

// WebAuthnName is shown by the browser.
func (u user) WebAuthnName() string { return u.email }

// WebAuthnDisplayName is shown by the browser.
func (u user) WebAuthnDisplayName() string { return u.name }

// WebAuthnCredentials are the keys.
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

// handle is how a passkey names its owner: organization and technician. Both are random ids and tell nothing about a person.
func (t target) handle() ([]byte, error) {
	org, err := uuid.Parse(t.orgID)
	if err != nil {
		return nil, fmt.Errorf("name technician %s in a passkey: %w", t.technicianID, err)
	}
	technician, err := uuid.Parse(t.technicianID)
	if err != nil {
		return nil, fmt.Errorf("name technician %s in a passkey: %w", t.technicianID, err)
	}
	return append(org[:], technician[:]...), nil
}

func ownerOf(handle []byte) (target, bool) {
	if len(handle) != 32 {
		return target{}, false
	}
	return target{uuid.UUID(handle[:16]).String(), uuid.UUID(handle[16:]).String()}, true
}

// BeginRegistration asks a browser to make a key for a person; replaces is the key that the new one comes instead of, or "".
func (s *Service) BeginRegistration(ctx context.Context, site Site, p Person, kind Kind, replaces string) (Ceremony, error) {
	who, q := p.target(), s.DB.Read()
	rp, err := relyingParty(site)
	if err != nil {
		return Ceremony{}, err
	}
	held, err := passkeysOf(ctx, q, who)
	if err != nil {
		return Ceremony{}, err
	}
	if len(held) >= maxPasskeys && replaces == "" {
		return Ceremony{}, errMany
	}
	u := user{email: p.Email, name: p.Name}
	if u.handle, err = who.handle(); err != nil {
		return Ceremony{}, err
	}
	exclude := []protocol.CredentialDescriptor{}
	for _, k := range held {
		if k.rpID == site.ID && k.ID != replaces && !k.Changed {
			exclude = append(exclude, k.credential.Descriptor())
		}
	}
	options, session, err := rp.BeginRegistration(u, append(wanted(kind), webauthn.WithExclusions(exclude), webauthn.WithRegistrationOrigin(site.Origin))...)
	if err != nil {
		return Ceremony{}, fmt.Errorf("ask for a new passkey: %w", err)
	}
	return s.ask(ctx, question{
		target: who, boundTo: p.BoundTo, purpose: registering + string(kind), data: asked{Session: *session, Replaces: replaces},
	}, options.Response)
}

// wanted is what a new key has to be able to do.
func wanted(kind Kind) []webauthn.RegistrationOption {
	if kind == KindSecurityKey {
		return []webauthn.RegistrationOption{
			webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
				AuthenticatorAttachment: protocol.CrossPlatform, ResidentKey: protocol.ResidentKeyRequirementDiscouraged,
				RequireResidentKey: protocol.ResidentKeyNotRequired(), UserVerification: protocol.VerificationDiscouraged,
			}),
			webauthn.WithPublicKeyCredentialHints([]protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey}),
		}
	}
	return []webauthn.RegistrationOption{webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
		ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
		UserVerification: protocol.VerificationRequired,
	})}
}

// Registration is a browser's answer to BeginRegistration.
type Registration struct {
	Person
	ChallengeID string
	Name        string
	Credential  json.RawMessage
}

// FinishRegistration keeps a new key. Recovery codes come along for whoever has none yet; they are shown once.
func (s *Service) FinishRegistration(ctx context.Context, tx *store.Tx, r Registration) (Passkey, []string, error) {
	who, now := r.target(), store.Now()
	name := strings.Join(strings.Fields(r.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > maxPasskeyName {
		return Passkey{}, nil, errName.At("/name")
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(r.Credential)
	if err != nil {
		return Passkey{}, nil, errRefused.Because(err)
	}
	q, err := spendChallenge(ctx, tx, r.ChallengeID, r.BoundTo, now)
	if err != nil {
		return Passkey{}, nil, err
	}
	kind, ok := strings.CutPrefix(q.purpose, registering)
	if !ok || q.target != who {
		return Passkey{}, nil, errExpired
	}
	credential, err := q.data.created(who, answer)
	if err != nil {
		return Passkey{}, nil, err
	}
	k := Passkey{
		ID: id.New(), Kind: Kind(kind), Name: name, BackedUp: credential.Flags.BackupState, CreatedAt: now,
		rpID: q.data.Session.RelyingPartyID, credential: *credential,
	}
	codes, err := s.keep(ctx, tx, who, k, q.data.Replaces)
	return k, codes, err
}

// created is the key that an answer holds, if it answers the question.
func (a asked) created(who target, answer *protocol.ParsedCredentialCreationData) (*webauthn.Credential, error) {
	rp, err := relyingParty(Site{a.Session.RelyingPartyID, a.Session.Origin})
	if err != nil {
		return nil, err
	}
	handle, err := who.handle()
	if err != nil {
		return nil, err
	}
	credential, err := rp.CreateCredential(user{handle: handle}, a.Session, answer)
	if err != nil {
		if a.Session.UserVerification == protocol.VerificationRequired && !answer.Response.AttestationObject.AuthData.Flags.HasUserVerified() {
			return nil, errUnverified.Because(err)
		}
		return nil, errRefused.Because(err)
	}
	return credential, nil
}

func (s *Service) keep(ctx context.Context, tx *store.Tx, who target, k Passkey, replaces string) ([]string, error) {
	if err := lockFactors(ctx, tx, who); err != nil {
		return nil, err
	}
	if replaces != "" {
		if err := deletePasskey(ctx, tx, who, replaces); err != nil && fault.CodeOf(err) != errNoPasskey.Code {
			return nil, err
		}
	}
	held, err := passkeysOf(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	if len(held) >= maxPasskeys {
		return nil, errMany
	}
	if err := insertPasskey(ctx, tx, who, k); err != nil {
		return nil, err
	}
	if err := s.record(ctx, tx, who, change{"passkey.create", "passkey_added", k.Name, k.detail()}); err != nil {
		return nil, err
	}
	return s.firstRecoveryCodes(ctx, tx, who)
}

func (k Passkey) detail() map[string]any {
	return map[string]any{
		"passkey_id": k.ID, "name": k.Name, "kind": string(k.Kind), "backup_eligible": k.credential.Flags.BackupEligible,
		"aaguid": hex.EncodeToString(k.credential.Authenticator.AAGUID),
	}
}

// Passkeys lists the keys of the actor, the oldest first.
func (s *Service) Passkeys(ctx context.Context) ([]Passkey, error) {
	return passkeysOf(ctx, s.DB.Read(), own(ctx))
}

// RenamePasskey gives a key of the actor another name.
func (s *Service) RenamePasskey(ctx context.Context, passkeyID, name string) (Passkey, error) {
	who := own(ctx)
	if name = strings.Join(strings.Fields(name), " "); name == "" || utf8.RuneCountInString(name) > maxPasskeyName {
		return Passkey{}, errName.At("/name")
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := renamePasskey(ctx, tx, who, passkeyID, name); err != nil {
			return err
		}
		return s.record(ctx, tx, who, change{action: "passkey.rename", detail: map[string]any{"passkey_id": passkeyID, "name": name}})
	})
	if err != nil {
		return Passkey{}, err
	}
	return passkeyByID(ctx, s.DB.Read(), who, passkeyID)
}

// RemovePasskey takes a key of the actor out of use.
func (s *Service) RemovePasskey(ctx context.Context, passkeyID string) error {
	who := own(ctx)
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := passkeyByID(ctx, tx, who, passkeyID)
		if err != nil {
			return err
		}
		if err := deletePasskey(ctx, tx, who, passkeyID); err != nil {
			return err
		}
		if err := s.stillEnough(ctx, tx, who); err != nil {
			return err
		}
		return s.record(ctx, tx, who, change{"passkey.remove", "passkey_removed", k.Name, k.detail()})
	})
}
