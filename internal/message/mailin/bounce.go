package mailin

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strings"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// What a report of delivery may hold; one mail of ours has one receiver.
const (
	maxReport = 64 << 10
	maxGroups = 20
)

// Bounce is a server's report that a mail could not be delivered for good (RFC 3464).
type Bounce struct {
	Status string // the code of RFC 3463, such as 5.1.1; "" if the mail is no such report
}

// status is an enhanced status code of a failure. 4 comes with it where a server has given up after many tries.
var status = regexp.MustCompile(`^[45]\.\d{1,3}\.\d{1,3}$`)

// bounceOf reads a multipart/report whose second part tells of exactly one failure. Reports of delays, of success, of several receivers
// with different ends and of anything else are none.
func bounceOf(e *gomessage.Entity) (b Bounce) {
	_, params, _ := e.Header.ContentType()
	if !strings.EqualFold(params["report-type"], "delivery-status") {
		return b
	}
	parts := 0
	walk(e, func(kind string, p *gomessage.Entity) bool {
		if parts++; kind != "message/delivery-status" && kind != "message/global-delivery-status" {
			return parts > 2
		}
		b.Status = failureOf(p.Body)
		return true
	})
	return b
}

// failureOf is the status of the receivers, if all of them failed with one.
func failureOf(r io.Reader) (code string) {
	fields := bufio.NewReader(io.LimitReader(r, maxReport))
	if _, err := textproto.ReadHeader(fields); err != nil { // of the mail as a whole
		return ""
	}
	for range maxGroups {
		h, err := textproto.ReadHeader(fields)
		if h.Len() == 0 && (err == nil || errors.Is(err, io.EOF)) {
			return code
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return ""
		}
		word, _, _ := strings.Cut(strings.TrimSpace(h.Get("Status")), " ")
		if !strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed") || !status.MatchString(word) || (code != "" && code != word) {
			return ""
		}
		code = word
	}
	return "" // nobody has that many receivers with one mail of ours
}
