package smtp

import (
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	head := "From: a@example.com\r\nContent-Type: "
	f.Add([]byte(head + "text/plain\r\n\r\nhello\r\n> quoted"))
	f.Add([]byte(head + "multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--"))
	f.Add([]byte(head + "text/html; charset=x-unknown\r\n\r\n<p>x<!-- <script>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parse(raw)
		if err == nil && (p.from == "" || strings.ContainsAny(p.from, "\r\n")) {
			t.Errorf("from %q", p.from)
		}
	})
}
