package input

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxLabel  = 63
	maxDomain = 253
)

var errDomain = refusal("This is not a domain name. Write it like example.com, without http:// and without a path.")

// ParseDomain checks a domain name of at least two labels and returns it in lower case and in its ASCII form (IDNA 2008).
func ParseDomain(s string) (string, error) {
	if len(s) > 4*maxDomain {
		return "", errDomain
	}
	s = strings.TrimSuffix(strings.ToLower(norm.NFKC.String(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s))), ".")
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return "", errDomain
	}
	for i, label := range labels {
		ascii, ok := asciiLabel(label)
		if !ok {
			return "", errDomain
		}
		labels[i] = ascii
	}
	out := strings.Join(labels, ".")
	if len(out) > maxDomain || isNumeric(labels[len(labels)-1]) {
		return "", errDomain
	}
	return out, nil
}

// asciiLabel returns one label in its ASCII form.
func asciiLabel(label string) (string, bool) {
	if encoded, ok := strings.CutPrefix(label, "xn--"); ok {
		decoded, ok := decodePunycode(encoded)
		if !ok || isASCII(decoded) || !isLabel(decoded) || norm.NFKC.String(strings.ToLower(decoded)) != decoded {
			return "", false
		}
		again, ok := encodePunycode(decoded)
		return label, ok && again == encoded && len(label) <= maxLabel
	}
	if !isLabel(label) {
		return "", false
	}
	if !isASCII(label) {
		encoded, ok := encodePunycode(label)
		if !ok {
			return "", false
		}
		label = "xn--" + encoded
	}
	return label, len(label) <= maxLabel
}

func isLabel(label string) bool {
	if label == "" || label[0] == '-' || label[len(label)-1] == '-' || (len(label) > 3 && label[2:4] == "--") {
		return false
	}
	for i, r := range label {
		switch {
		case r == '-', r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case r < 0x80, unicode.IsUpper(r):
			return false
		case unicode.IsMark(r):
			if i == 0 {
				return false
			}
		case !unicode.IsLetter(r) && !unicode.Is(unicode.Nd, r):
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func isNumeric(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
