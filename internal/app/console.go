package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/id"
)

const (
	consolePage  = "index.html"
	nonceMark    = "__CSP_NONCE__"
	worthPacking = 1024 // bytes
)

var errNoPage = fault.New(fault.NotFound, "request.not_found", "There is nothing at this address.")

// console serves the built console: its files as they are, and its page for every address that it has a view for.
type console struct {
	api   *httpapi.API
	files fs.FS

	mu     sync.Mutex
	packed map[string]*asset
}

// asset is one file, ready to be sent.
type asset struct {
	kind, tag   string
	plain, gzip []byte
}

func (a *App) consoleRoutes(files fs.FS) {
	c := &console{api: a.api, files: files, packed: map[string]*asset{}}
	a.podRoutes(c)
	a.api.Raw(httpapi.Route{ID: "console", Method: "GET", Path: "/{path...}", Summary: "The console", Needs: perm.Public, Hidden: true}, c)
}

// ServeHTTP answers with a file or with the page of the console.
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch f, err := c.load(name); {
	case name == consolePage || isView(name):
		c.servePage(w, r, consolePage, "'none'")
	case path.Ext(name) == ".html": // pages are sent by name alone, with their policy
		c.api.Refuse(w, r, errNoPage)
	case err != nil:
		c.api.Refuse(w, r, errNoPage)
	default:
		c.serveFile(w, r, name, f)
	}
}

// isView says whether an address may be one of the console's own: a file has a dot in its name.
func isView(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case ".well-known", "access", "assets", "pod", "v":
		return false
	}
	return !strings.Contains(path.Base(name), ".") || name == ""
}

// servePage sends a page with a policy that lets in our own files alone, and ancestors alone frame it: 'none', or a list of origins.
func (c *console) servePage(w http.ResponseWriter, r *http.Request, name, ancestors string) {
	nonce := id.Secret()
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'nonce-"+nonce+"'; style-src 'self' 'nonce-"+nonce+"'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors "+ancestors+"; base-uri 'none'")
	page, err := fs.ReadFile(c.files, name)
	if err != nil {
		c.api.Refuse(w, r, fault.New(fault.Unavailable, "console.missing", "This program was built without the console; build it with make build."))
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(bytes.ReplaceAll(page, []byte(nonceMark), []byte(nonce)))
}

func (c *console) serveFile(w http.ResponseWriter, r *http.Request, name string, f *asset) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") { // their names hold a hash of what is in them
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if f.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body) //nolint:gosec // one of our own files
}

// load reads and packs a file the first time that somebody asks for it.
func (c *console) load(name string) (*asset, error) {
	if strings.HasPrefix(path.Base(name), ".") || !fs.ValidPath(name) {
		return nil, fs.ErrNotExist
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.packed[name]; f != nil {
		return f, nil
	}
	b, err := fs.ReadFile(c.files, name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	f := &asset{kind: kindOf(name), tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: b}
	if packs(f.kind) && len(b) > worthPacking {
		f.gzip = pack(b)
	}
	c.packed[name] = f
	return f, nil
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".webmanifest":
		return "application/manifest+json"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func packs(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/") || strings.HasPrefix(kind, "image/svg")
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}
