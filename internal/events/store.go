package events

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"countersign.dev/countersign/internal/store"
)

var errGap = errors.New("events were forgotten before they were read")

// appendEvents takes the next numbers and returns the last of them. The lock on the head lasts until the commit.
func appendEvents(ctx context.Context, tx *store.Tx, org string, all []Event, now time.Time) (last int64, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into events_head (org_id, seq) values ($1, $2)
		on conflict (org_id) do update set seq = events_head.seq + excluded.seq
		returning seq`, org, len(all)).Scan(&last)
	if err != nil {
		return 0, err
	}
	for i, e := range all {
		_, err := tx.ExecContext(ctx, `
			insert into events_event (org_id, seq, kind, object_id, customer_id, needs, recipient, data, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			org, last-int64(len(all)-1-i), e.Kind, e.ID, e.CustomerID, e.Needs, e.To, store.JSON[map[string]string]{V: e.Data}, store.Time(now))
		if err != nil {
			return 0, err
		}
	}
	return last, nil
}

func head(ctx context.Context, q store.Querier, org string) (seq int64, err error) {
	err = q.QueryRowContext(ctx, `select seq from events_head where org_id = $1`, org).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// heads returns the head of some organizations, or of all.
func heads(ctx context.Context, q store.Querier, orgs []string) (map[string]int64, error) {
	var w store.Where
	if orgs != nil {
		w.In("org_id", orgs)
	}
	rows, err := q.QueryContext(ctx, `select org_id, seq from events_head`+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int64{}
	for rows.Next() {
		var org string
		var seq int64
		if err := rows.Scan(&org, &seq); err != nil {
			return nil, err
		}
		out[org] = seq
	}
	return out, rows.Err()
}

func oldest(ctx context.Context, q store.Querier, org string) (seq int64, err error) {
	err = q.QueryRowContext(ctx, `select coalesce(min(seq), 0) from events_event where org_id = $1`, org).Scan(&seq)
	return seq, err
}

func eventsAfter(ctx context.Context, q store.Querier, org string, after int64, limit int) (out []Stored, err error) {
	rows, err := q.QueryContext(ctx, `
		select seq, kind, object_id, customer_id, needs, recipient, data from events_event
		where org_id = $1 and seq > $2 order by seq limit $3`, org, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Stored
		var data store.JSON[map[string]string]
		if err := rows.Scan(&e.Seq, &e.Kind, &e.ID, &e.CustomerID, &e.Needs, &e.To, &data); err != nil {
			return nil, err
		}
		e.Data = data.V
		out = append(out, e)
	}
	return out, rows.Err()
}

func deleteEvents(ctx context.Context, tx *store.Tx, org string, seq int64, before time.Time) error {
	_, err := tx.ExecContext(ctx, `
		delete from events_event where org_id = $1 and (seq <= $2 or seq <= (
			select max(seq) from events_event where org_id = $1 and created_at < $3))`, org, seq, store.Time(before))
	return err
}
