package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/mailin"
	"countersign.dev/countersign/internal/message/wire"
)

// allowance is what a server may send for one command, in bytes: a mail, and what else belongs to its answer.
const allowance = mailin.MaxSize + 1<<20

// failure is an error with the word that is shown for it. Its cause never holds what the server wrote, which may repeat a password.
type failure struct {
	reason string
	cause  error
}

func (f *failure) Error() string { return f.reason }
func (f *failure) Unwrap() error { return f.cause }

func failed(reason string, cause error) error { return &failure{reason, cause} }

func reasonOf(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.reason
	}
	return reasonStore
}

// client is a connection on which a folder is open.
type client struct {
	*imapclient.Client
	conn     *metered
	command  time.Duration
	selected *goimap.SelectData
	news     chan struct{} // the server told of something new
}

// open connects, signs in and opens the folder. A connection ends with ctx.
func (s *Service) open(ctx context.Context, b Box) (*client, error) {
	c := &client{command: s.Timing.Command, news: make(chan struct{}, 1)}
	dialing, cancel := context.WithTimeout(ctx, c.command)
	defer cancel()
	plain, err := (&net.Dialer{}).DialContext(dialing, "tcp", net.JoinHostPort(b.Host, strconv.Itoa(b.Port)))
	if err != nil {
		return nil, failed(wire.Why(err, wire.Refused), err)
	}
	if err := c.greet(dialing, plain, b, configFor(s.TLS, b.Host)); err != nil {
		_ = plain.Close()
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	if err := c.enter(b); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// greet does everything up to the sign-in.
func (c *client) greet(ctx context.Context, plain net.Conn, b Box, config *tls.Config) error {
	options := &imapclient.Options{TLSConfig: config, UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: c.told}}
	defer context.AfterFunc(ctx, func() { _ = plain.Close() })()
	if b.TLS == mail.ImplicitTLS {
		encrypted := tls.Client(plain, config)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return failed(wire.Why(err, wire.TLS), err)
		}
		c.conn = meter(encrypted)
		c.Client = imapclient.New(c.conn, options)
		return c.greeted(ctx)
	}
	c.conn = meter(plain)
	var err error
	if c.Client, err = imapclient.NewStartTLS(c.conn, options); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return failed(wire.Timeout, err)
	}
	if _, refused := errors.AsType[*goimap.Error](err); refused {
		return failed(wire.NotOffered, err)
	}
	return failed(wire.Why(err, wire.Disconnected), err)
}

func (c *client) greeted(ctx context.Context) error {
	if err := c.WaitGreeting(); err != nil {
		_ = c.Close()
		if ctx.Err() != nil {
			return failed(wire.Timeout, err)
		}
		return failed(reasonProtocol, err)
	}
	return nil
}

// enter signs in and opens the folder.
func (c *client) enter(b Box) error {
	if err := c.do(func() error { return c.Login(b.Username, b.Password).Wait() }); err != nil {
		return c.word(err, reasonSignIn)
	}
	err := c.do(func() (err error) {
		c.selected, err = c.Select(b.Folder, nil).Wait()
		return err
	})
	if err != nil {
		return c.word(err, reasonFolder)
	}
	return nil
}

// exists says whether there is a folder of that name.
func (c *client) exists(folder string) error {
	err := c.do(func() error {
		_, err := c.Status(folder, &goimap.StatusOptions{NumMessages: true}).Wait()
		return err
	})
	if err != nil {
		return c.word(err, reasonMoveTo)
	}
	return nil
}

// do runs a command within its time and its bytes.
func (c *client) do(command func() error) error {
	c.conn.renew()
	late := time.AfterFunc(c.command, func() { c.conn.expire() })
	defer late.Stop()
	return command()
}

// word tells a server's clear no, which no is the word for, from a connection that broke.
func (c *client) word(err error, no string) error {
	if e, ok := errors.AsType[*goimap.Error](err); ok && e.Type != goimap.StatusResponseTypeBye {
		return failed(no, err)
	}
	switch {
	case c.conn.spent():
		return failed(reasonProtocol, err)
	case c.conn.late.Load():
		return failed(wire.Timeout, err)
	}
	return failed(wire.Disconnected, err)
}

// told notes that the server tells of new mail.
func (c *client) told(m *imapclient.UnilateralDataMailbox) {
	if m.NumMessages == nil {
		return
	}
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func configFor(trust *tls.Config, host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust != nil {
		c = trust.Clone()
	}
	c.ServerName = host
	return c
}

// metered ends a connection on which the other side sends more than it may: the library keeps what it reads in memory.
type metered struct {
	net.Conn
	left   atomic.Int64
	late   atomic.Bool
	broken chan struct{} // closed once nothing more can be read
	end    func()
}

func meter(c net.Conn) *metered {
	m := &metered{Conn: c, broken: make(chan struct{})}
	m.end = sync.OnceFunc(func() { close(m.broken) })
	m.renew()
	return m
}

func (m *metered) renew()      { m.left.Store(allowance) }
func (m *metered) spent() bool { return m.left.Load() <= 0 }

func (m *metered) expire() {
	m.late.Store(true)
	_ = m.Close()
}

func (m *metered) Read(b []byte) (int, error) {
	if m.spent() {
		m.end()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := m.Conn.Read(b)
	m.left.Add(-int64(n))
	if err != nil {
		m.end()
	}
	return n, err
}
