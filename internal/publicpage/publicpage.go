// Package publicpage frames the pages that people outside see: one look in the organization's colors, a strict content policy, no request
// to anybody else, and no script unless a page cannot do without.
package publicpage

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/wording"
)

//go:embed layout.html
var layout embed.FS

// MaxForm bounds the body of a form on a public page, in bytes.
const MaxForm = 4 << 10

// Page is what the frame shows around the body of a page, or instead of it.
type Page struct {
	Lang          string
	Dir           string             // "rtl" for languages that are written from right to left
	Languages     []wording.Language // that the page can be read in; empty shows no choice
	LanguageLabel string
	Title         string
	Organization  string
	Logo          string // path on this server
	Accents       *branding.Accents
	ErrorTitle    string
	Errors        []Problem
	Result        *Result // shown instead of the body
	Footer        string
	Script        template.JS // of the page's own, never made of what somebody entered
	Data          any         // of the body

	Nonce string // set by Render
}

// Problem is what is wrong with one field of a form.
type Problem struct{ ID, Text string }

// Result is the end of a page's purpose. Mark is "good", "bad" or "".
type Result struct{ Title, Text, Mark string }

// Brand puts the organization's name, logo and colors on the page.
func (p *Page) Brand(b branding.Brand) {
	p.Organization, p.Logo = b.Name, b.LogoPath()
	if a := b.Accents(); a != (branding.Accents{}) {
		p.Accents = &a
	}
}

// Template is the body of a page within the frame.
type Template struct {
	t   *template.Template
	log *slog.Logger
}

// Parse reads a body, which defines the template "body"; it panics if that cannot be parsed, since bodies are part of the program.
func Parse(files fs.FS, name string, log *slog.Logger) Template {
	t := template.Must(template.ParseFS(layout, "layout.html"))
	return Template{template.Must(t.ParseFS(files, name)), log}
}

// Render answers with the page. A page with a script may fetch from this server, one without may fetch nothing.
func (t Template) Render(w http.ResponseWriter, status int, p Page) {
	p.Nonce = id.Secret()
	var b bytes.Buffer
	if err := t.t.ExecuteTemplate(&b, "layout.html", p); err != nil {
		t.log.Error("render a public page", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	script := ""
	if p.Script != "" {
		script = "script-src 'nonce-" + p.Nonce + "'; connect-src 'self'; "
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; "+script+"style-src 'nonce-"+p.Nonce+"'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the person may have left
}

// Mac is the text form of a page token: a form is only taken from the page that it was shown on.
func Mac(mac []byte) string { return base64.RawURLEncoding.EncodeToString(mac) }

// ReadForm parses the body of a POST within MaxForm.
func ReadForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read a form: %w", err)
	}
	return nil
}
