package pdf

import (
	"testing"

	"countersign.dev/countersign/internal/document/markup"
)

// Inside the package: what is tested is how words are cut for a library that places whole ones.

// A mark behind a Latin word or a number stands alone where the text runs from right to left; within one it stays where it is.
func TestMarksStandApart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"من Harbor IT. لست": "من Harbor IT . لست", "a.b.example.com.": "a.b.example.com .", "10:30": "10:30", "كلمة.": "كلمة.", "": "",
	} {
		if got := apart([]markup.Span{{Text: in}})[:1]; got[0].Text != want {
			t.Errorf("%q: %q, want %q", in, got[0].Text, want)
		}
	}
	if got := apart([]markup.Span{{Text: "0199", Link: "tel:0199"}, {Text: ". و"}}); got[0].Text+got[1].Text != "0199 . و" {
		t.Errorf("over two spans: %v", got)
	}
}
