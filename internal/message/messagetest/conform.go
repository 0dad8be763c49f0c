package messagetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
)

// Adapter is what Conform needs to know about an adapter and the outside system behind it, real or simulated.
type Adapter struct {
	Sender  message.Sender
	Example message.Attempt // Conform gives it a delivery of its own each time
	Secrets []string        // what no error may hold, beside the message itself

	// Accepted lists the texts that the outside system has taken over.
	Accepted func() []string
	// Arrange makes the next request fail in one way; a fault that is missing cannot happen to this adapter.
	Arrange map[Fault]func()
}

// Conform proves that an adapter keeps the promises of message.Sender: a success means that the outside system has the message, each
// failure is of the class that decides what happens next, and no error tells the text, the receiver or a secret.
func Conform(t *testing.T, a Adapter) {
	t.Helper()
	t.Run("describes itself", func(t *testing.T) {
		ok, err := a.Sender.Configured(t.Context(), nil, a.Example.OrgID)
		if a.Sender.Name() == "" || !a.Sender.Carries(a.Example.Way) || !ok || err != nil {
			t.Error(a.Sender.Name(), ok, err)
		}
	})
	t.Run("success means taken over", func(t *testing.T) {
		attempt := a.next()
		r, err := a.Sender.Send(t.Context(), attempt)
		if err != nil || r.ProviderID == "" {
			t.Fatal(r, err)
		}
		if n := a.count(attempt.Body); n != 1 {
			t.Errorf("taken over %d times", n)
		}
		a.look(t, attempt, true)
	})
	for _, tc := range []struct {
		fault    Fault
		class    func(error) bool
		accepted int
	}{
		{NotSent, isNotSent, 0},
		{Busy, isBusy, 0},
		{Refuse, isRefused, 0},
		{LoseRequest, isUnknown, 0},
		{LoseAnswer, isUnknown, 1},
		{Hang, isUnknown, 0},
	} {
		arrange, ok := a.Arrange[tc.fault]
		if !ok {
			continue
		}
		t.Run(string(tc.fault), func(t *testing.T) {
			attempt := a.next()
			arrange()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			begin := time.Now()
			_, err := a.Sender.Send(ctx, attempt)
			if err == nil || !tc.class(err) {
				t.Fatalf("of the wrong class: %v", err)
			}
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("took %s after its context ended", d)
			}
			a.keepsQuiet(t, attempt, err)
			if n := a.count(attempt.Body); n != tc.accepted {
				t.Errorf("taken over %d times, want %d", n, tc.accepted)
			}
			a.look(t, attempt, tc.accepted == 1)
		})
	}
	t.Run("works again afterwards", func(t *testing.T) {
		attempt := a.next()
		if _, err := a.Sender.Send(t.Context(), attempt); err != nil || a.count(attempt.Body) != 1 {
			t.Error(err)
		}
	})
	t.Run("a caller who has left", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		attempt := a.next()
		if _, err := a.Sender.Send(ctx, attempt); err == nil && a.count(attempt.Body) != 1 {
			t.Error("a success that is none")
		}
	})
}

// next is the example with a text of its own.
func (a Adapter) next() message.Attempt {
	x := a.Example
	x.DeliveryID, x.Number = id.New(), 1
	x.Body += " " + id.Digits(20)
	return x
}

func (a Adapter) count(body string) (n int) {
	words := strings.Fields(body)
	for _, text := range a.Accepted() {
		if strings.Contains(text, words[len(words)-1]) {
			n++
		}
	}
	return n
}

func (a Adapter) look(t *testing.T, attempt message.Attempt, want bool) {
	t.Helper()
	finder, ok := a.Sender.(message.Finder)
	if !ok {
		return
	}
	if _, found, err := finder.Lookup(t.Context(), attempt); err != nil || found != want {
		t.Errorf("look-up says %v, %v; want %v", found, err, want)
	}
}

func (a Adapter) keepsQuiet(t *testing.T, attempt message.Attempt, err error) {
	t.Helper()
	words := strings.Fields(attempt.Body)
	for _, secret := range append([]string{words[len(words)-1], attempt.To}, a.Secrets...) {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
}

func isNotSent(err error) bool { return errors.Is(err, message.ErrNotSent) }

func isBusy(err error) bool {
	r, ok := errors.AsType[*message.Refusal](err)
	return ok && !r.Permanent && r.Reason != ""
}

func isRefused(err error) bool {
	r, ok := errors.AsType[*message.Refusal](err)
	return ok && r.Permanent && r.Reason != ""
}

func isUnknown(err error) bool {
	_, refused := errors.AsType[*message.Refusal](err)
	return !refused && !isNotSent(err)
}
