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
		s := of(nameSubject(t, p.event))
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

// nameSubject is whose key the name of a target lies under. What a ticket is called may name whom it is about, so it goes with the contact.
func nameSubject(t Target, e Event) string {
	if i := slices.IndexFunc(e.Targets, func(o Target) bool { return o.Type == string(access.Contact) }); t.Type == "ticket" && i >= 0 {
		t = e.Targets[i]
	}
	return targetSubject(t, e.CustomerID)
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

// told is what an event tells about each of its subjects.
type told struct {
	subjects []string
	data     [][]byte // encoded sections, in the order of subjects
	err      error
	panic    any
}

func tell(p pending, erased map[string]bool, now time.Time) (t told) {
	subjects, sections := sectionsOf(p, now)
	for _, s := range subjects {
		if erased[s] {
			continue
		}
		data, err := sections[s].encode()
		if err != nil {
			return told{err: err}
		}
		t.subjects, t.data = append(t.subjects, s), append(t.data, data)
	}
	return t
}

// tellAll returns what calls tell for one event after the other. Of many it tells the next while the caller has the last in the database.
func tellAll(events []pending, erased map[string]bool, now time.Time) func() told {
	if len(events) < 16 {
		return func() told {
			p := events[0]
			events = events[1:]
			return tell(p, erased, now)
		}
	}
	out := make(chan told, len(events)) // so that nobody has to take them all
	go func() {
		defer close(out)
		defer func() {
			if p := recover(); p != nil {
				out <- told{panic: p}
			}
		}()
		for _, p := range events {
			out <- tell(p, erased, now)
		}
	}()
	return func() told {
		t := <-out
		if t.panic != nil {
			panic(t.panic)
		}
		return t
	}
}

// sealSections commits to each section and seals it under its subject's key. The sealed bytes are in the order of the commitments.
func (l *Log) sealSections(ctx context.Context, tx *store.Tx, k *keyring, t told, id string, now time.Time) (commitments []auditverify.Commitment, sealed []byte, err error) {
	if t.err != nil {
		return nil, nil, t.err
	}
	sealed = []byte{}
	for i, subject := range t.subjects {
		data := t.data[i]
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

// subjectTarget is the thing behind a subject.
func subjectTarget(subject string) Target {
	kind, name, _ := strings.Cut(subject, ":")
	return Target{Type: kind, ID: name}
}
