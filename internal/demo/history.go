package demo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/verify"
)

// A scene is one verification of the demo's history: of the nth contact of a company that has the address for it.
type scene struct {
	company, contact int
	method           verify.MethodName
	answer           answer
}

// answer is what the contact does.
type answer int

const (
	readsOut answer = iota // the right code
	guesses                // wrong ones, as often as one may
	hangsUp                // before the code
)

func scenes() []scene {
	return []scene{
		{0, 4, verify.SMSCode, readsOut},
		{0, 6, verify.EmailCode, readsOut},
		{1, 4, verify.SMSCode, readsOut},
		{1, 6, verify.SMSCode, guesses},
		{1, 7, verify.EmailCode, hangsUp},
		{2, 5, verify.SMSCode, readsOut},
		{3, 0, verify.EmailCode, readsOut},
		{4, 0, verify.SMSCode, readsOut},
		{5, 1, verify.EmailCode, readsOut},
		{6, 0, verify.SMSCode, readsOut},
		{7, 1, verify.EmailCode, guesses},
		{9, 2, verify.SMSCode, readsOut},
		{11, 0, verify.EmailCode, readsOut},
		{12, 1, verify.EmailCode, hangsUp},
		{17, 0, verify.SMSCode, readsOut},
	}
}

// patience is how long a contact of the demo looks at the phone.
const patience = 10 * time.Second

var errNoMessage = errors.New("the message did not come")

// Play verifies some contacts over the sandbox carrier, as technicians and contacts would, while the server runs. This part of the past
// cannot be made up: nobody but the contact ever sees a code.
func (o *Organization) Play(ctx context.Context) error {
	for i, s := range scenes() {
		if err := o.play(ctx, s); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("play scene %d of the demo: %w", i, err)
		}
	}
	return nil
}

func (o *Organization) play(ctx context.Context, s scene) error {
	who, to, err := o.actor(s)
	if err != nil {
		return err
	}
	by := as(ctx, o.worker(s.company))
	v, _, err := o.Verifications.Start(by, verify.StartRequest{ContactID: who.ID, Method: s.method, Address: to, Action: "Password reset"})
	if err != nil {
		return err
	}
	if s.answer == hangsUp {
		_, err = o.Verifications.Cancel(by, v.ID)
		return err
	}
	code, err := o.readCode(ctx, to, s.method)
	if err != nil {
		return err
	}
	if s.answer == readsOut {
		_, err = o.Verifications.Check(by, v.ID, code)
		return err
	}
	for range 3 {
		if _, err := o.Verifications.Check(by, v.ID, otherCode(code)); err == nil {
			return errors.New("a wrong code was taken")
		}
	}
	return nil
}

// actor is the contact of a scene, and the address that the code goes to.
func (o *Organization) actor(s scene) (who contact.Contact, to string, err error) {
	n := 0
	for _, c := range o.contacts[s.company] {
		if to = addressFor(c, s.method); to == "" {
			continue
		}
		if n++; n > s.contact {
			return c, to, nil
		}
	}
	return who, "", fmt.Errorf("company %d has no contact %d for %s", s.company, s.contact, s.method)
}

func addressFor(c contact.Contact, m verify.MethodName) string {
	if m == verify.EmailCode && len(c.Emails) > 0 {
		return c.Emails[0]
	}
	for _, p := range c.Phones {
		if m == verify.SMSCode && p.Kind == input.Mobile {
			return p.Number
		}
	}
	return ""
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// readCode waits for the code on the sandbox phone.
func (o *Organization) readCode(ctx context.Context, to string, m verify.MethodName) (string, error) {
	way := message.SMS
	if m == verify.EmailCode {
		way = message.Email
	}
	ctx, cancel := context.WithTimeout(as(ctx, o.Owner), patience)
	defer cancel()
	for {
		body, err := o.Newest(ctx, to, way)
		if err != nil {
			return "", err
		}
		if code := sixDigits.FindString(body); code != "" {
			return code, nil
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(errNoMessage, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func otherCode(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}

// worker is somebody of the team that looks after a company.
func (o *Organization) worker(of int) technician.Technician {
	all := o.workers(of)
	return all[o.crowd.rand.IntN(len(all))]
}
