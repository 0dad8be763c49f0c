package factor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
)

func stateOf(ctx context.Context, q store.Querier, org, technicianID string) (s State, err error) {
	var enrolled store.Time
	err = q.QueryRowContext(ctx, `
		select (select max(enrolled_at) from factor_totp where org_id = $1 and technician_id = $2 and secret is not null),
			(select count(*) from factor_passkey where org_id = $1 and technician_id = $2 and kind = 'passkey'),
			(select count(*) from factor_passkey where org_id = $1 and technician_id = $2 and kind = 'security_key'),
			(select count(*) from factor_recovery where org_id = $1 and technician_id = $2 and used_at is null)`, org, technicianID).
		Scan(&enrolled, &s.Passkeys, &s.SecurityKeys, &s.RecoveryCodesLeft)
	if err != nil {
		return State{}, fmt.Errorf("find the factors of %s: %w", technicianID, err)
	}
	s.EnrolledAt = time.Time(enrolled)
	s.TOTP = !s.EnrolledAt.IsZero()
	return s, nil
}

// lockFactors makes everybody else wait who adds or removes factors of this technician.
func lockFactors(ctx context.Context, tx *store.Tx, who target) error {
	_, err := tx.ExecContext(ctx, `
		insert into factor_totp (org_id, technician_id, last_step) values ($1, $2, 0)
		on conflict (org_id, technician_id) do update set last_step = factor_totp.last_step`, who.orgID, who.technicianID)
	if err != nil {
		return fmt.Errorf("lock the factors of %s: %w", who.technicianID, err)
	}
	return nil
}

func savePending(ctx context.Context, tx *store.Tx, who target, sealed []byte, until time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into factor_totp (org_id, technician_id, last_step, pending, pending_until) values ($1, $2, 0, $3, $4)
		on conflict (org_id, technician_id) do update set pending = excluded.pending, pending_until = excluded.pending_until`,
		who.orgID, who.technicianID, sealed, store.Time(until))
	if err != nil {
		return fmt.Errorf("save a new authenticator app of %s: %w", who.technicianID, err)
	}
	return nil
}

func pendingSecret(ctx context.Context, q store.Querier, who target, now time.Time) (sealed []byte, err error) {
	err = q.QueryRowContext(ctx, `
		select pending from factor_totp where org_id = $1 and technician_id = $2 and pending is not null and pending_until > $3`,
		who.orgID, who.technicianID, store.Time(now)).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errSetup
	}
	if err != nil {
		return nil, fmt.Errorf("find the new authenticator app of %s: %w", who.technicianID, err)
	}
	return sealed, nil
}

// startTOTP puts the app that was pending into use, with the step of its first code used up. Of many at once, one does.
func startTOTP(ctx context.Context, tx *store.Tx, who target, sealed []byte, step int64, now time.Time) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update factor_totp set secret = pending, last_step = $4, enrolled_at = $5, pending = null, pending_until = null
		where org_id = $1 and technician_id = $2 and pending = $3`, who.orgID, who.technicianID, sealed, step, store.Time(now)))
	if err != nil {
		return fmt.Errorf("start the authenticator app of %s: %w", who.technicianID, err)
	}
	if !ok {
		return errSetup
	}
	return nil
}

// totpSecret is the sealed secret of an app in use, or nil.
func totpSecret(ctx context.Context, q store.Querier, who target) (sealed []byte, err error) {
	err = q.QueryRowContext(ctx, `
		select secret from factor_totp where org_id = $1 and technician_id = $2`, who.orgID, who.technicianID).Scan(&sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("find the authenticator app of %s: %w", who.technicianID, err)
	}
	return sealed, nil
}

// spendStep uses the code of a step up, and all before it. Of many at once, one does.
func spendStep(ctx context.Context, tx *store.Tx, who target, step int64) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update factor_totp set last_step = $3 where org_id = $1 and technician_id = $2 and last_step < $3`, who.orgID, who.technicianID, step))
	if err != nil {
		return false, fmt.Errorf("use up a code of %s: %w", who.technicianID, err)
	}
	return ok, nil
}

func deleteTOTP(ctx context.Context, tx *store.Tx, who target) error {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update factor_totp set secret = null, enrolled_at = null where org_id = $1 and technician_id = $2 and secret is not null`,
		who.orgID, who.technicianID))
	if err != nil {
		return fmt.Errorf("remove the authenticator app of %s: %w", who.technicianID, err)
	}
	if !ok {
		return errNoTOTP
	}
	return nil
}

