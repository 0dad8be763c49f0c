package pod_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/pod"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
)

type world struct {
	*organizationtest.World
	*pod.Service

	ticket ticket.Ticket
	caller contact.Contact
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		w := &world{World: o, Service: pod.New(pod.Deps{
			DB: db, Guard: o.Guard, Keys: o.Keys, Audit: o.Audit, Events: o.Events, BaseURL: "https://desk.example.com",
			Signin: signin.New(signin.Deps{DB: db, Guard: o.Guard, Audit: o.Audit, Events: o.Events, Keyring: o.Keys}),
		})}
		c, err := customer.New(db, o.Guard, o.Audit, o.Events).Create(w.Admin(), customer.Fields{Name: "Acme"})
		if err != nil {
			t.Fatal(err)
		}
		w.caller, err = contact.New(db, o.Guard, o.Audit, o.Events, contact.Hooks{}).Create(w.Admin(), contact.Fields{
			CustomerID: c.ID, Name: "Carol Diaz", Emails: []string{"carol@acme.example.com"},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.ticket, err = ticket.New(db, o.Guard, o.Audit, o.Events).Create(w.Admin(), ticket.Fields{CustomerID: c.ID, Summary: "Printer"})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, w)
	})
}

func (w *world) make(f pod.Fields) (pod.Pod, string) {
	w.T.Helper()
	p, secret, err := w.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return p, secret
}

// sign is the canonical form as the guide describes it, written down a second time.
func sign(secret, podID, ticket, contact string, at time.Time) pod.Link {
	ts := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(h, "countersign-pod-v1\n%s\n%s\n%s\n%s", podID, ticket, contact, ts) // a hash takes everything
	return pod.Link{Ticket: ticket, Contact: contact, Time: ts, Sign: hex.EncodeToString(h.Sum(nil))}
}

// M32: a link counts as it was signed, for five minutes, in its own pod.
func TestM32ForgedAndExpiredSignatures(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, secret := w.make(pod.Fields{Name: "ConnectWise", SignedOnly: true})
		other, othersSecret := w.make(pod.Fields{Name: "Halo"})
		now := time.Now()
		number := strconv.FormatInt(w.ticket.Number, 10)
		good := sign(secret, p.ID, number, "carol@acme.example.com", now)
		o, err := w.Open(w.Admin(), p.ID, good)
		if err != nil || o.Ticket.ID != w.ticket.ID || o.Contact != w.caller.ID {
			t.Fatalf("%+v, %v", o, err)
		}
		altered := func(change func(*pod.Link)) pod.Link {
			l := good
			change(&l)
			return l
		}
		for name, try := range map[string]struct {
			pod  string
			link pod.Link
			code string
		}{
			"another ticket":              {p.ID, altered(func(l *pod.Link) { l.Ticket = w.ticket.ID }), "pod.link_invalid"},
			"no contact":                  {p.ID, altered(func(l *pod.Link) { l.Contact = "" }), "pod.link_invalid"},
			"another time":                {p.ID, altered(func(l *pod.Link) { l.Time += "0" }), "pod.link_invalid"},
			"no time":                     {p.ID, altered(func(l *pod.Link) { l.Time = "" }), "pod.link_invalid"},
			"no signature":                {p.ID, altered(func(l *pod.Link) { l.Sign = "" }), "pod.link_unsigned"},
			"half a signature":            {p.ID, altered(func(l *pod.Link) { l.Sign = l.Sign[:32] }), "pod.link_invalid"},
			"in capitals":                 {p.ID, altered(func(l *pod.Link) { l.Sign = strings.ToUpper(l.Sign) }), "pod.link_invalid"},
			"fields moved":                {p.ID, altered(func(l *pod.Link) { l.Ticket, l.Contact = number+"\ncarol@acme.example.com", "" }), "pod.link_invalid"},
			"another pod":                 {other.ID, good, "pod.link_invalid"},
			"another pod's key":           {p.ID, sign(othersSecret, p.ID, number, "", now), "pod.link_invalid"},
			"five minutes old":            {p.ID, sign(secret, p.ID, number, "", now.Add(-pod.Skew-2*time.Second)), "pod.link_expired"},
			"five minutes early":          {p.ID, sign(secret, p.ID, number, "", now.Add(pod.Skew+2*time.Second)), "pod.link_expired"},
			"a time of no use":            {p.ID, sign(secret, p.ID, number, "", time.Unix(1<<60, 0)), "pod.link_invalid"},
			"just within":                 {p.ID, sign(secret, p.ID, number, "", now.Add(-pod.Skew+5*time.Second)), ""},
			"signed where it need not be": {other.ID, sign(othersSecret, other.ID, number, "", now), ""},
		} {
			if _, err := w.Open(w.Admin(), try.pod, try.link); fault.CodeOf(err) != try.code {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.Audited("pod.open", audit.Denied); n != 13 {
			t.Errorf("%d refusals were written down", n)
		}
	})
}

