package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrClaimed takes a Write back whose claim another request already made.
var ErrClaimed = errors.New("another request made this claim first")

// Claim makes a creating request happen once: its row is written in the transaction of the change, so that either both are on disk or
// neither is.
type Claim struct {
	OrgID, Actor, Key string
	Hash              []byte // of the request; the same key with another one is a mistake of the client

	made, lost atomic.Bool
}

// Made says whether the claim is on disk.
func (c *Claim) Made() bool { return c.made.Load() }

// Lost says whether another request made it first.
func (c *Claim) Lost() bool { return c.lost.Load() }

// Claimed is what is known of an earlier request with the same key.
type Claimed struct {
	Hash   []byte
	Answer []byte // nil while the request runs, and when its answer was lost or wiped
	At     time.Time
}

type claimKey struct{}

// WithClaim lets the first Write under ctx make the claim.
func WithClaim(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// Aside lets Writes under ctx be none of the request's own: what records a refusal does not carry the request out, and it is committed even if the
// request was only a rehearsal.
func Aside(ctx context.Context) context.Context {
	return context.WithValue(WithClaim(ctx, nil), rehearsalKey{}, nil)
}

// claiming wraps the fn of a Write, if its ctx carries a claim that no earlier Write made.
func claiming(ctx context.Context, fn func(*Tx) error) func(*Tx) error {
	c, _ := ctx.Value(claimKey{}).(*Claim)
	if c == nil || c.Made() {
		return fn
	}
	return func(tx *Tx) error {
		made, err := Changed(tx.ExecContext(ctx, `
			insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ($1, $2, $3, $4, $5)
			on conflict (org_id, actor, key) do nothing`, c.OrgID, c.Actor, c.Key, c.Hash, Time(Now())))
		if err != nil {
			return fmt.Errorf("claim an idempotency key: %w", err)
		}
		if !made {
			c.lost.Store(true)
			return ErrClaimed
		}
		if err := fn(tx); err != nil {
			return err
		}
		tx.AfterCommit(func() { c.made.Store(true) })
		return nil
	}
}

// FindClaim looks for an earlier request with the key of c; nil if there is none.
func (db *DB) FindClaim(ctx context.Context, c *Claim, now time.Time) (*Claimed, error) {
	var found Claimed
	var until time.Time
	err := db.read.QueryRowContext(ctx, `
		select request_hash, answer, answer_until, created_at from store_idempotency where org_id = $1 and actor = $2 and key = $3`,
		c.OrgID, c.Actor, c.Key).Scan(&found.Hash, &found.Answer, (*Time)(&until), (*Time)(&found.At))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find an idempotency key: %w", err)
	}
	if !until.After(now) {
		found.Answer = nil
	}
	return &found, nil
}

// KeepAnswer keeps the sealed answer of a claimed request for its repetitions.
func (db *DB) KeepAnswer(ctx context.Context, c *Claim, answer []byte, until time.Time) error {
	err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `
			update store_idempotency set answer = $4, answer_until = $5 where org_id = $1 and actor = $2 and key = $3`,
			c.OrgID, c.Actor, c.Key, answer, Time(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the answer of an idempotency key: %w", err)
	}
	return nil
}

// SweepClaims wipes answers whose time is over and forgets claims made before a time.
func (db *DB) SweepClaims(ctx context.Context, now, before time.Time) error {
	err := db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, `update store_idempotency set answer = null, answer_until = null where answer_until <= $1`, Time(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from store_idempotency where created_at < $1`, Time(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep idempotency keys: %w", err)
	}
	return nil
}
