package optin

import (
	"regexp"
	"slices"
	"testing"
)

var placeholder = regexp.MustCompile(`\$\{\w+\}`)

// Every text exists in every language, with the same placeholders.
func TestTextsAreWhole(t *testing.T) {
	if len(texts()) < 40 {
		t.Fatalf("%d texts", len(texts()))
	}
	for key, in := range texts() {
		want := placeholder.FindAllString(in["en"], -1)
		slices.Sort(want)
		for _, language := range Languages() {
			got := placeholder.FindAllString(in[language], -1)
			slices.Sort(got)
			if in[language] == "" || (!slices.Equal(got, want) && key != "day") {
				t.Errorf("%s in %s is %q", key, language, in[language])
			}
		}
	}
}
