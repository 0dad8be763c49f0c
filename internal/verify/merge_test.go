package verify_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
)

const (
	shadow      = "contact-shadow"
	shadowPhone = "+12125550188"
)

// withShadow adds a second contact of Northwind, fresh, with a number of its own, as anybody who may edit contacts could.
func (w *world) withShadow() *contact.Service {
	w.Helper()
	now := time.Now().UnixMicro()
	w.exec(`insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version)
		values ('org-1', $1, 'northwind', 'Pia E.', 'pia e.', '', '[]', '[{"number":"+12125550188","kind":"mobile"},{"number":"+12125550123","kind":"mobile"}]', '', true, true, '', '', $2, $2, 1)`, shadow, now)
	w.exec(`insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial)
		values ('org-1', $1, '+12125550188', $2, 'tom', true), ('org-1', $1, '+12125550123', $2, 'tom', true)`, shadow, now)
	log, bus := audit.New(w.db, w.keys), events.New(w.db, slog.New(slog.DiscardHandler))
	tickets := ticket.New(w.db, w.guard, log, bus)
	return contact.New(w.db, w.guard, log, bus, contact.Hooks{
		Consents: consent.Ledger{Keys: w.keys}.States,
		Merging: []func(context.Context, *store.Tx, contact.Contact, contact.Contact) error{
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return w.verify.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return w.requests.Merge(ctx, tx, from, into)
			},
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return tickets.MergeContact(ctx, tx, from, into)
			},
		},
	})
}

func (w *world) merge(s *contact.Service, into string, others ...string) contact.Contact {
	w.Helper()
	c, err := s.Merge(w.as("ida"), into, others, func(contact.Contact) error { return nil })
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// A merge does not make an address trusted: what the contact did not have counts as entered now, by both who entered and who merged.
func TestAMergeLaundersNoAddress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.withShadow()
		time.Sleep(100 * time.Hour) // longer than any hold
		c := w.merge(s, pia, shadow)
		if len(c.Phones) != 2 || c.Phones[0].Number != piaPhone || c.Phones[1].Number != shadowPhone {
			t.Fatalf("phones %v", c.Phones)
		}
		gained, err := contact.AddressAge(t.Context(), w.db.Read(), org, pia, shadowPhone)
		if err != nil || gained.Initial || gained.AddedBy != "tom" || gained.MergedBy != "ida" || time.Since(gained.Since) > time.Minute {
			t.Errorf("the gained address: %+v, %v", gained, err)
		}
		kept, err := contact.AddressAge(t.Context(), w.db.Read(), org, pia, piaPhone)
		if err != nil || !kept.Initial || kept.AddedBy != "" || kept.MergedBy != "" || time.Since(kept.Since) < 100*time.Hour {
			t.Errorf("the address that she had: %+v, %v", kept, err)
		}
		if c.Approver || !c.VIP {
			t.Errorf("approver %v, VIP %v: nobody becomes an approver by being merged", c.Approver, c.VIP)
		}
	})
}

// The other way round: merging the old contact into a fresh one trusts nothing of the old one either.
func TestAMergeIntoAFreshContactStartsAnew(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.withShadow()
		c := w.merge(s, shadow, pia)
		if len(c.Emails) != 1 {
			t.Fatalf("%+v", c.Fields)
		}
		mail, err := contact.AddressAge(t.Context(), w.db.Read(), org, shadow, piaEmail)
		if err != nil || mail.Initial || mail.MergedBy != "ida" || time.Since(mail.Since) > time.Minute {
			t.Errorf("%+v, %v", mail, err)
		}
	})
}

