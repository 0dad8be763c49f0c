package contactkey

import (
	"crypto/hmac"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/wording"
)

//go:embed enrol.html
var files embed.FS

//go:embed passkey.js
var script string

// Script asks the authenticator what the form with the id passkey carries in data-options, and posts the form with its answer.
func Script() template.JS { return template.JS(script) } //nolint:gosec // a file of the program

// pages serves the page behind an enrolment's link. A GET decides nothing (R8).
type pages struct {
	s        *Service
	template publicpage.Template
}

func newPages(s *Service) pages { return pages{s, publicpage.Parse(files, "enrol.html", s.Log)} }

// invitation is what the form shows. It reveals who asks, nothing about the contact.
type invitation struct {
	Words                      wording.LinkPage
	Passkey                    wording.PasskeyPage
	Action, PageToken, Options string
}

func (p pages) get(w http.ResponseWriter, r *http.Request) {
	if _, page, _, ok := p.open(w, r); ok {
		p.template.Render(w, http.StatusOK, page)
	}
}

func (p pages) post(w http.ResponseWriter, r *http.Request) {
	e, page, shown, ok := p.open(w, r)
	if !ok {
		return
	}
	if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(shown.PageToken)) {
		p.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	number, credential := strings.TrimSpace(r.PostFormValue("number")), r.PostFormValue("credential")
	if len(number) != spokenDigits || strings.Trim(number, "0123456789") != "" {
		page.Errors = []publicpage.Problem{{ID: "number", Text: shown.Words.ErrorNumber}}
		p.template.Render(w, http.StatusUnprocessableEntity, page)
		return
	}
	kept, err := p.s.Finish(r.Context(), e, number, credential)
	switch {
	case errors.Is(err, errRefused):
		page.Errors = []publicpage.Problem{{ID: "number", Text: shown.Passkey.NotDone}}
		p.template.Render(w, http.StatusUnprocessableEntity, page)
	case err != nil:
		p.missing(w, r, err)
	default:
		result, mark := shown.Words.Results["failed"], "bad"
		if kept {
			result, mark = shown.Passkey.Done, "good"
		}
		page.Title, page.Script, page.Result = result[0], "", &publicpage.Result{Title: result[0], Text: result[1], Mark: mark}
		p.template.Render(w, http.StatusOK, page)
	}
}

// open finds the enrolment of a request and its page; if it is not there it has answered, and alike for a link that never was.
func (p pages) open(w http.ResponseWriter, r *http.Request) (e Enrolment, page publicpage.Page, shown *invitation, ok bool) {
	ctx, s := r.Context(), p.s
	e, err := s.Open(ctx, r.PathValue("token"))
	if err != nil {
		p.missing(w, r, err)
		return e, page, nil, false
	}
	language := e.Language
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		language = wording.LanguageFor(wanted)
	}
	o, err := organization.ByID(ctx, s.DB.Read(), e.OrgID)
	if err == nil {
		shown = &invitation{PageToken: publicpage.Mac(s.Keys.MAC("contactkey page", e.OrgID, e.ID))}
		shown.Options, err = s.CreateOptions(ctx, e, o.Name)
	}
	if err != nil {
		p.missing(w, r, err)
		return e, page, nil, false
	}
	texts, err := wording.Of(ctx, s.DB.Read(), e.OrgID, language)
	if err != nil { // the texts of Countersign do as well
		s.Log.ErrorContext(ctx, "read the texts of a public page", "err", err)
		texts = wording.Texts{Language: language}
	}
	values := wording.Values{Organization: o.Name, Technician: wording.FirstName(e.TechnicianName), Link: s.BaseURL}
	shown.Words, shown.Passkey = texts.LinkPage(values), texts.PasskeyPage(values)
	shown.Action = "/v/passkey/" + url.PathEscape(r.PathValue("token")) + "?lang=" + shown.Words.Lang
	page = frame(shown.Words)
	page.Title, page.Languages, page.Footer, page.Script, page.Data = shown.Passkey.Title, wording.Languages(), shown.Words.Genuine, Script(), shown
	brand, err := branding.Of(ctx, s.DB.Read(), e.OrgID)
	if err != nil { // a page without colors does as well
		s.Log.ErrorContext(ctx, "read the brand of a public page", "err", err)
		brand = branding.Brand{Name: o.Name}
	}
	page.Brand(brand)
	return e, page, shown, true
}

func frame(text wording.LinkPage) publicpage.Page {
	return publicpage.Page{Lang: text.Lang, Dir: text.Dir, LanguageLabel: text.LanguageLabel, ErrorTitle: text.ErrorTitle}
}

// missing answers alike for a link that never was, one that ended, and one that cannot be read now.
func (p pages) missing(w http.ResponseWriter, r *http.Request, err error) {
	texts := wording.Texts{Language: wording.LanguageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))}
	status, text := http.StatusNotFound, texts.LinkPage(wording.Values{})
	if fault.KindOf(err) == fault.Internal {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		p.s.Log.ErrorContext(r.Context(), "open a link to set up a passkey", "err", err)
	}
	page := frame(text)
	page.Title, page.Result = text.Gone[0], &publicpage.Result{Title: text.Gone[0], Text: text.Gone[1]}
	p.template.Render(w, status, page)
}
