package smtp_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/message"
	mailserver "countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/wording"
)

const password = "correct horse battery staple"

// server is a real SMTP server whose next mail can be made to fail.
type server struct {
	port int
	cert *tls.Config // for clients

	mu    sync.Mutex
	fault messagetest.Fault
	mails []string

	senders []string // envelope senders that were accepted
	ownOnly bool     // no other envelope sender than the account's own address
}

func newServer(t *testing.T, mode string) *server {
	t.Helper()
	certificate, pool := selfSigned(t)
	s := &server{cert: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	g := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) { return &mailbox{server: s, conn: c}, nil }))
	g.Domain, g.ErrorLog = "mail.example.com", quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if mode == mailserver.StartTLS {
		g.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if mode == mailserver.ImplicitTLS {
		l = tls.NewListener(l, config)
	}
	go func() { _ = g.Serve(l) }()
	t.Cleanup(func() { _ = g.Close() })
	return s
}

func (s *server) arrange(f messagetest.Fault) func() {
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fault = f
	}
}

func (s *server) take() messagetest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	s.fault = ""
	return f
}

func (s *server) accepted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

type mailbox struct {
	*server
	conn   *gosmtp.Conn
	signed bool
}

func (m *mailbox) AuthMechanisms() []string { return []string{sasl.Plain} }

func (m *mailbox) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, pass string) error {
		if username != "countersign" || pass != password {
			return gosmtp.ErrAuthFailed
		}
		m.signed = true
		return nil
	}), nil
}

func (m *mailbox) Reset()        {}
func (m *mailbox) Logout() error { return nil }

func (m *mailbox) Mail(from string, _ *gosmtp.MailOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ownOnly && strings.Contains(from, "+") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 60}, Message: "not your address"}
	}
	m.senders = append(m.senders, from)
	return nil
}

func (m *mailbox) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	m.mu.Lock()
	fault := m.fault
	m.mu.Unlock()
	switch fault {
	case messagetest.NotSent:
		m.take()
		return m.conn.Conn().Close()
	case messagetest.Busy:
		m.take()
		return &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 7, 1}, Message: "greylisted, " + to}
	case messagetest.Refuse:
		m.take()
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such person: " + to}
	}
	return nil
}

