package twilio_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/store/storetest"
)

// A second provider takes over what Twilio refuses or fails at, within seconds.
func TestFailover(t *testing.T) {
	for _, fault := range []twiliotest.Fault{
		twiliotest.Error500, twiliotest.Error503, twiliotest.Busy429, twiliotest.Unreachable, twiliotest.Refuse(20003), twiliotest.Refuse(30034), twiliotest.LoseRequest, twiliotest.Hang,
	} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				second := messagetest.NewProvider("second").Only(message.SMS)
				w := newWorld(t, storetest.Open(t), second)
				w.connect()
				w.Always(fault)
				w.run()
				begin := time.Now()
				id := w.send(text(phone))
				for s := message.Planned; s != message.Sent; s, _ = w.state(id) {
					if time.Since(begin) > 30*time.Second {
						t.Fatalf("after 30 s: %s", s)
					}
					time.Sleep(100 * time.Millisecond)
					synctest.Wait()
				}
				if w.Requests() > 1 || len(second.Ledger()) != 1 || len(w.Messages()) != 0 {
					t.Errorf("%d requests to Twilio, %d by the second provider", w.Requests(), len(second.Ledger()))
				}
			})
		})
	}
}

// figures of one outage, written as a JSON line.
type figures struct {
	Name          string  `json:"name"`
	Messages      int     `json:"messages"`
	OutageMinutes float64 `json:"outage_minutes"`
	LastAfter     float64 `json:"last_after_recovery_seconds"`
	Most          int     `json:"most_accepted_per_message"`
}

func full() bool { return os.Getenv("COUNTERSIGN_SCALE") == "full" }

// Half an hour in which Twilio fails in one way: 30 seconds after it is back, everything has left, and nothing left twice that was not in
// doubt. At the full scale there are 2,000 messages.
func TestM37AnOutageOfHalfAnHour(t *testing.T) {
	n := 12
	if full() {
		n = 2000
	}
	const outage = 30 * time.Minute
	for name, tc := range map[string]struct {
		fault  twiliotest.Fault
		down   bool // questions fail as well
		second bool
		most   int
	}{
		"refused connections":                {fault: twiliotest.Unreachable, down: true, most: 1},
		"errors":                             {fault: twiliotest.Error503, down: true, most: 1},
		"requests lost, no questions":        {fault: twiliotest.LoseRequest, down: true, most: 1},
		"requests that hang, no questions":   {fault: twiliotest.Hang, down: true, most: 1},
		"accepted and reset, no questions":   {fault: twiliotest.LoseAnswer, down: true, most: 2},
		"accepted and reset":                 {fault: twiliotest.LoseAnswer, most: 1},
		"errors, with a second provider":     {fault: twiliotest.Error503, down: true, second: true, most: 1},
		"hanging, with a second provider":    {fault: twiliotest.Hang, down: true, second: true, most: 1},
		"accepted, reset, a second provider": {fault: twiliotest.LoseAnswer, down: true, second: true, most: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				second := messagetest.NewProvider("second").Only(message.SMS)
				var others []message.Sender
				if tc.second {
					others = append(others, second)
				}
				w := newWorld(t, storetest.Open(t), others...)
				w.connect()
				w.Always(tc.fault)
				w.Down(tc.down)
				w.run()
				for i := range n {
					out := text(fmt.Sprintf("+1212555%04d", 1000+i))
					out.Body = fmt.Sprintf("Notice %d", i)
					w.send(out)
					time.Sleep(outage / time.Duration(n))
				}
				w.Always(twiliotest.None)
				w.Down(false)
				recovery, last := time.Now(), time.Duration(0)
				for w.count(`select count(*) from message_delivery where state <> 'sent'`) > 0 {
					time.Sleep(time.Second)
					synctest.Wait()
					if last = time.Since(recovery); last > 30*time.Second {
						t.Fatalf("after 30 s %d wait: %s", w.count(`select count(*) from message_delivery where state <> 'sent'`), w.waits())
					}
				}
				taken, most := map[string]int{}, 0
				for _, m := range w.Messages() {
					taken[m.Form.Get("To")]++
				}
				for _, a := range second.Ledger() {
					taken[a.To]++
				}
				for _, k := range taken {
					most = max(most, k)
				}
				if len(taken) != n || most > tc.most {
					t.Errorf("%d of %d messages were taken, one %d times", len(taken), n, most)
				}
				report(t, figures{"twilio outage: " + name, n, outage.Minutes(), last.Seconds(), most})
			})
		})
	}
}

// report keeps figures where benchmarks do.
func report(t *testing.T, f figures) {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(string(b))
	dir := os.Getenv("COUNTERSIGN_RESULTS")
	if dir == "" {
		return
	}
	file, err := os.OpenFile(filepath.Join(dir, "twilio.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(append(b, '\n')); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// waits tells what waits, for the message of a failed test.
func (w *world) waits() (s string) {
	rows, err := w.db.Read().QueryContext(w.t.Context(), `select state, reason, attempts, uncertain from message_delivery where state <> 'sent' limit 5`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var state, reason string
		var attempts, uncertain int
		if err := rows.Scan(&state, &reason, &attempts, &uncertain); err != nil {
			w.t.Fatal(err)
		}
		s += fmt.Sprintf("[%s %s %d %d] ", state, reason, attempts, uncertain)
	}
	if rows.Err() != nil {
		w.t.Fatal(rows.Err())
	}
	return s
}
