package audit

import (
	"context"
	"encoding/binary"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

// sectionPlace binds a sealed section to its event and subject.
func sectionPlace(eventID, subject string) []byte { return []byte(eventID + " " + subject) }

// sealedSection is one section as it lies in the row.
type sealedSection struct {
	key    [keyIDSize]byte
	sealed []byte
}

func splitSections(private []byte, n int) ([]sealedSection, error) {
	out := make([]sealedSection, 0, n)
	for len(private) > 0 {
		if len(private) < keyIDSize+1 {
			return nil, errPrivate
		}
		s := sealedSection{key: [keyIDSize]byte(private)}
		length, used := binary.Uvarint(private[keyIDSize:])
		private = private[keyIDSize:]
		if used <= 0 || length > uint64(len(private)-used) {
			return nil, errPrivate
		}
		s.sealed = private[used : used+int(length)]
		private = private[used+int(length):]
		out = append(out, s)
	}
	if len(out) != n {
		return nil, errPrivate
	}
	return out, nil
}

// openSections returns the sections of a row as an export tells them. What does not fit the record's commitments is damaged.
func openSections(r auditverify.Record, private []byte, keys map[[keyIDSize]byte]*subjectKey) []auditverify.Section {
	sealed, err := splitSections(private, len(r.Commitments))
	out := make([]auditverify.Section, len(r.Commitments))
	for i, c := range r.Commitments {
		out[i] = auditverify.Section{Subject: c.Subject, Damaged: true}
		if err == nil {
			out[i] = openSection(r.ID, c, sealed[i], keys[sealed[i].key])
		}
	}
	return out
}

func openSection(eventID string, c auditverify.Commitment, s sealedSection, key *subjectKey) auditverify.Section {
	damaged := auditverify.Section{Subject: c.Subject, Damaged: true}
	switch {
	case key == nil || key.subject != c.Subject:
		return damaged
	case key.aead == nil:
		return auditverify.Section{Subject: c.Subject, Erased: true}
	}
	plain, err := key.aead.Open(nil, nil, s.sealed, sectionPlace(eventID, c.Subject))
	if err != nil || len(plain) < saltSize {
		return damaged
	}
	out := auditverify.Section{Subject: c.Subject, Salt: plain[:saltSize], Data: plain[saltSize:]}
	if auditverify.Commit(out.Salt, c.Subject, out.Data) != c.Sum {
		return damaged
	}
	return out
}

// opened is an event with what may be read of its private part.
type opened struct {
	row      storedEvent
	record   auditverify.Record
	err      error // the record is not in its form
	sections []auditverify.Section
}

// open parses rows and opens their private parts with the keys that they need.
func (l *Log) open(ctx context.Context, q store.Querier, org string, rows []storedEvent) ([]opened, error) {
	out := make([]opened, len(rows))
	ids := map[[keyIDSize]byte]bool{}
	for i, row := range rows {
		out[i].row = row
		out[i].record, out[i].err = auditverify.ParseRecord(row.text)
		sealed, err := splitSections(row.private, len(out[i].record.Commitments))
		if err != nil {
			continue
		}
		for _, s := range sealed {
			ids[s.key] = true
		}
	}
	keys, err := l.openKeys(ctx, q, org, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].sections = openSections(out[i].record, out[i].row.private, keys)
	}
	return out, nil
}
