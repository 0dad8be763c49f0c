package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

const (
	saltSize    = auditverify.MinSalt
	maxSection  = 64 << 10
	keyIDSize   = 16
	anonymous   = "anonymous"
	tooLargeKey = "too_large"
)

var errPrivate = errors.New("the private part of the event is damaged")

// section is the personal data that an event tells about one subject.
type section struct {
	Actor  *actorData        `json:"actor,omitempty"`
	Names  map[string]string `json:"names,omitempty"` // of targets, by their place among them
	Before map[string]any    `json:"before,omitempty"`
	After  map[string]any    `json:"after,omitempty"`
	Detail map[string]any    `json:"detail,omitempty"`
}

type actorData struct {
	Name      string `json:"name,omitempty"`
	Address   string `json:"address,omitempty"`
	Device    string `json:"device,omitempty"`
	SessionID string `json:"session_id,omitempty"`
	TokenID   string `json:"token_id,omitempty"`
}

// sectionsOf sorts the personal data of an event by whom it is about, in a fixed order of subjects.
func sectionsOf(p pending, now time.Time) (subjects []string, sections map[string]*section) {
	sections = map[string]*section{}
	of := func(subject string) *section {
		s, ok := sections[subject]
		if !ok {
			s = &section{}
			sections[subject] = s
			subjects = append(subjects, subject)
		}
		return s
	}
	a := p.actor
	if a.Kind != access.SystemKind {
		data := actorData{cut(a.Name), cut(a.Address), cut(a.Device), a.SessionID, a.TokenID}
		if data != (actorData{}) {
			of(actorSubject(a, now)).Actor = &data
		}
	}
	for i, t := range p.event.Targets {
		if t.Name == "" {
			continue
		}
		s := of(targetSubject(t, p.event.CustomerID))
		if s.Names == nil {
			s.Names = map[string]string{}
		}
		s.Names[strconv.Itoa(i)] = cut(t.Name)
	}
	before, after := changed(p.event.Before, p.event.After)
	before, after, detail := clean(before), clean(after), clean(p.event.Detail)
	if len(before)+len(after)+len(detail) > 0 {
		s := of(valueSubject(p, now))
		s.Before, s.After, s.Detail = before, after, detail
	}
	slices.Sort(subjects)
	return subjects, sections
}

// encode returns the bytes that are committed to. What is too long to keep is left out, and says so.
func (s *section) encode() ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode private data: %w", err)
	}
	if len(data) > maxSection {
		short := section{Actor: s.Actor, Detail: map[string]any{tooLargeKey: true}}
		return short.encode()
	}
	return data, nil
}

func person(kind string) bool {
	return kind == string(access.Technician) || kind == string(access.Contact)
}

// actorSubject is whose key the actor's data lies under. Strangers share one key a month.
func actorSubject(a access.Actor, now time.Time) string {
	switch {
	case a.ID == "":
		return anonymous + ":" + now.Format("2006-01")
	case a.Kind == access.Contact:
		return "contact:" + public(a.ID)
	default:
		return "technician:" + public(a.ID)
	}
}

func targetSubject(t Target, customerID string) string {
	switch {
	case person(t.Type) || t.Type == "customer":
		return public(t.Type + ":" + t.ID)
	case customerID != "":
		return "customer:" + public(customerID)
	}
	return "organization"
}

func valueSubject(p pending, now time.Time) string {
	if p.event.Subject != "" {
		return public(p.event.Subject)
	}
	for _, t := range p.event.Targets {
		if person(t.Type) {
			return targetSubject(t, p.event.CustomerID)
		}
	}
	switch {
	case len(p.event.Targets) > 0:
		return targetSubject(p.event.Targets[0], p.event.CustomerID)
	case p.event.CustomerID != "":
		return "customer:" + public(p.event.CustomerID)
	case p.actor.Kind == access.SystemKind:
		return "organization"
	}
	return actorSubject(p.actor, now)
}

// public returns s as it may stand in a record. Ids and codes of the product pass unchanged.
func public(s string) string {
	const limit = 200
	if len(s) <= limit && auditverify.Plain(s) {
		return s
	}
	b := []byte(s[:min(len(s), limit)])
	for i := range b {
		if !auditverify.Plain(string(b[i : i+1])) {
			b[i] = '?'
		}
	}
	return string(b)
}

// sealSections commits to each section and seals it under its subject's key. The sealed bytes are in the order of the commitments.
func (l *Log) sealSections(ctx context.Context, tx *store.Tx, k *keyring, p pending, id string, now time.Time) (commitments []auditverify.Commitment, sealed []byte, err error) {
	subjects, sections := sectionsOf(p, now)
	subjects = slices.DeleteFunc(subjects, func(s string) bool { return k.erased[s] })
	sealed = []byte{}
	for _, subject := range subjects {
		data, err := sections[subject].encode()
		if err != nil {
			return nil, nil, err
		}
		key, err := l.keyOf(ctx, tx, k, subject, now)
		if err != nil {
			return nil, nil, err
		}
		plain := make([]byte, saltSize, saltSize+len(data))
		_, _ = rand.Read(plain) // never fails
		commitments = append(commitments, auditverify.Commitment{Subject: subject, Sum: auditverify.Commit(plain[:saltSize], subject, data)})
		plain = append(plain, data...)
		sealed = append(sealed, key.id[:]...)
		sealed = binary.AppendUvarint(sealed, uint64(len(plain)+key.aead.Overhead()))
		sealed = key.aead.Seal(sealed, nil, plain, sectionPlace(id, subject))
	}
	return commitments, sealed, nil
}

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
		s.sealed = private[used : used+int(length)] //nolint:gosec // at most the length of the slice
		private = private[used+int(length):]        //nolint:gosec // at most the length of the slice
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

// subjectTarget is the thing behind a subject.
func subjectTarget(subject string) Target {
	kind, name, _ := strings.Cut(subject, ":")
	return Target{Type: kind, ID: name}
}
