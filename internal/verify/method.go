package verify

import (
	"fmt"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/wording"
)

// Method is a way to prove that a caller is the contact (VER-2).
type Method string

// The methods that exist so far.
const (
	SMSCode   Method = "sms_code"
	SMSLink   Method = "sms_link"
	EmailCode Method = "email_code"
	EmailLink Method = "email_link"
)

// spec says what a method needs and how much it proves (D-22).
type spec struct {
	method Method
	level  int
	way    message.Way
	link   bool
	text   wording.Key // that carries the code or the link
}

// specs lists the methods in the order in which they are offered.
func specs() []spec {
	return []spec{
		{SMSCode, 2, message.SMS, false, wording.SMSCode},
		{SMSLink, 2, message.SMS, true, wording.SMSLink},
		{EmailCode, 1, message.Email, false, wording.EmailCode},
		{EmailLink, 1, message.Email, true, wording.EmailLink},
	}
}

func specOf(m Method) (spec, bool) {
	for _, s := range specs() {
		if s.method == m {
			return s, true
		}
	}
	return spec{}, false
}

// levelName is how a level is shown: L0 to L5.
func levelName(level int) string { return fmt.Sprintf("L%d", level) }
