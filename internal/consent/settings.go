package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Settings is what an organization may choose about consent (MSG-12).
type Settings struct {
	OnlyOptedIn   bool   `json:"only_opted_in"`  // texts and calls to contacts need their consent; answers to their own words never do
	ReaskDays     int    `json:"reask_days"`     // nobody is asked again within these days, 1 to 365
	CorrectNumber bool   `json:"correct_number"` // the form takes another mobile number than the one we have
	PolicyURL     string `json:"policy_url"`     // of the organization's privacy policy; "" shows none
	LinkDays      int    `json:"link_days"`      // how long a form can be answered, 1 to 30
	Logo          bool   `json:"logo"`           // the form shows the organization's logo
}

func defaults() Settings { return Settings{ReaskDays: 30, LinkDays: 7, Logo: true} }

const maxURL = 500

func (s Settings) validate() error {
	var wrong []fault.FieldError
	if s.ReaskDays < 1 || s.ReaskDays > 365 {
		wrong = append(wrong, fault.FieldError{Pointer: "/reask_days", Message: "Choose 1 to 365 days."})
	}
	if s.LinkDays < 1 || s.LinkDays > 30 {
		wrong = append(wrong, fault.FieldError{Pointer: "/link_days", Message: "A form can be answered for 1 to 30 days."})
	}
	if u, err := url.Parse(s.PolicyURL); s.PolicyURL != "" && (err != nil || len(s.PolicyURL) > maxURL || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		wrong = append(wrong, fault.FieldError{Pointer: "/policy_url", Message: "Write a full address that begins with https://."})
	}
	return fault.Fields(wrong...)
}

// SettingsOf returns the settings of an organization.
func SettingsOf(ctx context.Context, q store.Querier, orgID string) (Settings, error) {
	set, _, err := settingsOf(ctx, q, orgID)
	return set, err
}

// SaveSettings replaces the settings of the actor's organization if they still have the version that the caller saw.
func (s *Service) SaveSettings(ctx context.Context, next Settings, version int64) error {
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}); err != nil {
		return err
	}
	if err := next.validate(); err != nil {
		return err
	}
	org := access.ActorFrom(ctx).OrgID
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		before, _, err := settingsOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if err := putSettings(ctx, tx, org, next, version); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.consent", Targets: []audit.Target{{Type: "organization", ID: org}}, Before: before.record(), After: next.record(),
		})
	})
	if err != nil {
		return fmt.Errorf("save consent settings: %w", err)
	}
	return nil
}

func (s Settings) record() map[string]any {
	return map[string]any{
		"only_opted_in": s.OnlyOptedIn, "reask_days": s.ReaskDays, "correct_number": s.CorrectNumber, "policy_url": s.PolicyURL,
		"link_days": s.LinkDays, "logo": s.Logo,
	}
}

// Text is what a person was shown before they agreed.
type Text struct {
	Version  string // follows from the words: other words are another version
	Language string
	Body     string
}

// NewText names a text.
func NewText(language, body string) Text {
	sum := sha256.Sum256([]byte(language + "\n" + body))
	return Text{hex.EncodeToString(sum[:6]), language, body}
}

// KeepText keeps a text for as long as somebody may ask what people agreed to.
func KeepText(ctx context.Context, tx *store.Tx, t Text) error {
	return putText(ctx, tx, access.ActorFrom(ctx).OrgID, t)
}
