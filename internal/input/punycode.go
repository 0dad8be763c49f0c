package input

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The parameters of RFC 3492, section 5.
const (
	punyBase    = 36
	punyTMin    = 1
	punyTMax    = 26
	punySkew    = 38
	punyDamp    = 700
	punyBias    = 72
	punyStart   = 128
	punyTooLong = 256 // far beyond a label; keeps the arithmetic small
	punyDigits  = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// encodePunycode is section 6.3.
func encodePunycode(s string) (string, bool) {
	if len(s) > punyTooLong {
		return "", false
	}
	runes := []rune(s)
	var out strings.Builder
	for _, r := range runes {
		if r < punyStart {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	if basic > 0 {
		out.WriteByte('-')
	}
	n, delta, bias := rune(punyStart), 0, punyBias
	for done := basic; done < len(runes); n++ {
		next := rune(utf8.MaxRune)
		for _, r := range runes {
			if r >= n && r < next {
				next = r
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			writeDelta(&out, delta, bias)
			bias = adaptBias(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
	}
	return out.String(), true
}

func writeDelta(out *strings.Builder, delta, bias int) {
	for k := punyBase; ; k += punyBase {
		t := threshold(k, bias)
		if delta < t {
			out.WriteByte(punyDigits[delta])
			return
		}
		out.WriteByte(punyDigits[t+(delta-t)%(punyBase-t)])
		delta = (delta - t) / (punyBase - t)
	}
}

// decodePunycode is section 6.2.
func decodePunycode(s string) (string, bool) {
	if len(s) > punyTooLong || !isASCII(s) {
		return "", false
	}
	var out []rune
	if at := strings.LastIndexByte(s, '-'); at >= 0 {
		out, s = []rune(s[:at]), s[at+1:]
	}
	n, at, bias := punyStart, 0, punyBias
	for s != "" {
		start, weight := at, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return "", false
			}
			digit := strings.IndexByte(punyDigits, s[0])
			if s = s[1:]; digit < 0 {
				return "", false
			}
			at += digit * weight
			t := threshold(k, bias)
			if digit < t {
				break
			}
			if weight *= punyBase - t; weight > utf8.MaxRune*punyTooLong {
				return "", false
			}
		}
		bias = adaptBias(at-start, len(out)+1, start == 0)
		n += at / (len(out) + 1)
		at %= len(out) + 1
		if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		out = slices.Insert(out, at, rune(n))
		at++
	}
	return string(out), true
}

func threshold(k, bias int) int { return min(max(k-bias, punyTMin), punyTMax) }

func adaptBias(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
