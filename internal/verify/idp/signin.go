package idp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

// secrets are what a sign-in needs when people come back.
type secrets struct {
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // of the code (RFC 7636)
	Token    string `json:"token"`    // of the link
}

func secretsPlace(org, id string) seal.Place {
	return seal.Place{Table: "verify_idp_signin", Column: "secrets", ID: org + "/" + id}
}

var errMany = errors.New("too many sign-ins were begun")

// own says whether a browser is the one that answered.
func (x signin) own(browser string) bool {
	return browser != "" && len(x.browserHash) > 0 && subtle.ConstantTimeCompare(x.browserHash, id.Hash(browser)) == 1
}

// begin makes the address at which the contact of l signs in, and its host.
func (s *Service) begin(ctx context.Context, l verify.Link) (address, host string, err error) {
	v := l.Verification
	p, err := s.providerAtStart(ctx, v)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	r, err := s.discover(ctx, p)
	if err != nil {
		return "", "", err
	}
	state, kept := id.Secret(), secrets{Nonce: newNonce(l), Verifier: oauth2.GenerateVerifier(), Token: l.Token}
	plain, err := json.Marshal(kept)
	if err != nil {
		return "", "", err
	}
	sealed, err := s.Keys.Seal(secretsPlace(v.OrgID, v.ID), plain)
	if err != nil {
		return "", "", err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ok, err := beginSignin(ctx, tx, v.OrgID, v.ID, id.Hash(state), sealed)
		if err == nil && !ok {
			err = errMany
		}
		return err
	})
	return r.oauth.AuthCodeURL(state, p.asks(v, kept)...), r.signHost, err
}

// asks are the parameters that make a sign-in new, strong and ours.
func (p Provider) asks(v verify.Verification, kept secrets) []oauth2.AuthCodeOption {
	set := oauth2.SetAuthURLParam
	out := []oauth2.AuthCodeOption{
		oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier), set("max_age", "0"), set("prompt", "login"), set("login_hint", v.Address),
	}
	if len(p.ACRValues) > 0 {
		out = append(out, set("acr_values", strings.Join(p.ACRValues, " ")))
	}
	if p.ACRS != "" {
		demand := map[string]any{"id_token": map[string]any{"acrs": map[string]any{"essential": true, "value": p.ACRS}}}
		if b, err := json.Marshal(demand); err == nil {
			out = append(out, set("claims", string(b)))
		}
	}
	return out
}

// providerAtStart is the provider that v was started for; a change of it ends every sign-in.
func (s *Service) providerAtStart(ctx context.Context, v verify.Verification) (Provider, error) {
	x, ok, err := findSignin(ctx, s.DB.Read(), v.OrgID, v.ID)
	if err != nil || !ok {
		return Provider{}, errors.Join(err, errAbsent)
	}
	p, ok, err := findProvider(ctx, s.DB.Read(), v.OrgID, v.CustomerID)
	if err != nil {
		return p, err
	}
	if !ok || p.revision != x.revision || p.level() < v.Level {
		return p, errChanged
	}
	return p, nil
}

// returned is somebody who came back from a provider.
type returned struct {
	signin
	secrets
	link  verify.Link
	state string
}

// find looks up who came back with a state, and changes nothing (R8).
func (s *Service) find(ctx context.Context, state string) (b returned, err error) {
	x, ok, err := signinByState(ctx, s.DB.Read(), id.Hash(state), s.clock.Now())
	if err != nil {
		return b, err
	}
	if !ok || state == "" {
		return b, errUnfound
	}
	plain, err := s.Keys.Unseal(secretsPlace(x.orgID, x.id), x.secrets)
	if err != nil {
		return b, err
	}
	b.signin, b.state = x, state
	if err := json.Unmarshal(plain, &b.secrets); err != nil {
		return b, err
	}
	b.link, err = s.Verifications.OpenLink(ctx, b.Token)
	if err == nil && b.link.Verification.ID != x.id {
		err = errUnfound
	}
	return b, err
}

