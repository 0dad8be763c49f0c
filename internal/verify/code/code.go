// Package code verifies a caller by digits that were sent to an address of theirs and that they read out to the technician.
package code

import (
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

type method struct {
	verify.Description
	text wording.Key
}

// SMS sends the code as a text message.
func SMS() verify.Method { return newMethod(verify.SMSCode, 2, message.SMS, wording.SMSCode) }

// Email sends the code as a mail.
func Email() verify.Method { return newMethod(verify.EmailCode, 1, message.Email, wording.EmailCode) }

// Voice has the code spoken on the telephone, also on a landline.
func Voice() verify.Method { return newMethod(verify.VoiceCode, 2, message.Voice, wording.VoiceCode) }

func newMethod(name verify.MethodName, level int, way message.Way, text wording.Key) verify.Method {
	return method{verify.Description{Name: name, Level: level, Form: verify.FormCode, Way: way, Needs: []string{"carrier"}}, text}
}

// Describe returns what the method says of itself.
func (m method) Describe() verify.Description { return m.Description }

// Plan draws the code.
func (m method) Plan(q verify.Question) (verify.Plan, error) {
	return verify.Plan{Digits: id.Digits(q.Settings.CodeDigits), Text: m.text}, nil
}
