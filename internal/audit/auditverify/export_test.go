package auditverify_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/countersign/internal/audit/auditverify"
)

const organization = "0197f000-0000-7000-8000-000000000001"

// author writes exports as the product does, of any length, without a database.
type author struct {
	note.Verifier
	private ed25519.PrivateKey
	public  string
	key     auditverify.Key
}

func newAuthor(t testing.TB) *author {
	t.Helper()
	a := &author{private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))}
	var err error
	if a.public, err = note.NewEd25519VerifierKey(auditverify.KeyName, a.private.Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	if a.Verifier, err = note.NewVerifier(a.public); err != nil {
		t.Fatal(err)
	}
	if a.key, err = auditverify.ParseKey(a.public); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *author) Sign(m []byte) ([]byte, error) { return ed25519.Sign(a.private, m), nil }

func (a *author) sign(t testing.TB, text string) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, a)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

func (a *author) export(t testing.TB, w io.Writer, events int64) {
	t.Helper()
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var line []byte
	write := func(v any) {
		var err error
		line, err = auditverify.AppendLine(line[:0], v)
		must(err)
		_, err = out.Write(line)
		must(err)
	}
	total := func() auditverify.Hash {
		must(out.Flush())
		return auditverify.Hash(sum.Sum(nil))
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	write(auditverify.Header{Format: auditverify.ExportFormat, Organization: organization, Size: events, ExportedAt: at, PublicKey: a.public})
	tree, err := auditverify.NewTree(0, nil)
	must(err)
	var last auditverify.Checkpoint
	last.Root, err = tree.Root()
	must(err)
	for seq := int64(1); seq <= events; seq++ {
		at = at.Add(time.Second)
		sections := []auditverify.Section{
			{Subject: "contact:0197f000-0000-7000-8000-0000000000c1", Data: []byte(`{"names":{"0":"Carla Caller"},"before":{"phone":"+12125550101","vip":false},"after":{"phone":"+12125550102","vip":true}}`)},
			{Subject: "technician:0197f000-0000-7000-8000-0000000000t1", Data: []byte(`{"actor":{"name":"Tess Technician","address":"192.0.2.7","device":"Firefox on Debian","session_id":"0197f000-0000-7000-8000-0000000000e1"}}`)},
		}
		r := auditverify.Record{
			Organization: organization, Seq: seq, ID: fmt.Sprintf("0197f000-0000-7000-8000-%012d", seq), At: at,
			Actor: auditverify.Ref{Type: "technician", ID: "0197f000-0000-7000-8000-0000000000t1"}, Action: "contact.update", Outcome: "success",
			Targets:    []auditverify.Ref{{Type: "contact", ID: "0197f000-0000-7000-8000-0000000000c1"}},
			CustomerID: "0197f000-0000-7000-8000-0000000000d1", RequestID: "0197f000-0000-7000-8000-0000000000a1",
		}
		for i := range sections {
			// Not random, so that every process of a fuzzing run makes the same export.
			salt := sha256.Sum256(fmt.Appendf(nil, "%d %d", seq, i))
			sections[i].Salt = salt[:auditverify.MinSalt]
			r.Commitments = append(r.Commitments, auditverify.Commitment{Subject: sections[i].Subject, Sum: auditverify.Commit(sections[i].Salt, sections[i].Subject, sections[i].Data)})
		}
		text := r.Encode()
		leaf := auditverify.LeafHash(text)
		must(tree.Append(leaf, nil))
		line = auditverify.AppendEvent(line[:0], string(text), leaf[:], sections)
		_, err := out.Write(line)
		must(err)
		if seq%1000 == 0 || seq == events {
			c := auditverify.Checkpoint{Organization: organization, Size: seq, PreviousSize: last.Size, Previous: last.Root, At: at}
			c.Root, err = tree.Root()
			must(err)
			write(auditverify.CheckpointLine(a.sign(t, c.Text())))
			last = c
		}
	}
	write(auditverify.SignatureLine(a.sign(t, auditverify.SignatureText(organization, events, total()))))
	write(auditverify.TrailerLine(total()))
	must(out.Flush())
}

func TestAGoodExport(t *testing.T) {
	a := newAuthor(t)
	for _, n := range []int64{1, 999, 1000, 1001, 12_345} {
		var b bytes.Buffer
		a.export(t, &b, n)
		for _, key := range []auditverify.Key{{}, a.key} {
			r, err := auditverify.VerifyExport(t.Context(), bytes.NewReader(b.Bytes()), key)
			if err != nil || r.Events != n || r.Checkpoints != int((n+999)/1000) || r.SignaturesChecked != key.Checks() || r.Organization != organization {
				t.Errorf("%d events: %+v, %v", n, r, err)
			}
		}
	}
}

func TestTheFirstBadEventIsNamed(t *testing.T) {
	a := newAuthor(t)
	var b bytes.Buffer
	a.export(t, &b, 5000)
	lines := strings.SplitAfter(b.String(), "\n")
	at := func(seq int) int { return seq + (seq-1)/1000 } // the header before it, a checkpoint after every thousand
	for name, tc := range map[string]struct {
		change func(lines []string) []string
		seq    int64
	}{
		"altered": {func(l []string) []string {
			l[at(3333)] = strings.Replace(l[at(3333)], "success", "denied!", 1)
			l[at(4444)] = strings.Replace(l[at(4444)], "success", "denied!", 1)
			return l
		}, 3333},
		"private data altered": {func(l []string) []string {
			l[at(3333)] = strings.Replace(l[at(3333)], "Carla", "Clara", 1)
			return l
		}, 3333},
		"removed": {func(l []string) []string { return append(l[:at(3333)], l[at(3333)+1:]...) }, 3333},
		"swapped": {func(l []string) []string {
			l[at(3333)], l[at(3334)] = l[at(3334)], l[at(3333)]
			return l
		}, 3333},
		"twice": {func(l []string) []string { l[at(3334)] = l[at(3333)]; return l }, 3334},
		"altered with its leaf": {func(l []string) []string {
			text := l[at(3333)]
			start, end := len(`{"event":`), strings.Index(text, `,"leaf":`)
			record := strings.Replace(text[start:end], "success", "denied!", 1)
			leaf := auditverify.LeafHash([]byte(record))
			event := auditverify.AppendEvent(nil, record, leaf[:], nil)
			private := text[strings.Index(text, `"private":[`):]
			l[at(3333)] = strings.TrimSuffix(string(event), "\"private\":[]}\n") + private
			return l
		}, 3001}, // from here to the checkpoint at 4000
	} {
		changed := strings.Join(tc.change(append([]string{}, lines...)), "")
		for _, key := range []auditverify.Key{{}, a.key} {
			_, err := auditverify.VerifyExport(t.Context(), strings.NewReader(changed), key)
			if bad, ok := errors.AsType[*auditverify.BadError](err); !ok || bad.Seq != tc.seq {
				t.Errorf("%s: got %v, want event %d", name, err, tc.seq)
			}
		}
	}
}

func TestAnEndlessLineAndACanceledReader(t *testing.T) {
	if _, err := auditverify.VerifyExport(t.Context(), io.MultiReader(strings.NewReader(`{"event":`), endless{}), auditverify.Key{}); err == nil {
		t.Error("accepted an endless line")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var b bytes.Buffer
	newAuthor(t).export(t, &b, 3000)
	if _, err := auditverify.VerifyExport(ctx, io.MultiReader(&b, endless{}), auditverify.Key{}); err == nil {
		t.Error("went on for a caller who had left")
	}
	if _, err := auditverify.VerifyExport(t.Context(), io.MultiReader(strings.NewReader("{"), broken{}), auditverify.Key{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

var errBroken = errors.New("broken on purpose")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// FuzzExport checks that nothing which is not an export of ours passes, and that nothing makes the parser fall over.
func FuzzExport(f *testing.F) {
	a := newAuthor(f)
	var b bytes.Buffer
	a.export(f, &b, 3)
	f.Add(b.Bytes())
	for _, line := range bytes.SplitAfter(b.Bytes(), []byte("\n")) {
		f.Add(line)
	}
	f.Add([]byte(`{"event":{"v":1,"org":"","seq":`))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := auditverify.VerifyExport(t.Context(), bytes.NewReader(file), a.key)
		if err == nil && !bytes.Equal(file, b.Bytes()) {
			t.Errorf("accepted %q", file)
		}
		if record, err := auditverify.ParseRecord(string(file)); err == nil && !bytes.Equal(record.Encode(), file) {
			t.Errorf("not canonical: %q", file)
		}
	})
}

// BenchmarkVerifyMillion checks an export of a million events and all its signatures.
func BenchmarkVerifyMillion(b *testing.B) {
	a := newAuthor(b)
	path := filepath.Join(b.TempDir(), "audit.jsonl")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	a.export(b, file, 1_000_000)
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		b.Fatal(err)
	}
	var most uint64
	b.SetBytes(size)
	for b.Loop() {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
		if r, err := auditverify.VerifyExport(b.Context(), file, a.key); err != nil || r.Events != 1_000_000 {
			b.Fatal(r, err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.Sys)
	}
	b.ReportMetric(float64(most)/1e6, "MB-sys")
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}