func (m *mailbox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	fault := m.take()
	if fault == messagetest.Hang {
		time.Sleep(3 * time.Second)
	}
	if fault == messagetest.LoseRequest || fault == messagetest.Hang {
		return m.conn.Conn().Close()
	}
	m.mu.Lock()
	m.mails = append(m.mails, string(b))
	m.mu.Unlock()
	if fault == messagetest.LoseAnswer {
		return m.conn.Conn().Close()
	}
	return nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func sender(t *testing.T, s *server, mode string, change ...func(*mailserver.Server)) *smtp.Sender {
	m := mailserver.Server{
		Host: "127.0.0.1", Port: s.port, TLS: mode, Username: "countersign", Password: password,
		FromAddress: "help@example.com", FromName: "Acme IT", InboundAddress: "verify@example.com",
	}
	if mode == mailserver.NoTLS {
		m.Username, m.Password = "", ""
	}
	for _, c := range change {
		c(&m)
	}
	settings := func(context.Context, store.Querier, string) (mailserver.Server, bool, error) { return m, true, nil }
	return smtp.New(storetest.Open(t), settings, s.cert)
}

func example() message.Attempt {
	return message.Attempt{
		OrgID: "o", DeliveryID: "019a0000-0000-7000-8000-000000000001", Number: 1, Way: message.Email, To: "pia@example.org",
		Subject: "Réponse", Body: "Your number is", ReplyToken: "abcdefghijklmnopqrstuvwxyz234567",
	}
}

func TestConform(t *testing.T) {
	for _, mode := range []string{mailserver.StartTLS, mailserver.ImplicitTLS, mailserver.NoTLS} {
		t.Run(mode, func(t *testing.T) {
			s := newServer(t, mode)
			arrange := map[messagetest.Fault]func(){}
			for _, f := range []messagetest.Fault{
				messagetest.NotSent, messagetest.Busy, messagetest.Refuse, messagetest.LoseRequest, messagetest.LoseAnswer, messagetest.Hang,
			} {
				arrange[f] = s.arrange(f)
			}
			messagetest.Conform(t, messagetest.Adapter{
				Sender: sender(t, s, mode), Example: example(), Secrets: []string{password}, Accepted: s.accepted, Arrange: arrange,
			})
		})
	}
}

func TestWhatCannotConnectIsNotSent(t *testing.T) {
	plain, secure := newServer(t, mailserver.NoTLS), newServer(t, mailserver.ImplicitTLS)
	for name, tc := range map[string]struct {
		sender *smtp.Sender
		class  error
	}{
		"nobody listens":          {sender(t, plain, mailserver.NoTLS, func(m *mailserver.Server) { m.Port = 1 }), message.ErrNotSent},
		"no such host":            {sender(t, plain, mailserver.NoTLS, func(m *mailserver.Server) { m.Host = "mail.invalid" }), message.ErrNotSent},
		"no STARTTLS there":       {sender(t, plain, mailserver.StartTLS), message.ErrNotSent},
		"no TLS there":            {sender(t, plain, mailserver.ImplicitTLS), message.ErrNotSent},
		"an unknown certificate":  {sender(t, &server{port: secure.port}, mailserver.ImplicitTLS), message.ErrNotSent},
		"an unwanted certificate": {sender(t, secure, mailserver.ImplicitTLS, func(m *mailserver.Server) { m.Host = "localhost" }), message.ErrNotSent},
	} {
		_, err := tc.sender.Send(t.Context(), example())
		if !errors.Is(err, tc.class) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongCredentialsWaitToBeMended(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	_, err := sender(t, s, mailserver.StartTLS, func(m *mailserver.Server) { m.Password = "wrong secret" }).Send(t.Context(), example())
	r, ok := errors.AsType[*message.Refusal](err)
	if !ok || r.Permanent || !strings.Contains(r.Reason, "535") || strings.Contains(err.Error(), "wrong secret") {
		t.Errorf("got %v", err)
	}
}

// Attack 49: neither a line break in a subject nor markup in a text becomes a field or a tag of the mail.
func TestAttack49NoFieldsAndTagsFromNames(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	a := example()
	a.Subject = "Acme\r\nBcc: eve@example.net\r\n\r\n<script>"
	a.Body = "<script>alert(1)</script> of https://example.com/\"onmouseover=alert(2) asks"
	if _, err := sender(t, s, mailserver.StartTLS).Send(t.Context(), a); err != nil {
		return // refused: nothing left
	}
	raw := s.accepted()[0]
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("a field was made up: %v", m.Header)
	}
	_, page, _ := strings.Cut(raw, "text/html")
	if strings.Contains(page, "<script") || strings.Contains(page, `/"onmouseover`) {
		t.Errorf("markup from a text: %s", page)
	}
}

// M20: an organization's own text may hold markup, which its readers see as such and which does nothing.
func TestM20MarkupInATemplateIsInertInTheMail(t *testing.T) {
	w := organizationtest.New(t, storetest.Open(t), "Acme IT")
	texts := wording.New(wording.Deps{DB: w.DB, Guard: w.Guard, Audit: w.Audit})
	_, err := texts.Set(w.Admin(), wording.EmailLink, "en", map[string]string{
		"subject": "${organization} <script>alert(1)</script>",
		"body": `<script>alert(1)</script><img src="https://example.net/x.png" onerror="alert(2)"> ${organization} ${technician} ${ticket} <a href="javascript:alert(3)">
			${link}"onmouseover="alert(4) ${warning} <!-- NO --> </body><style>*{display:none}</style>`,
	}, func(int64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	text, err := wording.Say(t.Context(), w.DB.Read(), w.Org.ID, wording.EmailLink, "en", wording.Values{
		Organization: "Acme <b>IT</b>", Technician: "<i>Tom</i>", Link: "https://example.com/v/abc", Ticket: 7, Warning: wording.WeCalled,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, mailserver.StartTLS)
	a := example()
	a.Subject, a.Body = text.Subject, text.Body
	if _, err := sender(t, s, mailserver.StartTLS).Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(s.accepted()[0], "text/html")
	page, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(part[strings.Index(part, "\r\n\r\n"):])))
	if err != nil && !strings.Contains(err.Error(), "boundary") {
		t.Log(err) // the boundary behind the part
	}
	for _, evil := range []string{"<script", "<img", "<style", "<!--", "<i>", `href="javascript`, `"onmouseover="`, "<b>"} {
		if strings.Contains(string(page), evil) {
			t.Errorf("%s runs in %s", evil, page)
		}
	}
	if !strings.Contains(string(page), `<a href="https://example.com/v/abc">`) || !strings.Contains(string(page), "&lt;script&gt;alert(1)") {
		t.Errorf("the text itself is gone: %s", page)
	}
}

func TestTheMail(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	a := example()
	a.Body = "Bonjour <b>Pia</b> & co,\n\nouvrez https://example.com/v/abc?x=1&y=2 maintenant.\n.\nFin"
	a.PossibleRepeat = true
	r, err := sender(t, s, mailserver.StartTLS).Send(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if r.ProviderID != a.DeliveryID+"@example.com" {
		t.Errorf("message id %q", r.ProviderID)
	}
	m, err := mail.ReadMessage(strings.NewReader(s.accepted()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Message-Id": "<" + a.DeliveryID + "@example.com>", "Auto-Submitted": "auto-generated", "X-Possible-Repeat": "yes",
		"From": `"Acme IT" <help@example.com>`, "To": "<pia@example.org>", "Reply-To": `"Acme IT" <verify+abcdefghijklmnopqrstuvwxyz234567@example.com>`,
	} {
		if got := m.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || subject != "Réponse" {
		t.Error(subject, err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	var texts []string
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.ReplaceAll(string(b), "\r\n", "\n"))
	}
	if len(texts) != 2 || texts[0] != a.Body {
		t.Fatalf("%q", texts)
	}
	for _, want := range []string{
		"Bonjour &lt;b&gt;Pia&lt;/b&gt; &amp; co,", `<a href="https://example.com/v/abc?x=1&amp;y=2">https://example.com/v/abc?x=1&amp;y=2</a> maintenant.`,
	} {
		if !strings.Contains(texts[1], want) {
			t.Errorf("%q lacks %q", texts[1], want)
		}
	}
}

// A server that drops the connection half-way through the text has not got the mail.
func TestTornInTheMiddleIsNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			_, _ = fmt.Fprint(c, "220 hello\r\n")
			for _, answer := range []string{"250 mail", "250 ok", "250 ok", "354 go on"} {
				_, _ = r.ReadString('\n')
				_, _ = fmt.Fprint(c, answer+"\r\n")
			}
			_, _ = io.CopyN(io.Discard, r, 5000)
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	a := example()
	a.Body = strings.Repeat("all work and no play\n", 400_000)
	s := sender(t, &server{port: l.Addr().(*net.TCPAddr).Port}, mailserver.NoTLS)
	if _, err := s.Send(t.Context(), a); !errors.Is(err, message.ErrNotSent) {
		t.Errorf("got %v", err)
	}
}

// The envelope sender is the mail's own reply address, so that reports of failed delivery name their mail; a server that lets nobody
// use it gets the usual one.
func TestReportsOfFailureGoToTheMailsOwnAddress(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	send := func() {
		t.Helper()
		if _, err := sender(t, s, mailserver.StartTLS).Send(t.Context(), example()); err != nil {
			t.Fatal(err)
		}
	}
	send()
	s.ownOnly = true
	send()
	if want := []string{"verify+abcdefghijklmnopqrstuvwxyz234567@example.com", "help@example.com"}; !slices.Equal(s.senders, want) {
		t.Errorf("senders %q, want %q", s.senders, want)
	}
}
