package technician

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

func saveOwner(ctx context.Context, tx *store.Tx, org, id string, owner bool, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update technician set owner = $1, platform_role = 'administrator', updated_at = $2, version = version + 1
		where org_id = $3 and id = $4`, owner, store.Time(now), org, id)
	return err
}

func saveAvatar(ctx context.Context, tx *store.Tx, org, id, key string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update technician set avatar = $1, updated_at = $2, version = version + 1 where org_id = $3 and id = $4`, key, store.Time(now), org, id)
	return err
}

// bump gives technicians another version, so that nobody writes over a change that they have not seen.
func bump(ctx context.Context, tx *store.Tx, org string, ids []string, now time.Time) error {
	w := &store.Where{}
	at := w.Arg(store.Time(now))
	w.Add("org_id = ?", org)
	w.In("id", ids)
	_, err := tx.ExecContext(ctx, `update technician set version = version + 1, updated_at = `+at+w.SQL(), w.Args()...)
	return err
}

func saveConsent(ctx context.Context, tx *store.Tx, t Technician, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update technician set sms_consent_at = $1, sms_consent_version = $2, updated_at = $3, version = version + 1
		where org_id = $4 and id = $5`, store.Time(t.SMSConsent.At), t.SMSConsent.TextVersion, store.Time(now), t.OrgID, t.ID)
	return err
}

func insertConsent(ctx context.Context, tx *store.Tx, t Technician, key string, agreed bool, version, address string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into technician_sms_consent (org_id, id, technician_id, agreed, text_version, address, at)
		values ($1, $2, $3, $4, $5, $6, $7)`, t.OrgID, key, t.ID, agreed, version, address, store.Time(now))
	return err
}

func consentingAt(ctx context.Context, q store.Querier, org, phone string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `
		select id from technician where org_id = $1 and phone = $2 and phone <> '' and sms_consent_at is not null order by id`, org, phone)
	if err != nil {
		return nil, fmt.Errorf("find who agreed to messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find who agreed to messages: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// saveCustomers replaces the customers that a technician is assigned to; that they exist has been settled.
func saveCustomers(ctx context.Context, tx *store.Tx, org, id string, customers []string) error {
	if _, err := tx.ExecContext(ctx, `delete from technician_customer where org_id = $1 and technician_id = $2`, org, id); err != nil {
		return fmt.Errorf("assign technician %s: %w", id, err)
	}
	if len(customers) == 0 {
		return nil
	}
	w := &store.Where{}
	at := w.Arg(id)
	w.Add("org_id = ?", org)
	w.In("id", customers)
	_, err := tx.ExecContext(ctx, `
		insert into technician_customer (org_id, technician_id, customer_id) select org_id, `+at+`, id from customer`+w.SQL(), w.Args()...)
	if err != nil {
		return fmt.Errorf("assign technician %s: %w", id, err)
	}
	return nil
}

// knownCustomers refuses customers that are not there.
func knownCustomers(ctx context.Context, q store.Querier, org string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	w := &store.Where{}
	w.Add("org_id = ?", org)
	w.In("id", ids)
	rows, err := q.QueryContext(ctx, `select id from customer`+w.SQL(), w.Args()...)
	if err != nil {
		return fmt.Errorf("look for customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	known := make(map[string]bool, len(ids))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("look for customers: %w", err)
		}
		known[id] = true
	}
	for i, id := range ids {
		if !known[id] {
			return cmp.Or(rows.Err(), noSuchCustomer(i))
		}
	}
	return nil
}
