package document_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/document"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/wording"
)

const own = "# Hello\n\n${organization} says: text `#verify` to ${verification_number}.\n\n- Call ${phone}\n- or *not*"

// VER-32: an organization writes a document in its own words, sees who changed it when, goes back to an earlier version or to the supplied text.
func TestEveryChangeIsAVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before, err := w.Find(w.Admin(), document.VerifyUs, "en")
		if err != nil || before.Number != 0 || before.Holds.Title == "" {
			t.Fatalf("%+v, %v", before, err)
		}
		first, err := w.Save(w.Admin(), document.VerifyUs, "en", document.Text{Title: " Check us ", Body: own + "\r\n"}, anyVersion)
		if err != nil || first.Number != 1 || first.Holds.Title != "Check us" || first.Holds.Body != own || first.ByName != "admin" {
			t.Fatalf("%+v, %v", first, err)
		}
		if again, err := w.Save(w.Admin(), document.VerifyUs, "en", first.Holds, anyVersion); err != nil || again.Number != 1 {
			t.Errorf("saving the same made version %d, %v", again.Number, err)
		}
		if _, err := w.Save(w.Admin(), document.VerifyUs, "en", document.Text{Title: "Two", Body: own}, anyVersion); err != nil {
			t.Fatal(err)
		}
		back, err := w.Restore(w.Admin(), document.VerifyUs, "en", 1, anyVersion)
		if err != nil || back.Number != 3 || back.Holds.Title != "Check us" || back.From != 1 {
			t.Fatalf("%+v, %v", back, err)
		}
		reset, err := w.Reset(w.Admin(), document.VerifyUs, "en", anyVersion)
		if err != nil || reset.Number != 4 || reset.Holds != before.Holds {
			t.Fatalf("%+v, %v", reset, err)
		}
		if _, err := w.Restore(w.Admin(), document.VerifyUs, "en", 4, anyVersion); fault.CodeOf(err) != "document.supplied" {
			t.Errorf("a reset was restored: %v", err)
		}
		if _, err := w.Restore(w.Admin(), document.VerifyUs, "en", 9, anyVersion); fault.CodeOf(err) != "document.no_version" {
			t.Errorf("a version that never was: %v", err)
		}
		page, next, err := w.Versions(w.Admin(), document.VerifyUs, "en", store.Page{Limit: 3})
		if err != nil || len(page) != 3 || page[0].Action != document.Reset || page[1].Action != document.Restored || page[2].Number != 2 || next == "" {
			t.Fatalf("%+v, %q, %v", page, next, err)
		}
		rest, next, err := w.Versions(w.Admin(), document.VerifyUs, "en", store.Page{Limit: 3, Cursor: next})
		if err != nil || len(rest) != 1 || rest[0].Number != 1 || next != "" {
			t.Fatalf("%+v, %q, %v", rest, next, err)
		}
		if french, err := w.Find(w.Admin(), document.VerifyUs, "fr"); err != nil || french.Number != 0 {
			t.Errorf("the French text changed too: %+v, %v", french, err)
		}
		stale := errors.New("stale")
		if _, err := w.Save(w.Admin(), document.VerifyUs, "en", first.Holds, func(int64) error { return stale }); !errors.Is(err, stale) {
			t.Errorf("saved over somebody else's change: %v", err)
		}
		if w.Audited("document.update", audit.Success) != 2 || w.Audited("document.restore", audit.Success) != 1 || w.Audited("document.reset", audit.Success) != 1 {
			t.Error("the log lacks a change")
		}
	})
}

