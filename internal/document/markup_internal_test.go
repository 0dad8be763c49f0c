package document

import (
	"strings"
	"testing"
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
		check := func(spans []Span) {
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
