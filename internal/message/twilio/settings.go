package twilio

import (
	"context"
	"regexp"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message/webapi"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// DefaultBase is where Twilio's API is.
const DefaultBase = "https://api.twilio.com"

// DefaultPerMinute is how many texts a number sends in a minute: what carriers allow a long code.
const DefaultPerMinute = 60

// Settings is an organization's account at Twilio. The secrets are only filled for requests and signatures.
type Settings struct {
	Enabled      bool // messages go out by it; what comes in is taken either way
	AccountSID   string
	APIKeySID    string // signs in instead of the account, if set
	BaseURL      string // of the API, so that a simulator can stand in
	SMSNumber    string // E.164; sends texts, and is where people answer
	VoiceNumber  string // E.164; calls
	ServiceSID   string // messaging service that sends texts instead of the number, if set
	PerMinute    int    // texts that a number may send, 1 to 6000
	TokenSet     bool
	AlternateSet bool
	SecretSet    bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64

	token, alternate, secret string
	sealed                   sealed
}

var (
	accountPattern = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keyPattern     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	servicePattern = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
)

const maxSecret = 200

// Settings returns the account of the actor's organization, without its secrets.
func (c *Carrier) Settings(ctx context.Context) (Settings, error) {
	orgID, err := c.checkSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	s, ok, err := find(ctx, c.DB.Read(), orgID)
	if err == nil && !ok {
		err = errAbsent
	}
	return s, err
}

// Set checks and keeps the account of the actor's organization. Secrets are kept only as long as they are sent to the same place for the
// same account: otherwise a kept one could be sent to a server of somebody's choice.
func (c *Carrier) Set(ctx context.Context, want Settings, secrets Secrets, matches func(version int64) error) (Settings, error) {
	orgID, err := c.checkSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	if err := c.Guard.Unlimited(ctx); err != nil {
		return Settings{}, err
	}
	err = c.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := organization.ByID(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if o.Demo {
			return errDemo
		}
		old, _, err := find(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		if want, err = want.checked(o.Region, secrets); err != nil {
			return err
		}
		if want.sealed, err = c.secretsOf(orgID, old, want, secrets); err != nil {
			return err
		}
		want = want.dated(old, store.Now())
		if err := c.refuseTaken(ctx, tx, orgID, want, want.numbers()); err != nil {
			return err
		}
		if err := put(ctx, tx, orgID, want); err != nil {
			return err
		}
		return c.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.twilio.update", Targets: []audit.Target{{Type: "organization", ID: orgID, Name: o.Name}},
			Before: old.fields(), After: want.fields(),
			Detail: map[string]any{"auth_token_changed": secrets.Token != nil, "alternate_token_changed": secrets.Alternate != nil, "api_key_secret_changed": secrets.Secret != nil},
		})
	})
	return want, err
}

// Remove forgets the account; the sandbox carries its ways again.
func (c *Carrier) Remove(ctx context.Context) error {
	orgID, err := c.checkSettings(ctx)
	if err != nil {
		return err
	}
	return c.DB.Write(ctx, func(tx *store.Tx) error {
		old, ok, err := find(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if !ok {
			return errAbsent
		}
		if err := remove(ctx, tx, orgID); err != nil {
			return err
		}
		return c.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.twilio.delete", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: old.fields(),
		})
	})
}

func (c *Carrier) checkSettings(ctx context.Context) (orgID string, err error) {
	orgID = access.ActorFrom(ctx).OrgID
	return orgID, c.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (s Settings) dated(old Settings, now time.Time) Settings {
	s.CreatedAt, s.UpdatedAt, s.Version = now, now, old.Version+1
	if old.Version > 0 {
		s.CreatedAt = old.CreatedAt
	}
	s.TokenSet, s.AlternateSet, s.SecretSet = len(s.sealed.token) > 0, len(s.sealed.alternate) > 0, len(s.sealed.secret) > 0
	return s
}

// numbers are those of the settings themselves.
func (s Settings) numbers() (n []string) {
	for _, x := range []string{s.SMSNumber, s.VoiceNumber} {
		if x != "" {
			n = append(n, x)
		}
	}
	return n
}

func (s Settings) checked(region string, secrets Secrets) (Settings, error) {
	var f input.Form
	pattern := func(pointer, value string, p *regexp.Regexp, what string) string {
		if value = strings.TrimSpace(value); value != "" && !p.MatchString(value) {
			f.Refuse(pointer, what)
		}
		return value
	}
	if s.AccountSID = pattern("/account_sid", s.AccountSID, accountPattern, "An account SID is AC and 32 hexadecimal digits."); s.AccountSID == "" {
		f.Refuse("/account_sid", "This is required.")
	}
	s.APIKeySID = pattern("/api_key_sid", s.APIKeySID, keyPattern, "The SID of an API key is SK and 32 hexadecimal digits.")
	s.ServiceSID = pattern("/messaging_service_sid", s.ServiceSID, servicePattern, "The SID of a messaging service is MG and 32 hexadecimal digits.")
	s.SMSNumber = f.Phone("/sms_number", s.SMSNumber, region)
	s.VoiceNumber = f.Phone("/voice_number", s.VoiceNumber, region)
	if s.Enabled && s.SMSNumber == "" && s.VoiceNumber == "" {
		f.Refuse("/sms_number", "Choose a number for texts or for calls, or turn Twilio off.")
	}
	if s.ServiceSID != "" && s.SMSNumber == "" {
		f.Refuse("/sms_number", "Choose the number of the messaging service that people answer to.")
	}
	if s.PerMinute == 0 {
		s.PerMinute = DefaultPerMinute
	}
	if s.PerMinute < 1 || s.PerMinute > 6000 {
		f.Refuse("/messages_per_minute", "A number sends 1 to 6000 texts a minute.")
	}
	if s.BaseURL == "" {
		s.BaseURL = DefaultBase
	}
	base, ok := webapi.Base(s.BaseURL, false)
	if !ok {
		f.Refuse("/base_url", "Enter an https address without path or query. Plain http is only for this machine and private networks.")
	}
	s.BaseURL = base
	for pointer, secret := range map[string]*string{"/auth_token": secrets.Token, "/alternate_token": secrets.Alternate, "/api_key_secret": secrets.Secret} {
		if secret != nil && (len(*secret) > maxSecret || strings.ContainsFunc(*secret, func(r rune) bool { return r <= ' ' || r > '~' })) {
			f.Refuse(pointer, "A secret is at most 200 letters, digits and signs without spaces.")
		}
	}
	return s, f.Err()
}

func (s Settings) fields() map[string]any {
	if s.Version == 0 {
		return nil
	}
	return map[string]any{
		"enabled": s.Enabled, "account_sid": s.AccountSID, "api_key_sid": s.APIKeySID, "base_url": s.BaseURL, "sms_number": s.SMSNumber,
		"voice_number": s.VoiceNumber, "messaging_service_sid": s.ServiceSID, "messages_per_minute": s.PerMinute,
		"auth_token_set": s.TokenSet, "alternate_token_set": s.AlternateSet, "api_key_secret_set": s.SecretSet,
	}
}
