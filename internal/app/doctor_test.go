package app_test

import (
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/store/storetest"
)

// The command that checks an installation looks after the mailboxes that it fetches.
func TestDoctorLooksAfterMailboxes(t *testing.T) {
	storage := config.Storage{Data: storetest.Dir(t)}
	a := on(t, storage)
	owner(t, a, "Harbor IT", "olga@harbor.example.com")
	if err := a.Exec(t.Context(), `insert into message_imap (org_id, host, port, tls, username, password, folder, handled, move_to, created_at, updated_at, version)
		select id, 'localhost', 1, 'tls', 'secret-user', 'secret-word', 'INBOX', 'seen', '', 0, 0, 1 from organization`); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := app.Doctor(t.Context(), config.Doctor{Storage: storage}, app.Streams{Out: &out})
	if err == nil || !strings.Contains(out.String(), "Harbor IT, localhost (TLS): nothing answers there; never read") || strings.Contains(out.String(), "secret") {
		t.Errorf("%v\n%s", err, &out)
	}
}
