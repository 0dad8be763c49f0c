// Package smtp carries email through an organization's own mail server, and takes in the mail that contacts write.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/wire"
	"countersign.dev/countersign/internal/store"
)

// Name of the adapter in attempts.
const Name = "smtp"

const (
	dialTime    = 10 * time.Second
	commandTime = 15 * time.Second
)

// Settings returns an organization's mail server with its password; ok is false where there is none.
type Settings func(ctx context.Context, q store.Querier, orgID string) (m mail.Server, ok bool, err error)

// Sender sends email. A server that fails before the end of the text was written has not taken it over; one that fails after that, and
// before it answered, may have.
type Sender struct {
	db       *store.DB
	settings Settings
	tls      *tls.Config       // nil trusts what the system trusts
	attached attachment.Source // nil attaches nothing
}

// New returns a Sender.
func New(db *store.DB, settings Settings, config *tls.Config) *Sender {
	return &Sender{db: db, settings: settings, tls: config}
}

// Attach sets where the files come from that mails carry.
func (s *Sender) Attach(from attachment.Source) *Sender {
	s.attached = from
	return s
}

// Name is "smtp".
func (s *Sender) Name() string { return Name }

// Carries is true for email.
func (s *Sender) Carries(way message.Way) bool { return way == message.Email }

// Configured says whether the organization has a mail server.
func (s *Sender) Configured(ctx context.Context, q store.Querier, orgID string) (bool, error) {
	_, ok, err := s.settings(ctx, q, orgID)
	return ok, err
}

// Send hands one mail to the server.
func (s *Sender) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	m, ok, err := s.settings(ctx, s.db.Read(), a.OrgID)
	if err == nil && !ok {
		err = errors.New("the mail server was removed")
	}
	if err != nil {
		return message.Receipt{}, message.NotSent("settings", err)
	}
	brand, err := branding.Of(ctx, s.db.Read(), a.OrgID)
	if err != nil {
		brand = branding.Brand{} // a mail without colors does as well
	}
	file, err := s.file(ctx, a)
	if err != nil {
		return message.Receipt{}, err
	}
	text, messageID, err := compose(m, brand, a, file, time.Now())
	if err != nil {
		return message.Receipt{}, &message.Refusal{Permanent: true, Reason: "smtp compose"}
	}
	conn, err := s.dial(ctx, m)
	if err != nil {
		return message.Receipt{}, err
	}
	// The library's commands have time limits of their own, so a context that ends closes the connection.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	c, err := s.greet(conn, m)
	if err != nil {
		return message.Receipt{}, errors.Join(err, ignored(conn.Close()))
	}
	defer func() { _ = c.Close() }()
	if err := submit(c, envelope(m, a), m.FromAddress, a.To, text); err != nil {
		return message.Receipt{}, err
	}
	_ = c.Quit() // the server has answered already
	return message.Receipt{ProviderID: messageID}, nil
}

// file is what a mail carries. A mail that was meant to carry something does not go without it: it waits, or is given up where waiting is no use.
func (s *Sender) file(ctx context.Context, a message.Attempt) (*attachment.File, error) {
	if s.attached == nil {
		return nil, nil
	}
	f, err := s.attached(ctx, a.OrgID, a.DeliveryID)
	if errors.Is(err, attachment.ErrUnusable) {
		return nil, &message.Refusal{Permanent: true, Reason: "attachment"}
	}
	if err != nil {
		return nil, message.NotSent("attachment", err)
	}
	return f, nil
}

func (s *Sender) dial(ctx context.Context, m mail.Server) (net.Conn, error) {
	address := net.JoinHostPort(m.Host, strconv.Itoa(m.Port))
	dialer := &net.Dialer{Timeout: dialTime}
	if m.TLS == mail.ImplicitTLS {
		conn, err := (&tls.Dialer{NetDialer: dialer, Config: s.config(m.Host)}).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, message.NotSent(wire.Why(err, wire.TLS), err)
		}
		return conn, nil
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, message.NotSent(wire.Why(err, wire.Refused), err)
	}
	return conn, nil
}

