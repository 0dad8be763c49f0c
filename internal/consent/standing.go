package consent

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/store"
)

// Standing is the state of one address.
type Standing struct {
	State   State
	Source  Source
	At      time.Time // when it came to that; zero if Unknown
	AskedAt time.Time // when a form was last sent; zero if never
}

// OwnWord says whether the person themself brought the address into its state, or may have, so that only they take it back.
func (st Standing) OwnWord() bool { return st.Source.lasting() }

// Of returns the standing of an address.
func (l Ledger) Of(ctx context.Context, q store.Querier, orgID, address string) (Standing, error) {
	all, err := l.OfAll(ctx, q, orgID, []string{address})
	return all[address], err
}

// OfAll returns the standing of each of the addresses, by the address as it was given.
func (l Ledger) OfAll(ctx context.Context, q store.Querier, orgID string, addresses []string) (map[string]Standing, error) {
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = Key(a)
	}
	found, err := l.standings(ctx, q, orgID, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Standing, len(addresses))
	for i, a := range addresses {
		st, known := found[keys[i]]
		if !known {
			st.State = Unknown
		}
		out[a] = st
	}
	return out, nil
}

// States returns the state of each address of which anything is known, for lists and pages.
func (l Ledger) States(ctx context.Context, q store.Querier, orgID string, addresses []string) (map[string]string, error) {
	all, err := l.OfAll(ctx, q, orgID, addresses)
	out := make(map[string]string, len(all))
	for a, st := range all {
		if st.State != Unknown {
			out[a] = string(st.State)
		}
	}
	return out, err
}

// OptedOutKeys returns which of the addresses, as Key gives them, want no messages.
func (l Ledger) OptedOutKeys(ctx context.Context, q store.Querier, orgID string, keys []string) (map[string]bool, error) {
	found, err := l.standings(ctx, q, orgID, keys)
	out := map[string]bool{}
	for key, st := range found {
		if st.State == OptedOut {
			out[key] = true
		}
	}
	return out, err
}

func isEmail(address string) bool { return strings.Contains(address, "@") }

// Mask shows enough of an address to recognize it, and too little to use it.
func Mask(address string) string {
	if local, domain, ok := strings.Cut(address, "@"); ok {
		for _, r := range local {
			return string(r) + "•••@" + domain
		}
		return "•••@" + domain
	}
	if len(address) < 6 {
		return "•••"
	}
	return address[:2] + "•••" + address[len(address)-2:]
}
