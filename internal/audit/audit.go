// Package audit records who did what, to what, and with which result, so that nobody can change or drop it later without being noticed.
//
// Each organization has one log. An event joins it in the transaction of the change that it tells of, as a leaf of an RFC 6962 tree
// whose root is signed from time to time. What the tree covers holds ids and commitments; names, addresses and values lie beside it
// under a key for each person, and are erased with that key while the tree stays whole.
package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Outcome says how it went.
type Outcome string

// The outcomes. The zero Outcome is recorded as Success.
const (
	Success Outcome = "success"
	Denied  Outcome = "denied"
	Error   Outcome = "error"
)

// Event is one thing that happened. Who did it and for which organization comes from the context.
type Event struct {
	Action     string // "area.verb"
	Outcome    Outcome
	Reason     string // code of a refusal or error
	Targets    []Target
	CustomerID string
	TicketID   string
	Subject    string // whose personal data Before, After and Detail are ("contact:ID"); by default the first person among the targets
	Before     map[string]any
	After      map[string]any
	Detail     map[string]any
}

// Target is a thing that an event concerns, with its name at that time.
type Target struct {
	Type string
	ID   string
	Name string
}

// Log appends to, reads and checks the logs of all organizations. It is safe for concurrent use.
type Log struct {
	db      *store.DB
	keyring *seal.Keyring
	keys    keyCache
	signer  note.Signer
	public  string
	check   auditverify.Key
	heads   headFile
	alarm   func(ctx context.Context, org string, err error)
	due     chan string // organizations with many events since their last checkpoint

	mu     sync.Mutex
	since  map[string]int64 // events since the last checkpoint, as far as this process appended them
	states map[string]verification
}

// New returns a Log that signs with the keyring's key for audit.
func New(db *store.DB, keyring *seal.Keyring) *Log {
	private := keyring.Signer("audit")
	public, err := note.NewEd25519VerifierKey(auditverify.KeyName, private.Public().(ed25519.PublicKey))
	if err != nil {
		panic(err) // the name is a good one and the key has its size
	}
	l := &Log{
		db: db, keyring: keyring, public: public, due: make(chan string, 64),
		since: map[string]int64{}, states: map[string]verification{},
		alarm: func(context.Context, string, error) {},
	}
	if l.check, err = auditverify.ParseKey(public); err != nil {
		panic(err)
	}
	l.signer = signer{Verifier: verifierOf(public), private: private}
	return l
}

// PublicKey is the key that checkpoints and exports are checked with, as text. Whoever wants to check the log keeps it elsewhere.
func (l *Log) PublicKey() string { return l.public }

// Alarm sets what is called when a checkpoint is refused or a verification fails; call it before Run.
func (l *Log) Alarm(fn func(ctx context.Context, org string, err error)) { l.alarm = fn }

const maxTargets = 64

// Record adds an event to the transaction. The event is appended as the transaction's last act, and only if it commits.
func (l *Log) Record(ctx context.Context, tx *store.Tx, e Event) error {
	if _, err := organizationOf(ctx); err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	if area, verb, ok := strings.Cut(e.Action, "."); !ok || area == "" || verb == "" || !auditverify.Plain(e.Action) {
		return fmt.Errorf("record %q: an action is called area.verb", e.Action)
	}
	if len(e.Targets) > maxTargets {
		return fmt.Errorf("record %s: %d targets, more than %d", e.Action, len(e.Targets), maxTargets)
	}
	l.stage(tx, pending{access.ActorFrom(ctx), e})
	return nil
}

// Append records an event in a transaction of its own: for refusals, which change nothing.
func (l *Log) Append(ctx context.Context, e Event) error {
	return l.db.Write(store.Aside(ctx), func(tx *store.Tx) error { return l.Record(ctx, tx, e) })
}

// pending is an event that waits for the end of its transaction.
type pending struct {
	actor access.Actor
	event Event
}

// batch is what one transaction has to append.
type batch struct {
	round  int
	events []pending
	erased map[string]bool
}

func (l *Log) stage(tx *store.Tx, p pending) {
	b := store.Stage[batch](tx, "audit")
	b.events = append(b.events, p)
	// A hook that runs behind ours may record as well; that is a round of its own.
	tx.BeforeCommit(fmt.Sprintf("audit %d", b.round), func(ctx context.Context, tx *store.Tx) error {
		events := b.events
		b.events = nil
		b.round++
		return l.append(ctx, tx, events, b.erased)
	})
}

// signer signs notes with a key that lives in the keyring.
type signer struct {
	note.Verifier
	private ed25519.PrivateKey
}

// Sign is part of note.Signer.
func (s signer) Sign(message []byte) ([]byte, error) { return ed25519.Sign(s.private, message), nil }

func verifierOf(public string) note.Verifier {
	v, err := note.NewVerifier(public)
	if err != nil {
		panic(err) // made by the same package a moment ago
	}
	return v
}

// sign returns text with the installation's signature below it.
func (l *Log) sign(text string) (string, error) {
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return string(signed), nil
}

func organizationOf(ctx context.Context) (string, error) {
	if org := access.ActorFrom(ctx).OrgID; org != "" {
		return org, nil
	}
	return "", errors.New("the context names no organization")
}
