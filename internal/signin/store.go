package signin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// account is a technician as sign-in sees one. The zero account is a name that nobody has.
type account struct {
	orgID, orgName string
	id, name       string
	email          string
	role           perm.Role
	owner          bool
	mayAct         bool // active, activated, and so is the organization
	console        bool // may use the console, not the API alone
	epoch          int64
	hash           string
	mustChange     bool
	passwordAt     time.Time

	factorRequired            bool      // by the technician's own setting
	factorSince               time.Time // when a second factor was first demanded
	networks                  store.JSON[[]netip.Prefix]
	idleMinutes, sessionHours int // 0: the organization's
}

// mayActColumn says in SQL who may act, for each question of this slice.
const mayActColumn = `(t.status = 'active' and t.state = 'activated' and o.status = 'active')`

const accountColumns = `
	select t.org_id, o.name, t.id, t.display_name, t.email, t.platform_role, t.owner, ` + mayActColumn + `, t.ui_access,
		coalesce(a.epoch, 0), coalesce(a.password_hash, ''), coalesce(a.must_change, false), a.password_at,
		t.mfa_required, a.factor_since, t.allowed_networks, t.idle_minutes, t.session_hours
	from technician t join organization o on o.id = t.org_id
	left join signin_account a on a.org_id = t.org_id and a.technician_id = t.id`

func (a *account) fields() []any {
	return []any{
		&a.orgID, &a.orgName, &a.id, &a.name, &a.email, &a.role, &a.owner, &a.mayAct, &a.console,
		&a.epoch, &a.hash, &a.mustChange, (*store.Time)(&a.passwordAt),
		&a.factorRequired, (*store.Time)(&a.factorSince), &a.networks, &a.idleMinutes, &a.sessionHours,
	}
}

// organizationFor is the organization that a sign-in names, or the only one there is, or "".
func organizationFor(ctx context.Context, q store.Querier, slug string) (org string, err error) {
	var n int
	err = q.QueryRowContext(ctx, `
		select count(*), coalesce(min(id), '') from organization where $1 = '' or slug = $1`, slug).Scan(&n, &org)
	if n != 1 {
		org = ""
	}
	return org, err
}

// findAccount looks an email up, in one organization or, if none is named, in all: then the oldest account of that email is meant. It is
// zero if there is none.
func findAccount(ctx context.Context, q store.Querier, org, slug, email string) (a account, err error) {
	w := store.Where{}
	w.Add("t.email_key = ?", email)
	if org != "" || slug != "" {
		w.Add("t.org_id = ?", org)
	}
	err = q.QueryRowContext(ctx, accountColumns+w.SQL()+" order by t.created_at, t.id limit 1", w.Args()...).Scan(a.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, nil
	}
	if err != nil {
		return account{}, fmt.Errorf("find account: %w", err)
	}
	return a, nil
}

func accountByID(ctx context.Context, q store.Querier, org, technicianID string) (account, error) {
	var a account
	err := q.QueryRowContext(ctx, accountColumns+" where t.org_id = $1 and t.id = $2", org, technicianID).Scan(a.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, errNotFound
	}
	if err != nil {
		return account{}, fmt.Errorf("find account %s: %w", technicianID, err)
	}
	return a, nil
}

// lockEpoch makes the account if it is new, and reports whether its epoch is still the one that the caller saw. Until the end of the
// transaction nobody else can start or end sessions of this technician.
func lockEpoch(ctx context.Context, tx *store.Tx, a account) error {
	if _, err := tx.ExecContext(ctx, `
		insert into signin_account (org_id, technician_id, epoch, password_hash, must_change) values ($1, $2, 0, '', false)
		on conflict (org_id, technician_id) do nothing`, a.orgID, a.id); err != nil {
		return fmt.Errorf("make account %s: %w", a.id, err)
	}
	ok, err := store.Changed(tx.ExecContext(ctx, `
		update signin_account set epoch = epoch where org_id = $1 and technician_id = $2 and epoch = $3`, a.orgID, a.id, a.epoch))
	if err != nil {
		return fmt.Errorf("lock account %s: %w", a.id, err)
	}
	if !ok {
		return errRefused
	}
	return nil
}

