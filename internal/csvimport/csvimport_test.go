package csvimport_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

type world struct {
	*organizationtest.World
	*csvimport.Service
	tasks       *task.Service
	contacts    *contact.Service
	customers   *customer.Service
	technicians *technician.Service
	bases       *platformrole.Service
	devices     *device.Service
	queue       *jobs.Queue
	actors      map[string]access.Actor
	invited     []string
}

func newWorld(t testing.TB, db *store.DB) *world {
	return worldOf(t, organizationtest.New(t, db, "Blue Harbor IT"))
}

// newWorldOf takes up an organization that is in db already.
func newWorldOf(t testing.TB, db *store.DB, org string) *world {
	o := organizationtest.New(t, db, "Beside")
	o.Org.ID = org
	return worldOf(t, o)
}

func worldOf(t testing.TB, o *organizationtest.World) *world {
	db := o.DB
	w := &world{World: o, actors: map[string]access.Actor{"admin": o.Actor("admin", perm.Administrator)}}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.contacts = contact.New(db, o.Guard, o.Audit, o.Events, contact.Hooks{})
	w.customers = customer.New(db, o.Guard, o.Audit, o.Events)
	w.bases = platformrole.New(platformrole.Deps{DB: db, Guard: o.Guard, Audit: o.Audit, Events: o.Events})
	w.technicians = technician.New(db, o.Guard, o.Audit, o.Events, technician.Hooks{MayGiveOwnRole: w.bases.MayGive, GiveOwnRole: w.bases.GiveIn})
	w.devices = device.New(db, o.Guard, o.Audit, o.Events)
	w.tasks = task.New(task.Deps{
		DB: db, Guard: o.Guard, Audit: o.Audit, Events: o.Events, Log: log,
		Actor: func(_ context.Context, _, id string) (access.Actor, error) { return w.actors[id], nil },
		Finished: func(ctx context.Context, tx *store.Tx, t task.Task) error {
			return w.Finished(ctx, tx, t)
		},
	})
	w.Service = csvimport.New(csvimport.Deps{
		DB: db, Guard: o.Guard, Audit: o.Audit, Events: o.Events, Tasks: w.tasks, Contacts: w.contacts, Customers: w.customers,
		Technicians: w.technicians, Devices: w.devices,
		Invite: func(_ context.Context, tx *store.Tx, made technician.Technician) error {
			tx.AfterCommit(func() { w.invited = append(w.invited, made.Email) })
			return nil
		},
	})
	var err error
	if w.queue, err = jobs.New(t.Context(), db, jobs.Options{Log: log, Retry: func(int) time.Duration { return time.Millisecond }}); err != nil {
		t.Fatal(err)
	}
	w.tasks.Use(w.queue)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.queue.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db)) })
}

func (w *world) upload(k csvimport.Kind, file string) csvimport.Import {
	w.T.Helper()
	i, err := w.Upload(w.Admin(), k, "people.csv", strings.NewReader(file))
	if err != nil {
		w.T.Fatal(err)
	}
	return i
}

