package compliance

import (
	"cmp"
	"slices"
	"time"
)

// add counts n verifications of a state.
func (c *Counts) add(state string, n int) {
	switch state {
	case "pending":
		return // no outcome yet
	case "verified":
		c.Verified += n
	case "denied":
		c.Denied += n
	case "expired":
		c.Expired += n
	case "canceled":
		c.Canceled += n
	default: // failed, frozen, send_failed
		c.Failed += n
	}
	c.Calls += n
}

// tally puts groups of the database together.
type tally struct {
	period      period
	report      Report
	customers   map[string]*Row
	technicians map[string]*Row
	methods     map[string]*Row
	levels      map[int]int
	days        map[string]*Day
}

func newTally(p period) *tally {
	t := &tally{
		period: p, report: Report{From: p.first, To: p.last, TimeZone: p.zone.String()}, customers: map[string]*Row{}, technicians: map[string]*Row{},
		methods: map[string]*Row{}, levels: map[int]int{}, days: map[string]*Day{},
	}
	for day := p.from; day.Before(p.to); day = day.AddDate(0, 0, 1) {
		t.report.Days = append(t.report.Days, Day{Date: day.Format(time.DateOnly)})
	}
	for i := range t.report.Days {
		t.days[t.report.Days[i].Date] = &t.report.Days[i]
	}
	return t
}

func rowOf(rows map[string]*Row, id string) *Row {
	r := rows[id]
	if r == nil {
		r = &Row{ID: id}
		rows[id] = r
	}
	return r
}

func (t *tally) calls(calls []call) {
	for _, c := range calls {
		if c.state == "pending" {
			continue
		}
		t.report.Calls.add(c.state, c.n)
		rowOf(t.customers, c.customerID).add(c.state, c.n)
		rowOf(t.technicians, c.technicianID).add(c.state, c.n)
		rowOf(t.methods, c.method).add(c.state, c.n)
		if c.ticket {
			t.report.WithTicket += c.n
		}
		if c.state == "verified" {
			t.levels[c.level] += c.n
		}
	}
}

func (t *tally) moments(moments []moment) {
	for _, m := range moments {
		if d := t.days[m.at.In(t.period.zone).Format(time.DateOnly)]; d != nil {
			d.add(m.state, m.n)
		}
	}
}

func (t *tally) asked(groups []asked) {
	for _, g := range groups {
		a := &t.report.Asked
		switch g.state {
		case "pending", "claimed":
			continue
		case "confirmed":
			a.Confirmed += g.n
		case "confirmed_verbally":
			a.Verbally += g.n
		case "expired":
			a.Expired += g.n
		case "denied":
			a.Denied += g.n
			if d := t.days[g.at.In(t.period.zone).Format(time.DateOnly)]; d != nil {
				d.TechniciansDenied += g.n
			}
		default:
			a.Other += g.n
		}
		a.Total += g.n
	}
}

func (t *tally) tickets(groups []ticketCount) {
	add := func(to *Tickets, g ticketCount) {
		to.Total += g.total
		to.Verified += g.verified
	}
	for _, g := range groups {
		add(&t.report.Tickets, g)
		add(&rowOf(t.customers, g.customerID).Tickets, g)
		if g.assignedTo != "" {
			add(&rowOf(t.technicians, g.assignedTo).Tickets, g)
		}
	}
}

func (t *tally) overrides(groups []override) {
	for _, g := range groups {
		t.report.Overrides += g.n
		rowOf(t.customers, g.customerID).Overrides += g.n
		rowOf(t.technicians, g.technicianID).Overrides += g.n
	}
}

func (t *tally) finish(customers, technicians map[string]string) Report {
	r := t.report
	r.Customers, r.Technicians, r.Methods = sorted(t.customers, customers), sorted(t.technicians, technicians), sorted(t.methods, nil)
	for level := range 6 {
		r.Levels = append(r.Levels, Level{level, t.levels[level]})
	}
	r.Overrides += t.levels[0]
	return r
}

// sorted lists rows, most calls first.
func sorted(rows map[string]*Row, names map[string]string) []Row {
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		r.Name = names[r.ID]
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(b.Calls-a.Calls, b.Tickets.Total-a.Tickets.Total, cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// median is the middle of durations, to the second.
func median(spans []span) time.Duration {
	total := 0
	for _, s := range spans {
		total += s.n
	}
	slices.SortFunc(spans, func(a, b span) int { return a.seconds - b.seconds })
	for left := (total + 1) / 2; len(spans) > 0; spans = spans[1:] {
		if left -= spans[0].n; left <= 0 {
			return time.Duration(spans[0].seconds) * time.Second
		}
	}
	return 0
}
