package approval

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// Digest stands for exactly what was shown: SHA-256 over the action, its parameters, what they stand for, who asked and why, in hexadecimal. Whoever
// decides names it, and what runs has to have it still.
type Digest string

// shown is everything that a digest covers, in a fixed order.
type shown struct {
	OrgID      string          `json:"org_id"`
	ID         string          `json:"id"`
	Action     string          `json:"action"`
	Permission string          `json:"permission"`
	On         [2]string       `json:"on"`
	Target     [3]string       `json:"target"`
	Customer   [2]string       `json:"customer"`
	Parameters json.RawMessage `json:"parameters"`
	Facts      []Fact          `json:"facts"`
	Gives      []string        `json:"gives"`
	Requester  [2]string       `json:"requester"`
	Reason     string          `json:"reason"`
	TicketID   string          `json:"ticket_id"`
	BreakGlass bool            `json:"break_glass"`
}

func digestOf(r Request) (Digest, error) {
	s := shown{
		OrgID: r.OrgID, ID: r.ID, Action: r.Action, Permission: string(r.Permission), On: [2]string{string(r.On.Type), r.On.ID},
		Target: [3]string{r.Target.Type, r.Target.ID, r.Target.Name}, Customer: [2]string{r.CustomerID, r.CustomerName}, Parameters: r.Raw(), Facts: r.Facts,
		Requester: [2]string{r.Requester.ID, r.Requester.Name}, Reason: r.Reason, TicketID: r.TicketID, BreakGlass: r.BreakGlass,
	}
	for _, p := range r.Gives {
		s.Gives = append(s.Gives, string(p))
	}
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("make the digest of request %s: %w", r.ID, err)
	}
	sum := sha256.Sum256(b)
	return Digest(hex.EncodeToString(sum[:])), nil
}

// canonical writes parameters in one way: an object with its keys in order, without spaces.
func canonical(parameters any) (json.RawMessage, error) {
	b, err := json.Marshal(parameters)
	if err != nil {
		return nil, fmt.Errorf("write parameters: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("write parameters: %w", err)
	}
	return json.Marshal(v)
}

// planned puts a plan into a request and gives it the digest.
func (r Request) planned(a Action, p Plan) (Request, error) {
	raw, err := canonical(p.Parameters)
	if err != nil {
		return r, err
	}
	if len(raw) > maxParameters {
		return r, errParameters
	}
	if p.Permission == "" {
		p.Permission = a.Permission
	}
	r.Plan = p
	r.Parameters = raw
	r.Digest, err = digestOf(r)
	return r, err
}

// decisionMAC binds a decision to what was decided, by whom and for how long, under a key that is not in the database: whoever can write rows cannot
// make an approval (R2).
func (s *Service) decisionMAC(r Request) []byte {
	return s.Keys.MAC("approval decision", r.OrgID, r.ID, string(r.Digest), r.Decider.ID, strconv.FormatInt(r.UsableUntil.UnixMicro(), 10))
}

func (s *Service) decisionHolds(r Request) bool { return hmac.Equal(r.mac, s.decisionMAC(r)) }

// linkBytes is how much of a MAC a link carries.
const linkBytes = 16

// Signature makes a link to a request one person's: it fits this request as it is and this person. It opens nothing by itself, since the page behind
// the link asks for a sign-in.
func (s *Service) Signature(r Request, technicianID string) string {
	return hex.EncodeToString(s.Keys.MAC("approval link", r.OrgID, r.ID, string(r.Digest), technicianID)[:linkBytes])
}

// linkFits checks a signature; a decision without one was made in the console.
func (s *Service) linkFits(r Request, technicianID, signature string) error {
	if signature != "" && !hmac.Equal([]byte(signature), []byte(s.Signature(r, technicianID))) {
		return errLink
	}
	return nil
}
