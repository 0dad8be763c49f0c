package sandbox_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestConform(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		org := id.New()
		c := sandbox.New(db, events.New(db, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
		messagetest.Conform(t, messagetest.Adapter{
			Sender:  c,
			Example: message.Attempt{OrgID: org, Way: message.SMS, To: "+12125550123", Body: "your code is"},
			Accepted: func() (bodies []string) {
				found, _, err := c.Outbox(access.WithActor(t.Context(), access.System(org)), "", "", store.Page{Limit: 200})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range found {
					bodies = append(bodies, m.Body)
				}
				return bodies
			},
		})
	})
}

func TestOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t)
		org, neighbour := id.New(), id.New()
		c := sandbox.New(db, events.New(db, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
		for i, a := range []message.Attempt{
			{OrgID: org, Way: message.SMS, To: "+12125550123", Body: "one"},
			{OrgID: org, Way: message.Email, To: "Pia@example.com", Body: "two", ReplyToken: "abc"},
			{OrgID: org, Way: message.Voice, To: "+12125550123", Body: "three", PossibleRepeat: true},
			{OrgID: neighbour, Way: message.SMS, To: "+12125550123", Body: "four"},
		} {
			a.DeliveryID, a.Number = id.New(), i+1
			if _, err := c.Send(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		ctx := access.WithActor(t.Context(), access.System(org))
		for _, tc := range []struct {
			to   string
			way  message.Way
			want string
		}{
			{"", "", "three two one "},
			{"+12125550123", "", "three one "},
			{" 12125550123", "", "three one "}, // a plus sign that nobody encoded
			{"pia@EXAMPLE.com", "", "two "},
			{"+12125550123", message.Voice, "three "},
			{"+12125550124", "", ""},
		} {
			var got bytes.Buffer
			for page := (store.Page{Limit: 1}); ; {
				found, next, err := c.Outbox(ctx, tc.to, tc.way, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range found {
					got.WriteString(m.Body + " ")
					if want := (map[message.Way]string{message.Email: "verify+abc@sandbox.example.com"})[m.Way]; want != "" && m.From != want {
						t.Errorf("from %s", m.From)
					}
					if m.Way != message.Email && m.From != message.SandboxNumber {
						t.Errorf("from %s", m.From)
					}
					if m.PossibleRepeat != (m.Body == "three") {
						t.Error("the mark of a possible repeat is lost")
					}
				}
				if next == "" {
					break
				}
				page.Cursor = next
			}
			if got.String() != tc.want {
				t.Errorf("to %q by %q: %q, want %q", tc.to, tc.way, got.String(), tc.want)
			}
		}
	})
}

func TestThePastIsForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := sandbox.New(db, events.New(db, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
		org, neighbour := id.New(), id.New()
		send := func(org, body string) {
			a := message.Attempt{OrgID: org, DeliveryID: id.New(), Number: 1, Way: message.SMS, To: "+12125550123", Body: body}
			if _, err := c.Send(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		outbox := func(org string) (bodies string) {
			found, _, err := c.Outbox(access.WithActor(t.Context(), access.System(org)), "", "", store.Page{Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range found {
				bodies += m.Body
			}
			return bodies
		}
		for _, body := range []string{"a", "b", "c", "d", "e"} {
			send(org, body)
		}
		send(neighbour, "x")
		for _, tc := range []struct {
			age             time.Duration
			newest          int
			own, neighbours string
		}{
			{time.Hour, 10, "edcba", "x"},
			{time.Hour, 5, "edcba", "x"},
			{time.Hour, 2, "ed", "x"},
			{-time.Hour, 10, "", ""},
		} {
			if err := c.Prune(t.Context(), tc.age, tc.newest); err != nil {
				t.Fatal(err)
			}
			if own, neighbours := outbox(org), outbox(neighbour); own != tc.own || neighbours != tc.neighbours {
				t.Errorf("newest %d: %q and %q, want %q and %q", tc.newest, own, neighbours, tc.own, tc.neighbours)
			}
		}
	})
}
