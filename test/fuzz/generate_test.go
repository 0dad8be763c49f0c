package fuzz_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// operation is one method of one path in the OpenAPI document.
type operation struct {
	method, path string
	params       []object
	body         object // schema of the JSON body, nil if there is none
}

type object = map[string]any

// document is the OpenAPI document as plain maps.
type document struct{ root object }

// operations lists what the document describes, in a fixed order.
func (d document) operations() []operation {
	var ops []operation
	paths, _ := d.root["paths"].(object)
	for path, v := range paths {
		item, _ := v.(object)
		for method, v := range item {
			op, ok := v.(object)
			if !ok {
				continue
			}
			o := operation{method: strings.ToUpper(method), path: path}
			for _, list := range []any{item["parameters"], op["parameters"]} {
				params, _ := list.([]any)
				for _, p := range params {
					o.params = append(o.params, d.resolve(p))
				}
			}
			content, _ := d.resolve(op["requestBody"])["content"].(object)
			for _, media := range content {
				m, _ := media.(object)
				o.body = d.resolve(m["schema"])
			}
			ops = append(ops, o)
		}
	}
	slices.SortFunc(ops, func(a, b operation) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return ops
}

// resolve follows a reference and returns the object it leads to.
func (d document) resolve(v any) object {
	o, _ := v.(object)
	for range 10 {
		ref, ok := o["$ref"].(string)
		if !ok {
			break
		}
		at := any(d.root)
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			m, _ := at.(object)
			at = m[part]
		}
		o, _ = at.(object)
	}
	return o
}

// generator makes requests from a seed: the same seed gives the same requests as long as the pool of ids is the same.
type generator struct {
	*rand.Rand
	doc    document
	ids    map[string][]string // ids of objects that exist, by collection
	marker string              // planted in values that should be refused
	heat   int                 // how many values of a hundred are hostile in this request
}

