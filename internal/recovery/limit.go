package recovery

import (
	"context"
	"encoding/hex"
	"time"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/throttle"
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
	}{{"name:" + hex.EncodeToString(name), mostName}, {"network:" + throttle.Network(address), mostNetwork}} {
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
