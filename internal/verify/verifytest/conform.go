// Package verifytest holds the conformance suite that every method of verification must pass.
package verifytest

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// Question is a verification about to start, as the methods get it.
func Question(m verify.Method, digits int) verify.Question {
	d, now := m.Describe(), time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	return verify.Question{
		Contact:      contact.Contact{OrgID: "org-1", ID: "contact-1", Fields: contact.Fields{Name: "Pia Ende", Language: "en"}},
		Organization: organization.Organization{ID: "org-1", Settings: organization.Settings{Name: "Harbor IT", Locale: "en"}},
		Settings:     verify.Settings{CodeDigits: digits, CodeMinutes: 5},
		BaseURL:      "https://help.example.com",
		Verification: verify.Verification{
			OrgID: "org-1", ID: "verification-1", ContactID: "contact-1", ContactName: "Pia Ende", CustomerID: "customer-1", TechnicianID: "technician-1",
			TechnicianName: "Tom Reed", Method: d.Name, Form: d.Form, Level: d.Level, Address: "+12125550123", Language: "en", TicketID: "ticket-1",
			TicketNumber: 1042, CallDirection: verify.Inbound, State: verify.Pending, CreatedAt: now, ExpiresAt: now.Add(5 * time.Minute),
		},
	}
}

var digitsInARow = regexp.MustCompile(`\d{6,}`)

// Conform proves that a method keeps the promises of verify.Method: it describes itself, its secrets are new each time and of the length
// that the organization chose, and its message holds what a person needs to tell a true question from a relayed one (R1, R10).
func Conform(t *testing.T, m verify.Method) {
	t.Helper()
	d := m.Describe()
	t.Run("describes itself", func(t *testing.T) {
		if d.Name == "" || d.Level < 0 || d.Level > 5 || len(d.Needs) == 0 || !reflect.DeepEqual(d, m.Describe()) {
			t.Errorf("%+v", d)
		}
		if _, pages := m.(verify.Pager); pages != (d.Form == verify.FormPage) {
			t.Errorf("the form is %s; serves a page: %v", d.Form, pages)
		}
		if _, finds := m.(verify.Addresser); d.Way == "" && !finds {
			t.Error("it asks by no way and finds no addresses")
		}
	})
	t.Run("has a name in notes", func(t *testing.T) {
		for _, locale := range []string{"en", "fr"} {
			if note := (wording.Note{Method: string(d.Name)}).Started(locale); strings.Contains(note, ": "+string(d.Name)+" (") {
				t.Errorf("%s: %s", locale, note)
			}
		}
	})
	t.Run("secrets are new each time", func(t *testing.T) {
		seen := map[string]bool{}
		for range 50 {
			p := plan(t, m, 8)
			if x := p.Digits + p.Token; x != "" && d.Way != "" {
				seen[x] = true
			}
		}
		if d.Way != "" && len(seen) < 45 { // links with three digits may meet, links with tokens never do
			t.Errorf("%d different secrets of 50", len(seen))
		}
	})
	if d.Way == "" {
		return
	}
	t.Run("the message", func(t *testing.T) {
		for _, length := range []int{6, 8} {
			p := plan(t, m, length)
			text := wording.Texts{Language: "en"}.Say(p.Text, p.Words(Question(m, length)))
			body := text.Announcement + " " + text.Body
			for _, want := range mustSay(d) {
				if !strings.Contains(body, want) {
					t.Errorf("%q does not say %s", body, want)
				}
			}
			if strings.Contains(body, "Reed") || strings.Contains(body, "Pia") {
				t.Errorf("%q says more than a stranger may read", body)
			}
			switch d.Form {
			case verify.FormCode:
				if got := digitsInARow.FindAllString(body, -1); len(p.Digits) != length || len(got) == 0 || slices.ContainsFunc(got, func(x string) bool { return x != p.Digits }) {
					t.Errorf("%q holds %v, want the code alone", body, got)
				}
			case verify.FormPage:
				if !strings.Contains(body, "https://help.example.com/v/"+p.Token) || len(p.Token) < 22 {
					t.Errorf("%q holds no link that cannot be guessed", body)
				}
				if p.Spoken != "" && regexp.MustCompile(`\b`+p.Spoken+`\b`).MatchString(strings.ReplaceAll(body, p.Token, "")) {
					t.Errorf("%q tells the number that only the technician says", body)
				}
			}
		}
	})
}

// mustSay is what tells the contact who asks and for what; a call is short.
func mustSay(d verify.Description) []string {
	if d.Way == message.Voice {
		return []string{"Harbor IT", "Tom"}
	}
	return []string{"Harbor IT", "Tom", "1042"}
}

func plan(t *testing.T, m verify.Method, digits int) verify.Plan {
	t.Helper()
	p, err := m.Plan(Question(m, digits))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
