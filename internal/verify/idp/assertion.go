package idp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// skew is by how much the clocks of a provider may differ from ours.
const skew = 30 * time.Second

// refusal is why a sign-in is not accepted, as a stable word for the record.
type refusal string

func (r refusal) Error() string { return "refused: " + string(r) }

// The refusals.
const (
	badToken  refusal = "token"  // no code, no id token, or one that is not signed, not for us, or expired
	badNonce  refusal = "nonce"  // of another sign-in or another transaction
	badParty  refusal = "party"  // made for somebody else
	badTime   refusal = "stale"  // not signed in since the verification began
	badDemand refusal = "demand" // not as strong as demanded
	badPerson refusal = "person" // somebody else, or nobody that we can tell
)

// signingAlgs are signatures that need the provider's private key: neither none, nor those under a shared secret.
func signingAlgs() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// transactionHash stands for what the contact is asked to confirm, so that a sign-in for anything else is refused.
func transactionHash(l verify.Link) string {
	v := l.Verification
	sum := sha256.Sum256([]byte(strings.Join([]string{
		"countersign step-up 1", v.OrgID, v.ID, v.ContactID, strconv.Quote(l.Organization), strconv.Quote(wording.FirstName(v.TechnicianName)),
		v.TicketID, strconv.FormatInt(v.TicketNumber, 10), strconv.Quote(v.Action), string(v.CallDirection),
	}, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newNonce(l verify.Link) string { return id.Secret() + "." + transactionHash(l) }

// checkNonce compares what came back with what was sent, and with the transaction as it is now.
func checkNonce(got, sent string, l verify.Link) error {
	_, hash, _ := strings.Cut(sent, ".")
	same := subtle.ConstantTimeCompare([]byte(got), []byte(sent)) & subtle.ConstantTimeCompare([]byte(hash), []byte(transactionHash(l)))
	if sent == "" || same != 1 {
		return badNonce
	}
	return nil
}

// assertion is what a provider says about a sign-in.
type assertion struct {
	subject  string
	audience []string
	nonce    string
	issuedAt time.Time
	claims   map[string]any
}

// exchange gets the assertion for a code. Its error is a refusal if the provider answered, but not with what we can believe.
func (s *Service) exchange(ctx context.Context, r remote, code, verifier string) (a assertion, err error) {
	token, err := r.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return a, err
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" || len(raw) > maxToken {
		return a, badToken
	}
	got, err := r.provider.VerifierContext(ctx, &oidc.Config{
		ClientID: r.oauth.ClientID, SupportedSigningAlgs: signingAlgs(), Now: s.clock.Now,
	}).Verify(ctx, raw)
	if err != nil {
		return a, badToken
	}
	a = assertion{subject: got.Subject, audience: got.Audience, nonce: got.Nonce, issuedAt: got.IssuedAt}
	if got.Claims(&a.claims) != nil {
		return a, badToken
	}
	return a, nil
}

// check says whether an assertion is for this transaction, new, and as strong as demanded. Whose it is, is another question.
func (p Provider) check(a assertion, l verify.Link, nonce string, now time.Time) error {
	if err := checkNonce(a.nonce, nonce, l); err != nil {
		return err
	}
	if party, named := a.claims["azp"]; named && party != p.ClientID || !named && len(a.audience) > 1 {
		return badParty
	}
	from, to := l.Verification.CreatedAt.Add(-skew), now.Add(skew)
	at, ok := a.claims["auth_time"].(float64)
	if !ok || at < 0 || at > 1<<40 {
		return badTime
	}
	for _, t := range []time.Time{time.Unix(int64(at), 0), a.issuedAt} {
		if t.Before(from) || t.After(to) {
			return badTime
		}
	}
	return p.demand(a)
}

func (p Provider) demand(a assertion) error {
	acr, _ := a.claims["acr"].(string)
	ways := texts(a.claims["amr"])
	switch {
	case len(p.ACRValues) > 0 && !slices.Contains(p.ACRValues, acr),
		p.ACRS != "" && !slices.Contains(texts(a.claims["acrs"]), p.ACRS),
		slices.ContainsFunc(p.AMR, func(way string) bool { return !slices.Contains(ways, way) }):
		return badDemand
	}
	return nil
}

// texts reads a claim that is a text or a list of texts.
func texts(claim any) (out []string) {
	switch x := claim.(type) {
	case string:
		return []string{x}
	case []any:
		for _, e := range x {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// isContact says whether the account is the contact's. The first success remembers the account; from then on nothing but that account is the
// contact, since people can often change their own address or name at a provider.
func (p Provider) isContact(ctx context.Context, q store.Querier, a assertion, c contact.Contact) error {
	if a.subject == "" || len(a.subject) > 255 { // OpenID Connect Core, section 2
		return badPerson
	}
	owner, err := ownerOf(ctx, q, a.subject, p)
	if err != nil {
		return err
	}
	if owner != "" {
		if owner != c.ID {
			return badPerson
		}
		return nil
	}
	known, err := subjectOf(ctx, q, c.ID, p)
	if err != nil {
		return err
	}
	if known != "" || !p.names(a, c) {
		return badPerson
	}
	return nil
}

// names says whether the claim that names the person holds one of the contact's addresses.
func (p Provider) names(a assertion, c contact.Contact) bool {
	if p.PersonClaim == "email" && a.claims["email_verified"] != true {
		return false
	}
	for _, named := range texts(a.claims[p.PersonClaim]) {
		if slices.ContainsFunc(c.Emails, func(e string) bool { return input.FoldEmail(e) == input.FoldEmail(named) }) {
			return true
		}
	}
	return false
}
