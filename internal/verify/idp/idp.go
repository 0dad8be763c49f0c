// Package idp verifies a caller who signs in, anew and strongly, at their own company by OpenID Connect. What the company's provider asserts
// is bound to one verification, one browser and one account.
package idp

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/clock"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

//go:embed idp.html
var files embed.FS

const (
	spokenDigits = 2
	strongLevel  = 4 // what was demanded of the provider was asserted
	plainLevel   = 3 // they signed in anew, nobody said how
	maxBegun     = 5 // sign-ins that one verification may begin
)

// Deps is what a Service works with.
type Deps struct {
	DB            *store.DB
	Guard         *access.Guard
	Keys          *seal.Keyring
	Audit         *audit.Log
	Verifications *verify.Service
	Log           *slog.Logger
	BaseURL       string // of the address that providers send people back to, without a slash at its end
	Local         bool   // providers on this machine are allowed, for tests
}

// Service is the method, and keeps the identity providers of customers.
type Service struct {
	Deps
	clock    clock.Clock
	client   *http.Client
	template publicpage.Template
}

// New returns the method.
func New(d Deps) *Service {
	return &Service{d, clock.New(), newClient(d.Local), publicpage.Parse(files, "idp.html", d.Log)}
}

// IsLocal says whether the address of a server leads to this machine alone.
func IsLocal(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && isLoopback(u.Hostname())
}

// Describe returns what the method says of itself.
func (s *Service) Describe() verify.Description {
	return verify.Description{
		Name: verify.IDPStepUp, Level: strongLevel, Form: verify.FormPage, Way: message.Email, Spoken: spokenDigits, Needs: []string{"carrier", "identity_provider"},
	}
}

// Plan makes the link and the number that opens it.
func (s *Service) Plan(verify.Question) (verify.Plan, error) {
	spoken := id.Digits(spokenDigits)
	return verify.Plan{Digits: spoken, Token: id.Secret(), Spoken: spoken, Text: wording.EmailStepUp}, nil
}

// Ready refuses contacts whose customer has no identity provider.
func (s *Service) Ready(ctx context.Context, q store.Querier, c contact.Contact) error {
	_, err := providerOf(ctx, q, c)
	return err
}

// DescribeFor says level 4 only where something is demanded of the sign-in: then nothing less is accepted.
func (s *Service) DescribeFor(ctx context.Context, q store.Querier, c contact.Contact) (verify.Description, error) {
	d := s.Describe()
	p, ok, err := findProvider(ctx, q, c.OrgID, c.CustomerID)
	if ok {
		d.Level = p.level()
	}
	return d, err
}

func providerOf(ctx context.Context, q store.Querier, c contact.Contact) (Provider, error) {
	p, ok, err := findProvider(ctx, q, c.OrgID, c.CustomerID)
	if err == nil && !ok {
		err = errNoProvider
	}
	return p, err
}

// Started notes which provider, as it is now, the verification was started for.
func (s *Service) Started(ctx context.Context, tx *store.Tx, q verify.Question, _ verify.Plan) error {
	p, err := providerOf(ctx, tx, q.Contact)
	if err != nil {
		return err
	}
	v := q.Verification
	if p.level() < v.Level {
		return errChanged
	}
	if err := dropSignins(ctx, tx, v.OrgID, s.clock.Now()); err != nil {
		return err
	}
	return insertSignin(ctx, tx, v.OrgID, v.ID, p.revision, v.ExpiresAt)
}

// LetGo forgets the accounts of a contact who is deleted, or merged into another.
func (s *Service) LetGo(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	return dropSubjects(ctx, tx, c.OrgID, c.ID)
}

func (s *Service) callback() string { return s.BaseURL + callbackPath }

const callbackPath = "/v/idp/callback"

func (s *Service) secure() bool { return strings.HasPrefix(s.BaseURL, "https:") }

var (
	_ verify.Pager       = (*Service)(nil)
	_ verify.Conditional = (*Service)(nil)
	_ verify.Varying     = (*Service)(nil)
	_ verify.Starter     = (*Service)(nil)
)
