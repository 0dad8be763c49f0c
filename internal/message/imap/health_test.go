package imap_test

import (
	"testing"
	"time"

	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/imap/imaptest"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func (w *world) health(s *imaptest.Server) imap.Health {
	w.t.Helper()
	found, err := imap.Examine(w.t.Context(), w.db.Read(), s.Trust, 5*time.Second)
	if err != nil || len(found) != 1 {
		w.t.Fatal(found, err)
	}
	return found[0]
}

// Doctor learns when a mailbox was last read, and whether its server answers now; what it learns of one that is down is in
// TestDovecotRestartsAndCountsAnew.
func TestDovecotHowAMailboxFares(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, s := onDovecot(t, db)
		w.set(imap.Box{Port: s.StartTLSPort, TLS: mail.StartTLS})
		if h := w.health(s); h.State != imap.Waiting || !h.ReadAt.IsZero() || h.Now != "" || h.Organization != "Acme IT" || h.Host != imaptest.Host || h.TLS != mail.StartTLS {
			t.Errorf("before anybody looked: %+v", h)
		}
		began := store.Now()
		w.run()
		w.connected()
		h := w.health(s)
		if h.State != imap.Connected || h.ReadAt.Before(began) || h.Now != "" {
			t.Errorf("while it is read: %+v", h)
		}
		found, err := imap.Examine(t.Context(), db.Read(), nil, 5*time.Second) // the system trusts no such certificate
		if err != nil || len(found) != 1 || found[0].Now != "tls_unknown_authority" {
			t.Errorf("%+v %v", found, err)
		}
	})
}
