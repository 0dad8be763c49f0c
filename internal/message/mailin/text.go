package mailin

import (
	"html"
	"io"
	"regexp"
	"strings"

	gomessage "github.com/emersion/go-message"
)

// textOf is the first plain text of a mail, or else the words of its HTML. What cannot be read ends it.
func textOf(e *gomessage.Entity) (text string) {
	var markup string
	walk(e, func(kind string, p *gomessage.Entity) bool {
		if shown, _, _ := p.Header.ContentDisposition(); shown == "attachment" {
			return false
		}
		if kind != "text/plain" && kind != "" && kind != "text/html" {
			return false
		}
		b, err := io.ReadAll(io.LimitReader(p.Body, maxText))
		if err != nil && len(b) == 0 {
			return false
		}
		if kind != "text/html" {
			text, markup = string(b), ""
			return true
		}
		if markup == "" {
			markup = string(b)
		}
		return false
	})
	if markup != "" {
		return words(markup)
	}
	return text
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
