package receipt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/receipt"
	"countersign.dev/countersign/internal/receipt/receiptverify"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// Pia of Northwind was verified by Tom by SMS; she asked who Tom is by SMS too. Fabrikam is not Tom's.
const fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('org-1', 'harbor', 'Harbor IT', 'US', 'UTC', 'en', 'active', true, '{}', 1, 1, 1), ('org-2', 'other', 'Other IT', 'US', 'UTC', 'en', 'active', true, '{}', 1, 1, 1);
insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version) values
	('org-1', 'northwind', 'Northwind', 'northwind', '[]', '', '', 1, 1, 1), ('org-1', 'fabrikam', 'Fabrikam', 'fabrikam', '[]', '', '', 1, 1, 1);
insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role,
		owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version) values
	('org-1', 'tom', 'Tom', 'Reed', '', 'Tom Reed', 'tom reed', 'tom@example.com', 'tom@example.com', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1);
insert into technician_customer (org_id, technician_id, customer_id) values ('org-1', 'tom', 'northwind');
insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version) values
	('org-1', 'pia', 'northwind', 'Pia Ende', 'pia ende', '', '[]', '[]', 'en', false, false, '', '', 1, 1, 1),
	('org-1', 'finn', 'fabrikam', 'Finn Beck', 'finn beck', '', '[]', '[]', 'en', false, false, '', '', 1, 1, 1);
insert into ticket (org_id, id, number, customer_id, contact_id, contact_name, summary, description, status, created_by, creator_name, creator_type, search_text, created_at, updated_at, version) values
	('org-1', 'ticket', 1042, 'northwind', 'pia', 'Pia Ende', 'Password', '', 'open', '', '', 'system', '', 1, 1, 1);