// greet does everything up to the mail itself.
func (s *Sender) greet(conn net.Conn, m mail.Server) (*gosmtp.Client, error) {
	var c *gosmtp.Client
	if m.TLS == mail.StartTLS {
		if err := conn.SetDeadline(time.Now().Add(commandTime)); err != nil {
			return nil, message.NotSent("connect", err)
		}
		var err error
		if c, err = gosmtp.NewClientStartTLS(conn, s.config(m.Host)); err != nil {
			return nil, before(wire.Why(err, "starttls"), err)
		}
	} else {
		c = gosmtp.NewClient(conn)
	}
	c.CommandTimeout, c.SubmissionTimeout = commandTime, commandTime
	if err := c.Hello(domainOf(m.FromAddress)); err != nil {
		return nil, before("greeting", err)
	}
	if m.Username == "" {
		return c, nil
	}
	if err := c.Auth(method(c, m)); err != nil {
		// Wrong credentials are for an administrator to mend, so the mail waits for that as long as it lives.
		if e, ok := errors.AsType[*gosmtp.SMTPError](err); ok {
			return nil, &message.Refusal{Reason: reply(e)}
		}
		return nil, message.NotSent("sign-in", errors.New("the server ended the sign-in"))
	}
	return c, nil
}

func method(c *gosmtp.Client, m mail.Server) sasl.Client {
	if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
		return sasl.NewLoginClient(m.Username, m.Password)
	}
	return sasl.NewPlainClient("", m.Username, m.Password)
}

// envelope is where a report of failed delivery goes: the mail's own reply address, by which it is known, where one can be received.
func envelope(m mail.Server, a message.Attempt) string {
	if m.InboundAddress == "" {
		return m.FromAddress
	}
	return mail.ReplyAddress(m.InboundAddress, a.ReplyToken)
}

// submit hands over the mail. Only after its end was written may an error mean that the server has it. A server that lets nobody send
// under other addresses than their own gets the usual one, and its reports are not seen.
func submit(c *gosmtp.Client, from, usual, to string, text []byte) error {
	err := c.Mail(from, nil)
	if e, ok := errors.AsType[*gosmtp.SMTPError](err); ok && e.Code >= 500 && from != usual {
		if err = c.Reset(); err == nil {
			err = c.Mail(usual, nil)
		}
	}
	if err != nil {
		return before("sender", err)
	}
	if err := c.Rcpt(to, nil); err != nil {
		return before("receiver", err)
	}
	w, err := c.Data()
	if err != nil {
		return before("data", err)
	}
	if _, err := w.Write(text); err != nil {
		return message.NotSent("data", err)
	}
	if err := w.Close(); err != nil {
		if e, ok := errors.AsType[*gosmtp.SMTPError](err); ok {
			return refusal(e)
		}
		return errors.New("no answer to the end of the mail")
	}
	return nil
}

// before is an error that came before the end of the mail was written.
func before(stage string, err error) error {
	if e, ok := errors.AsType[*gosmtp.SMTPError](err); ok {
		return refusal(e)
	}
	return message.NotSent(stage, err)
}

func refusal(e *gosmtp.SMTPError) error {
	return &message.Refusal{Permanent: e.Code >= 500, Reason: reply(e)}
}

// reply is a server's answer without its text, which may repeat ours.
func reply(e *gosmtp.SMTPError) string {
	s := "smtp " + strconv.Itoa(e.Code)
	if c := e.EnhancedCode; c[0] > 0 {
		s += " " + strconv.Itoa(c[0]) + "." + strconv.Itoa(c[1]) + "." + strconv.Itoa(c[2])
	}
	return s
}

func (s *Sender) config(host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.tls != nil {
		c = s.tls.Clone()
	}
	c.ServerName = host
	return c
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// ignored drops the error of closing what has failed already.
func ignored(error) error { return nil }
