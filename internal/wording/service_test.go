package wording_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/wording"
)

type world struct {
	*organizationtest.World
	*wording.Service
	sent   []wording.Trial
	refuse error
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		w := &world{World: o}
		w.Service = wording.New(wording.Deps{DB: db, Guard: o.Guard, Audit: o.Audit, Send: func(_ context.Context, _ *store.Tx, t wording.Trial) (string, error) {
			w.sent = append(w.sent, t)
			return "delivery", w.refuse
		}})
		fn(t, w)
	})
}

func anyVersion(int64) error { return nil }

func (w *world) say(key wording.Key, language string) wording.Text {
	w.T.Helper()
	o := w.World
	text, err := wording.Say(w.T.Context(), o.DB.Read(), o.Org.ID, key, language, wording.Values{
		Organization: "Blue Harbor IT", Technician: "Tom", Code: "482915", Link: "https://x.example.com", Ticket: 7, Warning: wording.TheyCalled,
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return text
}

const own = "${organization} here. ${technician} wants ${code} ${ticket}. ${warning} No call? Say NO."

func TestAnOrganizationSaysItInItsOwnWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.say(wording.SMSCode, "en")
		set, err := w.Set(w.Admin(), wording.SMSCode, "en", map[string]string{"body": " " + own + "\r\n"}, anyVersion)
		if err != nil || set.Version != 1 || set.Parts["body"] != own {
			t.Fatalf("%+v, %v", set, err)
		}
		if got := w.say(wording.SMSCode, "en").Body; !strings.HasPrefix(got, "Blue Harbor IT here. Tom wants 482915 (ticket #7). Only if YOU") {
			t.Errorf("%q", got)
		}
		if got := w.say(wording.SMSCode, "fr").Body; !strings.Contains(got, "vous demande") {
			t.Errorf("another language changed: %q", got)
		}
		other := w.Beside("Other")
		text, err := wording.Say(t.Context(), other.DB.Read(), other.Org.ID, wording.SMSCode, "en", wording.Values{Organization: "Other"})
		if err != nil || strings.Contains(text.Body, "here.") {
			t.Errorf("a neighbour says %q, %v", text.Body, err)
		}
		stale := errors.New("stale")
		if _, err := w.Set(w.Admin(), wording.SMSCode, "en", map[string]string{"body": own}, func(v int64) error {
			if v != 1 {
				t.Errorf("version %d", v)
			}
			return stale
		}); !errors.Is(err, stale) {
			t.Error(err)
		}
		if err := w.Reset(w.Admin(), wording.SMSCode, "en", anyVersion); err != nil {
			t.Fatal(err)
		}
		if got := w.say(wording.SMSCode, "en"); got != before {
			t.Errorf("after the reset: %q", got.Body)
		}
		if err := w.Reset(w.Admin(), wording.SMSCode, "en", anyVersion); err != nil {
			t.Errorf("a second reset: %v", err)
		}
		if n := w.Audited("template.update", audit.Success) + 10*w.Audited("template.reset", audit.Success); n != 11 {
			t.Errorf("audited %d", n)
		}
	})
}

