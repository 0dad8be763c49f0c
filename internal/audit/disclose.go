package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// Disclosure is one event for somebody outside: its proof, and what may be told of its private part.
type Disclosure struct {
	Inclusion
	Entry
	// Opened are the sections that anybody may compare with the record's commitments. A section that was erased is not among them, nor
	// one that tells from which network, browser or session somebody acted.
	Opened []auditverify.Section
}

// Disclose returns what proves one event to somebody who holds the public key, against the last checkpoint.
func (l *Log) Disclose(ctx context.Context, org string, seq int64) (Disclosure, error) {
	proved, err := l.Prove(ctx, org, seq)
	if err != nil {
		return Disclosure{}, err
	}
	q := l.db.Read()
	rows, err := eventsFrom(ctx, q, org, seq, seq, 1)
	if err != nil {
		return Disclosure{}, fmt.Errorf("disclose event %d: %w", seq, err)
	}
	events, err := l.open(ctx, q, org, rows)
	if err != nil || len(events) != 1 {
		return Disclosure{}, fmt.Errorf("disclose event %d: %w", seq, err)
	}
	d := Disclosure{Inclusion: proved, Entry: entryOf(events[0])}
	for _, s := range events[0].sections {
		if !s.Damaged && !s.Erased && tellable(s.Data) {
			d.Opened = append(d.Opened, s)
		}
	}
	return d, nil
}

// tellable says whether a section holds nothing about where its actor was.
func tellable(data []byte) bool {
	var s section
	if json.Unmarshal(data, &s) != nil {
		return false
	}
	return s.Actor == nil || *s.Actor == (actorData{Name: s.Actor.Name})
}

// Attest signs a document about an organization that another slice hands out: see auditverify.AttestationText.
func (l *Log) Attest(org, what string, sum auditverify.Hash) (string, error) {
	return l.sign(auditverify.AttestationText(org, what, sum))
}

// Covered is how many events the last checkpoint covers.
func (l *Log) Covered(ctx context.Context, org string) (int64, error) {
	last, err := lastCheckpoint(ctx, l.db.Read(), org)
	if err != nil || last == nil {
		return 0, err
	}
	return last.size, nil
}