// finish spends the state, exchanges the code and settles. A refusal leaves the verification pending, unless it is the wrong person.
func (s *Service) finish(ctx context.Context, b returned, code, issuer string) (verify.State, error) {
	v := b.link.Verification
	ctx, err := s.Verifications.AsContact(ctx, v)
	if err != nil {
		return v.State, err
	}
	spent := false
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		spent, err = spendSignin(ctx, tx, b.signin, id.Hash(b.state))
		return err
	})
	if err != nil {
		return v.State, err
	}
	if !spent {
		return v.State, errUnfound
	}
	p, a, err := s.assertion(ctx, b, code, issuer)
	if err == nil {
		err = p.check(a, b.link, b.Nonce, s.clock.Now())
	}
	if err != nil {
		return v.State, s.refuse(ctx, v, err)
	}
	return s.settle(ctx, v, p, a)
}

func (s *Service) assertion(ctx context.Context, b returned, code, issuer string) (p Provider, a assertion, err error) {
	if p, err = s.providerAtStart(ctx, b.link.Verification); err != nil {
		return p, a, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	r, err := s.discover(ctx, p)
	if err != nil {
		return p, a, err
	}
	if issuer != p.Issuer && (issuer != "" || r.namesSelf) { // somebody else's answer (RFC 9207)
		return p, a, badParty
	}
	a, err = s.exchange(ctx, r, code, b.Verifier)
	return p, a, err
}

// refuse notes a sign-in that cannot be believed.
func (s *Service) refuse(ctx context.Context, v verify.Verification, why error) error {
	var r refusal
	if !errors.As(why, &r) {
		return why
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.note(ctx, tx, v, audit.Denied, string(r), nil) })
	return errors.Join(r, err)
}

func (s *Service) note(ctx context.Context, tx *store.Tx, v verify.Verification, outcome audit.Outcome, reason string, detail map[string]any) error {
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: "verification.sign_in", Outcome: outcome, Reason: reason, CustomerID: v.CustomerID, TicketID: v.TicketID, Detail: detail,
		Targets: []audit.Target{{Type: "verification", ID: v.ID}, {Type: "contact", ID: v.ContactID, Name: v.ContactName}},
	})
}

// settle ends a verification with a sign-in that is for it: verified if the account is the contact's, else failed, with an alert.
func (s *Service) settle(ctx context.Context, v verify.Verification, p Provider, a assertion) (state verify.State, err error) {
	acr, _ := a.claims["acr"].(string)
	detail := map[string]any{"issuer": p.Issuer, "acr": clip(acr), "acrs": p.ACRS, "amr": p.AMR}
	var wrong error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		wrong = nil
		c, err := contact.ByID(ctx, tx, v.OrgID, v.ContactID)
		if err != nil {
			return err
		}
		outcome, reason, to := audit.Success, "", verify.Verified
		if err := p.isContact(ctx, tx, a, c); err != nil {
			var r refusal
			if !errors.As(err, &r) {
				return err
			}
			wrong, outcome, reason, to = r, audit.Denied, string(r), verify.Failed
		}
		if state, err = s.Verifications.Settle(ctx, tx, v, to); err != nil || state != to {
			return err
		}
		if to == verify.Verified {
			err = insertSubject(ctx, tx, c.ID, a.subject, p, s.clock.Now())
		} else {
			err = s.Verifications.Alert(ctx, tx, "wrong_account", v.CustomerID, v.ContactID, v.ContactName)
		}
		return errors.Join(err, s.note(ctx, tx, v, outcome, reason, detail))
	})
	return state, errors.Join(err, wrong)
}

// clip bounds what a provider said before it is recorded.
func clip(s string) string {
	if len(s) > maxID {
		return strings.ToValidUTF8(s[:maxID], "")
	}
	return s
}
