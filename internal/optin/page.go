package optin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
)

//go:embed templates/form.html
var templateFiles embed.FS

// maxForm bounds the body of an answer.
const maxForm = 4 << 10

// formPage is what the template shows: the question, the question for a code, or a result.
type formPage struct {
	Lang, Dir, Nonce, Organization, Logo string
	Accents                              *branding.Accents
	Languages                            []pageLanguage
	Action, PageToken                    string
	Step                                 string // form, code or result
	Statement, PolicyURL, NumberLine     string
	Corrects, Choice, Number             string // of the field for a number: its label, and what was typed
	CodeHelp                             string
	Errors                               []fieldProblem
	Result                               State
	ResultTitle, ResultText, Genuine     string

	values map[string]string
}

type pageLanguage struct{ Code, Name string }

type fieldProblem struct{ ID, Text string }

// T is a text of the page in its language.
func (p formPage) T(key string) string { return text(key, p.Lang, p.values) }

// pageHandler serves the page behind a form's link. It works without script, and only a complete answer posted from the page itself counts.
type pageHandler struct {
	s        *Service
	template *template.Template
}

func newPageHandler(s *Service) pageHandler {
	return pageHandler{s, template.Must(template.ParseFS(templateFiles, "templates/form.html"))}
}

func (h pageHandler) get(w http.ResponseWriter, r *http.Request) {
	o, err := h.s.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, o)
	if !o.Form.State.live() {
		h.render(w, http.StatusGone, p.with("gone", o.Form.State))
		return
	}
	h.render(w, http.StatusOK, p)
}

func (h pageHandler) post(w http.ResponseWriter, r *http.Request) {
	o, err := h.s.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, o)
	if !o.Form.State.live() {
		h.render(w, http.StatusGone, p.with("gone", o.Form.State))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(p.PageToken)) {
		h.render(w, http.StatusUnprocessableEntity, p) // also after the text has changed: nobody agrees to words that they did not see
		return
	}
	if o.Form.State == Confirming {
		h.confirm(w, r, o, p)
		return
	}
	h.answer(w, r, o, p)
}

func (h pageHandler) answer(w http.ResponseWriter, r *http.Request, o Opened, p formPage) {
	p.Choice, p.Number = r.PostFormValue("answer"), strings.TrimSpace(r.PostFormValue("number"))
	a := Answer{Agrees: p.Choice == "yes", Shown: shown(p.Lang, o.Organization.Name, o.Settings.PolicyURL)}
	if p.Choice != "yes" && p.Choice != "no" {
		p.Errors = append(p.Errors, fieldProblem{"yes", p.T("page_error_choose")})
	}
	if a.Agrees && p.Corrects != "" && (p.Number != "" || o.Form.Number == "") {
		number, err := input.ParsePhone(p.Number, o.Organization.Region)
		if err == nil && number != o.Form.Number {
			err = message.CheckAddress(message.SMS, number, o.Organization.AllowedCountries)
		}
		if a.Number = number; err != nil {
			p.Errors = append(p.Errors, fieldProblem{"number", p.T("page_error_number")})
		}
	}
	if len(p.Errors) > 0 {
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := h.s.Answer(r.Context(), o, a)
	if errors.Is(err, errWrongNumber) {
		p.Errors = []fieldProblem{{"number", p.T("page_error_number")}}
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	h.outcome(w, r, p, state, err)
}

func (h pageHandler) confirm(w http.ResponseWriter, r *http.Request, o Opened, p formPage) {
	state, err := h.s.Confirm(r.Context(), o, strings.TrimSpace(r.PostFormValue("code")))
	if err == nil && state == Confirming {
		p.Errors = []fieldProblem{{"code", p.T("page_error_code")}}
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	h.outcome(w, r, p, state, err)
}

func (h pageHandler) outcome(w http.ResponseWriter, r *http.Request, p formPage, state State, err error) {
	switch {
	case err != nil:
		h.missing(w, r, err)
	case state == Confirming: // the same link asks for the code now
		http.Redirect(w, r, p.Action, http.StatusSeeOther)
	case state == Agreed || state == Refused || state == Held:
		h.render(w, http.StatusOK, p.with(string(state), state))
	default:
		h.render(w, http.StatusGone, p.with("gone", state))
	}
}

func (h pageHandler) page(r *http.Request, o Opened) formPage {
	p := h.blank(languageFor(r.URL.Query().Get("lang"), o.Form.Language))
	f := o.Form
	brand, err := branding.Of(r.Context(), h.s.DB.Read(), f.OrgID)
	if err != nil { // a page without colors does as well
		h.s.logFailure(r.Context(), err)
		brand = branding.Brand{Name: o.Organization.Name}
	}
	p.Organization = brand.Name
	if o.Settings.Logo {
		p.Logo = brand.LogoPath()
	}
	if a := brand.Accents(); a != (branding.Accents{}) {
		p.Accents = &a
	}
	p.values = map[string]string{"organization": brand.Name, "number": isolated(message.Mask(f.Number)), "url": h.s.BaseURL}
	statement := shown(p.Lang, o.Organization.Name, o.Settings.PolicyURL)
	p.Statement, p.PolicyURL = text("statement", p.Lang, map[string]string{"organization": o.Organization.Name}), o.Settings.PolicyURL
	p.Action = "/v/optin/" + url.PathEscape(o.token) + "?lang=" + p.Lang
	p.PageToken = base64.RawURLEncoding.EncodeToString(h.s.Keys.MAC("optin page", f.OrgID, f.ID, string(f.State), statement.Version))
	p.Genuine = p.T("page_genuine")
	if f.State == Confirming {
		p.Step, p.CodeHelp = "code", text("code_help", p.Lang, map[string]string{"number": isolated(message.Mask(f.NewNumber))})
		return p
	}
	p.Step = "form"
	if f.Number != "" {
		p.NumberLine = p.T("page_number")
	}
	switch {
	case !o.Settings.CorrectNumber:
	case f.Number == "":
		p.Corrects = p.T("page_enter")
	default:
		p.Corrects = p.T("page_correct")
	}
	return p
}

// isolated keeps a number in its own direction within a text of the other (UAX 9).
func isolated(number string) string { return "\u2066" + number + "\u2069" }

func (h pageHandler) blank(language string) formPage {
	p := formPage{Lang: language, Dir: direction(language), Nonce: id.Secret()}
	for _, l := range Languages() {
		p.Languages = append(p.Languages, pageLanguage{l, text("language_name", l, nil)})
	}
	return p
}

func (p formPage) with(result string, state State) formPage {
	p.Step, p.Result = "result", state
	p.ResultTitle, p.ResultText = p.T(result+"_title"), p.T(result+"_text")
	return p
}

// missing answers alike for a link that never was and for one that cannot be read now.
func (h pageHandler) missing(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusNotFound
	if !errors.Is(err, errNotFound) {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		h.s.logFailure(r.Context(), err)
	}
	p := h.blank(languageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))).with("gone", Expired)
	h.render(w, status, p)
}

func (h pageHandler) render(w http.ResponseWriter, status int, p formPage) {
	var b bytes.Buffer
	if err := h.template.Execute(&b, p); err != nil {
		h.s.logFailure(context.Background(), fmt.Errorf("render opt-in form: %w", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", p.Lang)
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the person has left
}

func (s *Service) logFailure(ctx context.Context, err error) {
	s.Log.ErrorContext(ctx, "an opt-in form failed", "err", err)
}