// What lacks a placeholder, holds an unknown one, or holds what cannot be shown safely is refused by field, with what to do about it.
func TestWhatIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, "Harbor IT")
		for name, c := range map[string]struct{ title, body, pointer, says string }{
			"no number":           {"T", "${organization}", "/body", "${verification_number} is missing"},
			"an unknown one":      {"T", own + " ${password}", "/body", "no placeholder ${password}"},
			"an unknown in title": {"${code}", own, "/title", "no placeholder ${code}"},
			"not closed":          {"T", own + " ${phone", "/body", "not closed"},
			"no title":            {" ", own, "/title", "required"},
			"no body":             {"T", " ", "/body", "required"},
			"too long":            {"T", own + strings.Repeat("x", 12_000), "/body", "too long"},
			"HTML":                {"T", own + "\n\n<script>alert(1)</script>", "/body", "HTML is not possible"},
			"HTML within":         {"T", "a <img src=x onerror=alert(1)> b\n" + own, "/body", "HTML is not possible"},
			"a program as link":   {"T", own + "\n\n[x](javascript:alert(1))", "/body", "https://"},
			"data as link":        {"T", own + "\n\n[x](data:text/html,x)", "/body", "https://"},
			"our own pages":       {"T", own + "\n\n[x](/api/session)", "/body", "https://"},
			"a user in a link":    {"T", own + "\n\n[x](https://good.example.com@evil.example.com)", "/body", "https://"},
			"a hidden target":     {"T", own + "\n\n[x](https://x.example.com/${contact})", "/body", "https://"},
			"an automatic link":   {"T", own + "\n\n<javascript:alert(1)>", "/body", "https://"},
			"a picture":           {"T", own + "\n\n![x](https://x.example.com/x.png)", "/body", "Pictures"},
			"a private character": {"T", own + "\ue000", "/body", "cannot be shown"},
			"a turned direction":  {"T", own + "\u202e", "/body", "cannot be shown"},
			"a list in a list":    {"T", own + "\n  - inner", "/body", "no other list"},
		} {
			_, err := w.Save(w.Admin(), document.VerifyUs, "en", document.Text{Title: c.title, Body: c.body}, anyVersion)
			var e *fault.Error
			if !errors.As(err, &e) || e.Kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if i := slices.IndexFunc(e.Fields, func(f fault.FieldError) bool { return f.Pointer == c.pointer && strings.Contains(f.Message, c.says) }); i < 0 {
				t.Errorf("%s: %+v", name, e.Fields)
			}
			if _, err := w.Preview(w.Admin(), document.VerifyUs, "en", document.Text{Title: c.title, Body: c.body}); err == nil {
				t.Errorf("%s: there is a preview", name)
			}
		}
		if _, err := w.Save(w.Admin(), "unknown", "en", document.Text{Title: "T", Body: own}, anyVersion); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown document: %v", err)
		}
		if _, err := w.Save(w.As("tech", perm.Technician), document.VerifyUs, "en", document.Text{Title: "T", Body: own}, anyVersion); fault.KindOf(err) != fault.Denied {
			t.Errorf("a technician wrote one: %v", err)
		}
		if n, err := w.Find(w.Admin(), document.VerifyUs, "en"); err != nil || n.Number != 0 {
			t.Errorf("something was kept: %+v, %v", n, err)
		}
	})
}

// Every supplied text passes the checks of one's own, says the same placeholders in every language, and fits what the product does.
func TestSuppliedTextsAreWhole(t *testing.T) {
	w := newWorld(t, storetest.Open(t), "Harbor IT")
	marks := regexp.MustCompile(`\$\{\w+\}|#verify|#confirm|#deny`)
	english := map[document.Key][]string{}
	all, err := w.All(w.Admin())
	if err != nil || len(all) != len(document.Catalogue())*len(wording.Languages()) {
		t.Fatalf("%d texts, %v", len(all), err)
	}
	for _, x := range all {
		if _, err := w.Preview(w.Admin(), x.Key, x.Language, x.Holds); err != nil {
			t.Errorf("%s in %s: %v", x.Key, x.Language, err)
		}
		if wording.Fill(x.Holds.Title, nil) == "" || strings.Count(x.Holds.Body, "\n") < 10 {
			t.Errorf("%s in %s is hardly a text: %q", x.Key, x.Language, x.Holds.Title)
		}
		found := marks.FindAllString(x.Holds.Body, -1)
		slices.Sort(found)
		if x.Language == "en" {
			english[x.Key] = found
		} else if !slices.Equal(found, english[x.Key]) {
			t.Errorf("%s in %s says %v, not %v", x.Key, x.Language, found, english[x.Key])
		}
	}
}

