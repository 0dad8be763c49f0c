package imap_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/imap/imaptest"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	pia    = "pia@example.org"
	verify = imaptest.User
)

// world is one organization whose mail is fetched.
type world struct {
	*imap.Service
	t        testing.TB
	db       *store.DB
	org      string
	messages *message.Service
	deps     imap.Deps
	key      ed25519.PrivateKey // signs for example.org, under the selector s

	mu      sync.Mutex
	got     []message.In
	bounces []string
}

// quick is the patience of tests. The server in memory does not tell of a mail that came just before IDLE, so that it is asked often.
func quick() imap.Timing {
	return imap.Timing{
		Look: 50 * time.Millisecond, Poll: 50 * time.Millisecond, Check: 2 * time.Second, Lease: time.Second,
		Backoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, Command: 5 * time.Second,
	}
}

func newWorld(t testing.TB, db *store.DB) *world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, key: private}
	quiet := slog.New(slog.DiscardHandler)
	log, bus, guard := audit.New(db, keys), events.New(db, quiet), access.New(db)
	orgs := organization.New(db, guard, log, bus)
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		o, err := orgs.Create(t.Context(), tx, organization.Settings{Name: "Acme IT", AllowedCountries: []string{"US"}}, false)
		w.org = o.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.messages = message.New(message.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Log: quiet})
	w.messages.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, in)
		return true, nil
	})
	servers := &mail.Service{DB: db, Guard: guard, Keys: keys, Audit: log}
	w.deps = imap.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, MailOf: servers.Of, Receive: w.messages.Receive, Timing: quick(),
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
		Bounced: func(_ context.Context, token, status string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.bounces = append(w.bounces, token+" "+status)
			return nil
		},
		LookupTXT: func(_ context.Context, name string) ([]string, error) {
			if name == "s._domainkey.example.org" {
				return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
			}
			return nil, &net.DNSError{IsNotFound: true}
		},
	}
	w.Service = imap.New(w.deps)
	_, err = servers.Set(w.ctx(), mail.Server{
		Host: "smtp.example.com", Port: 587, TLS: mail.StartTLS, FromAddress: "help@example.com", InboundAddress: verify,
	}, nil, always)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func always(int64) error { return nil }

func (w *world) ctx() context.Context {
	return access.WithActor(w.t.Context(), access.Actor{
		OrgID: w.org, Kind: access.Technician, ID: "t1", Name: "Tess", Role: perm.Administrator,
	})
}

// set keeps a mailbox on a server that trusts what trust trusts.
func (w *world) set(b imap.Box) {
	w.t.Helper()
	password := imaptest.Password
	if b.TLS == "" {
		b.TLS = mail.ImplicitTLS
	}
	if b.Handled == "" {
		b.Handled = imap.Seen
	}
	b.Host, b.Username = imaptest.Host, verify
	if _, _, err := w.Set(w.ctx(), b, &password, always); err != nil {
		w.t.Fatal(err)
	}
}

// run starts a reader; it ends with the test or by stop.
func (w *world) run() (stop func()) { return w.runAs(w.Service) }

func (w *world) runAs(s *imap.Service) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	return stop
}

// bodies are the texts that were handed over, the oldest first.
func (w *world) bodies() (texts []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range w.got {
		texts = append(texts, in.Body)
	}
	return texts
}

func (w *world) status() imap.Status {
	w.t.Helper()
	_, status, err := w.Settings(w.ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

func (w *world) connected() {
	w.t.Helper()
	eventually(w.t, "the mailbox is read", func() bool { return w.status().State == imap.Connected })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// letter is one from Pia; its Message-ID is id.
func letter(id, body string, headers ...string) string {
	return strings.Join(append([]string{
		"From: Pia <Pia@Example.org>", "To: " + verify, "Subject: hello", "Message-ID: <" + id + "@example.org>", "Date: " + time.Now().Format(time.RFC1123Z),
	}, headers...), "\r\n") + "\r\n\r\n" + body + "\r\n"
}

func (w *world) sign(text, domain string, keys ...string) string {
	w.t.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(text), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: w.key, HeaderKeys: keys})
	if err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}
