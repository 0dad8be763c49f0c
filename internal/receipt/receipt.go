// Package receipt hands out signed statements of ended verifications, which anybody who has the public key can check without us.
package receipt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/receipt/receiptverify"
	"countersign.dev/countersign/internal/store"
)

const (
	// maxExports bounds how many files of all receipts of a contact are written at once.
	maxExports = 4
	// pageSize is how many verifications are in memory at once.
	pageSize = 100
	// maxEvents is more than one verification leaves in the audit log.
	maxEvents = 200
)

// The areas of actions in the audit log, which are the types of targets too.
const (
	endUser    = "verification"
	technician = "technician_verification"
)

var (
	errNotFound    = fault.New(fault.NotFound, "receipt.not_found", "There is no such verification, or you may not see it.")
	errNotEnded    = fault.New(fault.Conflict, "receipt.not_ended", "This verification is still open. It has a receipt once it has ended.")
	errNotRecorded = fault.New(fault.Conflict, "receipt.not_recorded", "The audit log does not hold the start and the end of this verification, so there is nothing to prove.")
	errBroken      = fault.New(fault.Conflict, "receipt.log_broken", "The audit log does not continue what was signed before, so nothing is signed. Have the installation checked.")
	errBusy        = fault.New(fault.Limited, "receipt.busy", "Several exports are running. Try again in a minute.").After(time.Minute)
)

// Service writes receipts.
type Service struct {
	db      *store.DB
	guard   *access.Guard
	log     *audit.Log
	exports chan struct{}
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log) *Service {
	return &Service{db: db, guard: guard, log: log, exports: make(chan struct{}, maxExports)}
}

// OfVerification returns the receipt of an ended end-user verification: one line of JSON. That it was taken is an event.
func (s *Service) OfVerification(ctx context.Context, id string) ([]byte, error) {
	return s.one(ctx, endUser, id)
}

// OfRequest returns the receipt of an ended technician verification.
func (s *Service) OfRequest(ctx context.Context, id string) ([]byte, error) {
	return s.one(ctx, technician, id)
}

func (s *Service) one(ctx context.Context, area, id string) ([]byte, error) {
	v, err := find(ctx, s.db.Read(), area, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return nil, err
	}
	if err := s.guard.Check(ctx, perm.VerificationRun, access.Object{Type: endUser, CustomerID: v.customerID}); err != nil {
		return nil, err
	}
	text, err := s.write(ctx, v)
	if err != nil {
		return nil, err
	}
	return text, s.log.Append(ctx, audit.Event{
		Action: "receipt.download", CustomerID: v.customerID, TicketID: v.ticketID, Targets: []audit.Target{{Type: area, ID: v.id}, {Type: "contact", ID: v.contactID}},
	})
}

// Evidence writes the receipts of all ended verifications of a contact, both directions, newest first in each, as lines that prove
// together that none is missing. A verification that the audit log does not know has none.
func (s *Service) Evidence(ctx context.Context, contactID string, w io.Writer) error {
	c, err := contact.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, contactID)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.VerificationRun, access.Object{Type: "contact", ID: c.ID, CustomerID: c.CustomerID}); err != nil {
		return err
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errBusy
	}
	n, err := s.bundle(ctx, c, w)
	if n == 0 && err != nil {
		return err
	}
	e := audit.Event{
		Action: "receipt.export", CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}}, Detail: map[string]any{"receipts": n},
	}
	if err != nil {
		e.Outcome, e.Reason = audit.Error, "incomplete"
	}
	// Whoever breaks off has still read what came before.
	return errors.Join(err, s.log.Append(context.WithoutCancel(ctx), e))
}

