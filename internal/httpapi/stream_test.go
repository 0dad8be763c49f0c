package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// gate lets a reader in until it is shut.
type gate struct {
	shut atomic.Bool
	as   *access.Actor // somebody else than the administrator with a narrow token
}

func (g *gate) Authenticate(r *http.Request) (access.Actor, error) {
	if g.shut.Load() || r.Header.Get("Authorization") == "" {
		return access.Actor{}, nil
	}
	if g.as != nil {
		return *g.as, nil
	}
	return access.Actor{OrgID: org, Kind: access.Technician, ID: "t1", Role: perm.Administrator, TokenID: "token", Ceiling: perm.Set{perm.ContactView: true}}, nil
}

type streamServer struct {
	*server
	bus  *events.Bus
	gate *gate
	url  string
}

func startStream(t *testing.T) *streamServer {
	t.Helper()
	g := &gate{}
	s := &streamServer{gate: g}
	s.server = start(t, func(o *httpapi.Options) {
		s.bus = events.New(o.DB, slog.New(slog.DiscardHandler))
		o.Events, o.Auth = s.bus, g
	})
	srv := httptest.NewServer(s)
	t.Cleanup(func() { s.StopStreams(); srv.Close() })
	s.url = srv.URL + "/api/events"
	return s
}

// organization makes the organization, with a customer.
func (s *streamServer) organization() {
	s.t.Helper()
	s.exec(`insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
		values ($1, 'o', 'O', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1)`, org)
	s.exec(`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
		values ($1, 'k', 'K', 'k', '[]', '', '', 1, 1, 1)`, org)
}

func (s *streamServer) exec(statement string, args ...any) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(s.t.Context(), statement, args...); return err }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *streamServer) publish(all ...events.Event) {
	s.t.Helper()
	ctx := access.WithActor(s.t.Context(), access.System(org))
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		for _, e := range all {
			if err := s.bus.Publish(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// open connects and returns the lines of the stream; the channel is closed when it ends.
func (s *streamServer) open(query string, headers ...string) (int, <-chan string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer func() { _ = res.Body.Close() }()
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			if sc.Text() != "" {
				lines <- sc.Text()
			}
		}
	}()
	return res.StatusCode, lines
}

func next(t *testing.T, lines <-chan string, n int) string {
	t.Helper()
	var out []string
	for range n {
		select {
		case line := <-lines:
			out = append(out, line)
		case <-time.After(5 * time.Second):
			t.Fatalf("only %q came", out)
		}
	}
	return strings.Join(out, "|")
}

func TestTheStreamTellsOnlyWhatThePersonMayKnow(t *testing.T) {
	s := startStream(t)
	s.organization()
	code, lines := s.open("")
	if got := next(t, lines, 1); code != 200 || got != ": connected" {
		t.Fatal(code, got)
	}
	s.publish(
		events.Event{Kind: "ticket.changed", ID: "x", Needs: perm.TicketView},
		events.Event{Kind: "note", ID: "y", Needs: perm.ContactView, To: "somebody else"},
		events.Event{Kind: "contact.changed", ID: "c", CustomerID: "k", Needs: perm.ContactView, Data: map[string]string{"state": "new"}},
		events.Event{Kind: "note", ID: "z", Needs: perm.SignedIn, To: "t1"},
	)
	want := `id: 3|event: contact.changed|data: {"customer_id":"k","id":"c","state":"new"}|id: 4|event: note|data: {"id":"z"}`
	if got := next(t, lines, 6); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, again := s.open("", "Last-Event-ID: 3")
	if got := next(t, again, 4); got != `: connected|id: 4|event: note|data: {"id":"z"}` {
		t.Error("replay", got)
	}
	_, far := s.open("?after=99")
	if got := next(t, far, 4); got != `: connected|id: 4|event: reset|data: {}` {
		t.Error("reset", got)
	}
	if code, _ := s.open("?after=x"); code != 422 {
		t.Error(code)
	}
}

// Whoever may see one device hears of that one alone.
func TestTheStreamTellsOfDevicesThatMayBeSeen(t *testing.T) {
	s := startStream(t)
	s.organization()
	s.exec(`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames,
		platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		values ($1, 't2', 'T', '', '', 'T', 't', 't@example.com', 't@example.com', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1)`, org)
	s.exec(`insert into technician_customer (org_id, technician_id, customer_id) values ($1, 't2', 'k')`, org)
	s.exec(`insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
		values ($1, 'r', 'r', 'r', '', 'devices', '["device.view"]', '[]', false, '', 1, 1, 1)`, org)
	for _, device := range []string{"seen", "unseen"} {
		s.exec(`insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
			values ($1, $2, null, 'k', 'D', 'd', 'linux', '', '', 1, 1, 1)`, org, device)
	}
	s.exec(`insert into grant_role (org_id, id, technician_id, role_id, scope_type, device_id, reason, created_by, created_at)
		values ($1, 'g', 't2', 'r', 'device', 'seen', '', '', 1)`, org)
	s.gate.as = &access.Actor{OrgID: org, Kind: access.Technician, ID: "t2", Role: perm.Technician, TokenID: "token"}
	_, lines := s.open("")
	next(t, lines, 1)
	s.publish(
		events.Event{Kind: "device.changed", ID: "unseen", CustomerID: "k", Needs: perm.DeviceView},
		events.Event{Kind: "device.changed", ID: "gone", CustomerID: "k", Needs: perm.DeviceView},
		events.Event{Kind: "device.changed", ID: "gone", Needs: perm.DeviceView},
		events.Event{Kind: "device.changed", ID: "seen", CustomerID: "k", Needs: perm.DeviceView},
	)
	if got, want := next(t, lines, 3), `id: 4|event: device.changed|data: {"customer_id":"k","id":"seen"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAttack2TheStreamEndsWithTheSession(t *testing.T) {
	s := startStream(t)
	_, lines := s.open("")
	next(t, lines, 1)
	s.gate.shut.Store(true)
	s.publish(
		events.Event{Kind: "session.ended", ID: "session", Needs: perm.SignedIn, To: "t1"},
		events.Event{Kind: "contact.changed", ID: "c", Needs: perm.ContactView},
	)
	select {
	case line, ok := <-lines:
		if ok {
			t.Error("still told", line)
		}
	case <-time.After(2 * time.Second):
		t.Error("still open")
	}
}

func TestAStreamEndsEvenIfNobodySaysSo(t *testing.T) {
	s := startStream(t)
	_, lines := s.open("")
	next(t, lines, 1)
	s.gate.shut.Store(true)
	begin := time.Now()
	for range lines {
	}
	if d := time.Since(begin); d > 7*time.Second {
		t.Error(d)
	}
}

func TestASessionHasOnlySoManyStreams(t *testing.T) {
	s := startStream(t)
	var codes []int
	for range 9 {
		code, lines := s.open("")
		if code == 200 {
			next(t, lines, 1)
		}
		codes = append(codes, code)
	}
	if got := fmt.Sprint(codes); got != "[200 200 200 200 200 200 200 200 429]" {
		t.Error(got)
	}
}
