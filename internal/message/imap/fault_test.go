package imap_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/imap/imaptest"
	"countersign.dev/countersign/internal/store/storetest"
)

// faulty is a mail server in memory whose connections fail as a test wants.
type faulty struct {
	t    *testing.T
	user *imapmemserver.User
	port int

	cutAfter atomic.Int64 // bytes after which the next connection breaks; 0 lets it be
	vanish   atomic.Bool  // what is fetched has just been removed by somebody else

	mu    sync.Mutex
	conns []net.Conn
}

// serve starts a server of memory, with a world that trusts it.
func serve(t *testing.T, caps ...goimap.Cap) (*world, *faulty) {
	f := &faulty{t: t, user: imapmemserver.NewUser(verify, imaptest.Password)}
	if err := f.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(f.user)
	set := goimap.CapSet{goimap.CapIMAP4rev1: {}}
	for _, c := range caps {
		set[c] = struct{}{}
	}
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{memory.NewSession(), f}, nil, nil
		},
		Caps: set, InsecureAuth: true, Logger: silent{},
	})
	w := f.listen(func(l net.Listener) { _ = s.Serve(l) })
	t.Cleanup(func() { _ = s.Close() })
	return w, f
}

// silent drops what the library says.
type silent struct{}

func (silent) Printf(string, ...any) {}

