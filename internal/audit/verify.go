package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

const verifyBatch = 1000

// Report says what a verification of a log found to be right.
type Report struct {
	Events       int64
	Root         auditverify.Hash
	Checkpoints  int
	Heads        int // that the head file holds of this log
	ClockSetBack int // how often the clock was seen to go back
}

// VerifyExport checks an export with the installation's public key, or with "" only its tree. See auditverify.VerifyExport.
func VerifyExport(ctx context.Context, r io.Reader, publicKey string) (auditverify.Result, error) {
	var key auditverify.Key
	if publicKey != "" {
		var err error
		if key, err = auditverify.ParseKey(publicKey); err != nil {
			return auditverify.Result{}, err
		}
	}
	return auditverify.VerifyExport(ctx, r, key)
}

// Status is what is known of a log without reading it.
type Status struct {
	Size         int64
	Root         auditverify.Hash
	CheckpointAt time.Time // zero before the first
	OK           bool      // nothing was found wrong since this process started
	VerifiedAt   time.Time // zero before the first verification of this process
}

// verification is the result of the last one.
type verification struct {
	at  time.Time
	bad error
}

// Status returns how far an organization's log goes, and what its last verification said.
func (l *Log) Status(ctx context.Context, org string) (Status, error) {
	h, err := readHead(ctx, l.db.Read(), org)
	if err != nil {
		return Status{}, err
	}
	s := Status{Size: h.size}
	tree, damage := auditverify.NewTree(h.size, h.hashes)
	if damage == nil {
		if s.Root, err = tree.Root(); err != nil {
			return Status{}, err
		}
	}
	last, err := lastCheckpoint(ctx, l.db.Read(), org)
	if err != nil {
		return Status{}, err
	}
	if last != nil {
		s.CheckpointAt = last.at
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.OK, s.VerifiedAt = damage == nil && l.states[org].bad == nil, l.states[org].at
	return s, nil
}

// refused remembers that a checkpoint was refused because of what is in the log.
func (l *Log) refused(org string, err error) {
	if _, ok := errors.AsType[*BadError](err); ok {
		l.remember(org, err)
	}
}

func (l *Log) remember(org string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states[org] = verification{store.Now(), err}
}

// VerifyAll verifies every log, also one that only the head file knows of any more.
func (l *Log) VerifyAll(ctx context.Context) error {
	orgs, err := organizations(ctx, l.db.Read(), false)
	errs := []error{err}
	for _, org := range l.heads.organizations() {
		if !slices.Contains(orgs, org) {
			orgs = append(orgs, org)
		}
	}
	for _, org := range orgs {
		if _, err := l.Verify(ctx, org); err != nil {
			l.alarm(ctx, org, err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (f *headFile) organizations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.newest))
}

// Verify computes an organization's whole log anew and compares everything that is kept of it, in the database and in the head file.
// The error is a *BadError with the first event that was altered, removed or put out of order.
func (l *Log) Verify(ctx context.Context, org string) (Report, error) {
	report, err := l.verify(ctx, org)
	if _, bad := errors.AsType[*BadError](err); bad || err == nil {
		l.remember(org, err)
	}
	if err != nil {
		return Report{}, fmt.Errorf("verify the log of %s: %w", org, err)
	}
	return report, nil
}

func (l *Log) verify(ctx context.Context, org string) (Report, error) {
	q := l.db.Read()
	// What is appended meanwhile moves head and events together: an event behind the head was there before it.
	newest, err := lastSeq(ctx, q, org)
	if err != nil {
		return Report{}, err
	}
	h, err := readHead(ctx, q, org)
	if err != nil {
		return Report{}, err
	}
	v, err := newVerifier(l, h)
	if err != nil {
		return Report{}, err
	}
	if err := v.loadHeads(); err != nil {
		return Report{}, err
	}
	for v.tree.Size() < h.size {
		if err := v.batch(ctx, q); err != nil {
			return Report{}, err
		}
	}
	if newest > h.size {
		return Report{}, &BadError{Seq: h.size + 1, Reason: "the event is behind the end of the log"}
	}
	if err := v.end(ctx, q); err != nil {
		return Report{}, err
	}
	return v.report, nil
}
