package stories_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/internal/verify/duo/duotest"
	"countersign.dev/countersign/test/binary"
)

// TestReplayer listened to a call and has a code that was right, and a link that was answered. The code is worth nothing a second time, nor
// an older one beside a newer, nor the link. He tries being first: of thirty-two who type the right code at once one succeeds.
func TestReplayer(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	first := h.start(h.tom, pia, "sms_code")
	old := h.olga.CodeTo(t, pia.phone)
	second := h.start(h.tom, pia, "email_code")
	code := h.olga.CodeTo(t, pia.mail)
	if status := h.check(h.tom, first, old); status != http.StatusUnprocessableEntity {
		t.Errorf("the older code: %d", status)
	}
	h.ends(first, "canceled")
	var good atomic.Int32
	c := rig.NewClient(h.server.URL, h.tom.Token)
	err := rig.Parallel(32, 32, func(int) error {
		status, _, err := c.Do(t.Context(), http.MethodPost, "/api/verifications/"+binary.Text(t, second, "id")+"/check", map[string]any{"code": code})
		if status == http.StatusOK {
			good.Add(1)
		}
		return err
	})
	if err != nil || good.Load() != 1 {
		t.Errorf("%d of 32 succeeded, %v", good.Load(), err)
	}
	if status := h.check(h.tom, second, code); status != http.StatusUnprocessableEntity {
		t.Errorf("the used code: %d", status)
	}

	other := h.contact("Sam Reyes", "", "sam@northwind.example.com")
	link := h.start(h.tom, other, "email_link")
	spoken := binary.Text(t, link, "spoken_number")
	h.answerLink(other.mail, spoken, "inbound")
	h.ends(link, "verified")
	before := h.recorded("verification.answer", "")
	h.answerLink(other.mail, spoken, "inbound")
	h.answerLink(other.mail, spoken, "outbound")
	if after := h.recorded("verification.answer", ""); after != before {
		t.Errorf("%d answers of one link", after)
	}
	h.ends(link, "verified")
}

// TestScanner is no attacker: it is what stands in front of half of all mailboxes and opens every link, runs what is there and presses what
// can be pressed. A person could not press faster. It knows no number that Tom speaks, so the link stays as good as it was for Pia.
// (links.test.mjs does the same with a real browser, five hundred loads of each kind at full scale.)
func TestScanner(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	v := h.start(h.tom, pia, "sms_link")
	path, stranger := h.linkTo(pia.phone), h.server.As("")
	for range 34 {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			stranger.Do(t, method, path, nil)
		}
	}
	page := pageToken.FindSubmatch(stranger.Do(t, http.MethodGet, path, nil).Body)
	if page == nil {
		t.Fatal("the page has no token")
	}
	for _, form := range []url.Values{
		{},
		{"page": {string(page[1])}},
		{"page": {string(page[1])}, "answer": {"validate"}},
		{"page": {string(page[1])}, "answer": {"not_me"}},
		{"page": {string(page[1])}, "number": {""}, "direction": {"inbound"}, "answer": {"validate"}},
		{"number": {binary.Text(t, v, "spoken_number")}, "direction": {"inbound"}, "answer": {"validate"}}, // without the page
	} {
		h.submit(path, form)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		stranger.Do(t, method, path, nil)
	}
	got := h.olga.Object(t, http.StatusOK, http.MethodGet, "/api/verifications/"+binary.Text(t, v, "id"), nil)
	if got["state"] != "pending" || got["tries_left"] != v["tries_left"] || got["version"] != v["version"] && got["delivery"] == v["delivery"] {
		t.Errorf("after the scanner: %v", got)
	}
	h.answerLink(pia.phone, binary.Text(t, v, "spoken_number"), "inbound")
	h.ends(v, "verified")
}

