package audit

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

const (
	masked     = "[masked]"
	unreadable = "[unreadable]"
	cutSuffix  = " […]"
	maxText    = 4000 // bytes of one value
	maxDepth   = 6
)

// clean returns values as they may be kept: secrets masked, long texts cut, and nothing but what JSON knows.
func clean(values map[string]any) map[string]any {
	if len(values) == 0 {
		return nil
	}
	return cleanValue(values, 0).(map[string]any)
}

// changed returns both without what is the same in both.
func changed(before, after map[string]any) (map[string]any, map[string]any) {
	before, after = maps.Clone(before), maps.Clone(after)
	for k, v := range before {
		if w, ok := after[k]; ok && reflect.DeepEqual(v, w) {
			delete(before, k)
			delete(after, k)
		}
	}
	return before, after
}

func cleanValue(v any, depth int) any {
	switch v := v.(type) {
	case nil, bool, int, int32, int64, uint, uint32, uint64:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return unreadable
		}
		return v
	case string:
		return cut(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, w := range v {
			if secret(k) && !harmless(w) {
				out[k] = masked
			} else if depth < maxDepth {
				out[k] = cleanValue(w, depth+1)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, w := range v {
			if depth < maxDepth {
				out = append(out, cleanValue(w, depth+1))
			}
		}
		return out
	case []string: // as below, without the way
		if v == nil {
			return nil
		}
		out := make([]any, 0, len(v))
		for _, w := range v {
			if depth+1 < maxDepth {
				out = append(out, cut(w))
			}
		}
		return out
	case map[string]string:
		if len(v) == 0 && v != nil {
			return map[string]any{}
		}
	}
	// Everything else by way of JSON, so that fields of structs are looked at under their names.
	text, err := json.Marshal(v)
	var plain any
	if err != nil || json.Unmarshal(text, &plain) != nil {
		return unreadable
	}
	return cleanValue(plain, depth+1)
}

func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + cutSuffix
}

// harmless says whether a value cannot be a secret: it only says whether there is one.
func harmless(v any) bool {
	switch v := v.(type) {
	case nil, bool:
		return true
	case string:
		return v == ""
	}
	return false
}

// secret says whether a field of this name may hold a secret: one of its words is the word for one, and the last does not say that it
// is only about one.
func secret(name string) bool {
	words := split(name)
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "id", "ids", "digits", "minutes", "hours", "days", "length", "count", "at", "left", "tries", "policy", "kind", "method":
		return false
	}
	switch strings.Join(words, "_") {
	case "country_code", "reason_code", "status_code", "error_code", "postal_code":
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool {
		switch strings.TrimSuffix(w, "s") {
		case "password", "pas", "passwd", "passphrase", "passcode", "code", "secret", "token", "hash", "hashe", "otp", "totp", "pin", "key", "salt",
			"credential", "cookie", "authorization", "bearer", "signature", "spoken":
			return true
		}
		return false
	})
}

// split cuts a name of any convention into its words, in lower case.
func split(name string) (words []string) {
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			lower = false
			continue
		case unicode.IsUpper(r) && lower:
			flush()
		}
		lower = !unicode.IsUpper(r)
		word.WriteRune(unicode.ToLower(r))
	}
	flush()
	return words
}
