package csvimport

import (
	"context"
	"hash/maphash"

	"countersign.dev/countersign/internal/csvfile"
)

// piece is the rows of one transaction, as they were read.
type piece struct {
	rows  []*row
	err   error // what ended the reading: io.EOF behind the last row
	panic any
}

// ahead reads the next piece while the present one is in the database. That needs no rights: each piece is settled with those of then.
// stop waits for the reading to end.
func (w *worker) ahead(ctx context.Context, src *csvfile.Reader) (pieces <-chan piece, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan piece)
	go func() {
		defer close(out)
		for {
			p := w.piece(src)
			select {
			case out <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil || p.panic != nil {
				return
			}
		}
	}()
	return out, func() {
		cancel()
		for range out { // until it is closed
		}
	}
}

func (w *worker) piece(src *csvfile.Reader) (p piece) {
	defer func() { p.panic = recover() }() // the one who takes the piece goes on with it
	for len(p.rows) < batchSize && p.err == nil {
		var r *row
		if r, p.err = w.next(src); p.err == nil {
			p.rows = append(p.rows, r)
		}
	}
	return p
}

// next reads a row and settles what needs no database.
func (w *worker) next(src *csvfile.Reader) (*row, error) {
	from, err := src.Next()
	if err != nil {
		return nil, err
	}
	r := &row{line: from.Line, bad: from.Err}
	if r.bad != nil {
		return r, nil
	}
	r.cells = from.Fields
	keys, err := w.reader.read(r)
	if r.bad = err; err != nil {
		return r, nil
	}
	for _, key := range keys {
		hash := maphash.String(w.seed, key)
		if first, ok := w.seen[hash]; ok {
			r.bad = errSame.With("Line " + number(int(first)) + " of this file is about the same.")
			return r, nil
		}
	}
	for _, key := range keys {
		w.seen[maphash.String(w.seed, key)] = int32(r.line) // a file of 64 MB has fewer lines
	}
	return r, nil
}
