package app_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/id"
)

// framed is a pod with the frame that shows it.
type framed struct {
	caller

	pod, secret string
	cookie      string // of the frame's session
}

func (c caller) makePod(name, more string) *framed {
	c.t.Helper()
	got := c.fields(c.do(http.MethodPost, "/api/pods", fmt.Sprintf(`{"name":%q%s}`, name, more)), http.StatusCreated)
	return &framed{caller: caller{c.t, c.app, "", c.email}, pod: got["id"].(string), secret: got["secret"].(string)}
}

// challenge is what a frame shows of the verifier that it keeps.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// grant asks for a code in the window of a session.
func (f *framed) grant(window *browser, verifier string) (status int, code string) {
	f.t.Helper()
	status, _, got := window.send(http.MethodPost, "/api/pods/"+f.pod+"/grants", fmt.Sprintf(`{"challenge":%q}`, challenge(verifier)))
	code, _ = got["code"].(string)
	return status, code
}

func (f *framed) exchange(pod, code, verifier string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.do(http.MethodPost, "/api/session/pod", fmt.Sprintf(`{"pod_id":%q,"code":%q,"verifier":%q}`, pod, code, verifier), "Sec-Fetch-Site: same-origin")
}

// enter hands the session of a window to the frame.
func (f *framed) enter(window *browser) {
	f.t.Helper()
	verifier := id.Secret()
	status, code := f.grant(window, verifier)
	if status != http.StatusOK {
		f.t.Fatalf("no code: %d", status)
	}
	w := f.exchange(f.pod, code, verifier)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusOK || len(cookies) != 1 {
		f.t.Fatalf("no session for the frame: %d %s", w.Code, w.Body)
	}
	f.cookie = cookies[0].Name + "=" + cookies[0].Value
	if c := cookies[0]; !c.Secure || !c.HttpOnly || !c.Partitioned || c.SameSite != http.SameSiteNoneMode {
		f.t.Errorf("the cookie of the frame is %v", c)
	}
}

// ask makes a request as the page of the pod does.
func (f *framed) ask(method, path, body string) (status int, code string, fields map[string]any) {
	f.t.Helper()
	w := f.do(method, path, body, "Cookie: "+f.cookie, "Countersign-Pod: "+f.pod, "Sec-Fetch-Site: same-origin")
	fields = f.fields(w, 0)
	code, _ = fields["code"].(string)
	return w.Code, code, fields
}

func podColleague(t *testing.T, boss caller, email string, uiAccess bool) {
	t.Helper()
	boss.make("/api/technicians", fmt.Sprintf(`{"given_name":"Tess","email":%q,"password":"violet otter parade","platform_role":"administrator","ui_access":%t}`, email, uiAccess))
}

// settle replaces a temporary password within the session.
func settle(b *browser) {
	b.must("PUT", "/api/me/password", `{"current_password":"violet otter parade","new_password":"`+password+`"}`)
}

// M32: the page of a pod may be framed by its own origins, every other page of the server by nobody.
func TestM32FramedByAnUnlistedOrigin(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	open := boss.makePod("ConnectWise", `,"origins":["https://na.myconnectwise.net","HTTPS://staging.example.com:8443/"]`)
	closed := boss.makePod("Nobody yet", "")
	ancestors := func(path string) (policy, old string) {
		h := (caller{t, a, "", ""}).do(http.MethodGet, path, "").Header()
		for part := range strings.SplitSeq(h.Get("Content-Security-Policy"), "; ") {
			if list, ok := strings.CutPrefix(part, "frame-ancestors "); ok {
				policy = list
			}
		}
		return policy, h.Get("X-Frame-Options")
	}
	for path, want := range map[string]string{
		"/pod/" + open.pod:                            "https://na.myconnectwise.net https://staging.example.com:8443",
		"/pod/" + open.pod + "?ticket=1":              "https://na.myconnectwise.net https://staging.example.com:8443",
		"/pod/" + closed.pod:                          "'none'",
		"/pod/" + open.pod + "/sign-in":               "'none'",
		"/pod/" + open.pod + "/":                      "'none'",
		"/pod/00000000-0000-7000-8000-000000000000":   "'none'",
		"/pod/" + open.pod + "%0d%0aX-Frame-Options:": "'none'",
		"/pod.html": "'none'", "/index.html": "'none'", "/": "'none'", "/sign-in": "'none'", "/tickets": "'none'", "/settings/pods": "'none'",
		"/pod": "'none'", "/v/unknown": "'none'", "/api/docs": "'none'",
	} {
		policy, old := ancestors(path)
		if policy != want || (old == "DENY") != (want == "'none'") {
			t.Errorf("%s: frame-ancestors %s, X-Frame-Options %q", path, policy, old)
		}
	}
	pages := 0
	for _, r := range a.API().Routes() { // and whatever other page comes
		if r.Method != http.MethodGet || !r.Hidden || r.ID == "pod" {
			continue
		}
		pages++
		path := strings.NewReplacer("{token}", "x", "{pod}", open.pod, "{path...}", "x").Replace(r.Path)
		if policy, old := ancestors(path); policy != "'none'" || old != "DENY" {
			t.Errorf("%s: frame-ancestors %s, X-Frame-Options %q", path, policy, old)
		}
	}
	if pages < 4 {
		t.Errorf("only %d pages", pages)
	}
}

