// Package passkey verifies a caller by a passkey of their own: they open a link, type the number that the technician says, and let their
// device sign what the page shows (VER-2, R9, M28).
package passkey

import (
	"context"
	"embed"
	"log/slog"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/contactkey"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

//go:embed passkey.html
var files embed.FS

const spokenDigits = 2

var errNone = fault.New(fault.Conflict, "verify.no_passkey", "The contact has no passkey yet. Verify them another way, then send them a link to set one up.")

type method struct {
	verifications *verify.Service
	keys          *contactkey.Service
	template      publicpage.Template
}

// New returns the method.
func New(s *verify.Service, keys *contactkey.Service, log *slog.Logger) verify.Method {
	return &method{s, keys, publicpage.Parse(files, "passkey.html", log)}
}

// Describe returns what the method says of itself.
func (m *method) Describe() verify.Description {
	return verify.Description{
		Name: verify.Passkey, Level: 4, Form: verify.FormPage, Way: message.SMS, Spoken: spokenDigits, Needs: []string{"carrier", "passkey"},
	}
}

// Plan makes the link and the number that opens it.
func (m *method) Plan(verify.Question) (verify.Plan, error) {
	spoken := id.Digits(spokenDigits)
	return verify.Plan{Digits: spoken, Token: id.Secret(), Spoken: spoken, Text: wording.PasskeyLink}, nil
}

// Ready asks for a passkey that works here.
func (m *method) Ready(ctx context.Context, q store.Querier, c contact.Contact) error {
	if ok, err := m.keys.Has(ctx, q, c.OrgID, c.ID); err != nil || ok {
		return err
	}
	return errNone
}

// Addresses are mobile numbers and email addresses: what the link opens is worth nothing without the passkey.
func (m *method) Addresses(_ context.Context, _ store.Querier, c contact.Contact) ([]string, error) {
	return contactkey.Addresses(c), nil
}

// WayTo is how the link gets to an address.
func (m *method) WayTo(address string) message.Way { return contactkey.WayTo(address) }

var (
	_ verify.Pager       = (*method)(nil)
	_ verify.Conditional = (*method)(nil)
	_ verify.Addresser   = (*method)(nil)
	_ verify.Router      = (*method)(nil)
)
