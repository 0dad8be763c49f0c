package verify_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

type nobody struct{}

func (nobody) Authenticate(*http.Request) (access.Actor, error) { return access.Actor{}, nil }

// pages serves the public pages.
func (w *world) pages() http.Handler {
	api := httpapi.New(httpapi.Options{Log: slog.New(slog.DiscardHandler), Guard: w.guard, Auth: nobody{}, DB: w.db, Keys: w.keys})
	w.verify.Routes(api)
	return api
}

func visit(h http.Handler, method, target string, form url.Values) (status int, body string) {
	var payload io.Reader
	if form != nil {
		payload = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, payload)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out.Code, out.Body.String()
}

var pageToken = regexp.MustCompile(`name="page" value="([^"]+)"`)

// form is a complete answer to the page behind a link.
func form(page, number, direction, answer string) url.Values {
	f := url.Values{"number": {number}, "direction": {direction}, "answer": {answer}}
	if m := pageToken.FindStringSubmatch(page); m != nil {
		f.Set("page", m[1])
	}
	return f
}

func TestM1OpeningALinkChangesNothing(t *testing.T) {
	for method, address := range map[verify.MethodName]string{verify.SMSLink: piaPhone, verify.EmailLink: piaEmail} {
		t.Run(string(method), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				v, _ := w.begin(method)
				h, target := w.pages(), "/v/"+w.token(address)
				before := w.row(v.ID)
				for _, verb := range []string{"GET", "HEAD", "OPTIONS"} {
					for range 34 {
						visit(h, verb, target, nil)
					}
				}
				if after := w.row(v.ID); after != before {
					t.Errorf("opening the link changed %s to %s", before, after)
				}
			})
		})
	}
}

// row is everything that is kept of a verification.
func (w *world) row(id string) string {
	w.Helper()
	var s string
	err := w.db.Read().QueryRowContext(w.Context(), `select state || '/' || tries || '/' || version || '/' || hex(code_mac) from verify_challenge where id = $1`, id).Scan(&s)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

func TestM2TheSpokenNumberDecides(t *testing.T) {
	for name, tc := range map[string]struct {
		number    func(right string) string
		direction string
		answer    string
		want      verify.State
	}{
		"right":                {same, "inbound", "validate", verify.Verified},
		"wrong":                {other, "inbound", "validate", verify.Failed},
		"right, they called":   {same, "outbound", "validate", verify.Frozen},
		"not me":               {same, "", "not_me", verify.Denied},
		"not me, wrong":        {other, "inbound", "not_me", verify.Failed},
		"empty":                {func(string) string { return "" }, "inbound", "validate", verify.Pending},
		"empty, not me":        {func(string) string { return "" }, "inbound", "not_me", verify.Pending},
		"two digits":           {func(s string) string { return s[:2] }, "inbound", "validate", verify.Pending},
		"letters":              {func(string) string { return "abc" }, "inbound", "validate", verify.Pending},
		"no direction":         {same, "", "validate", verify.Pending},
		"nonsense direction":   {same, "sideways", "validate", verify.Pending},
		"neither yes nor no":   {same, "inbound", "", verify.Verified},
		"right with a newline": {func(s string) string { return s + "\n" }, "inbound", "validate", verify.Verified},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				v, spoken := w.begin(verify.SMSLink)
				h, target := w.pages(), "/v/"+w.token(piaPhone)
				_, page := visit(h, "GET", target, nil)
				visit(h, "POST", target, form(page, tc.number(spoken), tc.direction, tc.answer))
				w.wantState(v.ID, tc.want)
				if tc.want == verify.Failed { // dead after one wrong number, also for the right one
					if status, _ := visit(h, "POST", target, form(page, spoken, "inbound", "validate")); status != http.StatusGone {
						t.Errorf("status %d for a dead link", status)
					}
					w.wantState(v.ID, verify.Failed)
				}
			})
		})
	}
}

func same(s string) string { return s }

func TestM2APostWithoutThePageIsNoAnswer(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, spoken := w.begin(verify.EmailLink)
		h, target := w.pages(), "/v/"+w.token(piaEmail)
		visit(h, "POST", target, form("", spoken, "inbound", "validate"))
		r := httptest.NewRequest("POST", target, strings.NewReader(form("", spoken, "inbound", "validate").Encode()))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		if out.Code != http.StatusForbidden {
			t.Errorf("another site's form got %d", out.Code)
		}
		w.wantState(v.ID, verify.Pending)
	})
}

func TestTheLinkPage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.begin(verify.SMSLink)
		h, target := w.pages(), "/v/"+w.token(piaPhone)
		for lang, word := range map[string]string{
			"en": "Validate", "fr": "Valider", "es": "Validar", "de": "Bestätigen", "it": "Conferma", "pt": "Validar", "nl": "Bevestigen", "pl": "Potwierdzam",
			"tr": "Onayla", "ar": "تأكيد", "xx": "Validate",
		} {
			status, page := visit(h, "GET", target+"?lang="+lang, nil)
			if status != 200 || !strings.Contains(page, word) || !strings.Contains(page, "Harbor IT") || !strings.Contains(page, "Tom") {
				t.Errorf("%s: status %d, page %q", lang, status, page)
			}
			if strings.Contains(page, "<script") || strings.Contains(page, "//") && strings.Contains(strings.ReplaceAll(page, "https://help.example.com", ""), "//") {
				t.Errorf("%s: the page has script or reaches outside", lang)
			}
			if strings.Contains(page, `<html lang="ar" dir="rtl">`) != (lang == "ar") {
				t.Errorf("%s: the page runs the wrong way", lang)
			}
			if n := strings.Count(page, `hreflang="`); n != 10 {
				t.Errorf("%s: %d languages to choose from", lang, n)
			}
			if strings.Contains(page, "Pia") || strings.Contains(page, "0123") {
				t.Errorf("%s: the page tells about the contact", lang)
			}
			if len(page) > 60<<10 {
				t.Errorf("%s: %d bytes", lang, len(page))
			}
		}
	})
}

func TestLinksThatLeadNowhereLookAlike(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		h := w.pages()
		nonce := regexp.MustCompile(`nonce="[^"]+"`)
		pages := map[string]bool{}
		for _, token := range []string{"x", strings.Repeat("A", 43), "a.b", "%F0%9F%98%80"} {
			status, page := visit(h, "GET", "/v/"+token, nil)
			if status != http.StatusNotFound {
				t.Errorf("%q: status %d", token, status)
			}
			pages[nonce.ReplaceAllString(page, "")] = true
		}
		if len(pages) != 1 {
			t.Errorf("%d different pages", len(pages))
		}
	})
}

// exec changes the database behind the services' back.
func (w *world) exec(query string, args ...any) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.Context(), query, args...)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}