// listen has a server serve over TLS, and returns a world whose reader trusts it.
func (f *faulty) listen(run func(net.Listener)) *world {
	certificate, pool := selfSigned(f.t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	f.port = l.Addr().(*net.TCPAddr).Port
	go run(tls.NewListener(&cutting{l, f}, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	f.t.Cleanup(func() { _ = l.Close() })
	w := newWorld(f.t, storetest.Open(f.t))
	w.deps.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	w.Service = imap.New(w.deps)
	w.set(imap.Box{Port: f.port})
	return w
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{imaptest.Host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, pool
}

type cutting struct {
	net.Listener
	f *faulty
}

func (l *cutting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.conns = append(l.f.conns, c)
	return &cut{c, l.f.cutAfter.Swap(0)}, nil
}

// drop ends every connection without a word.
func (f *faulty) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
}

// cut breaks after it has sent a number of bytes.
type cut struct {
	net.Conn
	left int64
}

func (c *cut) Write(b []byte) (int, error) {
	if c.left > 0 {
		if c.left -= int64(len(b)); c.left <= 0 {
			_ = c.Close()
			return 0, net.ErrClosed
		}
	}
	return c.Conn.Write(b)
}

type session struct {
	imapserver.Session
	f *faulty
}

func (s *session) Fetch(w *imapserver.FetchWriter, set goimap.NumSet, options *goimap.FetchOptions) error {
	if s.f.vanish.Swap(false) {
		return nil
	}
	return s.Session.Fetch(w, set, options)
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

func (f *faulty) deliver(text string) {
	f.t.Helper()
	if _, err := f.user.Append("INBOX", literal{strings.NewReader(text)}, &goimap.AppendOptions{Time: time.Now()}); err != nil {
		f.t.Fatal(err)
	}
}

func TestAServerWithoutIdleIsAsked(t *testing.T) {
	w, f := serve(t)
	w.run()
	w.connected()
	f.deliver(letter("1", "#verify"))
	eventually(t, "the mail", func() bool { return len(w.bodies()) == 1 })
}

// Wherever a connection breaks, nothing is lost and nothing counts twice.
func TestAConnectionThatBreaksLosesNothing(t *testing.T) {
	w, f := serve(t, goimap.CapIdle, goimap.CapUIDPlus)
	w.run()
	w.connected()
	want := 0
	for after := int64(1500); after < 12_000; after += 700 {
		f.cutAfter.Store(after)
		f.drop()
		for range 3 {
			f.deliver(letter(fmt.Sprint(want), fmt.Sprint(want)))
			want++
		}
		eventually(t, fmt.Sprintf("%d mails, with a cut after %d bytes", want, after), func() bool { return len(w.bodies()) == want })
	}
	got := w.bodies()
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != want {
		t.Errorf("%d different mails of %d", n, want)
	}
}

func TestM15StrangeMailHoldsNothingUp(t *testing.T) {
	w, f := serve(t, goimap.CapIdle)
	w.run()
	w.connected()
	f.deliver(letter("huge", strings.Repeat("x\r\n", 1<<20)))
	f.deliver("no header at all")
	f.deliver("")
	f.deliver("From: a@example.org\r\nFrom: b@example.org\r\n\r\ntwo senders\r\n")
	f.deliver(strings.Repeat("\x00\xff", 5000))
	f.deliver(letter("auto", "#confirm", "Auto-Submitted: auto-replied"))
	f.deliver(letter("bulk", "STOP", "Precedence: bulk"))
	f.vanish.Store(true)
	f.deliver(letter("gone", "removed under us"))
	f.deliver(letter("good", "#verify"))
	eventually(t, "the last mail", func() bool { return slices.Contains(w.bodies(), "#verify") })
	for _, body := range w.bodies() {
		if body != "#verify" && body != "removed under us" { // whichever the server hid
			t.Errorf("took in %q", body)
		}
	}
	if got := w.status(); got.State != imap.Connected {
		t.Errorf("%+v", got)
	}
}

// A From line proves nothing, whatever else stands in the mail; only the sender's domain and the reply address do.
func TestM12OverIMAPASpoofedSenderProvesNothing(t *testing.T) {
	w, f := serve(t, goimap.CapIdle)
	w.run()
	w.connected()
	f.deliver(letter("1", "#confirm", "Authentication-Results: mx.example.com; dkim=pass header.d=example.org"))
	f.deliver(w.sign(letter("2", "#confirm"), "attacker.example"))
	f.deliver(w.sign(letter("3", "#confirm"), "example.org"))
	f.deliver(w.sign(letter("3", "#confirm"), "example.org")) // again
	f.deliver(letter("4", "#confirm", "Delivered-To: verify+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com"))
	f.deliver(strings.Replace(letter("5", "the last"), "hello", "=?utf-8?q?a=0D=0ABcc:_b=40example.org?=", 1))
	eventually(t, "all", func() bool { return len(w.bodies()) == 5 })
	for i, want := range []bool{false, false, true, false, false} {
		if in := w.got[i]; in.Aligned != want || in.Reply != "" || in.Trusted() != want {
			t.Errorf("mail %d: %+v", i, in)
		}
	}
	if to := w.got[3].To; !strings.HasPrefix(to, "verify+aaaa") {
		t.Errorf("written to %s", to)
	}
	if s := w.got[4].Subject; strings.ContainsAny(s, "\r\n") {
		t.Errorf("subject %q", s)
	}
}

func TestBouncesComeFromTheNullSenderOnly(t *testing.T) {
	w, f := serve(t, goimap.CapIdle)
	w.run()
	w.connected()
	report := func(path string) string {
		return strings.Join([]string{
			path + "From: MAILER-DAEMON@mx.example.net", "To: verify+abc@example.com", "Subject: Undelivered", "MIME-Version: 1.0",
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "It failed.",
			"--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.net", "",
			"Final-Recipient: rfc822; pia@example.org", "Action: failed", "Status: 5.1.1", "", "--b--", "",
		}, "\r\n")
	}
	f.deliver(report(""))
	f.deliver(report("Return-Path: <pia@example.org>\r\n"))
	f.deliver(strings.Replace(report("Return-Path: <>\r\n"), "+abc", "", 1))
	f.deliver(report("Return-Path: <>\r\n"))
	f.deliver(letter("1", "the last"))
	eventually(t, "the end", func() bool { return len(w.bodies()) == 1 })
	if !slices.Equal(w.bounces, []string{"abc 5.1.1"}) {
		t.Errorf("bounces %q", w.bounces)
	}
}

// A server must not fill our memory, nor hold a connection without answering.
func TestM15AHostileServerIsLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		greeting string
		endless  string
		want     string
	}{
		"a line without end":   {"* OK [CAPABILITY IMAP4rev1] ready\r\n", strings.Repeat("x", 1<<16), "protocol"},
		"no IMAP":              {"HTTP/1.1 400 Bad Request\r\n\r\n", "", "protocol"},
		"silence":              {"", "", "timeout"},
		"silence after a word": {"* OK [CAPABILITY IMAP4rev1] ready\r\n", "", "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &faulty{t: t}
			w := f.listen(func(l net.Listener) {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer func() { _ = c.Close() }()
						if _, err := io.WriteString(c, tc.greeting); err != nil {
							return
						}
						r := bufio.NewReader(c)
						for {
							if _, err := r.ReadString('\n'); err != nil {
								return
							}
							for tc.endless != "" {
								if _, err := io.WriteString(c, tc.endless); err != nil {
									return
								}
							}
						}
					}()
				}
			})
			w.deps.Timing.Command = 2 * time.Second
			w.Service = imap.New(w.deps)
			began := time.Now()
			trial, err := w.Try(w.ctx())
			if err != nil || trial.Reason == "" {
				t.Fatalf("%+v %v", trial, err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			if trial.Reason != tc.want {
				t.Errorf("reason %q, want %q", trial.Reason, tc.want)
			}
		})
	}
}
