package signin

import (
	_ "embed" // the list of common passwords
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Limits of a password. There is no composition rule: length and surprise are what counts (NIST SP 800-63B, ASVS 6.2).
const (
	minPassword   = 12  // characters
	maxPassword   = 256 // characters
	maxInput      = 4 * maxPassword
	minSurprising = 6 // characters beside common words, names and sequences
)

// The words that guessers try first, one on each line; also parts of longer passwords.
//
//go:embed common.txt
var commonText string

// prepare brings a typed password into the one form that is hashed: the OpaqueString profile of RFC 8265. Spaces of any kind become
// U+0020 and the text is composed (NFC), so that it is the same from every keyboard; case and width stay as typed. Characters that
// are newer than our tables are kept, as hashing does not need to know them.
func prepare(typed string) (string, bool) {
	if typed == "" || len(typed) > maxInput || !utf8.ValidString(typed) {
		return "", false
	}
	control := false
	mapped := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			control = true
		}
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, typed)
	return norm.NFC.String(mapped), !control
}

// acceptable prepares a new password and says what is wrong with it. Context is what a guesser knows of the person: names and addresses.
func acceptable(pointer, typed string, context ...string) (string, error) {
	if len(typed) > maxInput {
		return "", errLong.At(pointer)
	}
	password, ok := prepare(typed)
	switch n := utf8.RuneCountInString(password); {
	case typed == "" || n < minPassword:
		return "", errShort.At(pointer)
	case !ok:
		return "", errCharacters.At(pointer)
	case n > maxPassword:
		return "", errLong.At(pointer)
	case surprise(password, context) < minSurprising:
		return "", errCommon.At(pointer)
	}
	return password, nil
}

// surprise counts the characters of a password that neither belong to a common word, a word of the context, nor continue a repetition
// or a sequence. Letters that were replaced by look-alikes count as the letters.
func surprise(password string, context []string) int {
	text := store.Fold(password)
	masked := unmask(text) // as many characters as text
	for _, word := range append(contextWords(context), strings.Fields(commonText)...) {
		masked = strings.ReplaceAll(masked, unmask(word), strings.Repeat("\x00", utf8.RuneCountInString(word)))
	}
	left := []rune(masked)
	seen := map[rune]bool{}
	count, before := 0, rune(-1)
	for i, r := range []rune(text) {
		step := r - before
		before = r
		if left[i] == 0 || step >= -1 && step <= 1 {
			continue // inside a word, "aaaa", "1234" or "fedc"
		}
		seen[r] = true
		count++
	}
	if len(seen) < minSurprising/2 {
		return len(seen) // "a1a1a1a1a1a1"
	}
	return count
}

// unmask undoes the replacements that everybody knows.
func unmask(s string) string {
	return strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "l", "|", "l", "i", "l").Replace(s)
}

// contextWords splits what is known of the person into words of four letters or more, longest first as they come.
func contextWords(context []string) []string {
	var words []string
	for _, c := range context {
		whole := store.Fold(c)
		parts := strings.FieldsFunc(whole, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, w := range append([]string{whole}, parts...) {
			if utf8.RuneCountInString(w) >= 4 {
				words = append(words, w)
			}
		}
	}
	return words
}

var (
	errShort      = fault.New(fault.Invalid, "signin.password_short", "Use at least 12 characters. A few unrelated words make a good password.")
	errLong       = fault.New(fault.Invalid, "signin.password_long", "Use at most 256 characters.")
	errCharacters = fault.New(fault.Invalid, "signin.password_characters", "A password holds letters, digits, signs and spaces, no control characters.")
	errCommon     = fault.New(fault.Invalid, "signin.password_common", "This password is easy to guess: it is common, repeats itself, or is made of names. Use a few unrelated words.")
	errSame       = fault.New(fault.Invalid, "signin.password_same", "Choose another password than the one you have now.")
)
