// Package twilio carries texts and calls through an organization's own account at Twilio, and takes in what people answer.
package twilio

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/webapi"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Names of the two senders in attempts.
const (
	Name      = "twilio"
	VoiceName = "twilio_voice"
)

// DefaultSettle is how long after a lost request Twilio may still be working on it.
const DefaultSettle = 5 * time.Second

// Deps is what a Carrier works with.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Messages *message.Service
	Log      *slog.Logger
	BaseURL  string            // the server's external address, without a slash at its end: what Twilio calls and signs
	Client   http.RoundTripper // nil means a transport of its own
	Settle   time.Duration     // after which a request that left no trace is believed to be lost; negative means at once, 0 DefaultSettle
}

// Carrier is the connection to Twilio of every organization.
type Carrier struct {
	Deps
	client *http.Client
	pace   webapi.Pace // by organization and number
}

// New returns a Carrier.
func New(d Deps) *Carrier {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Settle == 0 {
		d.Settle = DefaultSettle
	}
	return &Carrier{Deps: d, client: webapi.Client(d.Client)}
}

// Senders are what message.Service.Use wants: one for texts and one for calls, since an account may have a number for only one of them.
func (c *Carrier) Senders() []message.Sender { return []message.Sender{c.SMS(), c.Voice()} }

// hook is the address of a webhook. Values of the query mark what the callback is about; they are no secrets.
func (c *Carrier) hook(name string, query url.Values) string {
	address := c.BaseURL + "/webhooks/twilio/" + name
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// callable says whether Twilio can reach our webhooks: a loopback address only makes sense to a simulator on the same machine.
func (c *Carrier) callable(s Settings) bool {
	return c.BaseURL != "" && (!webapi.IsLoopback(c.BaseURL) || webapi.IsLoopback(s.BaseURL))
}

// price of a message in millionths of a dollar: an upper estimate, since the account's own prices are not public.
func price(way message.Way, to string) int64 {
	north := strings.HasPrefix(to, "+1")
	switch {
	case way == message.SMS && north:
		return 12_000
	case way == message.SMS:
		return 80_000
	case north:
		return 30_000
	}
	return 150_000
}

// Number is the organization's number for a way, to which people answer.
func (c *Carrier) number(ctx context.Context, q store.Querier, orgID string, way message.Way) (string, error) {
	s, ok, err := find(ctx, q, orgID)
	if err != nil || !ok || !s.Enabled {
		return "", err
	}
	if way == message.Voice {
		return s.VoiceNumber, nil
	}
	return s.SMSNumber, nil
}
