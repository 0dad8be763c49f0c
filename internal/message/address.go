package message

import (
	"encoding/base32"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
)

// checkAddress refuses what a way cannot or must not reach: numbers that cost their caller, and countries that are not allowed.
// SMS needs a line that can be a mobile one, which in North America no numbering plan tells; a clear landline is refused.
func checkAddress(way Way, to string, countries []string) error {
	if way == Email {
		if _, err := input.ParseEmail(to); err != nil {
			return ErrAddress
		}
		return nil
	}
	n, err := phonenumbers.Parse(to, "")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ErrAddress
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP:
	case phonenumbers.FIXED_LINE:
		if way == SMS {
			return ErrKind
		}
	default: // premium rate, shared cost, toll free, pagers, company and personal numbers, voicemail, unknown
		return ErrKind
	}
	if !slices.Contains(countries, phonenumbers.GetRegionCodeForNumber(n)) {
		return ErrCountry
	}
	return nil
}

// addressKey is the form in which addresses are compared.
func addressKey(way Way, address string) string {
	if way == Email {
		return input.FoldEmail(address)
	}
	return address
}

// Mask shows enough of an address to recognize it, and too little to use it.
func Mask(address string) string {
	if local, domain, ok := strings.Cut(address, "@"); ok {
		return firstRune(local) + "•••@" + domain
	}
	if strings.Contains(address, "•••") {
		return address // the name of a device, made without what tells it from others
	}
	if len(address) < 6 {
		return "•••"
	}
	return address[:2] + "•••" + address[len(address)-2:]
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// replyToken is what makes the reply address of one email unguessable: 160 bits that follow from the delivery, so that they need not be
// stored.
func (s *Service) replyToken(orgID, deliveryID string) string {
	mac := s.Keys.MAC("message reply", orgID, deliveryID)
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac[:20]))
}

func replyHash(token string) []byte { return id.Hash(strings.ToLower(token)) }

// Where the sandbox can be written to.
const (
	SandboxNumber = "+12125550100"
	SandboxEmail  = "verify@sandbox.example.com"
)

// CheckAddress says whether a message by a way may go to an address at all: one that is valid, of a kind that gets it, in a country that is
// allowed. It returns ErrAddress, ErrKind or ErrCountry.
func CheckAddress(way Way, to string, countries []string) error {
	return checkAddress(way, to, countries)
}
