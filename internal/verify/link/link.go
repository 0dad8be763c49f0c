// Package link verifies a caller who opens a link and types the number that the technician says: whoever only presses buttons, such as a
// mail scanner, cannot know it (R8).
package link

import (
	"embed"
	"log/slog"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

//go:embed link.html
var files embed.FS

const spokenDigits = 3

type method struct {
	verify.Description
	verifications *verify.Service
	text          wording.Key
	template      publicpage.Template
}

// SMS is the link by text message.
func SMS(s *verify.Service, log *slog.Logger) verify.Method {
	return newMethod(verify.SMSLink, 2, message.SMS, wording.SMSLink, s, log)
}

// Email is the link by mail.
func Email(s *verify.Service, log *slog.Logger) verify.Method {
	return newMethod(verify.EmailLink, 1, message.Email, wording.EmailLink, s, log)
}

func newMethod(name verify.MethodName, level int, way message.Way, text wording.Key, s *verify.Service, log *slog.Logger) verify.Method {
	d := verify.Description{Name: name, Level: level, Form: verify.FormPage, Way: way, Spoken: spokenDigits, Needs: []string{"carrier"}}
	return &method{d, s, text, publicpage.Parse(files, "link.html", log)}
}

// Describe returns what the method says of itself.
func (m *method) Describe() verify.Description { return m.Description }

// Plan makes the link and the number that opens it.
func (m *method) Plan(verify.Question) (verify.Plan, error) {
	spoken := id.Digits(spokenDigits)
	return verify.Plan{Digits: spoken, Token: id.Secret(), Spoken: spoken, Text: m.text}, nil
}

var _ verify.Pager = (*method)(nil)
