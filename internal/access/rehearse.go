package access

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/store"
)

// Rehearse runs do, which is to change something in the actor's organization, and says what that would do to what people may do; then it is taken
// back. So whatever a change checks is checked, and what it would do is what it did. Do gets a context under which no Write
// commits. Reached says whether it came as far as its Write; if not, there is no effect, and do knows why.
func (g *Guard) Rehearse(ctx context.Context, do func(ctx context.Context)) (effect engine.Effect, reached bool, err error) {
	org := ActorFrom(ctx).OrgID
	e, err := g.Engine(ctx, org)
	if err != nil {
		return effect, false, err
	}
	var from int64
	var tell func(*engine.Writer)
	do(store.WithRehearsal(Looking(ctx), store.Rehearsal{
		Before: func(ctx context.Context, tx *store.Tx) error {
			if tell != nil { // whatever comes after the change
				return store.ErrRehearsed
			}
			return tx.QueryRowContext(ctx, latest).Scan(&from)
		},
		After: func(ctx context.Context, tx *store.Tx) error {
			changed, err := changesIn(ctx, tx, org, from)
			if err != nil {
				return fmt.Errorf("look at a change of rights: %w", err)
			}
			tell, err = read(ctx, tx, org, changed)
			return err
		},
	}))
	if tell == nil {
		return effect, false, nil
	}
	return e.Preview(store.Now(), tell), true, nil
}