func nextEpoch(ctx context.Context, tx *store.Tx, org, technicianID string) (epoch int64, err error) {
	err = tx.QueryRowContext(ctx, `
		insert into signin_account (org_id, technician_id, epoch, password_hash, must_change) values ($1, $2, 1, '', false)
		on conflict (org_id, technician_id) do update set epoch = signin_account.epoch + 1
		returning epoch`, org, technicianID).Scan(&epoch)
	if err != nil {
		return 0, fmt.Errorf("new epoch of %s: %w", technicianID, err)
	}
	return epoch, nil
}

func savePassword(ctx context.Context, tx *store.Tx, org, technicianID, hash string, mustChange bool, now time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_account (org_id, technician_id, epoch, password_hash, must_change, password_at) values ($1, $2, 0, $3, $4, $5)
		on conflict (org_id, technician_id) do update
		set password_hash = excluded.password_hash, must_change = excluded.must_change, password_at = excluded.password_at`,
		org, technicianID, hash, mustChange, store.Time(now))
	if err != nil {
		return fmt.Errorf("save password of %s: %w", technicianID, err)
	}
	return nil
}

func saveFactorSince(ctx context.Context, tx *store.Tx, org, technicianID string, since time.Time) error {
	_, err := tx.ExecContext(ctx, `
		update signin_account set factor_since = $1 where org_id = $2 and technician_id = $3`, store.Time(since), org, technicianID)
	if err != nil {
		return fmt.Errorf("note that a second factor is asked of %s: %w", technicianID, err)
	}
	return nil
}

// keepFormer keeps the hash that a technician has now among the former ones, of which the last few stay.
func keepFormer(ctx context.Context, tx *store.Tx, org, technicianID, key string, last int) error {
	if _, err := tx.ExecContext(ctx, `
		insert into signin_password (org_id, id, technician_id, password_hash)
		select org_id, $3, technician_id, password_hash from signin_account
		where org_id = $1 and technician_id = $2 and password_hash <> '' and $4 > 0`, org, technicianID, key, last); err != nil {
		return fmt.Errorf("keep the former password of %s: %w", technicianID, err)
	}
	if _, err := tx.ExecContext(ctx, `
		delete from signin_password where org_id = $1 and technician_id = $2 and id not in (
			select id from signin_password where org_id = $1 and technician_id = $2 order by id desc limit $3)`,
		org, technicianID, last); err != nil {
		return fmt.Errorf("forget former passwords of %s: %w", technicianID, err)
	}
	return nil
}

// formerHashes are those of the passwords that a technician may not take again: the one of now and the last few before.
func formerHashes(ctx context.Context, q store.Querier, org, technicianID string, last int) ([]string, error) {
	return texts(q.QueryContext(ctx, `
		select password_hash from signin_account where org_id = $1 and technician_id = $2 and password_hash <> ''
		union all
		select password_hash from (
			select password_hash from signin_password where org_id = $1 and technician_id = $2 order by id desc limit $3) former`,
		org, technicianID, last))
}

// upgradeHash replaces a hash by one of the same password, unless the password was changed meanwhile.
func upgradeHash(ctx context.Context, tx *store.Tx, a account, hash string) error {
	_, err := tx.ExecContext(ctx, `
		update signin_account set password_hash = $1 where org_id = $2 and technician_id = $3 and password_hash = $4`, hash, a.orgID, a.id, a.hash)
	if err != nil {
		return fmt.Errorf("upgrade password hash of %s: %w", a.id, err)
	}
	return nil
}

// claimSetup is a conflict if the installation was set up before; whoever sets it up at the same moment waits for this transaction.
func claimSetup(ctx context.Context, tx *store.Tx, now time.Time) error {
	exists, err := anyOrganization(ctx, tx)
	if err != nil {
		return err
	}
	if exists {
		return errSetupDone
	}
	_, err = tx.ExecContext(ctx, `insert into signin_setup (org_id, only_one, at) values ('', 1, $1)`, store.Time(now))
	if store.IsConflict(err) {
		return errSetupDone
	}
	if err != nil {
		return fmt.Errorf("claim set-up: %w", err)
	}
	return nil
}

func nameSetup(ctx context.Context, tx *store.Tx, org string) error {
	if _, err := tx.ExecContext(ctx, `update signin_setup set org_id = $1`, org); err != nil {
		return fmt.Errorf("note the first organization: %w", err)
	}
	return nil
}

func anyOrganization(ctx context.Context, q store.Querier) (bool, error) {
	var n int
	if err := q.QueryRowContext(ctx, `select count(*) from organization`).Scan(&n); err != nil {
		return false, fmt.Errorf("count organizations: %w", err)
	}
	return n > 0, nil
}

// countFailure adds one failure ahead of the attempt and returns the counter with the limits that held before it. A counter that started
// before since, or whose lock is over, begins anew; a zero since means that only a success ends it.
// The row stays locked until the transaction ends, so that parallel attempts are counted one by one.
func countFailure(ctx context.Context, tx *store.Tx, k failureKey, now, since time.Time) (counter, error) {
	over := now
	if since.IsZero() {
		over = time.Time{}
	}
	var c counter
	err := tx.QueryRowContext(ctx, `
		insert into signin_failure (org_id, account, network, failures, started_at, last_at) values ($1, $2, $3, 1, $4, $4)
		on conflict (org_id, account, network) do update set
			failures = case when signin_failure.started_at <= $5 or signin_failure.locked_until <= $6 then 1 else signin_failure.failures + 1 end,
			started_at = case when signin_failure.started_at <= $5 or signin_failure.locked_until <= $6 then $4 else signin_failure.started_at end,
			last_at = excluded.last_at
		returning failures, not_before, locked_until`,
		k.org, k.account, k.network, store.Time(now), store.Time(since), store.Time(over)).
		Scan(&c.failures, (*store.Time)(&c.notBefore), (*store.Time)(&c.locked))
	if err != nil {
		return counter{}, fmt.Errorf("count a failed sign-in: %w", err)
	}
	return c, nil
}

func saveCounter(ctx context.Context, tx *store.Tx, k failureKey, c counter) error {
	_, err := tx.ExecContext(ctx, `
		update signin_failure set failures = $4, not_before = $5, locked_until = $6 where org_id = $1 and account = $2 and network = $3`,
		k.org, k.account, k.network, c.failures, store.Time(c.notBefore), store.Time(c.locked))
	if err != nil {
		return fmt.Errorf("save a failure counter: %w", err)
	}
	return nil
}

// uncount takes back what countFailure added, and the limits that followed from it.
func uncount(ctx context.Context, tx *store.Tx, k failureKey, before counter) error {
	_, err := tx.ExecContext(ctx, `
		update signin_failure set failures = failures - 1, not_before = $4, locked_until = $5
		where org_id = $1 and account = $2 and network = $3 and failures > 0`,
		k.org, k.account, k.network, store.Time(before.notBefore), store.Time(before.locked))
	if err != nil {
		return fmt.Errorf("take back a failure: %w", err)
	}
	return nil
}

func clearFailures(ctx context.Context, tx *store.Tx, k failureKey) error {
	_, err := tx.ExecContext(ctx, `delete from signin_failure where org_id = $1 and account = $2 and network = $3`, k.org, k.account, k.network)
	if err != nil {
		return fmt.Errorf("clear failures of %s: %w", k.account, err)
	}
	return nil
}

// clearAccount ends the counting for an account from everywhere, and returns how many counters there were.
func clearAccount(ctx context.Context, tx *store.Tx, org, technicianID string) (int, error) {
	res, err := tx.ExecContext(ctx, `delete from signin_failure where org_id = $1 and account = $2`, org, technicianID)
	if err != nil {
		return 0, fmt.Errorf("clear failures of %s: %w", technicianID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("clear failures of %s: %w", technicianID, err)
	}
	return int(n), nil
}

// knownDevice is the id of the device that holds a secret, or "".
func knownDevice(ctx context.Context, q store.Querier, org, technicianID string, hash []byte) (deviceID string, err error) {
	err = q.QueryRowContext(ctx, `
		select id from signin_device where org_id = $1 and technician_id = $2 and token_hash = $3`, org, technicianID, hash).Scan(&deviceID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find device: %w", err)
	}
	return deviceID, nil
}

func hasDevices(ctx context.Context, q store.Querier, org, technicianID string) (found bool, err error) {
	err = q.QueryRowContext(ctx, `
		select exists (select 1 from signin_device where org_id = $1 and technician_id = $2)`, org, technicianID).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for devices of %s: %w", technicianID, err)
	}
	return found, nil
}

// saveDevice remembers a device and forgets the one unseen for longest once there are too many.
func saveDevice(ctx context.Context, tx *store.Tx, org, technicianID, deviceID string, hash []byte, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `
		insert into signin_device (org_id, id, technician_id, token_hash, created_at, last_seen_at) values ($1, $2, $3, $4, $5, $5)
		on conflict (org_id, id) do update set last_seen_at = excluded.last_seen_at`, org, deviceID, technicianID, hash, store.Time(now)); err != nil {
		return fmt.Errorf("save device %s: %w", deviceID, err)
	}
	if _, err := tx.ExecContext(ctx, `
		delete from signin_device where org_id = $1 and technician_id = $2 and id not in (
			select id from signin_device where org_id = $1 and technician_id = $2 order by last_seen_at desc, id desc limit $3)`,
		org, technicianID, maxDevices); err != nil {
		return fmt.Errorf("forget devices of %s: %w", technicianID, err)
	}
	return nil
}

func insertLink(ctx context.Context, tx *store.Tx, a account, linkID string, hash []byte, now, expires time.Time) error {
	_, err := tx.ExecContext(ctx, `
		insert into signin_link (org_id, id, technician_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
		a.orgID, linkID, a.id, hash, store.Time(now), store.Time(expires))
	if err != nil {
		return fmt.Errorf("save sign-in link: %w", err)
	}
	return nil
}

