// Package messagetest holds a provider that fails by script, and the conformance suite that every adapter of message must pass.
package messagetest

import (
	"context"
	"errors"
	"sync"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// Fault is what goes wrong with one request.
type Fault string

// The faults.
const (
	None         Fault = ""
	NotSent      Fault = "not sent"         // the connection fails before anything is written
	Busy         Fault = "busy"             // a temporary refusal
	Refuse       Fault = "refuse"           // a permanent refusal
	LoseRequest  Fault = "lose the request" // reset before the provider has it, but after it was written
	LoseAnswer   Fault = "lose the answer"  // accepted, then reset
	Hang         Fault = "hang"             // never accepted, and no answer until the caller gives up
	HangAccepted Fault = "hang and accept"  // accepted, and no answer until the caller gives up
	Crash        Fault = "crash"            // accepted; the caller never gets to hear or to do anything any more
	CrashBefore  Fault = "crash before it"  // as Crash, before the provider has it
	Panic        Fault = "panic"            // a fault of the adapter
	Late         Fault = "deliver at once"  // accepted and already delivered
)

var errReset = errors.New("connection reset by peer")

// Provider stands in for an outside system. It keeps a ledger of what it accepted, outside the database under test, and fails by script:
// the first request gets the first fault, and so on; when the script is over nothing fails any more.
type Provider struct {
	name   string
	script []Fault
	price  int64
	only   message.Way
	gone   chan struct{} // closed to end what crashed

	mu       sync.Mutex
	asked    int
	accepted []message.Attempt
	requests []message.Attempt
	absent   bool
}

// NewProvider returns a provider that cannot be asked what became of a request.
func NewProvider(name string, script ...Fault) *Provider {
	return &Provider{name: name, script: script, gone: make(chan struct{})}
}

// Costing sets what each message costs.
func (p *Provider) Costing(millionths int64) *Provider {
	p.price = millionths
	return p
}

// Release lets the requests that hang in a crash end, as the system does with those of a dead process.
func (p *Provider) Release() { close(p.gone) }

// Name is the name it was given.
func (p *Provider) Name() string { return p.name }

// Only makes it carry one way instead of all.
func (p *Provider) Only(way message.Way) *Provider {
	p.only = way
	return p
}

// Carries is true for every way, or for the one of Only.
func (p *Provider) Carries(way message.Way) bool { return p.only == "" || p.only == way }

// Configured is true until Remove.
func (p *Provider) Configured(context.Context, store.Querier, string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.absent, nil
}

// Remove takes the provider out of the organization's settings.
func (p *Provider) Remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.absent = true
}

// Price is what Costing set.
func (p *Provider) Price(message.Way, string) int64 { return p.price }

// Send follows the script.
func (p *Provider) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	fault := p.take(a)
	switch fault {
	case NotSent:
		return message.Receipt{}, errors.Join(message.ErrNotSent, errReset)
	case Busy:
		return message.Receipt{}, &message.Refusal{Reason: "503"}
	case Refuse:
		return message.Receipt{}, &message.Refusal{Permanent: true, Reason: "400"}
	case LoseRequest:
		return message.Receipt{}, errReset
	case Hang:
		<-ctx.Done()
		return message.Receipt{}, ctx.Err()
	case CrashBefore:
		<-p.gone
		return message.Receipt{}, errReset
	case Panic:
		panic("on purpose")
	}
	p.mu.Lock()
	p.accepted = append(p.accepted, a)
	p.mu.Unlock()
	switch fault {
	case LoseAnswer:
		return message.Receipt{}, errReset
	case HangAccepted:
		<-ctx.Done()
		return message.Receipt{}, ctx.Err()
	case Crash:
		<-p.gone
	}
	return message.Receipt{ProviderID: "p-" + a.DeliveryID, Delivered: fault == Late}, nil
}

func (p *Provider) take(a message.Attempt) (f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked < len(p.script) {
		f = p.script[p.asked]
	}
	p.asked++
	p.requests = append(p.requests, a)
	return f
}

// Mend ends the script: nothing fails any more.
func (p *Provider) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = nil
}

// Ledger is what the provider accepted, in order.
func (p *Provider) Ledger() []message.Attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]message.Attempt(nil), p.accepted...)
}

// Requests is what the provider was asked, accepted or not.
func (p *Provider) Requests() []message.Attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]message.Attempt(nil), p.requests...)
}

// Knowing is a Provider that can be asked what became of a request.
type Knowing struct {
	*Provider
	mu   sync.Mutex
	dumb int // how many times it cannot tell
}

// NewKnowing returns a Knowing provider that cannot tell the first dumb times.
func NewKnowing(name string, dumb int, script ...Fault) *Knowing {
	return &Knowing{Provider: NewProvider(name, script...), dumb: dumb}
}

// Lookup reads the ledger.
func (p *Knowing) Lookup(_ context.Context, a message.Attempt) (message.Receipt, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dumb > 0 {
		p.dumb--
		return message.Receipt{}, false, errReset
	}
	for _, x := range p.Ledger() {
		if x.DeliveryID == a.DeliveryID {
			return message.Receipt{ProviderID: "p-" + a.DeliveryID}, true, nil
		}
	}
	return message.Receipt{}, false, nil
}
