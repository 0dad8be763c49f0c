package wording

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Inside the package: what is tested are the files, which nobody outside sees.

// needs says what a part must hold and may hold, also of the texts that no organization changes.
func needs(key Key, part string) (requires, knows []Placeholder, ok bool) {
	if e, found := entryOf(key); found {
		p, found := e.Part(part)
		return p.Requires, slices.Concat(p.Requires, p.Knows), found
	}
	switch key {
	case phraseTicket:
		return []Placeholder{Number}, []Placeholder{Number}, part == Body
	case phraseMinutes, phraseDays:
		return nil, []Placeholder{Number}, slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, part)
	case phraseByContact, phraseToContacts:
		return nil, nil, part == Body
	case pagePasskey:
		if part == "asks" || part == "confirm_asks" {
			return []Placeholder{Organization, Technician}, []Placeholder{Organization, Technician}, true
		}
		return nil, nil, true
	case pageStepUp:
		switch part {
		case Asks:
			return []Placeholder{Organization, Technician, Ticket}, []Placeholder{Organization, Technician, Ticket}, true
		case "go":
			return []Placeholder{Link}, []Placeholder{Link}, true
		case "back":
			return []Placeholder{Technician}, []Placeholder{Technician}, true
		}
		return nil, nil, true
	case pageOptIn:
		switch part {
		case "statement", "policy":
			return []Placeholder{Organization}, []Placeholder{Organization}, true
		case "number", "code_help":
			return []Placeholder{Address}, []Placeholder{Address}, true
		}
		return nil, nil, true
	case pageForm:
		switch part {
		case "number_label":
			return []Placeholder{Technician}, []Placeholder{Technician}, true
		case "genuine":
			return []Placeholder{Link}, []Placeholder{Link}, true
		}
		return nil, nil, true
	}
	return nil, nil, false
}

func TestNoLanguageLacksATextOrAPlaceholder(t *testing.T) {
	all := defaults()
	keys := []Key{pageForm, pagePasskey, pageStepUp, pageOptIn, phraseTicket, phraseMinutes, phraseDays, phraseByContact, phraseToContacts}
	for _, e := range Catalogue() {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	for _, l := range Languages() {
		if got := slices.Sorted(maps.Keys(all[l.Code])); !slices.Equal(got, keys) {
			t.Errorf("%s has the texts %v, want %v", l.Code, got, keys)
		}
		for key, parts := range all[l.Code] {
			if key != phraseMinutes && key != phraseDays {
				if got, want := slices.Sorted(maps.Keys(parts)), slices.Sorted(maps.Keys(all["en"][key])); !slices.Equal(got, want) {
					t.Errorf("%s %s has the parts %v, want %v", l.Code, key, got, want)
				}
			}
			for part, text := range parts {
				checkPart(t, l.Code, key, part, text)
			}
		}
	}
}

func checkPart(t *testing.T, language string, key Key, part, text string) {
	t.Helper()
	where := fmt.Sprint(language, " ", key, " ", part)
	requires, knows, ok := needs(key, part)
	if !ok {
		t.Errorf("%s: nothing uses it", where)
	}
	if _, ok := Split(text); !ok || strings.TrimSpace(text) != text || text == "" || !utf8.ValidString(text) || strings.Contains(text, "  ") {
		t.Errorf("%s: %q", where, text)
	}
	for _, p := range names(text) {
		if !slices.Contains(knows, p) {
			t.Errorf("%s: unknown placeholder %s", where, p)
		}
	}
	for _, p := range requires {
		if !slices.Contains(names(text), p) {
			t.Errorf("%s: lacks %s", where, p)
		}
	}
	if e, ok := entryOf(key); ok {
		p, _ := e.Part(part)
		for _, w := range p.Words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: lacks the word %s", where, w)
			}
		}
		if n := utf8.RuneCountInString(text); n > p.Limit || !p.Lines && strings.Contains(text, "\n") {
			t.Errorf("%s: %d characters, or several lines", where, n)
		}
	}
}

// A text that was forgotten, or copied from its neighbour, is the same in two languages.
func TestNoTextIsLeftUntranslated(t *testing.T) {
	same := map[string]bool{ // what truly is the same
		"it phrase.ticket body": true, "fr phrase.ticket body": true, "es phrase.ticket body": true, "pt phrase.ticket body": true,
		"nl phrase.ticket body": true, "de phrase.ticket body": true,
	}
	sameWord := map[string]bool{"minute": true, "Minute": true}
	all := defaults()
	for _, l := range Languages()[1:] {
		for key, parts := range all[l.Code] {
			for part, text := range parts {
				where := fmt.Sprint(l.Code, " ", key, " ", part)
				english := all["en"][key][part]
				unit := strings.TrimSuffix(strings.TrimPrefix(text, "${number} "), "s")
				if strings.EqualFold(text, english) && !same[where] && !sameWord[unit] {
					t.Errorf("%s reads as in English: %q", where, text)
				}
			}
		}
	}
}

