package optin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/optin"
	"countersign.dev/countersign/internal/store"
)

// correct answers a form with another number and returns the path of the page that asks for its code.
func (w *world) correct(path string) (code string) {
	w.T.Helper()
	if r := w.answer(path, "answer", "yes", "number", "(212) 555-0155"); r.Code != http.StatusSeeOther {
		w.T.Fatalf("another number: %d %s", r.Code, r.Body)
	}
	return w.awaitMatch(newPhone, codes, 0)
}

// R13: a number from a form is not theirs before it is confirmed, is young afterwards, and the old one hears of it.
func TestAnotherNumberIsConfirmedAndHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.settings(func(s *consent.Settings) { s.CorrectNumber = true })
		f, path := w.ask(message.Email)
		code := w.correct(path)
		if w.numbers() != piaPhone || w.standing(newPhone).State != consent.Unknown {
			t.Fatal("it counts before it is confirmed")
		}
		if r := w.answer(path, "code", wrong(code)); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: %d", r.Code)
		}
		before := store.Now()
		if r := w.answer(path, "code", code); r.Code != http.StatusOK {
			t.Fatalf("the code: %d %s", r.Code, r.Body)
		}
		if w.numbers() != newPhone || w.standing(newPhone).State != consent.OptedIn || w.standing(piaPhone).State != consent.Sent {
			t.Errorf("numbers %s, %+v", w.numbers(), w.standing(newPhone))
		}
		age, err := contact.AddressAge(t.Context(), w.DB.Read(), w.Org.ID, w.pia.ID, newPhone)
		if err != nil || age.Initial || age.Since.Before(before.Add(-time.Second)) || age.AddedBy != w.pia.ID {
			t.Errorf("its age is %+v, %v", age, err)
		}
		w.eventually("word to the old number", func() bool {
			return slices.ContainsFunc(w.inbox(piaPhone), func(body string) bool {
				return strings.Contains(body, "+1•••55") && !strings.Contains(body, newPhone)
			})
		})
		if state, _ := w.form(f.ID); state != "agreed" {
			t.Error(state)
		}
		if r := w.answer(path, "code", code); r.Code != http.StatusNotFound {
			t.Errorf("the code again: %d", r.Code)
		}
	})
}

// M19, D-27: a number that has proved who somebody is is not replaced by a form.
func TestM19ANumberInUseForVerificationWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.settings(func(s *consent.Settings) { s.CorrectNumber = true })
		w.inUse = true
		f, path := w.ask(message.Email)
		code := w.correct(path)
		if r := w.answer(path, "code", code); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "technician will check") {
			t.Fatalf("the code: %d %s", r.Code, r.Body)
		}
		if w.numbers() != piaPhone {
			t.Fatalf("it was replaced: %s", w.numbers())
		}
		w.eventually("word to the old number", func() bool { return len(w.inbox(piaPhone)) > 0 })
		if state, _ := w.form(f.ID); state != "held" {
			t.Error(state)
		}
		changes, err := w.Changes(w.Admin(), w.pia.ID)
		if err != nil || len(changes) != 1 || changes[0].Reason != "in_use" || changes[0].NewNumber != newPhone {
			t.Fatalf("%+v, %v", changes, err)
		}
		id := changes[0].ID
		if _, err := w.Apply(w.Admin(), w.pia.ID, id); fault.CodeOf(err) != "optin.verification_needed" {
			t.Errorf("applied without a proof: %v", err)
		}
		if w.Audited("contact.number_applied", audit.Denied) != 1 {
			t.Error("the refusal is not in the audit log")
		}
		other := w.add("Other", nil, "+12125550177")
		if _, err := w.Apply(w.Admin(), other.ID, id); fault.CodeOf(err) != "optin.change_unknown" {
			t.Errorf("on another contact: %v", err)
		}
		w.proven = true
		if _, err := w.Apply(w.Admin(), w.pia.ID, id); err != nil {
			t.Fatal(err)
		}
		if w.numbers() != newPhone {
			t.Error(w.numbers())
		}
		age, err := contact.AddressAge(t.Context(), w.DB.Read(), w.Org.ID, w.pia.ID, newPhone)
		if err != nil || age.Initial || age.AddedBy != "admin" {
			t.Errorf("its age is %+v, %v", age, err)
		}
		if _, err := w.Discard(w.Admin(), w.pia.ID, id); fault.CodeOf(err) != "optin.change_ended" {
			t.Errorf("settled twice: %v", err)
		}
	})
}

func TestACodeHasThreeTries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.settings(func(s *consent.Settings) { s.CorrectNumber = true })
		f, path := w.ask(message.Email)
		code := w.correct(path)
		for i, want := range []int{http.StatusUnprocessableEntity, http.StatusUnprocessableEntity, http.StatusGone} {
			if r := w.answer(path, "code", wrong(code)); r.Code != want {
				t.Errorf("wrong code %d: %d", i+1, r.Code)
			}
		}
		if r := w.answer(path, "code", code); r.Code != http.StatusNotFound {
			t.Errorf("the right code after three wrong ones: %d", r.Code)
		}
		if state, _ := w.form(f.ID); state != "failed" || w.numbers() != piaPhone {
			t.Error(state, w.numbers())
		}
	})
}

func TestNumbersThatAFormRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f, path := w.ask(message.Email)
		if strings.Contains(w.visit(http.MethodGet, path, nil).Body.String(), `name="number"`) {
			t.Error("the form asks for a number where it may not")
		}
		w.settings(func(s *consent.Settings) { s.CorrectNumber = true })
		for _, number := range []string{"12", "+12125550155x9", "+19005550123", "+18005550123", "+442079460000", "hello"} {
			if r := w.answer(path, "answer", "yes", "number", number); r.Code != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d", number, r.Code)
			}
		}
		// A number whose holder wants no messages gets no code, and the page says no more than of any other.
		w.receive(newPhone, "STOP")
		if r := w.answer(path, "answer", "yes", "number", newPhone); r.Code != http.StatusUnprocessableEntity || strings.Contains(r.Body.String(), "STOP themselves") {
			t.Errorf("a number that opted out: %d", r.Code)
		}
		if state, _ := w.form(f.ID); state != "sent" {
			t.Error(state)
		}
		if r := w.answer(path, "answer", "yes", "number", piaPhone); r.Code != http.StatusOK || w.standing(piaPhone).State != consent.OptedIn {
			t.Errorf("the number that we have: %d", r.Code)
		}
	})
}

// Who has no number can give one.
func TestAFormAsksForAMissingNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.pia = w.add("Lee", []string{"lee@northwind.example.com"})
		if _, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID}); fault.CodeOf(err) != "optin.no_number" {
			t.Errorf("asked about nothing: %v", err)
		}
		w.settings(func(s *consent.Settings) { s.CorrectNumber = true })
		_, path := w.ask(message.Email)
		if r := w.answer(path, "answer", "yes"); r.Code != http.StatusUnprocessableEntity {
			t.Errorf("yes to nothing: %d", r.Code)
		}
		if r := w.answer(path, "code", w.correct(path)); r.Code != http.StatusOK || w.numbers() != newPhone {
			t.Errorf("%d, %s", r.Code, w.numbers())
		}
	})
}

func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
