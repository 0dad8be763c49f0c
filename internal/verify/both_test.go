package verify_test

import (
	"testing"
	"time"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/verify"
)

// TestTheThreadOnBothDatabases runs every statement of the slice on SQLite and on PostgreSQL, in real time.
func TestTheThreadOnBothDatabases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		build(t, db, func(t *testing.T, w *world) {
			w.realTime = true
			v, _ := w.begin(verify.SMSCode)
			w.await(piaPhone, 1)
			code := w.code(piaPhone)
			_, err := w.verify.Check(w.as("tom"), v.ID, other(code))
			wantCode(t, err, "verify.code_refused")
			if _, err := w.verify.Check(w.as("tom"), v.ID, code); err != nil {
				t.Fatal(err)
			}
			link, _ := w.begin(verify.EmailLink)
			w.await(piaEmail, 1)
			if status, _ := visit(w.pages(), "GET", "/v/"+w.token(piaEmail), nil); status != 200 {
				t.Errorf("status %d of the link page", status)
			}
			if _, err := w.verify.Cancel(w.as("tom"), link.ID); err != nil {
				t.Fatal(err)
			}
			p, err := w.verify.PanelOf(w.as("tom"), pia)
			if err != nil || p.Shield.State != "verified" || len(p.History) != 2 {
				t.Errorf("panel %+v, %v", p, err)
			}
			list, next, err := w.verify.List(w.as("tom"), verify.Filter{ContactID: pia, State: verify.Verified}, 1, "")
			if err != nil || len(list) != 1 || next != "" {
				t.Errorf("%d listed, next %q, %v", len(list), next, err)
			}
			set := verify.Settings{CodeDigits: 8, CodeMinutes: 5, ShieldMinutes: 15, NoteVisibility: "public"}
			for version := range int64(2) {
				if err := w.verify.SaveSettings(w.as("ada"), set, version); err != nil {
					t.Fatal(err)
				}
			}
			wantCode(t, w.verify.SaveSettings(w.as("ada"), set, 1), "verify.settings_changed")

			w.exec(`update message_start set last_at = last_at - 3600000000`)
			w.exec(`update message_delivery set created_at = created_at - 3600000000`) // the limits of the address count from the last start
			w.receive(mailFrom(piaEmail, "#verify"))
			w.await(piaEmail, 2)
			r, _, err := w.requests.List(w.as("tom"), verify.Pending, 10, "")
			if err != nil || len(r) != 1 {
				t.Fatal(len(r), err)
			}
			if _, shown, err := w.requests.Claim(w.as("tom"), r[0].ID, ticketPia); err != nil || len(shown) != 6 {
				t.Fatal(shown, err)
			}
			if _, err := w.requests.ConfirmVerbally(w.as("tom"), r[0].ID, "She read it."); err != nil {
				t.Fatal(err)
			}
			w.text(piaPhone, "NO")
			w.await(piaPhone, 2)
			w.wantState(v.ID, verify.Denied)
			if err := w.verify.Sweep(w.Context()); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// await waits until that many messages are in the inbox of an address.
func (w *world) await(to string, n int) {
	w.Helper()
	for range 200 {
		if len(w.inbox(to)) >= n {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.Fatalf("%d messages to %s, want %d", len(w.inbox(to)), to, n)
}
