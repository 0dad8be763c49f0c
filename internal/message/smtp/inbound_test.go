package smtp_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/smtp"
)

// listener is a running Inbound and what it took in.
type listener struct {
	address string
	key     ed25519.PrivateKey // signs for example.org, under the selector s

	mu   sync.Mutex
	got  []message.In
	orgs []string
	fail bool
}

func listen(t *testing.T) *listener {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{key: private}
	in := &smtp.Inbound{
		Domain: "mail.example.com", Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Recipient: func(_ context.Context, address string) (string, bool, error) {
			inbound, _ := mail.SplitReply(strings.ToLower(address))
			org, ok := map[string]string{"verify@example.com": "acme", "help@example.net": "beta"}[inbound]
			return org, ok, nil
		},
		Receive: func(ctx context.Context, in message.In) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.fail {
				return errors.New("disk full")
			}
			l.got, l.orgs = append(l.got, in), append(l.orgs, access.ActorFrom(ctx).OrgID)
			return nil
		},
		LookupTXT: func(_ context.Context, name string) ([]string, error) {
			if name == "s._domainkey.example.org" {
				return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
			}
			return nil, &net.DNSError{IsNotFound: true}
		},
	}
	n, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.address = n.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- in.Serve(ctx, n) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *listener) send(from string, to []string, text string) error {
	c, err := gosmtp.Dial(l.address)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.SendMail(from, to, strings.NewReader(text))
}

func (l *listener) sign(t *testing.T, text, domain string) string {
	t.Helper()
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(text), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: l.key}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func plain(body string, headers ...string) string {
	return strings.Join(append([]string{
		"From: Pia <Pia@Example.org>", "To: verify@example.com", "Subject: =?utf-8?q?R=C3=A9ponse?=", "Message-ID: <1@example.org>", "Date: " + time.Now().Format(time.RFC1123Z),
	}, headers...), "\r\n") + "\r\n\r\n" + body
}

const (
	pia    = "pia@example.org"
	verify = "verify@example.com"
)

func TestMailIsTakenIn(t *testing.T) {
	l := listen(t)
	reply := "verify+abcdefghijklmnopqrstuvwxyz234567@example.com"
	if err := l.send(pia, []string{verify, "help@example.net", reply}, plain("#verify\r\n")); err != nil {
		t.Fatal(err)
	}
	if len(l.got) != 2 || fmt.Sprint(l.orgs) != "[acme beta]" {
		t.Fatalf("%+v for %v", l.got, l.orgs)
	}
	in := l.got[0]
	if in.Way != message.Email || in.From != pia || in.To != reply || in.Subject != "Réponse" || in.Body != "#verify" || in.Aligned || in.ID == "" {
		t.Errorf("%+v", in)
	}
	if err := l.send(pia, []string{"nobody@example.com"}, plain("x")); !isCode(err, 550) {
		t.Errorf("an unknown address: %v", err)
	}
	if err := l.send(pia, []string{verify}, plain("#verify\r\n")); err != nil || l.got[2].ID != in.ID {
		t.Errorf("the same mail has another id: %v", err)
	}
	l.fail = true
	if err := l.send(pia, []string{verify}, plain("#verify")); !isCode(err, 451) {
		t.Errorf("a mail that was not stored: %v", err)
	}
}

func isCode(err error, code int) bool {
	e, ok := errors.AsType[*gosmtp.SMTPError](err)
	return ok && e.Code == code
}

func TestOnlyTheOwnDomainsSignatureCounts(t *testing.T) {
	l := listen(t)
	good := l.sign(t, plain("#confirm\r\n"), "example.org")
	for name, tc := range map[string]struct {
		text string
		want bool
	}{
		"signed":            {good, true},
		"not signed":        {plain("#confirm\r\n"), false},
		"changed":           {strings.Replace(good, "#confirm", "#deny", 1), false},
		"other sender":      {strings.Replace(good, "Pia@Example.org", "bob@example.org", 1), false},
		"signed by another": {l.sign(t, strings.Replace(plain("#confirm\r\n"), "Example.org", "example.com", 1), "example.org"), false},
		"from a subdomain":  {l.sign(t, strings.Replace(plain("#confirm\r\n"), "Pia@Example.org", "pia@mail.example.org", 1), "example.org"), true},
		"looks alike":       {l.sign(t, strings.Replace(plain("#confirm\r\n"), "Pia@Example.org", "pia@badexample.org", 1), "example.org"), false},
	} {
		l.got = nil
		if err := l.send(pia, []string{verify}, tc.text); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.got[0].Aligned != tc.want {
			t.Errorf("%s: aligned is %v", name, l.got[0].Aligned)
		}
	}
	two := "From: Eve <eve@example.org>\r\n" + good
	if err := l.send(pia, []string{verify}, two); !isCode(err, 550) {
		t.Errorf("two From fields: %v", err)
	}
}