// The pages around the documents have their words and their way to write a day in every language too.
func TestNoLanguageLacksAPageOrADate(t *testing.T) {
	w := newWorld(t, storetest.Open(t), "Harbor IT")
	w.details(document.ZeroTrust)
	base, months := "/v/docs/"+w.Org.Slug, map[string]bool{}
	for _, l := range wording.Languages() {
		list, page := w.visit(base+"?lang="+l.Code).Body.String(), w.visit(base+"/zero-trust?lang="+l.Code).Body.String()
		if !strings.Contains(list, `<html lang="`+l.Code+`" dir="`+l.Dir+`"`) || !strings.Contains(page, `dir="`+l.Dir+`"`) {
			t.Errorf("the pages in %s are not marked so", l.Code)
		}
		if strings.Contains(list+page, "${") || !strings.Contains(list, "Harbor IT") || strings.Contains(page, `class="screen"><a href=""`) {
			t.Errorf("a word is missing in %s", l.Code)
		}
		d := w.plain(document.ZeroTrust, l.Code, "")
		if last := d[strings.LastIndex(d, "\n")+1:]; !strings.Contains(last, fmt.Sprint(time.Now().Year())) {
			t.Errorf("the date in %s: %q", l.Code, last)
		} else {
			months[last] = true
		}
	}
	if len(months) != len(wording.Languages()) {
		t.Errorf("two languages write the date alike: %v", months)
	}
}

// A line for which nothing is entered is left out, and the library says what is missing. A form leaves room for a name instead.
func TestPlaceholdersWithoutAValue(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x, err := w.Find(w.Admin(), document.VerifyUs, "en")
		if err != nil || !slices.Equal(x.Missing, []string{"phone", "verification_number", "verification_email"}) {
			t.Errorf("missing: %v, %v", x.Missing, err)
		}
		bare := w.plain(document.VerifyUs, "en", "")
		if strings.Contains(bare, "${") || strings.Contains(bare, "Hang up and call us at") {
			t.Errorf("a gap is shown: %s", bare)
		}
		w.details()
		full := w.plain(document.VerifyUs, "fr", "")
		for _, want := range []string{"+1 212-555-0199", "verify@harbor.example.com", "+1 212-555-0100", "Harbor IT"} {
			if !strings.Contains(full, want) {
				t.Errorf("%q is not in %s", want, full)
			}
		}
		if waiver := w.plain(document.Waiver, "en", ""); !strings.Contains(waiver, "Company: ____") {
			t.Errorf("no room for a name: %s", waiver)
		}
		if waiver := w.plain(document.Waiver, "en", w.pia.ID); !strings.Contains(waiver, "Company: Northwind") || !strings.Contains(waiver, fmt.Sprint(time.Now().Year())) {
			t.Errorf("not made out: %s", waiver)
		}
		if x, err := w.Find(w.Admin(), document.VerifyUs, "en"); err != nil || len(x.Missing) != 0 {
			t.Errorf("missing: %v, %v", x.Missing, err)
		}
	})
}

func (w *world) plain(key document.Key, language, contactID string) string {
	w.T.Helper()
	d, err := w.For(w.Admin(), key, language, contactID, "")
	if err != nil {
		w.T.Fatal(err)
	}
	return d.Plain()
}

// hostile is a name that would do harm if anything took it for markup.
const hostile = `<script>alert("x")</script> **bold** [x](javascript:alert(1)) ${phone} & Co`

