package imap_test

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/imap/imaptest"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// onDovecot is a world whose reader trusts a running Dovecot.
func onDovecot(t *testing.T, db *store.DB) (*world, *imaptest.Server) {
	s := imaptest.Dovecot(t)
	w := newWorld(t, db)
	w.deps.TLS = s.Trust
	w.Service = imap.New(w.deps)
	return w, s
}

func TestDovecotMailComesInOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, s := onDovecot(t, db)
		s.Deliver(letter("old", "#verify")) // lay there before: none of ours
		w.set(imap.Box{Port: s.TLSPort})
		stop := w.run()
		w.connected()
		began := time.Now()
		s.Deliver(letter("1", "#verify"))
		eventually(t, "the first mail", func() bool { return len(w.bodies()) == 1 })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("IDLE took %s", took)
		}
		in := w.got[0]
		if in.From != pia || in.To != verify || in.Body != "#verify" || in.Subject != "hello" || in.Aligned {
			t.Errorf("%+v", in)
		}
		s.Deliver(letter("1", "#verify", "Received: by another way"))
		s.Deliver(letter("2", "NO"))
		eventually(t, "the second mail", func() bool { return len(w.bodies()) == 2 })
		eventually(t, "all marked as seen", func() bool {
			return len(slices.DeleteFunc(s.Files(""), func(name string) bool { return strings.HasSuffix(name, "S") })) == 1
		})

		stop()
		s.Deliver(letter("3", "while nobody read"))
		w.run()
		eventually(t, "the mail of the pause", func() bool { return len(w.bodies()) == 3 })
		if got := w.bodies(); !slices.Equal(got, []string{"#verify", "NO", "while nobody read"}) {
			t.Errorf("handed over %q", got)
		}
	})
}

func TestDovecotHandledMailIsMovedOrDeleted(t *testing.T) {
	for _, tc := range []struct {
		box   imap.Box
		moved int
	}{{imap.Box{Handled: imap.Move, MoveTo: "Handled", TLS: mail.StartTLS}, 1}, {imap.Box{Handled: imap.Delete}, 0}} {
		t.Run(tc.box.Handled, func(t *testing.T) {
			w, s := onDovecot(t, storetest.Open(t))
			if tc.box.Port = s.TLSPort; tc.box.TLS == mail.StartTLS {
				tc.box.Port = s.StartTLSPort
			}
			w.set(tc.box)
			w.run()
			w.connected()
			s.Deliver(letter("1", "#verify"))
			eventually(t, "the mail", func() bool { return len(w.bodies()) == 1 })
			eventually(t, "an empty inbox", func() bool { return len(s.Files("")) == 0 })
			if n := len(s.Files("Handled")); n != tc.moved {
				t.Errorf("%d moved", n)
			}
		})
	}
}

func TestDovecotAFolderThatCannotBeMovedToIsTold(t *testing.T) {
	w, s := onDovecot(t, storetest.Open(t))
	w.set(imap.Box{Port: s.TLSPort, Handled: imap.Move, MoveTo: "Nowhere"})
	if trial, err := w.Try(w.ctx()); err != nil || trial.Reason != "move_to" {
		t.Errorf("%+v %v", trial, err)
	}
	w.run()
	w.connected()
	s.Deliver(letter("1", "#verify"))
	s.Deliver(letter("2", "#deny"))
	eventually(t, "mail comes in all the same", func() bool { return len(w.bodies()) == 2 })
	eventually(t, "and it is told", func() bool { return w.status().Reason == "handled" })
}

// The server restarts, and numbers its mails anew: nothing is lost and nothing counts twice.
func TestDovecotRestartsAndCountsAnew(t *testing.T) {
	w, s := onDovecot(t, storetest.Open(t))
	w.set(imap.Box{Port: s.TLSPort})
	w.run()
	w.connected()
	for i := range 3 {
		s.Deliver(letter(fmt.Sprint("a", i), fmt.Sprint("a", i)))
	}
	eventually(t, "three", func() bool { return len(w.bodies()) == 3 })
	s.Stop()
	eventually(t, "it is told", func() bool { return w.status().State == imap.Failing })
	h := w.health(s)
	if h.Now != "connect" || h.Reason == "" || h.ReadAt.IsZero() || h.CheckedAt.Before(h.ReadAt) || strings.Contains(h.Reason, imaptest.Password) {
		t.Errorf("while it is down: %+v", h)
	}
	s.Deliver(letter("b", "b"))
	s.Start()
	eventually(t, "what came meanwhile", func() bool { return len(w.bodies()) == 4 })
	s.Recount()
	s.Deliver(letter("c", "c"))
	eventually(t, "the last", func() bool { return len(w.bodies()) == 5 })
	if got := w.bodies(); got[3] != "b" || got[4] != "c" {
		t.Errorf("%q", got)
	}
}

func TestDovecotWhatIsWrongIsTold(t *testing.T) {
	w, s := onDovecot(t, storetest.Open(t))
	try := func(name, want string) {
		t.Helper()
		trial, err := w.Try(w.ctx())
		if err != nil || trial.Reason != want {
			t.Errorf("%s: %q, want %q (%v)", name, trial.Reason, want, err)
		}
	}
	w.set(imap.Box{Port: s.TLSPort})
	trial, err := w.Try(w.ctx())
	if err != nil || trial.Reason != "" || !trial.Idle {
		t.Errorf("%+v %v", trial, err)
	}
	w.set(imap.Box{Port: s.StartTLSPort, TLS: mail.StartTLS})
	try("starttls", "")
	w.set(imap.Box{Port: s.StartTLSPort})
	try("TLS where there is none yet", "tls_not_offered")
	w.set(imap.Box{Port: s.TLSPort, Folder: "Nowhere"})
	try("no such folder", "folder")
	w.set(imap.Box{Port: 1})
	try("nothing listens", "connect")
	w.set(imap.Box{Port: s.TLSPort})
	wrong := "wrong"
	b, _, err := w.Settings(w.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Set(w.ctx(), b, &wrong, always); err != nil {
		t.Fatal(err)
	}
	try("a wrong password", "sign_in")
	w.deps.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	w.Service = imap.New(w.deps)
	try("a certificate that nobody knows", "tls_unknown_authority")
}

// Of two nodes one reads; when it dies without a word, the other goes on.
func TestDovecotOneOfTwoNodesReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, s := onDovecot(t, db)
		w.set(imap.Box{Port: s.TLSPort})
		first, second := w.run(), w.runAs(imap.New(w.deps))
		w.connected()
		for i := range 5 {
			s.Deliver(letter(fmt.Sprint(i), fmt.Sprint(i)))
		}
		eventually(t, "five", func() bool { return len(w.bodies()) == 5 })
		first()
		s.Deliver(letter("after", "after"))
		eventually(t, "the sixth", func() bool { return len(w.bodies()) == 6 })
		second()
		w.runAs(imap.New(w.deps))
		s.Deliver(letter("last", "last"))
		eventually(t, "the seventh", func() bool { return len(w.bodies()) == 7 })
	})
}
