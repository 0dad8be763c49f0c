package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Patch is the body of a partial update: any of the fields of B, as a JSON Merge Patch (RFC 7396). Merge applies it.
type Patch[B any] struct{ json.RawMessage }

// Schema documents the fields of B, none of them required; where a field holds values by their names, null takes one out.
func (Patch[B]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, reflect.TypeFor[B]())
	s.Required = nil
	s.Properties = maps.Clone(s.Properties)
	for name, field := range s.Properties {
		if value, ok := field.AdditionalProperties.(*huma.Schema); ok {
			values, entry := *field, *value
			entry.Nullable = true
			entry.PrecomputeMessages()
			values.AdditionalProperties = &entry
			s.Properties[name] = &values
		}
	}
	s.PrecomputeMessages()
	return &s
}

// Merge applies a JSON Merge Patch (RFC 7396) to the editable fields of an object and checks the outcome against the schema of B, unknown
// fields and all. An optional field set to null goes back to its zero value.
func Merge[B any](current B, patch json.RawMessage) (B, error) {
	var none B
	var change any
	if err := json.Unmarshal(patch, &change); err != nil {
		return none, errNotJSON
	}
	fields, ok := change.(map[string]any)
	if !ok {
		return none, invalidField("", "Expected object.")
	}
	b, err := json.Marshal(current)
	if err != nil {
		return none, fmt.Errorf("merge %T: %w", current, err)
	}
	var base map[string]any
	if err := json.Unmarshal(b, &base); err != nil {
		return none, fmt.Errorf("merge %T: %w", current, err)
	}
	merged := mergeObjects(base, fields)
	for name, v := range fields {
		if v == nil {
			merged[name] = nil // kept, so that the schema can say whether the field may be empty
		}
	}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schema := registry.Schema(reflect.TypeFor[B](), false, "Merged")
	result := &huma.ValidateResult{}
	huma.Validate(registry, schema, huma.NewPathBuffer([]byte("body"), len("body")), huma.ModeWriteToServer, merged, result)
	if len(result.Errors) > 0 {
		return none, humaProblem(nil, 422, "", result.Errors...)
	}
	if b, err = json.Marshal(merged); err != nil {
		return none, fmt.Errorf("merge %T: %w", current, err)
	}
	var out B
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return none, errInvalid // a number out of range; the schema accepted everything else
	}
	return out, nil
}

func mergeObjects(base, patch map[string]any) map[string]any {
	for name, v := range patch {
		change, isObject := v.(map[string]any)
		switch inner, _ := base[name].(map[string]any); {
		case v == nil:
			delete(base, name)
		case isObject:
			if inner == nil {
				inner = map[string]any{}
			}
			base[name] = mergeObjects(inner, change)
		default:
			base[name] = v
		}
	}
	return base
}
