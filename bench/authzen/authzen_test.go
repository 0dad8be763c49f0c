// Package authzen_test measures the claims about the AuthZEN API on the real program: with fsync, and with the record of decisions on.
package authzen_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/test/binary"
)

// What is claimed of two cores, on which the client runs too.
const (
	rate        = 5000 // evaluations a second, each a request of its own
	maxP99      = 10.0 // ms
	atOnce      = 8    // clients in a closed loop
	connections = 64   // of the program that asks at a rate
	inBatch     = 1000
)

// scale is how much is measured. At reduced scale only the answers are judged.
type scale struct{ customers, devices, technicians, rate, seconds, closed, batches int }

func scaleOf() scale {
	if binary.Full() {
		return scale{100, 2000, 40, rate, 20, 100_000, 100}
	}
	return scale{5, 20, 6, 200, 1, 400, 2}
}

// question is one evaluation and what has to come out.
type question struct {
	fields map[string]any
	body   []byte
	want   bool
}

func TestFigures(t *testing.T) {
	rig.Each(t, func(t *testing.T, databaseURL string) {
		s, figures := scaleOf(), rig.Figures{}
		i := rig.Install(t, databaseURL)
		server := i.Serve(t)
		client := rig.NewClient(server.URL, i.Token).Few(connections)
		tokens := i.Tokens(t, client, 8)
		questions := furnish(t, client, tokens, s)

		ask := func(k int) error { // by several tokens: one alone may not ask as often as a closed loop does
			q := questions[k*7919%len(questions)]
			var got struct{ Decision *bool }
			if err := client.As(tokens[k%len(tokens)]).Object(t.Context(), http.StatusOK, "POST", "/access/v1/evaluation", q.body, &got); err != nil {
				return err
			}
			if got.Decision == nil || *got.Decision != q.want {
				return fmt.Errorf("%s: want %v", q.body, q.want)
			}
			return nil
		}
		if err := rig.Parallel(min(len(questions), 2*s.rate), atOnce, ask); err != nil { // connections, and the engine loaded
			t.Fatal(err)
		}
		took, err := rig.OpenLoop(s.rate*s.seconds, float64(s.rate), ask)
		if err != nil {
			t.Fatal(err)
		}
		figures["rate"], figures["p50_ms"], figures["p99_ms"], figures["max_ms"] = s.rate, rig.Quantile(took, 0.5), rig.Quantile(took, 0.99), rig.Quantile(took, 1)

		begin, used := time.Now(), rig.CPU(t, server.PID())
		if err := rig.Parallel(s.closed, atOnce, ask); err != nil {
			t.Fatal(err)
		}
		figures["closed_per_second"] = float64(s.closed) / time.Since(begin).Seconds()
		figures["closed_cpu_us"] = float64((rig.CPU(t, server.PID()) - used).Microseconds()) / float64(s.closed)
		figures["batched_per_second"] = batches(t, client, questions, s.batches)
		figures["loaded_mb"] = rig.Memory(t, server.PID())
		figures.Keep(t, "authzen", databaseURL)
		recorded(t, client)
		// As elsewhere, a database server on the same two cores is measured and not judged.
		if p99, _ := figures["p99_ms"].(float64); binary.Full() && databaseURL == "" && p99 > maxP99 {
			t.Errorf("p99 at %d a second is %v ms, claimed is at most %v", s.rate, p99, maxP99)
		}
	})
}

// furnish makes managers of some customers each, whose devices they may see, and others' not. One token alone may not make so much so fast.
func furnish(t *testing.T, c *rig.Client, tokens []string, s scale) (out []question) {
	t.Helper()
	each := func(n int, path string, body func(i int) map[string]any) []string {
		made := make([]struct{ ID string }, n)
		err := rig.Parallel(n, atOnce, func(i int) error {
			return c.As(tokens[i%len(tokens)]).Object(t.Context(), http.StatusCreated, "POST", path, body(i), &made[i])
		})
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, n)
		for i, m := range made {
			ids[i] = m.ID
		}
		return ids
	}
	customers := each(s.customers, "/api/customers", func(i int) map[string]any { return map[string]any{"name": fmt.Sprint("Customer ", i)} })
	devices := each(s.devices, "/api/devices", func(i int) map[string]any {
		return map[string]any{"name": fmt.Sprint("pc", i), "platform": "windows", "customer_id": customers[i%len(customers)]}
	})
	email := func(i int) string { return fmt.Sprintf("manager%d@harbor.example.com", i) }
	technicians := each(s.technicians, "/api/technicians", func(i int) map[string]any {
		return map[string]any{
			"given_name": fmt.Sprint("Manager ", i), "email": email(i), "platform_role": "manager", "password": "correct horse battery staple",
			"customer_ids": []string{customers[i%len(customers)]},
		}
	})
	for k := range 5000 {
		i, d := k%len(technicians), k*31%len(devices)
		subject := technicians[i]
		if k%4 == 0 {
			subject = email(i)
		}
		action, own := "device.view", i%len(customers) == d%len(customers)
		if k%2 == 0 {
			action = "device.screen.control" // which is recorded, also where it is allowed
		}
		fields := map[string]any{
			"subject": map[string]any{"type": "technician", "id": subject}, "action": map[string]any{"name": action},
			"resource": map[string]any{"type": "device", "id": devices[d]},
		}
		body, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, question{fields, body, own})
	}
	return out
}

// batches asks many questions in each request and returns how many were answered a second.
func batches(t *testing.T, c *rig.Client, questions []question, n int) float64 {
	t.Helper()
	bodies := make([]map[string]any, inBatch)
	for i := range bodies {
		bodies[i] = questions[i%len(questions)].fields
	}
	begin := time.Now()
	err := rig.Parallel(n, 2, func(int) error {
		var got struct{ Evaluations []struct{ Decision bool } }
		if err := c.Object(t.Context(), http.StatusOK, "POST", "/access/v1/evaluations", map[string]any{"evaluations": bodies}, &got); err != nil {
			return err
		}
		if len(got.Evaluations) != inBatch {
			return fmt.Errorf("%d answers", len(got.Evaluations))
		}
		for i, e := range got.Evaluations {
			if q := questions[i%len(questions)]; e.Decision != q.want {
				return fmt.Errorf("%s in a batch: want %v", q.body, q.want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return float64(n*inBatch) / time.Since(begin).Seconds()
}

// recorded fails unless what was told soon stands in the record.
func recorded(t *testing.T, c *rig.Client) {
	t.Helper()
	for range 100 {
		var page struct{ Items []json.RawMessage }
		c.Must(t, http.StatusOK, "GET", "/api/access/decisions?limit=5", nil, &page)
		if len(page.Items) == 5 {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Error("the record of decisions is empty")
}
