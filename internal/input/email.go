package input

import (
	"strings"
)

// The limits of RFC 5321, section 4.5.3.1.
const (
	maxLocal = 64
	maxEmail = 254
)

var (
	errEmail      = refusal("This is not an email address. Write it like name@example.com.")
	errEmailLong  = refusal("This email address is too long: 64 characters before the @ and 254 in all are allowed.")
	errEmailASCII = refusal("Before the @, an email address may hold only letters a to z, digits and signs.")
)

// ParseEmail checks a mailbox by RFC 5321 and returns it with its domain in lower case and in its ASCII form. Domains need a dot and
// address literals are refused: mail to them never leaves the house, and a typing error is far more likely.
func ParseEmail(s string) (string, error) {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return "", errEmail
	}
	local := s[:at]
	if err := checkLocal(local); err != nil {
		return "", err
	}
	domain, err := ParseDomain(s[at+1:])
	if err != nil {
		return "", errEmail
	}
	if len(local)+1+len(domain) > maxEmail {
		return "", errEmailLong
	}
	return local + "@" + domain, nil
}

// FoldEmail is the form in which two addresses are compared.
func FoldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func checkLocal(local string) error {
	if len(local) > maxLocal {
		return errEmailLong
	}
	for _, r := range local {
		if r >= 0x80 {
			return errEmailASCII
		}
	}
	if strings.HasPrefix(local, `"`) {
		return checkQuoted(local)
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.IndexFunc(atom, isNotAtom) >= 0 {
			return errEmail
		}
	}
	return nil
}

func isNotAtom(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// checkQuoted checks a quoted string: printable ASCII, with " and \ only behind a backslash.
func checkQuoted(local string) error {
	if len(local) < 3 || !strings.HasSuffix(local, `"`) {
		return errEmail
	}
	escaped := false
	for _, c := range []byte(local[1 : len(local)-1]) {
		switch {
		case c < ' ' || c > '~', c == '"' && !escaped:
			return errEmail
		case escaped:
			escaped = false
		default:
			escaped = c == '\\'
		}
	}
	if escaped {
		return errEmail
	}
	return nil
}
