package words_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/verify/words"
)

func TestEveryCaseHasWordsInEveryLanguage(t *testing.T) {
	check := func(what, text string) {
		t.Helper()
		if text == "" || strings.Contains(text, "%!") || !utf8.ValidString(text) {
			t.Errorf("%s: %q", what, text)
		}
	}
	for _, language := range []string{"en", "fr"} {
		note := words.Note{Contact: "Pia", Technician: "Tom", Level: "L2", Address: "+1•••23"}
		for _, method := range []string{"sms_code", "sms_link", "email_code", "email_link"} {
			note.Method = method
			check(method, note.Started(language))
			if strings.Contains(note.Started(language), ": (") || strings.Contains(note.Started(language), ":  (") {
				t.Errorf("%s has no name in %s", method, language)
			}
		}
		for _, state := range []string{"verified", "failed", "expired", "denied", "canceled", "send_failed", "frozen"} {
			text := note.Ended(language, state)
			check(state, text)
			if !strings.Contains(text, "Pia") {
				t.Errorf("no words for %s in %s", state, language)
			}
		}
		for _, state := range []string{"confirmed", "confirmed_verbally", "denied", "expired", "frozen"} {
			if lines := strings.Count(words.Sequence{Contact: "Pia", Medium: "sms", State: state, Claimed: time.Unix(1, 0)}.Text(language), "\n"); lines < 2 {
				t.Errorf("no words for a request that is %s in %s", state, language)
			}
		}
		for _, reason := range []string{
			"denied", "technician_denied", "contact_locked", "technician_suspended", "organization_wrong_codes", "other_technician", "direction_mismatch",
		} {
			check(reason, words.Alert(language, "Harbor IT", reason, "").Body)
			if strings.HasPrefix(words.Alert(language, "Harbor IT", reason, "").Body, "\n") {
				t.Errorf("no words for %s in %s", reason, language)
			}
		}
		for _, answer := range []words.Answer{words.Confirmed, words.Denied, words.TooEarly, words.Digits, words.Reported} {
			check("answer", words.Reply(language, "Harbor IT", answer, "Tom").Body)
		}
		for _, state := range []string{"verified", "denied", "frozen", "failed"} {
			check("page "+state, words.PageIn(language).Results[state][1])
		}
	}
}

func TestAnAskFitsIntoTwoSegments(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		for _, theyCalled := range []bool{true, false} {
			a := words.Ask{Language: language, Organization: "Harbor IT", Technician: "Maximilian Reed", Ticket: 1042, TheyCalled: theyCalled, Code: "123456"}
			// Two segments of the 7-bit alphabet carry 306 characters, of the other one 134.
			if n := utf8.RuneCountInString(a.Text().Body); n > 306 {
				t.Errorf("%d characters: %q", n, a.Text().Body)
			}
		}
	}
}

func TestLanguageFor(t *testing.T) {
	for want, wishes := range map[string][]string{"fr": {"fr-CA"}, "en": {"de", "xx"}} {
		if got := words.LanguageFor(wishes...); got != want {
			t.Errorf("%v got %q", wishes, got)
		}
	}
	if got := words.LanguageFor("", "de", "FR"); got != "fr" {
		t.Errorf("got %q", got)
	}
}
