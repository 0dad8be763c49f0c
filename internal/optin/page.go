package optin

import (
	"context"
	"crypto/hmac"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/wording"
)

//go:embed form.html
var files embed.FS

// question is what the page asks: for consent, and then for the code that a new number got.
type question struct {
	Step                 string // form or code
	Action, PageToken    string
	Statement, PolicyURL string
	NumberLine           string
	Corrects             string // the label of the field for a number; empty without one
	Choice, Number       string // what was chosen and typed
	CodeHelp             string

	say func(part string) string
}

// Say is a text of the page in its language.
func (q *question) Say(part string) string { return q.say(part) }

// pageHandler serves the page behind a form's link. It works without script, and only a complete answer posted from the page itself counts.
type pageHandler struct {
	s        *Service
	template publicpage.Template
}

func newPageHandler(s *Service) pageHandler {
	return pageHandler{s, publicpage.Parse(files, "form.html", s.Log)}
}

func (h pageHandler) get(w http.ResponseWriter, r *http.Request) {
	if _, page, _, ok := h.open(w, r); ok {
		h.template.Render(w, http.StatusOK, page)
	}
}

func (h pageHandler) post(w http.ResponseWriter, r *http.Request) {
	o, page, q, ok := h.open(w, r)
	if !ok {
		return
	}
	// The page is shown again also after the text has changed: nobody agrees to words that they did not see.
	if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
		h.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	if o.Form.State == Confirming {
		h.confirm(w, r, o, page, q)
		return
	}
	h.answer(w, r, o, page, q)
}

func (h pageHandler) answer(w http.ResponseWriter, r *http.Request, o Opened, page publicpage.Page, q *question) {
	q.Choice, q.Number = r.PostFormValue("answer"), strings.TrimSpace(r.PostFormValue("number"))
	a := Answer{Agrees: q.Choice == "yes", Shown: shown(page.Lang, o.Organization.Name, o.Settings.PolicyURL)}
	refuse := func(id, part string) {
		page.Errors = append(page.Errors, publicpage.Problem{ID: id, Text: q.Say(part)})
	}
	if q.Choice != "yes" && q.Choice != "no" {
		refuse("yes", "error_choose")
	}
	if a.Agrees && q.Corrects != "" && (q.Number != "" || o.Form.Number == "") {
		number, err := input.ParsePhone(q.Number, o.Organization.Region)
		if err == nil && number != o.Form.Number {
			err = message.CheckAddress(message.SMS, number, o.Organization.AllowedCountries)
		}
		if a.Number = number; err != nil {
			refuse("number", "error_number")
		}
	}
	if len(page.Errors) > 0 {
		h.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	state, err := h.s.Answer(r.Context(), o, a)
	if errors.Is(err, errWrongNumber) {
		refuse("number", "error_number")
		h.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	h.outcome(w, r, page, q, state, err)
}

func (h pageHandler) confirm(w http.ResponseWriter, r *http.Request, o Opened, page publicpage.Page, q *question) {
	state, err := h.s.Confirm(r.Context(), o, strings.TrimSpace(r.PostFormValue("code")))
	if err == nil && state == Confirming {
		page.Errors = []publicpage.Problem{{ID: "code", Text: q.Say("error_code")}}
		h.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	h.outcome(w, r, page, q, state, err)
}

func (h pageHandler) outcome(w http.ResponseWriter, r *http.Request, page publicpage.Page, q *question, state State, err error) {
	switch {
	case err != nil:
		h.missing(w, r, err)
	case state == Confirming: // the same link asks for the code now
		http.Redirect(w, r, q.Action, http.StatusSeeOther) //nolint:gosec // a path of ours with the token, escaped
	case state == Agreed || state == Held:
		h.template.Render(w, http.StatusOK, ended(page, q.say, string(state), "good"))
	case state == Refused:
		h.template.Render(w, http.StatusOK, ended(page, q.say, string(state), ""))
	default:
		h.template.Render(w, http.StatusGone, ended(page, q.say, "gone", ""))
	}
}

// ended is a page that has nothing left to ask.
func ended(page publicpage.Page, say func(string) string, what, mark string) publicpage.Page {
	page.Title, page.Errors = say(what+"_title"), nil
	page.Result = &publicpage.Result{Title: page.Title, Text: say(what), Mark: mark}
	return page
}

// open finds the form of a request and its page; if it can no longer be answered, that is said.
func (h pageHandler) open(w http.ResponseWriter, r *http.Request) (o Opened, page publicpage.Page, q *question, ok bool) {
	o, err := h.s.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return o, page, nil, false
	}
	page, q = h.page(r, o)
	if !o.Form.State.live() {
		h.template.Render(w, http.StatusGone, ended(page, q.say, "gone", ""))
		return o, page, q, false
	}
	return o, page, q, true
}

func (h pageHandler) page(r *http.Request, o Opened) (publicpage.Page, *question) {
	ctx, f := r.Context(), o.Form
	texts := wording.Texts{Language: wording.LanguageFor(r.URL.Query().Get("lang"), f.Language)}
	page, frame := frame(texts, wording.Values{Link: h.s.BaseURL})
	brand, err := branding.Of(ctx, h.s.DB.Read(), f.OrgID)
	if err != nil { // a page without colors does as well
		h.s.logFailure(ctx, err)
		brand = branding.Brand{Name: o.Organization.Name}
	}
	page.Brand(brand)
	if !o.Settings.Logo {
		page.Logo = ""
	}
	number := f.Number
	if f.State == Confirming {
		number = f.NewNumber
	}
	say := texts.OptInPage(wording.Values{Organization: brand.Name, Address: message.Mask(number)})
	statement := shown(page.Lang, o.Organization.Name, o.Settings.PolicyURL)
	q := &question{
		Step: "form", Action: "/v/optin/" + url.PathEscape(o.token) + "?lang=" + page.Lang, say: say, PolicyURL: o.Settings.PolicyURL,
		Statement: statementIn(page.Lang, o.Organization.Name),
		PageToken: publicpage.Mac(h.s.Keys.MAC("optin page", f.OrgID, f.ID, string(f.State), statement.Version)),
	}
	page.Title, page.Languages, page.Footer, page.Data = say("title"), wording.Languages(), frame.Genuine, q
	if f.State == Confirming {
		q.Step, q.CodeHelp, page.Title = "code", say("code_help"), say("code_title")
		return page, q
	}
	if f.Number != "" {
		q.NumberLine = say("number")
	}
	switch {
	case !o.Settings.CorrectNumber:
	case f.Number == "":
		q.Corrects = say("enter")
	default:
		q.Corrects = say("correct")
	}
	return page, q
}

func frame(texts wording.Texts, v wording.Values) (publicpage.Page, wording.LinkPage) {
	words := texts.LinkPage(v)
	return publicpage.Page{Lang: words.Lang, Dir: words.Dir, LanguageLabel: words.LanguageLabel, ErrorTitle: words.ErrorTitle}, words
}

// missing answers alike for a link that never was and for one that cannot be read now.
func (h pageHandler) missing(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusNotFound
	if !errors.Is(err, errNotFound) {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		h.s.logFailure(r.Context(), err)
	}
	texts := wording.Texts{Language: wording.LanguageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))}
	page, _ := frame(texts, wording.Values{})
	h.template.Render(w, status, ended(page, texts.OptInPage(wording.Values{}), "gone", ""))
}

func (s *Service) logFailure(ctx context.Context, err error) {
	s.Log.ErrorContext(ctx, "an opt-in form failed", "err", err)
}
