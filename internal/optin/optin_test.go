package optin_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/optin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/wording"
)

func TestAFormAsksAndIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tick, err := w.tickets.Create(w.Admin(), ticket.Fields{CustomerID: w.customer, ContactID: w.pia.ID, Summary: "Phone"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID, TicketID: tick.ID})
		if err != nil {
			t.Fatal(err)
		}
		if f.Way != message.Email || f.SentTo != piaEmail || f.Number != piaPhone {
			t.Errorf("the form is %+v", f)
		}
		path := w.link(piaEmail)
		if st := w.standing(piaPhone); st.State != consent.Sent || st.AskedAt.IsZero() {
			t.Errorf("asked: %+v", st)
		}
		page := w.visit(http.MethodGet, path, nil)
		body := html.UnescapeString(page.Body.String())
		for _, want := range []string{"Harbor IT", "replying STOP", "https://harbor.example.com/privacy", "+1•••23", `required`} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(body, piaPhone) || strings.Contains(body, "<script") || len(body) > 60<<10 || page.Code != http.StatusOK {
			t.Errorf("the page: %d, %d bytes", page.Code, len(body))
		}
		if r := w.answer(path); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("an answer without a choice: %d", r.Code)
		}
		if r := w.answer(path+"?lang=fr", "answer", "yes"); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "Merci") {
			t.Errorf("yes: %d %s", r.Code, r.Body)
		}
		st := w.standing(piaPhone)
		if st.State != consent.OptedIn || !st.OwnWord() {
			t.Errorf("agreed: %+v", st)
		}
		records, texts, _, err := w.consents.History(w.Admin(), w.pia.ID, store.Page{Limit: 10})
		if err != nil || len(records) != 2 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		r := records[0]
		if r.Source != consent.ByForm || r.Kind != consent.Conversational || r.FormID != f.ID || r.IP == "" || r.Language != "fr" || r.ByName != "admin" ||
			!strings.Contains(texts[r.TextVersion].Body, "STOP") || !strings.Contains(texts[r.TextVersion].Body, "privacy") {
			t.Errorf("the record is %+v with %+v", r, texts)
		}
		notes, _, err := w.tickets.Notes(w.Admin(), tick.ID, store.Page{Limit: 10})
		if err != nil || len(notes) != 2 {
			t.Errorf("%d notes, %v", len(notes), err)
		}
		w.eventually("the confirmation", func() bool { return len(w.inbox(piaPhone)) == 1 })
		if w.Audited("consent.sent", audit.Success) != 1 || w.Audited("consent.opted_in", audit.Success) != 1 {
			t.Error("the audit log does not tell of it")
		}
		if _, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID}); fault.CodeOf(err) != "optin.opted_in" {
			t.Errorf("asked again: %v", err)
		}
	})
}

func TestNoMeansNo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, path := w.ask(message.SMS)
		if r := w.answer(path, "answer", "no"); r.Code != http.StatusOK {
			t.Fatalf("%d %s", r.Code, r.Body)
		}
		if st := w.standing(piaPhone); st.State != consent.OptedOut {
			t.Errorf("%+v", st)
		}
		if err := w.messages.Allow(w.Admin(), w.DB.Read(), message.Voice, piaPhone, store.Now()); fault.CodeOf(err) != "message.opted_out" {
			t.Errorf("a call: %v", err)
		}
		told := consent.Told{Address: piaPhone, State: consent.OptedIn, Source: consent.ByVoice, Note: "she said so"}
		if err := w.consents.WriteDown(w.Admin(), w.pia.ID, told); fault.CodeOf(err) != "consent.own_word" {
			t.Errorf("a technician took it back: %v", err)
		}
	})
}

// M1: whatever opens a form's page, nothing happens.
func TestM1OpeningAFormChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f, path := w.ask(message.Email)
		before := w.count(`select version from optin_form where id = $1`, f.ID)
		for range 50 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if r := w.visit(method, path, nil); r.Code != http.StatusOK {
					t.Fatalf("%s: %d", method, r.Code)
				}
			}
		}
		for name, form := range map[string]url.Values{
			"without the page's token": {"answer": {"yes"}}, "with another": {"answer": {"yes"}, "page": {"x"}},
		} {
			if r := w.visit(http.MethodPost, path, form); r.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, r.Code)
			}
		}
		if state, _ := w.form(f.ID); state != "sent" || w.count(`select version from optin_form where id = $1`, f.ID) != before {
			t.Error("opening it changed something")
		}
		if st := w.standing(piaPhone); st.State != consent.Sent {
			t.Errorf("%+v", st)
		}
	})
}

// M19: of all who have the link, one answers, once.
func TestM19ALinkAnswersOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, path := w.ask(message.Email)
		token := pageToken.FindStringSubmatch(w.visit(http.MethodGet, path, nil).Body.String())[1]
		var mu sync.Mutex
		answers := map[int]int{}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				choice := "yes"
				if i%2 == 1 {
					choice = "no"
				}
				r := w.visit(http.MethodPost, path, url.Values{"page": {token}, "answer": {choice}})
				mu.Lock()
				defer mu.Unlock()
				answers[r.Code]++
			})
		}
		wg.Wait()
		if answers[http.StatusOK] != 1 {
			t.Errorf("answered %v", answers)
		}
		if n := w.count(`select count(*) from consent_record where source = 'form'`); n != 1 {
			t.Errorf("%d records", n)
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} { // forwarded, and opened on another device
			if r := w.visit(method, path, url.Values{"page": {token}, "answer": {"yes"}}); r.Code != http.StatusNotFound && r.Code != http.StatusGone {
				t.Errorf("%s again: %d", method, r.Code)
			}
		}
	})
}