// M20: a text without what it needs is refused, and the refusal names the placeholder and the field.
func TestM20ATextWithoutItsPlaceholderIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		drop := func(s, what string) string { return strings.ReplaceAll(s, what, "") }
		link := strings.ReplaceAll(own, "${code}", "${link}")
		for name, tc := range map[string]struct {
			key  wording.Key
			body string
			want string // in the message about /parts/body
		}{
			"no code":               {wording.SMSCode, drop(own, "${code}"), "${code}"},
			"no link":               {wording.SMSLink, drop(link, "${link}"), "${link}"},
			"no organization":       {wording.SMSCode, drop(own, "${organization}"), "${organization}"},
			"no technician":         {wording.SMSCode, drop(own, "${technician}"), "${technician}"},
			"no ticket":             {wording.SMSCode, drop(own, "${ticket}"), "${ticket}"},
			"no warning":            {wording.SMSCode, drop(own, "${warning}"), "${warning}"},
			"no way to refuse":      {wording.SMSCode, drop(own, "NO"), "NO"},
			"NO inside a word":      {wording.SMSCode, drop(own, "NO") + " NOTICE", "NO"},
			"unknown":               {wording.SMSCode, own + " ${password}", "${password}"},
			"a link in a code text": {wording.SMSCode, own + " ${link}", "${link}"},
			"of phrases alone":      {wording.SMSCode, own + " ${number}", "${number}"},
			"not closed":            {wording.SMSCode, own + " ${code", "${name}"},
			"another spelling":      {wording.SMSCode, strings.ReplaceAll(own, "${code}", "${Code}"), "${Code}"},
			"what looks like codes": {wording.SMSCode, own + " Ref 123456", "six digits"},
			"control characters":    {wording.SMSCode, own + "\x07", "control"},
			"turned around":         {wording.SMSCode, own + "\u202e", "control"},
			"too long":              {wording.SMSCode, own + strings.Repeat("a", 500), "500 characters"},
			"too many messages":     {wording.SMSCode, own + strings.Repeat("ж", 380), "text messages"},
			"empty":                 {wording.SMSCode, " ", "required"},
		} {
			for what, try := range map[string]func() error{
				"set": func() error {
					_, err := w.Set(w.Admin(), tc.key, "en", map[string]string{"body": tc.body}, anyVersion)
					return err
				},
				"preview": func() error {
					_, err := w.Preview(w.Admin(), tc.key, "en", map[string]string{"body": tc.body})
					return err
				},
			} {
				var f *fault.Error
				if err := try(); !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Pointer != "/parts/body" || !strings.Contains(f.Fields[0].Message, tc.want) {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
		}
		if _, err := w.Set(w.Admin(), wording.SMSCode, "en", map[string]string{"body": own, "header": "x"}, anyVersion); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an unknown part: %v", err)
		}
		if _, err := w.Set(w.Admin(), wording.EmailCode, "en", map[string]string{"body": own, "subject": "a\nBcc: x@example.com"}, anyVersion); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a subject of two lines: %v", err)
		}
		if found, err := w.All(w.Admin()); err != nil || len(found) != 0 {
			t.Errorf("kept %v, %v", found, err)
		}
	})
}

func TestOnlyWhoMayChangeTemplates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, role := range []perm.Role{perm.Manager, perm.Technician, perm.ReadOnly} {
			ctx := w.As("tec", role)
			_, all := w.All(ctx)
			_, set := w.Set(ctx, wording.SMSCode, "en", map[string]string{"body": own}, anyVersion)
			_, preview := w.Preview(ctx, wording.SMSCode, "en", map[string]string{"body": own})
			_, test := w.Test(ctx, wording.SMSCode, "en", "tec@example.com")
			for i, err := range []error{all, set, w.Reset(ctx, wording.SMSCode, "en", anyVersion), preview, test} {
				if fault.CodeOf(err) != "access.denied" {
					t.Errorf("%s, %d: %v", role, i, err)
				}
			}
		}
		for key, language := range map[wording.Key]string{"phrase.ticket": "en", "page.form": "en", "nothing": "en", wording.SMSCode: "xx"} {
			if _, err := w.Set(w.Admin(), key, language, map[string]string{"body": own}, anyVersion); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s in %s: %v", key, language, err)
			}
		}
	})
}

