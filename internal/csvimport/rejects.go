package csvimport

import (
	"context"
	"errors"
	"io"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/store"
)

// Rejects writes the rows that were refused, with the columns of the file and why: mended, they can be uploaded again.
func (s *Service) Rejects(ctx context.Context, id string, out io.Writer) error {
	i, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	src, err := s.open(ctx, i)
	if err != nil {
		return err
	}
	w := csvfile.NewWriter(out)
	if err := w.Write(append(src.Header(), "import_line", "import_field", "import_reason")...); err != nil {
		return err
	}
	page := store.Page{Limit: batchSize}
	for {
		found, next, err := results(ctx, s.DB.Read(), i, Refused, page)
		if err != nil {
			return err
		}
		for _, r := range found {
			fields, err := seek(src, r.Line)
			if err != nil {
				return err
			}
			if err := w.Write(append(fields, number(r.Line), r.Field, r.Message)...); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			return w.Flush()
		}
	}
}

// seek reads on to the row that begins on a line; of one that cannot be read nothing is left.
func seek(src *csvfile.Reader, line int) ([]string, error) {
	fields := make([]string, len(src.Header()))
	for {
		r, err := src.Next()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		if r.Line < line {
			continue
		}
		for n := range min(len(fields), len(r.Fields)) {
			fields[n] = csvfile.Restore(r.Fields[n]) // the writer neutralizes it again
		}
		return fields, nil
	}
}
