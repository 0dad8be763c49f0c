package input

import (
	"strings"
	"time"
	_ "time/tzdata" // the server may run where there is no zone information

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
)

var (
	errLanguage = refusal("This is not a language. Write it like en, fr or de-AT.")
	errTimeZone = refusal("This is not a time zone. Write it like Europe/Paris or UTC.")
	errRegion   = refusal("This is not a country. Write its two letters, such as US, FR or GB.")
)

const maxTag = 35 // RFC 5646, section 4.4.1

// ParseLanguage returns a BCP 47 tag in its usual spelling.
func ParseLanguage(s string) (string, error) {
	if len(s) > maxTag {
		return "", errLanguage
	}
	tag, err := language.Parse(s)
	if err != nil || tag == language.Und {
		return "", errLanguage
	}
	return tag.String(), nil
}

// ParseTimeZone checks the name of a zone of the IANA list.
func ParseTimeZone(s string) (string, error) {
	if s == "" || s == "Local" || len(s) > 64 || strings.ContainsAny(s, "\\\x00 ") {
		return "", errTimeZone
	}
	if _, err := time.LoadLocation(s); err != nil {
		return "", errTimeZone
	}
	return s, nil
}

// ParseRegion returns a country of ISO 3166 in capitals.
func ParseRegion(s string) (string, error) {
	s = strings.ToUpper(s)
	if len(s) != 2 {
		return "", errRegion
	}
	r, err := language.ParseRegion(s)
	if err != nil || !r.IsCountry() || r.String() != s || !phonenumbers.GetSupportedRegions()[s] {
		return "", errRegion
	}
	return s, nil
}
