package recovery_test

import (
	"context"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/access/perm"
	mailserver "countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// postbox is a real SMTP server that keeps what it gets.
type postbox struct{ mails chan string }

func (p *postbox) Mail(string, *gosmtp.MailOptions) error { return nil }
func (p *postbox) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (p *postbox) Reset()                                 {}
func (p *postbox) Logout() error                          { return nil }

func (p *postbox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.mails <- string(b)
	return err
}

func listen(t *testing.T) (*postbox, int) {
	t.Helper()
	p := &postbox{make(chan string, 10)}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return p, nil }))
	s.Domain = "mail.example.com"
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return p, l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener's
}

// The whole way: invited and reset by mails that really crossed SMTP.
func TestMailReallySentBySMTP(t *testing.T) {
	box, port := listen(t)
	db := storetest.Open(t)
	sender := smtp.New(db, func(context.Context, store.Querier, string) (mailserver.Server, bool, error) {
		return mailserver.Server{Host: "127.0.0.1", Port: port, TLS: mailserver.NoTLS, FromAddress: "desk@example.com", FromName: "Blue Harbor IT"}, true, nil
	}, nil)
	w := recoverytest.New(t, db, sender)
	bo := w.Add("bo", perm.Technician)
	if a := ask(w, bo.Email); a.Code != http.StatusAccepted {
		t.Fatalf("%d %s", a.Code, a.Raw)
	}
	w.Answer()
	subject, to, text := read(t, <-box.mails)
	if subject != "Blue Harbor IT: choose a new password" || to != "<bo@example.com>" {
		t.Errorf("%q to %q", subject, to)
	}
	if a := reset(w, recoverytest.Token(t, text), next); a.Code != http.StatusNoContent {
		t.Errorf("%d %s", a.Code, a.Raw)
	}
	if subject, _, _ := read(t, <-box.mails); !strings.Contains(subject, "Your password was changed") {
		t.Errorf("told: %q", subject)
	}
	if len(w.Mail(bo.Email, 0)) != 0 {
		t.Error("the sandbox got mail that has left")
	}
}

// read takes the subject and the first, plain part of a mail.
func read(t *testing.T, raw string) (subject, to, text string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(raw, "Content-Type: text/plain")
	if !ok {
		t.Fatalf("no plain text in %q", raw)
	}
	_, body, _ = strings.Cut(body, "\r\n\r\n")
	body, _, _ = strings.Cut(body, "\r\n--")
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Subject"), m.Header.Get("To"), strings.ReplaceAll(string(plain), "\r\n", "\n")
}