// M20: names, whoever chose them, are text on the page, in the file and in the mail.
func TestM20NamesAreInertEverywhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db, hostile)
		w.details(everything()...)
		evil := w.add(hostile, "evil@northwind.example.com", "en")
		for _, e := range document.Catalogue() {
			page := w.visit("/v/docs/" + w.Org.Slug + "/" + string(e.Key))
			body := page.Body.String()
			if page.Code != http.StatusOK || strings.Contains(body, "<script") || strings.Contains(body, "<strong>bold") || strings.Contains(body, `href="javascript`) {
				t.Errorf("%s: %d %s", e.Key, page.Code, body)
			}
			if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
				t.Errorf("%s may do more than show text: %s", e.Key, csp)
			}
		}
		page := w.visit("/v/docs/" + w.Org.Slug + "/zero-trust").Body.String()
		if !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, "**bold**") {
			t.Errorf("the name is not shown as it is: %s", page)
		}
		d, err := w.For(w.Admin(), document.AnnounceUs, "en", evil.ID, "")
		if err != nil || !strings.Contains(d.Plain(), "Hello "+hostile+",") {
			t.Errorf("%s, %v", d.Plain(), err)
		}
		if text := w.pdfText(document.AnnounceUs, "en", evil.ID); !strings.Contains(text, "**bold**") {
			t.Errorf("the file says %s", text)
		}
	})
}

// What is not published answers like what never was.
func TestOnlyPublishedDocumentsAreShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		base := "/v/docs/" + w.Org.Slug
		hidden := w.visit(base + "/verify-us")
		if hidden.Code != http.StatusNotFound || w.visit(base).Code != http.StatusNotFound {
			t.Fatalf("%d before anything is published", hidden.Code)
		}
		w.details(document.VerifyUs, document.Phishing)
		shape := func(path string) string {
			return regexp.MustCompile(`nonce="[^"]*"`).ReplaceAllString(w.visit(path).Body.String(), "")
		}
		never := shape("/v/docs/nobody/verify-us")
		for _, path := range []string{base + "/waiver", base + "/nothing", "/v/docs/nobody"} {
			if w.visit(path).Code != http.StatusNotFound || shape(path) != never {
				t.Errorf("%s answers unlike what never was", path)
			}
		}
		list := w.visit(base + "?lang=fr")
		if body := list.Body.String(); list.Code != http.StatusOK || strings.Count(body, base+"/") != 2 || !strings.Contains(body, "Vérifier que c’est bien nous") {
			t.Errorf("%d %s", list.Code, body)
		}
		page := w.visit(base + "/verify-us")
		if body := page.Body.String(); !strings.Contains(body, `href="tel:&#43;12125550199"`) && !strings.Contains(body, `href="tel:+12125550199"`) || strings.Contains(body, "Pia") {
			t.Errorf("%s", body)
		}
		beside := w.Beside("Other IT")
		if w.visit("/v/docs/"+beside.Org.Slug+"/verify-us").Code != http.StatusNotFound {
			t.Error("another organization's page is shown")
		}
	})
}

// PLT-22: the file can be read by people, by machines and by screen readers, in French too, with the logo.
func TestThePDF(t *testing.T) {
	w := newWorld(t, storetest.Open(t), "Société Générique")
	w.details()
	w.logo()
	for _, x := range []struct {
		key  document.Key
		want []string
	}{
		{document.VerifyUs, []string{"Vérifier que c’est bien nous", "Société Générique", "+1 212-555-0199", "#verify"}},
		{document.Waiver, []string{"Déclaration de renonciation à la vérification", "Northwind", "négligence grave"}},
		{document.ZeroTrust, []string{"à l’argent ou aux sauvegardes"}},
	} {
		text := w.pdfText(x.key, "fr", w.pia.ID)
		for _, want := range x.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", x.key, want, text)
			}
		}
		if !regexp.MustCompile(`1 ?/ ?1$`).MatchString(text) {
			t.Errorf("%s has no number on its page", x.key)
		}
		if strings.Contains(text, "?") && x.key != document.Phishing {
			t.Errorf("%s has letters that the font lacks: %s", x.key, text)
		}
	}
	var b bytes.Buffer
	if err := w.PDF(w.Admin(), &b, document.VerifyUs, "fr", "", ""); err != nil {
		t.Fatal(err)
	}
	file := b.String()
	for _, want := range []string{"%PDF-1.7", "/StructTreeRoot", "/Marked true", "/Lang", "/Subtype /Image"} {
		if !strings.Contains(file, want) {
			t.Errorf("the file lacks %s", want)
		}
	}
	if strings.Contains(file, "/JavaScript") || strings.Contains(file, "/Launch") || strings.Contains(file, "/EmbeddedFile") {
		t.Error("the file does more than show text")
	}
	if len(file) > 200<<10 {
		t.Errorf("the file has %d bytes", len(file))
	}
}

