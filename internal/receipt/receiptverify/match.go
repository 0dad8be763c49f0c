package receiptverify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// mismatch says that the statement tells something that the log does not.
func mismatch(what string) error {
	return fmt.Errorf("the receipt tells another %s than the log", what)
}

// matches compares the statement with the public part of its events.
func (v Verification) matches(records []auditverify.Record) error {
	target, area := "verification", "verification."
	switch v.Direction {
	case EndUser:
	case Technician:
		target, area = "technician_verification", "technician_verification."
	default:
		return mismatch("direction")
	}
	for _, r := range records {
		if !slices.Contains(r.Targets, auditverify.Ref{Type: target, ID: v.ID}) || !strings.HasPrefix(r.Action, area) {
			return mismatch("verification")
		}
		if r.CustomerID != v.Customer.ID {
			return mismatch("customer")
		}
	}
	start, end := records[0], records[len(records)-1]
	switch {
	case start.Action != area+map[string]string{EndUser: "start", Technician: "request"}[v.Direction] || start.Outcome != "success":
		return mismatch("start")
	case !slices.Contains(start.Targets, auditverify.Ref{Type: "contact", ID: v.Contact.ID}):
		return mismatch("contact")
	case !start.At.Equal(v.StartedAt) || !end.At.Equal(v.EndedAt):
		return mismatch("time")
	case end.TicketID != v.ticketID():
		return mismatch("ticket")
	}
	state, technician := end.Reason, start.Actor.ID
	if v.Direction == Technician {
		state, technician = strings.TrimPrefix(end.Action, area), claimer(records)
	}
	switch {
	case state != v.State || v.State == "":
		return mismatch("outcome")
	case v.technicianID() != technician:
		return mismatch("technician")
	}
	return nil
}

// claimer is the technician who claimed a technician verification; empty if nobody did.
func claimer(records []auditverify.Record) string {
	for _, r := range records {
		if r.Action == "technician_verification.claimed" {
			return r.Actor.ID
		}
	}
	return ""
}

func (v Verification) ticketID() string {
	if v.Ticket == nil {
		return ""
	}
	return v.Ticket.ID
}

func (v Verification) technicianID() string {
	if v.Technician == nil {
		return ""
	}
	return v.Technician.ID
}

// section is what the log keeps apart from the record.
type section struct {
	Actor *struct {
		Name string `json:"name"`
	} `json:"actor"`
	Names  map[string]string `json:"names"` // of targets, by their place among them
	Detail struct {
		Method  string `json:"method"`
		Medium  string `json:"medium"`
		Level   string `json:"level"`
		Address string `json:"address"`
		Unbound *bool  `json:"unbound"`
	} `json:"detail"`
}

// opened compares the private data that an event comes with, with its commitments and with the statement.
func (r *Receipt) opened(e Event, record auditverify.Record) error {
	for _, o := range e.Opened {
		sum := auditverify.Commit(o.Salt, o.Subject, []byte(o.Data))
		if len(o.Salt) < auditverify.MinSalt || !slices.Contains(record.Commitments, auditverify.Commitment{Subject: o.Subject, Sum: sum}) {
			return fmt.Errorf("event %d: what is told of it is not what was recorded", e.Seq)
		}
		var s section
		if json.Unmarshal([]byte(o.Data), &s) != nil {
			return fmt.Errorf("event %d: what is told of it cannot be read", e.Seq)
		}
		if err := r.compare(s, e, record); err != nil {
			return err
		}
	}
	return nil
}

func (r *Receipt) compare(s section, e Event, record auditverify.Record) error {
	v := r.Verification
	for place, name := range s.Names {
		i, err := strconv.Atoi(place)
		if err != nil || i < 0 || i >= len(record.Targets) || record.Targets[i] != (auditverify.Ref{Type: "contact", ID: v.Contact.ID}) {
			continue
		}
		if e.Seq == r.Events[0].Seq {
			if name != v.Contact.Name {
				return mismatch("name of the contact")
			}
			r.Known.Contact = true
		}
	}
	method := s.Detail.Method + s.Detail.Medium
	if method == "" {
		return nil
	}
	if method != v.Method || s.Detail.Level != v.Level || s.Detail.Address != v.Address {
		return mismatch("method, level or address")
	}
	r.Known.How = true
	if last := e.Seq == r.Events[len(r.Events)-1].Seq; last && s.Detail.Unbound != nil && *s.Detail.Unbound != v.Unbound {
		return mismatch("kind of confirmation")
	}
	return nil
}
