package verify

import (
	"embed"
	"net/http"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/wording"
)

//go:embed gone.html
var goneTemplate embed.FS

// pageHandler is the door of every link: it finds the verification and leaves the page to its method.
type pageHandler struct {
	s    *Service
	gone publicpage.Template
}

func newPageHandler(s *Service) pageHandler {
	return pageHandler{s, publicpage.Parse(goneTemplate, "gone.html", s.Log)}
}

func (h pageHandler) get(w http.ResponseWriter, r *http.Request) {
	if l, p, ok := h.open(w, r); ok {
		p.GetPage(w, r, l)
	}
}

func (h pageHandler) post(w http.ResponseWriter, r *http.Request) {
	if l, p, ok := h.open(w, r); ok {
		p.PostPage(w, r, l)
	}
}

// open finds the link that somebody wants to see; if it is not there it has answered, and alike for a link that never was.
func (h pageHandler) open(w http.ResponseWriter, r *http.Request) (Link, Pager, bool) {
	l, err := h.s.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return l, nil, false
	}
	m, _ := h.s.method(l.Verification.Method)
	p, ok := m.(Pager)
	if !ok || l.State != Pending {
		h.s.ShowOutcome(w, r, l, "", nil)
		return l, nil, false
	}
	return l, p, true
}

// missing answers alike for a link that never was and for one that cannot be read now.
func (h pageHandler) missing(w http.ResponseWriter, r *http.Request, err error) {
	texts := wording.Texts{Language: wording.LanguageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))}
	status, text := http.StatusNotFound, texts.LinkPage(wording.Values{})
	if fault.KindOf(err) != fault.NotFound {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		h.s.Log.ErrorContext(r.Context(), "open a link", "err", err)
	}
	h.gone.Render(w, status, publicpage.Page{
		Lang: text.Lang, Dir: text.Dir, Title: text.Gone[0], Result: &publicpage.Result{Title: text.Gone[0], Text: text.Gone[1]},
	})
}

// PageTexts are the texts of a page in the contact's language or the one that they chose.
func (s *Service) PageTexts(r *http.Request, l Link) wording.LinkPage {
	return s.texts(r, l).LinkPage(s.pageValues(l))
}

// PasskeyTexts are those that a page adds which asks for a passkey.
func (s *Service) PasskeyTexts(r *http.Request, l Link) wording.PasskeyPage {
	return s.texts(r, l).PasskeyPage(s.pageValues(l))
}

func (s *Service) pageValues(l Link) wording.Values {
	return wording.Values{Organization: l.Organization, Technician: l.TechnicianName, Link: s.BaseURL}
}

func (s *Service) texts(r *http.Request, l Link) wording.Texts {
	language := l.Verification.Language
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		language = wording.LanguageFor(wanted)
	}
	texts, err := wording.Of(r.Context(), s.DB.Read(), l.Verification.OrgID, language)
	if err != nil { // the texts of Countersign do as well
		s.Log.ErrorContext(r.Context(), "read the texts of a public page", "err", err)
		texts = wording.Texts{Language: language}
	}
	return texts
}

// Frame is the public page around whatever a method asks: its languages, the organization's brand, and how to make sure that the page is
// genuine.
func (s *Service) Frame(r *http.Request, l Link) publicpage.Page {
	text := s.PageTexts(r, l)
	p := publicpage.Page{
		Lang: text.Lang, Dir: text.Dir, Title: text.Title, Languages: wording.Languages(), LanguageLabel: text.LanguageLabel,
		ErrorTitle: text.ErrorTitle, Footer: text.Genuine,
	}
	brand, err := branding.Of(r.Context(), s.DB.Read(), l.Verification.OrgID)
	if err != nil { // a page without colors does as well
		s.Log.ErrorContext(r.Context(), "read the brand of a public page", "err", err)
		brand = branding.Brand{Name: l.Organization}
	}
	p.Brand(brand)
	return p
}

// PageToken is what the form on the page of a verification has to carry: it shows that the form was seen there.
func (s *Service) PageToken(v Verification) string {
	return publicpage.Mac(s.Keys.MAC("verify page", v.OrgID, v.ID))
}

// ShowOutcome ends the page of a method with what became of the verification.
func (s *Service) ShowOutcome(w http.ResponseWriter, r *http.Request, l Link, state State, err error) {
	h := s.pages
	if err != nil {
		h.missing(w, r, err)
		return
	}
	frame := s.Frame(r, l)
	text := s.PageTexts(r, l)
	result, ok := text.Results[string(state)]
	status, mark := http.StatusOK, "bad"
	switch {
	case !ok:
		result, status, mark = text.Gone, http.StatusGone, ""
	case state == Verified:
		mark = "good"
	}
	frame.Title, frame.Result = result[0], &publicpage.Result{Title: result[0], Text: result[1], Mark: mark}
	h.gone.Render(w, status, frame)
}
