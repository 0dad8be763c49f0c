package mailin_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"countersign.dev/countersign/internal/message/mailin"
)

const ours = "verify@example.com"

// signer signs for example.org.
type signer struct {
	t       *testing.T
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newSigner(t *testing.T) signer {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer{t, public, private}
}

// sign covers the given fields, or all there are.
func (s signer) sign(text, domain string, keys ...string) string {
	s.t.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(text), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: s.private, HeaderKeys: keys})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

func (s signer) aligned(text string) bool {
	s.t.Helper()
	m, err := mailin.Parse([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return m.Aligned(s.t.Context(), func(_ context.Context, name string) ([]string, error) {
		if strings.HasPrefix(name, "s._domainkey.") {
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(s.public)}, nil
		}
		return nil, &net.DNSError{IsNotFound: true}
	}, func(address string) bool { return address == ours })
}

func letter(body string, more ...string) string { return letterAt(time.Now(), ours, body, more...) }

func letterAt(at time.Time, to, body string, more ...string) string {
	return strings.Join(append([]string{
		"From: Pia <pia@example.org>", "To: " + to, "Subject: hello", "Message-ID: <1@example.org>", "Date: " + at.Format(time.RFC1123Z),
		"Content-Type: text/plain",
	}, more...), "\r\n") + "\r\n\r\n" + body + "\r\n"
}

func TestM12AForgedSenderIsNeverAligned(t *testing.T) {
	s := newSigner(t)
	if !s.aligned(s.sign(letter("#confirm"), "example.org")) {
		t.Fatal("a mail signed by its domain does not count")
	}
	for name, text := range map[string]string{
		"unsigned":                         letter("#confirm"),
		"another server's word for it":     letter("#confirm", "Authentication-Results: mx.example.com; dkim=pass header.d=example.org; spf=pass; dmarc=pass"),
		"ARC and Received-SPF by anybody":  letter("#confirm", "Received-SPF: pass", "ARC-Authentication-Results: i=1; mx.example.com; dkim=pass"),
		"a signature with nothing behind":  letter("#confirm", "DKIM-Signature: v=1; a=ed25519-sha256; d=example.org; s=s; h=from; bh=AA==; b=AA=="),
		"signed by the attacker's domain":  s.sign(letter("#confirm"), "attacker.example"),
		"signed by a domain with our tail": s.sign(letter("#confirm"), "badexample.org"),
		"From is not what was signed":      strings.Replace(s.sign(letter("#confirm"), "example.org"), "pia@example.org", "bob@example.org", 1),
	} {
		if s.aligned(text) {
			t.Errorf("%s: counts as signed by the sender", name)
		}
	}
}

// Whoever holds a signed mail must not be able to use it again, nor for something else.
func TestM12ASignedMailIsGoodForOneUse(t *testing.T) {
	s := newSigner(t)
	now := time.Now()
	signed := s.sign(letter("NO"), "example.org")
	for name, tc := range map[string]struct {
		text string
		want bool
	}{
		"as Gmail signs":                           {s.sign(letter("NO"), "example.org", "from", "to", "subject", "date", "message-id"), true},
		"as Microsoft 365 signs":                   {s.sign(letter("NO"), "example.org", "from", "date", "subject", "message-id", "content-type"), true},
		"Message-ID is not covered":                {s.sign(letter("NO"), "example.org", "from", "to", "date", "subject"), false},
		"Date is not covered":                      {s.sign(letter("NO"), "example.org", "from", "to", "message-id"), false},
		"neither To nor Content-Type":              {s.sign(letter("NO"), "example.org", "from", "date", "message-id"), false},
		"eight days old":                           {s.sign(letterAt(now.Add(-8*24*time.Hour), ours, "NO"), "example.org"), false},
		"from tomorrow":                            {s.sign(letterAt(now.Add(24*time.Hour), ours, "NO"), "example.org"), false},
		"written to the attacker, passed on to us": {s.sign(letterAt(now, "mallory@attacker.example", "NO"), "example.org"), false},
		"written to both":                          {s.sign(letterAt(now, "mallory@attacker.example, "+ours, "NO"), "example.org"), true},
		"another Message-ID before the signed":     {"Message-ID: <2@example.org>\r\n" + signed, false},
		"another Date before the signed":           {"Date: " + now.Format(time.RFC1123Z) + "\r\n" + signed, false},
		"another Content-Type before the signed":   {"Content-Type: multipart/mixed; boundary=x\r\n" + signed, false},
		"another Subject before the signed":        {"Subject: NO\r\n" + signed, false},
		"another To before the signed":             {"To: " + ours + "\r\n" + signed, false},
	} {
		if got := s.aligned(tc.text); got != tc.want {
			t.Errorf("%s: aligned is %v", name, got)
		}
	}
	if _, err := mailin.Parse([]byte("From: bob@example.org\r\n" + signed)); err == nil {
		t.Error("two senders")
	}
}

// Mail made to keep the reader busy costs no more than any other.
func TestM15MailBombs(t *testing.T) {
	var flat, deep, fields, people strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&flat, "--b\r\nContent-Type: application/x\r\n\r\n%d\r\n", i)
	}
	flat.WriteString("--b\r\nContent-Type: text/plain\r\n\r\nlast\r\n--b--\r\n")
	for i := range 12_000 {
		fmt.Fprintf(&deep, "--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n", i, i+1)
	}
	for i := range 5_000 {
		fmt.Fprintf(&fields, "\r\nX-%d: y", i)
		fmt.Fprintf(&people, ", p%d@example.org", i)
	}
	for name, text := range map[string]string{
		"ten thousand parts":    letterAs("multipart/mixed; boundary=b", flat.String()),
		"twelve thousand deep":  letterAs("multipart/mixed; boundary=0", deep.String()),
		"five thousand fields":  letterAs("text/plain"+fields.String(), "x"),
		"five thousand in Cc":   letterAs("text/plain\r\nCc: pia@example.org"+people.String(), "x"),
		"a field of 200 KB":     letterAs("text/plain\r\nX-Long: "+strings.Repeat("y", 200<<10), "x"),
		"half a megabyte of <":  letterAs("text/html", strings.Repeat("<", 500_000)),
		"open comments":         letterAs("text/html", strings.Repeat("<!-- <script ", 40_000)),
		"boundaries that nest":  letterAs("multipart/mixed; boundary=a", strings.Repeat("--a\r\n", 100_000)),
		"lines that may quote":  letterAs("text/plain", strings.Repeat("On x wrote\r\n", 20_000)),
		"a base64 part of junk": letterAs("text/plain\r\nContent-Transfer-Encoding: base64", strings.Repeat("=A", 300_000)),
	} {
		began := time.Now()
		m, err := mailin.Parse([]byte(text))
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if err == nil && (len(m.Text) > 256<<10 || len(m.To) > 100 || m.Text == "last") {
			t.Errorf("%s: %d characters, %d receivers", name, len(m.Text), len(m.To))
		}
	}
	if _, err := mailin.Parse(bytes.Repeat([]byte("x"), mailin.MaxSize+1)); err == nil {
		t.Error("a mail larger than the limit was read")
	}
}

