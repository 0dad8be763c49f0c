package compliance

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/store"
)

// call is a group of end-user verifications.
type call struct {
	customerID, technicianID, method, state string
	level                                   int
	ticket                                  bool
	n                                       int
}

// moment is a group of end-user verifications that began in the same part of an hour.
type moment struct {
	at    time.Time
	state string
	n     int
}

// asked is a group of technician verifications, alike.
type asked = moment

// span is how many verifications took so many seconds.
type span struct{ seconds, n int }

type ticketCount struct {
	customerID, assignedTo string
	total, verified        int
}

// among starts the conditions of a table: organization, time and customers.
func (p period) among(technician string) *store.Where {
	w := &store.Where{}
	w.Add("org_id = ?", p.org.ID)
	w.Add("created_at >= ? and created_at < ?", store.Time(p.from), store.Time(p.to))
	if p.customer != "" {
		w.Add("customer_id = ?", p.customer)
	} else {
		p.scope.Where(w, "customer_id")
	}
	if p.technician != "" {
		w.Add(technician+" = ?", p.technician)
	}
	return w
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q store.Querier, query string, args []any, scan func(*sql.Rows, *T) error) (out []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

func groupCalls(ctx context.Context, q store.Querier, p period) ([]call, error) {
	w := p.among("technician_id")
	return collect(ctx, q, `
		select customer_id, technician_id, method, level, state, case when ticket_id = '' then 0 else 1 end, count(*)
		from verify_challenge`+w.SQL()+` group by 1, 2, 3, 4, 5, 6`, w.Args(), func(r *sql.Rows, c *call) error {
		var ticket int
		err := r.Scan(&c.customerID, &c.technicianID, &c.method, &c.level, &c.state, &ticket, &c.n)
		c.ticket = ticket == 1
		return err
	})
}

// step is the width of the groups of moments, in microseconds: days begin on one. There are zones that are quarters of an hour off.
func (p period) step() int64 {
	step := time.Hour
	for _, at := range []time.Time{p.from, p.to} {
		if _, offset := at.Zone(); offset%3600 != 0 {
			step = 15 * time.Minute
		}
	}
	return step.Microseconds()
}

func groupMoments(ctx context.Context, q store.Querier, p period) ([]moment, error) {
	return momentsIn(ctx, q, "verify_challenge", p.step(), p.among("technician_id"))
}

// override is a group of decisions that stood for a proof.
type override struct {
	customerID, technicianID string
	n                        int
}

func groupOverrides(ctx context.Context, q store.Querier, p period) ([]override, error) {
	w := p.among("technician_id")
	return collect(ctx, q, `
		select customer_id, technician_id, count(*) from verify_override`+w.SQL()+` group by 1, 2`, w.Args(), func(r *sql.Rows, o *override) error {
		return r.Scan(&o.customerID, &o.technicianID, &o.n)
	})
}

func groupAsked(ctx context.Context, q store.Querier, p period) ([]asked, error) {
	return momentsIn(ctx, q, "verify_request", p.step(), p.among("claimed_by"))
}

func momentsIn(ctx context.Context, q store.Querier, table string, step int64, w *store.Where) ([]moment, error) {
	return collect(ctx, q, fmt.Sprintf(`
		select created_at / %d, state, count(*) from %s%s group by 1, 2`, step, table, w.SQL()), w.Args(), func(r *sql.Rows, m *moment) error {
		var at int64
		err := r.Scan(&at, &m.state, &m.n)
		m.at = time.UnixMicro(at * step)
		return err
	})
}

func groupDurations(ctx context.Context, q store.Querier, p period) ([]span, error) {
	w := p.among("technician_id")
	w.Add("state = 'verified'")
	return collect(ctx, q, `
		select (ended_at - created_at) / 1000000, count(*) from verify_challenge`+w.SQL()+` group by 1`, w.Args(), func(r *sql.Rows, s *span) error {
		return r.Scan(&s.seconds, &s.n)
	})
}

// verifiedTickets are the tickets on which somebody was verified since the period began; a ticket of the period has none from before. In an
// "in" both databases compute them once and look them up; a left join makes SQLite go through all of them for each ticket.
func verifiedTickets(w *store.Where, p period) string {
	org, from := w.Arg(p.org.ID), w.Arg(store.Time(p.from))
	return `(select ticket_id from verify_challenge where org_id = ` + org + ` and created_at >= ` + from + ` and state = 'verified' and ticket_id <> ''
		union select ticket_id from verify_request where org_id = ` + org + ` and created_at >= ` + from + ` and state in ('confirmed', 'confirmed_verbally') and ticket_id <> '')`
}

func groupTickets(ctx context.Context, q store.Querier, p period) ([]ticketCount, error) {
	w := p.among("assigned_to")
	verified := verifiedTickets(w, p)
	return collect(ctx, q, `
		select customer_id, assigned_to, count(*), sum(case when id in `+verified+` then 1 else 0 end)
		from ticket`+w.SQL()+` group by 1, 2`, w.Args(), func(r *sql.Rows, t *ticketCount) error {
		return r.Scan(&t.customerID, &t.assignedTo, &t.total, &t.verified)
	})
}

// names are those of all customers and technicians of an organization.
func names(ctx context.Context, q store.Querier, org string) (customers, technicians map[string]string, err error) {
	if customers, err = namesIn(ctx, q, `select id, name from customer where org_id = $1`, org); err != nil {
		return nil, nil, err
	}
	technicians, err = namesIn(ctx, q, `select id, display_name from technician where org_id = $1`, org)
	return customers, technicians, err
}

func namesIn(ctx context.Context, q store.Querier, query, org string) (map[string]string, error) {
	type named struct{ id, name string }
	all, err := collect(ctx, q, query, []any{org}, func(r *sql.Rows, n *named) error { return r.Scan(&n.id, &n.name) })
	out := make(map[string]string, len(all))
	for _, n := range all {
		out[n.id] = n.name
	}
	return out, err
}

// Open is a ticket on which nobody was verified.
type Open struct {
	ID           string
	Number       int64
	Summary      string
	CustomerID   string
	CustomerName string
	AssignedTo   string
	AssignedName string
	Status       string
	CreatedAt    time.Time
	Tried        int // verifications that did not succeed
}

// listOpen is one page of the tickets on which nobody was verified, newest first.
func listOpen(ctx context.Context, q store.Querier, w *store.Where, limit int) ([]Open, error) {
	return collect(ctx, q, `
		select id, number, summary, customer_id, coalesce((select k.name from customer k where k.org_id = ticket.org_id and k.id = ticket.customer_id), ''),
			assigned_to, coalesce((select n.display_name from technician n where n.org_id = ticket.org_id and n.id = ticket.assigned_to), ''),
			status, created_at, (select count(*) from verify_challenge v where v.org_id = ticket.org_id and v.ticket_id = ticket.id)
		from ticket`+w.SQL()+`
			and not exists (select 1 from verify_challenge v where v.org_id = ticket.org_id and v.ticket_id = ticket.id and v.state = 'verified')
			and not exists (select 1 from verify_request r where r.org_id = ticket.org_id and r.ticket_id = ticket.id and r.state in ('confirmed', 'confirmed_verbally'))
		order by created_at desc, id desc limit `+w.Arg(limit), w.Args(), func(r *sql.Rows, t *Open) error {
		return r.Scan(&t.ID, &t.Number, &t.Summary, &t.CustomerID, &t.CustomerName, &t.AssignedTo, &t.AssignedName, &t.Status, (*store.Time)(&t.CreatedAt), &t.Tried)
	})
}
