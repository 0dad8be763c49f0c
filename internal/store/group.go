package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Limits of one group: whichever is reached first commits it.
const (
	groupSize = 128
	groupTime = 4 * time.Millisecond
)

var errClosed = errors.New("the database is closed")

// groupWriter runs the writes of SQLite one after the other and commits those that wait together in one fsynced transaction.
// Each write has a savepoint of its own, so that one that fails takes nobody else with it.
type groupWriter struct {
	db    *sql.DB
	watch *watch
	queue chan *pending
	done  chan struct{}

	closing sync.RWMutex
	closed  bool
}

// pending is one call of Write on its way through a group.
type pending struct {
	ctx   context.Context
	fn    func(*Tx) error
	tx    *Tx
	err   error
	panic any
	ready chan struct{}
}

func startGroupWriter(db *sql.DB, w *watch) *groupWriter {
	g := &groupWriter{db: db, watch: w, queue: make(chan *pending, groupSize), done: make(chan struct{})}
	go g.run()
	return g
}

// stop lets the writes that were accepted finish.
func (g *groupWriter) stop() {
	g.closing.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.closing.Unlock()
	<-g.done
}

func (g *groupWriter) write(ctx context.Context, fn func(*Tx) error) error {
	p := &pending{ctx: ctx, fn: fn, ready: make(chan struct{})}
	g.closing.RLock()
	if g.closed {
		g.closing.RUnlock()
		return errClosed
	}
	g.queue <- p
	g.closing.RUnlock()
	<-p.ready
	if p.panic != nil {
		panic(p.panic)
	}
	if p.err != nil {
		return p.err
	}
	p.tx.runAfterCommit()
	return nil
}

func (g *groupWriter) run() {
	defer close(g.done)
	for first := range g.queue {
		members := g.commit(first)
		for _, p := range members {
			close(p.ready)
		}
	}
}

// commit runs first and whoever waits behind it in one transaction and returns them all, each with its result.
func (g *groupWriter) commit(first *pending) []*pending {
	members := []*pending{first}
	fail := func(err error) []*pending {
		for _, p := range members {
			if p.err == nil {
				p.err = err
			}
		}
		return members
	}
	// The group outlives any one caller's context.
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		return fail(fmt.Errorf("begin: %w", err))
	}
	// Nobody has joined yet, so that the transaction itself is what takes back the changes of the first.
	if runFirst(tx, first, g.watch); first.err != nil || first.panic != nil {
		if err := tx.Rollback(); err != nil {
			first.err = errors.Join(first.err, fmt.Errorf("roll back: %w", err))
		}
		return members
	}
	for deadline := time.Now().Add(groupTime); len(members) < groupSize && time.Now().Before(deadline); {
		p := g.next()
		if p == nil {
			break
		}
		members = append(members, p)
		if err := runInSavepoint(tx, p, g.watch); err != nil {
			return fail(errors.Join(err, tx.Rollback()))
		}
	}
	if err := tx.Commit(); err != nil {
		return fail(fmt.Errorf("commit: %w", err))
	}
	return members
}

// next returns a write that already waits, or nil.
func (g *groupWriter) next() *pending {
	select {
	case p := <-g.queue:
		return p // nil once the queue is closed
	default:
		return nil
	}
}

// runFirst runs the first of a group. Without a savepoint SQLite need not keep the pages that it changes a second time.
func runFirst(tx *sql.Tx, p *pending, w *watch) {
	if p.err = p.ctx.Err(); p.err == nil {
		p.run(tx, w)
	}
}

func (p *pending) run(tx *sql.Tx, w *watch) {
	defer func() { p.panic = recover() }()
	p.tx = newTx(tx, w)
	p.err = p.tx.run(p.ctx, p.fn)
}

// runInSavepoint runs p and keeps or takes back its changes. An error means that the whole transaction is lost.
func runInSavepoint(tx *sql.Tx, p *pending, w *watch) error {
	if p.err = p.ctx.Err(); p.err != nil {
		return nil
	}
	ctx := context.Background()
	if _, err := tx.ExecContext(ctx, "savepoint write"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	p.run(tx, w)
	if p.err != nil || p.panic != nil {
		// SQLite takes the whole transaction back on a full disk or an I/O error; then this fails, and so does the group.
		if _, err := tx.ExecContext(ctx, "rollback to write"); err != nil {
			return fmt.Errorf("roll back one write: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "release write"); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}
