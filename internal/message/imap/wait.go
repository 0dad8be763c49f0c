package imap

import (
	"context"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// wait returns when there may be something new: when the server tells by itself (IDLE, RFC 2177), and now and then in any case, which
// also shows a connection that died without a word.
func (c *client) wait(ctx context.Context, t Timing) error {
	if c.idles() {
		return c.idle(ctx, t.Check)
	}
	timer := time.NewTimer(t.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	if err := c.do(func() error { return c.Noop().Wait() }); err != nil {
		return c.word(err, reasonProtocol)
	}
	return nil
}

func (c *client) idle(ctx context.Context, longest time.Duration) error {
	var idling *imapclient.IdleCommand
	err := c.do(func() (err error) {
		idling, err = c.Idle()
		return err
	})
	if err != nil {
		return c.word(err, reasonProtocol)
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-c.news:
	case <-c.conn.broken:
	}
	err = c.do(func() error {
		if err := idling.Close(); err != nil {
			return err
		}
		return idling.Wait()
	})
	if err != nil {
		return c.word(err, reasonProtocol)
	}
	return nil
}

// idles says whether the server tells of new mail by itself.
func (c *client) idles() bool {
	has := false
	return c.do(func() error { has = c.Caps().Has(goimap.CapIdle); return nil }) == nil && has
}
