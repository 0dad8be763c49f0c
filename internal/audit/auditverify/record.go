package auditverify

import (
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

const timeLayout = "2006-01-02T15:04:05.000000Z"

var (
	base64Strict = base64.StdEncoding.Strict()
	errRecord    = errors.New("the record is not in canonical form")
)

// Ref names an actor or a thing without telling anything about it.
type Ref struct {
	Type string
	ID   string
}

// Commitment stands for the personal data that an event tells about one subject.
type Commitment struct {
	Subject string
	Sum     Hash
}

// Record is the public part of one event: what the tree covers. It holds ids, codes and commitments, and no personal data.
type Record struct {
	Organization string
	Seq          int64 // 1 for an organization's first event, without gaps
	ID           string
	At           time.Time
	Actor        Ref
	Action       string
	Outcome      string
	Reason       string
	Targets      []Ref
	CustomerID   string
	TicketID     string
	RequestID    string
	Commitments  []Commitment
}

// Plain says whether s may stand in a record: printable ASCII without quote and backslash, so that it has one spelling in JSON.
func Plain(s string) bool {
	for i := range len(s) {
		if !plain(s[i]) {
			return false
		}
	}
	return true
}

func plain(c byte) bool { return c >= ' ' && c <= '~' && c != '"' && c != '\\' }

// Encode returns the canonical bytes of r: one JSON object with every field, in this order and without spaces.
func (r *Record) Encode() []byte {
	b := make([]byte, 0, 640)
	b = append(append(append(b, `{"v":1,"org":"`...), r.Organization...), `","seq":`...)
	b = strconv.AppendInt(b, r.Seq, 10)
	b = append(append(append(b, `,"id":"`...), r.ID...), `","at":"`...)
	b = r.At.UTC().AppendFormat(b, timeLayout)
	b = appendRef(append(b, `","actor":`...), r.Actor)
	b = append(append(append(b, `,"action":"`...), r.Action...), `","outcome":"`...)
	b = append(append(append(b, r.Outcome...), `","reason":"`...), r.Reason...)
	b = append(b, `","targets":[`...)
	for i, t := range r.Targets {
		b = appendRef(appendComma(b, i), t)
	}
	b = append(append(append(b, `],"customer_id":"`...), r.CustomerID...), `","ticket_id":"`...)
	b = append(append(append(b, r.TicketID...), `","request_id":"`...), r.RequestID...)
	b = append(b, `","commitments":[`...)
	for i, c := range r.Commitments {
		b = append(append(appendComma(b, i), `{"subject":"`...), c.Subject...)
		b = base64Strict.AppendEncode(append(b, `","sha256":"`...), c.Sum[:])
		b = append(b, `"}`...)
	}
	return append(b, `]}`...)
}

func appendRef(b []byte, r Ref) []byte {
	b = append(append(append(b, `{"type":"`...), r.Type...), `","id":"`...)
	return append(append(b, r.ID...), `"}`...)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// ParseRecord accepts the canonical bytes of a record and nothing else: Encode of the result gives the same bytes again.
func ParseRecord(text string) (Record, error) {
	c := cursor{s: text}
	var r Record
	c.record(&r)
	if c.bad || c.i != len(text) {
		return Record{}, errRecord
	}
	return r, nil
}

// record reads into r and uses its lists again.
func (c *cursor) record(r *Record) {
	r.Targets, r.Commitments = r.Targets[:0], r.Commitments[:0]
	c.lit(`{"v":1,"org":"`)
	r.Organization = c.plain()
	c.lit(`,"seq":`)
	r.Seq = c.number()
	c.lit(`,"id":"`)
	r.ID = c.plain()
	c.lit(`,"at":"`)
	r.At = c.time()
	c.lit(`,"actor":`)
	r.Actor = c.ref()
	c.lit(`,"action":"`)
	r.Action = c.plain()
	c.lit(`,"outcome":"`)
	r.Outcome = c.plain()
	c.lit(`,"reason":"`)
	r.Reason = c.plain()
	c.lit(`,"targets":[`)
	c.list(func() { r.Targets = append(r.Targets, c.ref()) })
	c.lit(`,"customer_id":"`)
	r.CustomerID = c.plain()
	c.lit(`,"ticket_id":"`)
	r.TicketID = c.plain()
	c.lit(`,"request_id":"`)
	r.RequestID = c.plain()
	c.lit(`,"commitments":[`)
	c.list(func() {
		c.lit(`{"subject":"`)
		subject := c.plain()
		c.lit(`,"sha256":"`)
		r.Commitments = append(r.Commitments, Commitment{subject, c.hash()})
		c.lit(`}`)
	})
	c.lit(`}`)
}
