package consent

import (
	"context"
	"encoding/hex"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

// An address that is erased takes with it what was said about it, also that it wants no messages. So that whoever enters it again does not
// text it again, a MAC of it is kept. The key is no part of the database: from the database alone nobody can try out all numbers.

// mac stands for an address, as Key gives it, of one organization.
func (l Ledger) mac(org, key string) string {
	return hex.EncodeToString(l.Keys.MAC("erased opt-out", org, key))
}

// KeepErased remembers of an address that is about to be erased that it wants no messages, if so.
func (l Ledger) KeepErased(ctx context.Context, tx *store.Tx, orgID, address string) error {
	st, err := l.Of(ctx, tx, orgID, address)
	if err != nil || st.State != OptedOut {
		return err
	}
	return putErased(ctx, tx, orgID, l.mac(orgID, Key(address)))
}

// Recall writes down of addresses that somebody just got that they were erased as unwilling, if so, for lists and pages to show it. Whatever
// sends knows it without that.
func (l Ledger) Recall(ctx context.Context, tx *store.Tx, contactID string, addresses []string) error {
	orgID := access.ActorFrom(ctx).OrgID
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = Key(a)
	}
	gone, err := l.erased(ctx, tx, orgID, keys)
	if err != nil || len(gone) == 0 {
		return err
	}
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		if !gone[key] {
			continue
		}
		if _, err := l.Put(ctx, tx, Record{Address: key, State: OptedOut, Source: Erased, ContactID: contactID}); err != nil {
			return err
		}
	}
	return nil
}

// erased returns which of the addresses, as Key gives them, were erased as unwilling and did not opt in themselves since.
func (l Ledger) erased(ctx context.Context, q store.Querier, orgID string, keys []string) (map[string]bool, error) {
	macs := make([]string, len(keys))
	for i, key := range keys {
		macs[i] = l.mac(orgID, key)
	}
	found, err := erasedMACs(ctx, q, orgID, macs)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i, key := range keys {
		if found[macs[i]] {
			out[key] = true
		}
	}
	return out, nil
}

// standings returns what is known of addresses, by Key. One that was erased as unwilling wants nothing, whatever else was written down of it.
func (l Ledger) standings(ctx context.Context, q store.Querier, orgID string, keys []string) (map[string]Standing, error) {
	out, err := standings(ctx, q, orgID, keys)
	if err != nil {
		return nil, err
	}
	gone, err := l.erased(ctx, q, orgID, keys)
	if err != nil {
		return nil, err
	}
	for key := range gone {
		if st := out[key]; st.State != OptedOut {
			out[key] = Standing{State: OptedOut, Source: Erased, AskedAt: st.AskedAt}
		}
	}
	return out, nil
}
