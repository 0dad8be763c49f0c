package httpapi

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// piecePause is how long the reader of a download may take for one piece of it.
const piecePause = 30 * time.Second

// File names a download.
type File struct {
	Type string // media type
	Name string // "contacts.csv"
}

// Download registers an operation that answers with a file, written piece by piece. What goes wrong before the first piece is answered as
// on any route; behind it the connection breaks, so that nobody takes a part for the whole.
func Download[I any](a *API, r Route, f File, fn func(ctx context.Context, in *I, w io.Writer) error) {
	a.add(r)
	a.registering = &r
	defer func() { a.registering = nil }()
	op := a.operation(r, reflect.TypeFor[I]().PkgPath())
	op.Responses["200"] = &huma.Response{
		Description: "The file", Content: map[string]*huma.MediaType{f.Type: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			req, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", f.Type)
			w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
			if req.Method == http.MethodHead {
				return
			}
			out := &patient{w: w, control: http.NewResponseController(w)}
			switch err := fn(ctx, in, out); {
			case err == nil:
			case out.started:
				panic(http.ErrAbortHandler)
			default:
				w.Header().Del("Content-Disposition")
				a.refuse(w, req, err)
			}
		}}, nil
	})
}

// patient gives the reader time for each piece instead of for the whole.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	started bool
}

// Write is part of io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	p.started = true
	// A server without deadlines, as in tests, cannot set one and needs none.
	_ = p.control.SetWriteDeadline(time.Now().Add(piecePause))
	return p.w.Write(b)
}
