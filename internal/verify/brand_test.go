package verify_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/verify"
)

const evil = `"></title></style><script>alert(1)</script><img src=x onerror=alert(2)>`

// Attack 49 on the page of end users: names of people and of the organization are text wherever they stand, the brand's color cannot break
// out of its style, and nothing but our own style would be let through by the browser.
func TestAttack49NamesOnThePageOfEndUsers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(`insert into branding (org_id, color, display_name, logo_key, updated_at, version) values ('org-1', '#ffcc00', $1, $2, 1, 1)`, evil, `x" onerror="alert(3)`)
		r := verify.StartRequest{ContactID: pia, Method: verify.SMSLink, TicketID: ticketPia}
		ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "tom", Name: evil, Role: perm.Technician, SessionID: "s"})
		if _, _, err := w.verify.Start(ctx, r); err != nil {
			t.Fatal(err)
		}
		w.settle()
		out := httptest.NewRecorder()
		w.pages().ServeHTTP(out, httptest.NewRequest(http.MethodGet, "/v/"+w.token(piaPhone), nil))
		body := out.Body.String()
		if out.Code != http.StatusOK || !strings.Contains(body, "&lt;script&gt;") {
			t.Fatalf("%d: the names are not on the page", out.Code)
		}
		for _, bad := range []string{"<script", "<img src=x", `" onerror=`} {
			if strings.Contains(body, bad) {
				t.Errorf("the page holds %s", bad)
			}
		}
		if !regexp.MustCompile(`:root\{--signal:#[0-9a-f]{6};--on:#[0-9a-f]{6}\}`).MatchString(body) {
			t.Error("the brand's color is not on the page")
		}
		csp := out.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe-inline") || strings.Contains(csp, "script-src") {
			t.Errorf("policy %s", csp)
		}
	})
}
