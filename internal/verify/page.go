package verify

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
	"countersign.dev/countersign/internal/wording"
)

//go:embed templates/link.html
var templateFiles embed.FS

// maxForm bounds the body of the form behind a link.
const maxForm = 4 << 10

// linkPage is what the template shows: a form, or a result.
type linkPage struct {
	Words                                wording.LinkPage
	Nonce, Organization, Logo            string
	Accents                              *branding.Accents
	Genuine                              string
	Languages                            []wording.Language
	Action, PageToken, Number, Direction string
	Errors                               []fieldProblem
	Result                               *[2]string
	State                                State
}

type fieldProblem struct{ ID, Text string }

// pageHandler serves the page behind a link. It works without script, and only a complete form posted from the page itself decides anything.
type pageHandler struct {
	s        *Service
	template *template.Template
}

func newPageHandler(s *Service) pageHandler {
	return pageHandler{s, template.Must(template.ParseFS(templateFiles, "templates/link.html"))}
}

func (h pageHandler) get(w http.ResponseWriter, r *http.Request) {
	l, err := h.s.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, l)
	if l.State != Pending {
		h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
		return
	}
	h.render(w, http.StatusOK, p)
}

func (h pageHandler) post(w http.ResponseWriter, r *http.Request) {
	l, err := h.s.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, l)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(p.PageToken)) {
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	a := Answer{Number: strings.TrimSpace(r.PostFormValue("number")), Direction: Direction(r.PostFormValue("direction")), NotMe: r.PostFormValue("answer") == "not_me"}
	if p.Errors = incomplete(p.Words, a); len(p.Errors) > 0 || l.State != Pending {
		if l.State != Pending {
			h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
			return
		}
		p.Direction = string(a.Direction)
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := h.s.AnswerLink(r.Context(), l, a)
	if err != nil {
		h.missing(w, r, err)
		return
	}
	if result, ok := p.Words.Results[string(state)]; ok {
		h.render(w, http.StatusOK, p.with(result, state))
		return
	}
	h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
}

// incomplete says what an answer lacks; an incomplete one is no try (D-35).
func incomplete(page wording.LinkPage, a Answer) (problems []fieldProblem) {
	if len(a.Number) != 3 || strings.Trim(a.Number, "0123456789") != "" {
		problems = append(problems, fieldProblem{"number", page.ErrorNumber})
	}
	if !a.NotMe && a.Direction != Inbound && a.Direction != Outbound {
		problems = append(problems, fieldProblem{"inbound", page.ErrorDirection})
	}
	return problems
}

func (h pageHandler) page(r *http.Request, l Link) linkPage {
	language := l.Language
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		language = wording.LanguageFor(wanted)
	}
	org := l.verification.OrgID
	brand, err := branding.Of(r.Context(), h.s.DB.Read(), org)
	if err != nil { // a page without colors does as well
		h.s.logFailure(r.Context(), err)
		brand = branding.Brand{Name: l.Organization}
	}
	texts, err := wording.Of(r.Context(), h.s.DB.Read(), org, language)
	if err != nil { // the texts of Countersign do as well
		h.s.logFailure(r.Context(), err)
		texts = wording.Texts{Language: language}
	}
	text := texts.LinkPage(wording.Values{Organization: l.Organization, Technician: l.TechnicianName, Link: h.s.BaseURL})
	mac := h.s.Keys.MAC("verify page", org, l.verification.ID)
	p := linkPage{
		Words: text, Nonce: id.Secret(), Organization: brand.Name, Logo: brand.LogoPath(), Action: "/v/" + url.PathEscape(l.token) + "?lang=" + language,
		Genuine: text.Genuine, Languages: wording.Languages(), PageToken: base64.RawURLEncoding.EncodeToString(mac),
	}
	if a := brand.Accents(); a != (branding.Accents{}) {
		p.Accents = &a
	}
	return p
}

func (p linkPage) with(result [2]string, state State) linkPage {
	p.Result, p.State = &result, state
	return p
}

// missing answers alike for a link that never was and for one that cannot be read now.
func (h pageHandler) missing(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusNotFound, wording.Texts{Language: wording.LanguageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))}.LinkPage(wording.Values{})
	if !errors.Is(err, errNotFound) {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		h.s.logFailure(r.Context(), err)
	}
	h.render(w, status, linkPage{Words: text, Nonce: id.Secret(), Action: r.URL.EscapedPath()}.with(text.Gone, ""))
}

func (h pageHandler) render(w http.ResponseWriter, status int, p linkPage) {
	var b bytes.Buffer
	if err := h.template.Execute(&b, p); err != nil {
		h.s.logFailure(context.Background(), fmt.Errorf("render link page: %w", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", p.Words.Lang)
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the person has left
}
