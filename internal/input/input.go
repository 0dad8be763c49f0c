// Package input checks what people type (names, texts, emails, phone numbers, domains, languages, time zones) and brings it into the one
// form in which it is kept.
package input

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign.dev/countersign/internal/fault"
)

// Form checks one request and collects all that is wrong with it, so that a person can mend everything at once.
// Each method takes a JSON pointer and a value, and returns the value in the form in which it is kept.
type Form struct{ errs []fault.FieldError }

// Refuse reports one field; message is a sentence that says what would be accepted.
func (f *Form) Refuse(pointer, message string) {
	f.errs = append(f.errs, fault.FieldError{Pointer: pointer, Message: message})
}

// Err is nil if nothing was refused.
func (f *Form) Err() error { return fault.Fields(f.errs...) }

// Line checks text of one line; it may be empty.
func (f *Form) Line(pointer, value string, limit int) string {
	return f.text(pointer, strings.TrimSpace(value), limit, "")
}

// Required checks text of one line that may not be empty. What shows nothing is empty.
func (f *Form) Required(pointer, value string, limit int) string {
	value = f.Line(pointer, value, limit)
	if Seen(value) == 0 {
		f.Refuse(pointer, "This is required.")
	}
	return value
}

// Text checks text of several lines; it may be empty.
func (f *Form) Text(pointer, value string, limit int) string {
	return f.text(pointer, strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")), limit, "\n\t")
}

func (f *Form) text(pointer, value string, limit int, allowed string) string {
	if !utf8.ValidString(value) {
		f.Refuse(pointer, "This is not text in UTF-8.")
		return ""
	}
	value = norm.NFC.String(value)
	if utf8.RuneCountInString(value) > limit {
		f.Refuse(pointer, fmt.Sprintf("This is too long; %d characters are allowed.", limit))
	}
	if strings.ContainsFunc(value, func(r rune) bool { return isControl(r) && !strings.ContainsRune(allowed, r) }) {
		f.Refuse(pointer, "This holds characters that cannot be shown. Remove line breaks and control characters.")
	}
	return value
}

// isControl covers what ends a line, and what turns the direction of text so that it reads as something else.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' ||
		(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

// Seen is how many characters of s somebody sees: neither spaces, nor what joins and modifies others, nor letters that are blank.
func Seen(s string) (n int) {
	for _, r := range s {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r) && !strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) {
			n++
		}
	}
	return n
}

// Email checks an address; "" stays "".
func (f *Form) Email(pointer, value string) string {
	if value = strings.TrimSpace(value); value == "" {
		return ""
	}
	return keep(f, pointer, value, ParseEmail)
}

// Phone checks a phone number written in any usual way and returns it in E.164; "" stays "". A number without a country code is read as
// one of region.
func (f *Form) Phone(pointer, value, region string) string {
	if value = strings.TrimSpace(value); value == "" {
		return ""
	}
	return keep(f, pointer, value, func(v string) (string, error) { return ParsePhone(v, region) })
}

// ReadPhone is Phone for those who want to know more of the number.
func (f *Form) ReadPhone(pointer, value, region string) (p Phone) {
	if value = strings.TrimSpace(value); value == "" {
		return p
	}
	p, err := ReadPhone(value, region)
	if err != nil {
		f.Refuse(pointer, err.Error())
		p.Number = value
	}
	return p
}

// Website takes a web address as people write it; "" stays "". Only web addresses pass: it becomes a link.
func (f *Form) Website(pointer, value string, limit int) string {
	value = f.Line(pointer, value, limit)
	if value == "" {
		return ""
	}
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil {
		f.Refuse(pointer, "Write a web address, such as https://www.example.com.")
		return value
	}
	return u.String()
}

// Domain checks a domain name.
func (f *Form) Domain(pointer, value string) string {
	return keep(f, pointer, strings.TrimSpace(value), ParseDomain)
}

// Language checks a BCP 47 tag; "" stays "".
func (f *Form) Language(pointer, value string) string {
	if value = strings.TrimSpace(value); value == "" {
		return ""
	}
	return keep(f, pointer, value, ParseLanguage)
}

// TimeZone checks a time zone of the IANA list; "" stays "".
func (f *Form) TimeZone(pointer, value string) string {
	if value = strings.TrimSpace(value); value == "" {
		return ""
	}
	return keep(f, pointer, value, ParseTimeZone)
}

// Region checks a country of ISO 3166.
func (f *Form) Region(pointer, value string) string {
	return keep(f, pointer, strings.TrimSpace(value), ParseRegion)
}

func keep(f *Form, pointer, value string, parse func(string) (string, error)) string {
	parsed, err := parse(value)
	if err != nil {
		f.Refuse(pointer, err.Error())
		return value
	}
	return parsed
}

// Search prepares what somebody typed into a search box: a phone number is looked for by its digits, however it was written.
func Search(q string) string {
	q = strings.ToValidUTF8(q, "")
	if n := digits(q); len(n) >= 3 && strings.Trim(q, phoneCharacters) == "" {
		return n
	}
	return q
}

// refusal is a sentence for the person who typed the value.
type refusal string

func (r refusal) Error() string { return string(r) }
