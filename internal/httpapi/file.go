package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// Upload is the handler of a Raw route whose body is a file: fn reads it and returns what to answer with; nil answers 204.
func (a *API) Upload(fn func(ctx context.Context, id string, body io.Reader) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := fn(r.Context(), r.PathValue("id"), r.Body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if out == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // the client has left
	})
}

// Image is the handler of a Raw route that sends a PNG of our own making, whose address has a {key} that changes with it: browsers keep
// it for good, proxies only if it is public.
func (a *API) Image(public bool, find func(ctx context.Context, key string) ([]byte, error)) http.Handler {
	keep := "private"
	if public {
		keep = "public"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := find(r.Context(), r.PathValue("key"))
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "image/png")
		h.Set("Content-Length", strconv.Itoa(len(content)))
		h.Set("Cache-Control", keep+", max-age=31536000, immutable")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		_, _ = w.Write(content) // the client has left
	})
}