func TestMinutesAreCountedAsEachLanguageCounts(t *testing.T) {
	for _, l := range Languages() {
		for n := 1; n <= 365; n++ {
			if text := phrase(phraseDays, l.Code, pluralOf(l.Code, n), fmt.Sprint(n)); text == "" {
				t.Fatalf("%s has no word for %d days (%s)", l.Code, n, pluralOf(l.Code, n))
			}
		}
		for n := 1; n <= 24*60; n++ {
			if text := phrase(phraseMinutes, l.Code, pluralOf(l.Code, n), fmt.Sprint(n)); text == "" {
				t.Fatalf("%s has no word for %d minutes (%s)", l.Code, n, pluralOf(l.Code, n))
			}
		}
	}
	for _, tc := range []struct {
		language string
		n        int
		want     string
	}{
		{"en", 1, "1 minute"},
		{"en", 5, "5 minutes"},
		{"fr", 1, "1 minute"},
		{"fr", 10, "10 minutes"},
		{"pl", 1, "1 minutę"},
		{"pl", 3, "3 minuty"},
		{"pl", 5, "5 minut"},
		{"pl", 12, "12 minut"},
		{"pl", 22, "22 minuty"},
		{"tr", 1, "1 dakika"},
		{"tr", 5, "5 dakika"},
		{"ar", 1, "دقيقة واحدة"},
		{"ar", 2, "دقيقتين"},
		{"ar", 5, "5 دقائق"},
		{"ar", 15, "15 دقيقة"},
		{"ar", 100, "100 دقيقة"},
		{"de", 1, "1 Minute"},
		{"de", 5, "5 Minuten"},
	} {
		if got := (Values{Minutes: tc.n}).in(tc.language)[Minutes]; got != tc.want {
			t.Errorf("%d in %s: %q, want %q", tc.n, tc.language, got, tc.want)
		}
	}
}

// example is an ask as usual organizations and people make it.
func example(code, link string, w Warning) Values {
	return Values{
		Organization: "Blue Harbor IT", Technician: "Maximilian", Contact: "Pia Ende", Code: code, Link: link, Confirm: "#confirm 73", Ticket: 1042, Minutes: 5,
		Warning: w,
	}
}

var codeLike = regexp.MustCompile(`\d{6,}`)

// R10: who asks, for which ticket, how to say no, and the direction of the call; and the code is the only number that looks like one.
func TestEveryMessageSaysWhatR10Asks(t *testing.T) {
	for _, l := range Languages() {
		for _, w := range []Warning{TheyCalled, WeCalled} {
			for _, key := range []Key{SMSCode, SMSLink, EmailCode, EmailLink, VoiceCode, PasskeyLink} {
				v := example("482915", "https://verify.example.com/v/"+strings.Repeat("A", 43), w)
				v.Ticket = 123456789
				if key != VoiceCode && (key == SMSLink || key == EmailLink || key == PasskeyLink) {
					v.Code = ""
				}
				text := Texts{Language: l.Code}.Say(key, v)
				all := text.Announcement + text.Body
				for _, want := range []string{"Blue Harbor IT", "Maximilian", v.in(l.Code)[Wrong]} {
					if !strings.Contains(all, want) {
						t.Errorf("%s %s lacks %q: %s", l.Code, key, want, all)
					}
				}
				if key != VoiceCode && (!strings.Contains(all, "123 456 789") || !strings.Contains(all, "NO")) {
					t.Errorf("%s %s: %s", l.Code, key, all)
				}
				codes := codeLike.FindAllString(all, -1)
				if carries := key == SMSCode || key == EmailCode; key != VoiceCode && (carries != (len(codes) == 1) || carries && codes[0] != "482915") {
					t.Errorf("%s %s: what looks like a code is %v", l.Code, key, codes)
				}
				if key == VoiceCode && (strings.Contains(text.Announcement, "482915") || strings.Count(text.Body, "482915") != 1) {
					t.Errorf("%s: a code is said after the announcement; the carrier repeats it: %q", l.Code, all)
				}
			}
		}
		request := Texts{Language: l.Code}.Say(TechnicianAsked, example("482915", "", NoWarning)).Body
		if !strings.Contains(request, "482915") || !strings.Contains(request, "#confirm 73") || !strings.Contains(request, "#deny") {
			t.Errorf("%s: %s", l.Code, request)
		}
	}
}