// TestSpoofedSender can send texts that seem to come from Pia's number, and mails that seem to come from her mailbox. He cannot read what is
// sent to them. He asks in her name: the code goes to her telephone, which tells her so. He confirms for her, without digits and with the
// wrong ones: that is no answer, and the third guess freezes everything. From a number that we do not know nothing starts, and nobody
// answers him.
func TestSpoofedSender(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	h.olga.Object(t, http.StatusOK, http.MethodPatch, "/api/settings/verification", map[string]any{"confirm_digits": true})
	const his = "+12125550199"
	h.olga.Texts(t, his, "#verify")
	binary.Eventually(t, "the unknown sender on record", func() bool { return h.recorded("technician_verification.unknown_sender", "") == 1 })
	if n := h.mailbox(his); n != 0 {
		t.Errorf("he got %d answers", n)
	}

	h.olga.Texts(t, pia.phone, "#verify") // forged
	r := h.asked()
	body := binary.Text(t, h.olga.LastTo(t, pia.phone, h.olga.CodeTo(t, pia.phone)), "body")
	right := regexp.MustCompile(`#confirm (\d\d)`).FindStringSubmatch(body)
	if right == nil {
		t.Fatalf("the message names no digits: %q", body)
	}
	h.tom.Object(t, http.StatusOK, http.MethodPost, "/api/technician-verifications/"+binary.Text(t, r, "id")+"/claim", map[string]any{"ticket_id": pia.ticket})
	for range 5 {
		h.olga.Texts(t, pia.phone, "#confirm")
	}
	h.olga.Object(t, http.StatusAccepted, http.MethodPost, "/api/sandbox/inbound", map[string]any{"kind": "email", "from": pia.mail, "body": "#confirm " + right[1]})
	if got := h.request(h.tom, r)["state"]; got != "claimed" {
		t.Errorf("a bare #confirm, and one from another place: %v", got)
	}
	for range 3 {
		h.olga.Texts(t, pia.phone, "#confirm "+other(right[1]))
	}
	binary.Eventually(t, "frozen", func() bool { return h.request(h.tom, r)["state"] == "frozen" })
	h.olga.Texts(t, pia.phone, "#confirm "+right[1])
	if got := h.request(h.tom, r)["state"]; got != "frozen" {
		t.Errorf("the fourth guess was right, and made it %v", got)
	}
	if n := h.mailbox(his); n != 0 {
		t.Errorf("he got %d answers", n)
	}
}