func letterAs(kind, body string) string {
	return "From: pia@example.org\r\nTo: " + ours + "\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + "\r\n\r\n" + body
}

func report(kind, fields string, more ...string) string {
	return strings.Join(append([]string{
		"Return-Path: <>", "From: MAILER-DAEMON@mx.example.net", "To: verify+abc@example.com", "Subject: Undelivered", "MIME-Version: 1.0",
		"Content-Type: multipart/report; report-type=" + kind + "; boundary=b",
	}, more...), "\r\n") + "\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n" + fields + "\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: what we sent\r\n\r\nx\r\n--b--\r\n"
}

func TestReportsOfFailedDelivery(t *testing.T) {
	const failed = "Final-Recipient: rfc822; pia@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
	for name, tc := range map[string]struct{ text, want string }{
		"no such user":       {report("delivery-status", failed), "5.1.1"},
		"with a comment":     {report("delivery-status", strings.Replace(failed, "5.1.1", "5.1.1 (no such user)", 1)), "5.1.1"},
		"gave up":            {report("delivery-status", strings.Replace(failed, "5.1.1", "4.4.7", 1)), "4.4.7"},
		"as Exchange writes": {report(`"delivery-status"`, strings.Replace(failed, "Action: failed", "action: Failed", 1)), "5.1.1"},
		"two, both failed":   {report("delivery-status", failed+"\r\n"+failed), "5.1.1"},
		"delayed":            {report("delivery-status", strings.Replace(failed, "failed", "delayed", 1)), ""},
		"delivered":          {report("delivery-status", strings.Replace(strings.Replace(failed, "failed", "delivered", 1), "5.1.1", "2.0.0", 1)), ""},
		"failed with 2":      {report("delivery-status", strings.Replace(failed, "5.1.1", "2.1.1", 1)), ""},
		"no status":          {report("delivery-status", "Action: failed\r\n"), ""},
		"two ends":           {report("delivery-status", failed+"\r\n"+strings.Replace(failed, "failed", "delayed", 1)), ""},
		"two codes":          {report("delivery-status", failed+"\r\n"+strings.Replace(failed, "5.1.1", "5.2.2", 1)), ""},
		"no receiver":        {report("delivery-status", ""), ""},
		"a read receipt":     {report("disposition-notification", failed), ""},
		"another code":       {report("delivery-status", strings.Replace(failed, "5.1.1", "5.1.1'; --", 1)), ""},
		"only text":          {strings.Replace(report("delivery-status", failed), "multipart/report", "multipart/mixed", 1), ""},
		"too many":           {report("delivery-status", strings.Repeat(failed+"\r\n", 1000)), ""},
	} {
		m, err := mailin.Parse([]byte(tc.text))
		if err != nil || m.Bounce.Status != tc.want || !m.NullPath || !m.Automatic || m.Text != "" && name != "only text" {
			t.Errorf("%s: %+v %v, want %q", name, m.Bounce, err, tc.want)
		}
	}
}
