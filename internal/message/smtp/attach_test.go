package smtp_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	mailserver "countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/smtp"
)

func carrying(t *testing.T, s *server, f *attachment.File, err error) *smtp.Sender {
	return sender(t, s, mailserver.StartTLS).Attach(func(_ context.Context, orgID, deliveryID string) (*attachment.File, error) {
		if a := example(); orgID != a.OrgID || deliveryID != a.DeliveryID {
			return nil, errors.New("asked for another delivery")
		}
		return f, err
	})
}

// RFC 2046: a mail with a file is mixed, of its two texts and the file, and every byte of the file arrives. Its name arrives in any script (RFC 2231).
func TestAMailCarriesAFile(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	for _, name := range []string{"How to check us.pdf", "Vérifier que c’est bien nous.pdf", "كيف تتأكد.pdf"} {
		content := "%PDF-1.7\n.\n" + strings.Repeat("\x00\xff\r\n.", 20_000)
		if _, err := carrying(t, s, &attachment.File{Name: name, Content: []byte(content)}, nil).Send(t.Context(), example()); err != nil {
			t.Fatal(err)
		}
		all := s.accepted()
		m, err := mail.ReadMessage(strings.NewReader(all[len(all)-1]))
		if err != nil {
			t.Fatal(err)
		}
		kind, outer := mediaType(t, m.Header.Get("Content-Type"))
		if kind != "multipart/mixed" || m.Header.Get("MIME-Version") != "1.0" {
			t.Fatalf("%v", m.Header)
		}
		parts := multipart.NewReader(m.Body, outer["boundary"])
		texts := next(t, parts)
		kind, inner := mediaType(t, texts.Header.Get("Content-Type"))
		if kind != "multipart/alternative" {
			t.Errorf("the texts are %s", kind)
		}
		both := multipart.NewReader(texts, inner["boundary"])
		for _, want := range []string{"text/plain", "text/html"} {
			part := next(t, both)
			b, err := io.ReadAll(part)
			if kind, _ := mediaType(t, part.Header.Get("Content-Type")); kind != want || err != nil || !strings.Contains(string(b), "Your number is") {
				t.Errorf("%s: %s, %q, %v", want, kind, b, err)
			}
		}
		file := next(t, parts)
		kind, _ = mediaType(t, file.Header.Get("Content-Type"))
		disposition, how := mediaType(t, file.Header.Get("Content-Disposition"))
		got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file))
		if kind != "application/pdf" || disposition != "attachment" || how["filename"] != name || err != nil || string(got) != content {
			t.Errorf("%s %s %v: %d bytes, %v", kind, disposition, how, len(got), err)
		}
		if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
			t.Errorf("there is more: %v", err)
		}
	}
}

func mediaType(t *testing.T, header string) (string, map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		t.Fatalf("%q: %v", header, err)
	}
	return kind, params
}

func next(t *testing.T, r *multipart.Reader) *multipart.Part {
	t.Helper()
	p, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A mail that is to carry a file does not go without it: it waits for a file that may yet be made, and is given up for one that never will be.
// One that carries nothing is as before.
func TestNoMailGoesWithoutItsFile(t *testing.T) {
	s := newServer(t, mailserver.StartTLS)
	if _, err := carrying(t, s, nil, errors.New("busy")).Send(t.Context(), example()); !errors.Is(err, message.ErrNotSent) {
		t.Errorf("busy: %v", err)
	}
	_, err := carrying(t, s, nil, attachment.ErrUnusable).Send(t.Context(), example())
	if r, ok := errors.AsType[*message.Refusal](err); !ok || !r.Permanent || r.Reason != "attachment" {
		t.Errorf("unusable: %v", err)
	}
	if n := len(s.accepted()); n != 0 {
		t.Fatalf("%d mails went", n)
	}
	if _, err := carrying(t, s, nil, nil).Send(t.Context(), example()); err != nil || !strings.Contains(s.accepted()[0], "Content-Type: multipart/alternative") {
		t.Errorf("nothing to carry: %v", err)
	}
}
