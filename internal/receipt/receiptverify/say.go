package receiptverify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// String says in one line what was proved. Names come from whoever wrote the file, so nothing in it can steer a terminal.
func (r Result) String() string {
	if r.Bundle {
		return fmt.Sprintf("%d receipts of contact %s by %s, none missing; their events are in the log", r.Count, r.Header.ContactID, plain(r.Header.Organization.Name))
	}
	return r.Receipts[0].String()
}

// String is the sentence of one receipt.
func (r Receipt) String() string {
	v := r.Verification
	who := fmt.Sprintf("%s of %s", or(v.Contact.Name, "a contact whose name was erased"), or(v.Customer.Name, "a customer"))
	technician := "no technician"
	if v.Technician != nil {
		technician = or(v.Technician.Name, "a technician whose name was erased")
	}
	what := fmt.Sprintf("%s (%s) was checked by %s of %s by %s, %s", who, or(v.Address, "address erased"), technician, plain(r.Organization.Name), plain(v.Method), plain(v.Level))
	if v.Direction == Technician {
		what = fmt.Sprintf("%s (%s, by %s) checked %s of %s", who, or(v.Address, "address erased"), plain(v.Method), technician, plain(r.Organization.Name))
	}
	if v.Ticket != nil && v.Ticket.Number > 0 {
		what += fmt.Sprintf(", ticket #%d", v.Ticket.Number)
	}
	state := plain(v.State)
	if v.Unbound {
		state += " (unbound)"
	}
	proof := fmt.Sprintf("events %d to %d are in the log of %d events that was signed at %s", r.Events[0].Seq, r.Events[len(r.Events)-1].Seq, r.Head.Size, stamp(r.Head.At))
	if !r.Known.How {
		proof += ", method and address by signature only"
	}
	return fmt.Sprintf("%s: %s, %s to %s; %s", what, state, stamp(v.StartedAt), stamp(v.EndedAt), proof)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return plain(text)
}

// plain drops what is no printable letter, space or sign, and turns of the direction of writing.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
