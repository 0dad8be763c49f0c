package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

const (
	checkpointEvery = time.Minute
	verifyEvery     = 24 * time.Hour
	verifyFirst     = time.Minute
)

// Run makes checkpoints every minute, for each log after a thousand events, and a last time when ctx ends; once a day it verifies all
// logs. What it finds wrong goes to the function that Alarm set.
func (l *Log) Run(ctx context.Context) error {
	tick, verify := time.NewTicker(checkpointEvery), time.NewTimer(verifyFirst)
	defer tick.Stop()
	defer verify.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			return l.CheckpointAll(last)
		case org := <-l.due:
			if _, err := l.Checkpoint(ctx, org); err != nil {
				l.alarm(ctx, org, err)
			}
		case <-tick.C:
			_ = l.CheckpointAll(ctx) // each failure was told
		case <-verify.C:
			_ = l.VerifyAll(ctx) // each failure was told
			verify.Reset(verifyEvery)
		}
	}
}

// CheckpointAll makes a checkpoint of every log that grew since its last one.
func (l *Log) CheckpointAll(ctx context.Context) error {
	orgs, err := organizations(ctx, l.db.Read(), true)
	errs := []error{err}
	for _, org := range orgs {
		if _, err := l.Checkpoint(ctx, org); err != nil {
			l.alarm(ctx, org, err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Checkpoint signs how far an organization's log goes now, unless its last checkpoint says so already, and writes it to the head file.
// It refuses to sign a log that does not continue what was signed before.
func (l *Log) Checkpoint(ctx context.Context, org string) (auditverify.Checkpoint, error) {
	var out auditverify.Checkpoint
	var signed string
	err := l.db.Write(ctx, func(tx *store.Tx) error {
		signed = ""
		h, err := reserve(ctx, tx, org, 0)
		if err != nil {
			return err
		}
		if out, err = l.previous(ctx, tx, org); err != nil {
			return err
		}
		if err := l.continues(ctx, tx, h, out); err != nil || out.Size == h.size {
			return err
		}
		tree, err := auditverify.NewTree(h.size, h.hashes)
		if err != nil {
			return err
		}
		root, err := tree.Root()
		if err != nil {
			return err
		}
		out = auditverify.Checkpoint{Organization: org, Size: h.size, Root: root, PreviousSize: out.Size, Previous: out.Root, At: store.Now()}
		if signed, err = l.sign(out.Text()); err != nil {
			return err
		}
		return insertCheckpoint(ctx, tx, org, checkpointRow{out.Size, root[:], out.At, signed})
	})
	if err != nil {
		l.refused(org, err)
		return auditverify.Checkpoint{}, fmt.Errorf("make a checkpoint of the log of %s: %w", org, err)
	}
	if signed != "" {
		if err := l.heads.write(out, signed); err != nil {
			return auditverify.Checkpoint{}, err
		}
	}
	return out, nil
}

// previous is the last checkpoint in the database; before the first one it is that of an empty log.
func (l *Log) previous(ctx context.Context, q store.Querier, org string) (auditverify.Checkpoint, error) {
	row, err := lastCheckpoint(ctx, q, org)
	if err != nil {
		return auditverify.Checkpoint{}, err
	}
	if row == nil {
		return emptyCheckpoint(org)
	}
	c, err := l.check.OpenCheckpoint(row.note)
	if err != nil {
		return auditverify.Checkpoint{}, &BadError{Reason: fmt.Sprintf("the checkpoint of size %d was forged: %v", row.size, err)}
	}
	return c, nil
}

func emptyCheckpoint(org string) (auditverify.Checkpoint, error) {
	tree, err := auditverify.NewTree(0, nil)
	if err != nil {
		return auditverify.Checkpoint{}, err
	}
	root, err := tree.Root()
	return auditverify.Checkpoint{Organization: org, Root: root}, err
}

// continues refuses a log that was cut or rewritten since its last checkpoint, here or in the head file.
func (l *Log) continues(ctx context.Context, q store.Querier, h head, last auditverify.Checkpoint) error {
	known := []auditverify.Checkpoint{last}
	if outside, ok := l.heads.last(h.org); ok {
		known = append(known, outside)
	}
	for _, c := range known {
		if c.Size > h.size {
			return cutOff(h.size, c.Size)
		}
		root, err := rootAt(ctx, q, h.org, c.Size)
		if err != nil {
			return err
		}
		if root != c.Root {
			return &BadError{Reason: fmt.Sprintf("events up to %d are not those that were signed", c.Size)}
		}
	}
	return nil
}

func cutOff(size, signed int64) error {
	return &BadError{Seq: size + 1, Reason: fmt.Sprintf(
		"the log ends with event %d, but a signed head covers %d: its tail was cut off, or an older database was put in its place", size, signed)}
}
