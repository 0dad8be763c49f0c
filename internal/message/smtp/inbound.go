package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/mailin"
)

// What one client of the listener may do.
const (
	maxRecipients  = 10
	maxLine        = 2000
	maxConnections = 32
	idleTime       = 30 * time.Second
	connectionTime = 3 * time.Minute // in all, however busy it is
	workTime       = 20 * time.Second
	stopTime       = 5 * time.Second
)

// Inbound listens for mail that contacts write to organizations.
type Inbound struct {
	Domain    string                                                                       // how the listener calls itself
	Recipient func(ctx context.Context, address string) (orgID string, ok bool, err error) // whose address it is
	Receive   func(ctx context.Context, in message.In) error                               // returns once the message is stored
	Bounced   func(ctx context.Context, token, status string) error                        // of the message with that reply address; nil drops it
	LookupTXT func(ctx context.Context, name string) ([]string, error)                     // nil asks the system's DNS
	TLS       *tls.Config                                                                  // nil offers no STARTTLS
	Log       *slog.Logger
}

// ListenAndServe takes in mail at an address until ctx ends.
func (i *Inbound) ListenAndServe(ctx context.Context, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for mail: %w", err)
	}
	return i.Serve(ctx, l)
}

// Serve takes in mail from l until ctx ends.
func (i *Inbound) Serve(ctx context.Context, l net.Listener) error {
	if i.LookupTXT == nil {
		i.LookupTXT = net.DefaultResolver.LookupTXT
	}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		return &session{Inbound: i, ctx: ctx}, nil
	}))
	s.Domain, s.TLSConfig = i.Domain, i.TLS
	s.MaxMessageBytes, s.MaxRecipients, s.MaxLineLength = mailin.MaxSize, maxRecipients, maxLine
	s.ReadTimeout, s.WriteTimeout = idleTime, idleTime
	s.ErrorLog = quiet{}
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		if s.Shutdown(grace) != nil {
			_ = s.Close()
		}
	})
	defer stop()
	err := s.Serve(&limited{Listener: l, slots: make(chan struct{}, maxConnections)})
	if errors.Is(err, gosmtp.ErrServerClosed) || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("serve mail: %w", err)
}

// session is one client's mail at a time.
type session struct {
	*Inbound
	ctx        context.Context
	null       bool // the sender is empty, as of a bounce
	recipients []recipient
}

type recipient struct{ orgID, address string }

// Answers. None tells the client why it failed inside.
var (
	errNoSuch     = &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errUnreadable = &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 6, 0}, Message: "This mail cannot be read; it needs one From"}
	errLater      = &gosmtp.SMTPError{Code: 451, EnhancedCode: gosmtp.EnhancedCode{4, 3, 0}, Message: "Try again later"}
)

// Reset forgets the mail that was begun.
func (s *session) Reset() { s.null, s.recipients = false, nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// Mail notes the sender; an empty one is a bounce.
func (s *session) Mail(from string, _ *gosmtp.MailOptions) error {
	s.null = from == ""
	return nil
}

// Rcpt accepts the addresses of organizations.
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	ctx, cancel := context.WithTimeout(s.ctx, workTime)
	defer cancel()
	orgID, ok, err := s.Recipient(ctx, to)
	switch {
	case err != nil:
		s.Log.Error("cannot look for the receiver of a mail", "error", err)
		return errLater
	case !ok:
		return errNoSuch
	}
	s.recipients = append(s.recipients, recipient{orgID, to})
	return nil
}

// Data takes in the mail; it answers well only after the mail is stored.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mailin.Parse(raw)
	if err != nil {
		return errUnreadable
	}
	ctx, cancel := context.WithTimeout(s.ctx, workTime)
	defer cancel()
	if s.null || m.Automatic {
		return s.bounced(ctx, m)
	}
	aligned := m.Aligned(ctx, s.LookupTXT, s.names)
	for _, to := range s.perOrganization() {
		err := s.Receive(access.WithActor(ctx, access.System(to.orgID)), message.In{
			ID: m.ID(), Way: message.Email, From: m.From, To: to.address, Subject: m.Subject, Body: m.Text, Aligned: aligned,
		})
		if err != nil {
			s.Log.Error("cannot store a mail", "organization", to.orgID, "error", err)
			return errLater
		}
	}
	return nil
}

// bounced hands on what a report says that came from the null sender to the address of one message; every other automatic mail is dropped.
func (s *session) bounced(ctx context.Context, m mailin.Mail) error {
	for _, to := range s.recipients {
		_, token := mail.SplitReply(to.address)
		if !s.null || m.Bounce.Status == "" || token == "" || s.Bounced == nil {
			continue
		}
		if err := s.Bounced(access.WithActor(ctx, access.System(to.orgID)), token, m.Bounce.Status); err != nil {
			s.Log.Error("cannot record a bounce", "organization", to.orgID, "error", err)
			return errLater
		}
		return nil
	}
	s.Log.Info("dropped an automatic mail")
	return nil
}

// names says whether an address is one to which the mail is handed over.
func (s *session) names(address string) bool {
	inbound, _ := mail.SplitReply(address)
	return slices.ContainsFunc(s.recipients, func(r recipient) bool {
		own, _ := mail.SplitReply(strings.ToLower(r.address))
		return own == inbound
	})
}

// perOrganization keeps one address of each organization, by preference the reply address of a message.
func (s *session) perOrganization() (kept []recipient) {
	at := map[string]int{}
	for _, r := range s.recipients {
		i, known := at[r.orgID]
		switch _, token := mail.SplitReply(r.address); {
		case !known:
			at[r.orgID] = len(kept)
			kept = append(kept, r)
		case token != "":
			kept[i] = r
		}
	}
	return kept
}

// limited bounds how many clients there are, and how long each may stay.
type limited struct {
	net.Listener
	slots chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &bounded{Conn: c, end: time.Now().Add(connectionTime), free: sync.OnceFunc(func() { <-l.slots })}, nil
}

// bounded is a connection whose deadlines never lie behind its end.
type bounded struct {
	net.Conn
	end  time.Time
	free func()
}

func (c *bounded) Close() error {
	c.free()
	return c.Conn.Close()
}

func (c *bounded) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(c.capped(t)) }
func (c *bounded) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.capped(t)) }
func (c *bounded) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.capped(t)) }

func (c *bounded) capped(t time.Time) time.Time {
	if t.IsZero() || t.After(c.end) {
		return c.end
	}
	return t
}

// quiet drops what the library says about clients; it may hold addresses.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
