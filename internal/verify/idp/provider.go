package idp

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

// Provider is where the people of a customer sign in.
type Provider struct {
	Issuer      string // exactly as its discovery document names itself
	ClientID    string
	Scopes      []string // openid is always among them
	ACRValues   []string // of which the acr of a sign-in must be one
	ACRS        string   // authentication context that a sign-in must hold (Entra)
	AMR         []string // ways of signing in that must all have been used (RFC 8176)
	PersonClaim string   // names the person: email, preferred_username, or another
	SecretSet   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64

	orgID, customerID string
	revision          string
	secret            []byte // sealed
}

// level is how much a sign-in proves: 4 if something was demanded of it, else 3.
func (p Provider) level() int {
	if len(p.ACRValues) > 0 || p.ACRS != "" || len(p.AMR) > 0 {
		return strongLevel
	}
	return plainLevel
}

func (p Provider) place() seal.Place {
	return seal.Place{Table: "verify_idp_provider", Column: "client_secret", ID: p.orgID + "/" + p.customerID}
}

// The bounds of a Provider.
const (
	maxIssuer = 300
	maxID     = 200
	maxSecret = 500
	maxWords  = 10
)

var (
	wordPattern  = regexp.MustCompile(`^[!#-\[\]-~]{1,200}$`) // RFC 6749, section 3.3
	claimPattern = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,100}$`)
	// weak are ways that prove no key, or not alone (RFC 8176).
	weak = []string{"pwd", "pin", "kba", "sms", "tel", "geo", "rba", "user", "mca"}
)

func (p Provider) checked(local bool, secret *string) (Provider, error) {
	var f input.Form
	p.Issuer, p.ClientID, p.ACRS = strings.TrimSpace(p.Issuer), strings.TrimSpace(p.ClientID), strings.TrimSpace(p.ACRS)
	if len(p.Issuer) > maxIssuer || checkURL(p.Issuer, local) != nil || strings.ContainsAny(p.Issuer, "?#") {
		f.Refuse("/issuer", "Enter the issuer's https address, without a query.")
	}
	if len(p.ClientID) > maxID || !wordPattern.MatchString(p.ClientID) {
		f.Refuse("/client_id", "Enter the client's id: at most 200 letters, digits and signs without spaces.")
	}
	if p.PersonClaim == "" {
		p.PersonClaim = "email"
	}
	if !claimPattern.MatchString(p.PersonClaim) {
		f.Refuse("/person_claim", "A claim's name has letters, digits and signs, at most 100.")
	}
	p.Scopes = words(&f, "/scopes", append([]string{"openid"}, p.Scopes...))
	p.ACRValues, p.AMR = words(&f, "/acr_values", p.ACRValues), words(&f, "/amr", p.AMR)
	if p.ACRS != "" && !wordPattern.MatchString(p.ACRS) {
		f.Refuse("/acrs", "An authentication context is a word such as c1.")
	}
	if slices.ContainsFunc(p.AMR, func(w string) bool { return slices.Contains(weak, w) }) {
		f.Refuse("/amr", "Demand a way that proves a key, such as hwk, swk, sc, fido or mfa.")
	}
	if secret != nil && (len(*secret) > maxSecret || strings.ContainsFunc(*secret, func(r rune) bool { return r < ' ' || r > '~' })) {
		f.Refuse("/client_secret", "A secret is at most 500 letters, digits and signs.")
	}
	return p, f.Err()
}

// words checks a list, and drops what is empty or said twice.
func words(f *input.Form, pointer string, list []string) []string {
	out := []string{}
	for _, w := range list {
		if w = strings.TrimSpace(w); w == "" || slices.Contains(out, w) {
			continue
		}
		if out = append(out, w); !wordPattern.MatchString(w) || len(out) > maxWords {
			f.Refuse(pointer, "Enter at most 10 words, without spaces and quotes.")
			break
		}
	}
	return out
}

func (s *Service) check(ctx context.Context, customerID string) (orgID string, err error) {
	return access.ActorFrom(ctx).OrgID, s.Guard.Check(ctx, perm.AdminSettings, customer.Object(customerID))
}

// Provider returns a customer's, without its secret.
func (s *Service) Provider(ctx context.Context, customerID string) (Provider, error) {
	orgID, err := s.check(ctx, customerID)
	if err != nil {
		return Provider{}, err
	}
	p, ok, err := findProvider(ctx, s.DB.Read(), orgID, customerID)
	if err == nil && !ok {
		err = errAbsent
	}
	return p, err
}

// Set checks and keeps a customer's provider. A nil secret keeps the old one, as long as it goes to the same place for the same client; an
// empty one removes it, for a public client. Sign-ins that are under way end.
func (s *Service) Set(ctx context.Context, customerID string, want Provider, secret *string, matches func(version int64) error) (Provider, error) {
	orgID, err := s.check(ctx, customerID)
	if err != nil {
		return Provider{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := customer.ByID(ctx, tx, orgID, customerID)
		if err != nil {
			return err
		}
		old, _, err := findProvider(ctx, tx, orgID, customerID)
		if err != nil {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		if want, err = want.checked(s.Local, secret); err != nil {
			return err
		}
		now := store.Now()
		want.orgID, want.customerID, want.revision = orgID, customerID, id.New()
		want.CreatedAt, want.UpdatedAt, want.Version = now, now, old.Version+1
		if old.Version > 0 {
			want.CreatedAt = old.CreatedAt
		}
		if want.secret, err = s.secretOf(old, want, secret); err != nil {
			return err
		}
		want.SecretSet = len(want.secret) > 0
		if err := putProvider(ctx, tx, want); err != nil {
			return err
		}
		detail := map[string]any{"client_secret_changed": secret != nil}
		return s.record(ctx, tx, "customer.identity_provider.update", c, old.record(), want.record(), detail)
	})
	return want, err
}

func (s *Service) secretOf(old, want Provider, given *string) ([]byte, error) {
	switch {
	case given != nil && *given == "":
		return nil, nil
	case given != nil:
		return s.Keys.Seal(want.place(), []byte(*given))
	case len(old.secret) > 0 && (old.Issuer != want.Issuer || old.ClientID != want.ClientID):
		return nil, errSecret
	}
	return old.secret, nil
}

// Remove forgets a customer's provider. The accounts that its contacts signed in with stay known, should it come back.
func (s *Service) Remove(ctx context.Context, customerID string, matches func(version int64) error) error {
	orgID, err := s.check(ctx, customerID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, err := customer.ByID(ctx, tx, orgID, customerID)
		if err != nil {
			return err
		}
		old, ok, err := findProvider(ctx, tx, orgID, customerID)
		if err != nil {
			return err
		}
		if !ok {
			return errAbsent
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		if err := dropProvider(ctx, tx, orgID, customerID); err != nil {
			return err
		}
		return s.record(ctx, tx, "customer.identity_provider.delete", c, old.record(), nil, nil)
	})
}

func (s *Service) record(ctx context.Context, tx *store.Tx, action string, c customer.Customer, before, after, detail map[string]any) error {
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: c.ID, Targets: []audit.Target{{Type: "customer", ID: c.ID, Name: c.Name}}, Before: before, After: after, Detail: detail,
	})
}

func (p Provider) record() map[string]any {
	if p.Version == 0 {
		return nil
	}
	return map[string]any{
		"issuer": p.Issuer, "client_id": p.ClientID, "client_secret_set": p.SecretSet, "scopes": p.Scopes, "acr_values": p.ACRValues, "acrs": p.ACRS,
		"amr": p.AMR, "person_claim": p.PersonClaim,
	}
}

// Forget lets go of the account that a contact signed in with, so that the next sign-in is the first again.
func (s *Service) Forget(ctx context.Context, contactID string) error {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, contactID)
	if err != nil {
		return err
	}
	if err := s.Guard.Check(ctx, perm.AdminSettings, c.Object()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := dropSubjects(ctx, tx, c.OrgID, c.ID); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "contact.identity_account.delete", CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
		})
	})
}

func levelName(p Provider) string { return verify.LevelName(p.level()) }
