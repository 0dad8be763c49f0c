package imap

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/message/wire"
	"countersign.dev/countersign/internal/store"
)

// Health is how one organization's mailbox fares, for whoever runs the server. It holds no name of the mailbox and nothing that its server said.
type Health struct {
	Organization string // its name
	Host         string
	TLS          string
	Status
	ReadAt time.Time // when it was last read without trouble; zero if never
	Now    string    // why its server does not answer a connection made now, as a stable word; "" if it does
}

// maxExamined bounds how many servers are connected to.
const maxExamined = 20

// Examine tells how every mailbox fares, and connects to the first twenty servers as a reader would, up to the sign-in: no password leaves.
// A nil trust is what the system trusts; patience is for one server.
func Examine(ctx context.Context, q store.Querier, trust *tls.Config, patience time.Duration) ([]Health, error) {
	found, err := listHealth(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([]Health, len(found))
	for i, f := range found {
		if out[i] = f.Health; i < maxExamined {
			out[i].Now = reach(ctx, f.box, trust, patience)
		}
	}
	return out, nil
}

func reach(ctx context.Context, b Box, trust *tls.Config, patience time.Duration) (why string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	plain, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(b.Host, strconv.Itoa(b.Port)))
	if err != nil {
		return wire.Why(err, wire.Refused)
	}
	c := &client{command: patience, news: make(chan struct{}, 1)}
	if err := c.greet(ctx, plain, b, configFor(trust, b.Host)); err != nil {
		_ = plain.Close()
		return reasonOf(err)
	}
	_ = c.Close()
	return ""
}
