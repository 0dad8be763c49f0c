package invitation

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

const columns = `org_id, id, technician_id, email, sent_by, sent_by_name, sent_at, expires_at, accepted_at, revoked_at, revoked_why`

func (i *Invitation) fields() []any {
	return []any{
		&i.OrgID, &i.ID, &i.TechnicianID, &i.Email, &i.SentBy, &i.SentByName, (*store.Time)(&i.SentAt), (*store.Time)(&i.ExpiresAt),
		(*store.Time)(&i.AcceptedAt), (*store.Time)(&i.RevokedAt), &i.RevokedWhy,
	}
}

func insert(ctx context.Context, tx *store.Tx, i Invitation, hash []byte, emailKey string) error {
	_, err := tx.ExecContext(ctx, `
		insert into invitation (org_id, id, technician_id, token_hash, email, email_key, sent_by, sent_by_name, sent_at, expires_at, revoked_why)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '')`,
		i.OrgID, i.ID, i.TechnicianID, hash, i.Email, emailKey, i.SentBy, i.SentByName, store.Time(i.SentAt), store.Time(i.ExpiresAt))
	if err != nil {
		return fmt.Errorf("save the invitation of %s: %w", i.TechnicianID, err)
	}
	return nil
}

// newest is the invitation sent last; the zero one if there is none.
func newest(ctx context.Context, q store.Querier, org, technicianID string) (i Invitation, err error) {
	err = q.QueryRowContext(ctx, `
		select `+columns+` from invitation where org_id = $1 and technician_id = $2 order by id desc limit 1`, org, technicianID).Scan(i.fields()...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return i, fmt.Errorf("find the invitation of %s: %w", technicianID, err)
	}
	return i, nil
}

func byToken(ctx context.Context, q store.Querier, hash []byte) (i Invitation, err error) {
	err = q.QueryRowContext(ctx, `select `+columns+` from invitation where token_hash = $1`, hash).Scan(i.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return i, errUnknown
	}
	if err != nil {
		return i, fmt.Errorf("find an invitation by its link: %w", err)
	}
	return i, nil
}

// spend uses an invitation up, if it is still open and its technician still has the address that it was sent to. Of many at once, one
// gets it.
func spend(ctx context.Context, tx *store.Tx, i Invitation, now time.Time) (bool, error) {
	mine, err := store.Changed(tx.ExecContext(ctx, `
		update invitation set accepted_at = $1
		where org_id = $2 and id = $3 and accepted_at is null and revoked_at is null and expires_at > $1
			and exists (select 1 from technician t where t.org_id = invitation.org_id and t.id = invitation.technician_id
				and t.email_key = invitation.email_key and t.state = 'invitation' and t.status = 'active')`,
		store.Time(now), i.OrgID, i.ID))
	if err != nil {
		return false, fmt.Errorf("spend invitation %s: %w", i.ID, err)
	}
	return mine, nil
}

// revokeOpen ends the open invitations of a technician and returns their ids.
func revokeOpen(ctx context.Context, tx *store.Tx, org, technicianID, why string, now time.Time) (ids []string, err error) {
	rows, err := tx.QueryContext(ctx, `
		update invitation set revoked_at = $1, revoked_why = $2
		where org_id = $3 and technician_id = $4 and accepted_at is null and revoked_at is null and expires_at > $1 returning id`,
		store.Time(now), why, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("revoke the invitations of %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, fmt.Errorf("revoke the invitations of %s: %w", technicianID, err)
		}
		ids = append(ids, key)
	}
	return ids, rows.Err()
}

// preparedCustomers are those that a technician will reach once they have joined, by themselves and through teams.
func preparedCustomers(ctx context.Context, q store.Querier, org, technicianID string) (ids []string, err error) {
	rows, err := q.QueryContext(ctx, `
		select customer_id from technician_customer where org_id = $1 and technician_id = $2
		union
		select c.customer_id from team_member m join team_customer c on c.org_id = m.org_id and c.team_id = m.team_id
		where m.org_id = $1 and m.technician_id = $2`, org, technicianID)
	if err != nil {
		return nil, fmt.Errorf("find the customers of %s: %w", technicianID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find the customers of %s: %w", technicianID, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
