package usage

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// asked is what a program was told about somebody.
const asked engine.Outcome = "asked"

// A decision must not wait for another one's: the record has parts, and whose decision it is says which.
const (
	parts      = 16
	maxWaiting = 64_000 / parts // different ones of a part
)

// entry tells decisions apart that count apart.
type entry struct {
	org, technician string
	permission      perm.Permission
	on              engine.Target
	outcome         engine.Outcome
	day             int64
}

type tally struct {
	times int64
	at    time.Time
}

// recorder counts decisions in memory and writes them now and then. It is for knowing and no evidence: what comes while too much waits is dropped, and
// what was counted since the last time is lost if the server dies.
type recorder struct {
	db      *store.DB
	log     *slog.Logger
	part    [parts]part
	dropped atomic.Int64
	writing sync.Mutex
}

type part struct {
	mu      sync.Mutex
	waiting map[entry]*tally
	_       [40]byte // its own line of the processor's memory
}

func newRecorder(db *store.DB, log *slog.Logger) *recorder {
	r := &recorder{db: db, log: log}
	for i := range r.part {
		r.part[i].waiting = map[entry]*tally{}
	}
	return r
}

func (r *recorder) note(d access.Decision) {
	e := entry{d.OrgID, d.TechnicianID, d.Permission, d.On, d.Outcome, dayOf(d.At)}
	if n := len(e.technician); n > 0 {
		r.add(e, tally{1, d.At}, &r.part[e.technician[n-1]%parts])
	}
}

func (r *recorder) add(e entry, more tally, p *part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.waiting[e]
	if t == nil {
		if len(p.waiting) >= maxWaiting {
			r.dropped.Add(more.times)
			return
		}
		t = &tally{}
		p.waiting[e] = t
	}
	t.times += more.times
	t.at = later(t.at, more.at)
}

// write writes what waits. What cannot be written waits on, if there is room.
func (r *recorder) write(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if n := r.dropped.Swap(0); n > 0 {
		r.log.WarnContext(ctx, "uses of rights were not recorded: too many waited", "uses", n)
	}
	batch := map[entry]*tally{}
	for i := range r.part {
		p := &r.part[i]
		p.mu.Lock()
		taken := p.waiting
		if len(taken) > 0 {
			p.waiting = make(map[entry]*tally, len(taken))
		}
		p.mu.Unlock()
		maps.Copy(batch, taken)
	}
	if len(batch) == 0 {
		return nil
	}
	err := r.db.Write(ctx, func(tx *store.Tx) error { return record(ctx, tx, batch) })
	if err == nil {
		return nil
	}
	for e, t := range batch {
		r.add(e, *t, &r.part[e.technician[len(e.technician)-1]%parts])
	}
	return fmt.Errorf("record uses of rights: %w", err)
}

func (r *recorder) run(ctx context.Context) error {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			return r.write(end)
		case <-tick.C:
			if err := r.write(ctx); err != nil && ctx.Err() == nil {
				r.log.ErrorContext(ctx, "uses of rights wait to be recorded", "err", err)
			}
		}
	}
}
