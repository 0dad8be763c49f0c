package csvfile

import (
	"bufio"
	"io"
	"strings"
)

// byteOrderMark tells spreadsheets that a file is UTF-8.
const byteOrderMark = "\ufeff"

// Writer writes a CSV file as RFC 4180 has it, neutralizing what a spreadsheet could take for a formula.
type Writer struct {
	out *bufio.Writer
	err error
}

// NewWriter returns a Writer of UTF-8 with a byte order mark, without which spreadsheets guess another encoding.
func NewWriter(w io.Writer) *Writer {
	out := bufio.NewWriterSize(w, 32<<10)
	_, err := out.WriteString(byteOrderMark)
	return &Writer{out, err}
}

// Write adds one row.
func (w *Writer) Write(fields ...string) error {
	for i, f := range fields {
		if i > 0 {
			w.put(",")
		}
		w.field(Neutral(f), len(fields) == 1)
	}
	w.put("\r\n")
	return w.err
}

// Flush passes on what is still held back.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	return w.out.Flush()
}

func (w *Writer) field(f string, alone bool) {
	if !needsQuotes(f) && (f != "" || !alone) { // a row of one empty field would be an empty line
		w.put(f)
		return
	}
	w.put(`"`)
	w.put(strings.ReplaceAll(f, `"`, `""`))
	w.put(`"`)
}

func needsQuotes(f string) bool {
	return f != "" && (strings.ContainsAny(f, ",;\t\"\r\n") || f[0] == ' ' || f[len(f)-1] == ' ')
}

func (w *Writer) put(s string) {
	if w.err == nil {
		_, w.err = w.out.WriteString(s)
	}
}
