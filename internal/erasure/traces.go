package erasure

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/countersign/internal/store"
)

// erased stands in a text where a person was named.
const erased = "[erased]"

// traces find one person in texts that people wrote.
type traces struct {
	found []*regexp.Regexp
	hints []string // a text without any of these, in lower case, has none of them
}

func newTraces(name string, addresses []string) (t traces) {
	add := func(pattern, hint string) {
		t.found = append(t.found, regexp.MustCompile(`(?i)`+pattern))
		t.hints = append(t.hints, hint)
	}
	for _, n := range variants(name) {
		words := strings.Fields(n)
		for i, w := range words {
			words[i] = regexp.QuoteMeta(w)
		}
		add(strings.Join(words, `[\s\x{a0}]+`), plain(strings.Fields(n)))
	}
	for _, address := range addresses {
		if strings.Contains(address, "@") {
			for _, a := range variants(address) {
				add(regexp.QuoteMeta(a), plain([]string{a}))
			}
			continue
		}
		digits := strings.TrimPrefix(address, "+")
		if len(digits) < 7 {
			continue
		}
		national := digits[max(0, len(digits)-10):] // however people write what stands before it
		add(`(?:\+?\d{1,3}[\s().\-/]*)?\(?`+strings.Join(strings.Split(national, ""), `[\s().\-/]*`), national[len(national)-1:])
	}
	return t
}

// variants are the ways in which the product itself writes a text: as it is, folded to be searched, and with what JSON escapes.
func variants(s string) (out []string) {
	if s == "" {
		return nil
	}
	out = append(out, s)
	if f := store.Fold(s); !strings.EqualFold(f, s) {
		out = append(out, f)
	}
	if e := strings.NewReplacer("&", `\u0026`, "<", `\u003c`, ">", `\u003e`, `"`, `\"`).Replace(s); e != s {
		out = append(out, e)
	}
	return out
}

// plain is the longest run of ASCII letters and digits in some words, in lower case: what every database finds alike.
func plain(words []string) (longest string) {
	for _, w := range words {
		for _, run := range strings.FieldsFunc(w, func(r rune) bool { return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(run) > len(longest) {
				longest = run
			}
		}
	}
	return strings.ToLower(longest)
}

// scrub returns text without the person.
func (t traces) scrub(text string) string {
	for _, re := range t.found {
		var out strings.Builder
		rest := 0
		for _, at := range re.FindAllStringIndex(text, -1) {
			if !stands(text, at[0], at[1]) {
				continue
			}
			out.WriteString(text[rest:at[0]])
			out.WriteString(erased)
			rest = at[1]
		}
		if rest > 0 {
			out.WriteString(text[rest:])
			text = out.String()
		}
	}
	return text
}

// stands says whether what was found is not part of a longer word, number or mailbox.
func stands(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !inWord(before) && (from == 0 || !strings.ContainsRune("._%+-", before) || !strings.Contains(text[from:to], "@")) && !inWord(after)
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
