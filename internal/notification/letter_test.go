package notification

import (
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/technician"
)

// Every kind says something in every language, with all of its data, and no data breaks out of the subject.
func TestEveryKindHasItsWords(t *testing.T) {
	o := organization.Organization{Settings: organization.Settings{Name: "Blue Harbor IT", Locale: "en", TimeZone: "UTC"}}
	data := map[string]string{}
	for _, name := range []string{
		"device", "address", "by", "change", "name", "role", "before", "added", "removed", "task_id", "task_kind", "state", "done", "failed", "ticket_id", "number",
		"summary", "technician_id", "failures", "subject", "body", "overrides", "by_technician", "from", "to",
	} {
		data[name] = "<" + name + ">\r\nBcc: x"
	}
	seen := map[string]Kind{}
	for kind := range kinds {
		for _, language := range []string{"en", "fr"} {
			l := compose(Notification{Kind: kind, Data: data}, technician.Technician{Fields: technician.Fields{GivenName: "Bo", Locale: language}}, o, "https://x.example.com")
			if l.subject == "" || strings.ContainsAny(l.subject, "\r\n") || len(l.subject) > 210 || len(l.text) > maxText+3 || strings.ContainsAny(l.text, "\r\n") {
				t.Errorf("%s in %s: %q, %q", kind, language, l.subject, l.text)
			}
			if other, ok := seen[l.body]; ok {
				t.Errorf("%s in %s says the same as %s", kind, language, other)
			}
			seen[l.body] = kind
			if !strings.Contains(l.body, "https://x.example.com/settings/notifications") || strings.Contains(l.body, "%!") {
				t.Errorf("%s in %s: %q", kind, language, l.body)
			}
		}
	}
}

func TestQuietUntil(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, paris)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for name, tc := range map[string]struct{ from, to, now, want string }{
		"none":                         {"", "", "2026-01-10 03:00", ""},
		"by day":                       {"22:00", "07:00", "2026-01-10 12:00", ""},
		"in the evening":               {"22:00", "07:00", "2026-01-31 23:00", "2026-02-01 07:00"},
		"after midnight":               {"22:00", "07:00", "2026-01-10 03:00", "2026-01-10 07:00"},
		"when they begin":              {"22:00", "07:00", "2026-01-10 22:00", "2026-01-11 07:00"},
		"when they end":                {"22:00", "07:00", "2026-01-10 07:00", ""},
		"within a day":                 {"12:00", "13:30", "2026-01-10 12:30", "2026-01-10 13:30"},
		"the night of summer time":     {"22:00", "07:00", "2026-03-28 23:00", "2026-03-29 07:00"},
		"the night of winter time":     {"22:00", "07:00", "2026-10-24 23:00", "2026-10-25 07:00"},
		"an end that the clock leaves": {"22:00", "02:30", "2026-03-28 23:00", "2026-03-29 03:30"},
	} {
		got := Quiet{tc.from, tc.to}.until(at(tc.now), paris)
		if (tc.want == "") != got.IsZero() || tc.want != "" && !got.Equal(at(tc.want)) {
			t.Errorf("%s: %v, want %s", name, got, tc.want)
		}
	}
}
