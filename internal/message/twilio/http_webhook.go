package twilio

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// What a webhook may be.
const (
	maxWebhook = 64 << 10
	maxFields  = 200
)

// hooks mounts what Twilio calls. Whatever is not signed by the organization's own token gets one and the same answer and changes nothing.
func (c *Carrier) hooks(api *httpapi.API) {
	for name, take := range map[string]func(context.Context, webhook) ([]byte, bool, error){
		"sms": func(ctx context.Context, w webhook) ([]byte, bool, error) {
			ok, err := c.text(ctx, w)
			return twiml(), ok, err
		},
		"status": func(ctx context.Context, w webhook) ([]byte, bool, error) {
			ok, err := c.status(ctx, w)
			return nil, ok, err
		},
		"voice": c.voice,
	} {
		api.Raw(httpapi.Route{
			ID: "twilio-" + name, Method: "POST", Path: "/webhooks/twilio/" + name, Summary: "Twilio calls this; it must be signed",
			Needs: perm.Public, CrossSite: true, Hidden: true,
		}, c.handler(name, take))
	}
}

func (c *Carrier) handler(name string, take func(context.Context, webhook) ([]byte, bool, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		hook, err := read(w, r)
		if err != nil {
			c.Log.InfoContext(r.Context(), "refused a webhook", "hook", name, "reason", err)
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		says, ok, err := take(r.Context(), hook)
		switch {
		case err != nil:
			c.Log.ErrorContext(r.Context(), "cannot take in a webhook", "hook", name, "error", err)
			http.Error(w, "try again later", http.StatusInternalServerError)
		case !ok:
			c.Log.WarnContext(r.Context(), "refused a webhook", "hook", name, "reason", "not signed for us")
			http.Error(w, "refused", http.StatusForbidden)
		case says == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(says)
		}
	}
}

var (
	errMedia    = errors.New("it is no form")
	errLarge    = errors.New("it is too large, or broke off")
	errRepeated = errors.New("a field is given twice")
)

// read reads a form within its bounds. A field that is given twice is refused, since readers differ in which one they sign and believe.
func read(w http.ResponseWriter, r *http.Request) (webhook, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return webhook{}, errMedia
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
	if err != nil {
		return webhook{}, errLarge
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form) > maxFields {
		return webhook{}, errMedia
	}
	for _, values := range form {
		if len(values) > 1 {
			return webhook{}, errRepeated
		}
	}
	path := r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	return webhook{path: path, form: form, signature: r.Header.Get("X-Twilio-Signature")}, nil
}
