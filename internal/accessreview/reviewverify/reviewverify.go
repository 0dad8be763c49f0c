// Package reviewverify writes and checks signed reports of access reviews. It knows no database and needs nothing of the rest of the product but
// the checks of the audit log, so that an auditor can lift both out and build them alone.
package reviewverify

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// Format is what every report says of itself; another form gets another number.
const Format = "countersign.access-review/1"

// The files in a report, in their order.
const (
	CSV       = "report.csv"
	PDF       = "report.pdf"
	Statement = "report.json" // names the others by their sums, and is signed
)

// MaxReport is the longest report that is looked at, in bytes.
const MaxReport = 128 << 20

const kind = "access-review"

// Report is what is signed.
type Report struct {
	Format       string    `json:"format"`
	Organization Named     `json:"organization"`
	Review       Review    `json:"review"`
	Files        []File    `json:"files"`
	IssuedAt     time.Time `json:"issued_at"`
	PublicKey    string    `json:"public_key"` // for convenience; whoever checks uses the one that was kept elsewhere
}

// Named is a thing or a person.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Review is which review it was, and how it ended.
type Review struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	StartedAt  time.Time `json:"started_at"`
	DueAt      time.Time `json:"due_at"`
	EndedAt    time.Time `json:"ended_at"`
	Unanswered string    `json:"unanswered"` // revoke or keep
	Grants     int       `json:"grants"`
	Confirmed  int       `json:"confirmed"`
	Revoked    int       `json:"revoked"`
	Flagged    int       `json:"flagged,omitempty"` // platform roles that are to be changed; absent where there is none
	Kept       int       `json:"kept"`              // nobody answered, and they stay
	Gone       int       `json:"gone"`              // somebody else had taken them away
}

// File is one file of a report.
type File struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type line struct {
	Report    Report `json:"report"`
	Signature string `json:"signature"`
}

// Sign signs the sum of a document's bytes.
type Sign func(what string, sum [sha256.Size]byte) (string, error)

// Write returns a report as one file that holds the table, the pages and the statement about both. Nothing in it is compressed, so that there is one
// spelling of each: no byte of it can be changed without being noticed.
func Write(r Report, csv, pdf []byte, sign Sign) ([]byte, error) {
	r.Files = []File{fileOf(CSV, csv), fileOf(PDF, pdf)}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode a report: %w", err)
	}
	signed, err := sign(kind, sha256.Sum256(body))
	if err != nil {
		return nil, err
	}
	statement, err := json.Marshal(line{r, signed})
	if err != nil {
		return nil, fmt.Errorf("encode a report: %w", err)
	}
	return pack(csv, pdf, append(statement, '\n'))
}

func fileOf(name string, b []byte) File {
	sum := sha256.Sum256(b)
	return File{name, len(b), hex.EncodeToString(sum[:])}
}

func pack(csv, pdf, statement []byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range []struct {
		name string
		body []byte
	}{{CSV, csv}, {PDF, pdf}, {Statement, statement}} {
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err == nil {
			_, err = to.Write(f.body)
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write a report: %w", err)
	}
	return out.Bytes(), nil
}

// Result says what a file was found to hold.
type Result struct {
	Report
	SignaturesChecked bool
}

var errForm = errors.New("this is not a report of an access review, or it was changed")

// Is says whether a file may be a report: it begins like an archive.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// Verify checks a report: that it holds the three files and nothing else, that table and pages are those that the statement names, that no byte was
// changed, and with a key the signature.
func Verify(file []byte, key auditverify.Key) (Result, error) {
	files, err := unpack(file)
	if err != nil {
		return Result{}, err
	}
	statement := files[Statement]
	var l line
	if len(statement) == 0 || statement[len(statement)-1] != '\n' || json.Unmarshal(statement, &l) != nil || l.Report.Format != Format {
		return Result{}, errForm
	}
	if again, err := json.Marshal(l); err != nil || !bytes.Equal(append(again, '\n'), statement) {
		return Result{}, errForm // every value has one spelling
	}
	want := []File{fileOf(CSV, files[CSV]), fileOf(PDF, files[PDF])}
	if len(l.Report.Files) != len(want) {
		return Result{}, errForm
	}
	for i, f := range want {
		if l.Report.Files[i] != f {
			return Result{}, fmt.Errorf("%s was changed", f.Name)
		}
	}
	if again, err := pack(files[CSV], files[PDF], statement); err != nil || !bytes.Equal(again, file) {
		return Result{}, errors.New("some byte of the report was changed")
	}
	body, err := json.Marshal(l.Report)
	if err != nil {
		return Result{}, errForm
	}
	text, err := key.Open(l.Signature)
	if err != nil {
		return Result{}, fmt.Errorf("signature of the report: %w", err)
	}
	if text != auditverify.AttestationText(l.Report.Organization.ID, kind, sha256.Sum256(body)) {
		return Result{}, errors.New("the signature is of another report")
	}
	return Result{l.Report, key.Checks()}, nil
}

func unpack(file []byte) (map[string][]byte, error) {
	if len(file) > MaxReport {
		return nil, fmt.Errorf("a report has at most %d bytes", MaxReport)
	}
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(r.File) != 3 {
		return nil, errForm
	}
	out := map[string][]byte{}
	for i, name := range []string{CSV, PDF, Statement} {
		f := r.File[i]
		if f.Name != name || f.Method != zip.Store || f.UncompressedSize64 > uint64(len(file)) {
			return nil, errForm
		}
		in, err := f.Open()
		if err != nil {
			return nil, errForm
		}
		body, err := io.ReadAll(io.LimitReader(in, int64(len(file))+1))
		if err != nil {
			return nil, fmt.Errorf("%s was changed", name)
		}
		out[name] = body
	}
	return out, nil
}

// String says in one line what was proved. Names come from whoever wrote the file, so nothing in it can steer a terminal.
func (r Result) String() string {
	v, flagged := r.Review, ""
	if v.Flagged > 0 {
		flagged = fmt.Sprintf(", %d to be changed", v.Flagged)
	}
	return fmt.Sprintf("access review %s of %s, %s to %s: %d rights, %d confirmed, %d revoked%s, %d kept without an answer, %d gone otherwise; %s and %s are as they were signed",
		plain(v.Name), plain(r.Organization.Name), v.StartedAt.UTC().Format(time.RFC3339), v.EndedAt.UTC().Format(time.RFC3339), v.Grants, v.Confirmed, v.Revoked, flagged, v.Kept, v.Gone,
		CSV, PDF)
}

// plain drops what is no printable letter, space or sign.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
