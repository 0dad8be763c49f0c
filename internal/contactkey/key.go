package contactkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Key is one passkey of a contact.
type Key struct {
	ID         string
	Name       string // of the browser and system that it was made on
	BackedUp   bool   // it is kept in a cloud, from which more than one device has it
	CreatedAt  time.Time
	LastUsedAt time.Time

	contactID  string
	rpID       string
	credential webauthn.Credential
}

// List returns the passkeys of a contact that are in use, the oldest first.
func (s *Service) List(ctx context.Context, contactID string) ([]Key, error) {
	c, err := s.findContact(ctx, contactID)
	if err != nil {
		return nil, err
	}
	return keysOf(ctx, s.DB.Read(), c.OrgID, c.ID)
}

// Remove takes a passkey of a contact out of use.
func (s *Service) Remove(ctx context.Context, contactID, keyID string) error {
	c, err := s.findContact(ctx, contactID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := keyByID(ctx, tx, c.OrgID, c.ID, keyID)
		if err != nil {
			return err
		}
		if ok, err := revoke(ctx, tx, c.OrgID, k.ID, s.clock.Now()); err != nil || !ok {
			return orNotFound(err)
		}
		return s.record(ctx, tx, c, audit.Event{Action: "passkey.remove", Detail: k.detail()})
	})
}

func orNotFound(err error) error {
	if err == nil {
		return errNotFound
	}
	return err
}

func (k Key) detail() map[string]any {
	return map[string]any{
		"passkey_id": k.ID, "name": k.Name, "backup_eligible": k.credential.Flags.BackupEligible, "backed_up": k.credential.Flags.BackupState,
		"aaguid": aaguid(k.credential.Authenticator.AAGUID),
	}
}

// Has says whether a contact has a passkey that works on this server.
func (s *Service) Has(ctx context.Context, q store.Querier, org, contactID string) (bool, error) {
	keys, err := s.usable(ctx, q, org, contactID)
	return len(keys) > 0, err
}

// usable are the keys that were made for the name under which this server is known now.
func (s *Service) usable(ctx context.Context, q store.Querier, org, contactID string) (out []Key, err error) {
	site, err := siteOf(s.BaseURL)
	if err != nil {
		return nil, nil //nolint:nilerr // without a name no passkey works
	}
	keys, err := keysOf(ctx, q, org, contactID)
	for _, k := range keys {
		if k.rpID == site.id {
			out = append(out, k)
		}
	}
	return out, err
}

// Options are what a browser is to ask an authenticator of the contact to sign (WebAuthn, section 5.5). The device has to check its owner.
func (s *Service) Options(ctx context.Context, org, contactID string, challenge []byte) (string, error) {
	site, err := siteOf(s.BaseURL)
	if err != nil {
		return "", err
	}
	keys, err := s.usable(ctx, s.DB.Read(), org, contactID)
	if err != nil {
		return "", err
	}
	return asJSON(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: timeout, RelyingPartyID: site.id, AllowedCredentials: descriptors(keys), UserVerification: protocol.VerificationRequired,
	})
}

const timeout = 120_000 // milliseconds that a browser waits for a person

func descriptors(keys []Key) []protocol.CredentialDescriptor {
	out := []protocol.CredentialDescriptor{}
	for _, k := range keys {
		out = append(out, k.credential.Descriptor())
	}
	return out
}

func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write a question to an authenticator: %w", err)
	}
	return string(b), nil
}

// Check settles whether an answer is a signature over challenge by a passkey of the contact whose device checked its owner, and counts the
// use. A refusal is recorded and returned as a fault; then the transaction may go on.
func (s *Service) Check(ctx context.Context, tx *store.Tx, org, contactID string, challenge []byte, credential string) error {
	c, err := contact.ByID(ctx, tx, org, contactID)
	if err != nil {
		return err
	}
	k, err := s.check(ctx, tx, c, challenge, credential)
	if err == nil {
		return s.record(ctx, tx, c, audit.Event{Action: "passkey.use", Detail: k.detail()})
	}
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	e := audit.Event{Action: "passkey.use", Outcome: audit.Denied, Reason: fault.CodeOf(err), Detail: map[string]any{"passkey_id": k.ID}}
	if failed := s.record(ctx, tx, c, e); failed != nil {
		return failed
	}
	return err
}

func (s *Service) check(ctx context.Context, tx *store.Tx, c contact.Contact, challenge []byte, credential string) (k Key, err error) {
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return k, errRefused.Because(err)
	}
	site, err := siteOf(s.BaseURL)
	if err != nil {
		return k, err
	}
	keys, err := s.usable(ctx, tx, c.OrgID, c.ID)
	if err != nil {
		return k, err
	}
	u := user{handle: handleOf(c.OrgID, c.ID)}
	session := session(site, u, challenge)
	for _, held := range keys {
		u.keys = append(u.keys, held.credential)
		session.AllowedCredentialIDs = append(session.AllowedCredentialIDs, held.credential.ID)
		if bytes.Equal(held.credential.ID, answer.RawID) {
			k = held
		}
	}
	if k.ID == "" {
		return k, errUnknown
	}
	rp, err := site.relyingParty()
	if err != nil {
		return k, err
	}
	used, err := rp.ValidateLogin(u, session, answer)
	if err != nil {
		return k, errRefused.Because(err)
	}
	if used.Authenticator.CloneWarning {
		return k, ErrCloned
	}
	k.credential = *used
	ok, err := useKey(ctx, tx, c.OrgID, k, s.clock.Now())
	if err == nil && !ok {
		err = ErrCloned // another use with a later count came in between
	}
	return k, err
}

// session is what an answer to challenge is held against.
func session(site site, u user, challenge []byte) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: site.id, Origin: site.origin, UserID: u.handle,
		UserVerification: protocol.VerificationRequired, CredParams: algorithms(),
	}
}

// user is a contact as go-webauthn asks for one.
type user struct {
	handle []byte
	keys   []webauthn.Credential
}

// WebAuthnID is what a passkey keeps to say whose it is.
func (u user) WebAuthnID() []byte { return u.handle }

// WebAuthnName is not used: options are written here.
func (u user) WebAuthnName() string { return "" }

// WebAuthnDisplayName is not used: options are written here.
func (u user) WebAuthnDisplayName() string { return "" }

// WebAuthnCredentials are the keys.
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.keys }

// handleOf is how a passkey names its owner. It tells nothing about a person.
func handleOf(org, contactID string) []byte {
	sum := sha256.Sum256([]byte("countersign contact " + org + " " + contactID))
	return sum[:]
}

// asContact makes the contact the actor, keeping what is known of the request.
func asContact(ctx context.Context, c contact.Contact) context.Context {
	was := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{
		OrgID: c.OrgID, Kind: access.Contact, ID: c.ID, Name: c.Name, Address: was.Address, Device: was.Device, RequestID: was.RequestID,
	})
}
