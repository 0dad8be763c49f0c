package technician_test

import (
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

const staff = 2000

// employ fills an organization with as many technicians as the largest have, made the way an import makes them, in teams that look after
// customers and with tickets assigned to them.
func employ(b *testing.B) (*organizationtest.World, *technician.Service) {
	b.Helper()
	db := storetest.Open(b)
	w := organizationtest.New(b, db, "Blue Harbor IT")
	s := technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{})
	ctx := w.Admin()
	batch, err := s.Batch(ctx)
	if err != nil {
		b.Fatal(err)
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		for i := range staff {
			f, err := batch.Prepare(technician.Fields{
				GivenName: fmt.Sprintf("Given%04d", i*7919%staff), FamilyName: fmt.Sprintf("Family%d", i%97), Email: fmt.Sprintf("t%04d@example.com", i),
				Phone: fmt.Sprintf("+1212555%04d", i), Usernames: []string{fmt.Sprintf("ad:t%04d", i)}, ImportedFrom: "csv", SourceID: fmt.Sprint(i),
			})
			if err != nil {
				return err
			}
			if _, err := batch.CreateIn(ctx, tx, f); err != nil {
				return err
			}
		}
		return batch.Tell(ctx, tx)
	})
	if err != nil {
		b.Fatal(err)
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		for _, statement := range []string{
			`with recursive n (i) as (select 1 union all select i + 1 from n where i < 300)
				insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
				select $1, 'c' || i, 'C', 'c', '[]', '', '', 1, 1, 1 from n`,
			`with recursive n (i) as (select 1 union all select i + 1 from n where i < 100)
				insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version)
				select $1, 't' || i, 'T' || i, 't' || i, '', '', 1, 1, 1 from n`,
			`insert into team_customer (org_id, team_id, customer_id) select c.org_id, t.id, c.id from customer c join team t on t.org_id = c.org_id where c.org_id = $1 and abs(length(c.id) * 7 + t.rowid) % 3 = 0`,
			`insert into team_member (org_id, team_id, technician_id, member, lead) select p.org_id, t.id, p.id, true, false from technician p join team t on t.org_id = p.org_id where p.org_id = $1 and (p.rowid + t.rowid) % 33 = 0`,
			`insert into technician_customer (org_id, technician_id, customer_id) select p.org_id, p.id, c.id from technician p join customer c on c.org_id = p.org_id where p.org_id = $1 and (p.rowid + c.rowid) % 60 = 0`,
			`update technician set state = 'activated' where org_id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, w.Org.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return w, s
}

// BenchmarkList is the first page of the list of 2,000 technicians, as it is opened, sorted, filtered and searched.
func BenchmarkList(b *testing.B) {
	w, s := employ(b)
	for _, tc := range []struct {
		name string
		q    technician.Query
	}{
		{"by name", technician.Query{}},
		{"by last activity", technician.Query{Sort: "-last_active_at"}},
		{"by role", technician.Query{Sort: "role"}},
		{"search", technician.Query{Text: "given01"}},
		{"search nothing", technician.Query{Text: "nobody at all"}},
		{"of a team", technician.Query{TeamID: "t5"}},
		{"of a customer", technician.Query{CustomerID: "c17"}},
		{"without a factor", technician.Query{MFA: "missing"}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			tc.q.Limit = 50
			for b.Loop() {
				if _, _, err := s.List(w.Admin(), tc.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReach is the question behind every request of a technician who reaches customers by way of teams.
func BenchmarkReach(b *testing.B) {
	w, s := employ(b)
	found, _, err := s.List(w.Admin(), technician.Query{TeamID: "t5", Page: store.Page{Limit: 1}})
	if err != nil || len(found) != 1 {
		b.Fatal(len(found), err)
	}
	ctx := w.As(found[0].ID, perm.Technician)
	scope, err := w.Guard.Customers(ctx, perm.ContactView)
	if err != nil || len(scope.CustomerIDs) < 50 {
		b.Fatal(len(scope.CustomerIDs), err)
	}
	b.Run("one customer", func(b *testing.B) {
		for b.Loop() {
			if err := w.Guard.Check(ctx, perm.ContactView, access.Object{CustomerID: scope.CustomerIDs[0]}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all customers", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.Guard.Customers(ctx, perm.ContactView); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(scope.CustomerIDs)), "customers")
	})
}

// BenchmarkCreateIn is what one technician of an import costs, audit event and all.
func BenchmarkCreateIn(b *testing.B) {
	db := storetest.Open(b)
	w := organizationtest.New(b, db, "Blue Harbor IT")
	s := technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{})
	ctx, n := w.Admin(), 0
	batch, err := s.Batch(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := db.Write(ctx, func(tx *store.Tx) error {
			for range 1000 {
				n++
				f, err := batch.Prepare(technician.Fields{GivenName: "Given", FamilyName: fmt.Sprint(n), Email: fmt.Sprintf("t%d@example.com", n), Phone: fmt.Sprintf("+1212%07d", 5550000+n%9999)})
				if err != nil {
					return err
				}
				if _, err := batch.CreateIn(ctx, tx, f); err != nil {
					return err
				}
			}
			return batch.Tell(ctx, tx)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/technician")
}