func TestWhereATestMayGo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Assign("author") // author@example.com
		author := w.Actor("author", perm.Administrator)
		author.Kind, author.TokenID, author.Ceiling = access.Token, "k", perm.Set{perm.AdminTemplates: true}
		narrow := access.WithActor(t.Context(), author)
		for to, want := range map[string]string{"Author@example.com": "", "someone@example.com": "wording.address", "author+1@example.com": "wording.address"} {
			if _, err := w.Test(narrow, wording.EmailCode, "en", to); fault.CodeOf(err) != want {
				t.Errorf("%s by who may not change the settings: %v", to, err)
			}
		}
		for name, tc := range map[string]struct {
			key  wording.Key
			to   string
			want string // code of the refusal
			way  wording.Channel
		}{
			"mail":                  {wording.EmailCode, "someone@example.com", "", wording.Email},
			"text":                  {wording.SMSCode, "+1 212 555 0123", "", wording.SMS},
			"call":                  {wording.VoiceCode, "+12125550123", "", wording.Voice},
			"answer by mail":        {wording.AnswerStop, "someone@example.com", "", wording.Email},
			"answer by text":        {wording.AnswerStop, "+12125550123", "", wording.SMS},
			"a text by mail":        {wording.SMSCode, "someone@example.com", "wording.way", ""},
			"a mail to a telephone": {wording.EmailCode, "+12125550123", "wording.way", ""},
			"a page":                {wording.PageLink, "someone@example.com", "wording.page", ""},
			"nonsense":              {wording.EmailCode, "someone@", "request.invalid", ""},
			"nobody":                {wording.EmailCode, " ", "request.invalid", ""},
		} {
			w.sent = nil
			_, err := w.Test(w.Admin(), tc.key, "de", tc.to)
			if fault.CodeOf(err) != tc.want {
				t.Errorf("%s: %v", name, err)
			}
			if sent := len(w.sent) == 1; sent != (tc.want == "") || sent && w.sent[0].Channel != tc.way {
				t.Errorf("%s: sent %+v", name, w.sent)
			}
		}
		w.refuse = fault.New(fault.Limited, "message.limited", "Later.")
		if _, err := w.Test(w.Admin(), wording.SMSCode, "en", "+12125550123"); fault.KindOf(err) != fault.Limited {
			t.Errorf("beyond the limits: %v", err)
		}
		if n := w.Audited("template.test", audit.Success); n != 6 {
			t.Errorf("audited %d", n)
		}
	})
}

func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator), "tec": w.Actor("tec", perm.Technician)}, w.Routes)
		const path = "/api/templates/verification.sms_code/pl"
		body := `{"parts": {"body": "` + own + ` Zażółć"}}`
		for _, step := range []struct {
			actor, method, path, body string
			status                    int
		}{
			{"tec", http.MethodGet, "/api/templates", "", 403},
			{"tec", http.MethodPut, path, body, 403},
			{"admin", http.MethodPut, path, `{"parts": {"body": "x"}}`, 422},
			{"admin", http.MethodPut, path, body, 200},
			{"admin", http.MethodPut, "/api/templates/verification.sms_code/xx", body, 404},
			{"admin", http.MethodPost, path + "/preview", body, 200},
			{"admin", http.MethodPost, path + "/test", `{"to": "+12125550123"}`, 202},
		} {
			if status, got, _ := s.Do(step.actor, step.method, step.path, step.body); status != step.status {
				t.Errorf("%s %s %s: %d %v", step.actor, step.method, step.path, status, got)
			}
		}
		_, preview, _ := s.Do("admin", http.MethodPost, path+"/preview", body)
		length, _ := preview["length"].(map[string]any)
		if preview["plainer"] != true || length["segments"] != 2.0 || length["wide"] != false || preview["dir"] != "ltr" {
			t.Errorf("%v", preview)
		}
		_, list, _ := s.Do("admin", http.MethodGet, "/api/templates", "")
		items, _ := list["items"].([]any)
		languages, _ := list["languages"].([]any)
		if len(items) != len(wording.Catalogue()) || len(languages) != 10 {
			t.Fatalf("%d texts in %d languages", len(items), len(languages))
		}
		mine := 0
		for _, item := range items {
			texts, _ := item.(map[string]any)["texts"].([]any)
			for _, text := range texts {
				if text.(map[string]any)["own"] != nil {
					mine++
				}
			}
		}
		if status, _, _ := s.Do("admin", http.MethodDelete, path, ""); mine != 1 || status != http.StatusNoContent {
			t.Errorf("%d texts of one's own; deleted with %d", mine, status)
		}
	})
}
