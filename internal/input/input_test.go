package input_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
)

func TestParseEmail(t *testing.T) {
	for in, want := range map[string]string{
		"ana@example.com":                        "ana@example.com",
		"Ana.Lopez+vip@Example.COM":              "Ana.Lopez+vip@example.com",
		"o'neil@sub.example.co.uk":               "o'neil@sub.example.co.uk",
		"ana@bücher.example":                     "ana@xn--bcher-kva.example",
		`"a b\"c"@example.com`:                   `"a b\"c"@example.com`,
		"":                                       "",
		"ana":                                    "",
		"@example.com":                           "",
		"ana@":                                   "",
		"ana@localhost":                          "",
		"ana@[192.0.2.1]":                        "",
		"a..b@example.com":                       "",
		".a@example.com":                         "",
		"a.@example.com":                         "",
		"a b@example.com":                        "",
		"a@b@example.com":                        "",
		"a@exa mple.com":                         "",
		"a@-example.com":                         "",
		"a@example..com":                         "",
		"a@example.123":                          "",
		"ana@example.com\r\nBcc: x@x.com":        "",
		"<ana@example.com>":                      "",
		`"a"b"@example.com`:                      "",
		`"a\"@example.com`:                       "",
		"élise@example.com":                      "",
		strings.Repeat("a", 65) + "@a.com":       "",
		"a@" + strings.Repeat("a.", 130) + "com": "",
	} {
		got, err := input.ParseEmail(in)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestEmailsAreStableAndSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]{1,20}(\.[a-zA-Z0-9]{1,20})?`).Draw(t, "local")
		domain := rapid.StringMatching(`([a-zA-Z0-9]{1,20}\.){1,3}[a-zA-Z]{2,10}`).Draw(t, "domain")
		got, err := input.ParseEmail(local + "@" + domain)
		if err != nil {
			t.Fatalf("refused %s@%s: %v", local, domain, err)
		}
		if _, err := mail.ParseAddress(got); err != nil {
			t.Fatalf("net/mail refuses %q: %v", got, err)
		}
	})
}

func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{"ana@example.com", `"a\"b"@x.org`, "a@xn--bcher-kva.example", "ü@ü.de", "a@b.c\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := input.ParseEmail(s)
		if err != nil {
			return
		}
		if again, err := input.ParseEmail(got); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r > '~' || unicode.IsControl(r) }) || len(got) > 254 {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestParseDomain(t *testing.T) {
	for in, want := range map[string]string{
		"Example.COM":           "example.com",
		"example.com.":          "example.com",
		"bücher.example":        "xn--bcher-kva.example",
		"BÜCHER.example":        "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example",
		"例え。jp":                 "xn--r8jz45g.jp",
		"他们为什么不说中文.example":     "xn--ihqwcrb4cv8a8dqg056pqjye.example",
		"почемужеонинеговорятпорусски.example": "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l.example",
		"http://example.com":             "",
		"example":                        "",
		"exa_mple.com":                   "",
		"a.b-":                           "",
		"10.0.0.1":                       "",
		"xn--zzzzzzzz99999.example":      "",
		"xn--abc-.example":               "",
		"a\u0000.com":                    "",
		strings.Repeat("a", 64) + ".com": "",
		"":                               "",
	} {
		got, err := input.ParseDomain(in)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseDomain(f *testing.F) {
	for _, s := range []string{"example.com", "bücher.example", "xn--bcher-kva.example", "xn--a.b", "ﬀ.com", "xn--99999999999.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := input.ParseDomain(s)
		if err != nil {
			return
		}
		if again, err := input.ParseDomain(got); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(got) > 253 {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestParsePhone(t *testing.T) {
	for _, tc := range []struct{ in, region, want, kind string }{
		{"+1 212 555 0123", "FR", "+12125550123", ""},
		{"(212) 555-0123", "US", "+12125550123", ""},
		{"1-212-555-0123", "US", "+12125550123", ""},
		{"06 12 34 56 78", "FR", "+33612345678", input.Mobile},
		{"01 42 68 53 00", "FR", "+33142685300", input.Landline},
		{"0033 6 12 34 56 78", "FR", "+33612345678", input.Mobile},
		{"020 7946 0123", "GB", "+442079460123", input.Landline},
		{"+44 7911 123456", "US", "+447911123456", input.Mobile},
		{"12", "US", "", ""},
		{"555-0123", "US", "", ""},
		{"+1 212 555 0123 x4", "US", "", ""},
		{"+1212555012345678", "US", "", ""},
		{"++12125550123", "US", "", ""},
		{"1+2125550123", "US", "", ""},
		{"call 2125550123", "US", "", ""},
		{"+999 123456789", "US", "", ""},
		{"２１２５５５０１２３", "US", "", ""},
		{strings.Repeat("1", 100), "US", "", ""},
	} {
		got, err := input.ParsePhone(tc.in, tc.region)
		if (err == nil) != (tc.want != "") || got != tc.want {
			t.Errorf("%q in %s: got %q, %v; want %q", tc.in, tc.region, got, err, tc.want)
		}
		if err == nil && input.PhoneKind(got) != tc.kind {
			t.Errorf("%q is a %q, want %q", got, input.PhoneKind(got), tc.kind)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	f.Add("+1 (212) 555-0123", "US")
	f.Add("06 12 34 56 78", "FR")
	f.Add("0000000000000000000", "IT")
	f.Fuzz(func(t *testing.T, s, region string) {
		got, err := input.ParsePhone(s, region)
		if err != nil {
			return
		}
		if again, err := input.ParsePhone(got, ""); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
		if len(got) < 5 || len(got) > 16 || got[0] != '+' || strings.Trim(got[1:], "0123456789") != "" {
			t.Fatalf("%q became %q", s, got)
		}
		_, _, _ = input.PhoneKind(got), input.PhoneRegion(got), input.PhoneWords(got)
	})
}

func TestPlaces(t *testing.T) {
	for in, want := range map[string]string{"us": "US", "FR": "FR", "UK": "", "XX": "", "USA": "", "": "", "150": "", "EU": ""} {
		if got, err := input.ParseRegion(in); got != want || (err == nil) != (want != "") {
			t.Errorf("region %q: got %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"EN-us": "en-US", "fr": "fr", "zh-hant-TW": "zh-Hant-TW", "xx": "", "und": "", "en_US\n": ""} {
		if got, err := input.ParseLanguage(in); got != want || (err == nil) != (want != "") {
			t.Errorf("language %q: got %q, %v", in, got, err)
		}
	}
	for in, ok := range map[string]bool{"Europe/Paris": true, "UTC": true, "Local": false, "": false, "../../etc/passwd": false, "Mars/Base": false} {
		if _, err := input.ParseTimeZone(in); (err == nil) != ok {
			t.Errorf("time zone %q: %v", in, err)
		}
	}
}

func TestAFormReportsEverythingAtOnce(t *testing.T) {
	var f input.Form
	name := f.Required("/name", "  Ana\u0301 ", 10)
	f.Required("/summary", " \t", 10)
	f.Line("/title", "a\u202eb", 10)
	f.Line("/job", strings.Repeat("é", 11), 10)
	f.Text("/notes", "two\r\nlines", 10)
	f.Line("/line", "two\nlines", 10)
	f.Line("/raw", "\xff", 10)
	err := f.Err()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || name != "Aná" {
		t.Fatalf("got %v and %q", err, name)
	}
	var pointers []string
	for _, field := range e.Fields {
		pointers = append(pointers, field.Pointer)
	}
	if got := strings.Join(pointers, " "); got != "/summary /title /job /line /raw" {
		t.Errorf("refused %s", got)
	}
	if (&input.Form{}).Err() != nil {
		t.Error("a form without mistakes has an error")
	}
}

// A reason or a name that nobody can see is none (attackers write zero-width spaces and blank letters where something is asked for).
func TestWhatShowsNothingIsNotThere(t *testing.T) {
	for _, s := range []string{"\u200b", "\u200b\u200c\u200d\u2060\u00ad", "\u3164\u3164", "\u115f\u1160", "\u2800", "\u034f\ufe0f", "\U000e0041\U000e007f", "\u200e \u200f"} {
		var f input.Form
		if f.Required("/reason", s, 10); f.Err() == nil || input.Seen(s) != 0 {
			t.Errorf("%q passes, %d characters", s, input.Seen(s))
		}
	}
	for s, want := range map[string]int{"Ana\u0301": 3, "می\u200cخواهم": 7, "🏴\U000e0067\U000e007f": 1, "a b": 2, "ᄒ": 1} {
		var f input.Form
		if f.Required("/name", s, 10); f.Err() != nil || input.Seen(s) != want {
			t.Errorf("%q: %v, %d characters, want %d", s, f.Err(), input.Seen(s), want)
		}
	}
}

func TestSearch(t *testing.T) {
	for in, want := range map[string]string{
		"(212) 555-0123": "2125550123", "+33 6 12": "33612", "ana lopez": "ana lopez", "12": "12", "ana 0123": "ana 0123", "a\xffb": "ab",
	} {
		if got := input.Search(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := input.PhoneWords("+442079460123"); got != "442079460123 02079460123" {
		t.Error(got)
	}
}
