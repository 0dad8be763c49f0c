// Package imap takes in the mail that contacts write, from a mailbox that a mail provider keeps for an organization.
package imap

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// What happens to a mail once it is handled.
const (
	Seen   = "seen"   // it stays, marked as read
	Move   = "move"   // into another folder
	Delete = "delete" // for good
)

// Box is an organization's mailbox. Password is only filled for a connection.
type Box struct {
	OrgID     string
	Host      string
	Port      int
	TLS       string // mail.StartTLS or mail.ImplicitTLS: a password never travels without
	Username  string
	Password  string
	Folder    string
	Handled   string // Seen, Move or Delete
	MoveTo    string // the folder of Move
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// The states of a mailbox.
const (
	Waiting   = "waiting"   // nobody has looked yet
	Connected = "connected" // mail comes in
	Failing   = "failing"   // it is tried again; the reason says what failed
	NoAddress = "no_address"
)

// Status is how the reading of a mailbox goes.
type Status struct {
	State     string
	Reason    string // a stable word, such as "sign_in"
	CheckedAt time.Time
}

// Timing says how patient a reader is.
type Timing struct {
	Look       time.Duration // between two looks at which mailboxes there are
	Poll       time.Duration // between two looks into a mailbox whose server does not tell by itself
	Check      time.Duration // after which a server that tells by itself is asked all the same
	Lease      time.Duration // after which another node may read the mailbox of a dead one
	Backoff    time.Duration // after the first failure; it doubles with each
	MaxBackoff time.Duration
	Command    time.Duration // that a server may take for one command
}

func (t Timing) orUsual() Timing {
	if t != (Timing{}) {
		return t
	}
	return Timing{
		Look: 5 * time.Second, Poll: 30 * time.Second, Check: 5 * time.Minute, Lease: 30 * time.Second,
		Backoff: time.Second, MaxBackoff: 5 * time.Minute, Command: 30 * time.Second,
	}
}

// Deps is what a Service works with.
type Deps struct {
	DB        *store.DB
	Guard     *access.Guard
	Keys      *seal.Keyring
	Audit     *audit.Log
	MailOf    func(ctx context.Context, q store.Querier, orgID string) (m mail.Server, ok bool, err error)
	Receive   func(ctx context.Context, in message.In) error           // takes mail over
	Bounced   func(ctx context.Context, token, status string) error    // of the message with that reply address; nil drops it
	LookupTXT func(ctx context.Context, name string) ([]string, error) // nil asks the system's DNS
	TLS       *tls.Config                                              // nil trusts what the system trusts
	Log       *slog.Logger
	Timing    Timing // the zero Timing means the usual one
}

// Service keeps the settings of mailboxes and reads them.
type Service struct {
	Deps
	node  string // of this run of the server
	wakes chan struct{}
}

// New returns a Service; Run reads.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.LookupTXT == nil {
		d.LookupTXT = net.DefaultResolver.LookupTXT
	}
	d.Timing = d.Timing.orUsual()
	return &Service{Deps: d, node: id.New(), wakes: make(chan struct{}, 1)}
}
