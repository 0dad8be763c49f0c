package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/countersign/internal/access/perm"
)

func newContext(op *huma.Operation, r *http.Request, w http.ResponseWriter) huma.Context {
	return humago.NewContext(op, r, w)
}

// apiVersion is the version of the interface, which stays while it only grows.
const apiVersion = "1"

// describe is huma's configuration: no pages from elsewhere, no links made of the Host header, JSON alone.
func (a *API) describe() huma.Config {
	cfg := huma.DefaultConfig("Countersign", apiVersion)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.Formats = huma.DefaultFormats // JSON, and under "json" what ends in +json
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", a.schemaName)
	cfg.Info.Description = "Errors are problem bodies (RFC 9457) with a stable code. Lists are paged by cursor. Creating requests may carry an Idempotency-Key, updates an If-Match."
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, cs_…"},
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-cs_session", Description: "The session of the console. Over plain http the cookie is cs_session."},
	}
	return cfg
}

// operation describes a route for huma.
func (a *API) operation(r Route, _ string) huma.Operation {
	op := a.rawOperation(r)
	op.MaxBodyBytes = -1    // the body has been read and bounded before huma sees it
	op.BodyReadTimeout = -1 // the same
	op.DefaultStatus = r.Status
	if r.Takes != "" {
		op.RequestBody = describeFile(r)
	}
	if r.Creates && r.Status == 0 {
		op.DefaultStatus = http.StatusCreated
	}
	if r.Creates {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(maxKey)},
			Description: "Any text that is unique to this creation. A repetition with the same key and body within 24 hours gets the first answer and creates nothing.",
		})
	}
	return *op
}

func (a *API) rawOperation(r Route) *huma.Operation {
	tag, _, _ := strings.Cut(strings.TrimLeft(strings.TrimPrefix(r.Path, "/api/"), "/."), "/")
	tag = strings.TrimSuffix(tag, ".csv")
	op := &huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: r.Path, Summary: r.Summary, Hidden: r.Hidden, Tags: []string{tag},
		Extensions: map[string]any{"x-required-permission": permissionName(r.Needs)},
		Security:   []map[string][]string{{"token": {}}, {"session": {}}},
		Responses: map[string]*huma.Response{"default": {
			Description: "A problem",
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem"),
			}},
		}},
	}
	if r.Needs == perm.Public {
		op.Security = []map[string][]string{}
	}
	return op
}

func permissionName(p perm.Permission) string {
	if p == perm.Public {
		return "public"
	}
	return string(p)
}

// schemaName gives each type of the wire a name of its own: its package first, unless the name says it already. Bodies without a name of
// their own are called after their operation.
func (a *API) schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := wireName(t)
	if name == "" {
		name = hint
		if a.registering != nil {
			name = camel(a.registering.ID) + "Body"
		}
	}
	for n, base := 2, name; a.names[name] != nil && a.names[name] != t; n++ {
		name = fmt.Sprint(base, n)
	}
	if t.Kind() == reflect.Struct {
		a.names[name] = t
		mustBeWhole(t)
	}
	return name
}

// mustBeWhole panics for a mistake that the first test finds: huma passes over an embedded struct whose name is not exported, and its
// fields would be missing from the document and from what is accepted.
func mustBeWhole(t reflect.Type) {
	for f := range t.Fields() {
		if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0 && f.Type.Field(0).IsExported() {
			panic(fmt.Sprintf("%s embeds %s, which has to be exported", t, f.Type))
		}
	}
}

func wireName(t reflect.Type) string {
	name := t.Name()
	if t.Kind() == reflect.Slice {
		return "ListOf" + wireName(t.Elem())
	}
	if outer, inner, ok := strings.Cut(name, "["); ok { // List[countersign.dev/countersign/internal/ticket.item]
		inner = strings.TrimSuffix(inner, "]")
		pkg, typ, ok := strings.Cut(path.Base(inner), ".")
		if !ok {
			return camel(inner) + outer
		}
		return withPackage(pkg, typ) + outer
	}
	if pkg := path.Base(t.PkgPath()); name != "" && t.PkgPath() != "" && pkg != "httpapi" {
		return withPackage(pkg, name)
	}
	return name
}

func withPackage(pkg, name string) string {
	if strings.HasPrefix(strings.ToLower(name), pkg) {
		return camel(name)
	}
	return camel(pkg) + camel(name)
}

func camel(s string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Document is the OpenAPI 3.1 document of all routes registered so far.
func (a *API) Document() ([]byte, error) {
	b, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return append(b, '\n'), nil
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	b, err := a.document()
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(b)
}
