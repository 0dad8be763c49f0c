package factor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Passed is what a passkey or security key has proved.
type Passed struct {
	OrgID, TechnicianID string
	PasskeyID           string
	Kind                Kind
	UserVerified        bool   // the device checked that it is its owner
	Purpose             string // that it was asked for
}

// Method is how the proof is called in a session and in the audit log.
func (p Passed) Method() string { return string(p.Kind) }

// BeginPasskey asks a browser for a passkey. Without a technician it may be anybody's, and its device has to check that it is that person.
// With one it is one of theirs: to complete a sign-in that began with a password, when security keys will do as well, or else, in a
// session, to prove oneself again. The question is bound to the session of ctx.
func (s *Service) BeginPasskey(ctx context.Context, site Site, org, technicianID string, purpose string) (Ceremony, error) {
	rp, err := relyingParty(site)
	if err != nil {
		return Ceremony{}, err
	}
	q := question{target: target{org, technicianID}, boundTo: access.ActorFrom(ctx).SessionID, purpose: purpose}
	verified := webauthn.WithUserVerification(protocol.VerificationRequired)
	if purpose == PurposeSignIn {
		q.target = target{}
		options, session, err := rp.BeginDiscoverableLogin(verified, webauthn.WithLoginOrigin(site.Origin))
		if err != nil {
			return Ceremony{}, fmt.Errorf("ask for a passkey: %w", err)
		}
		q.data.Session = *session
		return s.ask(ctx, q, options.Response)
	}
	u := user{}
	if u.handle, err = q.handle(); err != nil {
		return Ceremony{}, err
	}
	held, err := passkeysOf(ctx, s.DB.Read(), q.target)
	if err != nil {
		return Ceremony{}, err
	}
	for _, k := range held {
		if k.rpID == site.ID && (k.Kind == KindPasskey || purpose == PurposeSecondFactor) {
			u.keys = append(u.keys, k.credential)
		}
	}
	if len(u.keys) == 0 {
		return Ceremony{}, errNone
	}
	if purpose == PurposeSecondFactor {
		verified = webauthn.WithUserVerification(protocol.VerificationPreferred)
	}
	options, session, err := rp.BeginLogin(u, verified, webauthn.WithLoginOrigin(site.Origin))
	if err != nil {
		return Ceremony{}, fmt.Errorf("ask for a passkey of %s: %w", technicianID, err)
	}
	q.data.Session = *session
	return s.ask(ctx, q, options.Response)
}

// FinishPasskey checks the answer to BeginPasskey. It uses the question up, whatever the answer. For a good one, then is called in the same
// transaction; a refusal is recorded.
func (s *Service) FinishPasskey(ctx context.Context, challengeID string, credential json.RawMessage, then func(ctx context.Context, tx *store.Tx, p Passed) error) error {
	answer, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return errRefused.Because(err)
	}
	var wrong error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		wrong = nil
		q, err := spendChallenge(ctx, tx, challengeID, access.ActorFrom(ctx).SessionID, store.Now())
		if err != nil {
			return err
		}
		p, err := s.check(ctx, tx, q, answer)
		if fault.KindOf(err) != fault.Internal {
			wrong = err
			return s.refusePasskey(ctx, tx, p, err)
		}
		if err != nil {
			return err
		}
		return then(ctx, tx, p)
	})
	if err == nil {
		err = wrong
	}
	return err
}

// check settles whether an answer proves what the question asked. What it knows of who answered comes along with a refusal.
func (s *Service) check(ctx context.Context, tx *store.Tx, q question, answer *protocol.ParsedCredentialAssertionData) (Passed, error) {
	p := Passed{Purpose: q.purpose}
	who := q.target
	if q.purpose == PurposeSignIn {
		var ok bool
		if who, ok = ownerOf(answer.Response.UserHandle); !ok {
			return p, errUnknown
		}
	}
	held, err := passkeysOf(ctx, tx, who)
	if err != nil {
		return p, err
	}
	k, ok := chosen(held, answer.RawID, q)
	if !ok {
		return p, errUnknown
	}
	p.OrgID, p.TechnicianID, p.PasskeyID, p.Kind = who.orgID, who.technicianID, k.ID, k.Kind
	handle, err := who.handle()
	if err != nil {
		return p, err
	}
	used, err := q.data.asserted(user{handle: handle, keys: credentials(held, k, answer)}, answer)
	if err != nil {
		return p, err
	}
	p.UserVerified = answer.Response.AuthenticatorData.Flags.HasUserVerified()
	now := store.Now()
	switch {
	case k.Changed || k.credential.Flags.BackupEligible != used.Flags.BackupEligible:
		if err := markChanged(ctx, tx, who, k.ID, now); err != nil {
			return p, err
		}
		return p, errChanged
	case used.Authenticator.CloneWarning:
		return p, errCloned
	}
	ok, err = usePasskey(ctx, tx, who, k.ID, *used, now)
	if err == nil && !ok {
		err = errCloned // another use with a later count came in between
	}
	return p, err
}

// chosen is the key that answered, if it may answer this question.
func chosen(held []Passkey, credentialID []byte, q question) (Passkey, bool) {
	for _, k := range held {
		if bytes.Equal(k.credential.ID, credentialID) && k.rpID == q.data.Session.RelyingPartyID {
			return k, k.Kind == KindPasskey || q.purpose == PurposeSecondFactor
		}
	}
	return Passkey{}, false
}

// credentials are the keys as go-webauthn is to check them. It would refuse a changed backup-eligible flag with no more than a sentence, and
// we have to tell that from a bad signature: so it gets the flag as it is now, and check compares it with what it was.
func credentials(held []Passkey, k Passkey, answer *protocol.ParsedCredentialAssertionData) []webauthn.Credential {
	out := make([]webauthn.Credential, len(held))
	for i, h := range held {
		out[i] = h.credential
		if h.ID == k.ID {
			out[i].Flags.BackupEligible = answer.Response.AuthenticatorData.Flags.HasBackupEligible()
		}
	}
	return out
}

// asserted checks the signature and all that it covers.
func (a asked) asserted(u user, answer *protocol.ParsedCredentialAssertionData) (used *webauthn.Credential, err error) {
	rp, err := relyingParty(Site{a.Session.RelyingPartyID, a.Session.Origin})
	if err != nil {
		return nil, err
	}
	if len(a.Session.UserID) == 0 {
		used, err = rp.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return u, nil }, a.Session, answer)
	} else {
		used, err = rp.ValidateLogin(u, a.Session, answer)
	}
	if err != nil {
		if a.Session.UserVerification == protocol.VerificationRequired && !answer.Response.AuthenticatorData.Flags.HasUserVerified() {
			return nil, errUnverified.Because(err)
		}
		return nil, errRefused.Because(err)
	}
	return used, nil
}

// refusePasskey records a refusal in the organization that it concerns, if that is known.
func (s *Service) refusePasskey(ctx context.Context, tx *store.Tx, p Passed, why error) error {
	if p.OrgID == "" {
		return nil
	}
	return s.Audit.Record(nobody(ctx, p.OrgID), tx, audit.Event{
		Action: "factor.verify", Outcome: audit.Denied, Reason: fault.CodeOf(why),
		Targets: []audit.Target{{Type: "technician", ID: p.TechnicianID}},
		Detail:  map[string]any{"method": string(p.Kind), "passkey_id": p.PasskeyID, "purpose": p.Purpose},
	})
}
