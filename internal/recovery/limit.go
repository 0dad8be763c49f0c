package recovery

import (
	"context"
	"encoding/hex"
	"net/netip"
	"time"

	"countersign.dev/countersign/internal/store"
)

// How often a reset may be asked for (SIG-23): for one name, and from one network, where a whole office may sit.
const (
	window      = time.Hour
	mostName    = 5
	mostNetwork = 30
)

// count counts a request for its name and its network. A name that nobody has is counted like any other.
func count(ctx context.Context, tx *store.Tx, address string, name []byte, now time.Time) error {
	for _, c := range []struct {
		key  string
		most int
	}{{"name:" + hex.EncodeToString(name), mostName}, {"network:" + network(address), mostNetwork}} {
		asked, since, err := countRequest(ctx, tx, c.key, now, now.Add(-window))
		if err != nil {
			return err
		}
		if asked > c.most {
			return errTooMany.After(since.Add(window).Sub(now))
		}
	}
	return nil
}

// network is what one attacker is assumed to hold: a /24 of IPv4, a /64 of IPv6.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
