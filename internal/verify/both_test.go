package verify_test

import (
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/fault"
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
	for range 2400 {
		if len(w.inbox(to)) >= n {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.Fatalf("%d messages to %s, want %d", len(w.inbox(to)), to, n)
}

// R5 on two nodes of one PostgreSQL: of wrong codes that come at once each is counted with the others, so that the limit is not passed by.
func TestR5WrongCodesAtOnceAreAllCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		build(t, db, func(t *testing.T, w *world) {
			w.realTime = true
			w.wrongCodesOf("somebody", 47)
			var started []verify.Verification
			for _, name := range []string{"one", "two", "three"} {
				w.exec(`insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version)
					values ('org-1', $1, 'northwind', $1, $1, '', $2, '[]', 'en', false, false, '', '', 1, 1, 1)`, name, `["`+name+`@northwind.example.com"]`)
				w.exec(`insert into contact_email (org_id, contact_id, email_key, created_at, added_by, initial) values ('org-1', $1, $2, 1, '', true)`, name, name+"@northwind.example.com")
				v, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: name, Method: verify.EmailCode})
				if err != nil {
					t.Fatal(err)
				}
				w.await(name+"@northwind.example.com", 1)
				started = append(started, v)
			}
			var wg sync.WaitGroup
			for _, v := range started {
				wrong := other(w.code(v.Address))
				wg.Go(func() {
					if _, err := w.verify.Check(w.as("tom"), v.ID, wrong); fault.CodeOf(err) != "verify.code_refused" {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if until, err := w.verify.CodesOffUntil(t.Context(), w.db.Read(), org); err != nil || until.IsZero() {
				t.Error("codes are still on", err)
			}
			if w.alerts("organization_wrong_codes") != 1 {
				t.Errorf("%d alerts", w.alerts("organization_wrong_codes"))
			}
			if err := w.verify.SwitchCodesOn(w.as("ada")); err != nil {
				t.Error(err)
			}
		})
	})
}
