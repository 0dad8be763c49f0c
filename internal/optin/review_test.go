package optin_test

import (
	"net/http"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/optin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// MSG-10: somebody looks through who can be asked and who cannot, and only then anything is sent.
func TestManyAreAskedAfterAReview(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in, out := w.add("In", nil, "+12125550161"), w.add("Out", nil, "+12125550162")
		for address, state := range map[string]consent.State{"+12125550161": consent.OptedIn, "+12125550162": consent.OptedOut} {
			err := w.DB.Write(w.System(), func(tx *store.Tx) error {
				_, err := w.Ledger.Put(w.System(), tx, consent.Record{Address: address, State: state, Source: consent.ByWord, Way: "sms"})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		desk, err := w.contacts.Create(w.Admin(), contact.Fields{CustomerID: w.customer, Name: "Desk", Phones: []contact.Phone{{Number: "+12125550163", Kind: "landline"}}})
		if err != nil {
			t.Fatal(err)
		}
		none, abroad, paid := w.add("None", []string{"none@northwind.example.com"}), w.add("Abroad", nil, "+447400123456"), w.add("Paid", nil, "+19005550123")
		phone := w.add("Phone", nil, "+12125550164")
		crowd := optin.Crowd{IDs: []string{w.pia.ID, in.ID, out.ID, desk.ID, none.ID, abroad.ID, paid.ID, phone.ID, w.pia.ID}}
		r, err := w.Review(w.Admin(), crowd)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, v := range r.Verdicts {
			got[v.Contact.Name] = fault.CodeOf(v.Err)
			if v.Err == nil {
				got[v.Contact.Name] = string(v.Way)
			}
		}
		for name, want := range map[string]string{
			"Pia Ende": "email", "In": "optin.opted_in", "Out": "optin.opted_out", "Desk": "optin.landline", "None": "optin.no_number",
			"Abroad": "optin.country_not_allowed", "Paid": "optin.number_kind", "Phone": "sms",
		} {
			if got[name] != want {
				t.Errorf("%s: %s, want %s", name, got[name], want)
			}
		}
		if r.Askable != 2 || len(r.Verdicts) != 8 || w.count(`select count(*) from optin_form`) != 0 {
			t.Errorf("%d of %d can be asked, and something was sent", r.Askable, len(r.Verdicts))
		}
		if _, err := w.AskAll(w.Admin(), crowd, "something else"); fault.CodeOf(err) != "optin.review_changed" {
			t.Errorf("sent without a review: %v", err)
		}
		started, err := w.AskAll(w.Admin(), crowd, r.Digest)
		if err != nil {
			t.Fatal(err)
		}
		w.eventually("the end of the task", func() bool {
			now, err := w.tasks.Find(w.Admin(), started.ID)
			return err == nil && now.State == task.Done && now.Done == 2 && now.Failed == 0
		})
		w.link(piaEmail)
		w.link("+12125550164")
		if n := w.count(`select count(*) from optin_form`); n != 2 || w.Audited("optin.bulk", audit.Success) != 1 {
			t.Errorf("%d forms", n)
		}
		// The same list has changed since: both were asked.
		if _, err := w.AskAll(w.Admin(), crowd, r.Digest); fault.CodeOf(err) != "optin.review_changed" {
			t.Errorf("sent twice: %v", err)
		}
		if _, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID, Way: message.SMS}); fault.CodeOf(err) != "optin.asked_recently" {
			t.Errorf("asked again at once: %v", err)
		}
		r, err = w.Review(w.Admin(), optin.Crowd{Filter: &contact.Query{CustomerID: w.customer, Consent: "sent"}})
		if err != nil || len(r.Verdicts) != 2 || r.Askable != 0 {
			t.Errorf("by filter: %+v, %v", r, err)
		}
	})
}

func TestWhoMayNotEditContactsAsksNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		reader := access.WithActor(t.Context(), w.Actor("reader", perm.ReadOnly))
		w.Assign("reader", w.customer)
		if _, err := w.Ask(reader, optin.Question{ContactID: w.pia.ID}); fault.KindOf(err) != fault.Denied {
			t.Errorf("asked: %v", err)
		}
		told := consent.Told{Address: piaPhone, State: consent.OptedIn, Source: consent.ByVoice, Note: "x"}
		if err := w.consents.WriteDown(reader, w.pia.ID, told); fault.KindOf(err) != fault.Denied {
			t.Errorf("wrote down: %v", err)
		}
		stranger := access.WithActor(t.Context(), w.Actor("stranger", perm.Technician))
		if _, err := w.Ask(stranger, optin.Question{ContactID: w.pia.ID}); err == nil {
			t.Error("a technician of other customers asked")
		}
		if _, _, err := w.consents.OfContact(stranger, w.pia.ID); err == nil {
			t.Error("a technician of other customers sees consent")
		}
		if code, _, _ := w.server.Do("reader", http.MethodPatch, "/api/settings/consent", `{"only_opted_in":true}`); code != http.StatusForbidden {
			t.Errorf("settings: %d", code)
		}
	})
}

// A technician writes down what they were told, and the list and its filter show it.
func TestConsentIsWrittenDownAndShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := "/api/contacts/" + w.pia.ID
		for body, want := range map[string]int{
			`{"address":"+12125550199","state":"opted_in","source":"verbal","note":"x"}`:    http.StatusUnprocessableEntity, // nobody's
			`{"address":"` + piaPhone + `","state":"opted_in","source":"word","note":"x"}`:  http.StatusUnprocessableEntity,
			`{"address":"` + piaPhone + `","state":"opted_in","source":"verbal","note":""}`: http.StatusUnprocessableEntity,
		} {
			if code, _, _ := w.server.Do("admin", http.MethodPost, path+"/consent", body); code != want {
				t.Errorf("%s: %d", body, code)
			}
		}
		code, _, _ := w.server.Do("admin", http.MethodPost, path+"/consent", `{"address":"`+piaPhone+`","state":"opted_out","source":"written","note":"letter of May 2"}`)
		if code != http.StatusOK {
			t.Fatal(code)
		}
		if _, got, _ := w.server.Do("admin", http.MethodGet, path, ""); got["consent"] != "opted_out" {
			t.Errorf("the contact shows %v", got["consent"])
		}
		for state, want := range map[string]int{"opted_out": 1, "opted_in": 0, "sent": 0, "unknown": 0} {
			_, got, _ := w.server.Do("admin", http.MethodGet, "/api/contacts?consent="+state, "")
			if items, _ := got["items"].([]any); len(items) != want {
				t.Errorf("%s: %d contacts", state, len(items))
			}
		}
		// What a technician wrote down, a technician may take back.
		if code, _, _ = w.server.Do("admin", http.MethodPost, path+"/consent", `{"address":"`+piaPhone+`","state":"opted_in","source":"verbal","note":"changed her mind"}`); code != http.StatusOK {
			t.Errorf("taken back: %d", code)
		}
		_, got, _ := w.server.Do("admin", http.MethodGet, path+"/consent/history", "")
		if items, _ := got["items"].([]any); len(items) != 2 {
			t.Errorf("history: %v", got)
		}
	})
}

func TestSettingsOfConsent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const path = "/api/settings/consent"
		code, got, header := w.server.Do("admin", http.MethodGet, path, "")
		if code != http.StatusOK || got["only_opted_in"] != false || got["link_days"] != 7.0 || got["text_version"] == "" {
			t.Fatalf("%d %v", code, got)
		}
		for body, want := range map[string]int{
			`{"reask_days":0}`: 422, `{"link_days":31}`: 422, `{"policy_url":"http://x.example.com"}`: 422, `{"policy_url":"javascript:alert(1)"}`: 422, `{"text_version":"x"}`: 422,
		} {
			if code, _, _ := w.server.Do("admin", http.MethodPatch, path, body); code != want {
				t.Errorf("%s: %d", body, code)
			}
		}
		if code, got, _ = w.server.Do("admin", http.MethodPatch, path, `{"only_opted_in":true}`, "If-Match: "+header.Get("ETag")); code != http.StatusOK || got["only_opted_in"] != true {
			t.Errorf("%d %v", code, got)
		}
		if code, _, _ = w.server.Do("admin", http.MethodPatch, path, `{"only_opted_in":false}`, "If-Match: "+header.Get("ETag")); code != http.StatusPreconditionFailed {
			t.Errorf("an old version: %d", code)
		}
		if w.Audited("settings.consent", audit.Success) < 2 {
			t.Error("not in the audit log")
		}
	})
}
