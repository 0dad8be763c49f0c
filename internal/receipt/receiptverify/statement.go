// Package receiptverify checks receipts of verifications, alone or all of one contact. It knows no database and needs nothing of the rest
// of the product but the checks of the audit log, so that an auditor can lift both out and build them alone.
package receiptverify

import "time"

// Format is what every receipt says of itself; another form gets another number.
const Format = "countersign.receipt/1"

// The two directions.
const (
	EndUser    = "end_user"   // a technician verified a contact
	Technician = "technician" // a contact verified a technician
)

// Statement is what a receipt states. Names are those of the time of the verification, and empty once they were erased from the log.
type Statement struct {
	Format       string       `json:"format"`
	Organization Named        `json:"organization"`
	Verification Verification `json:"verification"`
	Events       []Event      `json:"events"`     // of the audit log, the start first and the end last
	Checkpoint   string       `json:"checkpoint"` // signed; every event leads to it
	IssuedAt     time.Time    `json:"issued_at"`
	PublicKey    string       `json:"public_key"` // for convenience; whoever checks uses the one that was kept elsewhere
}

// Named is a thing or a person.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Verification is who verified whom, and how it went.
type Verification struct {
	ID            string    `json:"id"`
	Direction     string    `json:"direction"` // EndUser or Technician
	Contact       Named     `json:"contact"`
	Customer      Named     `json:"customer"`
	Technician    *Named    `json:"technician"` // who started or claimed it; nil if nobody claimed it
	Method        string    `json:"method"`     // of a technician verification: the medium
	Level         string    `json:"level"`      // L0 to L5; empty for a technician verification
	Address       string    `json:"address"`    // masked
	CallDirection string    `json:"call_direction"`
	Ticket        *Ticket   `json:"ticket"`
	Action        string    `json:"action"` // what the caller asked for
	State         string    `json:"state"`
	Unbound       bool      `json:"unbound"` // confirmed without the digits of the message
	StartedAt     time.Time `json:"started_at"`
	EndedAt       time.Time `json:"ended_at"`
}

// Ticket names a ticket.
type Ticket struct {
	ID     string `json:"id"`
	Number int64  `json:"number"` // 0 once the ticket is gone
}

// Event is an event of the audit log with the proof that it is in there.
type Event struct {
	Seq    int64    `json:"seq"`
	Record string   `json:"record"` // its exact bytes
	Path   [][]byte `json:"path"`   // RFC 6962 inclusion, from the leaf up
	Opened []Opened `json:"opened"`
}

// Opened is private data of an event: with its salt it gives a commitment of the record.
type Opened struct {
	Subject string `json:"subject"`
	Salt    []byte `json:"salt"`
	Data    string `json:"data"` // a JSON object, its exact bytes
}

// Header is the first line of all receipts of one contact.
type Header struct {
	Format       string    `json:"format"`
	Organization Named     `json:"organization"`
	ContactID    string    `json:"contact_id"`
	ExportedAt   time.Time `json:"exported_at"`
}

// EvidenceFormat is what Header says.
const EvidenceFormat = "countersign.evidence/1"

type receiptLine struct {
	Receipt   Statement `json:"receipt"`
	Signature string    `json:"signature"`
	SHA256    string    `json:"sha256"`
}

type headerLine struct {
	Evidence Header `json:"evidence"`
}

type footerLine struct {
	Receipts  int    `json:"receipts"`
	Signature string `json:"signature"`
	SHA256    string `json:"sha256"`
}
