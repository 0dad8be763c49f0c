package app_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// M30, the part about origins: a site that is not ours can make nobody's browser do anything here. Every route that changes something refuses
// a session's cookie that comes with a request of another site, before it looks at anything else, and no answer lets such a site read it.
// (What a widget may do comes with the issue that brings widgets.)
func TestM30AnotherOriginChangesAndReadsNothing(t *testing.T) {
	a := start(t)
	olga := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	session := olga.signIn()[:1] // the cookie alone
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(olga.do(http.MethodGet, "/api/openapi.json", "").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	holder, tried := regexp.MustCompile(`\{\w+\}`), 0
	for path, operations := range document.Paths {
		path = holder.ReplaceAllString(path, "01900000-0000-7000-8000-000000000000")
		for method := range operations {
			method = strings.ToUpper(method)
			for _, from := range []string{"Origin: https://evil.example.com", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
				w := olga.within(session, method, path, `{}`, from)
				for w.Code == http.StatusTooManyRequests { // a quick machine makes more than 600 a second
					time.Sleep(50 * time.Millisecond)
					w = olga.within(session, method, path, `{}`, from)
				}
				for name := range w.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s lets another origin have it: %s", method, path, name)
					}
				}
				if method == http.MethodGet {
					continue
				}
				tried++
				if code := olga.fields(w, 0)["code"]; w.Code != http.StatusForbidden || code != "request.cross_site" {
					t.Errorf("%s %s with %s: %d %v", method, path, from, w.Code, code)
				}
			}
		}
		w := olga.within(session, http.MethodOptions, path, "", "Origin: https://evil.example.com", "Access-Control-Request-Method: POST")
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a preflight for %s is let through", path)
		}
	}
	if tried < 200 {
		t.Errorf("only %d requests were tried", tried)
	}
	if w := olga.do(http.MethodGet, "/api/audit?limit=200", ""); strings.Contains(w.Body.String(), "evil.example.com") {
		t.Error("another origin left something in the record")
	}
}
