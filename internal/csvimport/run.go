package csvimport

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// batchSize is how many rows share a transaction: enough to pay for it, few enough that others hardly wait.
const batchSize = 500

// row is one row of a file on its way.
type row struct {
	line  int
	cells []string
	bad   error // it cannot be used, whatever the database says
	rec   any   // what the book made of it

	outcome Outcome
	name    string
	target  string
	field   string
	reason  string
	message string
}

// refuse settles that nothing comes of a row.
func (r *row) refuse(err error) {
	r.outcome, r.target = Refused, ""
	r.reason, r.message = "internal", "Something went wrong on our side."
	if e, ok := errors.AsType[*fault.Error](err); ok {
		r.reason, r.message = e.Code, e.Message
		if len(e.Fields) > 0 {
			r.field = fieldOf(e.Fields[0].Pointer)
			r.message = e.Fields[0].Message
		}
	}
}

// fieldOf is the field that a JSON pointer leads into.
func fieldOf(pointer string) string {
	field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if field = strings.TrimSuffix(field, "_id"); field == "platform_role" {
		return "role" // as files call it
	}
	return field
}

// book takes the rows of one kind of file. It is made anew for each batch, with the rights that the importer has then.
type book interface {
	// read makes sense of a row without the database or any rights, and returns what it must not share with another row of the file.
	read(r *row) (keys []string, err error)
	// load looks up all that some rows refer to, as it is in q.
	load(ctx context.Context, q store.Querier, rows []*row) error
	// decide settles whether a row creates, updates or changes nothing.
	decide(ctx context.Context, r *row) error
	// apply does what was decided.
	apply(ctx context.Context, tx *store.Tx, r *row) error
	// tell has the screens load what changed.
	tell(ctx context.Context, tx *store.Tx) error
}

func (s *Service) book(ctx context.Context, i Import) (book, error) {
	if err := s.allowed(ctx, i.Kind); err != nil {
		return nil, err
	}
	if i.Options.CreateCustomers && (i.Kind == Contacts || i.Kind == Devices) {
		if err := s.Guard.Check(ctx, perm.AdminCustomers, access.Object{Type: "organization"}); err != nil {
			return nil, err
		}
	}
	switch i.Kind {
	case Technicians:
		return newTechnicians(ctx, s, i)
	case Customers:
		return newCustomers(ctx, s, i)
	case Devices:
		return newDevices(ctx, s, i)
	}
	return newContacts(ctx, s, i)
}

// worker does one stretch of a check or an import.
type worker struct {
	s      *Service
	run    *task.Run
	i      Import
	apply  bool
	reader book // reads only, beside the books that settle
	seed   maphash.Seed
	seen   map[uint64]int32 // key to line
}

// work is the handler of both tasks. A restart reads the file again up to where it was.
func (s *Service) work(ctx context.Context, r *task.Run) error {
	var o order
	if err := r.Decode(&o); err != nil {
		return err
	}
	i, err := byID(ctx, s.DB.Read(), r.OrgID, o.Import)
	if err != nil {
		return err
	}
	src, err := s.open(ctx, i)
	if err != nil {
		return err
	}
	reader, err := s.book(access.WithActor(ctx, r.Actor), i)
	if err != nil {
		return err
	}
	w := &worker{s: s, run: r, i: i, apply: o.Apply, reader: reader, seed: maphash.MakeSeed(), seen: make(map[uint64]int32, i.Rows)}
	for range r.Done { // an earlier stretch has done them; later rows are still known to repeat them
		if _, err := w.next(src); err != nil {
			return err
		}
	}
	pieces, stop := w.ahead(ctx, src)
	defer stop()
	for end := false; !end; {
		if ctx, err = r.Next(ctx); err != nil {
			return err
		}
		b, err := s.book(ctx, i)
		if err != nil {
			return err
		}
		p := <-pieces
		if p.panic != nil {
			panic(p.panic)
		}
		if end = errors.Is(p.err, io.EOF); p.err != nil && !end {
			return p.err
		}
		if err := w.batch(ctx, b, p.rows); err != nil {
			return err
		}
	}
	return nil
}

// batch settles some rows in one transaction. If that cannot be, the halves are tried, down to the row that is to blame: it stops none of
// the others.
func (w *worker) batch(ctx context.Context, b book, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	err := w.settle(ctx, b, rows)
	if err == nil || errors.Is(err, store.ErrRehearsed) || fault.KindOf(err) == fault.Internal && !store.IsConflict(err) {
		return err
	}
	if len(rows) == 1 {
		rows[0].bad = err
		return w.settle(ctx, b, rows)
	}
	half := len(rows) / 2
	if err := w.batch(ctx, b, rows[:half]); err != nil && !errors.Is(err, store.ErrRehearsed) {
		return err
	}
	return w.batch(ctx, b, rows[half:])
}

// settle decides what becomes of rows and, unless this is a check, does it, together with the progress: a row is done exactly once.
func (w *worker) settle(ctx context.Context, b book, rows []*row) error {
	if !w.apply { // a check holds nobody up while it looks
		if err := w.decide(ctx, b, w.s.DB.Read(), rows); err != nil {
			return err
		}
		return w.s.DB.Write(ctx, func(tx *store.Tx) error { return w.keep(ctx, tx, rows) })
	}
	return w.s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := w.decide(ctx, b, tx, rows); err != nil {
			return err
		}
		changed := false
		for _, r := range rows {
			if r.outcome != Create && r.outcome != Update {
				continue
			}
			if err := b.apply(ctx, tx, r); err != nil {
				return err
			}
			changed = true
		}
		if changed {
			if err := b.tell(ctx, tx); err != nil {
				return err
			}
		}
		return w.keep(ctx, tx, rows)
	})
}

func (w *worker) decide(ctx context.Context, b book, q store.Querier, rows []*row) error {
	var good []*row
	for _, r := range rows {
		r.outcome, r.target, r.field, r.reason, r.message = "", "", "", "", ""
		if r.bad == nil {
			good = append(good, r)
		} else {
			r.refuse(r.bad)
		}
	}
	if err := b.load(ctx, q, good); err != nil {
		return err
	}
	for _, r := range good {
		if err := b.decide(ctx, r); err != nil {
			if fault.KindOf(err) == fault.Internal {
				return err
			}
			r.refuse(err)
		}
	}
	return nil
}

// keep notes what became of rows, and that they are done.
func (w *worker) keep(ctx context.Context, tx *store.Tx, rows []*row) error {
	if w.run == nil { // it is only tried out
		return nil
	}
	var c Counts
	for _, r := range rows {
		switch r.outcome {
		case Create:
			c.Create++
		case Update:
			c.Update++
		case Skip:
			c.Skip++
		default:
			c.Refused++
		}
	}
	if err := insertRows(ctx, tx, w.i, rows); err != nil {
		return err
	}
	if err := count(ctx, tx, w.i, c); err != nil {
		return err
	}
	return w.run.AdvanceIn(ctx, tx, len(rows))
}
