package auditverify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// MinSalt is the least number of random bytes in front of what a commitment covers.
const MinSalt = 16

// ExportFormat is what the first line of an export says.
const ExportFormat = "countersign.audit.export/1"

// Header is the first line of an export.
type Header struct {
	Format       string    `json:"format"`
	Organization string    `json:"organization"`
	Size         int64     `json:"size"`
	ExportedAt   time.Time `json:"exported_at"`
	PublicKey    string    `json:"public_key"` // for convenience; whoever checks uses the one that was kept elsewhere
}

// Section is the personal data that an event tells about one subject, or the note that it was erased.
type Section struct {
	Subject string
	Salt    []byte
	Data    []byte // a JSON object
	Erased  bool
	Damaged bool // neither erased nor what was committed to
}

// AppendEvent appends the line of one event to b; leaf is the hash that was stored beside the record.
func AppendEvent(b []byte, record string, leaf []byte, sections []Section) []byte {
	b = append(append(b, `{"event":`...), record...)
	b = base64Strict.AppendEncode(append(b, `,"leaf":"`...), leaf)
	b = append(b, `","private":[`...)
	for i, s := range sections {
		b = append(append(appendComma(b, i), `{"subject":"`...), s.Subject...)
		switch {
		case s.Damaged:
			b = append(b, `","damaged":true}`...)
			continue
		case s.Erased:
			b = append(b, `","erased":true}`...)
			continue
		}
		b = base64Strict.AppendEncode(append(b, `","salt":"`...), s.Salt)
		b = append(append(append(b, `","data":`...), s.Data...), '}')
	}
	return append(b, "]}\n"...)
}

// AppendLine appends any other line: a Header, or what the three functions below return.
func AppendLine(b []byte, v any) ([]byte, error) {
	line, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a line of the export: %w", err)
	}
	return append(append(b, line...), '\n'), nil
}

type checkpointLine struct {
	Checkpoint string `json:"checkpoint"`
}

type signatureLine struct {
	Signature string `json:"signature"`
}

type trailerLine struct {
	SHA256 string `json:"sha256"`
}

// CheckpointLine holds a signed checkpoint; it stands behind the last event that it covers.
func CheckpointLine(signed string) any { return checkpointLine{signed} }

// SignatureLine holds the signed SignatureText.
func SignatureLine(signed string) any { return signatureLine{signed} }

// TrailerLine is the last line; sum covers all bytes before it.
func TrailerLine(sum Hash) any { return trailerLine{hex.EncodeToString(sum[:])} }

// SignatureText is what is signed at the end of an export: sum covers all bytes before the line with the signature.
func SignatureText(organization string, size int64, sum Hash) string {
	return fmt.Sprintf("%s/export\n%d\n%s\n", origin(organization), size, base64Strict.EncodeToString(sum[:]))
}

// AttestationText is what is signed at the end of another document about an organization, such as a receipt: what is a plain word for its
// kind, sum covers the bytes that the document names.
func AttestationText(organization, what string, sum Hash) string {
	return fmt.Sprintf("%s/%s\n%s\n", origin(organization), what, base64Strict.EncodeToString(sum[:]))
}

// kind says what a line of an export holds.
type kind uint8

const (
	headerKind kind = iota
	eventKind
	checkpointKind
	signatureKind
	trailerKind
)

// item is one line of an export, parsed and checked as far as it can be alone.
type item struct {
	kind   kind
	start  int    // of the line in its chunk
	org    string // of an event
	seq    int64  // of an event
	erased int    // sections of an event
	leaf   Hash   // of an event; the sum of a trailer
	text   string // signed note of a checkpoint or signature
	header Header
}

// parser parses lines; it keeps buffers between them.
type parser struct {
	buffer []byte
	record Record
}

// line parses one line without its newline. The reason is empty if it is good.
func (p *parser) line(text string) (it item, reason string) {
	switch {
	case strings.HasPrefix(text, `{"event":`):
		return p.event(text)
	case strings.HasPrefix(text, `{"checkpoint":`):
		v, ok := strict[checkpointLine](text)
		return item{kind: checkpointKind, text: v.Checkpoint}, malformedUnless(ok)
	case strings.HasPrefix(text, `{"signature":`):
		v, ok := strict[signatureLine](text)
		return item{kind: signatureKind, text: v.Signature}, malformedUnless(ok)
	case strings.HasPrefix(text, `{"sha256":`):
		v, ok := strict[trailerLine](text)
		sum, err := hex.DecodeString(v.SHA256)
		if !ok || err != nil || len(sum) != len(Hash{}) || strings.ToLower(v.SHA256) != v.SHA256 {
			return item{}, malformed
		}
		return item{kind: trailerKind, leaf: Hash(sum)}, ""
	case strings.HasPrefix(text, `{"format":`):
		v, ok := strict[Header](text)
		return item{kind: headerKind, header: v}, malformedUnless(ok && v.Format == ExportFormat)
	}
	return item{}, malformed
}

const malformed = "the line is malformed"

func malformedUnless(ok bool) string {
	if ok {
		return ""
	}
	return malformed
}

// strict decodes text if it is exactly what encoding its value gives.
func strict[T any](text string) (v T, ok bool) {
	if json.Unmarshal([]byte(text), &v) != nil {
		return v, false
	}
	again, err := json.Marshal(v)
	return v, err == nil && string(again) == text
}

func (p *parser) event(text string) (it item, reason string) {
	c := cursor{s: text, i: len(`{"event":`)}
	start := c.i
	r := &p.record
	c.record(r)
	end := c.i
	it = item{kind: eventKind, org: r.Organization, seq: r.Seq}
	c.lit(`,"leaf":"`)
	it.leaf = c.hash()
	if c.bad {
		return it, malformed
	}
	if it.leaf != p.leaf(text[start:end]) {
		return it, "the event was altered"
	}
	c.lit(`,"private":[`)
	n := 0
	c.list(func() {
		if n < len(r.Commitments) && reason == "" {
			it.erased, reason = p.section(&c, r.Commitments[n], it.erased)
		} else {
			c.bad = true
		}
		n++
	})
	c.lit(`}`)
	switch {
	case reason != "":
		return it, reason
	case c.bad || c.i != len(text):
		return it, malformed
	case n != len(r.Commitments):
		return it, "private data is missing"
	}
	return it, ""
}

func (p *parser) leaf(record string) Hash {
	p.buffer = append(append(p.buffer[:0], 0), record...)
	return sha256.Sum256(p.buffer)
}

// section reads one section and checks it against its commitment.
func (p *parser) section(c *cursor, want Commitment, erased int) (int, string) {
	c.lit(`{"subject":"`)
	if subject := c.plain(); !c.bad && subject != want.Subject {
		return erased, "private data belongs to another subject"
	}
	if c.has(`,"damaged":true}`) {
		return erased, "private data was damaged"
	}
	if c.has(`,"erased":true}`) {
		c.lit(`,"erased":true}`)
		return erased + 1, ""
	}
	c.lit(`,"salt":"`)
	var room [maxBytes]byte
	salt := c.bytes(&room)
	c.lit(`,"data":`)
	data := c.object()
	c.lit(`}`)
	if c.bad || len(salt) < MinSalt {
		return erased, malformed
	}
	if commit(&p.buffer, salt, want.Subject, []byte(data)) != want.Sum {
		return erased, "private data was altered"
	}
	return erased, ""
}
