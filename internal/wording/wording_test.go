package wording_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/wording"
)

func TestLanguageFor(t *testing.T) {
	for want, wishes := range map[string][]string{
		"fr": {"fr-CA"}, "en": {"sv", "xx", "", ";;;,"}, "de": {"sv", "de-CH", "fr"}, "ar": {"sv;q=0.9, ar-EG;q=0.8, en;q=0.1"}, "pt": {"en;q=0.2,pt-BR"},
		"pl": {strings.Repeat("x,", 200), "PL"}, "tr": {" TR "},
	} {
		if got := wording.LanguageFor(wishes...); got != want {
			t.Errorf("%q got %q", wishes, got)
		}
	}
}

func TestMeasure(t *testing.T) {
	for _, tc := range []struct {
		text string
		want wording.Length
	}{
		{"", wording.Length{Segments: 1}},
		{strings.Repeat("a", 160), wording.Length{Units: 160, Segments: 1}},
		{strings.Repeat("a", 161), wording.Length{Units: 161, Segments: 2}},
		{strings.Repeat("a", 307), wording.Length{Units: 307, Segments: 3}},
		{strings.Repeat("€", 80), wording.Length{Units: 160, Segments: 1}},
		{"è à ò ñ Ç ß @ Δ", wording.Length{Units: 15, Segments: 1}},
		{strings.Repeat("ł", 70), wording.Length{Wide: true, Units: 70, Segments: 1}},
		{strings.Repeat("ł", 71), wording.Length{Wide: true, Units: 71, Segments: 2}},
		{"😀", wording.Length{Wide: true, Units: 2, Segments: 1}},
	} {
		if got := wording.Measure(tc.text); got != tc.want {
			t.Errorf("%.20q: %+v, want %+v", tc.text, got, tc.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"Não foi você?":                 "Nao foi voce?",
		"Zażółć gęślą jaźń, Łódź":       "Zazolc gesla jazn, Lodz",
		"Kimliğinizi şimdi onaylayın İ": "Kimliginizi simdi onaylayin I",
		"Größe à la carte, señor":       "Größe à la carte, señor", // the alphabet has all of it
		"«Ça va»… l’œuf":                `"Ça va"... l'oeuf`,
		"مرحبا":                         "مرحبا",
		"fine 😀":                        "fine 😀",
		"Não 😀":                         "Não 😀", // nothing is won, so nothing is lost
	} {
		if got := wording.Plain(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestEveryNoteAndAlertHasWords(t *testing.T) {
	check := func(what, text string) {
		t.Helper()
		if text == "" || strings.Contains(text, "%!") || !utf8.ValidString(text) {
			t.Errorf("%s: %q", what, text)
		}
	}
	for _, language := range []string{"en", "fr"} {
		note := wording.Note{Contact: "Pia", Technician: "Tom", Method: "sms_code", Level: "L2", Address: "+1•••23"}
		for _, state := range []string{"verified", "failed", "expired", "denied", "canceled", "send_failed", "frozen"} {
			text := note.Ended(language, state)
			check(state, text)
			if !strings.Contains(text, "Pia") {
				t.Errorf("no words for %s in %s", state, language)
			}
		}
		for _, state := range []string{"confirmed", "confirmed_verbally", "denied", "expired", "frozen"} {
			if lines := strings.Count(wording.Sequence{Contact: "Pia", Medium: "sms", State: state, Claimed: time.Unix(1, 0)}.Text(language), "\n"); lines < 2 {
				t.Errorf("no words for a request that is %s in %s", state, language)
			}
		}
		for _, reason := range []string{
			"denied", "technician_denied", "contact_locked", "technician_suspended", "organization_wrong_codes", "other_technician", "direction_mismatch",
			"possible_relay", "passkey_cloned",
		} {
			body := wording.Alert(language, "Harbor IT", reason, "").Body
			check(reason, body)
			if strings.HasPrefix(body, "\n") {
				t.Errorf("no words for %s in %s", reason, language)
			}
		}
	}
}
