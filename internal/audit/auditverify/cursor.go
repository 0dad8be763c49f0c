package auditverify

import (
	"strconv"
	"strings"
	"time"
)

// cursor reads JSON of a known layout from left to right; once something is not as it must be, it stays bad and stops moving.
type cursor struct {
	s   string
	i   int
	bad bool
}

func (c *cursor) has(text string) bool { return !c.bad && strings.HasPrefix(c.s[c.i:], text) }

func (c *cursor) lit(text string) {
	if !c.has(text) {
		c.bad = true
		return
	}
	c.i += len(text)
}

// plain reads to the closing quote.
func (c *cursor) plain() string {
	if c.bad {
		return ""
	}
	for i := c.i; i < len(c.s); i++ {
		if c.s[i] == '"' {
			text := c.s[c.i:i]
			c.i = i + 1
			return text
		}
		if !plain(c.s[i]) {
			break
		}
	}
	c.bad = true
	return ""
}

func (c *cursor) number() int64 {
	start := c.i
	for c.i < len(c.s) && c.s[c.i] >= '0' && c.s[c.i] <= '9' {
		c.i++
	}
	n, err := strconv.ParseInt(c.s[start:c.i], 10, 64)
	if err != nil || c.s[start] == '0' && c.i > start+1 {
		c.bad = true
	}
	return n
}

func (c *cursor) time() time.Time {
	text := c.plain()
	if c.bad {
		return time.Time{}
	}
	at, err := time.Parse(timeLayout, text)
	// Parse also takes an hour of one digit and a comma.
	if err != nil || len(text) != len(timeLayout) || text[19] != '.' {
		c.bad = true
	}
	return at
}

func (c *cursor) hash() (h Hash) {
	var room [maxBytes]byte
	if b := c.bytes(&room); len(b) == len(h) {
		return Hash(b)
	}
	c.bad = true
	return h
}

// maxBytes bounds what base64 in a line may hold: a hash or a salt.
const maxBytes = 48

// bytes reads base64 into room.
func (c *cursor) bytes(room *[maxBytes]byte) []byte {
	var text [maxBytes / 3 * 4]byte
	s := c.plain()
	if len(s) > len(text) {
		c.bad = true
		return nil
	}
	n, err := base64Strict.Decode(room[:], text[:copy(text[:], s)])
	if err != nil {
		c.bad = true
	}
	return room[:n]
}

func (c *cursor) ref() (r Ref) {
	c.lit(`{"type":"`)
	r.Type = c.plain()
	c.lit(`,"id":"`)
	r.ID = c.plain()
	c.lit(`}`)
	return r
}

// list reads elements up to the closing bracket.
func (c *cursor) list(element func()) {
	for n := 0; !c.bad && !c.has(`]`); n++ {
		if n > 0 {
			c.lit(`,`)
		}
		element()
	}
	c.lit(`]`)
}

// object returns the text of the JSON object that begins here, looking only at strings and brackets.
func (c *cursor) object() string {
	if !c.has(`{`) {
		c.bad = true
		return ""
	}
	depth := 0
	for i := c.i; i < len(c.s); i++ {
		switch c.s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				text := c.s[c.i : i+1]
				c.i = i + 1
				return text
			}
		case '"':
			i = endOfString(c.s, i+1)
		}
	}
	c.bad = true
	return ""
}

// endOfString returns where the quote is that closes the string which begins at i, or the end of s.
func endOfString(s string, i int) int {
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}
