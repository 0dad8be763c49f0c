package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"countersign.dev/countersign/internal/fault"
)

// maxDepth bounds how deep a body may be nested.
const maxDepth = 32

// bodyRule says whether a route takes a body.
type bodyRule uint8

const (
	noBody bodyRule = iota
	optionalBody
	requiredBody
)

// readBody reads a JSON body within its bound and leaves it in the request for the handler.
func (a *API) readBody(w http.ResponseWriter, r *http.Request, limit int64, rule bodyRule) ([]byte, error) {
	if limit == 0 {
		limit = maxBody
	}
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errTooLarge
		}
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
			return nil, errSlow.Because(err)
		}
		return nil, errNotJSON.Because(err) // the client broke off
	}
	if len(body) == 0 {
		if rule == optionalBody {
			return nil, nil
		}
		return nil, errNoBody
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || (kind != "application/json" && kind != "application/merge-patch+json") {
		return nil, plain(r.Context(), http.StatusUnsupportedMediaType, "request.media_type", "Unsupported media type", "Send JSON, with Content-Type: application/json.")
	}
	if err := checkJSON(body); err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// checkJSON refuses what different readers of JSON would understand differently (a field given twice, text that is not Unicode) and what
// no database keeps (NUL).
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errNotJSON
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := checkValue(d, "", 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

func checkValue(d *json.Decoder, pointer string, depth int) error {
	t, err := d.Token()
	if err != nil {
		return errNotJSON
	}
	if depth > maxDepth {
		return errInvalid.With("The body is nested too deep.")
	}
	switch t := t.(type) {
	case string:
		if strings.ContainsRune(t, 0) {
			return invalidField(pointer, "Must not hold a NUL character.")
		}
	case json.Delim:
		if t == '{' {
			return checkObject(d, pointer, depth)
		}
		for i := 0; d.More(); i++ {
			if err := checkValue(d, pointer+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
		return closing(d)
	}
	return nil
}

func checkObject(d *json.Decoder, pointer string, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return errNotJSON
		}
		name, ok := t.(string)
		if !ok {
			return errNotJSON
		}
		at := pointer + "/" + escapePointer.Replace(name)
		if seen[name] {
			return invalidField(at, "This field is given twice.")
		}
		if strings.ContainsRune(name, 0) {
			return invalidField(pointer, "A field's name must not hold a NUL character.")
		}
		seen[name] = true
		if err := checkValue(d, at, depth+1); err != nil {
			return err
		}
	}
	return closing(d)
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errNotJSON
	}
	return nil
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func invalidField(pointer, message string) error {
	e := *errInvalid
	e.Fields = []fault.FieldError{{Pointer: clip(pointer), Message: message}}
	return &e
}

// checkText refuses addresses and parameters that no database keeps.
func checkText(r *http.Request) error {
	if !keepable(r.URL.Path) {
		return errUnknownPath
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	for name, values := range r.URL.Query() {
		for _, v := range values {
			if !keepable(v) {
				return invalidField("/"+escapePointer.Replace(name), "Must be text without NUL characters.")
			}
		}
	}
	return nil
}

func keepable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
