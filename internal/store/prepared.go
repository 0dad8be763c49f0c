package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Limits of the statements that one connection keeps prepared. Parsing costs SQLite several times what running a small statement
// does, and the program has a few hundred statements that it runs again and again.
const (
	keptStatements  = 256
	longestKeptText = 8 << 10
)

// openPrepared opens a pool of SQLite connections that keep their statements prepared. It does for the statements of every package
// what pgx does for PostgreSQL.
func openPrepared(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{c}), nil
}

type preparing struct{ driver.Connector }

// Connect opens one connection.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	raw, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's %T lacks methods", c), c.Close())
	}
	return &preparedConn{sqliteConn: raw, idle: map[string]sqliteStmt{}}, nil
}

// The driver's types by what they can do.
type (
	sqliteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.Pinger
		driver.SessionResetter
		driver.Validator
	}
	sqliteStmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
	sqliteRows interface {
		driver.Rows
		driver.RowsColumnTypeDatabaseTypeName
		driver.RowsColumnTypeScanType
	}
)

// preparedConn is a connection with its idle statements by their text. database/sql lets one goroutine at a time use it.
type preparedConn struct {
	sqliteConn

	idle map[string]sqliteStmt
}

// take returns a statement that nobody else uses until put.
func (c *preparedConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's %T lacks methods", s), s.Close())
	}
	return stmt, nil
}

func (c *preparedConn) put(query string, s sqliteStmt) error {
	if _, twice := c.idle[query]; twice || len(query) > longestKeptText {
		return s.Close()
	}
	if len(c.idle) >= keptStatements {
		for other, old := range c.idle { // any one: what is used often comes back
			delete(c.idle, other)
			if err := old.Close(); err != nil {
				return errors.Join(err, s.Close())
			}
			break
		}
	}
	c.idle[query] = s
	return nil
}

// ExecContext runs a statement.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return res, c.put(query, s)
}

// QueryContext runs a query; the statement is free again when its rows are closed.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	rows, ok := r.(sqliteRows)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's %T lacks methods", r), r.Close(), s.Close())
	}
	return &preparedRows{sqliteRows: rows, done: func(failed bool) error {
		if failed {
			return s.Close()
		}
		return c.put(query, s)
	}}, nil
}

// Close closes the connection and its statements.
func (c *preparedConn) Close() error {
	var errs []error
	for _, s := range c.idle {
		errs = append(errs, s.Close())
	}
	clear(c.idle)
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// preparedRows gives its statement back.
type preparedRows struct {
	sqliteRows

	done func(failed bool) error
}

// Close ends the query.
func (r *preparedRows) Close() error {
	err := r.sqliteRows.Close()
	if done := r.done; done != nil {
		r.done = nil
		err = errors.Join(err, done(err != nil))
	}
	return err
}