func (s *Service) bundle(ctx context.Context, c contact.Contact, w io.Writer) (n int, err error) {
	o, err := organization.ByID(ctx, s.db.Read(), c.OrgID)
	if err != nil {
		return 0, err
	}
	head := receiptverify.Header{
		Format: receiptverify.EvidenceFormat, Organization: receiptverify.Named{ID: o.ID, Name: o.Name}, ContactID: c.ID, ExportedAt: store.Now(),
	}
	size, err := s.log.Size(ctx, c.OrgID)
	if err != nil {
		return 0, err
	}
	if err := s.cover(ctx, c.OrgID, size); err != nil {
		return 0, err // before the first byte, so that it can be answered
	}
	b, line, err := receiptverify.NewBundle(head, s.sign(c.OrgID))
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(line); err != nil {
		return 0, err
	}
	for _, area := range []string{endUser, technician} {
		for before := ""; ; {
			page, err := ofContact(ctx, s.db.Read(), area, c.OrgID, c.ID, before, pageSize)
			if err != nil {
				return n, err
			}
			for _, v := range page {
				text, err := s.write(ctx, v)
				if errors.Is(err, errNotRecorded) {
					continue
				}
				if err != nil {
					return n, err
				}
				if _, err := w.Write(b.Add(text)); err != nil {
					return n, err
				}
				n++
			}
			if len(page) < pageSize {
				break
			}
			before = page[len(page)-1].id
		}
	}
	if line, err = b.Close(); err != nil {
		return n, err
	}
	_, err = w.Write(line)
	return n, err
}

func (s *Service) sign(org string) receiptverify.Sign {
	return func(what string, sum auditverify.Hash) (string, error) { return s.log.Attest(org, what, sum) }
}

// write makes the receipt of a verification that the actor may see.
func (s *Service) write(ctx context.Context, v verification) ([]byte, error) {
	if !v.ended {
		return nil, errNotEnded
	}
	seqs, err := s.events(ctx, v)
	if err != nil {
		return nil, err
	}
	told := make([]audit.Disclosure, len(seqs))
	for i, seq := range seqs {
		if told[i], err = s.log.Disclose(ctx, v.orgID, seq); err != nil {
			return nil, err
		}
		if told[i].Checkpoint != told[0].Checkpoint { // one was signed meanwhile
			return s.write(ctx, v)
		}
	}
	return receiptverify.Encode(s.statement(v, told), s.sign(v.orgID))
}

// events are the places in the log of the start, the claim if there was one, and the end. The last of them is covered by a checkpoint.
func (s *Service) events(ctx context.Context, v verification) ([]int64, error) {
	found, err := s.log.Find(ctx, v.orgID, audit.Filter{TargetID: v.id, Areas: []string{v.area}}, 0, maxEvents)
	if err != nil {
		return nil, err
	}
	var start, claim, end int64
	for _, e := range found { // newest first: the oldest of each kind stays
		switch {
		case e.Outcome == string(audit.Success) && (e.Action == "verification.start" || e.Action == "technician_verification.request"):
			start = e.Seq
		case e.Outcome == string(audit.Success) && e.Action == "technician_verification.claimed":
			claim = e.Seq
		case v.area == endUser && e.Reason == v.state, v.area == technician && e.Action == "technician_verification."+v.state:
			end = e.Seq
		}
	}
	if start == 0 || end <= start {
		return nil, errNotRecorded
	}
	seqs := []int64{start, end}
	if claim != 0 {
		seqs = []int64{start, claim, end}
	}
	return seqs, s.cover(ctx, v.orgID, end)
}

// cover has a checkpoint signed unless the last one covers an event, so that no receipt has to wait for one.
func (s *Service) cover(ctx context.Context, org string, seq int64) error {
	covered, err := s.log.Covered(ctx, org)
	if err != nil || covered >= seq {
		return err
	}
	_, err = s.log.Checkpoint(ctx, org)
	if bad, ok := errors.AsType[*audit.BadError](err); ok {
		return errBroken.Because(bad)
	}
	if err != nil {
		return fmt.Errorf("sign the head for a receipt: %w", err)
	}
	return nil
}
