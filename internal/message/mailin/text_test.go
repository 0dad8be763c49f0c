package mailin_test

import (
	"strings"
	"testing"

	"countersign.dev/countersign/internal/message/mailin"
)

func FuzzParse(f *testing.F) {
	head := "From: a@example.com\r\nContent-Type: "
	f.Add([]byte(head + "text/plain\r\n\r\nhello\r\n> quoted"))
	f.Add([]byte(head + "multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--"))
	f.Add([]byte(head + "text/html; charset=x-unknown\r\n\r\n<p>x<!-- <script>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mailin.Parse(raw)
		if err == nil && (m.From == "" || strings.ContainsAny(m.From, "\r\n")) {
			t.Errorf("from %q", m.From)
		}
	})
}
