package mailin

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"countersign.dev/countersign/internal/store"
)

const (
	maxSignatures = 3
	maxAge        = 7 * 24 * time.Hour // far less than it is remembered which mails were handled
	maxAhead      = time.Hour          // that a sender's clock may be wrong
)

// single are the fields that decide what a mail says and whether it came before. A signature covers the last of several, and a reader
// shows the first.
var single = []string{"From", "To", "Cc", "Date", "Message-Id", "Subject", "Content-Type", "Content-Transfer-Encoding", "Mime-Version"}

// Aligned says whether the domain of From, or its parent or child, signed the mail (DKIM, RFC 6376; relaxed alignment) in a way that
// lets nobody use it again: the signature covers a Message-ID, by which a repetition is known for longer than its Date is accepted,
// and, where it covers To, the mail went to us. What other servers wrote into the mail about signatures does not count.
// lookup asks the DNS for TXT records; ours says whether an address belongs to the receiver.
func (m Mail) Aligned(ctx context.Context, lookup func(context.Context, string) ([]string, error), ours func(address string) bool) bool {
	for _, key := range single {
		if m.count(key) > 1 {
			return false
		}
	}
	date, err := m.header.Date()
	if now := store.Now(); err != nil || m.MessageID == "" || date.Before(now.Add(-maxAge)) || date.After(now.Add(maxAhead)) {
		return false
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(m.raw), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return lookup(ctx, name) },
		MaxVerifications: maxSignatures,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return false
	}
	return slices.ContainsFunc(found, func(v *dkim.Verification) bool {
		return v.Err == nil && sameOrganization(strings.ToLower(v.Domain), domainOf(m.From)) && m.bound(v.HeaderKeys, ours)
	})
}

// bound says whether a signature ties a mail to its one use: to one moment, and to us or at least to how its text is read.
func (m Mail) bound(signed []string, ours func(string) bool) bool {
	covers := func(key string) bool {
		return slices.ContainsFunc(signed, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), key) })
	}
	if !covers("Message-Id") || !covers("Date") {
		return false
	}
	if covers("To") && m.header.Has("To") {
		return slices.ContainsFunc(m.named(), ours)
	}
	return covers("Content-Type") || !m.header.Has("Content-Type")
}

// named are the addresses to which the sender wrote.
func (m Mail) named() (to []string) {
	for _, key := range []string{"To", "Cc"} {
		list, err := m.header.AddressList(key)
		if err != nil {
			continue
		}
		for _, a := range list[:min(len(list), maxReceivers)] {
			to = append(to, strings.ToLower(a.Address))
		}
	}
	return to
}

// sameOrganization is true for equal domains and for one within the other; a public suffix never signs, nor is it written from.
func sameOrganization(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || (strings.HasSuffix(b, "."+a) && strings.Contains(a, "."))
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}