// A proof that one contact gave is none of the other, and what was open with it ends; its history stays.
func TestAMergeMovesNoShield(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.withShadow()
		to := func(r *verify.StartRequest) { r.ContactID, r.TicketID, r.Address = shadow, "", shadowPhone }
		v, _ := w.begin(verify.SMSCode, to)
		if _, err := w.verify.Check(w.as("tom"), v.ID, w.code(shadowPhone)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		pending, _ := w.begin(verify.SMSCode, to)
		w.merge(s, pia, shadow)
		w.wantState(v.ID, verify.Verified)
		w.wantState(pending.ID, verify.Canceled)
		p, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil || p.Shield.State != "none" || len(p.History) != 2 {
			t.Errorf("shield %q with %d in the history, %v", p.Shield.State, len(p.History), err)
		}
		if n := w.count(`select count(*) from verify_challenge where contact_id = $1`, shadow); n != 0 {
			t.Errorf("%d verifications stayed behind", n)
		}
	})
}

// A lock is not escaped by merging the locked contact into another, and wrong codes add up.
func TestAMergeEscapesNoLock(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"the merged one is locked": func(w *world) {
			w.exec(`insert into verify_lock (org_id, subject, reason, until) values ('org-1', 'contact:contact-shadow', 'wrong_codes', $1)`,
				time.Now().Add(20*time.Hour).UnixMicro())
		},
		"their wrong codes together lock": func(w *world) {
			for i, c := range []string{pia, pia, pia, pia, pia, shadow, shadow, shadow, shadow, shadow} {
				w.exec(`insert into verify_wrong (org_id, id, at, contact_id, technician_id) values ('org-1', $1, $2, $3, 'ida')`,
					string(rune('a'+i)), time.Now().Add(-2*time.Hour).UnixMicro(), c)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				s := w.withShadow()
				prepare(w)
				w.merge(s, pia, shadow)
				_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, TicketID: ticketPia})
				wantCode(t, err, "verify.contact_locked")
			})
		})
	}
}

// Who asked for no messages keeps being left alone, whichever contact the number is at.
func TestAMergeKeepsOptOuts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.withShadow()
		w.text(shadowPhone, "STOP")
		c := w.merge(s, pia, shadow)
		st, err := s.Standings(w.as("tom"), []contact.Contact{c})
		if err != nil || len(st[0].OptedOut) != 1 || st[0].OptedOut[0] != shadowPhone {
			t.Errorf("%+v, %v", st, err)
		}
		_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, TicketID: ticketPia, Address: shadowPhone})
		if err == nil {
			t.Error("a code goes to a number that opted out")
		}
	})
}

// Tickets follow, and a technician's own number stays refused (R14).
func TestAMergeTakesTicketsAlong(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.withShadow()
		w.exec(`update ticket set contact_id = $1 where id = 'ticket-pia'`, shadow)
		w.merge(s, pia, shadow, "contact-sly")
		if n := w.count(`select count(*) from ticket where contact_id = $1`, pia); n != 1 {
			t.Errorf("%d tickets followed", n)
		}
		_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, TicketID: ticketPia, Address: tomPhone})
		if err == nil {
			t.Error("a code goes to the technician's own number")
		}
	})
}

// The history of a ticket shows what was verified for it, and nothing of another one.
func TestWhatWasVerifiedForATicket(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		time.Sleep(time.Hour)
		ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "tom", Role: perm.Technician})
		vs, err := w.verify.OfTicket(ctx, w.db.Read(), org, ticketPia, time.Time{}, 10)
		if err != nil || len(vs) != 1 || vs[0].ID != v.ID || vs[0].State != verify.Expired {
			t.Errorf("%+v, %v", vs, err)
		}
		if rs, err := w.requests.OfTicket(ctx, w.db.Read(), org, ticketPia, time.Time{}, 10); err != nil || len(rs) != 0 {
			t.Errorf("%+v, %v", rs, err)
		}
		for ticketID, before := range map[string]time.Time{ticketPia: v.CreatedAt, ticketFab: {}} {
			if vs, err := w.verify.OfTicket(ctx, w.db.Read(), org, ticketID, before, 10); err != nil || len(vs) != 0 {
				t.Errorf("%s: %+v, %v", ticketID, vs, err)
			}
		}
	})
}
