package receiptverify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
)

// Sign signs the sum of a document's bytes; what is "receipt" or "evidence".
type Sign func(what string, sum [sha256.Size]byte) (string, error)

// Encode returns a receipt as its one line, with the signature and with a sum over all bytes before the sum.
func Encode(s Statement, sign Sign) ([]byte, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode a receipt: %w", err)
	}
	signed, err := sign("receipt", sha256.Sum256(body))
	if err != nil {
		return nil, err
	}
	return closed(append([]byte(`{"receipt":`), body...), signed, nil)
}

// closed ends a line with a signature and the sum of all that came before, in this line and in h.
func closed(line []byte, signed string, h hash.Hash) ([]byte, error) {
	quoted, err := json.Marshal(signed)
	if err != nil {
		return nil, fmt.Errorf("encode a signature: %w", err)
	}
	line = append(append(line, `,"signature":`...), quoted...)
	if h == nil {
		h = sha256.New()
	}
	h.Write(line)
	return append(hex.AppendEncode(append(line, `,"sha256":"`...), h.Sum(nil)), "\"}\n"...), nil
}

// Bundle writes all receipts of one contact as lines that prove that none is missing.
type Bundle struct {
	sign Sign
	sum  hash.Hash
	n    int
}

// NewBundle returns a Bundle and its first line.
func NewBundle(h Header, sign Sign) (*Bundle, []byte, error) {
	line, err := json.Marshal(headerLine{h})
	if err != nil {
		return nil, nil, fmt.Errorf("encode the head of the receipts: %w", err)
	}
	b := &Bundle{sign: sign, sum: sha256.New()}
	line = append(line, '\n')
	b.sum.Write(line)
	return b, line, nil
}

// Add counts one receipt, as Encode returned it, and returns its line.
func (b *Bundle) Add(receipt []byte) []byte {
	b.sum.Write(receipt)
	b.n++
	return receipt
}

// Close returns the last line.
func (b *Bundle) Close() ([]byte, error) {
	signed, err := b.sign("evidence", bundleSum(b.sum, b.n))
	if err != nil {
		return nil, err
	}
	return closed(strconv.AppendInt([]byte(`{"receipts":`), int64(b.n), 10), signed, b.sum)
}

// bundleSum covers all lines so far and their number.
func bundleSum(lines hash.Hash, n int) [sha256.Size]byte {
	return sha256.Sum256(strconv.AppendInt(lines.Sum(nil), int64(n), 10))
}
