// Package password decides which passwords are good enough, and turns them into hashes that are worth nothing to a thief.
package password

import (
	_ "embed" // the list of common passwords
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Limits of a password.
const (
	DefaultLength = 12  // characters, unless an organization asks for more or fewer
	maxLength     = 256 // characters
	maxInput      = 4 * maxLength
	minSurprising = 6 // characters beside common words, names and sequences
)

// Rules are what an organization asks of a password beyond being hard to guess. Classes is how many of lower case, upper case, digits and
// signs it must hold; the standards advise against asking for any: length and surprise are what counts (NIST SP 800-63B, ASVS 6.2).
type Rules struct {
	MinLength int
	Classes   int
}

// Default are the rules where nobody has set any.
func Default() Rules { return Rules{MinLength: DefaultLength} }

// The words that guessers try first, one on each line; also parts of longer passwords.
//
//go:embed common.txt
var commonText string

// Prepare brings a typed password into the one form that is hashed: the OpaqueString profile of RFC 8265. Spaces of any kind become
// U+0020 and the text is composed (NFC), so that it is the same from every keyboard; case and width stay as typed. Characters that
// are newer than our tables are kept, as hashing does not need to know them.
func Prepare(typed string) (string, bool) {
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

// Accept prepares a new password and says what is wrong with it. Context is what a guesser knows of the person: names and addresses.
func (r Rules) Accept(pointer, typed string, context ...string) (string, error) {
	if len(typed) > maxInput {
		return "", errLong.At(pointer)
	}
	password, ok := Prepare(typed)
	switch n := utf8.RuneCountInString(password); {
	case typed == "" || n < r.MinLength:
		return "", errShort.With(fmt.Sprintf("Use at least %d characters. A few unrelated words make a good password.", r.MinLength)).At(pointer)
	case !ok:
		return "", errCharacters.At(pointer)
	case n > maxLength:
		return "", errLong.At(pointer)
	case surprise(password, context) < minSurprising:
		return "", errCommon.At(pointer)
	case classes(password) < r.Classes:
		return "", errClasses.With(fmt.Sprintf("Use at least %d of these: small letters, capital letters, digits, signs.", r.Classes)).At(pointer)
	}
	return password, nil
}

// classes counts the kinds of characters in a password. Letters of scripts without upper and lower case count as both.
func classes(password string) (n int) {
	for _, belongs := range []func(rune) bool{
		func(r rune) bool { return unicode.IsLetter(r) && !unicode.IsUpper(r) },
		func(r rune) bool { return unicode.IsLetter(r) && !unicode.IsLower(r) },
		unicode.IsDigit,
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	} {
		if strings.ContainsFunc(password, belongs) {
			n++
		}
	}
	return n
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
	errShort      = fault.New(fault.Invalid, "signin.password_short", "Use more characters. A few unrelated words make a good password.")
	errLong       = fault.New(fault.Invalid, "signin.password_long", "Use at most 256 characters.")
	errCharacters = fault.New(fault.Invalid, "signin.password_characters", "A password holds letters, digits, signs and spaces, no control characters.")
	errCommon     = fault.New(fault.Invalid, "signin.password_common", "This password is easy to guess: it is common, repeats itself, or is made of names. Use a few unrelated words.")
	errClasses    = fault.New(fault.Invalid, "signin.password_classes", "This password holds too few kinds of characters.")
)
