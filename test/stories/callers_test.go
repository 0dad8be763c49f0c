package stories_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"countersign.dev/countersign/test/binary"
)

// actions are what an attacker wants, the most harmless first, with the level that each takes in a new organization.
var actions = []struct{ name, level string }{
	{"general_question", "L1"},
	{"phone_change", "L1"},
	{"remote_session", "L2"},
	{"password_reset", "L3"},
	{"mfa_reset", "L3"},
	{"bank_data", "L3"},
	{"admin_grant", "L4"},
}

// TestVishingCaller has read everything about Pia that can be bought: her name, her number, her manager, her last ticket. He calls Tom,
// sounds like her and is in a hurry. Knowing things proves nothing here: whatever he asks for is refused by the product, not by Tom's nerve,
// and each try is on record. He hangs up when Tom sends a code to the telephone that he does not have.
func TestVishingCaller(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	for _, a := range actions {
		if missing := h.clear(h.tom, pia, a.name); missing != a.level {
			t.Errorf("%s takes %q, want %s", a.name, missing, a.level)
		}
	}
	if n := h.recorded("verification.clear", "access.needs_verification"); n != len(actions) {
		t.Errorf("%d refusals are on record, want %d", n, len(actions))
	}
	v := h.start(h.tom, pia, "sms_code")
	code := h.olga.CodeTo(t, pia.phone) // on her telephone, not on his
	h.check(h.tom, v, other(code))      // "it must be this one"
	for range 2 {
		h.check(h.tom, v, other(code))
	}
	h.ends(v, "failed")
	if missing := h.clear(h.tom, pia, "general_question"); missing == "" {
		t.Error("a guess opened the door")
	}
}

// TestReaderOfTexts has malware on Pia's telephone and sees every text message. The code that Tom sends reaches him, so he passes for her at
// L2. With that he gets a remote session, which is what her company accepted, and nothing that hands out access. So he asks for another
// number to be put in: it is held, proves nothing to Tom who entered it nor anything above a mailbox to Ida, and her old number is told.
func TestReaderOfTexts(t *testing.T) {
	h := desk(t)
	pia, ida := h.pia(), h.ida()
	v := h.start(h.tom, pia, "sms_code")
	if status := h.check(h.tom, v, h.olga.CodeTo(t, pia.phone)); status != http.StatusOK {
		t.Fatalf("the right code: %d", status)
	}
	for _, a := range actions {
		missing := h.clear(h.tom, pia, a.name)
		if want := a.level; (want > "L2") != (missing != "") || missing != "" && missing != want {
			t.Errorf("%s with L2 asks for %q", a.name, missing)
		}
	}
	const his = "+12125550166"
	h.tom.Object(t, http.StatusOK, http.MethodPatch, "/api/contacts/"+pia.id, map[string]any{"phones": []map[string]any{{"number": his, "kind": "mobile"}}})
	h.receives(pia.phone, "no longer on file")
	h.refused(h.tom, http.MethodPost, "/api/verifications", startBody(pia, "sms_code"), "verify.address_own_edit")
	h.refused(ida, http.MethodPost, "/api/verifications", startBody(pia, "sms_code"), "verify.address_held")
	if n := h.mailbox(his); n != 0 {
		t.Errorf("%d messages went to his number", n)
	}
}

// TestSIMSwapper has talked the carrier into moving Pia's number to his card this morning, and had her mailbox reset by a text. To us both are
// as old as ever, and no carrier tells us of the swap. So a number is worth L2 and a mailbox L1, and the two of them together no more, even
// where the policy lets two methods count as L3: what hands out access stays shut. A second try by the same number has to wait.
func TestSIMSwapper(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	h.olga.Object(t, http.StatusOK, http.MethodPut, "/api/settings/verification-policy", map[string]any{"two_methods": true})
	for method, address := range map[string]string{"sms_code": pia.phone, "email_code": pia.mail} {
		v := h.start(h.tom, pia, method)
		if status := h.check(h.tom, v, h.olga.CodeTo(t, address)); status != http.StatusOK {
			t.Fatalf("%s: %d", method, status)
		}
	}
	for _, a := range actions {
		if missing := h.clear(h.tom, pia, a.name); (a.level > "L2") != (missing != "") {
			t.Errorf("%s with a stolen number asks for %q", a.name, missing)
		}
	}
	h.refused(h.tom, http.MethodPost, "/api/verifications", startBody(pia, "voice_code"), "message.limited")
}

