package optin

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// The texts by key and language, with ${placeholders}. A text that people get by message must keep its ${link} (MSG-11).
//
//go:embed texts.json
var textFile []byte

var texts = sync.OnceValue(func() map[string]map[string]string {
	all := map[string]map[string]string{}
	if err := json.Unmarshal(textFile, &all); err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return all
})

// Languages are those of the page and the messages (D-30); the first stands in for all others.
func Languages() []string {
	return []string{"en", "fr", "es", "de", "it", "pt", "nl", "pl", "tr", "ar"}
}

// languageFor picks the first wish that there is a text for; "fr-CA" finds "fr".
func languageFor(wishes ...string) string {
	for _, w := range wishes {
		base, _, _ := strings.Cut(strings.ToLower(w), "-")
		for _, l := range Languages() {
			if l == base {
				return l
			}
		}
	}
	return Languages()[0]
}

// text is a text with its placeholders filled in, each value as it is.
func text(key, language string, values map[string]string) string {
	in := texts()[key]
	out, ok := in[language]
	if !ok {
		out = in[Languages()[0]]
	}
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "${"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(out)
}

// days says how many days, in words of a language.
func days(language string, n int) string {
	key := "days"
	if n == 1 {
		key = "day"
	}
	return text(key, language, map[string]string{"n": strconv.Itoa(n)})
}

// direction of the script of a language, for the page.
func direction(language string) string {
	if language == "ar" {
		return "rtl"
	}
	return "ltr"
}
