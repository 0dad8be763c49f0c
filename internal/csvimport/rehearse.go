package csvimport

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"time"

	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/store"
)

// tryFor is for how long a file is tried out. The rows that were not reached by then are counted, and the preview says that it is about the others.
const tryFor = 15 * time.Second

// rehearse brings the rows of a file in, some in a transaction, which is taken back before the next: no row hangs on another one. As in an import, a row that
// is refused stops none of the others.
func (s *Service) rehearse(ctx context.Context, id string) error {
	i, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	if err := columns.Check(i.Kind, i.Columns, i.Mapping); err != nil {
		return err
	}
	if err := i.ready(Applying); err != nil {
		return err
	}
	src, err := s.open(ctx, i)
	if err != nil {
		return err
	}
	b, err := s.book(ctx, i)
	if err != nil {
		return err
	}
	w := &worker{s: s, i: i, apply: true, reader: b, seed: maphash.MakeSeed(), seen: make(map[uint64]int32, i.Rows)}
	for began, done := time.Now(), 0; ; {
		p := w.piece(src)
		end := errors.Is(p.err, io.EOF)
		switch {
		case p.panic != nil:
			panic(p.panic)
		case p.err != nil && !end:
			return p.err
		case len(p.rows) == 0:
			return store.ErrRehearsed
		}
		if b, err = s.book(ctx, i); err != nil {
			return err
		}
		done += len(p.rows)
		err := w.batch(store.WithPart(ctx, store.Part{Done: done, Of: max(i.Rows, done)}), b, p.rows)
		if !errors.Is(err, store.ErrRehearsed) || end || time.Since(began) > s.tryFor {
			return err
		}
	}
}