// A link says which ticket is meant, and no more: it is read with the rights of whoever looks.
func TestALinkGivesNoRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, secret := w.make(pod.Fields{Name: "ConnectWise"})
		link := sign(secret, p.ID, w.ticket.ID, w.caller.ID, time.Now())
		w.Assign("tech")
		if _, err := w.Open(w.As("tech", perm.Technician), p.ID, link); fault.CodeOf(err) != "pod.ticket_unknown" {
			t.Errorf("not assigned: %v", err)
		}
		w.Assign("tech", w.ticket.CustomerID)
		if o, err := w.Open(w.As("tech", perm.Technician), p.ID, link); err != nil || o.Contact != w.caller.ID {
			t.Errorf("assigned: %+v, %v", o, err)
		}
		if _, err := w.Open(t.Context(), p.ID, link); err == nil {
			t.Error("somebody unknown opened it")
		}
		stranger := w.Beside("Other").Admin()
		if _, err := w.Open(stranger, p.ID, link); fault.CodeOf(err) != "pod.not_found" {
			t.Errorf("another organization: %v", err)
		}
		inOther := w.Actor("admin", perm.Administrator)
		inOther.PodID = "another"
		if _, err := w.Open(access.WithActor(t.Context(), inOther), p.ID, link); fault.CodeOf(err) != "pod.not_found" {
			t.Errorf("from another pod: %v", err)
		}
		for name, want := range map[string]string{"nobody@acme.example.com": "", "not an address": "", w.caller.ID: w.caller.ID, " Carol@Acme.example.com ": w.caller.ID} {
			if o, err := w.Open(w.Admin(), p.ID, pod.Link{Ticket: "#" + strconv.FormatInt(w.ticket.Number, 10), Contact: name}); err != nil || o.Contact != want {
				t.Errorf("contact %q: %q, %v", name, o.Contact, err)
			}
		}
	})
}

func TestASecretIsRotated(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, old := w.make(pod.Fields{Name: "ConnectWise", SignedOnly: true})
		opens := func(secret string) bool {
			_, err := w.Open(w.Admin(), p.ID, sign(secret, p.ID, "", "", time.Now()))
			return err == nil
		}
		anyVersion := func(pod.Pod) error { return nil }
		p, fresh, err := w.Rotate(w.Admin(), p.ID, time.Hour, anyVersion)
		if err != nil || p.Version != 2 || !opens(old) || !opens(fresh) || fresh == old {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, last, err := w.Rotate(w.Admin(), p.ID, 0, anyVersion); err != nil || opens(old) || opens(fresh) || !opens(last) {
			t.Errorf("without grace an old one is good: %v", err)
		}
		for _, grace := range []time.Duration{-time.Second, pod.MaxGrace + time.Second} {
			if _, _, err := w.Rotate(w.Admin(), p.ID, grace, anyVersion); fault.CodeOf(err) != "pod.grace" {
				t.Errorf("grace %s: %v", grace, err)
			}
		}
		if _, _, err := w.Rotate(w.Admin(), p.ID, 0, func(pod.Pod) error { return errStale }); fault.CodeOf(err) != "test.stale" {
			t.Errorf("somebody was faster: %v", err)
		}
	})
}

