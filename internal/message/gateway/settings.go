package gateway

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message/webapi"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// DefaultPerMinute is how many texts a number sends in a minute: what carriers allow a long code.
const DefaultPerMinute = 60

// What a secret may be: 32 characters of hexadecimal are 128 bits.
const (
	minSecret = 32
	maxSecret = 200
)

// Settings is an organization's gateway. The secrets are only filled for requests and signatures.
type Settings struct {
	Enabled      bool   // messages go out by it; what comes in is taken either way
	Account      string // names the organization in callbacks; it is no secret
	BaseURL      string
	SMSNumber    string // E.164; sends texts, and is where people answer
	VoiceNumber  string // E.164; calls
	PerMinute    int    // texts that the number may send, 1 to 6000
	AlternateSet bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64

	secret, alternate             string
	sealedSecret, sealedAlternate []byte
}

// Secrets of a change; a nil one keeps the old, an empty alternate removes it.
type Secrets struct{ Secret, Alternate *string }

// Settings returns the gateway of the actor's organization, without its secrets.
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

// Set checks and keeps the gateway of the actor's organization. Secrets are kept only as long as they are used for the same address.
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
		if want, err = c.seal(orgID, old, want, secrets); err != nil {
			return err
		}
		now := store.Now()
		want.Account, want.CreatedAt, want.UpdatedAt, want.Version = old.Account, old.CreatedAt, now, old.Version+1
		if old.Version == 0 {
			want.Account, want.CreatedAt = id.New(), now
		}
		if err := put(ctx, tx, orgID, want); err != nil {
			return err
		}
		return c.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.gateway.update", Targets: []audit.Target{{Type: "organization", ID: orgID, Name: o.Name}},
			Before: old.fields(), After: want.fields(),
			Detail: map[string]any{"secret_changed": secrets.Secret != nil, "alternate_secret_changed": secrets.Alternate != nil},
		})
	})
	return want, err
}

// Remove forgets the gateway.
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
			Action: "settings.gateway.delete", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: old.fields(),
		})
	})
}

func (c *Carrier) checkSettings(ctx context.Context) (orgID string, err error) {
	orgID = access.ActorFrom(ctx).OrgID
	return orgID, c.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (s Settings) checked(region string, secrets Secrets) (Settings, error) {
	var f input.Form
	base, ok := webapi.Base(s.BaseURL, true)
	if !ok {
		f.Refuse("/base_url", "Enter an https address without query. Plain http is only for this machine and private networks.")
	}
	s.BaseURL = base
	s.SMSNumber = f.Phone("/sms_number", s.SMSNumber, region)
	s.VoiceNumber = f.Phone("/voice_number", s.VoiceNumber, region)
	if s.Enabled && s.SMSNumber == "" && s.VoiceNumber == "" {
		f.Refuse("/sms_number", "Choose a number for texts or for calls, or turn the gateway off.")
	}
	if s.PerMinute == 0 {
		s.PerMinute = DefaultPerMinute
	}
	if s.PerMinute < 1 || s.PerMinute > 6000 {
		f.Refuse("/messages_per_minute", "A number sends 1 to 6000 texts a minute.")
	}
	refuseBad := func(pointer, secret string) {
		if len(secret) < minSecret || len(secret) > maxSecret || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
			f.Refuse(pointer, "A secret is 32 to 200 letters, digits and signs without spaces.")
		}
	}
	if secrets.Secret != nil {
		refuseBad("/secret", *secrets.Secret)
	}
	if secrets.Alternate != nil && *secrets.Alternate != "" {
		refuseBad("/alternate_secret", *secrets.Alternate)
	}
	return s, f.Err()
}

// seal keeps old secrets where that is safe, and seals new ones.
func (c *Carrier) seal(orgID string, old, want Settings, given Secrets) (Settings, error) {
	moved := old.Version == 0 || old.BaseURL != want.BaseURL
	if moved && given.Secret == nil {
		return want, errSecretAgain
	}
	if !moved {
		want.sealedSecret, want.sealedAlternate = old.sealedSecret, old.sealedAlternate
	}
	for _, x := range []struct {
		column string
		given  *string
		into   *[]byte
	}{{"secret", given.Secret, &want.sealedSecret}, {"alternate", given.Alternate, &want.sealedAlternate}} {
		switch {
		case x.given == nil:
		case *x.given == "":
			*x.into = nil
		default:
			sealed, err := c.Keys.Seal(place(orgID, x.column), []byte(*x.given))
			if err != nil {
				return want, err
			}
			*x.into = sealed
		}
	}
	want.AlternateSet = len(want.sealedAlternate) > 0
	return want, nil
}

// open fills the secrets in.
func (c *Carrier) open(orgID string, s Settings) (Settings, error) {
	for _, x := range []struct {
		column string
		from   []byte
		into   *string
	}{{"secret", s.sealedSecret, &s.secret}, {"alternate", s.sealedAlternate, &s.alternate}} {
		if len(x.from) == 0 {
			continue
		}
		plain, err := c.Keys.Unseal(place(orgID, x.column), x.from)
		if err != nil {
			return s, err
		}
		*x.into = string(plain)
	}
	return s, nil
}

func place(orgID, column string) seal.Place {
	return seal.Place{Table: "message_gateway", Column: column, ID: orgID}
}

func (s Settings) fields() map[string]any {
	if s.Version == 0 {
		return nil
	}
	return map[string]any{
		"enabled": s.Enabled, "base_url": s.BaseURL, "sms_number": s.SMSNumber, "voice_number": s.VoiceNumber,
		"messages_per_minute": s.PerMinute, "alternate_secret_set": s.AlternateSet,
	}
}
