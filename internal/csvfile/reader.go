package csvfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"countersign.dev/countersign/internal/fault"
)

// What is wrong with a whole file.
var (
	ErrEncoding = fault.New(fault.Invalid, "csvfile.encoding", "This file is not in UTF-8. In the spreadsheet, choose Save as and then \"CSV UTF-8\".")
	ErrEmpty    = fault.New(fault.Invalid, "csvfile.empty", "This file is empty. Its first line has to name the columns.")
	ErrBinary   = fault.New(fault.Invalid, "csvfile.binary", "This is not a CSV file but something else, perhaps a workbook. In the spreadsheet, choose Save as and then \"CSV UTF-8\".")
	ErrColumns  = fault.New(fault.Invalid, "csvfile.columns", fmt.Sprintf("This file has more than %d columns.", MaxColumns))
	ErrHeader   = fault.New(fault.Invalid, "csvfile.header", "The first line of this file cannot be read. It has to name the columns.")
	ErrRows     = fault.New(fault.Invalid, "csvfile.rows", fmt.Sprintf("This file has more than %d rows. Split it.", MaxRows))
	ErrBroken   = fault.New(fault.Invalid, "csvfile.quotes", "Too many quotation marks in this file never close.")
)

// What is wrong with one row.
var (
	errField    = fault.New(fault.Invalid, "csvfile.field_too_long", fmt.Sprintf("A field of this row has more than %d KB.", MaxField>>10))
	errRecord   = fault.New(fault.Invalid, "csvfile.row_too_long", fmt.Sprintf("This row has more than %d KB.", maxRecord>>10))
	errWide     = fault.New(fault.Invalid, "csvfile.too_many_fields", "This row has more fields than the first line names columns.")
	errNUL      = fault.New(fault.Invalid, "csvfile.nul", "This row holds a NUL character.")
	errText     = fault.New(fault.Invalid, "csvfile.not_text", "This row is not in UTF-8. Save the file as \"CSV UTF-8\".")
	errUnclosed = fault.New(fault.Invalid, "csvfile.quote_unclosed", "A quotation mark that opens in this row never closes.")
)

// Row is one row of a file. With Err it cannot be used, and reading goes on behind it.
type Row struct {
	Line   int // of the source, where the row begins; the header is on line 1
	Fields []string
	Err    error
}

// Reader reads a CSV file: UTF-8 with or without a byte order mark; commas, semicolons or tabs; quoted line breaks.
type Reader struct {
	src       *bufio.Reader
	again     []byte // read once more, before src
	delimiter byte
	header    []string
	line      int // of the next byte
	rows      int
	broken    int
	raw       []byte // the bytes of the present row, as far as it can be kept
}

// NewReader reads the first line, and refuses what cannot be a table.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{src: bufio.NewReaderSize(src, 64<<10), line: 1}
	head, err := r.src.Peek(4 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := checkStart(head); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte(byteOrderMark)) {
		_, _ = r.src.Discard(len(byteOrderMark)) // they have been peeked at
	}
	if err := r.sniff(); err != nil {
		return nil, err
	}
	first, err := r.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, err
	case first.Err != nil:
		return nil, ErrHeader.Because(first.Err)
	case len(first.Fields) > MaxColumns:
		return nil, ErrColumns
	}
	for _, name := range first.Fields {
		r.header = append(r.header, strings.TrimSpace(name))
	}
	r.rows = 0
	return r, nil
}

// checkStart knows what people upload by mistake by its first bytes.
func checkStart(head []byte) error {
	switch {
	case len(bytes.TrimSpace(head)) == 0:
		return ErrEmpty
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return ErrEncoding // UTF-16
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0}), bytes.HasPrefix(head, []byte("%PDF")):
		return ErrBinary // a workbook, new or old
	case bytes.Count(head, []byte{0}) > len(head)/4:
		return ErrEncoding // UTF-16 without a mark
	}
	return nil
}