// The file of a language that runs from right to left does so, with its letters joined, and holds numbers and words to type as they are.
func TestThePDFInArabic(t *testing.T) {
	w := newWorld(t, storetest.Open(t), "Harbor IT")
	w.details()
	var b bytes.Buffer
	if err := w.PDF(w.Admin(), &b, document.VerifyUs, "ar", w.pia.ID, ""); err != nil {
		t.Fatal(err)
	}
	if file := b.String(); !strings.Contains(file, "NotoSansArabic") || len(file) > 200<<10 {
		t.Errorf("%d bytes, without the Arabic letters", len(file))
	}
	text := w.pdfText(document.VerifyUs, "ar", w.pia.ID)
	for _, want := range []string{"+1 212-555-0199", "#verify", "Harbor IT"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "?") {
		t.Errorf("letters are missing: %s", text)
	}
}

// pdfText is what a document says as PDF, on one line.
func (w *world) pdfText(key document.Key, language, contactID string) string {
	w.T.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		w.T.Skip("pdftotext is not here: apt-get install poppler-utils")
	}
	var b, out, complaints bytes.Buffer
	if err := w.PDF(w.Admin(), &b, key, language, contactID, ""); err != nil {
		w.T.Fatal(err)
	}
	cmd := exec.CommandContext(w.T.Context(), tool, "-enc", "UTF-8", "-", "-")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &b, &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		w.T.Fatalf("the file cannot be read: %v %s", err, complaints.String())
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// Many are written to after a review, each once, and nobody who wants no messages.
func TestMailGoesOutAfterAReview(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.details(document.AnnounceUs)
		tom := w.add("Tom", "tom@northwind.example.com", "")
		out, twin, none := w.add("Out", "out@northwind.example.com", ""), w.add("Twin", "TOM@northwind.example.com", ""), w.add("None", "", "")
		err := w.DB.Write(w.System(), func(tx *store.Tx) error {
			_, err := consent.Ledger{Keys: w.Keys, Audit: w.Audit, Events: w.Events}.Put(w.System(), tx, consent.Record{
				Address: "out@northwind.example.com", State: consent.OptedOut, Source: consent.ByWord, Way: "email",
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		m := document.Mailing{Key: document.AnnounceUs, ContactIDs: []string{w.pia.ID, tom.ID, out.ID, twin.ID, none.ID, tom.ID}}
		r, err := w.Review(w.Admin(), m)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, v := range r.Verdicts {
			if got[v.Contact.Name] = fault.CodeOf(v.Err); v.Err == nil {
				got[v.Contact.Name] = v.Language
			}
		}
		for name, want := range map[string]string{
			"Pia Ende": "fr", "Tom": "en", "Out": "document.opted_out", "Twin": "document.same_address", "None": "document.no_email",
		} {
			if got[name] != want {
				t.Errorf("%s: %s, want %s", name, got[name], want)
			}
		}
		if r.Sendable != 2 || len(r.Verdicts) != 5 || len(w.mails()) != 0 {
			t.Errorf("%d of %d, and something was sent", r.Sendable, len(r.Verdicts))
		}
		if _, err := w.Send(w.Admin(), m, "other"); fault.CodeOf(err) != "document.review_changed" {
			t.Errorf("sent without a review: %v", err)
		}
		started, err := w.Send(w.Admin(), m, r.Digest)
		if err != nil {
			t.Fatal(err)
		}
		w.eventually("the end of the task", func() bool {
			now, err := w.tasks.Find(w.Admin(), started.ID)
			return err == nil && now.State == task.Done && now.Done == 2 && now.Failed == 0
		})
		w.eventually("the mails", func() bool { return len(w.mails()) == 2 })
		for _, m := range w.mails() {
			french := m.to == "pia@northwind.example.com"
			want := "https://help.example.com/v/docs/" + w.Org.Slug + "/announce-us?lang=en"
			if french {
				want = "Bonjour Pia Ende,"
			}
			file := "New check in half a minute that it is really us.pdf"
			if french {
				file = "Nouveau vérifiez en une demi-minute que c’est bien nous.pdf"
			}
			if m.file != file || m.size < 10_000 || m.size > 200_000 {
				t.Errorf("the mail to %s carries %q of %d bytes", m.to, m.file, m.size)
			}
			if !strings.Contains(m.body, want) || !strings.Contains(m.body, "+1 212-555-0199") || strings.Contains(m.body, "${") || m.subject == "" {
				t.Errorf("%+v", m)
			}
		}
		w.eventually("the end of what the mails carried", func() bool {
			var left int
			err := w.DB.Read().QueryRowContext(t.Context(), `select count(*) from message_attachment`).Scan(&left)
			return err == nil && left == 0
		})
		if w.Audited("document.mail", audit.Success) != 1 || w.Audited("document.sent", audit.Success) != 2 {
			t.Error("the log lacks a mail")
		}
		if _, err := w.Save(w.Admin(), document.AnnounceUs, "en", document.Text{Title: "T", Body: own}, anyVersion); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Send(w.Admin(), m, r.Digest); fault.CodeOf(err) != "document.review_changed" {
			t.Errorf("another text than the one looked through was sent: %v", err)
		}
		if all, err := w.Review(w.Admin(), document.Mailing{Key: document.AnnounceUs, CustomerID: w.customer}); err != nil || len(all.Verdicts) != 5 {
			t.Errorf("all of a customer: %d, %v", len(all.Verdicts), err)
		}
	})
}

// A mailing reaches nobody whom the sender may not write to, and not more than 500 at once.
func TestWhoMayBeWrittenTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tech := w.As("tech", perm.Technician)
		m := document.Mailing{Key: document.VerifyUs, ContactIDs: []string{w.pia.ID}}
		if _, err := w.Review(tech, m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a stranger's contact: %v", err)
		}
		w.Assign("tech", w.customer)
		if r, err := w.Review(tech, m); err != nil || r.Sendable != 1 {
			t.Errorf("an own contact: %+v, %v", r, err)
		}
		if r, err := w.Review(w.As("reader", perm.ReadOnly), document.Mailing{Key: document.VerifyUs, CustomerID: w.customer}); err == nil && r.Sendable != 0 {
			t.Errorf("who may only read would send: %+v", r)
		}
		beside := w.Beside("Other IT")
		if _, err := w.Review(beside.Admin(), m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("another organization's contact: %v", err)
		}
		if _, err := w.For(beside.Admin(), document.Waiver, "en", w.pia.ID, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("made out to another organization's contact: %v", err)
		}
		many := make([]string, 501)
		for i := range many {
			many[i] = fmt.Sprint(i)
		}
		for name, bad := range map[string]document.Mailing{
			"nobody": {Key: document.VerifyUs}, "too many": {Key: document.VerifyUs, ContactIDs: many},
			"both": {Key: document.VerifyUs, ContactIDs: []string{w.pia.ID}, CustomerID: w.customer}, "no document": {Key: "x", CustomerID: w.customer},
			"no language": {Key: document.VerifyUs, CustomerID: w.customer, Language: "tlh"},
		} {
			if _, err := w.Review(w.Admin(), bad); err == nil {
				t.Errorf("%s passed", name)
			}
		}
	})
}