func (g *generator) pick(from ...any) any { return from[g.IntN(len(from))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// hostile returns a value that no field should take without thinking about it.
func (g *generator) hostile() any {
	m := g.marker
	return g.pick(
		m, m+"\x00"+m, "'; drop table contact; -- "+m, "<script>"+m+"</script>", "${jndi:ldap://"+m+"}", "{{"+m+"}}",
		m+strings.Repeat("A", 5000), strings.Repeat("💣", 300)+m, "\u202e"+m, m+"\r\nX-Injected: "+m, "../../../../etc/"+m, "%s%n"+m,
		"", " ", "null", "\u0000", -1, 0, 1<<62, -1<<62, 1e308, 1e-308, 0.1, true, false, nil,
		[]any{}, []any{m, nil, 1}, []any{[]any{[]any{m}}}, object{}, object{"id": m}, object{"made_up": object{"a": []any{m}}},
		slices.Repeat([]any{m}, 2000), "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z", "+1"+m, m+"@"+m, "a@b."+m, "٠١٢٣٤٥",
	)
}

// plain returns a value that fits the schema as far as the schema tells.
func (g *generator) plain(name string, schema object, depth int) any {
	schema = g.doc.resolve(schema)
	if values, ok := schema["enum"].([]any); ok && len(values) > 0 {
		return values[g.IntN(len(values))]
	}
	if strings.HasSuffix(name, "_id") || name == "id" || schema["format"] == "uuid" {
		return g.id(strings.TrimSuffix(name, "_id") + "s")
	}
	if collection, ok := strings.CutSuffix(name, "_ids"); ok {
		if len(g.ids[collection+"s"]) == 0 {
			return []any{} // teams do not exist yet
		}
		return []any{g.id(collection + "s")}
	}
	switch kind(schema) {
	case "integer", "number":
		return g.pick(0, 1, 2, 5, 8, 10, 50, 200)
	case "boolean":
		return g.chance(50)
	case "array":
		items := []any{}
		for range g.IntN(3) {
			items = append(items, g.value(name, g.doc.resolve(schema["items"]), depth+1))
		}
		return items
	case "object":
		return g.object(schema, depth+1)
	default:
		return g.text(name, schema)
	}
}

func kind(schema object) string {
	switch t := schema["type"].(type) {
	case string:
		return t
	case []any:
		for _, v := range t {
			if s, ok := v.(string); ok && s != "null" {
				return s
			}
		}
	}
	if _, ok := schema["properties"]; ok {
		return "object"
	}
	return "string"
}

// text returns a string that its name or format asks for.
func (g *generator) text(name string, schema object) string {
	n := g.IntN(100)
	switch {
	case schema["format"] == "date-time":
		return fmt.Sprintf("2026-%02d-%02dT%02d:00:00Z", 1+g.IntN(12), 1+g.IntN(28), g.IntN(24))
	case strings.Contains(name, "email") || schema["format"] == "email":
		return fmt.Sprintf("person%d@example.com", g.IntN(10000))
	case strings.Contains(name, "phone") || name == "number" || name == "from" || name == "to" || name == "address":
		return fmt.Sprintf("+121255501%02d", n)
	case strings.Contains(name, "password"):
		return fmt.Sprintf("a long enough password %d", n)
	case name == "code":
		return fmt.Sprintf("%06d", g.IntN(1000000))
	case strings.Contains(name, "zone"):
		return "Europe/Paris"
	case name == "locale" || name == "language":
		return g.pick("en", "fr").(string)
	case name == "region":
		return "US"
	case name == "cursor":
		return "bm90aGluZw"
	case strings.Contains(name, "domain"):
		return fmt.Sprintf("d%d.example.com", n)
	case name == "body":
		return g.pick("#verify", "#confirm", "#deny", "NO", "STOP", "START", "HELP", "hello").(string)
	default:
		return fmt.Sprintf("Value %d", n)
	}
}

// id returns the id of something that exists in a collection, mostly; else of something elsewhere, or of nothing.
func (g *generator) id(collection string) string {
	known := g.ids[collection]
	if len(known) == 0 || g.chance(g.heat/2) {
		names := slices.Sorted(maps.Keys(g.ids))
		known = g.ids[names[g.IntN(len(names))]]
	}
	if !g.chance(g.heat / 2) {
		return known[g.IntN(len(known))]
	}
	var b [16]byte
	for i := range b {
		b[i] = byte(g.UintN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	return uuid.UUID(b).String()
}

func (g *generator) value(name string, schema object, depth int) any {
	if depth > 6 || g.chance(g.heat) {
		return g.hostile()
	}
	return g.plain(name, schema, depth)
}

// object fills the properties of a schema: required ones nearly always, others half of the time.
func (g *generator) object(schema object, depth int) object {
	required, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(object)
	names := make([]string, 0, len(properties))
	for name := range properties {
		names = append(names, name)
	}
	slices.Sort(names)
	o := object{}
	for _, name := range names {
		wanted := 50
		if slices.Contains(required, any(name)) {
			wanted = 97
		}
		if g.chance(wanted) {
			o[name] = g.value(name, g.doc.resolve(properties[name]), depth)
		}
	}
	if g.heat > 0 && g.chance(3) {
		o["no_such_field"] = g.marker
	}
	return o
}

// target returns path and query of a request to an operation.
func (g *generator) target(o operation) string {
	path, query := o.path, url.Values{}
	for _, p := range o.params {
		name, _ := p["name"].(string)
		schema := g.doc.resolve(p["schema"])
		switch p["in"] {
		case "path":
			v := fmt.Sprint(g.plain(name, schema, 0))
			if name == "id" {
				v = g.id(collectionOf(o.path))
			}
			if g.chance(8) {
				v = fmt.Sprint(g.pick(g.marker, "..", ".", "%", "\x00", strings.Repeat("x", 3000), "null", "1 or 1=1"))
			}
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
		case "query":
			if g.chance(30) {
				v := fmt.Sprint(g.value(name, schema, 0))
				query.Set(name, v[:min(len(v), 4000)])
			}
		}
	}
	if g.chance(2) {
		query.Set("no_such_parameter", g.marker)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// collectionOf is the collection that a path begins with: "/api/contacts/{id}" is about contacts.
func collectionOf(path string) string {
	rest, _ := strings.CutPrefix(path, "/api/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// payload returns a body and its content type; mostly JSON after the schema, sometimes something else altogether.
func (g *generator) payload(o operation) (body, contentType string) {
	contentType = "application/json"
	if o.method == "PATCH" {
		contentType = "application/merge-patch+json"
	}
	if o.body == nil && !g.chance(5) {
		return "", ""
	}
	if g.heat == 0 || g.chance(88) {
		return string(must(json.Marshal(g.value("", o.body, 0)))), contentType
	}
	m := g.marker
	return g.pick(
		"", "{", "[]", "null", `"`+m+`"`, "{\"a\":", "\xff\xfe"+m, `{"name":"`+m+`","name":"`+m+`"}`,
		strings.Repeat(`{"a":`, 20000)+"1"+strings.Repeat("}", 20000), strings.Repeat("[", 50000),
		`{"name":"`+m+strings.Repeat("x", 3<<20)+`"}`, "name="+m, `{"name":1e999999}`,
	).(string), g.pick(contentType, contentType, "text/plain", "", "application/x-www-form-urlencoded", "application/json; charset="+m, "*/*").(string)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
