package receiptverify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// MaxReceipt is the longest receipt that is looked at, in bytes.
const MaxReceipt = 1 << 20

// Receipt is a receipt that is as it was written.
type Receipt struct {
	Statement
	Head              auditverify.Checkpoint // the signed head of the log that its events are in
	Known             Known
	SignaturesChecked bool
}

// Known says which facts the log itself has, beside those that the signature alone vouches for: after an erasure the log has fewer.
type Known struct {
	How     bool // method, level and masked address
	Contact bool // the contact's name
}

var errForm = errors.New("this is not a receipt, or it was changed")

// Verify checks one receipt: that no byte was changed, that the events are in the log and say what the receipt says, and with a key every
// signature.
func Verify(file []byte, key auditverify.Key) (Receipt, error) {
	if len(file) > MaxReceipt {
		return Receipt{}, fmt.Errorf("a receipt has at most %d bytes", MaxReceipt)
	}
	if len(file) == 0 || file[len(file)-1] != '\n' {
		return Receipt{}, errForm
	}
	line, ok := strict[receiptLine](file[:len(file)-1])
	if !ok || line.Receipt.Format != Format {
		return Receipt{}, errForm
	}
	if !sumFits(sha256.Sum256(beforeSum(file)), line.SHA256) {
		return Receipt{}, errors.New("some byte of the receipt was changed")
	}
	body, err := json.Marshal(line.Receipt)
	if err != nil {
		return Receipt{}, errForm
	}
	text, err := key.Open(line.Signature)
	if err != nil {
		return Receipt{}, fmt.Errorf("signature of the receipt: %w", err)
	}
	if text != auditverify.AttestationText(line.Receipt.Organization.ID, "receipt", sha256.Sum256(body)) {
		return Receipt{}, errors.New("the signature is of another receipt")
	}
	r := Receipt{Statement: line.Receipt, SignaturesChecked: key.Checks()}
	return r, r.check(key)
}

// strict decodes text if it is exactly what encoding its value gives: every value has one spelling.
func strict[T any](text []byte) (v T, ok bool) {
	if json.Unmarshal(text, &v) != nil {
		return v, false
	}
	again, err := json.Marshal(v)
	return v, err == nil && bytes.Equal(again, text)
}

const sumField = `,"sha256":"`

// beforeSum is what the sum at the end of a line covers.
func beforeSum(line []byte) []byte { return line[:max(0, bytes.LastIndex(line, []byte(sumField)))] }

func sumFits(sum [sha256.Size]byte, text string) bool { return hex.EncodeToString(sum[:]) == text }

// check compares the statement with the events, and the events with the log.
func (r *Receipt) check(key auditverify.Key) (err error) {
	if r.Head, err = key.OpenCheckpoint(r.Checkpoint); err != nil {
		return fmt.Errorf("head of the log: %w", err)
	}
	if r.Head.Organization != r.Organization.ID {
		return errors.New("the head is of the log of another organization")
	}
	if len(r.Events) < 2 {
		return errors.New("a receipt holds the start and the end")
	}
	records := make([]auditverify.Record, len(r.Events))
	for i, e := range r.Events {
		if records[i], err = r.event(e); err != nil {
			return err
		}
		if i > 0 && e.Seq <= r.Events[i-1].Seq {
			return errors.New("the events are out of order")
		}
	}
	if err := r.Verification.matches(records); err != nil {
		return err
	}
	for i, e := range r.Events {
		if err := r.opened(e, records[i]); err != nil {
			return err
		}
	}
	return nil
}

// event proves that an event is in the log.
func (r *Receipt) event(e Event) (auditverify.Record, error) {
	record, err := auditverify.ParseRecord(e.Record)
	if err != nil {
		return record, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if record.Seq != e.Seq || record.Organization != r.Organization.ID {
		return record, fmt.Errorf("event %d is another one", e.Seq)
	}
	return record, auditverify.CheckInclusion([]byte(e.Record), e.Seq, r.Head.Size, e.Path, r.Head.Root)
}