`

type world struct {
	*testing.T
	db      *store.DB
	log     *audit.Log
	service *receipt.Service
	key     auditverify.Key
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, db: db, log: audit.New(db, keys)}
	w.service = receipt.New(db, access.New(db), w.log)
	if w.key, err = auditverify.ParseKey(w.log.PublicKey()); err != nil {
		t.Fatal(err)
	}
	w.exec(fixture)
	return w
}

func (w *world) exec(statements string, args ...any) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *store.Tx) error {
		for statement := range strings.SplitSeq(statements, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := tx.ExecContext(w.Context(), statement, args...); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) tom() context.Context {
	return access.WithActor(w.Context(), access.Actor{
		OrgID: "org-1", Kind: access.Technician, ID: "tom", Name: "Tom Reed", Role: perm.Technician, Address: "192.0.2.7", Device: "Firefox", SessionID: "session",
	})
}

func contactActor(id, name string) access.Actor {
	return access.Actor{OrgID: "org-1", Kind: access.Contact, ID: id, Name: name, Address: "192.0.2.99", Device: "Safari"}
}

func (w *world) record(ctx context.Context, e audit.Event) {
	w.Helper()
	if err := w.log.Append(ctx, e); err != nil {
		w.Fatal(err)
	}
}

// verified adds an end-user verification of a contact by Tom, as internal/verify records it.
func (w *world) verified(id, contactID, name, customer, state string, end access.Actor) {
	w.Helper()
	w.exec(`insert into verify_challenge (org_id, id, contact_id, customer_id, technician_id, technician_name, method, level, address, language, ticket_id, action,
		call_direction, note, state, delivery, digits, tries, created_at, expires_at, version)
		values ('org-1', $1, $2, $3, 'tom', 'Tom Reed', 'sms_code', 2, '+12125550123', 'en', 'ticket', 'password reset', 'inbound', '', $4, 'sent', 6, 0, 1, 2, 1)`, id, contactID, customer, state)
	e := audit.Event{
		Action: "verification.start", Reason: "pending", CustomerID: customer, TicketID: "ticket", Targets: []audit.Target{{Type: "verification", ID: id}, {Type: "contact", ID: contactID, Name: name}},
		Detail: map[string]any{"method": "sms_code", "level": "L2", "address": "+1•••23"},
	}
	w.record(w.tom(), e)
	if state == "pending" {
		return
	}
	w.record(w.tom(), audit.Event{Action: "verification.check", Outcome: audit.Denied, Reason: "wrong_code", CustomerID: customer, TicketID: "ticket", Targets: e.Targets})
	e.Action, e.Reason = "verification.check", state
	w.record(access.WithActor(w.Context(), end), e)
}

// asked adds a technician verification that Pia confirmed to Tom without digits.
func (w *world) asked(id string) {
	w.Helper()
	w.exec(`insert into verify_request (org_id, id, contact_id, customer_id, medium, address, language, state, tries, ticket_id, claimed_by, claimed_name, unbound, note,
		created_at, expires_at, version) values ('org-1', $1, 'pia', 'northwind', 'sms', '+12125550123', 'en', 'confirmed', 0, 'ticket', 'tom', 'Tom Reed', true, '', 1, 2, 1)`, id)
	pia := access.WithActor(w.Context(), access.Actor{OrgID: "org-1", Kind: access.Contact, ID: "pia", Name: "Pia Ende"})
	e := audit.Event{
		Action: "technician_verification.request", CustomerID: "northwind", Targets: []audit.Target{{Type: "technician_verification", ID: id}, {Type: "contact", ID: "pia", Name: "Pia Ende"}},
		Detail: map[string]any{"medium": "sms", "address": "+1•••23", "unbound": false},
	}
	w.record(pia, e)
	e.Action, e.TicketID = "technician_verification.claimed", "ticket"
	w.record(w.tom(), e)
	e.Action, e.Detail = "technician_verification.confirmed", map[string]any{"medium": "sms", "address": "+1•••23", "unbound": true}
	w.record(pia, e)
}

func (w *world) receipt(id string) []byte {
	w.Helper()
	text, err := w.service.OfVerification(w.tom(), id)
	if err != nil {
		w.Fatal(err)
	}
	return text
}

var tomActor = access.Actor{OrgID: "org-1", Kind: access.Technician, ID: "tom", Name: "Tom Reed", SessionID: "session"}

func TestReceiptProvesBothDirections(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.verified("v-1", "pia", "Pia Ende", "northwind", "verified", tomActor)
		w.asked("r-1")
		first := w.receipt("v-1")
		r, err := receiptverify.Verify(first, w.key)
		v := r.Verification
		if err != nil || !r.SignaturesChecked || !r.Known.How || !r.Known.Contact || len(r.Events) != 2 || r.Organization.Name != "Harbor IT" {
			t.Fatalf("%+v, %v", r, err)
		}
		if v.Contact.Name != "Pia Ende" || v.Customer.Name != "Northwind" || v.Technician.Name != "Tom Reed" || v.Method != "sms_code" || v.Level != "L2" || v.Address != "+1•••23" ||
			v.CallDirection != "inbound" || v.Ticket.Number != 1042 || v.Action != "password reset" || v.State != "verified" || v.EndedAt.Before(v.StartedAt) {
			t.Errorf("%+v", v)
		}
		text, err := w.service.OfRequest(w.tom(), "r-1")
		if err != nil {
			t.Fatal(err)
		}
		if r, err = receiptverify.Verify(text, w.key); err != nil || len(r.Events) != 3 || !r.Known.How {
			t.Fatalf("%+v, %v", r, err)
		}
		if v = r.Verification; v.Direction != receiptverify.Technician || v.Technician.ID != "tom" || v.State != "confirmed" || !v.Unbound || v.Method != "sms" || v.Level != "" || v.Ticket.ID != "ticket" {
			t.Errorf("%+v", v)
		}
		if s := r.String(); !strings.Contains(s, "Pia Ende of Northwind") || !strings.Contains(s, "confirmed (unbound)") {
			t.Error(s)
		}
		for _, hidden := range []string{"+12125550123", "192.0.2", "Firefox", "session"} {
			if bytes.Contains(text, []byte(hidden)) || bytes.Contains(first, []byte(hidden)) {
				t.Errorf("a receipt holds %q", hidden)
			}
		}
		if entries, err := w.log.Find(t.Context(), "org-1", audit.Filter{Action: "receipt.download"}, 0, 10); err != nil || len(entries) != 2 {
			t.Errorf("%d downloads are in the log, %v", len(entries), err)
		}
	})
}

// A contact who answers a link acts from an address of theirs, which a receipt does not tell; the start has what the log knows.
func TestReceiptTellsNotWhereAContactWas(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "denied", contactActor("pia", "Pia Ende"))
	text := w.receipt("v-1")
	r, err := receiptverify.Verify(text, w.key)
	if err != nil || !r.Known.How || r.Verification.State != "denied" || len(r.Events[1].Opened) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if bytes.Contains(text, []byte("192.0.2.99")) || bytes.Contains(text, []byte("Safari")) {
		t.Error("the receipt tells where the contact was")
	}
}

func TestReceiptIsRefused(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("open", "pia", "Pia Ende", "northwind", "pending", tomActor)
	w.verified("theirs", "finn", "Finn Beck", "fabrikam", "verified", tomActor)
	w.exec(`insert into verify_challenge (org_id, id, contact_id, customer_id, technician_id, technician_name, method, level, address, language, ticket_id, action,
		call_direction, note, state, delivery, digits, tries, created_at, expires_at, version)
		values ('org-1', 'unknown', 'pia', 'northwind', 'tom', '', 'sms_code', 2, '', 'en', '', '', 'inbound', '', 'verified', '', 6, 0, 1, 2, 1)`)
	for id, want := range map[string]string{
		"open": "receipt.not_ended", "theirs": "access.not_found", "unknown": "receipt.not_recorded", "nothing": "receipt.not_found",
	} {
		if _, err := w.service.OfVerification(w.tom(), id); fault.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	neighbour := access.WithActor(t.Context(), access.Actor{OrgID: "org-2", Kind: access.Technician, ID: "olga", Role: perm.Administrator, Owner: true})
	if _, err := w.service.OfVerification(neighbour, "theirs"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a neighbour: %v", err)
	}
	if err := w.service.Evidence(w.tom(), "finn", &bytes.Buffer{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the contact of another customer: %v", err)
	}
	reader := access.WithActor(t.Context(), access.Actor{OrgID: "org-1", Kind: access.Technician, ID: "tom", Role: perm.ReadOnly})
	if _, err := w.service.OfVerification(reader, "open"); fault.CodeOf(err) != "access.denied" {
		t.Errorf("a reader: %v", err)
	}
}

// M36: a log that was rewritten gets no signature.
func TestM36ReceiptOfARewrittenLog(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "failed", tomActor)
	w.receipt("v-1")
	w.verified("v-2", "pia", "Pia Ende", "northwind", "verified", tomActor)
	w.exec(`update audit_event set record = replace(record, 'failed', 'verified'), leaf = (select leaf from audit_event where seq = 1) where seq = 3`)
	if _, err := w.service.OfVerification(w.tom(), "v-2"); fault.CodeOf(err) != "receipt.log_broken" {
		t.Errorf("got %v", err)
	}
}

func TestEveryByteOfAReceiptCounts(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "verified", tomActor)
	good := w.receipt("v-1")
	for _, key := range []auditverify.Key{w.key, {}} {
		if _, err := receiptverify.Verify(good, key); err != nil {
			t.Fatal(err)
		}
		for i := range good {
			for _, mask := range []byte{1, 0x20, 0x80} {
				bad := bytes.Clone(good)
				bad[i] ^= mask
				if _, err := receiptverify.Verify(bad, key); err == nil {
					t.Fatalf("byte %d of %d changed from %q to %q (key: %v)", i, len(good), good[i], bad[i], key.Checks())
				}
			}
			if _, err := receiptverify.Verify(append(bytes.Clone(good[:i]), good[i+1:]...), key); err == nil {
				t.Fatalf("byte %d left out", i)
			}
		}
		if _, err := receiptverify.VerifyFile(bytes.NewReader(append(bytes.Clone(good), '\n')), key); err == nil {
			t.Error("a line more")
		}
	}
}

// forge changes a statement and signs it again, as somebody could who has the key of the server but not the past of its log.
func (w *world) forge(text []byte, change func(s *receiptverify.Statement)) error {
	w.Helper()
	r, err := receiptverify.Verify(text, w.key)
	if err != nil {
		w.Fatal(err)
	}
	change(&r.Statement)
	again, err := receiptverify.Encode(r.Statement, func(what string, sum auditverify.Hash) (string, error) {
		return w.log.Attest(r.Organization.ID, what, sum)
	})
	if err != nil {
		w.Fatal(err)
	}
	_, err = receiptverify.Verify(again, w.key)
	return err
}

func TestAForgedReceiptContradictsTheLog(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "failed", tomActor)
	w.verified("v-2", "pia", "Pia Ende", "northwind", "verified", tomActor)
	text := w.receipt("v-1")
	other, err := receiptverify.Verify(w.receipt("v-2"), w.key)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.forge(text, func(*receiptverify.Statement) {}); err != nil {
		t.Fatal("signed again without a change:", err)
	}
	for name, change := range map[string]func(s *receiptverify.Statement){
		"state":        func(s *receiptverify.Statement) { s.Verification.State = "verified" },
		"method":       func(s *receiptverify.Statement) { s.Verification.Method = "passkey" },
		"level":        func(s *receiptverify.Statement) { s.Verification.Level = "L4" },
		"address":      func(s *receiptverify.Statement) { s.Verification.Address = "+1•••99" },
		"contact":      func(s *receiptverify.Statement) { s.Verification.Contact.ID = "finn" },
		"name":         func(s *receiptverify.Statement) { s.Verification.Contact.Name = "Finn Beck" },
		"customer":     func(s *receiptverify.Statement) { s.Verification.Customer.ID = "fabrikam" },
		"technician":   func(s *receiptverify.Statement) { s.Verification.Technician.ID = "ida" },
		"ticket":       func(s *receiptverify.Statement) { s.Verification.Ticket.ID = "other" },
		"no ticket":    func(s *receiptverify.Statement) { s.Verification.Ticket = nil },
		"start":        func(s *receiptverify.Statement) { s.Verification.StartedAt = s.Verification.StartedAt.Add(time.Second) },
		"end":          func(s *receiptverify.Statement) { s.Verification.EndedAt = s.Verification.EndedAt.Add(time.Second) },
		"direction":    func(s *receiptverify.Statement) { s.Verification.Direction = receiptverify.Technician },
		"id":           func(s *receiptverify.Statement) { s.Verification.ID = "v-2" },
		"organization": func(s *receiptverify.Statement) { s.Organization.ID = "org-2" },
		"another end":  func(s *receiptverify.Statement) { s.Events[1] = other.Events[1] },
		"one event":    func(s *receiptverify.Statement) { s.Events = s.Events[:1] },
		"order":        func(s *receiptverify.Statement) { s.Events[0], s.Events[1] = s.Events[1], s.Events[0] },
		"path":         func(s *receiptverify.Statement) { s.Events[1].Path[0][0] ^= 1 },
		"record": func(s *receiptverify.Statement) {
			s.Events[1].Record = strings.Replace(s.Events[1].Record, `"reason":"failed"`, `"reason":"verified"`, 1)
			s.Verification.State = "verified"
		},
		"salt":   func(s *receiptverify.Statement) { s.Events[0].Opened[0].Salt[0] ^= 1 },
		"opened": func(s *receiptverify.Statement) { s.Events[0].Opened[0].Data = `{}` },
		"head":   func(s *receiptverify.Statement) { s.Checkpoint = strings.Replace(s.Checkpoint, "org-1", "org-2", 1) },
	} {
		if err := w.forge(text, change); err == nil {
			t.Errorf("another %s is believed", name)
		}
	}
}

func TestReceiptOfAnotherInstallation(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "verified", tomActor)
	keys, err := seal.New(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	key, err := auditverify.ParseKey(audit.New(nil, keys).PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receiptverify.Verify(w.receipt("v-1"), key); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("another key: %v", err)
	}
}

// D-14: what was handed out stays good after an erasure; what is handed out afterwards names nobody.
func TestReceiptsSurviveAnErasure(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia Ende", "northwind", "verified", tomActor)
	before := w.receipt("v-1")
	err := w.db.Write(w.tom(), func(tx *store.Tx) error { return w.log.Erase(w.tom(), tx, "contact:pia") })
	if err != nil {
		t.Fatal(err)
	}
	if r, err := receiptverify.Verify(before, w.key); err != nil || r.Verification.Contact.Name != "Pia Ende" {
		t.Errorf("handed out before: %v", err)
	}
	after := w.receipt("v-1")
	r, err := receiptverify.Verify(after, w.key)
	if err != nil || r.Known.How || r.Verification.Contact.Name != "" || r.Verification.Address != "" || r.Verification.Method != "sms_code" || bytes.Contains(after, []byte("Pia")) {
		t.Errorf("%+v, %v", r.Verification, err)
	}
	if s := r.String(); !strings.Contains(s, "erased") {
		t.Error(s)
	}
}

func (w *world) evidence() []byte {
	w.Helper()
	var b bytes.Buffer
	if err := w.service.Evidence(w.tom(), "pia", &b); err != nil {
		w.Fatal(err)
	}
	return b.Bytes()
}

func TestReceiptsOfAContactAreComplete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		if r, err := receiptverify.VerifyFile(bytes.NewReader(w.evidence()), w.key); err != nil || r.Count != 0 || !r.Bundle {
			t.Fatalf("%+v, %v", r, err)
		}
		for i := range 103 { // more than one page
			w.verified(fmt.Sprintf("v-%03d", i), "pia", "Pia Ende", "northwind", "verified", tomActor)
		}
		w.verified("v-open", "pia", "Pia Ende", "northwind", "pending", tomActor)
		w.asked("r-1")
		good := w.evidence()
		for _, key := range []auditverify.Key{w.key, {}} {
			if r, err := receiptverify.VerifyFile(bytes.NewReader(good), key); err != nil || r.Count != 104 || r.SignaturesChecked != key.Checks() {
				t.Fatalf("%+v, %v", r, err)
			}
			lines := bytes.SplitAfter(good, []byte("\n"))
			for name, bad := range map[string][][]byte{
				"one left out":   append(append([][]byte{}, lines[:5]...), lines[6:]...),
				"one twice":      append(append([][]byte{}, lines[:5]...), lines[4:]...),
				"two swapped":    append([][]byte{lines[0], lines[2], lines[1]}, lines[3:]...),
				"no head":        lines[1:],
				"no end":         lines[:len(lines)-2],
				"another count":  append(append([][]byte{}, lines[:len(lines)-2]...), bytes.Replace(lines[len(lines)-2], []byte("104"), []byte("103"), 1)),
				"something more": append(append([][]byte{}, lines...), lines[1]),
			} {
				if _, err := receiptverify.VerifyFile(bytes.NewReader(bytes.Join(bad, nil)), key); err == nil {
					t.Errorf("%s (key: %v)", name, key.Checks())
				}
			}
		}
		for i := 0; i < len(good); i += 37 {
			bad := bytes.Clone(good[:min(len(good), 20_000)])
			if i >= len(bad) {
				break
			}
			bad = append(bad, good[len(bad):]...)
			bad[i] ^= 1
			if _, err := receiptverify.VerifyFile(bytes.NewReader(bad), w.key); err == nil {
				t.Fatalf("byte %d changed", i)
			}
		}
	})
}

func TestNamesCannotSteerATerminal(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.verified("v-1", "pia", "Pia\x1b[2J\u202eEnde\r\n", "northwind", "verified", tomActor)
	r, err := receiptverify.VerifyFile(bytes.NewReader(w.receipt("v-1")), w.key)
	if err != nil {
		t.Fatal(err)
	}
	if s := r.String(); strings.ContainsAny(s, "\x1b\r\n\u202e") {
		t.Errorf("%q", s)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add([]byte(`{"receipt":{},"signature":"","sha256":""}` + "\n"))
	f.Add([]byte(`{"evidence":{"format":"countersign.evidence/1","organization":{"id":"","name":""},"contact_id":"","exported_at":"2026-01-01T00:00:00Z"}}` + "\n" +
		`{"receipts":0,"signature":"","sha256":""}` + "\n"))
	s, err := json.Marshal(map[string]any{"receipt": receiptverify.Statement{Format: receiptverify.Format}, "signature": "a\n\n— k AAAAAA==\n"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(s, '\n'))
	f.Fuzz(func(t *testing.T, file []byte) {
		// Without a key whoever knows the form can write a file that fits, but never one with a receipt whose events are in no tree.
		r, err := receiptverify.VerifyFile(bytes.NewReader(file), auditverify.Key{})
		if err == nil && r.SignaturesChecked {
			t.Error("signatures were checked without a key")
		}
		if err == nil && r.String() == "" {
			t.Error("nothing was said")
		}
	})
}