// Over HTTP: a repeated request sends once, an old If-Match changes nothing, and who may only read changes nothing.
func TestDocumentsOverTheAPI(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const one = "/api/documents/verify-us/en"
		w.details()
		code, body, _ := w.server.Do("reader", "GET", one, "")
		if code != http.StatusOK || body["title"] == "" || len(body["blocks"].([]any)) < 8 {
			t.Fatalf("%d %v", code, body)
		}
		text := fmt.Sprintf(`{"title": "T", "body": %q}`, own)
		for _, c := range []struct {
			actor, method, path, body, match string
			want                             int
		}{
			{"", "GET", one, "", "", 401},
			{"", "GET", one + "/pdf", "", "", 401},
			{"reader", "PUT", one, text, "", 403},
			{"reader", "DELETE", one, "", "", 403},
			{"reader", "GET", one + "/versions", "", "", 403},
			{"reader", "POST", "/api/documents/verify-us/mail/review", `{"customer_id": "` + w.customer + `"}`, "", 403},
			{"reader", "PATCH", "/api/settings/documents", `{}`, "", 403},
			{"admin", "PUT", one, text, `"7"`, 412},
			{"admin", "PUT", one, text, `"0"`, 200},
			{"admin", "POST", one + "/preview", `{"title": "T", "body": "<b>x</b>"}`, "", 422},
			{"admin", "POST", one + "/restore", `{"number": 1}`, `"1"`, 200},
			{"admin", "GET", one + "/versions?limit=1", "", "", 200},
			{"admin", "DELETE", one, "", `"0"`, 412},
			{"admin", "GET", "/api/documents/verify-us/xx", "", "", 404},
			{"admin", "PATCH", "/api/settings/documents", `{"website": "javascript:alert(1)"}`, "", 422},
			{"admin", "PATCH", "/api/settings/documents", `{"published": ["nothing"]}`, "", 422},
			{"admin", "PATCH", "/api/settings/documents", `{"published": ["phishing", "verify-us", "phishing"]}`, "", 200},
		} {
			var headers []string
			if c.match != "" {
				headers = []string{"If-Match: " + c.match}
			}
			if code, body, _ := w.server.Do(c.actor, c.method, c.path, c.body, headers...); code != c.want {
				t.Errorf("%s %s %s: %d, want %d: %v", c.actor, c.method, c.path, code, c.want, body)
			}
		}
		_, review, _ := w.server.Do("admin", "POST", "/api/documents/verify-us/mail/review", `{"customer_id": "`+w.customer+`"}`)
		order := fmt.Sprintf(`{"customer_id": %q, "review": %q}`, w.customer, review["review"])
		var ids []any
		for range 2 {
			code, body, _ := w.server.Do("admin", "POST", "/api/documents/verify-us/mail", order, "Idempotency-Key: once")
			if code != http.StatusAccepted {
				t.Fatalf("%d %v", code, body)
			}
			ids = append(ids, body["id"])
		}
		w.eventually("the mail", func() bool { return len(w.mails()) == 1 })
		if ids[0] != ids[1] || w.Audited("document.mail", audit.Success) != 1 {
			t.Errorf("two mailings: %v", ids)
		}
	})
}

// A library of another organization is another library.
func TestOrganizationsAreApart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Save(w.Admin(), document.VerifyUs, "en", document.Text{Title: "Mine", Body: own}, anyVersion); err != nil {
			t.Fatal(err)
		}
		beside := w.Beside("Other IT")
		x, err := w.Find(beside.Admin(), document.VerifyUs, "en")
		if err != nil || x.Number != 0 || x.Holds.Title == "Mine" {
			t.Errorf("%+v, %v", x, err)
		}
		if found, _, err := w.Versions(beside.Admin(), document.VerifyUs, "en", store.Page{Limit: 5}); err != nil || len(found) != 0 {
			t.Errorf("%v, %v", found, err)
		}
	})
}

func everything() (out []document.Key) {
	for _, e := range document.Catalogue() {
		out = append(out, e.Key)
	}
	return out
}