func TestAutomaticMailIsDropped(t *testing.T) {
	l := listen(t)
	for name, text := range map[string]string{
		"out of office": plain("I am away", "Auto-Submitted: auto-replied"),
		"our own":       plain("Your code", "Auto-Submitted: auto-generated"),
		"bulk":          plain("News", "Precedence: bulk"),
		"a list":        plain("News", "List-Id: <news.example.org>"),
		"a report":      plain("--b\r\n\r\nx\r\n--b--\r\n", "MIME-Version: 1.0", "Content-Type: multipart/report; boundary=b"),
		"a mailer":      strings.Replace(plain("undeliverable"), "Pia@Example.org", "MAILER-DAEMON@example.org", 1),
	} {
		if err := l.send(pia, []string{verify}, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := l.send("", []string{verify}, plain("a bounce")); err != nil {
		t.Error(err)
	}
	if len(l.got) != 0 {
		t.Errorf("took in %+v", l.got)
	}
	if err := l.send(pia, []string{verify}, plain("#verify", "Auto-Submitted: no")); err != nil || len(l.got) != 1 {
		t.Error("a mail by a person was dropped")
	}
}

func TestTextOfMails(t *testing.T) {
	l := listen(t)
	multipart := []string{"MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=b"}
	for name, tc := range map[string]struct{ text, want string }{
		"quoted below":    {plain("#confirm 73\r\n\r\nOn Sun, 22 Nov 2026 at 12:00, Acme wrote:\r\n> reply STOP to stop\r\n"), "#confirm 73"},
		"broken intro":    {plain("NO\r\n\r\nOn Sun, 22 Nov 2026 at 12:00, Acme IT Support and Services\r\n<help@example.com> wrote:\r\n> text\r\n"), "NO"},
		"outlook":         {plain("#deny\r\n\r\n________________________________\r\nFrom: Acme\r\nSTOP\r\n"), "#deny"},
		"signature":       {plain("#verify\r\n-- \r\nPia\r\n"), "#verify"},
		"french":          {plain("#verify\r\n\r\nLe 22 nov. 2026 à 12:00, Acme a écrit :\r\n> x\r\n", "Content-Type: text/plain; charset=utf-8"), "#verify"},
		"both":            {plain("--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>html</b>\r\n--b--\r\n", multipart...), "plain"},
		"html alone":      {plain("<html><head><style>p{}</style><script>x</script></head><body><p>#confirm&nbsp;73</p><div>Pia &amp; co</div></body></html>", "Content-Type: text/html; charset=utf-8"), "#confirm\u00a073\n\nPia & co"},
		"base64, latin 1": {plain("6XTp\r\n", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: base64"), "été"},
		"nothing":         {plain(""), ""},
		"broken":          {plain("--b\r\nContent-Type: text/plain\r\n\r\nhalf", multipart...), "half"},
	} {
		l.got = nil
		if err := l.send(pia, []string{verify}, tc.text); err != nil || len(l.got) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.TrimSpace(l.got[0].Body); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestM15MailHasBounds(t *testing.T) {
	l := listen(t)
	if err := l.send(pia, []string{verify}, plain(strings.Repeat("x\r\n", 400_000))); !isCode(err, 552) {
		t.Errorf("more than a megabyte: %v", err)
	}
	if err := l.send(pia, []string{verify}, plain(strings.Repeat("x", 10_000))); err == nil {
		t.Error("a line of 10,000 characters was taken")
	}
	var many []string
	for range 11 {
		many = append(many, verify)
	}
	if err := l.send(pia, many, plain("x")); !isCode(err, 452) {
		t.Errorf("eleven receivers: %v", err)
	}
	if err := l.send(pia, []string{verify}, "no header at all"); !isCode(err, 550) {
		t.Errorf("no header: %v", err)
	}
	if len(l.got) != 0 {
		t.Errorf("took in %d mails", len(l.got))
	}
}

func TestTooManyClientsWait(t *testing.T) {
	l := listen(t)
	var held []net.Conn
	for range 32 {
		c, err := net.Dial("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
		if _, err := io.ReadFull(c, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := net.Dial("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _ := c.Read(make([]byte, 1)); n != 0 {
		t.Error("the 33rd client was served")
	}
	for _, h := range held {
		_ = h.Close()
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 1 {
		t.Errorf("the waiting client was never served: %v", err)
	}
}
