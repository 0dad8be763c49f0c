package csvfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/fault"
)

type outcome struct {
	rows  [][]string
	lines []int
	codes []string // of the rows that cannot be used
}

func read(t *testing.T, src io.Reader) (out outcome, r *csvfile.Reader, err error) {
	t.Helper()
	if r, err = csvfile.NewReader(src); err != nil {
		return out, nil, err
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, r, nil
		}
		if err != nil {
			return out, r, err
		}
		if row.Err != nil {
			out.codes = append(out.codes, fmt.Sprintf("%d %s", row.Line, fault.CodeOf(row.Err)))
			continue
		}
		out.rows, out.lines = append(out.rows, row.Fields), append(out.lines, row.Line)
	}
}

func TestFilesOfManySpreadsheetsAreRead(t *testing.T) {
	for name, tc := range map[string]struct {
		file, delimiter string
		header          []string
		rows            [][]string
		lines           []int
	}{
		"commas":           {"name,email\nAnna,a@example.com\n", ",", []string{"name", "email"}, [][]string{{"Anna", "a@example.com"}}, []int{2}},
		"mark, semicolons": {"\ufeffNom;Courriel\r\nZoé;z@example.com\r\n", ";", []string{"Nom", "Courriel"}, [][]string{{"Zoé", "z@example.com"}}, []int{2}},
		"tabs":             {"a\tb\n1\t2", "\t", []string{"a", "b"}, [][]string{{"1", "2"}}, []int{2}},
		"sep":              {"sep=;\r\na;b,c\n1;2\n", ";", []string{"a", "b,c"}, [][]string{{"1", "2"}}, []int{3}},
		"quoted": {
			"a,b\n\"one\ntwo\",\"say \"\"hi\"\"\"\n\"\",x\n", ",", []string{"a", "b"}, [][]string{{"one\ntwo", `say "hi"`}, {"", "x"}}, []int{2, 4},
		},
		"delimiter in quotes": {"\"a;b;c\",d\n1,2\n", ",", []string{"a;b;c", "d"}, [][]string{{"1", "2"}}, []int{2}},
		"blank lines":         {"a,b\n\n1,2\n\n\n3,4\n\n", ",", []string{"a", "b"}, [][]string{{"1", "2"}, {"3", "4"}}, []int{3, 6}},
		"old line ends":       {"a,b\r1,2\r3,4", ",", []string{"a", "b"}, [][]string{{"1", "2"}, {"3", "4"}}, []int{2, 3}},
		"bare quotes":         {"a,b\n5\" disk,\"x\"y\n", ",", []string{"a", "b"}, [][]string{{`5" disk`, "xy"}}, []int{2}},
		"one column":          {"name\nAnna\n\"\"\n", ",", []string{"name"}, [][]string{{"Anna"}, {""}}, []int{2, 3}},
		"empty ends":          {"a,b\n1,2,,\n", ",", []string{"a", "b"}, [][]string{{"1", "2", "", ""}}, []int{2}},
		"short rows":          {"a,b\n1\n", ",", []string{"a", "b"}, [][]string{{"1"}}, []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			got, r, err := read(t, strings.NewReader(tc.file))
			if err != nil || got.codes != nil {
				t.Fatal(err, got.codes)
			}
			if r.Delimiter() != tc.delimiter || !slices.Equal(r.Header(), tc.header) {
				t.Errorf("delimiter %q, header %q", r.Delimiter(), r.Header())
			}
			if !slices.EqualFunc(got.rows, tc.rows, slices.Equal) || !slices.Equal(got.lines, tc.lines) {
				t.Errorf("%q on lines %d", got.rows, got.lines)
			}
		})
	}
}

