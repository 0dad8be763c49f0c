// Package gateway carries texts and calls through any provider that speaks a small HTTP interface, described in docs/gateway.md, and takes in
// what people answer.
package gateway

import (
	"context"
	"log/slog"
	"net/http"
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
	Name      = "gateway"
	VoiceName = "gateway_voice"
)

// DefaultSettle is how long after a lost request the gateway may still be working on it.
const DefaultSettle = 5 * time.Second

// hookPath is where a gateway calls back.
const hookPath = "/webhooks/gateway"

// Deps is what a Carrier works with.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Messages *message.Service
	Log      *slog.Logger
	BaseURL  string            // the server's external address, without a slash at its end: what the gateway calls and signs
	Client   http.RoundTripper // nil means a transport of its own
	Settle   time.Duration     // after which a request that left no trace is believed to be lost; negative means at once, 0 DefaultSettle
}

// Carrier is the connection of every organization to its gateway.
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

// Senders are what message.Service.Use wants: one for texts and one for calls.
func (c *Carrier) Senders() []message.Sender {
	return []message.Sender{sender{c, Name, message.SMS}, sender{c, VoiceName, message.Voice}}
}

// callbacks is where the gateway calls back.
func (c *Carrier) callbacks() string { return c.BaseURL + hookPath }

// callable says whether the gateway can reach us: a loopback address only makes sense to one on the same machine.
func (c *Carrier) callable(s Settings) bool {
	return c.BaseURL != "" && (!webapi.IsLoopback(c.BaseURL) || webapi.IsLoopback(s.BaseURL))
}

// Run forgets old callbacks until ctx ends.
func (c *Carrier) Run(ctx context.Context) error {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		err := c.DB.Write(ctx, func(tx *store.Tx) error { return dropEvents(ctx, tx, store.Now().Add(-eventsKept)) })
		if err != nil && ctx.Err() == nil {
			c.Log.Error("cannot forget old callbacks", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

const (
	tidyEvery  = time.Hour
	eventsKept = 7 * 24 * time.Hour // R15
)
