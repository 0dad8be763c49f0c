package httpapi

import (
	"cmp"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

// docsPage parses the page of the API once it is asked for.
var docsPage = sync.OnceValues(func() (*template.Template, error) { return template.New("docs").Parse(docsHTML) })

// docsOperation is one operation on the page.
type docsOperation struct {
	ID, Method, Path, Summary, Permission string
	Parameters                            []docsField
	Body, Answer                          docsType
	Status                                string // of a success
}

// docsType says what a body is made of; Ref means that it is one of the objects of the page.
type docsType struct {
	Text string
	Ref  bool
}

type docsField struct {
	Name, In, Text string
	Type           docsType
	Required       bool
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

func (a *API) serveDocs(w http.ResponseWriter, r *http.Request) {
	page, err := docsPage()
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	_ = page.Execute(w, map[string]any{"Version": a.Version, "Groups": a.docsGroups(), "Schemas": a.docsSchemas()})
}

func (a *API) docsGroups() []docsGroup {
	byTag := map[string][]docsOperation{}
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], docsOf(method, path, op))
			}
		}
	}
	var groups []docsGroup
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		slices.SortFunc(byTag[tag], func(x, y docsOperation) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
		})
		groups = append(groups, docsGroup{tag, byTag[tag]})
	}
	return groups
}

func docsOf(method, path string, op *huma.Operation) docsOperation {
	permission, _ := op.Extensions["x-required-permission"].(string)
	d := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: strings.TrimSuffix(op.Summary, "."), Permission: permission}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{p.Name, p.In, cmp.Or(p.Description, p.Schema.Description), typeOf(p.Schema), p.Required})
	}
	if op.RequestBody != nil {
		d.Body = bodyType(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") {
			d.Status, d.Answer = status, bodyType(op.Responses[status].Content)
		}
	}
	return d
}

func bodyType(content map[string]*huma.MediaType) docsType {
	names := slices.Sorted(maps.Keys(content))
	if len(names) == 0 {
		return docsType{}
	}
	if s := content[names[0]].Schema; s != nil {
		return typeOf(s)
	}
	return docsType{Text: names[0]}
}

func typeOf(s *huma.Schema) docsType {
	inner := s
	for inner != nil && inner.Type == huma.TypeArray {
		inner = inner.Items
	}
	return docsType{typeName(s), inner != nil && inner.Ref != "" && inner == s}
}

func (a *API) docsSchemas() []docsSchema {
	all := a.huma.OpenAPI().Components.Schemas.Map()
	var out []docsSchema
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := docsSchema{Name: name}
		for _, field := range slices.Sorted(maps.Keys(all[name].Properties)) {
			p := all[name].Properties[field]
			s.Fields = append(s.Fields, docsField{field, "", p.Description, typeOf(p), slices.Contains(all[name].Required, field)})
		}
		out = append(out, s)
	}
	return out
}

// typeName says in a few words what a schema takes.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case len(s.Enum) > 0:
		var words []string
		for _, e := range s.Enum {
			if w, ok := e.(string); ok {
				words = append(words, w)
			}
		}
		return strings.Join(words, " | ")
	case s.Type == huma.TypeObject && len(s.Properties) > 0:
		return "object: " + strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ")
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}
