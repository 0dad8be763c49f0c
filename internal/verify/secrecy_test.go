package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/verify"
)

// M7: a code is in its message and nowhere else: no table, no event, no note, no audit record, no answer. The sandbox outbox is the
// named exception (D-35); it stands for the telephone network.
func TestM7TheCodeIsNowhereElse(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		secrets := map[string]string{}
		v, _ := w.begin(verify.SMSCode)
		secrets["the code"] = w.code(piaPhone)
		w.forbid(t, secrets, v)
		checked, err := w.verify.Check(w.as("tom"), v.ID, secrets["the code"])
		if err != nil {
			t.Fatal(err)
		}
		link, _ := w.begin(verify.EmailLink)
		secrets["the link"] = w.token(piaEmail)
		panel, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := w.verify.List(w.as("tom"), verify.Filter{}, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		w.forbid(t, secrets, checked, link, panel, list)
	})
}

func TestM7TheTechniciansCodeIsForTheClaimerAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, code := w.asked()
		w.forbid(t, map[string]string{"the code": code}, r)
		if _, _, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		w.text(piaPhone, "#confirm")
		list, _, err := w.requests.List(w.as("ida"), "", 10, "")
		if err != nil {
			t.Fatal(err)
		}
		w.forbid(t, map[string]string{"the code": code}, list)
	})
}

// forbid looks for secrets in the whole database but the sandbox, and in what the API would answer.
func (w *world) forbid(t *testing.T, secrets map[string]string, answers ...any) {
	t.Helper()
	w.settle()
	text := w.everything()
	for _, a := range answers {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, b...)
	}
	if !bytes.Contains(text, []byte("Pia Ende")) {
		t.Fatal("the search sees nothing")
	}
	for name, s := range secrets {
		// Six digits inside an id or a fraction of a second are no code.
		if at := regexp.MustCompile(`\b` + regexp.QuoteMeta(s) + `\b`).FindIndex(text); at != nil {
			t.Errorf("%s is in %q", name, text[max(0, at[0]-80):min(len(text), at[1]+40)])
		}
	}
}

// everything is the content of every table but the sandbox's. Times are left out: any six digits are in one sooner or later.
func (w *world) everything() (out []byte) {
	w.Helper()
	for _, table := range w.strings(`select name from sqlite_master where type = 'table' and name <> 'message_sandbox'`) {
		out = w.rowsOf(table, out)
	}
	return out
}

// rowsOf appends the content of one table.
func (w *world) rowsOf(table string, out []byte) []byte {
	w.Helper()
	rows, err := w.db.Read().QueryContext(w.Context(), "select * from "+table)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		w.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			w.Fatal(err)
		}
		for i, v := range values {
			if !strings.HasSuffix(columns[i], "_at") && columns[i] != "at" {
				out = fmt.Appendf(out, "%s.%s=%s\n", table, columns[i], *v.(*any)) //nolint:forcetypeassert // made above
			}
		}
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}

func (w *world) strings(query string) (out []string) {
	w.Helper()
	rows, err := w.db.Read().QueryContext(w.Context(), query)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			w.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}