// spendLink uses a link up and returns whose it was. Of many at once, one gets it.
func spendLink(ctx context.Context, tx *store.Tx, hash []byte, now time.Time) (org, technicianID string, err error) {
	err = tx.QueryRowContext(ctx, `
		delete from signin_link where token_hash = $1 and expires_at > $2 returning org_id, technician_id`, hash, store.Time(now)).Scan(&org, &technicianID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", errLink
	}
	if err != nil {
		return "", "", fmt.Errorf("spend sign-in link: %w", err)
	}
	return org, technicianID, nil
}

// deleteOf deletes what tables of ours hold of a technician.
func deleteOf(ctx context.Context, tx *store.Tx, org, technicianID string, tables ...string) error {
	for _, table := range tables {
		if _, err := tx.ExecContext(ctx, `delete from `+table+` where org_id = $1 and technician_id = $2`, org, technicianID); err != nil {
			return fmt.Errorf("delete %s of %s: %w", table, technicianID, err)
		}
	}
	return nil
}

// sweep deletes what has been over for longer than anybody looks at it.
func sweep(ctx context.Context, tx *store.Tx, now time.Time) error {
	for query, before := range map[string]time.Time{
		`delete from signin_session where expires_at < $1`:                                  now.Add(-keepSessions),
		`delete from signin_link where expires_at < $1`:                                     now,
		`delete from signin_device where last_seen_at < $1`:                                 now.Add(-deviceLife),
		`delete from signin_failure where last_at < $1 and network <> '` + everywhere + `'`: now.Add(-24 * time.Hour),
		`delete from signin_failure where last_at < $1 and network = '` + everywhere + `'`:  now.Add(-keepFailures),
	} {
		if _, err := tx.ExecContext(ctx, query, store.Time(before)); err != nil {
			return fmt.Errorf("sweep sign-in: %w", err)
		}
	}
	return nil
}
