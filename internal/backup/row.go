package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/jobs"
)

// A row is a JSON array. What JSON cannot hold is an object: {"b": base64} for bytes, {"t": base64} for text that is not UTF-8.
type wrapped struct {
	Bytes *[]byte `json:"b,omitempty"`
	Text  *[]byte `json:"t,omitempty"`
}

func encodeRow(values []any) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, 256))
	out.WriteByte('[')
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for i, v := range values {
		if i > 0 {
			out.WriteByte(',')
		}
		switch x := v.(type) {
		case nil, bool, int64, float64:
		case string:
			if !utf8.ValidString(x) {
				v = map[string]string{"t": base64.StdEncoding.EncodeToString([]byte(x))}
			}
		case []byte:
			v = map[string]string{"b": base64.StdEncoding.EncodeToString(x)}
		default:
			return nil, fmt.Errorf("column %d holds a %T, which has no portable form", i+1, v)
		}
		if err := e.Encode(v); err != nil {
			return nil, err
		}
		out.Truncate(out.Len() - 1) // Encode ends each value with a newline
	}
	out.WriteByte(']')
	return out.Bytes(), nil
}

// decodeRow is the reverse of encodeRow.
func decodeRow(line []byte) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	out := make([]any, len(raw))
	for i, b := range raw {
		var err error
		if out[i], err = decodeValue(b); err != nil {
			return nil, fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return out, nil
}

func decodeValue(b json.RawMessage) (any, error) {
	if b[0] == '{' {
		var w wrapped
		if err := json.Unmarshal(b, &w); err != nil {
			return nil, err
		}
		if w.Bytes != nil {
			return *w.Bytes, nil
		}
		if w.Text != nil {
			return string(*w.Text), nil
		}
		return nil, fmt.Errorf("%s is no value", b)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if n, ok := v.(json.Number); ok {
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
		return n.Float64()
	}
	return v, nil
}

// kind is what a column is declared to hold. SQLite may hold something else, and keeps booleans as numbers.
type kind uint8

const (
	kindText kind = iota
	kindNumber
	kindBool
	kindBytes
	kindFloat
)

// convert gives v the type of the column, where that loses nothing.
func (k kind) convert(v any) any {
	switch x := v.(type) {
	case int64:
		if k == kindBool && (x == 0 || x == 1) {
			return x == 1
		}
		if k == kindFloat {
			return float64(x)
		}
	case string:
		if k == kindBytes {
			return []byte(x)
		}
	case []byte:
		if k == kindText {
			return string(x)
		}
	}
	return v
}

// jobLine is a job in a backup.
type jobLine struct {
	Kind    string          `json:"kind"`
	RunAt   time.Time       `json:"run_at"`
	Payload json.RawMessage `json:"payload"`
}

func encodeJob(j jobs.Job) ([]byte, error) {
	return json.Marshal(jobLine{j.Kind, j.RunAt, j.Payload})
}

func decodeJob(line []byte) (jobs.Job, error) {
	var l jobLine
	if err := json.Unmarshal(line, &l); err != nil {
		return jobs.Job{}, err
	}
	return jobs.Job{Kind: l.Kind, RunAt: l.RunAt, Payload: l.Payload}, nil
}
