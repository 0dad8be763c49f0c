package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// flushTime bounds one flush; a server that takes longer is as good as gone.
const flushTime = 30 * time.Second

var errUnconfirmed = errors.New("PostgreSQL did not confirm that the change is on its disk")

// flusher makes commits durable in groups. Transactions of one organization take turns for the row that holds the head of its audit
// log, and PostgreSQL would keep that row locked until the disk has the commit: a few hundred a second at most, however many connections.
// So they commit without waiting for the disk, which frees the row at once, and then wait here: one synchronous commit, which writes
// the log up to itself, confirms all that came before it.
//
// A confirmation counts only on the connection that was open before the commit: if PostgreSQL crashed in between and lost it, that
// connection is gone.
type flusher struct {
	config *pgx.ConnConfig
	log    *slog.Logger
	queue  chan flushed
	quit   chan struct{}
	done   chan struct{}
	epoch  atomic.Int64 // of the open connection, 0 if there is none
}

// flushed is one committed transaction that waits for the disk.
type flushed struct {
	epoch int64
	err   chan error
}

// startFlusher returns nil if this server cannot do it; commits then wait for the disk one by one.
func startFlusher(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger) *flusher {
	f := &flusher{config: config.Copy(), log: log, queue: make(chan flushed, groupSize), quit: make(chan struct{}), done: make(chan struct{})}
	conn, err := f.connect(ctx)
	if err != nil {
		log.InfoContext(ctx, "the database confirms commits one by one", "err", err)
		return nil
	}
	f.epoch.Store(1)
	go f.run(context.WithoutCancel(ctx), conn)
	return f
}

func (f *flusher) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, f.config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := flush(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// flush commits a record of nothing; its commit waits for the disk.
func flush(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `select pg_logical_emit_message(true, 'countersign', '')`)
	return err
}

// stop confirms what waits and ends.
func (f *flusher) stop() {
	close(f.quit)
	<-f.done
}

// wait returns nil once what was committed while epoch was open is on the disk.
func (f *flusher) wait(epoch int64) error {
	p := flushed{epoch, make(chan error, 1)}
	select {
	case f.queue <- p:
	case <-f.done:
		return errUnconfirmed
	}
	select {
	case err := <-p.err:
		return err
	case <-f.done:
	}
	select {
	case err := <-p.err: // answered last
		return err
	default:
		return errUnconfirmed
	}
}

func (f *flusher) run(ctx context.Context, conn *pgx.Conn) {
	defer close(f.done)
	epoch := int64(1)
	retry := time.NewTicker(time.Second)
	defer retry.Stop()
	for ending := false; !ending; {
		var waiting []flushed
		select {
		case first := <-f.queue:
			waiting = append(waiting, first)
		case <-retry.C:
		case <-f.quit:
			ending = true
		}
		if conn == nil && !ending { // those who committed since it was lost did so on their own
			if conn, _ = f.connect(ctx); conn != nil {
				epoch++
				f.epoch.Store(epoch)
			}
		}
		if waiting = f.others(waiting); len(waiting) == 0 {
			continue
		}
		err := f.confirm(ctx, conn)
		if err != nil {
			f.epoch.Store(0)
			f.log.ErrorContext(ctx, "the database does not confirm commits", "err", err)
			f.close(ctx, conn)
			conn = nil
		}
		for _, p := range waiting {
			if err == nil && p.epoch != epoch {
				p.err <- errUnconfirmed
				continue
			}
			p.err <- err
		}
	}
	f.close(ctx, conn)
}

// others adds those who wait already.
func (f *flusher) others(waiting []flushed) []flushed {
	for len(waiting) < groupSize {
		select {
		case p := <-f.queue:
			waiting = append(waiting, p)
		default:
			return waiting
		}
	}
	return waiting
}

func (f *flusher) confirm(ctx context.Context, conn *pgx.Conn) error {
	if conn == nil {
		return errUnconfirmed
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	if err := flush(ctx, conn); err != nil {
		return errors.Join(errUnconfirmed, err)
	}
	return nil
}

func (f *flusher) close(ctx context.Context, conn *pgx.Conn) {
	if conn != nil {
		_ = conn.Close(ctx) // it is given up either way
	}
}