// TestWebhookForger knows where our carrier delivers texts, and has recorded one. He sends his own without a signature, with one under
// another key, for another account, for another address, with a field changed after signing, and the recorded one once more. Nothing starts,
// except once what the carrier itself sent.
func TestWebhookForger(t *testing.T) {
	h := desk(t, "--external-url", "https://help.example.com")
	pia := h.pia()
	const account, token = "AC00000000000000000000000000000001", "0123456789abcdef0123456789abcdef"
	carrier := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(carrier.Close)
	set := h.olga.Object(t, http.StatusOK, http.MethodPut, "/api/settings/carriers/twilio", map[string]any{
		"enabled": true, "account_sid": account, "auth_token": token, "base_url": carrier.URL, "sms_number": binary.VerificationNumber,
	})
	hooks, _ := set["webhooks"].(map[string]any)
	hook := binary.Text(t, hooks, "sms")
	if !strings.HasPrefix(hook, "https://help.example.com/") {
		t.Fatalf("the hook is %s", hook)
	}
	genuine := url.Values{"MessageSid": {"SM00000000000000000000000000000001"}, "AccountSid": {account}, "From": {pia.phone}, "To": {binary.VerificationNumber}, "Body": {"#verify"}, "NumMedia": {"0"}}
	with := func(field, value string) url.Values {
		form := maps.Clone(genuine)
		form[field] = []string{value}
		return form
	}
	path := strings.TrimPrefix(hook, "https://help.example.com")
	send := func(form url.Values, signature string, headers ...string) int {
		t.Helper()
		return h.submit(path, form, append(headers, "X-Twilio-Signature: "+signature)...).Status
	}
	requests := func() int { return len(h.tom.Items(t, "/api/technician-verifications")) }
	for name, status := range map[string]int{
		"without a signature":         send(with("MessageSid", "SM00000000000000000000000000000002"), ""),
		"under another key":           send(with("MessageSid", "SM00000000000000000000000000000003"), sign("another", hook, with("MessageSid", "SM00000000000000000000000000000003"))),
		"for another account":         send(with("AccountSid", "AC9"), sign(token, hook, with("AccountSid", "AC9"))),
		"for the Host that he chose":  send(genuine, sign(token, strings.Replace(hook, "help.", "evil.", 1), genuine), "X-Forwarded-Host: evil.example.com"),
		"for another hook":            send(genuine, sign(token, strings.Replace(hook, "/sms", "/status", 1), genuine)),
		"a field changed afterwards":  send(with("From", "+12125550124"), sign(token, hook, genuine)),
		"a field swapped afterwards":  send(url.Values{"MessageSid": {"SM00000000000000000000000000000001"}, "AccountSid": {account}, "From": {binary.VerificationNumber}, "To": {pia.phone}, "Body": {"#verify"}, "NumMedia": {"0"}}, sign(token, hook, genuine)),
		"larger than a text ever was": send(with("Body", strings.Repeat("x", 1<<20)), sign(token, hook, with("Body", strings.Repeat("x", 1<<20)))),
	} {
		if status < 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if n := requests(); n != 0 {
		t.Errorf("%d requests were started by forged texts", n)
	}
	if status := send(genuine, sign(token, hook, genuine)); status != http.StatusOK {
		t.Fatalf("the carrier's own: %d", status)
	}
	r := h.asked()
	h.tom.Object(t, http.StatusOK, http.MethodPost, "/api/technician-verifications/"+binary.Text(t, r, "id")+"/claim", map[string]any{"ticket_id": pia.ticket})
	for range 3 {
		send(genuine, sign(token, hook, genuine)) // what he recorded: a new #verify would end the request
	}
	if got := h.request(h.tom, r)["state"]; got != "claimed" || requests() != 1 {
		t.Errorf("after the replay %v, %d requests", got, requests())
	}
}

// sign is how Twilio signs a form: HMAC-SHA1 over the address and the fields in order, in Base64.
func sign(token, address string, form url.Values) string {
	m := hmac.New(sha1.New, []byte(token))
	m.Write([]byte(address))
	for _, key := range slices.Sorted(maps.Keys(form)) {
		m.Write([]byte(key + form.Get(key)))
	}
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// TestPushBomber has Pia's name and talks one technician after another into asking her telephone, until at three in the morning she presses
// yes to be left alone. The fourth push within ten minutes is not sent, by whomever. Yes alone proves nothing, since Tom still wants digits
// that only she sees. When she says that it is fraud, that is an alarm and the end of it for an hour, by every method.
func TestPushBomber(t *testing.T) {
	duotest.Vendor(t, "openapi.json")
	h := desk(t)
	pia := h.pia()
	duo := duotest.New(t)
	duo.Add(duotest.User{
		ID: "DUPIA", Username: pia.mail, Email: pia.mail, Status: "active",
		Phones: []duotest.Phone{{ID: "DPPIA", Number: pia.phone, Name: "Pia's phone", Push: true}},
	})
	server := httptest.NewServer(duo)
	t.Cleanup(server.Close)
	h.olga.Object(t, http.StatusOK, http.MethodPut, "/api/settings/duo", map[string]any{
		"api_host": server.URL, "auth_ikey": duotest.AuthIkey, "auth_skey": duotest.AuthSkey, "admin_ikey": duotest.AdminIkey, "admin_skey": duotest.AdminSkey,
	})
	var v map[string]any
	for n := range 3 {
		v = h.start(h.tom, pia, "duo_push")
		binary.Eventually(t, "a push", func() bool { return len(duo.Pushes()) == n+1 })
	}
	h.refused(h.tom, http.MethodPost, "/api/verifications", startBody(pia, "duo_push"), "duo.too_many")
	h.refused(h.olga, http.MethodPost, "/api/verifications", startBody(pia, "duo_push"), "duo.too_many")
	if n := len(duo.Pushes()); n != 3 {
		t.Errorf("%d pushes", n)
	}
	if status := h.check(h.tom, v, "000000"); status == http.StatusOK {
		t.Error("digits that nobody saw were right")
	}
	duo.Answer("fraud", "")
	h.until(v, "denied")
	h.alarmed("denied")
	for _, method := range []string{"duo_push", "sms_code", "email_link"} {
		a := h.tom.Do(t, http.MethodPost, "/api/verifications", startBody(pia, method))
		if !bytes.Contains(a.Body, []byte("verify.contact_locked")) && !bytes.Contains(a.Body, []byte("duo.too_many")) {
			t.Errorf("%s after the fraud: %d %s", method, a.Status, a.Body)
		}
	}
}

// TestPumper is paid by a carrier abroad for each text that reaches its numbers. He has himself entered as a contact with such numbers, and
// has codes sent there, again and again. Countries that the organization did not allow get nothing, nor numbers that cost extra, and an
// allowed number gets one message in thirty seconds. All of it is refused before a provider is asked.
func TestPumper(t *testing.T) {
	h := desk(t)
	for number, want := range map[string]string{
		"+447400123456": "message.country_not_allowed", "+12423570000": "message.country_not_allowed",
		"+19005550123": "message.number_kind", "+18005550123": "message.number_kind",
	} {
		a := h.olga.Do(t, http.MethodPost, "/api/contacts", map[string]any{
			"customer_id": h.northwind, "name": "Pump " + number, "phones": []map[string]any{{"number": number, "kind": "mobile"}},
		})
		var made struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(a.Body, &made); err != nil || a.Status != http.StatusCreated {
			continue // not even a number that a contact may have
		}
		for _, method := range []string{"sms_code", "sms_link"} {
			h.refused(h.tom, http.MethodPost, "/api/verifications", map[string]any{"contact_id": made.ID, "method": method}, want)
		}
		h.olga.Texts(t, number, "#verify") // and by asking to be answered
		if n := h.mailbox(number); n != 0 {
			t.Errorf("%d messages went to %s", n, number)
		}
	}
	pia := h.pia()
	h.start(h.tom, pia, "sms_code")
	for _, method := range []string{"sms_code", "sms_link", "voice_code"} {
		h.refused(h.tom, http.MethodPost, "/api/verifications", startBody(pia, method), "message.limited")
	}
	for range 20 {
		h.olga.Texts(t, pia.phone, "HELP")
	}
	binary.Eventually(t, "answers", func() bool { return h.mailbox(pia.phone) > 1 })
	if n := h.mailbox(pia.phone); n > 11 {
		t.Errorf("%d messages to one telephone", n)
	}
}

// TestEnumerator wants to know who is a client of whom. He compares answers: of links that exist with links that do not, of sign-ins with
// addresses of people and of nobody, of a number that we know and one that we do not, and as a technician of one customer the ids of
// another's people. They are alike to the byte, and take as long.
func TestEnumerator(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	stranger := h.server.As("")
	requestID := regexp.MustCompile(`"request_id":"[^"]*"|nonce-[\w+/=-]+|nonce="[^"]*"`)
	same := func(what string, a, b binary.Answer) {
		t.Helper()
		x, y := requestID.ReplaceAll(a.Body, nil), requestID.ReplaceAll(b.Body, nil)
		if a.Status != b.Status || !bytes.Equal(x, y) {
			t.Errorf("%s can be told apart: %d %s\n%d %s", what, a.Status, x, b.Status, y)
		}
	}
	never := "/v/" + strings.Repeat("A", 43)
	same("links", stranger.Do(t, http.MethodGet, never, nil), stranger.Do(t, http.MethodGet, "/v/"+strings.Repeat("B", 43), nil))
	same("a link and garbage", stranger.Do(t, http.MethodGet, never, nil), stranger.Do(t, http.MethodGet, "/v/x", nil))

	signIn := func(email string) binary.Answer {
		return stranger.Do(t, http.MethodPost, "/api/session", map[string]any{"email": email, "password": "not the password at all"})
	}
	same("people at the sign-in", signIn("tom@harbor.example.com"), signIn("nobody@harbor.example.com"))
	reset := func(email string) binary.Answer {
		return stranger.Do(t, http.MethodPost, "/api/session/reset", map[string]any{"email": email})
	}
	same("people at the reset", reset("tom@harbor.example.com"), reset("nobody@harbor.example.com"))

	fabrikam := h.make("/api/customers", map[string]any{"name": "Fabrikam"})
	theirs := h.make("/api/contacts", map[string]any{"customer_id": fabrikam, "name": "Sam Reyes"})
	nobody := theirs[:len(theirs)-4] + "0000"
	for _, path := range []string{"/api/contacts/", "/api/customers/", "/api/verifications/"} {
		same("ids behind "+path, h.tom.Do(t, http.MethodGet, path+theirs, nil), h.tom.Do(t, http.MethodGet, path+nobody, nil))
	}
	try := func(id string) binary.Answer {
		return h.tom.Do(t, http.MethodPost, "/api/verifications", map[string]any{"contact_id": id, "method": "sms_code"})
	}
	same("people of another customer", try(theirs), try(nobody))

	known, unknown := make([]time.Duration, 60), make([]time.Duration, 60)
	for i := range known {
		known[i], unknown[i] = took(func() { try(theirs) }), took(func() { try(nobody) })
	}
	if a, b := rig.Quantile(sorted(known), 0.5), rig.Quantile(sorted(unknown), 0.5); a > 2*b+2 || b > 2*a+2 {
		t.Errorf("a person takes %.1f ms, nobody %.1f ms", a, b)
	}
	h.olga.Texts(t, "+12125550198", "#verify")
	h.olga.Texts(t, pia.phone, "#verify")
	h.olga.CodeTo(t, pia.phone)
	if n := h.mailbox("+12125550198"); n != 0 {
		t.Errorf("%d answers to a stranger", n)
	}
}

func took(fn func()) time.Duration {
	began := time.Now()
	fn()
	return time.Since(began)
}

func sorted(d []time.Duration) []time.Duration {
	slices.Sort(d)
	return d
}

// TestFramer puts our pages into a frame of her own site, invisible above a button that people like to press, and has her site send requests
// with the cookie of whoever looks. No page may be framed, except a pod by the one site that the administrator entered; no page takes script
// from anywhere else; a request that comes from another site is refused whatever cookie it carries.
// (pod.test.mjs shows with a real browser that the frame stays empty.)
func TestFramer(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	h.start(h.tom, pia, "sms_link")
	pod := h.make("/api/pods", map[string]any{"name": "Desk", "origins": []string{"https://psa.example.com"}})
	stranger := h.server.As("")
	for path, want := range map[string]string{
		"/": "'none'", "/contacts": "'none'", "/verify": "'none'", "/sign-in": "'none'", "/api/docs": "'none'", "/api/me": "'none'", h.linkTo(pia.phone): "'none'",
		"/v/nothing": "'none'", "/pod/" + pod: "https://psa.example.com",
	} {
		policy := map[string]string{}
		for part := range strings.SplitSeq(stranger.Do(t, http.MethodGet, path, nil).Header.Get("Content-Security-Policy"), ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			policy[name] = value
		}
		if policy["frame-ancestors"] != want {
			t.Errorf("%s may be framed by %q, want %q", path, policy["frame-ancestors"], want)
		}
		for name, value := range policy {
			if name != "frame-ancestors" && (strings.Contains(value, "http:") || strings.Contains(value, "https:") || strings.Contains(value, "*")) {
				t.Errorf("%s takes %s from %q", path, name, value)
			}
		}
	}

	in := stranger.Do(t, http.MethodPost, "/api/session", map[string]any{"email": "olga@harbor.example.com", "password": binary.Password})
	cookie, _, _ := strings.Cut(in.Header.Get("Set-Cookie"), ";")
	if in.Status != http.StatusOK || cookie == "" {
		t.Fatalf("sign-in: %d", in.Status)
	}
	if !strings.Contains(in.Header.Get("Set-Cookie"), "HttpOnly") || !strings.Contains(in.Header.Get("Set-Cookie"), "SameSite=") {
		t.Errorf("the cookie: %s", in.Header.Get("Set-Cookie"))
	}
	for _, headers := range [][]string{{"Origin: https://evil.example.com"}, {"Sec-Fetch-Site: cross-site"}, {"Origin: null"}, {"Origin: https://psa.example.com", "Sec-Fetch-Site: cross-site"}} {
		for _, path := range []string{"/api/verifications", "/api/contacts/" + pia.id + "/clearances", "/api/tokens", h.linkTo(pia.phone)} {
			a := h.submit(path, url.Values{"x": {"1"}}, append(headers, "Cookie: "+cookie)...)
			if a.Status != http.StatusForbidden || a.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s with %v: %d, allowed for %q", path, headers, a.Status, a.Header.Get("Access-Control-Allow-Origin"))
			}
		}
	}
}
