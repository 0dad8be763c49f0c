package auditlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const (
	org       = "0197f000-0000-7000-8000-000000000001"
	neighbour = "0197f000-0000-7000-8000-000000000002"
)

// people knows "Bearer ROLE", "Bearer owner" and "Bearer neighbour".
type people struct{}

func (people) Authenticate(r *http.Request) (access.Actor, error) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	a := access.Actor{OrgID: org, Kind: access.Technician, ID: "tec-" + name, Name: name, Role: perm.Role(name), TokenID: "tok-" + name}
	switch name {
	case "":
		return access.Actor{}, nil
	case "owner":
		a.Owner, a.Role = true, perm.Administrator
	case "neighbour":
		a.OrgID, a.Role = neighbour, perm.Administrator
	}
	return a, nil
}

type world struct {
	t   *testing.T
	db  *store.DB
	log *audit.Log
	api *httpapi.API

	service *auditlog.Service
}

func start(t *testing.T, db *store.DB) world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	guard := access.New(db)
	w := world{t: t, db: db, log: audit.New(db, keys), api: httpapi.New(httpapi.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Guard: guard, Auth: people{}, DB: db, Keys: keys,
	})}
	w.service = auditlog.New(db, w.log, guard, events.New(db, slog.New(slog.DiscardHandler)), func(_ context.Context, err error) { t.Error(err) })
	w.service.Routes(w.api)
	ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "tec-1", Name: "Tess", Address: "192.0.2.7"})
	for i := range 5 {
		err := w.log.Append(ctx, audit.Event{
			Action: "contact.update", Targets: []audit.Target{{Type: "contact", ID: fmt.Sprintf("con-%d", i%2), Name: "Carla"}},
			Before: map[string]any{"vip": false, "gone": 1}, After: map[string]any{"vip": true, "new": "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.log.Append(ctx, audit.Event{Action: "ticket.close", Outcome: audit.Denied, Reason: "access.denied"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w world) get(who, path string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	r.Header.Set("Accept", "text/csv")
	out := httptest.NewRecorder()
	w.api.ServeHTTP(out, r)
	return out
}

type page struct {
	Items []struct {
		Seq     int64
		Action  string
		Actor   struct{ Type, ID, Name string }
		Targets []struct{ Type, ID, Name string }
		Changes map[string]map[string]any
		Detail  map[string]any
	}
	NextCursor string `json:"next_cursor"`
}

func (w world) list(who, query string) (out page) {
	w.t.Helper()
	answer := w.get(who, "/api/audit?"+query)
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &out) != nil {
		w.t.Fatalf("%s: %d %s", query, answer.Code, answer.Body)
	}
	return out
}

func (w world) count(action string) (n int) {
	w.t.Helper()
	found, err := w.log.Find(w.t.Context(), org, audit.Filter{Action: action}, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(found)
}

func TestWhoMayRead(t *testing.T) {
	w := start(t, storetest.Open(t))
	for _, path := range []string{"/api/audit", "/api/audit/export", "/api/audit/public-key", "/api/audit/verification"} {
		for who, want := range map[string]int{"": 401, "read_only": 403, "technician": 403, "manager": 403, "administrator": 200, "owner": 200} {
			lacking := `"permission":"admin.audit"`
			if who == "administrator" && path == "/api/audit/export" { // takes a second person, or the owner
				want, lacking = 403, `"template":{"action":"audit.export","parameters":{"format":"jsonl"}}`
			}
			if answer := w.get(who, path); answer.Code != want || want == 403 && !strings.Contains(answer.Body.String(), lacking) {
				t.Errorf("%s by %q: %d %s", path, who, answer.Code, answer.Body)
			}
		}
	}
	if got := w.list("neighbour", ""); len(got.Items) != 1 || got.Items[0].Action != "audit.read" {
		t.Errorf("a neighbour reads %+v", got.Items)
	}
	if got := w.get("neighbour", "/api/audit/export").Body.String(); strings.Contains(got, org) {
		t.Error("a neighbour's export holds our events")
	}
}

func TestListsAndFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := start(t, db)
		all := w.list("administrator", "")
		if len(all.Items) != 7 || all.Items[0].Action != "audit.read" || all.Items[6].Seq != 1 || all.NextCursor != "" {
			t.Fatalf("%+v", all)
		}
		got, _ := json.Marshal(all.Items[6])
		want := `{"Seq":1,"Action":"contact.update","Actor":{"Type":"technician","ID":"tec-1","Name":"Tess"},"Targets":[{"Type":"contact","ID":"con-0","Name":"Carla"}],` +
			`"Changes":{"gone":{"before":1},"new":{"after":"x"},"vip":{"after":true,"before":false}},"Detail":{}}`
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for query, n := range map[string]int{
			"action=contact.update": 5, "action=contact.*": 5, "target=con-1": 2, "actor=tec-1": 6, "outcome=denied": 1, "actor=nobody": 0,
			"to=2020-01-01T00:00:00Z": 0, "from=2020-01-01T00:00:00Z": 7, "target=con-0&outcome=success": 3,
		} {
			if got := w.list("administrator", query); len(got.Items) != n {
				t.Errorf("%s: %d, want %d", query, len(got.Items), n)
			}
		}
		var seqs []int64
		for cursor := ""; ; {
			p := w.list("administrator", "limit=3&cursor="+url.QueryEscape(cursor))
			for _, e := range p.Items {
				seqs = append(seqs, e.Seq)
			}
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		if fmt.Sprint(seqs) != "[7 6 5 4 3 2 1]" {
			t.Errorf("pages: %v", seqs)
		}
		for _, bad := range []string{"outcome=maybe", "from=yesterday", "limit=0", "limit=201", "cursor=x", "cursor=" + store.Cursor("-1"), "cursor=" + store.Cursor("x")} {
			if answer := w.get("administrator", "/api/audit?"+bad); answer.Code != 422 {
				t.Errorf("%s: %d", bad, answer.Code)
			}
		}
	})
}

func TestReadingIsAnEventOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, storetest.Open(t))
		for range 3 {
			w.list("administrator", "")
			time.Sleep(15 * time.Second)
		}
		if n := w.count("audit.read"); n != 1 {
			t.Errorf("%d events for three readings within a minute", n)
		}
		time.Sleep(time.Minute)
		w.list("administrator", "")
		if n := w.count("audit.read"); n != 2 {
			t.Errorf("%d events after another minute", n)
		}
	})
}

func TestAnExportProvesItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := start(t, db)
		answer := w.get("owner", "/api/audit/export")
		if answer.Code != 200 || answer.Header().Get("Content-Type") != "application/jsonl" {
			t.Fatal(answer.Code, answer.Header())
		}
		for line := range strings.Lines(answer.Body.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
		key := w.get("administrator", "/api/audit/public-key").Body.String()
		result, err := audit.VerifyExport(t.Context(), answer.Body, key)
		if err != nil || result.Events != 7 || !result.SignaturesChecked || w.count("audit.export") != 1 {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

func TestVerificationState(t *testing.T) {
	w := start(t, storetest.Open(t))
	type state struct {
		Size         int64
		Root         string
		CheckpointAt *time.Time `json:"checkpoint_at"`
		OK           bool
	}
	read := func() (s state) {
		if err := json.Unmarshal(w.get("administrator", "/api/audit/verification").Body.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := read(); s.Size != 6 || s.CheckpointAt != nil || !s.OK || len(s.Root) != 44 {
		t.Errorf("%+v", s)
	}
	if err := w.log.CheckpointAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := w.db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update audit_event set outcome = 'success' where outcome = 'denied'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.log.VerifyAll(t.Context()); err == nil {
		t.Error("the alteration was not found")
	}
	if s := read(); s.OK || s.CheckpointAt == nil {
		t.Errorf("%+v", s)
	}
}

func TestAnExportThatCannotBeSignedIsRefused(t *testing.T) {
	w := start(t, storetest.Open(t))
	if err := w.log.CheckpointAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := w.db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update audit_checkpoint set note = ''`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if answer := w.get("owner", "/api/audit/export"); answer.Code != 409 || answer.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

func TestOnlyAGoneReaderEndsAnExport(t *testing.T) {
	w := start(t, storetest.Open(t))
	ctx, cancel := context.WithCancel(access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "a", Role: perm.Administrator}))
	cancel()
	if err := w.service.Export(ctx, &bytes.Buffer{}, ""); err == nil {
		t.Error("exported for a reader who had left")
	}
}
