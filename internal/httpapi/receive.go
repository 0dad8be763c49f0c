package httpapi

import (
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Incoming is embedded in the input of a route that Takes a file: its body, to be read piece by piece.
type Incoming struct {
	Reader io.Reader
}

// Resolve is called by huma.
func (b *Incoming) Resolve(hc huma.Context) []error {
	r, w := humago.Unwrap(hc)
	b.Reader = &slowly{r.Body, http.NewResponseController(w)}
	return nil
}

// bounded bounds the body of a route that Takes a file.
func bounded(route Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route.Takes != "" {
			r.Body = http.MaxBytesReader(w, r.Body, route.MaxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// describeFile says in the document what a route Takes.
func describeFile(r Route) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		r.Takes: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
}

// slowly gives the sender time for each piece instead of for the whole.
type slowly struct {
	r       io.Reader
	control *http.ResponseController
}

// Read is part of io.Reader.
func (s *slowly) Read(b []byte) (int, error) {
	// A server without deadlines, as in tests, cannot set one and needs none.
	_ = s.control.SetReadDeadline(time.Now().Add(piecePause))
	return s.r.Read(b)
}