func TestTextMessagesStayShort(t *testing.T) {
	for _, l := range Languages() {
		limit := 2
		if l.Dir == "rtl" {
			limit = 5 // an alphabet of which a message holds 70 letters
		}
		for _, e := range Catalogue() {
			if !slices.Contains(e.Channels, SMS) {
				continue
			}
			for _, w := range []Warning{TheyCalled, WeCalled} {
				link := "https://verify.example.com/v/" + strings.Repeat("A", 43)
				body := Plain(Texts{Language: l.Code}.Say(e.Key, example("482915", link, w)).Body)
				m := Measure(body)
				if m.Segments > limit || m.Wide != (l.Dir == "rtl") {
					t.Errorf("%s %s: %+v: %s", l.Code, e.Key, m, body)
				}
			}
		}
	}
}

func TestAnEmptyPlaceholderLeavesNoHole(t *testing.T) {
	for _, l := range Languages() {
		for _, e := range Catalogue() {
			v := example("482915", "https://verify.example.com/v/x", TheyCalled)
			v.Ticket, v.Minutes = 0, 5
			text := Texts{Language: l.Code}.Say(e.Key, v)
			all := text.Subject + "|" + text.Announcement + "|" + text.Body
			if strings.Contains(all, "  ") || strings.Contains(all, " .") || strings.Contains(all, "()") || strings.Contains(all, "${") {
				t.Errorf("%s %s: %s", l.Code, e.Key, all)
			}
		}
	}
}

// Whoever is called "${code}" is not sent one: a value is words, never a template.
func TestAValueIsNoTemplate(t *testing.T) {
	v := example("482915", "", TheyCalled)
	v.Technician, v.Organization = "${code}", "${link}\r\nBcc: x"
	body := Texts{Language: "en"}.Say(SMSCode, v).Body
	if strings.Count(body, "482915") != 1 || !strings.Contains(body, "that ${code} asks") || strings.ContainsAny(body, "\r\n") {
		t.Errorf("%q", body)
	}
}

func TestEveryPageHasAllItsWords(t *testing.T) {
	for _, l := range Languages() {
		p := Texts{Language: l.Code}.LinkPage(Values{Organization: "Blue Harbor IT", Technician: "Tom", Link: "https://verify.example.com"})
		if p.Lang != l.Code || p.Dir != l.Dir {
			t.Errorf("%s is written in %s %s", l.Code, p.Lang, p.Dir)
		}
		for _, state := range []string{"verified", "denied", "frozen", "failed"} {
			if p.Results[state][0] == "" || p.Results[state][1] == "" {
				t.Errorf("%s has no words for %s", l.Code, state)
			}
		}
		for i, text := range []string{
			p.LanguageLabel, p.Title, p.Asks, p.NumberLabel, p.NumberHelp, p.DirectionLabel, p.TheyCalled, p.ICalled, p.Validate, p.NotMe, p.NotMeHelp,
			p.Genuine, p.ErrorTitle, p.ErrorNumber, p.ErrorDirection, p.Gone[0], p.Gone[1],
		} {
			if text == "" || strings.Contains(text, "${") {
				t.Errorf("%s: text %d is %q", l.Code, i, text)
			}
		}
		if !strings.Contains(p.Asks, "Tom") || !strings.Contains(p.Asks, "Blue Harbor IT") || !strings.Contains(p.Genuine, "https://verify.example.com") {
			t.Errorf("%s: %q %q", l.Code, p.Asks, p.Genuine)
		}
	}
}

// FuzzTemplate: no text that somebody writes can break the filling of it, and what is no placeholder stays as it is.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "${code}", "a ${x} b", "${", "${}", "$${code}}", "${a${b}", "}${code", " ${none}", "\x00${code}\xff"} {
		f.Add(seed, "482915")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		pieces, ok := Split(text)
		var again strings.Builder
		for _, p := range pieces {
			if p.Name != "" {
				again.WriteString("${" + string(p.Name) + "}")
			}
			again.WriteString(p.Words)
		}
		if ok && again.String() != text {
			t.Fatalf("%q was read as %q", text, again.String())
		}
		got := Fill(text, map[Placeholder]string{Code: value})
		if !strings.Contains(text, "${") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
		if n := strings.Count(text, "${code}"); ok && value != "" && strings.Count(got, value) < n {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
