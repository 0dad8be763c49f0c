package smtp

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	mailserver "countersign.dev/countersign/internal/message/mail"
)

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+`)

// compose writes a mail as plain text with a simple HTML twin, and with a file behind both if there is one (RFC 2046: multipart/mixed). Its Message-ID follows from the delivery, so that a mail program shows a
// repetition once, and its Reply-To is an address that only its receiver knows (D-24).
func compose(m mailserver.Server, brand branding.Brand, a message.Attempt, file *attachment.File, now time.Time) (text []byte, messageID string, err error) {
	messageID = a.DeliveryID + "@" + domainOf(m.FromAddress)
	var h mail.Header
	h.SetDate(now.UTC())
	h.SetMessageID(messageID)
	h.SetAddressList("From", []*mail.Address{{Name: m.FromName, Address: m.FromAddress}})
	h.SetAddressList("To", []*mail.Address{{Address: a.To}})
	if m.InboundAddress != "" {
		h.SetAddressList("Reply-To", []*mail.Address{{Name: m.FromName, Address: mailserver.ReplyAddress(m.InboundAddress, a.ReplyToken)}})
	}
	h.SetSubject(a.Subject)
	h.Set("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	h.Set("X-Auto-Response-Suppress", "All")
	if a.PossibleRepeat {
		h.Set("X-Possible-Repeat", "yes")
	}
	var b bytes.Buffer
	if file == nil {
		w, err := mail.CreateInlineWriter(&b, h)
		if err == nil {
			err = writeTexts(w, a, brand)
		}
		if err != nil {
			return nil, "", fmt.Errorf("compose mail: %w", err)
		}
		return b.Bytes(), messageID, nil
	}
	w, err := mail.CreateWriter(&b, h)
	if err == nil {
		err = writeMixed(w, a, brand, *file)
	}
	if err != nil {
		return nil, "", fmt.Errorf("compose mail: %w", err)
	}
	return b.Bytes(), messageID, nil
}

func writeMixed(w *mail.Writer, a message.Attempt, brand branding.Brand, file attachment.File) error {
	texts, err := w.CreateInline()
	if err != nil {
		return err
	}
	if err := writeTexts(texts, a, brand); err != nil {
		return err
	}
	var h mail.AttachmentHeader
	h.SetContentType(attachment.Type, nil)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name})) // RFC 2231 where it is not ASCII
	p, err := w.CreateAttachment(h)
	if err != nil {
		return err
	}
	if _, err := p.Write(file.Content); err != nil {
		return err
	}
	if err := p.Close(); err != nil {
		return err
	}
	return w.Close()
}

func writeTexts(w *mail.InlineWriter, a message.Attempt, brand branding.Brand) error {
	for _, part := range []struct{ kind, text string }{{"text/plain", a.Body}, {"text/html", asHTML(a.Body, brand)}} {
		if err := writePart(w, part.kind, part.text); err != nil {
			return err
		}
	}
	return w.Close()
}

func writePart(w *mail.InlineWriter, kind, text string) error {
	var h mail.InlineHeader
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(p, strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")); err != nil {
		return err
	}
	return p.Close()
}

// asHTML shows the same text, with its web addresses as links, below the name and in the color of the organization. It holds no picture:
// one from a server would tell who opens the mail, and mail programs hide both kinds until somebody allows them.
func asHTML(text string, brand branding.Brand) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><body style="font-family:sans-serif;font-size:16px;line-height:1.5">`)
	if color := brand.Accents().Light; color != "" {
		b.WriteString(`<p style="margin:0 0 16px;padding:0 0 8px;border-bottom:3px solid ` + color + `;font-weight:600;color:` + color + `">` +
			html.EscapeString(brand.Name) + `</p>`)
	}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n\n") {
		b.WriteString(`<p dir="auto">` + strings.ReplaceAll(linked(paragraph), "\n", "<br>") + "</p>")
	}
	b.WriteString("</body></html>")
	return b.String()
}

func linked(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range webAddress.FindAllStringIndex(text, -1) {
		address := html.EscapeString(text[at[0]:at[1]])
		b.WriteString(html.EscapeString(text[last:at[0]]) + `<a href="` + address + `">` + address + `</a>`)
		last = at[1]
	}
	return b.String() + html.EscapeString(text[last:])
}
