package input

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneCharacters are what people write in and around a number.
const phoneCharacters = "+0123456789 ()-./\u00a0\u2010\u2011\u2012\u2013"

const maxPhone = 40 // as it is typed

var errPhoneCharacters = refusal("Write a phone number with digits only, without an extension, such as +1 212 555 0123.")

// The kinds of phone line.
const (
	Mobile   = "mobile"
	Landline = "landline"
)

// Phone is a number that was read, for those who want to know more of it than its text: reading takes longest.
type Phone struct {
	Number string // E.164

	parsed *phonenumbers.PhoneNumber
}

// ReadPhone reads a number. One without a country code is read as a number of region.
func ReadPhone(s, region string) (Phone, error) {
	if len(s) > maxPhone || strings.Trim(s, phoneCharacters) != "" || strings.LastIndexByte(s, '+') > 0 {
		return Phone{}, errPhoneCharacters
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return Phone{}, refusal(fmt.Sprintf("This is not a phone number in use in %s. Write it with its country code, such as %s.",
			place(s, region), example(region)))
	}
	return Phone{phonenumbers.Format(n, phonenumbers.E164), n}, nil
}

// ParsePhone returns a number in E.164. One without a country code is read as a number of region.
func ParsePhone(s, region string) (string, error) {
	p, err := ReadPhone(s, region)
	return p.Number, err
}

// PhoneKind is Mobile or Landline where the numbering plan tells, and "" where it does not (as in North America).
func PhoneKind(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return Phone{e164, n}.Kind()
}

// Kind is PhoneKind.
func (p Phone) Kind() string {
	if p.parsed == nil {
		return ""
	}
	switch phonenumbers.GetNumberType(p.parsed) {
	case phonenumbers.MOBILE, phonenumbers.PAGER:
		return Mobile
	case phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE, phonenumbers.SHARED_COST, phonenumbers.PREMIUM_RATE, phonenumbers.UAN:
		return Landline
	}
	return ""
}

// PhoneRegion is the country of a number in E.164 as ISO 3166, or "" where it has none.
func PhoneRegion(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

// PhoneShown is a number in E.164 as people read it: "+1 212-555-0123".
func PhoneShown(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// PhoneWords are the digits of a number in E.164 as people look for them: with country code, and as written at home.
func PhoneWords(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return digits(e164)
	}
	return Phone{e164, n}.Words()
}

// Words are PhoneWords.
func (p Phone) Words() string {
	if p.parsed == nil {
		return digits(p.Number)
	}
	whole, home := digits(p.Number), digits(phonenumbers.Format(p.parsed, phonenumbers.NATIONAL))
	if strings.Contains(whole, home) {
		return whole
	}
	return whole + " " + home
}

func place(s, region string) string {
	if strings.HasPrefix(s, "+") {
		return "any country"
	}
	return region
}

func example(region string) string {
	n := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
	if n == nil || region == "US" {
		return "+1 212 555 0123"
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
