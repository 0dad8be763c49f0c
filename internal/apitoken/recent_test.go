package apitoken

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// server is one that serves tokens from a database.
type server struct {
	*Service
	t  *testing.T
	db *store.DB
}

func newServer(t *testing.T, dir string) server {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	keyring, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	return server{NewService(db, access.New(db), audit.New(db, keyring), events.New(db, quiet), quiet), t, db}
}

func (s server) do(statement string, args ...any) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(s.t.Context(), statement, args...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// settle makes an organization and a technician.
func (s server) settle() {
	s.t.Helper()
	s.do(`insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
		values ('o', 'o', 'O', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1)`)
	s.do(`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames,
		platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		values ('o', 't', 'T', '', '', 'T', 't', 't', 't', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1)`)
}

// token makes one that lives so long.
func (s server) token(name string, life time.Duration) string {
	s.t.Helper()
	secret := "cs_" + id.Secret()
	s.do(`insert into apitoken (org_id, id, technician_id, name, prefix, token_hash, permissions, created_at, expires_at) values ('o', $1, 't', $1, 'cs_', $2, 'null', 1, $3)`,
		name, id.Hash(secret), store.Time(store.Now().Add(life)))
	return secret
}

func (s server) knows(secret string) bool {
	s.t.Helper()
	f, err := s.Find(s.t.Context(), secret)
	if err != nil {
		s.t.Fatal(err)
	}
	return f.Actor.ID == "t"
}

// What ends a token ends it with the next request here, however often it was used a moment ago, and within a moment on another server.
func TestATokenThatWasJustReadEndsAtOnce(t *testing.T) {
	dir := storetest.Dir(t)
	here, elsewhere := newServer(t, dir), newServer(t, dir)
	here.settle()
	for name, end := range map[string][2]string{
		"deleted":               {`delete from apitoken where id = $1`, ``},
		"expired":               {`update apitoken set expires_at = 1 where id = $1`, ``},
		"suspended":             {`update technician set status = 'suspended' where $1 = $1`, `update technician set status = 'active'`},
		"organization switched": {`update organization set status = 'suspended' where $1 = $1`, `update organization set status = 'active'`},
	} {
		secret := here.token(name, time.Hour)
		if !here.knows(secret) || !elsewhere.knows(secret) || !here.knows(secret) {
			t.Fatalf("%s: the token is not known", name)
		}
		here.do(end[0], name)
		if here.knows(secret) {
			t.Errorf("%s: the token goes on here", name)
		}
		if !soon(time.Second, func() bool { return !elsewhere.knows(secret) }) {
			t.Errorf("%s: the token goes on elsewhere", name)
		}
		if end[1] != "" {
			here.do(end[1])
		}
	}
}

// A token that was read before a change is not kept after it.
func TestATokenThatIsReadWhileItEndsIsNotKept(t *testing.T) {
	r, now := newRecent(nil), store.Now()
	hash, expires := []byte("hash"), now.Add(time.Hour)
	_, epoch, _ := r.find(hash, now)
	r.forget()
	r.keep(hash, Found{}, expires, now, epoch)
	if _, _, ok := r.find(hash, now); ok {
		t.Error("what was read before the change is kept")
	}
	_, epoch, _ = r.find(hash, now)
	r.keep(hash, Found{}, expires, now, epoch)
	for at, want := range map[time.Duration]bool{0: true, recentFor - 1: true, recentFor: false, -time.Hour: false} {
		if _, _, ok := r.find(hash, now.Add(at)); ok != want {
			t.Errorf("%v later it is found: %v", at, ok)
		}
	}
	r.keep(hash, Found{}, now.Add(time.Millisecond), now, epoch)
	if _, _, ok := r.find(hash, now.Add(time.Millisecond)); ok {
		t.Error("it is kept beyond its own life")
	}
	for i := range 2 * maxRecent {
		r.keep(fmt.Append(nil, i), Found{}, expires, now, epoch)
	}
	if len(r.tokens) > maxRecent {
		t.Errorf("%d are kept", len(r.tokens))
	}
}

func soon(limit time.Duration, done func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return done()
}
