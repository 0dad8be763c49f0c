// Package mailin reads mail that came in, whichever way it came: what a person wrote in it, whether a machine wrote it, whether its
// sender's domain signed it, and what it says if it is a bounce. Everything here is written by strangers, so every loop has a bound.
package mailin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"slices"
	"strings"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mail in other character sets than UTF-8
	gomail "github.com/emersion/go-message/mail"

	"countersign.dev/countersign/internal/input"
)

// MaxSize of a mail that is read, in bytes. What a person answers is far smaller.
const MaxSize = 1 << 20

const (
	maxHeader    = 128 << 10
	maxParts     = 50 // of all depths
	maxDepth     = 8
	maxText      = 256 << 10
	maxReceivers = 100
)

// ErrSender refuses a mail whose sender is not clear.
var ErrSender = errors.New("a mail needs one From with one address")

// Mail is what a mail says, without what it quotes.
type Mail struct {
	From      string
	MessageID string
	Subject   string
	Text      string
	To        []string // whom it names as its receivers, in the order in which servers and senders tell it
	Automatic bool     // written by a machine; answering could start a loop
	NullPath  bool     // the server that delivered it noted the null sender, as of a bounce
	Bounce    Bounce   // zero unless it is a well-formed report of failed delivery

	raw    []byte
	header gomail.Header
}

// Parse reads a mail of up to MaxSize bytes. What cannot be read of its text is left out; a mail without one clear sender is refused.
func Parse(raw []byte) (Mail, error) {
	if len(raw) > MaxSize {
		return Mail{}, errors.New("the mail is too large")
	}
	e, err := gomessage.ReadWithOptions(bytes.NewReader(raw), &gomessage.ReadOptions{MaxHeaderBytes: maxHeader})
	if err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err) {
		return Mail{}, err
	}
	m := Mail{raw: raw, header: gomail.Header{Header: e.Header}}
	// Of several From fields a reader may show another one than the signature covers.
	from, err := m.header.AddressList("From")
	if err != nil || len(from) != 1 || m.count("From") != 1 {
		return Mail{}, ErrSender
	}
	m.From = input.FoldEmail(from[0].Address)
	m.MessageID = m.header.Get("Message-Id")
	m.Subject, _ = m.header.Subject()
	m.To = m.receivers()
	m.NullPath = strings.TrimSpace(m.header.Get("Return-Path")) == "<>"
	m.Automatic = isAutomatic(m.header, m.From)
	if kind, _, _ := m.header.ContentType(); kind == "multipart/report" {
		m.Bounce = bounceOf(e)
		return m, nil
	}
	m.Text = unquoted(textOf(e))
	return m, nil
}

// ID is the same for the same mail, also if a server hands it over twice because our answer was lost, and whichever way it came.
func (m Mail) ID() string {
	sum := sha256.Sum256(m.raw)
	if m.MessageID != "" {
		sum = sha256.Sum256([]byte(m.MessageID + "\x00" + m.From))
	}
	return hex.EncodeToString(sum[:])
}

func (m Mail) count(key string) (n int) {
	for f := m.header.FieldsByKey(key); f.Next(); {
		n++
	}
	return n
}

// receivers are the addresses that servers noted on the way, and those that the sender wrote to.
func (m Mail) receivers() (to []string) {
	for _, key := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc"} {
		for f := m.header.FieldsByKey(key); f.Next() && len(to) < maxReceivers; {
			list, err := mail.ParseAddressList(f.Value())
			if err != nil {
				continue
			}
			for _, a := range list[:min(len(list), maxReceivers-len(to))] {
				to = append(to, input.FoldEmail(a.Address))
			}
		}
	}
	return to
}

// isAutomatic follows RFC 3834 and what mail programs do instead.
func isAutomatic(h gomail.Header, from string) bool {
	if v := strings.ToLower(strings.TrimSpace(h.Get("Auto-Submitted"))); v != "" && v != "no" {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(h.Get("Precedence"))) {
	case "bulk", "junk", "list", "auto_reply", "auto-reply":
		return true
	}
	if slices.ContainsFunc([]string{"X-Autoreply", "X-Autorespond", "List-Id", "X-Loop"}, h.Has) {
		return true
	}
	if kind, _, _ := h.ContentType(); kind == "multipart/report" {
		return true
	}
	local, _, _ := strings.Cut(from, "@")
	return local == "mailer-daemon" || local == "postmaster"
}

// walk shows visit each part that holds no other parts, in their order, until visit is done. What cannot be read ends it, as do more
// parts and depth than a person's mail has: each depth multiplies the work.
func walk(e *gomessage.Entity, visit func(kind string, e *gomessage.Entity) (done bool)) {
	left := maxParts
	walkInto(e, 0, &left, visit)
}

func walkInto(e *gomessage.Entity, depth int, left *int, visit func(string, *gomessage.Entity) bool) (done bool) {
	if *left--; *left < 0 || depth > maxDepth {
		return true
	}
	parts := e.MultipartReader()
	if parts == nil {
		kind, _, _ := e.Header.ContentType()
		return visit(kind, e)
	}
	for {
		p, err := parts.NextPart()
		if p == nil || (err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err)) {
			return false
		}
		if walkInto(p, depth+1, left, visit) {
			return true
		}
	}
}
