package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

const exportBatch = 500

// Export writes the whole log of the actor's organization as JSON Lines, with what VerifyExport checks it by. The export itself is its
// last event. It reads a few hundred events at a time, so that neither memory nor the database feels the size of the log.
func (l *Log) Export(ctx context.Context, w io.Writer) error {
	org, err := organizationOf(ctx)
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	if err := l.Append(ctx, Event{Action: "audit.export"}); err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	last, err := l.Checkpoint(ctx, org)
	if err != nil {
		return err
	}
	e := &exporter{log: l, org: org, size: last.Size, out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	if err := e.run(ctx); err != nil {
		return fmt.Errorf("export the log of %s: %w", org, err)
	}
	return nil
}

type exporter struct {
	log  *Log
	org  string
	size int64
	out  *bufio.Writer
	sum  hash.Hash
	line []byte
}

func (e *exporter) run(ctx context.Context) error {
	header := auditverify.Header{
		Format: auditverify.ExportFormat, Organization: e.org, Size: e.size, ExportedAt: store.Now(), PublicKey: e.log.PublicKey(),
	}
	if err := e.write(header); err != nil {
		return err
	}
	for from := int64(1); from <= e.size; from += exportBatch {
		if err := e.batch(ctx, from, min(from+exportBatch-1, e.size)); err != nil {
			return err
		}
	}
	signed, err := e.log.sign(auditverify.SignatureText(e.org, e.size, e.total()))
	if err != nil {
		return err
	}
	if err := e.write(auditverify.SignatureLine(signed)); err != nil {
		return err
	}
	if err := e.write(auditverify.TrailerLine(e.total())); err != nil {
		return err
	}
	return e.out.Flush()
}

// batch writes what is there, also if it is not what it should be: finding that out is the business of whoever checks the export.
func (e *exporter) batch(ctx context.Context, from, to int64) error {
	q := e.log.db.Read()
	rows, err := eventsFrom(ctx, q, e.org, from, to, exportBatch)
	if err != nil {
		return err
	}
	events, err := e.log.open(ctx, q, e.org, rows)
	if err != nil {
		return err
	}
	checkpoints, err := checkpointsFrom(ctx, q, e.org, from, to, exportBatch)
	if err != nil {
		return err
	}
	for _, event := range events {
		e.line = auditverify.AppendEvent(e.line[:0], event.row.text, event.row.leaf, event.sections)
		if err := e.flush(); err != nil {
			return err
		}
		if len(checkpoints) > 0 && checkpoints[0].size == event.row.seq {
			if err := e.write(auditverify.CheckpointLine(checkpoints[0].note)); err != nil {
				return err
			}
			checkpoints = checkpoints[1:]
		}
	}
	return nil
}

func (e *exporter) total() auditverify.Hash { return auditverify.Hash(e.sum.Sum(nil)) }

func (e *exporter) write(v any) (err error) {
	if e.line, err = auditverify.AppendLine(e.line[:0], v); err != nil {
		return err
	}
	return e.flush()
}

func (e *exporter) flush() error {
	e.sum.Write(e.line)
	_, err := e.out.Write(e.line)
	return err
}
