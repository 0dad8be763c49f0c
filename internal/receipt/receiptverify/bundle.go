package receiptverify

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// Result says what a file was found to hold.
type Result struct {
	Receipts          []Receipt // of a bundle: the first only, as an example; none if it holds none
	Count             int
	Bundle            bool
	Header            Header // of a bundle
	SignaturesChecked bool
}

// VerifyFile checks a receipt, or all receipts of one contact, whichever r holds. It needs a few megabytes however many there are.
func VerifyFile(r io.Reader, key auditverify.Key) (Result, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	first, err := readLine(in)
	if err != nil {
		return Result{}, err
	}
	if bytes.HasPrefix(first, []byte(`{"evidence":`)) {
		return verifyBundle(first, in, key)
	}
	if _, err := in.Peek(1); !errors.Is(err, io.EOF) {
		return Result{}, errors.New("there is more behind the receipt")
	}
	one, err := Verify(first, key)
	if err != nil {
		return Result{}, err
	}
	return Result{Receipts: []Receipt{one}, Count: 1, SignaturesChecked: key.Checks()}, nil
}

// readLine returns a line with its end; the last one of a file may lack it.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		piece, err := in.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > MaxReceipt:
			return nil, fmt.Errorf("a line has at most %d bytes", MaxReceipt)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil, errors.New("the file is cut off")
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read the file: %w", err)
		default:
			return line, nil
		}
	}
}

func verifyBundle(first []byte, in *bufio.Reader, key auditverify.Key) (Result, error) {
	head, ok := strict[headerLine](bytes.TrimSuffix(first, []byte("\n")))
	if !ok || head.Evidence.Format != EvidenceFormat {
		return Result{}, errForm
	}
	out := Result{Bundle: true, Header: head.Evidence, SignaturesChecked: key.Checks()}
	lines := sha256.New()
	lines.Write(first)
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err != nil {
			return Result{}, fmt.Errorf("line %d: %w", n+1, err)
		}
		if bytes.HasPrefix(line, []byte(`{"receipts":`)) {
			return out, footer(line, in, key, &out, lines)
		}
		r, err := Verify(line, key)
		if err != nil {
			return Result{}, fmt.Errorf("line %d: %w", n+1, err)
		}
		if r.Organization.ID != head.Evidence.Organization.ID {
			return Result{}, fmt.Errorf("line %d: a receipt of another organization", n+1)
		}
		lines.Write(line)
		if out.Count++; out.Count == 1 {
			out.Receipts = append(out.Receipts, r)
		}
	}
}

// footer checks the last line.
func footer(line []byte, in *bufio.Reader, key auditverify.Key, out *Result, lines hash.Hash) error {
	f, ok := strict[footerLine](bytes.TrimSuffix(line, []byte("\n")))
	if !ok || line[len(line)-1] != '\n' {
		return errForm
	}
	if f.Receipts != out.Count {
		return fmt.Errorf("the file names %d receipts and holds %d: some were removed or added", f.Receipts, out.Count)
	}
	text, err := key.Open(f.Signature)
	if err != nil {
		return fmt.Errorf("signature of the receipts: %w", err)
	}
	if text != auditverify.AttestationText(out.Header.Organization.ID, "evidence", bundleSum(lines, out.Count)) {
		return errors.New("the signature is of other receipts")
	}
	lines.Write(beforeSum(line))
	if !sumFits([sha256.Size]byte(lines.Sum(nil)), f.SHA256) {
		return errors.New("some byte of the file was changed")
	}
	if _, err := in.Peek(1); !errors.Is(err, io.EOF) {
		return errors.New("there is more behind the end")
	}
	return nil
}
