package document

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/document/pdf"
	"countersign.dev/countersign/internal/message/attachment"
)

// Inside the package: what is tested is the reading of markup, which nobody outside sees.

// No text, whatever it holds, becomes a link to anything but a web, mail or phone address, or keeps a mark of a placeholder.
func FuzzMarkup(f *testing.F) {
	for _, e := range Catalogue() {
		for _, l := range Languages() {
			f.Add(suppliedText(e.Key, l.Code).Body, "Harbor IT")
		}
	}
	for _, seed := range []string{
		"[x](javascript:alert(1))", "<a href=x>", "[x]: javascript:x\n[x]", "<javascript:x>", "![x](y)", "[${contact}](https://x.example.com)",
		"`<b>`", "1) x\n   - y", "> # x", "\\<b>", "&lt;b&gt; &#x202e;", "[x](HTTPS://x.example.com \"t\")", "***x***__y__", "<user@example.com>",
	} {
		f.Add(seed, "<b>**x**</b> ${phone} \ue000")
	}
	f.Fuzz(func(t *testing.T, body, name string) {
		v := example()
		for key := range v {
			v[key] = value{text: strings.Map(func(r rune) rune {
				if isMark(r) {
					return -1
				}
				return r
			}, name)}
		}
		if strings.ContainsFunc(body, isMark) {
			return // refused before
		}
		_, blocks, err := filled(Text{"T", body}, v)
		if err != nil {
			return
		}
		check := func(spans []markup.Span) {
			for _, s := range spans {
				if strings.ContainsFunc(s.Text, isMark) {
					t.Fatalf("a mark is left in %q", s.Text)
				}
				at := strings.ToLower(s.Link)
				if at != "" && !strings.HasPrefix(at, "https://") && !strings.HasPrefix(at, "http://") && !strings.HasPrefix(at, "mailto:") && !strings.HasPrefix(at, "tel:") {
					t.Fatalf("%q leads to %q", s.Text, s.Link)
				}
			}
		}
		for _, b := range blocks {
			check(b.Spans)
			for _, item := range b.Items {
				check(item)
			}
		}
		Document{Blocks: blocks}.Plain()
	})
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{"# A\n\nb **c** `d`\ne", "A\n\nb c d e"},
		{"3. x\n4. y\n\n- z", "3. x\n4. y\n\n- z"},
		{"a\\\nb", "a\nb"},
		{"\\*no\\* &lt; \\<b>", "*no* &lt; <b>"},
		{"[here](https://x.example.com) or <pia@example.com>", "here (https://x.example.com) or pia@example.com"},
		{"> quoted\n\n---\n\nName: ____", "quoted\n\nName: ____"},
		{"line ${phone}\n\nleft ${website} out\n\n${contact}, hello", "line x\n\nhostile **x**, hello"},
	} {
		_, blocks, err := filled(Text{Body: c.body}, values{Phone: {text: "x"}, "contact": {text: "hostile **x**"}})
		if got := (Document{Blocks: blocks}).Plain(); err != nil || got != c.want {
			t.Errorf("%q: %q, want %q, %v", c.body, got, c.want, err)
		}
	}
	for body, line := range map[string]string{"a\n\nb\n\n<div>\nx\n</div>": "Line 5", "a\n\n- b\n- c <i>d</i>": "Line 4", "a\n\n    code": "Line 3"} {
		if _, _, err := filled(Text{Body: body}, values{}); err == nil || !strings.HasPrefix(err.Error(), line+":") {
			t.Errorf("%q: %v, want %s", body, err, line)
		}
	}
}

// Every letter of every supplied text is in one of the faces of the file.
func TestEveryLetterCanBePrinted(t *testing.T) {
	t.Parallel()
	seen := map[rune]bool{}
	for _, l := range Languages() {
		for _, e := range Catalogue() {
			x := suppliedText(e.Key, l.Code)
			for _, r := range x.Title + x.Body {
				if seen[r] {
					continue
				}
				seen[r] = true
				if ok, err := pdf.Shows(r); !ok || err != nil {
					t.Errorf("%s in %s: %q cannot be printed, %v", e.Key, l.Code, r, err)
				}
			}
		}
	}
}

// What a mail carries says what the mail says, whatever changes in between, and what is no recipe is refused.
func TestTheRecipeKeepsTheText(t *testing.T) {
	t.Parallel()
	v := values{Phone: {"+1 212-555-0100", "tel:+12125550100"}, "contact": {"**Pia** ${phone}", ""}}
	x := Text{"Hello ${contact}", "Call ${phone}, **${contact}**"}
	b, err := recipeOf(VerifyUs, "en", x, v)
	if err != nil {
		t.Fatal(err)
	}
	var r recipe
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	got, err := r.document()
	want, _ := made(VerifyUs, x, got.Language, v)
	if err != nil || !reflect.DeepEqual(got, want) || got.Title != "Hello **Pia** ${phone}" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []recipe{{Key: "x", Language: "en"}, {Key: VerifyUs, Language: "tlh"}} {
		if _, err := bad.document(); err == nil {
			t.Errorf("%+v was made", bad)
		}
	}
	if _, err := (&Service{}).file(t.Context(), "o", []byte("no recipe")); !errors.Is(err, attachment.ErrUnusable) {
		t.Errorf("%v", err)
	}
}