// TestRelayOfTheCallersCode is two calls at once: he calls Tom as Pia, and with the other telephone calls Pia as Harbor IT. What Tom says he
// passes on to her, what she says he passes on to Tom. The page behind the link asks her how the call began. She answers truthfully, Tom
// knows it differently, and everything freezes. Where it is a code, the message itself tells her to hang up and to answer NO; that ends it,
// whatever he still types, and locks her account here for an hour. And if she asks us first who is calling, both directions freeze.
func TestRelayOfTheCallersCode(t *testing.T) {
	t.Run("the link asks who called whom", func(t *testing.T) {
		h := desk(t)
		pia := h.pia()
		v := h.start(h.tom, pia, "sms_link")
		spoken := binary.Text(t, v, "spoken_number") // Tom says it to him, he says it to her
		h.answerLink(pia.phone, spoken, "outbound")  // "they called me"
		h.ends(v, "frozen")
		h.alarmed("direction_mismatch")
		h.answerLink(pia.phone, spoken, "inbound") // he has her try again
		h.ends(v, "frozen")
		if missing := h.clear(h.tom, pia, "general_question"); missing == "" {
			t.Error("cleared after a relay")
		}
	})
	t.Run("she reads the message before she reads it out", func(t *testing.T) {
		h := desk(t)
		pia := h.pia()
		v := h.start(h.tom, pia, "sms_code")
		code := h.olga.CodeTo(t, pia.phone)
		message := binary.Text(t, h.olga.LastTo(t, pia.phone, code), "body")
		for _, want := range []string{"Harbor IT", "Tom", "NO", "hang up"} {
			if !strings.Contains(message, want) {
				t.Errorf("the message does not say %q: %s", want, message)
			}
		}
		h.olga.Texts(t, pia.phone, "NO")
		h.until(v, "denied")
		h.alarmed("denied")
		if status := h.check(h.tom, v, code); status != http.StatusUnprocessableEntity {
			t.Errorf("the code after NO: %d", status)
		}
		h.refused(h.olga, http.MethodPost, "/api/verifications", startBody(pia, "email_code"), "verify.contact_locked")
	})
	t.Run("she asks who is calling", func(t *testing.T) {
		h := desk(t)
		pia := h.pia()
		v := h.start(h.tom, pia, "sms_code")
		code := h.olga.CodeTo(t, pia.phone)
		h.olga.Texts(t, pia.phone, "#verify")
		h.until(v, "frozen")
		h.alarmed("possible_relay")
		if status := h.check(h.tom, v, code); status != http.StatusUnprocessableEntity {
			t.Errorf("the code after the freeze: %d", status)
		}
	})
}

// until waits for a state of a verification.
func (h *help) until(v map[string]any, want string) {
	h.Helper()
	binary.Eventually(h, "a verification that is "+want, func() bool { return h.state(v) == want })
}

var (
	linkInText = regexp.MustCompile(`https?://[^/\s]+(/v/[\w-]+)`)
	pageToken  = regexp.MustCompile(`name="page" value="([^"]+)"`)
)

// linkTo is the path of the newest link that an address got.
func (h *help) linkTo(to string) (path string) {
	h.Helper()
	binary.Eventually(h, "a link for "+to, func() bool {
		for _, m := range h.olga.Inbox(h, to) {
			if found := linkInText.FindStringSubmatch(binary.Text(h, m, "body")); found != nil {
				path = found[1]
				return true
			}
		}
		return false
	})
	return path
}

// answerLink does what the holder of an address does with the link: opens the page, types the number, says how the call began.
func (h *help) answerLink(to, number, direction string) binary.Answer {
	h.Helper()
	path := h.linkTo(to)
	form := url.Values{"number": {number}, "direction": {direction}, "answer": {"validate"}}
	if m := pageToken.FindSubmatch(h.server.As("").Do(h, http.MethodGet, path, nil).Body); m != nil {
		form.Set("page", string(m[1]))
	}
	return h.submit(path, form)
}

