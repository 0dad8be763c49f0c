// Package message sends short messages to people and takes in what they answer. It never loses a message and never silently sends one
// twice: what nobody can know to have arrived is looked up, or sent once more and marked as a possible repeat.
package message

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Way is how a message travels.
type Way string

// The ways.
const (
	SMS   Way = "sms"
	Voice Way = "voice"
	Email Way = "email"
)

// Purpose says what a message is for.
type Purpose string

// The purposes.
const (
	Verification Purpose = "verification" // a code, a link, and what belongs to them
	Notice       Purpose = "notice"       // tells a contact something
	Answer       Purpose = "answer"       // answers STOP, HELP or START
	Consent      Purpose = "consent"      // asks for consent, or tells what became of it
	Internal     Purpose = "internal"     // for the organization's own technicians
	Trial        Purpose = "trial"        // sent to see whether sending works
)

// Ref names what a message belongs to.
type Ref struct{ Type, ID string }

// Out is a message to send.
type Out struct {
	Way        Way
	To         string // a phone number in E.164, or an email address
	Subject    string // of an email; of a call, what it says before a key was pressed, which tells no secret
	Body       string
	Purpose    Purpose
	Owner      Ref
	ContactID  string
	CustomerID string    // whose technicians may see the delivery; empty means only those who see all customers
	Key        string    // the same key is the same message and is sent once; empty makes it a message of its own
	Starts     bool      // starts something (a code, a link) and counts against the limits of an address (R6)
	Language   string    // of the body, such as "fr", for a voice that reads it; empty is the organization's
	OnRequest  bool      // the person asked for it just now, so it also reaches who opted out
	Resendable bool      // its text holds no secret and stays true, so that it may be kept to be sent again; not beside ExpiresAt
	ExpiresAt  time.Time // it is not sent after this; zero means a day from now
}

// State of a delivery.
type State string

// The states. Planned, Sending and Unknown are live; all others are final, but Sent may still become Delivered or Failed.
const (
	Planned   State = "planned"
	Sending   State = "sending"
	Unknown   State = "unknown" // a request left, and nobody knows yet whether it arrived
	Sent      State = "sent"    // a provider accepted it
	Delivered State = "delivered"
	Failed    State = "failed"
	Expired   State = "expired" // it was too late to send it, or it was canceled
	Refused   State = "refused" // its receiver opted out in the meantime
)

// Delivery is the way of one message to one address.
type Delivery struct {
	OrgID      string
	ID         string
	Way        Way
	To         string
	Purpose    Purpose
	Owner      Ref
	ContactID  string
	CustomerID string
	Key        string
	Language   string // of the body; may be empty
	State      State
	Reason     string // why it failed, expired or was refused: a stable word
	Attempts   int    // requests made to providers, also those that never left
	CreatedAt  time.Time
	UpdatedAt  time.Time
	ExpiresAt  time.Time
	EndedAt    time.Time // zero while it is live

	Resendable bool   // its text may be kept after the end, see Resend
	HasText    bool   // its text is still there, sealed
	ResentAs   string // the delivery that was made of it by Resend; may be empty
	Resends    string // the delivery that it was made of; may be empty
}

// Deps is what a Service works with.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Events   *events.Bus
	Log      *slog.Logger
	SpendCap int64  // millionths of a dollar per organization and month; 0 means DefaultSpendCap
	Timing   Timing // the zero Timing means the usual one
}

// Hook hears of a delivery's new state inside the transaction that records it; the actor of ctx is the system.
type Hook func(ctx context.Context, tx *store.Tx, d Delivery) error

// Service sends and receives messages.
type Service struct {
	Deps
	node    string // of this run of the server; what another run claimed is not ours
	senders []Sender
	sandbox Sender
	hooks   []Hook
	routes  []Route
	wakings chan laneKey
	turns   sending.Turns
	overrun atomic.Bool // a wake-up was dropped
	working atomic.Bool // this run has claimed something at some time

	mu       sync.Mutex
	stopped  func(ctx context.Context, tx *store.Tx, in In) error // of whoever answered STOP
	doubtful []string                                             // claims of which it is not known whether they were committed
}

// New returns a Service. Use, OnState, OnStop and OnInbound complete it before Run.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.SpendCap == 0 {
		d.SpendCap = DefaultSpendCap
	}
	d.Timing = d.Timing.orUsual()
	return &Service{Deps: d, node: id.New(), wakings: make(chan laneKey, wakingsKept)}
}

// Use sets what carries messages: the sandbox, and the adapters to outside systems in the order in which they are tried.
// The sandbox carries a way as long as an organization has configured none of the others for it.
func (s *Service) Use(sandbox Sender, outside ...Sender) { s.sandbox, s.senders = sandbox, outside }

// OnState adds a Hook.
func (s *Service) OnState(h Hook) { s.hooks = append(s.hooks, h) }

// OnStop sets what hears, in the same transaction, of everybody who answered STOP.
func (s *Service) OnStop(fn func(ctx context.Context, tx *store.Tx, in In) error) { s.stopped = fn }
