package contact_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const many = 100_000

// BenchmarkList measures pages and searches among 100,000 contacts of 200 customers.
func BenchmarkList(b *testing.B) {
	for name, open := range databases(b) {
		b.Run(name, func(b *testing.B) { benchmarkList(b, open(b)) })
	}
}

func benchmarkList(b *testing.B, db *store.DB) {
	w := organizationtest.New(b, db, "Large")
	s := contact.New(db, w.Guard, w.Audit, w.Events, contact.Hooks{})
	customers := fill(b, w)
	w.Assign("tech", customers[:20]...)
	_, second, err := s.List(w.Admin(), contact.Query{Page: store.Page{Limit: 50}})
	if err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]contact.Query{
		"first page":     {},
		"second page":    {Page: store.Page{Cursor: second}},
		"newest":         {Sort: "-created_at"},
		"customer":       {CustomerID: customers[7]},
		"common word":    {Text: "person"},
		"rare word":      {Text: "x077777"},
		"no hit":         {Text: "nobody at all"},
		"phone":          {Text: "(212) 555-0123"},
		"company":        {Text: "customer 123"},
		"company + name": {Text: "customer 123 x012"},
	} {
		q.Limit = 50
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.List(w.Admin(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("duplicates", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Duplicates(w.Admin(), "", 50); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("technician of 20 customers", func(b *testing.B) {
		ctx := w.As("tech", perm.Technician)
		for b.Loop() {
			if _, _, err := s.List(ctx, contact.Query{Page: store.Page{Limit: 50}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("create", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, err := s.Create(w.Admin(), contact.Fields{CustomerID: customers[0], Name: "New", Emails: []string{fmt.Sprintf("new%d@example.com", i)}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func databases(b *testing.B) map[string]func(*testing.B) *store.DB {
	all := map[string]func(*testing.B) *store.DB{"sqlite": func(b *testing.B) *store.DB { return storetest.Open(b) }}
	if os.Getenv(storetest.Env) != "" {
		all["postgres"] = func(b *testing.B) *store.DB {
			db, err := store.Open(b.Context(), store.Options{URL: storetest.NewPostgres(b)})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = db.Close() })
			return db
		}
	}
	return all
}

// fill writes the rows as Create does, without the audit log, which has its own benchmark.
func fill(b *testing.B, w *organizationtest.World) (customers []string) {
	b.Helper()
	service := customer.New(w.DB, w.Guard, w.Audit, w.Events)
	for i := range 200 {
		c, err := service.Create(w.Admin(), customer.Fields{Name: fmt.Sprintf("Customer %03d", i)})
		if err != nil {
			b.Fatal(err)
		}
		customers = append(customers, c.ID)
	}
	for from := 0; from < many; from += 10_000 {
		err := w.DB.Write(b.Context(), func(tx *store.Tx) error {
			for i := from; i < from+10_000; i++ {
				number, email := fmt.Sprintf("+1212%07d", 2000000+i), fmt.Sprintf("person.x%06d@example.com", i)
				text := fmt.Sprintf("person x%06d controller %s %s", i, email, number[1:])
				_, err := tx.ExecContext(b.Context(), `
					insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes,
						search_text, created_at, updated_at, version)
					values ($1, $2, $3, $4, $5, 'Controller', $6, $7, '', false, false, '', $8, $9, $9, 1)`,
					w.Org.ID, fmt.Sprintf("019a0000-0000-7000-8000-%012d", i), customers[i%200], fmt.Sprintf("Person X%06d", i),
					fmt.Sprintf("person x%06d", i), fmt.Sprintf("[%q]", email), fmt.Sprintf(`[{"number": %q, "kind": "mobile"}]`, number),
					text, time.UnixMicro(int64(i)).UnixMicro())
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return customers
}

// BenchmarkBatch creates contacts the way an import does: a thousand a transaction, each with its event.
func BenchmarkBatch(b *testing.B) {
	for name, open := range databases(b) {
		b.Run(name, func(b *testing.B) {
			w := organizationtest.New(b, open(b), "Large")
			s := contact.New(w.DB, w.Guard, w.Audit, w.Events, contact.Hooks{})
			c, err := customer.New(w.DB, w.Guard, w.Audit, w.Events).Create(w.Admin(), customer.Fields{Name: "Acme"})
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for b.Loop() {
				createMany(b, w, s, c.ID, n, 1000)
				n += 1000
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "contacts/s")
		})
	}
}

func createMany(b *testing.B, w *organizationtest.World, s *contact.Service, customerID string, from, n int) {
	b.Helper()
	batch, err := s.Batch(w.Admin())
	if err != nil {
		b.Fatal(err)
	}
	err = w.DB.Write(w.Admin(), func(tx *store.Tx) error {
		for i := from; i < from+n; i++ {
			f, err := batch.Prepare(contact.Fields{
				CustomerID: customerID, Name: fmt.Sprintf("Person %06d", i), Emails: []string{fmt.Sprintf("p%d@example.com", i)},
				Phones: []contact.Phone{{Number: fmt.Sprintf("+1212555%04d", i%10_000)}}, Source: "csv", SourceID: fmt.Sprint(i),
			})
			if err != nil {
				return err
			}
			if _, err := batch.CreateIn(w.Admin(), tx, f); err != nil {
				return err
			}
		}
		return batch.Tell(w.Admin(), tx)
	})
	if err != nil {
		b.Fatal(err)
	}
}
