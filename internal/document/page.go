package document

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"

	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/wording"
)

//go:embed page.html
var pageFiles embed.FS

// pages serves what everybody may read. What is not published answers like what never was, and like an organization that never was.
type pages struct {
	s        *Service
	template publicpage.Template
}

func newPages(s *Service) pages { return pages{s, publicpage.Parse(pageFiles, "page.html", s.Log)} }

// link is a line of the list, or the way back to it.
type link struct{ Title, Address string }

// shownPage is what the template shows: the list or one document.
type shownPage struct {
	Index     []link
	IndexText string
	Blocks    []markup.Block
	Back      *link
}

func (p pages) index(w http.ResponseWriter, r *http.Request) {
	c, page, ok := p.open(w, r)
	if !ok {
		return
	}
	shown := shownPage{IndexText: word(page.Lang, "index_text", nil)}
	for _, key := range c.details.Published {
		d, err := p.document(r.Context(), c, key, page.Lang)
		if err != nil {
			p.missing(w, r, err)
			return
		}
		shown.Index = append(shown.Index, link{d.Title, path(c.organization.Slug, key) + "?lang=" + page.Lang})
	}
	page.Title, page.Data = indexTitle(c, page.Lang), shown
	p.template.Render(w, http.StatusOK, page)
}

func (p pages) one(w http.ResponseWriter, r *http.Request) {
	c, page, ok := p.open(w, r)
	if !ok {
		return
	}
	key := Key(r.PathValue("document"))
	if !slices.Contains(c.details.Published, key) {
		p.missing(w, r, errNotFound)
		return
	}
	d, err := p.document(r.Context(), c, key, page.Lang)
	if err != nil {
		p.missing(w, r, err)
		return
	}
	page.Title = d.Title
	page.Data = shownPage{
		Blocks: d.Blocks, Back: &link{word(page.Lang, "back", nil), "/v/docs/" + c.organization.Slug + "?lang=" + page.Lang},
	}
	p.template.Render(w, http.StatusOK, page)
}

func indexTitle(c circumstances, language string) string {
	return word(language, "index", map[wording.Placeholder]string{wording.Organization: c.brand.Name})
}

// document is a document made out to nobody.
func (p pages) document(ctx context.Context, c circumstances, key Key, language string) (Document, error) {
	e, l, err := entry(key, language)
	if err != nil {
		return Document{}, err
	}
	v, err := newest(ctx, p.s.DB.Read(), c.organization.ID, key, language)
	if err != nil {
		return Document{}, err
	}
	return p.s.make(e, v.text(), l, c, Person{})
}

// open finds whose documents somebody wants to read; if there are none it has answered.
func (p pages) open(w http.ResponseWriter, r *http.Request) (c circumstances, page publicpage.Page, ok bool) {
	ctx, q := r.Context(), p.s.DB.Read()
	o, err := organization.BySlug(ctx, q, r.PathValue("organization"))
	if err == nil && o.Status != organization.Active {
		err = errNotFound
	}
	if err == nil {
		c, err = p.s.circumstances(ctx, q, o)
	}
	if err == nil && len(c.details.Published) == 0 {
		err = errNotFound
	}
	if err != nil {
		p.missing(w, r, err)
		return c, page, false
	}
	l := languageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"), o.Locale)
	page = publicpage.Page{Lang: l.Code, Dir: l.Dir, Languages: Languages(), LanguageLabel: word(l.Code, "language", nil)}
	page.Brand(c.brand)
	return c, page, true
}

// missing answers alike for a page that never was and for one that nobody may read.
func (p pages) missing(w http.ResponseWriter, r *http.Request, err error) {
	texts := wording.Texts{Language: languageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")).Code}
	status, text := http.StatusNotFound, texts.LinkPage(wording.Values{})
	if fault.KindOf(err) != fault.NotFound {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		if !errors.Is(err, context.Canceled) {
			p.s.Log.ErrorContext(r.Context(), "show a document", "err", err)
		}
	}
	p.template.Render(w, status, publicpage.Page{
		Lang: text.Lang, Dir: text.Dir, Title: text.Gone[0], Result: &publicpage.Result{Title: text.Gone[0], Text: text.Gone[1]},
	})
}
