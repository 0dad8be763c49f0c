package csvimport

import (
	"context"
	"errors"
	"io"
	"net/http"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

const chunkSize = 512 << 10 // bytes of a file in one row

// Upload keeps a file and reads it once, for its columns and size. What is no table is refused and forgotten.
func (s *Service) Upload(ctx context.Context, k Kind, fileName string, body io.Reader) (i Import, err error) {
	if err := s.allowed(ctx, k); err != nil {
		return i, err
	}
	actor, now := access.ActorFrom(ctx), store.Now()
	i = Import{
		OrgID: actor.OrgID, ID: id.New(), Kind: k, FileName: csvfile.Name(fileName), State: Uploading, CreatedBy: actor.ID, CreatedName: actor.Name,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return insert(ctx, tx, i) }); err != nil {
		return Import{}, err
	}
	if err = s.take(ctx, &i, body); err != nil {
		// The request may be over; what it left is not wanted.
		gone := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return remove(ctx, tx, i) })
		return Import{}, errors.Join(err, gone)
	}
	return i, nil
}

// take keeps the bytes as they come and looks at the rows in passing.
func (s *Service) take(ctx context.Context, i *Import, body io.Reader) error {
	keep := &keeper{ctx: ctx, s: s, i: i}
	src := io.TeeReader(&sized{r: body, left: csvfile.MaxSize}, keep)
	r, err := csvfile.NewReader(src)
	if err != nil {
		return readError(err)
	}
	for _, name := range r.Header() {
		i.Columns = append(i.Columns, columns.Column{Name: name, Samples: []string{}})
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return readError(err)
		}
		i.Rows++
		columns.Sample(i.Columns, row.Fields)
	}
	if i.Rows == 0 {
		return errNoRows
	}
	if err := keep.flush(); err != nil {
		return err
	}
	i.Size, i.Delimiter, i.State = keep.size, r.Delimiter(), Uploaded
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		known, err := remembered(ctx, tx, i.OrgID, i.Kind)
		if err != nil {
			return err
		}
		i.Mapping = columns.Suggest(i.Kind, i.Columns, known)
		if err := update(ctx, tx, i); err != nil {
			return err
		}
		return s.record(ctx, tx, *i, "import.upload", map[string]any{"size": i.Size})
	})
}

// readError keeps what a person can mend; what else breaks a read is a broken connection.
func readError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	if fault.KindOf(err) != fault.Internal || errors.Is(err, errKeep) {
		return err
	}
	return errBroken.Because(err)
}

// sized refuses what is longer than a file may be.
type sized struct {
	r    io.Reader
	left int64
}

// Read is part of io.Reader.
func (s *sized) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if s.left -= int64(n); s.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

var errKeep = errors.New("keep a piece of a file")

// keeper writes a file into the database, piece by piece, so that any node can work on it.
type keeper struct {
	ctx      context.Context //nolint:containedctx // an io.Writer has no other way to it
	s        *Service
	i        *Import
	buf      []byte
	position int64
	size     int64
}

// Write is part of io.Writer.
func (k *keeper) Write(b []byte) (int, error) {
	k.buf = append(k.buf, b...)
	k.size += int64(len(b))
	if len(k.buf) >= chunkSize {
		if err := k.flush(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (k *keeper) flush() error {
	if len(k.buf) == 0 {
		return nil
	}
	err := k.s.DB.Write(k.ctx, func(tx *store.Tx) error { return insertChunk(k.ctx, tx, *k.i, k.position, k.buf) })
	if err != nil {
		return errors.Join(errKeep, err)
	}
	k.position++
	k.buf = k.buf[:0]
	return nil
}

// content reads a file back.
type content struct {
	ctx      context.Context //nolint:containedctx // an io.Reader has no other way to it
	s        *Service
	i        Import
	position int64
	rest     []byte
}

// Read is part of io.Reader.
func (c *content) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		var err error
		if c.rest, err = chunk(c.ctx, c.s.DB.Read(), c.i, c.position); err != nil {
			return 0, err
		}
		c.position++
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// open reads a file again from its start.
func (s *Service) open(ctx context.Context, i Import) (*csvfile.Reader, error) {
	return csvfile.NewReader(&content{ctx: ctx, s: s, i: i})
}
