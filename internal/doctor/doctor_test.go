package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/doctor"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// newSetup makes a healthy installation with one organization, on SQLite or on PostgreSQL at address.
func newSetup(t *testing.T, address string) (doctor.Setup, *store.DB) {
	t.Helper()
	dir := t.TempDir()
	s := doctor.Setup{Dir: dir, DatabaseURL: address, KeyFile: filepath.Join(dir, "master.key"), ExternalURL: &url.URL{Scheme: "https", Host: "help.example.com"}}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(s.KeyFile, ""); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: dir, URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := jobs.New(t.Context(), db, jobs.Options{}); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
		values ('o', 'o', 'Example', 'US', 'UTC', 'en', 'active', false, '{}', 0, 0, 1)`)
	exec(t, db, `insert into message_mail (org_id, host, port, tls, username, from_address, from_name, inbound_address, created_at, updated_at, version)
		values ('o', 'mail.example.com', 587, 'starttls', '', '', '', '', 0, 0, 1)`)
	return s, db
}

func exec(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(t.Context(), query, args...); return err }); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, checks []doctor.Check, name string) doctor.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Errorf("no check of %s in %v", name, checks)
	return doctor.Check{}
}

func addresses(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"sqlite": ""}
	if os.Getenv(storetest.Env) != "" {
		out["postgres"] = storetest.NewPostgres(t)
	}
	return out
}

func TestAHealthyInstallation(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			s, _ := newSetup(t, address)
			checks := doctor.Run(t.Context(), s)
			for _, c := range checks {
				if c.Grade != doctor.OK || c.Remedy != "" || c.Detail == "" {
					t.Errorf("%+v", c)
				}
			}
			var out strings.Builder
			if err := doctor.Print(&out, checks); err != nil || len(checks) < 12 || doctor.Worst(checks) != doctor.OK {
				t.Errorf("%v\n%s", err, &out)
			}
		})
	}
}

func TestFindingsInTheDatabase(t *testing.T) {
	for name, address := range addresses(t) {
		t.Run(name, func(t *testing.T) {
			s, db := newSetup(t, address)
			now := store.Now()
			ago := store.Time(now.Add(-time.Hour))
			exec(t, db, `delete from message_mail`)
			exec(t, db, `insert into audit_head (org_id, size, hashes, last_at, key_epoch, checkpoint_size) values ('o', 2, '', $1, 0, 1)`, ago)
			exec(t, db, `insert into message_delivery (org_id, id, way, address, address_key, purpose, owner_type, owner_id, contact_id, customer_id, key,
				starts, on_request, state, reason, attempts, uncertain, provider, claim, node, next_at, expires_at, created_at, updated_at)
				values ('o', 'd', 'sms', '', '', '', '', '', '', '', 'k', false, false, 'planned', '', 0, 0, '', '', '', $1, 0, 0, 0)`, ago)
			exec(t, db, `insert into message_inbound (org_id, id, way, sender, recipient, provider_id, reply_to, aligned, state, tries, next_at, at)
				values ('o', 'i', 'sms', '', '', 'p', '', false, 'received', 0, $1, 0)`, ago)
			checks := doctor.Run(t.Context(), s)
			for _, name := range []string{"mail", "deliveries", "inbound", "audit log"} {
				if c := find(t, checks, name); c.Grade != doctor.Warn || c.Remedy == "" {
					t.Errorf("%+v", c)
				}
			}
			exec(t, db, `update audit_head set last_at = $1`, store.Time(now.Add(time.Hour)))
			if c := find(t, doctor.Run(t.Context(), s), "clock"); c.Grade != doctor.Fail {
				t.Errorf("%+v", c)
			}
			exec(t, db, `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
			if c := find(t, doctor.Run(t.Context(), s), "schema"); c.Grade != doctor.Fail {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestFindingsInFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		harm  func(s *doctor.Setup) error
		check string
		want  doctor.Grade
	}{
		"open folder":   {func(s *doctor.Setup) error { return os.Chmod(s.Dir, 0o755) }, "data folder", doctor.Warn},
		"no folder":     {func(s *doctor.Setup) error { s.Dir += "/none"; return nil }, "data folder", doctor.Fail},
		"open key":      {func(s *doctor.Setup) error { return os.Chmod(s.KeyFile, 0o640) }, "master key", doctor.Fail},
		"no key":        {func(s *doctor.Setup) error { return os.Remove(s.KeyFile) }, "master key", doctor.Fail},
		"bad key":       {func(s *doctor.Setup) error { return os.WriteFile(s.KeyFile, []byte("x"), 0o600) }, "master key", doctor.Fail},
		"open database": {func(s *doctor.Setup) error { return os.Chmod(filepath.Join(s.Dir, store.FileName), 0o644) }, "database file", doctor.Fail},
		"no address":    {func(s *doctor.Setup) error { s.ExternalURL = nil; return nil }, "address", doctor.Warn},
		"plain address": {func(s *doctor.Setup) error { s.ExternalURL.Scheme = "http"; return nil }, "address", doctor.Warn},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSetup(t, "")
			if err := tc.harm(&s); err != nil {
				t.Fatal(err)
			}
			checks := doctor.Run(t.Context(), s)
			if c := find(t, checks, tc.check); c.Grade != tc.want || c.Remedy == "" {
				t.Errorf("%+v", c)
			}
			if doctor.Worst(checks) < tc.want {
				t.Error("the worst is not the worst")
			}
		})
	}
}

func TestItCreatesNothing(t *testing.T) {
	dir := t.TempDir()
	checks := doctor.Run(t.Context(), doctor.Setup{Dir: dir, KeyFile: filepath.Join(dir, "master.key")})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || doctor.Worst(checks) != doctor.Fail {
		t.Errorf("%v, %v, %v", left, err, checks)
	}
	checks = doctor.Run(t.Context(), doctor.Setup{Dir: dir, DatabaseURL: "postgres://nobody:secret@127.0.0.1:1/none?connect_timeout=2"})
	c := find(t, checks, "database")
	if c.Grade != doctor.Fail || strings.Contains(c.Detail, "secret") {
		t.Errorf("%+v", c)
	}
}

// Twilio calls the server back, and the server must reach Twilio.
func TestACarrierNeedsAWayInAndOut(t *testing.T) {
	s, db := newSetup(t, "")
	simulator := httptest.NewServer(http.NotFoundHandler())
	set := func(address string) {
		exec(t, db, `delete from message_twilio`)
		exec(t, db, `insert into message_twilio (org_id, enabled, account_sid, auth_token, api_key_sid, base_url, sms_number, voice_number, service_sid, per_minute, created_at, updated_at, version)
			values ('o', true, 'AC', x'00', '', $1, '+12125550100', '', '', 60, 0, 0, 1)`, address)
	}
	set(simulator.URL)
	if c := find(t, doctor.Run(t.Context(), s), "carriers"); c.Grade != doctor.OK {
		t.Errorf("%+v", c)
	}
	s.ExternalURL = nil // a simulator on this machine can call it all the same
	if c := find(t, doctor.Run(t.Context(), s), "carriers"); c.Grade != doctor.OK {
		t.Errorf("%+v", c)
	}
	simulator.Close()
	if c := find(t, doctor.Run(t.Context(), s), "carriers"); c.Grade != doctor.Fail || c.Remedy == "" {
		t.Errorf("%+v", c)
	}
}