// M32: what a pod may be framed by is one exact origin over TLS, and nothing that would say more in a policy.
func TestM32OriginsAreExact(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	for _, bad := range []string{
		"*", "https://*", "https://*.example.com", "http://example.com", "example.com", "https:", "https://", "'self'", "https://a.example.com/path",
		"https://a.example.com?x", "https://user@a.example.com", "https://a.example.com https://b.example.com", "https://a.example.com;script-src *",
		"https://a.example.com, https://b.example.com", "https://a.example.com\r\nX: y", "https://a.example.com:0", "https://a.example.com:999999",
		"https://bücher.example.com", "data:", "javascript:alert(1)", "https://" + strings.Repeat("a", 300) + ".example.com", "http://localhost.example.com",
	} {
		body := fmt.Sprintf(`{"name":"x","origins":[%q]}`, bad)
		if w := boss.do(http.MethodPost, "/api/pods", body); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d %s", bad, w.Code, w.Body)
		}
	}
	boss.makePod("trying out", `,"origins":["http://localhost:9000","http://127.0.0.1"]`) // this server has no TLS either
}

// M32: the session of a pod opens what the pod shows and nothing else, whichever way its secret is presented.
func TestM32APodsTokenOnTheMainAPI(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	f := boss.makePod("ConnectWise", `,"origins":["https://na.myconnectwise.net"]`)
	window := &browser{caller: caller{t: t, app: a}}
	window.must("POST", "/api/session", `{"email":"olga@harbor.example.com","password":"`+password+`"}`)
	f.enter(window)

	var opened []string
	eachGuarded(t, a, func(t *testing.T, while []access.Hold, method, path string) {
		if slices.Contains(while, access.HoldPod) {
			return
		}
		if status, code, _ := f.ask(method, path, "{}"); status != http.StatusForbidden || code != "signin.pod_only" {
			t.Errorf("%s %s answers %d %s", method, path, status, code)
		}
	})
	for _, r := range a.API().Routes() {
		if slices.Contains(r.While, access.HoldPod) {
			opened = append(opened, r.Method+" "+r.Path)
			if !slices.Contains([]perm.Permission{perm.SignedIn, perm.ContactView, perm.TicketView, perm.VerificationRun}, r.Needs) {
				t.Errorf("%s needs %s, which no pod holds", r.ID, r.Needs)
			}
		}
	}
	slices.Sort(opened)
	golden(t, "pod-routes.txt", lines(opened))

	_, secret, _ := strings.Cut(f.cookie, "=")
	for name, headers := range map[string][]string{
		"as the cookie of the console": {"Cookie: cs_session=" + secret},
		"as its own, without the pod":  {"Cookie: " + f.cookie},
		"as a token":                   {"Authorization: Bearer " + secret},
		"as a token of the API":        {"Authorization: Bearer cs_" + secret},
	} {
		for _, path := range []string{"/api/me", "/api/contacts", "/api/technicians"} {
			if w := f.do(http.MethodGet, path, "", headers...); w.Code != http.StatusUnauthorized {
				t.Errorf("%s, %s: %d", name, path, w.Code)
			}
		}
	}
	_, console, _ := strings.Cut(strings.Split(window.cookies, ";")[0], "=")
	if w := f.do(http.MethodGet, "/api/me", "", "Cookie: cs_pod="+console, "Countersign-Pod: "+f.pod); w.Code != http.StatusUnauthorized {
		t.Errorf("the console's session as one of a pod: %d", w.Code)
	}
	if status, _, me := f.ask(http.MethodGet, "/api/me", ""); status != http.StatusOK || me["hold"] != "pod" || len(me["permissions"].([]any)) != 4 {
		t.Errorf("me is %d %v", status, me)
	}
	if w := f.do(http.MethodPost, "/api/verifications", "{}", "Cookie: "+f.cookie, "Countersign-Pod: "+f.pod, "Sec-Fetch-Site: cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a change that the ticket system makes by itself: %d", w.Code)
	}
}