func TestM19ALinkDiesWithItsAddressAndWithANewerOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f, path := w.ask(message.Email)
		_, err := w.contacts.Update(w.Admin(), w.pia.ID, func(c contact.Contact) (contact.Fields, error) {
			c.Phones = []contact.Phone{{Number: newPhone, Kind: "mobile"}}
			return c.Fields, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := w.answer(path, "answer", "yes"); r.Code != http.StatusNotFound {
			t.Errorf("about a number that is no longer hers: %d", r.Code)
		}
		if state, _ := w.form(f.ID); state != "canceled" {
			t.Error(state)
		}
		// Nor does a form undo a newer STOP.
		w.settings(func(s *consent.Settings) { s.ReaskDays = 1 })
		w.exec(`update optin_form set created_at = 1`)
		w.exec(`update consent set asked_at = 1`)
		w.forgetStarts()
		_, path = w.ask(message.Email)
		w.receive(newPhone, "STOP")
		if r := w.answer(path, "answer", "yes"); r.Code != http.StatusNotFound {
			t.Errorf("after STOP: %d", r.Code)
		}
		if st := w.standing(newPhone); st.State != consent.OptedOut {
			t.Errorf("%+v", st)
		}
	})
}

func TestAFormExpires(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f, path := w.ask(message.Email)
		if left := time.Until(f.ExpiresAt); left < 6*24*time.Hour || left > 7*24*time.Hour {
			t.Errorf("it can be answered for %s", left)
		}
		w.exec(`update optin_form set expires_at = 2`)
		if r := w.visit(http.MethodGet, path, nil); r.Code != http.StatusGone {
			t.Errorf("too late: %d", r.Code)
		}
		if r := w.answer(path, "answer", "yes"); r.Code != http.StatusGone {
			t.Errorf("too late: %d", r.Code)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if state, _ := w.form(f.ID); state != "expired" || w.standing(piaPhone).State != consent.Sent {
			t.Error(state)
		}
		if n := w.count(`select count(*) from optin_form where token_hash is not null`); n != 0 {
			t.Error("the link is still known")
		}
	})
}

// The link is kept hashed, and neither it nor the code is in a log, an event or an answer.
func TestTheLinkIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, path := w.ask(message.Email)
		token := path[strings.LastIndexByte(path, '/')+1:]
		for _, table := range []string{"optin_form", "audit_event", "audit_target", "events_event", "consent_record", "message_delivery"} {
			rows, err := w.DB.Read().QueryContext(t.Context(), `select * from `+table)
			if err != nil {
				t.Fatal(err)
			}
			columns, _ := rows.Columns()
			for rows.Next() {
				values, pointers := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					pointers[i] = &values[i]
				}
				if err := rows.Scan(pointers...); err != nil {
					t.Fatal(err)
				}
				for i, v := range values {
					if s, ok := v.(string); ok && strings.Contains(s, token) {
						t.Errorf("%s.%s holds the link", table, columns[i])
					}
					if b, ok := v.([]byte); ok && strings.Contains(string(b), token) {
						t.Errorf("%s.%s holds the link", table, columns[i])
					}
				}
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// forgetStarts lets the next message that starts something go at once.
func (w *world) forgetStarts() {
	w.T.Helper()
	w.exec(`delete from message_start`)
	w.exec(`update message_delivery set starts = false`)
}

func (w *world) exec(query string, args ...any) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), query, args...)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// MSG-11, M20: an organization asks in its own words, which must keep the link; what people agree to stays as it is.
func TestM20AnOrganizationAsksInItsOwnWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		texts := wording.New(wording.Deps{DB: w.DB, Guard: w.Guard, Audit: w.Audit})
		always := func(int64) error { return nil }
		set := func(key wording.Key, parts map[string]string) error {
			_, err := texts.Set(w.Admin(), key, "en", parts, always)
			return err
		}
		mail := map[string]string{"subject": "A question", "header": "${organization} asks", "body": "Say yes or no: ${link}"}
		without := maps.Clone(mail)
		without["body"] = "Say yes or no."
		if err := set(wording.OptInMail, without); fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), "link") {
			t.Errorf("without its link: %v", err)
		}
		if err := set("page.optin", map[string]string{"statement": "I agree to everything."}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the statement was changed: %v", err)
		}
		if err := set(wording.OptInMail, mail); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID}); err != nil {
			t.Fatal(err)
		}
		path := w.link(piaEmail)
		body := w.inbox(piaEmail)
		if len(body) != 1 || !strings.HasPrefix(body[0], "Harbor IT asks\n\nSay yes or no: http") {
			t.Errorf("the mail is %q", body)
		}
		page := html.UnescapeString(w.visit(http.MethodGet, path, nil).Body.String())
		if !strings.Contains(page, "My consent is no condition") {
			t.Error("the page lacks what people agree to")
		}
	})
}