// submit sends a form to a page of the server as a browser does that shows it.
func (h *help) submit(path string, form url.Values, headers ...string) binary.Answer {
	h.Helper()
	req, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, x := range headers {
		name, value, _ := strings.Cut(x, ": ")
		req.Header.Set(name, value)
	}
	return h.server.As("").Send(h, req)
}

// TestRelayOfTheTechniciansCode calls Pia as Tom of Harbor IT. She does as she was taught: texts #verify and waits to hear the code. He does
// not have it. So he calls Harbor IT as Pia with the other telephone, to hear it there. Nobody sees the code who has not claimed the request,
// and as soon as Tom verifies the caller, which is what he does with everybody, both directions freeze, no code leaves, Pia reads that she
// should hang up, and her #confirm does nothing. Had Tom claimed before, she would have read his name and that ticket, which the man on her
// line does not know.
func TestRelayOfTheTechniciansCode(t *testing.T) {
	h := desk(t)
	pia, ida := h.pia(), h.ida()
	h.olga.Texts(t, pia.phone, "#verify")
	r := h.asked()
	code := h.olga.CodeTo(t, pia.phone)
	for _, who := range []*binary.Client{h.tom, ida, h.olga} {
		if seen := h.request(who, r); seen["code"] != nil {
			t.Error("the code is shown without a claim")
		}
	}
	v := h.start(h.tom, pia, "email_code") // "let me make sure who you are"
	h.ends(v, "frozen")
	if got := h.request(h.tom, r); got["state"] != "frozen" || got["code"] != nil {
		t.Errorf("the request is %v", got["state"])
	}
	h.alarmed("possible_relay")
	h.receives(pia.phone, "to be safe we stopped")
	if n := h.mailbox(pia.mail); n != 0 {
		t.Errorf("%d messages left after the freeze", n)
	}
	h.refused(ida, http.MethodPost, "/api/technician-verifications/"+binary.Text(t, r, "id")+"/claim", map[string]any{"ticket_id": pia.ticket}, "verify.ended")
	h.olga.Texts(t, pia.phone, "#confirm")
	h.olga.Texts(t, pia.phone, "#confirm "+code[:2])
	if got := h.request(h.tom, r)["state"]; got != "frozen" {
		t.Errorf("#confirm made it %v", got)
	}
}

// TestDeepfakeVoice has cloned Pia's voice well enough for her own mother. Tom is convinced. There is nothing he could do with that: no
// method is called voice, an override by one person does not exist, the word of a caller settles nothing, and a body that claims a level is
// refused. A voice call by us proves the number that was called, at L2, as a text does.
func TestDeepfakeVoice(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	for _, method := range []string{"voice", "voice_print", "verbal", "manual", "override", ""} {
		a := h.tom.Do(t, http.MethodPost, "/api/verifications", startBody(pia, method, "note", "I know her voice"))
		if a.Status != http.StatusUnprocessableEntity {
			t.Errorf("method %q: %d %s", method, a.Status, a.Body)
		}
	}
	for field, value := range map[string]string{"level": "L4", "state": "verified", "shield_until": "2099-01-01T00:00:00Z"} {
		if a := h.tom.Do(t, http.MethodPost, "/api/verifications", startBody(pia, "sms_code", field, value)); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s in the body: %d", field, a.Status)
		}
	}
	v := h.start(h.tom, pia, "voice_code")
	if v["level"] != "L2" {
		t.Errorf("a call proves %v", v["level"])
	}
	for _, path := range []string{"/confirm-verbally", "/confirm", "/approve", "/override"} {
		if a := h.tom.Do(t, http.MethodPost, "/api/verifications/"+binary.Text(t, v, "id")+path, map[string]any{"note": "it is her"}); a.Status != http.StatusNotFound && a.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	h.ends(v, "pending")
	if missing := h.clear(h.tom, pia, "general_question"); missing == "" {
		t.Error("a voice opened the door")
	}
}