func insertRecovery(ctx context.Context, tx *store.Tx, who target, hash []byte) error {
	_, err := tx.ExecContext(ctx, `
		insert into factor_recovery (org_id, technician_id, code_hash) values ($1, $2, $3)`, who.orgID, who.technicianID, hash)
	if err != nil {
		return fmt.Errorf("save a recovery code of %s: %w", who.technicianID, err)
	}
	return nil
}

// spendRecovery uses a recovery code up. Of many at once, one does.
func spendRecovery(ctx context.Context, tx *store.Tx, who target, hash []byte, now time.Time) (bool, error) {
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update factor_recovery set used_at = $4 where org_id = $1 and technician_id = $2 and code_hash = $3 and used_at is null`,
		who.orgID, who.technicianID, hash, store.Time(now)))
	if err != nil {
		return false, fmt.Errorf("use up a recovery code of %s: %w", who.technicianID, err)
	}
	return ok, nil
}

func deleteRecovery(ctx context.Context, tx *store.Tx, who target) error {
	return deleteFrom(ctx, tx, who, `factor_recovery`)
}

// clearFactors deletes everything that a technician proves the own person with, and what was counted against it.
func clearFactors(ctx context.Context, tx *store.Tx, who target) error {
	for _, table := range []string{"factor_totp", "factor_recovery", "factor_passkey", "factor_challenge", "factor_failure"} {
		if err := deleteFrom(ctx, tx, who, table); err != nil {
			return err
		}
	}
	return nil
}

func deleteFrom(ctx context.Context, tx *store.Tx, who target, table string) error {
	if _, err := tx.ExecContext(ctx, `delete from `+table+` where org_id = $1 and technician_id = $2`, who.orgID, who.technicianID); err != nil {
		return fmt.Errorf("delete %s of %s: %w", table, who.technicianID, err)
	}
	return nil
}

// countFailure adds one wrong code, and says how many there are in a row. It counts nothing if the app is locked, or if a round is full
// whose primary factor was given before it was.
func countFailure(ctx context.Context, tx *store.Tx, who target, primaryAt, now time.Time) (failures int, counted bool, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into factor_failure (org_id, technician_id, failures, failures_round, last_at) values ($1, $2, 1, 1, $4)
		on conflict (org_id, technician_id) do update set
			failures = factor_failure.failures + 1,
			failures_round = case when factor_failure.last_at < $3 then 1 else factor_failure.failures_round + 1 end,
			last_at = excluded.last_at
		where (factor_failure.locked_until is null or factor_failure.locked_until <= $4)
			and (factor_failure.last_at < $3 or factor_failure.failures_round < $5)
		returning failures`, who.orgID, who.technicianID, store.Time(primaryAt), store.Time(now), roundOf).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("count a wrong code of %s: %w", who.technicianID, err)
	}
	return failures, true, nil
}

func lockedUntil(ctx context.Context, q store.Querier, who target) (until time.Time, err error) {
	err = q.QueryRowContext(ctx, `
		select locked_until from factor_failure where org_id = $1 and technician_id = $2`, who.orgID, who.technicianID).Scan((*store.Time)(&until))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("find the lock of %s: %w", who.technicianID, err)
	}
	return until, nil
}

func saveLock(ctx context.Context, tx *store.Tx, who target, until time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update factor_failure set locked_until = $3 where org_id = $1 and technician_id = $2`, who.orgID, who.technicianID, store.Time(until))
	if err != nil {
		return fmt.Errorf("lock the codes of %s: %w", who.technicianID, err)
	}
	return nil
}

func clearFailures(ctx context.Context, tx *store.Tx, who target) error {
	return deleteFrom(ctx, tx, who, `factor_failure`)
}

// affected counts active technicians, and who of them has neither an authenticator app nor a passkey or security key.
func affected(ctx context.Context, q store.Querier, org string) (a signinpolicy.Affected, err error) {
	err = q.QueryRowContext(ctx, `
		select count(*), count(case when administers then 1 end), count(case when bare then 1 end), count(case when administers and bare then 1 end)
		from (
			select t.owner or t.platform_role = 'administrator' as administers,
				not exists (select 1 from factor_totp f where f.org_id = t.org_id and f.technician_id = t.id and f.secret is not null)
				and not exists (select 1 from factor_passkey f where f.org_id = t.org_id and f.technician_id = t.id) as bare
			from technician t where t.org_id = $1 and t.status = 'active' and t.state = 'activated' and t.ui_access) people`, org).
		Scan(&a.Technicians, &a.Administrators, &a.WithoutFactor, &a.AdministratorsWithoutFactor)
	if err != nil {
		return a, fmt.Errorf("count second factors: %w", err)
	}
	return a, nil
}