var errStale = fault.New(fault.Stale, "test.stale", "somebody was faster")

func TestTheGraceOfASecretEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t)
		o := organizationtest.New(t, db, "Blue Harbor IT")
		w := &world{World: o, Service: pod.New(pod.Deps{DB: db, Guard: o.Guard, Keys: o.Keys, Audit: o.Audit, Events: o.Events, BaseURL: "https://desk.example.com"})}
		p, old := w.make(pod.Fields{Name: "ConnectWise"})
		if _, _, err := w.Rotate(w.Admin(), p.ID, time.Hour, func(pod.Pod) error { return nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Second)
		if _, err := w.Open(w.Admin(), p.ID, sign(old, p.ID, "", "", time.Now())); err != nil {
			t.Errorf("a second before: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := w.Open(w.Admin(), p.ID, sign(old, p.ID, "", "", time.Now())); fault.CodeOf(err) != "pod.link_invalid" {
			t.Errorf("when the grace is over: %v", err)
		}
	})
}

func TestPodsAreManaged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, secret := w.make(pod.Fields{Name: " ConnectWise ", Origins: []string{"https://NA.myconnectwise.net/", "https://na.myconnectwise.net:443"}})
		if p.Name != "ConnectWise" || p.Kind != pod.Other || len(p.Origins) != 1 || p.Origins[0] != "https://na.myconnectwise.net" || !strings.HasPrefix(secret, "cspod_") {
			t.Errorf("%+v", p)
		}
		if _, _, err := w.Create(w.Admin(), pod.Fields{Name: "connectwise"}); fault.CodeOf(err) != "pod.name_taken" {
			t.Errorf("twice: %v", err)
		}
		if _, _, err := w.Create(w.Admin(), pod.Fields{Name: "x", Origins: []string{"http://localhost"}}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("plain http beside TLS: %v", err)
		}
		if _, _, err := w.Create(w.As("tech", perm.Manager), pod.Fields{Name: "x"}); fault.CodeOf(err) != "access.denied" {
			t.Errorf("a manager: %v", err)
		}
		p, err := w.Update(w.Admin(), p.ID, func(p pod.Pod) (pod.Fields, error) {
			p.Origins, p.Kind = []string{"https://eu.myconnectwise.net"}, pod.ConnectWise
			return p.Fields, nil
		})
		origins, ok, lookup := w.Ancestors(t.Context(), p.ID)
		if err != nil || p.Version != 2 || lookup != nil || !ok || len(origins) != 1 || origins[0] != "https://eu.myconnectwise.net" {
			t.Errorf("%+v, %v; framed by %v, %v", p, err, origins, lookup)
		}
		if same, err := w.Update(w.Admin(), p.ID, func(p pod.Pod) (pod.Fields, error) { return p.Fields, nil }); err != nil || same.Version != 2 {
			t.Errorf("unchanged: %+v, %v", same, err)
		}
		var raw []byte
		if err := w.DB.Read().QueryRowContext(t.Context(), `select secret from pod where id = $1`, p.ID).Scan(&raw); err != nil || strings.Contains(string(raw), secret) {
			t.Error("the secret stands in the database", err)
		}
		if err := w.Delete(w.Admin(), p.ID, func(pod.Pod) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := w.Ancestors(t.Context(), p.ID); ok || err != nil {
			t.Errorf("a deleted pod is there: %v", err)
		}
		for _, action := range []string{"pod.create", "pod.update", "pod.delete"} {
			if w.Audited(action, audit.Success) != 1 {
				t.Errorf("%s was not written down once", action)
			}
		}
		for i := range 50 {
			w.make(pod.Fields{Name: fmt.Sprint("pod ", i)})
		}
		if _, _, err := w.Create(w.Admin(), pod.Fields{Name: "one more"}); fault.CodeOf(err) != "pod.too_many" {
			t.Errorf("the 51st: %v", err)
		}
	})
}