// settled waits until no task works on an import.
func (w *world) settled(id string) csvimport.Import {
	w.T.Helper()
	for range 60_000 {
		i, err := w.Find(w.Admin(), id)
		if err != nil {
			w.T.Fatal(err)
		}
		if !i.State.Busy() {
			return i
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.T.Fatal("the import does not end")
	return csvimport.Import{}
}

func (w *world) check(id string) csvimport.Import {
	w.T.Helper()
	if _, err := w.Check(w.Admin(), id); err != nil {
		w.T.Fatal(err)
	}
	return w.settled(id)
}

// bring uploads, checks and applies a file, and expects the check to have told what would happen.
func (w *world) bring(k csvimport.Kind, file string, o csvimport.Options) csvimport.Import {
	w.T.Helper()
	i := w.upload(k, file)
	i, err := w.Map(w.Admin(), i.ID, i.Mapping, o)
	if err != nil {
		w.T.Fatal(err)
	}
	checked := w.check(i.ID)
	told := w.rows(i.ID)
	if _, err := w.Apply(w.Admin(), i.ID); err != nil {
		w.T.Fatal(err)
	}
	applied := w.settled(i.ID)
	if applied.State != csvimport.Applied || applied.Counts != checked.Counts {
		w.T.Errorf("checked %+v, %s %+v", checked.Counts, applied.State, applied.Counts)
	}
	if done := w.rows(i.ID); fmt.Sprint(done) != fmt.Sprint(told) {
		w.T.Errorf("told %v, done %v", told, done)
	}
	return applied
}

// rows are what became of the rows of a file, in words.
func (w *world) rows(id string) (all []string) {
	w.T.Helper()
	found, _, err := w.Results(w.Admin(), id, "", store.Page{Limit: 1000})
	if err != nil {
		w.T.Fatal(err)
	}
	for _, r := range found {
		text := fmt.Sprintf("%d %s", r.Line, r.Outcome)
		if r.Reason != "" {
			text += " " + r.Field + " " + r.Reason
		}
		all = append(all, text)
	}
	return all
}

func (w *world) contactsNow() map[string]contact.Contact {
	w.T.Helper()
	found, _, err := w.contacts.List(w.Admin(), contact.Query{Page: store.Page{Limit: 10_000}})
	if err != nil {
		w.T.Fatal(err)
	}
	out := map[string]contact.Contact{}
	for _, c := range found {
		out[c.Name] = c
	}
	return out
}

func (w *world) customer(name string) customer.Customer {
	w.T.Helper()
	c, err := w.customers.Create(w.Admin(), customer.Fields{Name: name})
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func expect(t *testing.T, got csvimport.Import, want csvimport.Counts) {
	t.Helper()
	if got.Counts != want {
		t.Errorf("%s: %+v instead of %+v", got.FileName, got.Counts, want)
	}
}

const people = "Company;First Name;Last Name;E-mail Address;Mobile Phone;Business Phone;Job Title;Is VIP\r\n" +
	"Northwind;Pia;Ende;pia@example.com;(212) 555-0123;212-555-0124;CFO;yes\r\n" +
	"northwind;Bo;Berg;bo@example.com;;;\"Head\r\nof IT\";\r\n" +
	"Nobody Inc;Eve;Nil;eve@example.com;;;;\r\n" +
	"Northwind;;;nameless@example.com;;;;\r\n" +
	"Northwind;Pia;Twice;PIA@example.com;;;;\r\n" +
	"Northwind;Una;Falsch;not an email;;;;\r\n" +
	"Northwind;Val;Ohne;;;;;maybe\r\n" +
	"Northwind;Xi;Ohne;;;;;\r\n"

func TestContactsComeInAndASecondTimeChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer("Northwind")
		i := w.upload(csvimport.Contacts, people)
		if i.Rows != 8 || i.Delimiter != ";" || i.Mapping["customer"] != 0 || i.Mapping["email"] != 3 || i.Mapping["mobile"] != 4 || i.Mapping["phone"] != 5 ||
			i.Mapping["vip"] != 7 || i.Columns[3].Samples[0] != "pia@example.com" {
			t.Fatalf("%+v", i)
		}
		if _, err := w.Apply(w.Admin(), i.ID); fault.CodeOf(err) != "csvimport.unchecked" {
			t.Error(err)
		}
		done := w.bring(csvimport.Contacts, people, csvimport.Options{})
		expect(t, done, csvimport.Counts{Create: 2, Refused: 6})
		want := []string{
			"2 create", "3 error job_title request.invalid", "5 error customer csvimport.customer_unknown", "6 error name csvimport.required",
			"7 error  csvimport.duplicate", "8 error emails request.invalid", "9 error vip csvimport.not_yes_or_no", "10 create",
		}
		if got := w.rows(done.ID); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q", got)
		}
		pia := w.contactsNow()["Pia Ende"]
		if pia.CustomerName != "Northwind" || len(pia.Phones) != 2 || pia.Phones[0] != (contact.Phone{Number: "+12125550123", Kind: "mobile"}) || !pia.VIP || pia.Source != "csv" {
			t.Errorf("%+v", pia)
		}
		again := w.bring(csvimport.Contacts, people, csvimport.Options{})
		expect(t, again, csvimport.Counts{Skip: 2, Refused: 6})
		if now := w.contactsNow()["Pia Ende"]; now.Version != pia.Version || len(w.contactsNow()) != 2 {
			t.Errorf("%+v", now)
		}
		if _, err := w.Apply(w.Admin(), again.ID); fault.CodeOf(err) != "csvimport.applied" {
			t.Error(err)
		}
	})
}