func TestAttack37WhatIsNoTableIsRefusedInWords(t *testing.T) {
	utf16 := []byte{0xff, 0xfe}
	for _, c := range "name,email\n" {
		utf16 = append(utf16, byte(c), 0)
	}
	for name, tc := range map[string]struct{ file, code string }{
		"UTF-16":              {string(utf16), "csvfile.encoding"},
		"UTF-16 without mark": {string(utf16[2:]), "csvfile.encoding"},
		"nothing":             {"", "csvfile.empty"},
		"a mark alone":        {"\ufeff", "csvfile.empty"},
		"blank lines":         {"\n\n \n", "csvfile.empty"},
		"workbook":            {"PK\x03\x04rest", "csvfile.binary"},
		"10,000 columns":      {strings.Repeat("a,", 9_999) + "a\n", "csvfile.columns"},
		"NUL in the header":   {"name,em\x00ail,many,more,columns\n1,2\n", "csvfile.header"},
		"Latin-1 header":      {"pr\xe9nom,email\n", "csvfile.header"},
	} {
		if _, _, err := read(t, strings.NewReader(tc.file)); fault.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAttack37ABadRowNeverStopsTheRest(t *testing.T) {
	file := "a,b\n" +
		"1,good\n" +
		"2,n\x00l\n" +
		"3,caf\xe9\n" +
		"4,a,b\n" +
		"5," + strings.Repeat("x", csvfile.MaxField+1) + "\n" +
		"6,\"" + strings.Repeat("y\n", csvfile.MaxField) + "\"\n" +
		"7,good\n" +
		"8,\"never closed\n" +
		"9,good\n"
	got, _, err := read(t, strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	after := 8 + csvfile.MaxField
	want := []string{
		"3 csvfile.nul", "4 csvfile.not_text", "5 csvfile.too_many_fields", "6 csvfile.field_too_long", "7 csvfile.field_too_long",
		fmt.Sprintf("%d csvfile.quote_unclosed", after+1),
	}
	if !slices.Equal(got.codes, want) {
		t.Errorf("refused %q", got.codes)
	}
	if !slices.Equal(got.lines, []int{2, after, after + 2}) {
		t.Errorf("read lines %d", got.lines)
	}
}

// endless is a file of n bytes that repeats one text.
func endless(head, text string, n int64) io.Reader {
	return io.LimitReader(io.MultiReader(strings.NewReader(head), &repeat{text: text}), n)
}

type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(b []byte) (n int, err error) {
	for n < len(b) {
		c := copy(b[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

func TestAttack37BombsStayBounded(t *testing.T) {
	for name, src := range map[string]io.Reader{
		"one field":            endless("a,b\n", "x", 8<<20),
		"one quoted field":     endless("a,b\n\"", "x", 8<<20),
		"quotes that open":     endless("a,b\n", "1,\"x\n", 8<<20),
		"quotes in long lines": endless("a,b\n", "\"\n"+strings.Repeat("x", 1<<20)+"\n", 8<<20),
		"one endless row":      endless("a,b\n", "1,", 8<<20),
		"lines and lines":      endless("a,b\n", "\n", 8<<20),
		"rows and rows":        endless("a,b\n", "1\n", 8<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			r, err := csvfile.NewReader(src)
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&before)
			for err == nil {
				_, err = r.Next()
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if !errors.Is(err, io.EOF) && fault.KindOf(err) != fault.Invalid {
				t.Error(err)
			}
			if after.HeapAlloc > before.HeapAlloc+8<<20 {
				t.Errorf("%d MB are held", (after.HeapAlloc-before.HeapAlloc)>>20)
			}
		})
	}
}

func TestAttack36ExportsRunNothingAndComeBackWhole(t *testing.T) {
	evil := []string{
		`=HYPERLINK("https://example.com","x")`, "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "\tx", "\rx", "\n=x", "＝1+1",
		"'=x", "''@x", "'", "'plain", "O'Brien", " =x", "a\r\nb", `say "hi"`, "a;b", "", " spaces ", "+12125550100 =x", "+1(2)", "'+12125550100",
	}
	fine := []string{"+12125550100", "+12125550100 mobile; +12125550101 landline", "Anna", "a@example.com", "O'Brien"}
	var file bytes.Buffer
	w := csvfile.NewWriter(&file)
	for _, row := range [][]string{{"a", "b"}, append(slices.Clone(evil), fine...)} {
		for chunk := range slices.Chunk(row, 2) {
			for len(chunk) < 2 {
				chunk = append(chunk, "")
			}
			if err := w.Write(chunk...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got, _, err := read(t, &file)
	if err != nil || got.codes != nil {
		t.Fatal(err, got.codes)
	}
	fields := slices.Concat(got.rows...)
	for i, want := range append(slices.Clone(evil), fine...) {
		f := fields[i]
		if f != "" && strings.ContainsRune("=+-@\t\r\n＝", []rune(f)[0]) && !slices.Contains(fine, f) {
			t.Errorf("%q is in the file as it is", f)
		}
		if csvfile.Restore(f) != want {
			t.Errorf("%q came back as %q", want, csvfile.Restore(f))
		}
		if slices.Contains(fine, want) && f != want {
			t.Errorf("%q was touched: %q", want, f)
		}
	}
}

func TestListsComeBackWhole(t *testing.T) {
	for _, list := range [][]string{nil, {"a"}, {"a", "b"}, {"a;b"}, {"a;b", "c"}, {"x y", "z"}} {
		if got := csvfile.Split(csvfile.List(list)); !slices.Equal(got, list) {
			t.Errorf("%q came back as %q", list, got)
		}
	}
}

func FuzzNeutral(f *testing.F) {
	for _, s := range []string{"=x", "'=x", "''", "+12125550100", "\t", "＠a", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := csvfile.Restore(csvfile.Neutral(s)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b\n1,2", "a;b\r\n\"x\ny\";z", "sep=;\na;b", "a\n\"", "a\n\"x\"\"", "\ufeffa\tb\n\x00\t\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := csvfile.NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		line := 1
		for {
			row, err := r.Next()
			if err != nil {
				return
			}
			if row.Line <= line && row.Err == nil && line > 1 || row.Line > len(b)+1 {
				t.Fatalf("line %d behind line %d of %q", row.Line, line, b)
			}
			line = row.Line
		}
	})
}
