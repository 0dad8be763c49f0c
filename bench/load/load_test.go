// Package load_test measures the claims about the thread on the real program: with fsync, the audit log and the sandbox on.
package load_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/test/binary"
)

const (
	rate         = 200 // a second
	racers       = 32
	maxStartP99  = 100.0 // ms
	maxCheckP99  = 25.0  // ms
	maxIdle      = 80.0  // MB
	maxBinary    = 60.0  // MB
	maxStartTime = 1000.0
)

// scale is how much is measured.
type scale struct{ seconds, races, guesses int }

func scaleOf() scale {
	if binary.Full() {
		return scale{30, 1000, 10_000}
	}
	return scale{3, 20, 600}
}

func TestFigures(t *testing.T) {
	rig.Each(t, func(t *testing.T, databaseURL string) {
		s, figures := scaleOf(), rig.Figures{}
		i := rig.Install(t, databaseURL)
		i.Serve(t).Stop(t)
		server := i.Serve(t)
		figures["start_ms"] = float64(server.Ready.Milliseconds())
		time.Sleep(3 * time.Second)
		figures["idle_mb"] = rig.Memory(t, server.PID())
		info, err := os.Stat(binary.Path(t))
		if err != nil {
			t.Fatal(err)
		}
		figures["binary_mb"] = float64(info.Size()) / 1e6

		b := bench{t: t, scale: s, client: rig.NewClient(server.URL, i.Token)}
		b.tokens = i.Tokens(t, b.client, racers)
		b.people(s.seconds*rate + s.races + 1)
		b.starts(figures)
		b.checks(figures)
		b.races(figures)
		b.guesses(figures)
		figures["loaded_mb"] = rig.Memory(t, server.PID())
		i.VerifyExport(t, b.client)
		figures.Keep(t, "load", databaseURL)
		// The claims are about the program with its own database. With PostgreSQL on the same machine the figures are kept, not judged:
		// they are as much about that server and its share of the cores.
		if binary.Full() && databaseURL == "" {
			holds(t, figures)
		}
	})
}

func holds(t *testing.T, f rig.Figures) {
	t.Helper()
	for name, limit := range map[string]float64{
		"start_p99_ms": maxStartP99, "check_p99_ms": maxCheckP99, "idle_mb": maxIdle, "binary_mb": maxBinary, "start_ms": maxStartTime,
	} {
		if got, ok := f[name].(float64); !ok || got > limit {
			t.Errorf("%s is %v, claimed is at most %v", name, f[name], limit)
		}
	}
}

// person is a contact with a verification.
type person struct{ phone, contact, verification, code string }

type bench struct {
	t      *testing.T
	scale  scale
	client *rig.Client
	tokens []string
	all    []*person
	coded  []*person // started while it was measured, waiting for the checks
}

func (b *bench) as(i int) *rig.Client { return b.client.As(b.tokens[i%len(b.tokens)]) }

// take returns people who were not used yet, since the limits of an address allow one start in 30 seconds.
func (b *bench) take(n int) []*person {
	out := b.all[:n]
	b.all = b.all[n:]
	return out
}

