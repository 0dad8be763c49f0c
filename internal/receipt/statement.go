package receipt

import (
	"cmp"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/receipt/receiptverify"
	"countersign.dev/countersign/internal/store"
)

// statement puts together what the receipt states. Whatever the log knows comes from the log, as it was then: a person who was erased from
// it is not named, and a contact who became a part of another is the one that was verified.
func (s *Service) statement(v verification, told []audit.Disclosure) receiptverify.Statement {
	start, end := told[0], told[len(told)-1]
	out := receiptverify.Statement{
		Format: receiptverify.Format, Organization: receiptverify.Named{ID: v.orgID, Name: v.orgName}, Checkpoint: start.Checkpoint,
		IssuedAt: store.Now(), PublicKey: s.log.PublicKey(), Events: []receiptverify.Event{},
		Verification: receiptverify.Verification{
			ID: v.id, Direction: receiptverify.EndUser, Contact: contactIn(start), Customer: receiptverify.Named{ID: v.customerID, Name: v.customerName},
			Technician: &receiptverify.Named{ID: start.Actor.ID, Name: start.ActorName}, Method: v.method, Level: v.level, Address: v.address,
			CallDirection: v.callDirection, Action: v.action, State: v.state, Unbound: v.unbound, StartedAt: start.At, EndedAt: end.At,
		},
	}
	if how, _ := start.Detail["address"].(string); how != "" {
		out.Verification.Address = how // as it was masked then
	} else {
		out.Verification.Address = "" // erased
	}
	if v.area == technician {
		out.Verification.Direction, out.Verification.Technician = receiptverify.Technician, nil
		if len(told) == 3 {
			out.Verification.Technician = &receiptverify.Named{ID: told[1].Actor.ID, Name: told[1].ActorName}
		}
	}
	if end.TicketID != "" {
		out.Verification.Ticket = &receiptverify.Ticket{ID: end.TicketID, Number: v.ticketNumber}
	}
	out.Verification.Customer.ID = cmp.Or(end.CustomerID, v.customerID)
	for _, d := range told {
		e := receiptverify.Event{Seq: d.Seq, Record: d.Inclusion.Record, Path: d.Path, Opened: []receiptverify.Opened{}}
		if e.Path == nil {
			e.Path = [][]byte{}
		}
		for _, o := range d.Opened {
			e.Opened = append(e.Opened, receiptverify.Opened{Subject: o.Subject, Salt: o.Salt, Data: string(o.Data)})
		}
		out.Events = append(out.Events, e)
	}
	return out
}

// contactIn is the contact that an event names.
func contactIn(d audit.Disclosure) receiptverify.Named {
	for i, t := range d.Targets {
		if t.Type == "contact" {
			return receiptverify.Named{ID: t.ID, Name: d.TargetNames[i]}
		}
	}
	return receiptverify.Named{}
}
