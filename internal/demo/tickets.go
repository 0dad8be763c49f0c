package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
)

// A matter is what people of a trade call about, and what was noted.
type matter struct {
	summary, description string
	notes                []string
	urgent               bool
}

// matters are what the generated tickets are about, whatever the trade.
func matters() []matter {
	return []matter{
		{summary: "Cannot sign in after the holidays", description: "Password expired while away. Verify before resetting.", notes: []string{"Called back on the number in our records."}},
		{summary: "New starter next Monday", description: "Mailbox, laptop, the shared folders of the team.", notes: []string{"Forms arrived.", "Laptop is prepared."}},
		{summary: "Leaver: close the account on Friday evening", description: "Keep the mailbox for 90 days.", notes: []string{"Approved by the owner in writing."}},
		{summary: "Mail with strange invoice attached", description: "Opened the attachment, closed it again.", notes: []string{"Taken off the network.", "Scan is clean; back on the network."}, urgent: true},
		{summary: "Printer prints blank pages", description: "Since this morning, from every machine.", notes: []string{"New toner ordered."}},
		{summary: "Wireless drops in the meeting room", description: "With more than ten people in it.", notes: nil},
		{summary: "New phone, codes of the old one are gone", description: "Asks for a new second factor. Verify first.", notes: []string{"Did not pass verification by email; asked to come by."}, urgent: true},
		{summary: "Shared folder is read-only", description: "For two people out of five.", notes: []string{"Group was wrong."}},
		{summary: "Backup report shows a warning", description: "Third night in a row.", notes: []string{"Disk is nearly full."}},
		{summary: "Screen stays black after the dock is unplugged", description: "", notes: nil},
		{summary: "Slow since the update", description: "Starts in four minutes, used to be one.", notes: []string{"Updated the drivers."}},
		{summary: "Needs access to the accounts folder", description: "The approver has to say yes.", notes: []string{"Asked the approver."}},
		{summary: "Calls from outside do not ring", description: "Internal calls do.", notes: []string{"Provider confirms a fault.", "Works again."}, urgent: true},
		{summary: "Certificate of the web shop ends soon", description: "In twelve days.", notes: nil},
		{summary: "Order two monitors", description: "Same as last time.", notes: []string{"Ordered."}},
		{summary: "Caller says they are from our bank", description: "Wanted a code read out. Nothing was given.", notes: []string{"Told everybody at this customer."}},
		{summary: "Scanner does not find the folder", description: "After the server was renamed.", notes: nil},
		{summary: "Move three desks upstairs", description: "On Thursday after four.", notes: []string{"Cables are there."}},
	}
}

// makeTickets opens what has come in during the last weeks, most of which is done.
func (o *Organization) makeTickets(ctx context.Context) error {
	var past []ticket.Past
	now := store.Now()
	for i := range o.companies {
		for n := range 2 + o.crowd.rand.IntN(6) {
			past = append(past, o.past(i, n, now))
		}
		if i < len(scripts()) {
			for n, a := range scripts()[i].tickets {
				past = append(past, o.affair(i, a, now.Add(-time.Duration(5*n+i+1)*time.Hour)))
			}
		}
	}
	slices.SortFunc(past, func(a, b ticket.Past) int { return a.OpenedAt.Compare(b.OpenedAt) })
	return o.DB.Write(ctx, func(tx *store.Tx) error {
		for _, p := range past {
			if _, err := o.Tickets.Adopt(ctx, tx, p); err != nil {
				return fmt.Errorf("%s: %w", p.Summary, err)
			}
		}
		return nil
	})
}

// past is a made-up ticket of a company.
func (o *Organization) past(of, n int, now time.Time) ticket.Past {
	r, all := o.crowd.rand, matters()
	m := all[r.IntN(len(all))]
	who := o.contacts[of][r.IntN(len(o.contacts[of]))]
	p := ticket.Past{Fields: ticket.Fields{
		CustomerID: o.customers[of], ContactID: who.ID, Summary: m.summary, Description: m.description, Status: ticket.Open, Priority: ticket.Normal,
	}}
	if m.urgent {
		p.Priority = ticket.High
	}
	age := time.Duration(r.IntN(45*24*60)) * time.Minute
	p.OpenedAt = now.Add(-age - 4*time.Hour).Truncate(time.Microsecond)
	worker := o.worker(of)
	at := p.OpenedAt
	for _, body := range m.notes {
		at = at.Add(time.Duration(5+r.IntN(50)) * time.Minute)
		p.Notes = append(p.Notes, ticket.Note{Body: body, Visibility: ticket.Internal, Author: ticket.Author{Type: "technician", ID: worker.ID, Name: worker.Name()}, CreatedAt: at})
	}
	switch {
	case age > 4*24*time.Hour && n > 0:
		p.Status, p.ClosedAt, p.AssignedTo = ticket.Closed, at.Add(time.Duration(20+r.IntN(600))*time.Minute), worker.ID
	case r.IntN(3) == 0:
		p.Status, p.AssignedTo = ticket.Waiting, worker.ID
	case r.IntN(2) == 0:
		p.AssignedTo = worker.ID
	}
	return p
}

// affair is a ticket of a script.
func (o *Organization) affair(of int, a affair, opened time.Time) ticket.Past {
	p := ticket.Past{OpenedAt: opened, Fields: ticket.Fields{
		CustomerID: o.customers[of], Summary: a.summary, Description: a.description, Status: ticket.Open, Priority: ticket.Normal,
	}}
	for _, c := range o.contacts[of] {
		if c.Name == a.contact {
			p.ContactID = c.ID
		}
	}
	for n, body := range a.notes {
		p.Notes = append(p.Notes, ticket.Note{Body: body, Visibility: ticket.Internal, CreatedAt: opened.Add(time.Duration(n+1) * 10 * time.Minute)})
	}
	if a.closed {
		p.Status, p.ClosedAt = ticket.Closed, opened.Add(time.Hour)
	}
	return p
}

// workers are those of the team that looks after a company who work on tickets.
func (o *Organization) workers(of int) (all []technician.Technician) {
	for i, c := range crew() {
		if slices.Contains(c.teams, o.companies[of].team) && !c.invited && !c.suspended && c.role != perm.ReadOnly {
			all = append(all, o.technicians[i])
		}
	}
	return all
}