// sniff settles the delimiter: what the first line has most of, outside quotation marks. A line "sep=;" says it.
func (r *Reader) sniff() error {
	head, err := r.src.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if len(head) > 4 && strings.EqualFold(string(head[:4]), "sep=") && strings.IndexByte(",;\t", head[4]) >= 0 {
		r.delimiter = head[4]
		rest := len(head) - len(bytes.TrimLeft(head[5:], "\r")) // a CR before the LF
		if rest < len(head) && head[rest] == '\n' {
			rest++
		}
		_, _ = r.src.Discard(rest)
		r.line++
		return nil
	}
	counts, quoted := map[byte]int{}, false
	for _, b := range bytes.TrimLeft(head, "\r\n") {
		if b == '"' {
			quoted = !quoted
		}
		if !quoted && (b == '\n' || b == '\r') {
			break
		}
		if !quoted {
			counts[b]++
		}
	}
	r.delimiter = ','
	for _, d := range []byte{';', '\t'} {
		if counts[d] > counts[r.delimiter] {
			r.delimiter = d
		}
	}
	return nil
}

// Header is the first line: the names of the columns.
func (r *Reader) Header() []string { return r.header }

// Delimiter is what stands between fields.
func (r *Reader) Delimiter() string { return string(rune(r.delimiter)) }

// Next returns the next row that is not empty, and io.EOF behind the last one. Any other error ends the file.
func (r *Reader) Next() (Row, error) {
	for {
		row, err := r.record()
		if err != nil {
			return Row{}, err
		}
		if row.Err == nil && (len(row.Fields) == 0 || len(row.Fields) == 1 && row.Fields[0] == "" && !slices.Contains(r.raw, '"')) {
			continue
		}
		if r.rows++; r.rows > MaxRows {
			return Row{}, ErrRows
		}
		if row.Err == nil {
			row.Err = r.check(row.Fields)
		}
		return row, nil
	}
}

func (r *Reader) check(fields []string) error {
	if r.header != nil && len(fields) > len(r.header) {
		for _, f := range fields[len(r.header):] {
			if strings.TrimSpace(f) != "" { // spreadsheets leave empty ones behind
				return errWide
			}
		}
	}
	for _, f := range fields {
		switch {
		case strings.IndexByte(f, 0) >= 0:
			return errNUL
		case !utf8.ValidString(f):
			return errText
		}
	}
	return nil
}

// record reads up to the end of a row. What cannot be kept is read over, so that memory stays bounded whatever the file holds.
func (r *Reader) record() (Row, error) {
	p := parser{row: Row{Line: r.line}, delimiter: r.delimiter}
	r.raw = r.raw[:0]
	first, firstEnd := r.line, -1
	for {
		b, err := r.read()
		if errors.Is(err, io.EOF) {
			return r.last(&p, first, firstEnd)
		}
		if err != nil {
			return Row{}, err
		}
		if firstEnd < 0 && b == '\n' {
			firstEnd = len(r.raw)
		}
		if p.take(b, r.peek) {
			if b == '\r' && r.peek() == '\n' {
				_, _ = r.read() // there is one
			}
			return p.finish(), nil
		}
		if p.inQuotes() && len(r.raw) >= maxRecord {
			return r.giveUp(&p, first, firstEnd)
		}
	}
}

// last ends the file's last row.
func (r *Reader) last(p *parser, first, firstEnd int) (Row, error) {
	if p.inQuotes() {
		return r.giveUp(p, first, firstEnd)
	}
	if len(r.raw) == 0 {
		return Row{}, io.EOF
	}
	return p.finish(), nil
}

// giveUp reports a row whose quotation mark does not close, and reads on behind its first line.
func (r *Reader) giveUp(p *parser, first, firstEnd int) (Row, error) {
	if r.broken++; r.broken > maxBroken {
		return Row{}, ErrBroken
	}
	if firstEnd < 0 {
		firstEnd = len(r.raw)
	}
	r.again = append(slices.Clone(r.raw[firstEnd:]), r.again...)
	r.line = first + 1
	if p.row.Err == nil {
		p.row.Err = errUnclosed
	}
	return Row{Line: first, Err: p.row.Err}, nil
}

func (r *Reader) read() (b byte, err error) {
	if len(r.again) > 0 {
		b, r.again = r.again[0], r.again[1:]
	} else if b, err = r.src.ReadByte(); err != nil {
		return 0, err
	}
	if len(r.raw) < maxRecord {
		r.raw = append(r.raw, b)
	}
	if b == '\n' || b == '\r' && r.peek() != '\n' {
		r.line++
	}
	return b, nil
}

// peek is the next byte, 0 at the end.
func (r *Reader) peek() byte {
	if len(r.again) > 0 {
		return r.again[0]
	}
	if b, err := r.src.Peek(1); err == nil {
		return b[0]
	}
	return 0
}
