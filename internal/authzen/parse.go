package authzen

import (
	"encoding/json"
	"unicode/utf8"
)

// object are the fields of a JSON object by their exact names. Go's own decoder takes "Subject" for "subject"; what one reader of a request takes
// for its subject must not be another's unknown field.
type object map[string]json.RawMessage

func objectOf(raw json.RawMessage, pointer string) (object, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, wrong(pointer, "Must be an object.")
	}
	return o, nil
}

// inner is an object within o; nil if there is none.
func (o object) inner(name, pointer string) (object, error) {
	raw, ok := o[name]
	if !ok {
		return nil, nil
	}
	return objectOf(raw, pointer+"/"+name)
}

// text is a string within o that has to be there.
func (o object) text(name, pointer string, longest int) (string, error) {
	at := pointer + "/" + name
	raw, ok := o[name]
	if !ok {
		return "", wrong(at, "Required.")
	}
	var s *string
	switch err := json.Unmarshal(raw, &s); {
	case err != nil || s == nil:
		return "", wrong(at, "Must be a text.")
	case *s == "":
		return "", wrong(at, "Must not be empty.")
	case utf8.RuneCountInString(*s) > longest:
		return "", wrong(at, "Is too long.")
	}
	return *s, nil
}

func (o object) properties(pointer string) (json.RawMessage, error) {
	_, err := o.inner("properties", pointer)
	return o["properties"], err
}

// entity reads a subject or resource; one that is searched for needs no id, and the one it has does not count.
func (o object) entity(name string, searched bool) (e Entity, err error) {
	pointer := "/" + name
	in, err := o.inner(name, "")
	if err != nil {
		return e, err
	}
	if in == nil {
		return e, wrong(pointer, "Required.")
	}
	if e.Type, err = in.text("type", pointer, maxName); err != nil {
		return e, err
	}
	if !searched {
		if e.ID, err = in.text("id", pointer, maxID); err != nil {
			return e, err
		}
	}
	e.Properties, err = in.properties(pointer)
	return e, err
}

func (o object) action() (a Action, err error) {
	in, err := o.inner("action", "")
	if err != nil {
		return a, err
	}
	if in == nil {
		return a, wrong("/action", "Required.")
	}
	if a.Name, err = in.text("name", "/action", maxName); err != nil {
		return a, err
	}
	a.Properties, err = in.properties("/action")
	return a, err
}

// searched is what a search looks for.
type searched uint8

const (
	nothing searched = iota // an evaluation
	subjects
	resources
	actions
)

func (o object) question(what searched) (q Question, err error) {
	if _, err := o.inner("context", ""); err != nil { // it has to be sound; no decision hangs on it
		return q, err
	}
	if q.Subject, err = o.entity("subject", what == subjects); err != nil {
		return q, err
	}
	if what != actions {
		if q.Action, err = o.action(); err != nil {
			return q, err
		}
	}
	q.Resource, err = o.entity("resource", what == resources)
	return q, err
}

// semantic says when a batch ends.
type semantic string

const (
	executeAll  semantic = "execute_all"
	firstDeny   semantic = "deny_on_first_deny"
	firstPermit semantic = "permit_on_first_permit"
)

func (o object) semantic() (semantic, error) {
	options, err := o.inner("options", "")
	if err != nil || options["evaluations_semantic"] == nil {
		return executeAll, err
	}
	text, err := options.text("evaluations_semantic", "/options", maxName)
	switch s := semantic(text); {
	case err != nil:
		return "", err
	case s == executeAll, s == firstDeny, s == firstPermit:
		return s, nil
	}
	return "", wrong("/options/evaluations_semantic", "Must be execute_all, deny_on_first_deny or permit_on_first_permit.")
}

// batch are the questions of a batch, with the defaults of the whole where one leaves something out; a question that is no object has no fields.
func (o object) batch() ([]object, error) {
	raw, ok := o["evaluations"]
	if !ok {
		return nil, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, wrong("/evaluations", "Must be a list.")
	}
	if len(items) > maxEvaluations {
		return nil, errTooMany
	}
	out := make([]object, len(items))
	for i, item := range items {
		own, err := objectOf(item, "")
		if err != nil {
			continue
		}
		for _, name := range []string{"subject", "action", "resource", "context"} {
			if whole, ok := o[name]; ok && own[name] == nil {
				own[name] = whole
			}
		}
		out[i] = own
	}
	return out, nil
}