func (b *bench) people(n int) {
	b.t.Helper()
	var customer struct {
		ID string `json:"id"`
	}
	b.client.Must(b.t, http.StatusCreated, "POST", "/api/customers", map[string]any{"name": "Northwind"}, &customer)
	phones := rig.Phones(b.t, n)
	b.all = make([]*person, n)
	err := rig.Parallel(n, racers, func(i int) error {
		var contact struct {
			ID string `json:"id"`
		}
		err := b.as(i).Object(b.t.Context(), http.StatusCreated, "POST", "/api/contacts", map[string]any{
			"customer_id": customer.ID, "name": fmt.Sprintf("Contact %d", i), "phones": []any{map[string]any{"number": phones[i], "kind": "mobile"}},
		}, &contact)
		b.all[i] = &person{phone: phones[i], contact: contact.ID}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) start(i int, p *person) error {
	var v struct {
		ID string `json:"id"`
	}
	err := b.as(i).Object(b.t.Context(), http.StatusCreated, "POST", "/api/verifications", map[string]any{"contact_id": p.contact, "method": "sms_code"}, &v)
	p.verification = v.ID
	return err
}

func (b *bench) check(i int, p *person, code string) (int, error) {
	for {
		status, _, err := b.as(i).Do(b.t.Context(), "POST", "/api/verifications/"+p.verification+"/check", map[string]any{"code": code})
		if err == nil && status == http.StatusTooManyRequests { // the limit of the token, not of the verification
			time.Sleep(20 * time.Millisecond)
			continue
		}
		return status, err
	}
}

// codes waits until the sandbox has the message of every person and reads the codes. It returns how long that took.
func (b *bench) codes(people []*person) time.Duration {
	b.t.Helper()
	begin := time.Now()
	missing := map[string]*person{}
	for _, p := range people {
		missing[p.phone] = p
	}
	for len(missing) > 0 {
		if time.Since(begin) > time.Minute {
			b.t.Fatalf("%d of %d messages did not arrive", len(missing), len(people))
		}
		seen := 0
		err := b.client.Messages(b.t.Context(), "", func(m rig.Message) bool {
			if p := missing[m.To]; p != nil && m.Code() != "" {
				p.code = m.Code()
				delete(missing, m.To)
			}
			seen++
			return len(missing) > 0 && seen < 2*len(people)+1000
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return time.Since(begin)
}

func (b *bench) starts(f rig.Figures) {
	b.t.Helper()
	people := b.take(b.scale.seconds * rate)
	took, err := rig.OpenLoop(len(people), rate, func(i int) error { return b.start(i, people[i]) })
	if err != nil {
		b.t.Fatal(err)
	}
	f["starts"], f["start_p50_ms"], f["start_p99_ms"], f["start_max_ms"] = len(people), rig.Quantile(took, 0.5), rig.Quantile(took, 0.99), rig.Quantile(took, 1)
	f["messages_seconds_behind"] = b.codes(people).Seconds()
	b.coded = people
}

func (b *bench) checks(f rig.Figures) {
	b.t.Helper()
	people := b.coded
	took, err := rig.OpenLoop(len(people), rate, func(i int) error {
		status, err := b.check(i, people[i], people[i].code)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the right code: %d", status)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	f["checks"], f["check_p50_ms"], f["check_p99_ms"], f["check_max_ms"] = len(people), rig.Quantile(took, 0.5), rig.Quantile(took, 0.99), rig.Quantile(took, 1)
}

// races lets 32 callers present the right code at once: one of them succeeds.
func (b *bench) races(f rig.Figures) {
	b.t.Helper()
	people := b.take(b.scale.races)
	if err := rig.Parallel(len(people), racers, func(i int) error { return b.start(i, people[i]) }); err != nil {
		b.t.Fatal(err)
	}
	b.codes(people)
	for _, p := range people {
		statuses, errs := make([]int, racers), make([]error, racers)
		var wg sync.WaitGroup
		gun := make(chan struct{})
		for r := range racers {
			wg.Go(func() {
				<-gun
				statuses[r], errs[r] = b.check(r, p, p.code)
			})
		}
		close(gun)
		wg.Wait()
		slices.Sort(statuses)
		if err := slices.Compact(errs); err[0] != nil || len(err) > 1 {
			b.t.Fatal(err)
		}
		if statuses[0] != http.StatusOK || statuses[1] != http.StatusUnprocessableEntity || statuses[racers-1] != http.StatusUnprocessableEntity {
			b.t.Errorf("a race was answered with %v", statuses)
		}
	}
	f["races"] = len(people)
}

// guesses lets many wrong codes arrive at once, and the right one among the later ones: three are evaluated.
func (b *bench) guesses(f rig.Figures) {
	b.t.Helper()
	p := b.take(1)[0]
	if err := b.start(0, p); err != nil {
		b.t.Fatal(err)
	}
	b.codes([]*person{p})
	right := b.scale.guesses / 2
	var first sync.WaitGroup // the first half is answered before the right code comes
	first.Add(right)
	err := rig.Parallel(b.scale.guesses, 256, func(i int) error {
		code := fmt.Sprintf("%06d", rand.IntN(1_000_000))
		if code == p.code {
			code = "000000"
		}
		if i >= right && i%16 == 0 {
			first.Wait()
			code = p.code
		}
		status, err := b.check(i, p, code)
		if i < right {
			first.Done()
		}
		if err == nil && status != http.StatusUnprocessableEntity {
			err = fmt.Errorf("guess %d: %d", i, status)
		}
		return err
	})
	if err != nil {
		b.t.Error(err)
	}
	var v struct {
		State string `json:"state"`
	}
	b.client.Must(b.t, http.StatusOK, "GET", "/api/verifications/"+p.verification, nil, &v)
	if v.State != "failed" {
		b.t.Errorf("after %d guesses the verification is %s", b.scale.guesses, v.State)
	}
	f["guesses"] = b.scale.guesses
	f["guesses_evaluated"] = b.evaluated(p)
}

// evaluated counts the wrong tries that the audit log holds.
func (b *bench) evaluated(p *person) int {
	b.t.Helper()
	var page struct {
		Items []struct {
			Outcome string `json:"outcome"`
		} `json:"items"`
	}
	b.client.Must(b.t, http.StatusOK, "GET", "/api/audit?action=verification.check&target="+p.verification, nil, &page)
	if len(page.Items) != 3 {
		b.t.Errorf("%d guesses were evaluated, not 3", len(page.Items))
	}
	return len(page.Items)
}
