package smtp

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mail in other character sets than UTF-8
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"

	"countersign.dev/countersign/internal/input"
)

const (
	maxParts      = 50
	maxText       = 256 << 10
	maxSignatures = 3
)

var errNoSender = errors.New("a mail needs one From with one address")

// parsed is what a mail says, without what it quotes.
type parsed struct {
	from      string
	messageID string
	subject   string
	text      string
	automatic bool // written by a machine; answering could start a loop
}

func parse(raw []byte) (p parsed, err error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !gomessage.IsUnknownCharset(err) {
		return p, err
	}
	// Of several From fields a reader may show another one than the signature covers.
	from, err := r.Header.AddressList("From")
	if err != nil || len(from) != 1 || count(r.Header, "From") != 1 {
		return p, errNoSender
	}
	p.from = input.FoldEmail(from[0].Address)
	p.messageID = r.Header.Get("Message-Id")
	p.subject, _ = r.Header.Subject()
	p.automatic = isAutomatic(r.Header, p.from)
	p.text = unquoted(textOf(r))
	return p, nil
}

func count(h mail.Header, key string) (n int) {
	for f := h.FieldsByKey(key); f.Next(); {
		n++
	}
	return n
}

// isAutomatic follows RFC 3834 and what mail programs do instead.
func isAutomatic(h mail.Header, from string) bool {
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

// textOf is the first plain text of a mail, or else the words of its HTML. What cannot be read ends it.
func textOf(r *mail.Reader) (text string) {
	var markup string
	for range maxParts {
		p, err := r.NextPart()
		if err != nil && !gomessage.IsUnknownCharset(err) {
			break
		}
		h, ok := p.Header.(*mail.InlineHeader)
		if !ok {
			continue
		}
		kind, _, _ := h.ContentType()
		if kind != "text/plain" && kind != "" && kind != "text/html" {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(p.Body, maxText))
		if err != nil && len(b) == 0 {
			continue
		}
		if kind != "text/html" {
			return string(b)
		}
		if markup == "" {
			markup = string(b)
		}
	}
	return words(markup)
}

var (
	unseen    = regexp.MustCompile(`(?is)<(script|style|head|title)\b.*?</(script|style|head|title)\s*>|<!--.*?-->`)
	lineBreak = regexp.MustCompile(`(?i)<(br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?blockquote)\b[^>]*>`)
	tag       = regexp.MustCompile(`<[^>]*>`)
)

// words is the text that HTML shows, near enough to find a word in it.
func words(markup string) string {
	s := unseen.ReplaceAllString(markup, " ")
	s = lineBreak.ReplaceAllString(s, "\n")
	return html.UnescapeString(tag.ReplaceAllString(s, " "))
}

// quoteStart is the line with which mail programs introduce what they quote, and the one that starts a signature.
var quoteStart = regexp.MustCompile(`(?i)^(on\b.*\bwrote:|le\b.*\ba écrit ?:|am\b.*\bschrieb\b.*:|el\b.*\bescribió:|-{2,} ?(original message|message d'origine|ursprüngliche nachricht).*|_{10,}|(from|de|von): .*@.*|--)$`)

// unquoted is what a person wrote above what they answer to.
func unquoted(text string) string {
	var kept []string
	previous := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n\u00a0")
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			continue
		}
		if quoteStart.MatchString(strings.TrimSpace(line)) {
			break
		}
		if quoteStart.MatchString(strings.TrimSpace(previous + " " + line)) { // the introduction is broken into two lines
			kept = kept[:max(len(kept)-1, 0)]
			break
		}
		kept = append(kept, line)
		previous = line
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// isAligned says whether the domain of From, or its parent or child, signed the mail (DKIM, RFC 6376; relaxed alignment).
func isAligned(ctx context.Context, raw []byte, from string, lookup func(context.Context, string) ([]string, error)) bool {
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return lookup(ctx, name) },
		MaxVerifications: maxSignatures,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return false
	}
	for _, v := range found {
		if v.Err == nil && sameOrganization(strings.ToLower(v.Domain), domainOf(from)) {
			return true
		}
	}
	return false
}

// sameOrganization is true for equal domains and for one within the other; a public suffix never signs, nor is it written from.
func sameOrganization(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || (strings.HasSuffix(b, "."+a) && strings.Contains(a, "."))
}
