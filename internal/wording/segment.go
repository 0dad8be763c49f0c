package wording

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The alphabet of text messages (GSM 03.38, now 3GPP TS 23.038). A character of the second table counts twice.
const (
	gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
		"abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmTwice = "^{}\\[~]|€\f"
)

// What one text message holds, and each part of a longer one.
const (
	gsmSingle, gsmPart   = 160, 153
	wideSingle, widePart = 70, 67
)

// Length is what a text message costs.
type Length struct {
	Wide     bool // it needs UCS-2, where a message holds less than half
	Units    int  // characters, as the alphabet counts them
	Segments int  // messages that it is sent and paid as
}

// Measure counts a text message as it is sent.
func Measure(text string) Length {
	n := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsm, r):
			n++
		case strings.ContainsRune(gsmTwice, r):
			n += 2
		default:
			units := len(utf16.Encode([]rune(text)))
			return Length{true, units, segments(units, wideSingle, widePart)}
		}
	}
	return Length{false, n, segments(n, gsmSingle, gsmPart)}
}

func segments(n, single, part int) int {
	if n <= single {
		return 1
	}
	return (n + part - 1) / part
}

// alike are letters and signs outside the alphabet that Unicode does not take apart.
var alike = strings.NewReplacer(
	"ł", "l", "Ł", "L", "ı", "i", "đ", "d", "Đ", "D", "œ", "oe", "Œ", "OE", "ẞ", "SS",
	"’", "'", "‘", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "–", "-", "—", "-", "…", "...", "\u00a0", " ", "\u202f", " ",
)

// Plain writes a text message in the cheap alphabet where that only costs accents, as senders do in the countries whose letters it lacks:
// "Não" becomes "Nao". A text that would lose more stays as it is.
func Plain(text string) string {
	if !Measure(text).Wide {
		return text
	}
	var out strings.Builder
	for _, r := range norm.NFC.String(alike.Replace(text)) {
		s := string(r)
		if !strings.ContainsRune(gsm+gsmTwice, r) {
			s = strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFD.String(s))
		}
		out.WriteString(s)
	}
	if Measure(out.String()).Wide {
		return text
	}
	return out.String()
}
