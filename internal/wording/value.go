package wording

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// in says what each placeholder stands for in a language.
func (v Values) in(code string) map[Placeholder]string {
	name := func(s string) string { return isolated(code, oneLine(s)) }
	out := map[Placeholder]string{
		Organization: name(v.Organization),
		Technician:   name(v.Technician),
		Contact:      name(v.Contact),
		Confirm:      name(v.Confirm),
		Code:         v.Code,
		Link:         v.Link,
		Address:      v.Address,
	}
	if v.Address != "" && languageOf(code).Dir == "rtl" {
		out[Address] = leftToRightIsolate + v.Address + popIsolate
	}
	if v.Ticket != 0 {
		out[Ticket] = phrase("phrase.ticket", code, Body, grouped(v.Ticket))
	}
	if v.Days != 0 {
		out[Days] = phrase(phraseDays, code, pluralOf(code, v.Days), strconv.Itoa(v.Days))
	}
	if v.Minutes != 0 {
		out[Minutes] = phrase("phrase.minutes", code, pluralOf(code, v.Minutes), strconv.Itoa(v.Minutes))
	}
	if v.Warning != NoWarning {
		out[Wrong] = phrase(Key(v.Warning), code, Body, "")
	}
	return out
}

// phrase is a piece of a sentence that only other texts use.
func phrase(key Key, code, part, number string) string {
	return Fill(defaultOf(key, code)[part], map[Placeholder]string{Number: number})
}

// pluralOf is the plural form that a whole number takes in a language (CLDR).
func pluralOf(code string, n int) string {
	switch plural.Cardinal.MatchPlural(language.Make(code), n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

// grouped writes the number of a ticket so that it cannot be taken for a code: of six digits or more in groups of three.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	if len(s) < codeDigits {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// Where a foreign name stands in a text of another direction, these keep its signs and digits with it (UAX 9).
const (
	leftToRightIsolate = "\u2066"
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// isolated keeps a Latin name together in a text that is written from right to left.
func isolated(code, s string) string {
	latin := strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
	if languageOf(code).Dir != "rtl" || !latin {
		return s
	}
	return firstStrongIsolate + s + popIsolate
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
