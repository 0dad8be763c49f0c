package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// answerTime is how long a carrier may take to answer anything at all.
const answerTime = 5 * time.Second

// carriers: Twilio calls us back, so it needs an address of ours; and we must reach its own. No credentials are sent: the console's test
// asks about the account itself.
func (p patient) carriers(ctx context.Context) Check {
	const name = "carriers"
	addresses, err := carrierAddresses(ctx, p.db.Read())
	switch {
	case err != nil:
		return broken(name, err)
	case len(addresses) == 0:
		return Check{name, OK, "none set: the sandbox carries texts and calls", ""}
	}
	for _, address := range addresses {
		if err := answers(ctx, address); err != nil {
			return Check{name, Fail, address + " does not answer", "See that this machine reaches it: a firewall or a proxy may be in between."}
		}
		if !isLocal(address) && (p.external == nil || isLocal(p.external.String())) {
			return Check{name, Fail, "Twilio is set up, but it cannot call this server: the external address is not set or leads to this machine only", "Set --external-url or COUNTERSIGN_EXTERNAL_URL to the https address that the internet reaches."}
		}
	}
	return Check{name, OK, fmt.Sprintf("%d answer", len(addresses)), ""}
}

// answers says whether anything speaks HTTP at an address; what it says does not matter.
func answers(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func isLocal(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