// M32 and SIG-8: whoever has no access to the console may use the pod, and nothing of what they get opens the console.
func TestM32WhoHasNoConsole(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	f, other := boss.makePod("ConnectWise", ""), boss.makePod("Halo", "")
	podColleague(t, boss, "tess@harbor.example.com", false)
	window := &browser{caller: caller{t: t, app: a}}
	signIn := `{"email":"tess@harbor.example.com","password":"violet otter parade"`
	for _, more := range []string{"}", `,"pod_id":"00000000-0000-7000-8000-000000000000"}`} {
		if status, code, _ := window.send("POST", "/api/session", signIn+more); status != http.StatusUnauthorized || code != "signin.refused" {
			t.Errorf("at the console with %s: %d %s", more, status, code)
		}
	}
	here := strings.TrimSuffix(signIn, "}") + `,"organization":"harbor-it","pod_id":"` + f.pod + `"}`
	if got := window.must("POST", "/api/session", here); got["password_change_required"] != true {
		t.Fatalf("sign-in answers %v", got)
	}
	theirs := owner(t, a, "Neighbour", "nina@neighbour.example.com").makePod("Their pod", "")
	if status, code, _ := (&browser{caller: caller{t: t, app: a}}).send("POST", "/api/session", strings.TrimSuffix(signIn, "}")+`,"organization":"harbor-it","pod_id":"`+theirs.pod+`"}`); status != http.StatusUnauthorized || code != "signin.refused" {
		t.Errorf("for another organization's pod: %d %s", status, code)
	}
	if status, _ := f.grant(window, id.Secret()); status != http.StatusForbidden {
		t.Errorf("with a temporary password: %d", status)
	}
	settle(window)

	eachGuarded(t, a, func(t *testing.T, while []access.Hold, method, path string) {
		if slices.Contains(while, access.HoldHandover) {
			return
		}
		if status, code, _ := window.send(method, path, "{}"); status != http.StatusForbidden || code != "signin.pod_only" {
			t.Errorf("%s %s answers %d %s", method, path, status, code)
		}
	})
	if status, _ := other.grant(window, id.Secret()); status != http.StatusNotFound {
		t.Errorf("a code for another pod: %d", status)
	}
	f.enter(window)
	if status, _, _ := f.ask(http.MethodGet, "/api/contacts", ""); status != http.StatusOK {
		t.Errorf("contacts in the pod: %d", status)
	}
	if status, code, _ := f.ask(http.MethodGet, "/api/technicians", ""); status != http.StatusForbidden || code != "signin.pod_only" {
		t.Errorf("technicians in the pod: %d %s", status, code)
	}
}

// A code is good once, for the frame that asked, within a minute.
func TestM32CodesOfAnotherFrame(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	f, other := boss.makePod("ConnectWise", ""), boss.makePod("Halo", "")
	window := &browser{caller: caller{t: t, app: a}}
	window.must("POST", "/api/session", `{"email":"olga@harbor.example.com","password":"`+password+`"}`)
	verifier := id.Secret()
	for name, try := range map[string]struct {
		pod, verifier string
		first         bool // whether the first use is right
	}{
		"twice":              {f.pod, verifier, true},
		"of another frame":   {f.pod, id.Secret(), false},
		"with the challenge": {f.pod, challenge(verifier), false},
		"in another pod":     {other.pod, verifier, false},
	} {
		_, code := f.grant(window, verifier)
		if got := f.exchange(try.pod, code, try.verifier).Code; (got == http.StatusOK) != try.first {
			t.Errorf("%s, first: %d", name, got)
		}
		if w := f.exchange(f.pod, code, verifier); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s, again: %d %s", name, w.Code, w.Body)
		}
	}
	_, code := f.grant(window, verifier)
	if err := a.AgePods(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if w := f.exchange(f.pod, code, verifier); w.Code != http.StatusUnauthorized {
		t.Errorf("after a minute: %d", w.Code)
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 42), verifier + "A"} {
		if status, _, _ := window.send("POST", "/api/pods/"+f.pod+"/grants", fmt.Sprintf(`{"challenge":%q}`, bad)); status != http.StatusUnprocessableEntity {
			t.Errorf("challenge %q: %d", bad, status)
		}
	}
	if w := boss.do("POST", "/api/pods/"+f.pod+"/grants", fmt.Sprintf(`{"challenge":%q}`, challenge(verifier))); w.Code != http.StatusForbidden {
		t.Errorf("with an API token: %d", w.Code)
	}
	f.enter(window)
	if status, code, _ := f.ask("POST", "/api/pods/"+f.pod+"/grants", fmt.Sprintf(`{"challenge":%q}`, challenge(verifier))); status != http.StatusForbidden || code != "signin.pod_only" {
		t.Errorf("a frame that makes itself another: %d %s", status, code)
	}
}

