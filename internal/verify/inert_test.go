package verify_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/verify"
)

// Attack 49: names that are markup stay text on the one page that outsiders open.
func TestAttack49NamesThatAreMarkup(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const evil = `<script>alert(1)</script>"><img src=x onerror=alert(2)>`
		w.exec(`update organization set name = $1 where id = 'org-1'`, evil)
		w.exec(`update contact set name = $1 where id = $2`, evil, pia)
		w.begin(verify.EmailLink)
		w.exec(`update verify_challenge set technician_name = $1`, evil)
		target := "/v/" + w.token(piaEmail)
		for _, address := range []string{target, target + "?lang=" + strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(evil), "/v/%3Cscript%3E"} {
			_, page := visit(w.pages(), http.MethodGet, address, nil)
			if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
				t.Errorf("%s is not inert: %s", address, page)
			}
		}
		_, page := visit(w.pages(), http.MethodPost, target, form("", evil, evil, evil))
		if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
			t.Errorf("what was posted comes back: %s", page)
		}
	})
}

// M20: an organization's own words on the page are words, whatever they hold.
func TestM20MarkupInATemplateIsInertOnThePage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(`insert into wording (org_id, text_key, language, parts, updated_at, version) values ('org-1', 'page.link', 'en', $1, 0, 1)`,
			`{"title": "</title><script>alert(1)</script>", "asks": "<img src=x onerror=alert(2)> ${technician} ${organization} ${nonce} {{.Nonce}}"}`)
		w.begin(verify.EmailLink)
		status, page := visit(w.pages(), http.MethodGet, "/v/"+w.token(piaEmail)+"?lang=en", nil)
		if status != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.Count(page, "</title>") != 1 {
			t.Errorf("%d, not inert: %s", status, page)
		}
		if !strings.Contains(page, "&lt;img src=x onerror=alert(2)&gt; Tom Harbor IT  {{.Nonce}}") && !strings.Contains(page, "&lt;img src=x onerror=alert(2)&gt; Tom Harbor IT {{.Nonce}}") {
			t.Errorf("the words themselves are gone: %s", page)
		}
	})
}

// M2: of 32 answers at once one is judged.
func TestM2ThirtyTwoAnswersAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, spoken := w.begin(verify.SMSLink)
		l, err := w.verify.OpenLink(t.Context(), w.token(piaPhone))
		if err != nil {
			t.Fatal(err)
		}
		wrong := "000"
		if spoken == wrong {
			wrong = "001"
		}
		var all sync.WaitGroup
		for i := range 32 {
			number := []string{spoken, wrong}[i%2]
			all.Go(func() {
				if _, err := w.verify.AnswerLink(t.Context(), l, verify.Answer{Number: number, Direction: verify.Inbound}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if tries := w.count(`select tries from verify_challenge where id = $1`, v.ID); tries != 1 {
			t.Errorf("%d answers were judged", tries)
		}
		if ends := w.count(`select count(*) from audit_event where action in ('verification.check', 'verification.answer')`); ends != 1 {
			t.Errorf("it ended %d times", ends)
		}
	})
}