// The session of a frame ends at once with the one that handed it over, however that ends.
func TestM32APodsSessionEndsWithItsParent(t *testing.T) { each(t, endsWithItsParent) }

func endsWithItsParent(t *testing.T, a *app.App) {
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	technician := boss.make("/api/technicians", `{"given_name":"Tess","email":"tess@harbor.example.com","password":"violet otter parade","platform_role":"administrator"}`)
	signIn := func(password string) *browser {
		window := &browser{caller: caller{t: t, app: a}}
		window.must("POST", "/api/session", `{"email":"tess@harbor.example.com","password":"`+password+`"}`)
		return window
	}
	settle(signIn("violet otter parade"))
	for name, end := range map[string]func(window *browser, f *framed){
		"sign-out":           func(window *browser, _ *framed) { window.must("DELETE", "/api/session", "") },
		"suspension":         func(*browser, *framed) { boss.must("POST", "/api/technicians/"+technician+"/suspend", "{}") },
		"end of all access":  func(*browser, *framed) { boss.must("POST", "/api/technicians/"+technician+"/end-access", "") },
		"reset of the pod":   func(_ *browser, f *framed) { boss.must("DELETE", "/api/pods/"+f.pod, "") },
		"sign-out in itself": func(_ *browser, f *framed) { f.ask("DELETE", "/api/session", "") },
		"a new password": func(window *browser, _ *framed) {
			window.must("PUT", "/api/me/password", `{"current_password":"`+password+`","new_password":"another horse battery"}`)
			window.must("PUT", "/api/me/password", `{"current_password":"another horse battery","new_password":"`+password+`"}`)
		},
		"a second sign-in of the browser": func(window *browser, _ *framed) {
			window.must("POST", "/api/session", `{"email":"tess@harbor.example.com","password":"`+password+`"}`)
		},
	} {
		f, window := boss.makePod(name, ""), signIn(password)
		f.enter(window)
		if status, _, _ := f.ask("GET", "/api/me", ""); status != http.StatusOK {
			t.Fatalf("%s: before, me is %d", name, status)
		}
		end(window, f)
		if status, _, _ := f.ask("GET", "/api/me", ""); status != http.StatusUnauthorized {
			t.Errorf("%s: after, me is %d", name, status)
		}
		if name == "suspension" {
			boss.must("POST", "/api/technicians/"+technician+"/reactivate", "{}")
		}
	}
	f, window := boss.makePod("eight hours", ""), signIn(password)
	f.enter(window)
	if err := a.AgePods(t.Context(), 8*time.Hour); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := f.ask("GET", "/api/me", ""); status != http.StatusUnauthorized {
		t.Errorf("after eight hours, me is %d", status)
	}
}

// A pod is of its organization: nobody else's people open it, and it opens nobody else's tickets.
func TestM32AnotherOrganizationsPod(t *testing.T) {
	a := start(t)
	boss, neighbour := owner(t, a, "Harbor IT", "olga@harbor.example.com"), owner(t, a, "Neighbour", "nina@neighbour.example.com")
	ours, second, theirs := boss.makePod("Ours", ""), boss.makePod("Second", ""), neighbour.makePod("Theirs", "")
	customer := neighbour.make("/api/customers", `{"name":"Secret Customer"}`)
	ticket := neighbour.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"summary":"Secret Ticket"}`, customer))
	window := &browser{caller: caller{t: t, app: a}}
	window.must("POST", "/api/session", `{"email":"olga@harbor.example.com","password":"`+password+`","organization":"harbor-it"}`)
	if status, _ := theirs.grant(window, id.Secret()); status != http.StatusNotFound {
		t.Errorf("a code for their pod: %d", status)
	}
	ours.enter(window)
	for _, pod := range []string{theirs.pod, second.pod} {
		if status, _, _ := ours.ask("POST", "/api/pods/"+pod+"/open", "{}"); status != http.StatusNotFound {
			t.Errorf("opening pod %s: %d", pod, status)
		}
	}
	for _, name := range []string{ticket, "1", "#1", "x", "00000000-0000-7000-8000-000000000000", "-1", "99999999999999999999"} {
		if status, code, _ := ours.ask("POST", "/api/pods/"+ours.pod+"/open", fmt.Sprintf(`{"ticket":%q}`, name)); status != http.StatusNotFound || code != "pod.ticket_unknown" {
			t.Errorf("ticket %s: %d %s", name, status, code)
		}
	}
}
