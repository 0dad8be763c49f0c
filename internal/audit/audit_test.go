package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const org = "0197f000-0000-7000-8000-000000000001"

var errTest = errors.New("refused on purpose")

func newLog(t testing.TB, db *store.DB) *audit.Log {
	t.Helper()
	k, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return audit.New(db, k)
}

// as returns a context in which a technician of the organization acts.
func as(t testing.TB, organization string) context.Context {
	t.Helper()
	return access.WithActor(t.Context(), access.Actor{
		OrgID: organization, Kind: access.Technician, ID: "tec-1", Name: "Tess Technician", Address: "192.0.2.7", Device: "Firefox on Debian", RequestID: "req-1",
	})
}

func contactChanged(i int) audit.Event {
	return audit.Event{
		Action: "contact.update", CustomerID: "cus-1",
		Targets: []audit.Target{{Type: "contact", ID: fmt.Sprintf("con-%d", i%10), Name: "Carla Caller"}},
		Before:  map[string]any{"phone": "+12125550101", "vip": false},
		After:   map[string]any{"phone": "+12125550102", "vip": false},
	}
}

// record appends n events, a few at a time.
func record(t testing.TB, l *audit.Log, db *store.DB, n int) {
	t.Helper()
	const atOnce = 25
	for from := 0; from < n; from += atOnce {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := from; i < min(from+atOnce, n); i++ {
				if err := l.Record(as(t, org), tx, contactChanged(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func export(t testing.TB, l *audit.Log) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := l.Export(as(t, org), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEventsAppendInCommitOrderWithoutGaps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		other := "0197f000-0000-7000-8000-000000000002"
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 100 {
					ctx := as(t, []string{org, other}[i%2])
					err := db.Write(ctx, func(tx *store.Tx) error {
						for range 1 + i%3 {
							if err := l.Record(ctx, tx, contactChanged(w)); err != nil {
								return err
							}
						}
						if i%10 >= 8 {
							return errTest // its events vanish with it
						}
						return nil
					})
					if (i%10 >= 8) != errors.Is(err, errTest) || (i%10 < 8 && err != nil) {
						t.Errorf("write: %v", err)
					}
				}
			})
		}
		wg.Wait()
		for _, o := range []string{org, other} {
			if _, err := l.Checkpoint(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			report, err := l.Verify(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			want := int64(0)
			for i := range 100 {
				if o == []string{org, other}[i%2] && i%10 < 8 {
					want += int64(1+i%3) * 8
				}
			}
			if report.Events != want || report.Checkpoints != 1 {
				t.Errorf("%+v, want %d events", report, want)
			}
			if ok, err := audit.VerifyExport(t.Context(), bytes.NewReader(export(t, l)), l.PublicKey()); err != nil || !ok.SignaturesChecked {
				t.Errorf("%+v, %v", ok, err)
			}
		}
	})
}

func TestAnEventTellsWhatHappened(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		ctx := as(t, org)
		if err := l.Append(ctx, contactChanged(1)); err != nil {
			t.Fatal(err)
		}
		refusal := audit.Event{Action: "ticket.close", Outcome: audit.Denied, Reason: "access.denied", TicketID: "tic-1", Targets: []audit.Target{{Type: "ticket", ID: "tic-1", Name: "Printer \"on fire\"\n"}}}
		if err := l.Append(access.WithActor(ctx, access.System(org)), refusal); err != nil {
			t.Fatal(err)
		}
		entries, err := l.Find(ctx, org, audit.Filter{}, 0, 10)
		if err != nil || len(entries) != 2 {
			t.Fatal(entries, err)
		}
		got := fmt.Sprintln(entries[1].Seq, entries[1].ActorName, entries[1].Address, entries[1].Device, entries[1].TargetNames, entries[1].Before, entries[1].After, entries[1].RequestID)
		if want := "1 Tess Technician 192.0.2.7 Firefox on Debian [Carla Caller] map[phone:+12125550101] map[phone:+12125550102] req-1\n"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if e := entries[0]; e.ActorName != "Countersign" || e.Outcome != "denied" || e.TargetNames[0] != "Printer \"on fire\"\n" || e.TicketID != "tic-1" || e.Address != "" {
			t.Errorf("%+v", e)
		}
		for name, tc := range map[string]struct {
			filter audit.Filter
			want   []int64
		}{
			"actor":        {audit.Filter{ActorID: "tec-1"}, []int64{1}},
			"action":       {audit.Filter{Action: "ticket.close"}, []int64{2}},
			"area":         {audit.Filter{Action: "contact.*"}, []int64{1}},
			"target":       {audit.Filter{TargetID: "con-1"}, []int64{1}},
			"outcome":      {audit.Filter{Outcome: audit.Denied}, []int64{2}},
			"until":        {audit.Filter{To: entries[1].At}, nil},
			"since":        {audit.Filter{From: entries[1].At}, []int64{2, 1}},
			"nothing both": {audit.Filter{TargetID: "con-1", Outcome: audit.Denied}, nil},
		} {
			found, err := l.Find(ctx, org, tc.filter, 0, 10)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var seqs []int64
			for _, e := range found {
				seqs = append(seqs, e.Seq)
			}
			if !slices.Equal(seqs, tc.want) {
				t.Errorf("%s: %v, want %v", name, seqs, tc.want)
			}
		}
		if found, _ := l.Find(ctx, "0197f000-0000-7000-8000-00000000000f", audit.Filter{}, 0, 10); len(found) > 0 {
			t.Error("a neighbour reads the log")
		}
	})
}

func TestRecordRefusesWhatItCannotPlace(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	for name, tc := range map[string]struct {
		ctx   context.Context
		event audit.Event
	}{
		"no organization":  {t.Context(), contactChanged(0)},
		"no verb":          {as(t, org), audit.Event{Action: "contact"}},
		"strange action":   {as(t, org), audit.Event{Action: `contact."x"`}},
		"too many targets": {as(t, org), audit.Event{Action: "a.b", Targets: make([]audit.Target, 65)}},
	} {
		if err := l.Append(tc.ctx, tc.event); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if s, err := l.Status(t.Context(), org); err != nil || s.Size != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestErasureLeavesTheTreeWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		ctx := as(t, org)
		record(t, l, db, 20)
		err := db.Write(ctx, func(tx *store.Tx) error {
			if err := l.Record(ctx, tx, contactChanged(3)); err != nil { // told in the erasing transaction: not told at all
				return err
			}
			return l.Erase(ctx, tx, "contact:con-3")
		})
		if err != nil {
			t.Fatal(err)
		}
		again := newLog(t, db) // has nothing cached
		for _, l := range []*audit.Log{l, again} {
			entries, err := l.Find(ctx, org, audit.Filter{TargetID: "con-3"}, 0, 10)
			if err != nil || len(entries) != 4 {
				t.Fatal(len(entries), err)
			}
			for _, e := range entries {
				if e.Action == "contact.update" && (e.TargetNames[0] != "" || e.After != nil || e.ActorName != "Tess Technician") || e.Erased != (e.Seq <= 20) || e.Damaged {
					t.Errorf("%+v", e)
				}
			}
		}
		if others, _ := l.Find(ctx, org, audit.Filter{TargetID: "con-4"}, 0, 1); others[0].TargetNames[0] != "Carla Caller" || others[0].Erased {
			t.Errorf("erased too much: %+v", others[0])
		}
		if _, err := l.Verify(ctx, org); err != nil {
			t.Error(err)
		}
		record(t, l, db, 10) // con-3 gets a new key, though the old one was cached
		if found, _ := l.Find(ctx, org, audit.Filter{TargetID: "con-3"}, 0, 1); found[0].Erased || found[0].TargetNames[0] == "" {
			t.Errorf("%+v", found[0])
		}
		file := export(t, l)
		if result, err := audit.VerifyExport(ctx, bytes.NewReader(file), l.PublicKey()); err != nil || result.Erased != 2 {
			t.Errorf("%+v, %v", result, err)
		}
		if n := bytes.Count(file, []byte(`"erased":true`)); n != 2 {
			t.Errorf("%d erased sections", n)
		}
	})
}

func TestARolledBackKeyIsNotCached(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		ctx := as(t, org)
		_ = db.Write(ctx, func(tx *store.Tx) error {
			if err := l.Record(ctx, tx, contactChanged(1)); err != nil {
				return err
			}
			tx.BeforeCommit("late", func(context.Context, *store.Tx) error { return errTest }) // after the event was appended
			return nil
		})
		record(t, l, db, 2)
		if r, err := l.Verify(ctx, org); err != nil || r.Events != 2 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestALaterHookMayRecordToo(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	ctx := as(t, org)
	err := db.Write(ctx, func(tx *store.Tx) error {
		if err := l.Record(ctx, tx, contactChanged(1)); err != nil {
			return err
		}
		tx.BeforeCommit("late", func(ctx context.Context, tx *store.Tx) error { return l.Record(as(t, org), tx, contactChanged(2)) })
		return nil
	})
	if r, verr := l.Verify(ctx, org); err != nil || verr != nil || r.Events != 2 {
		t.Errorf("%+v, %v, %v", r, err, verr)
	}
}

func TestSecretsAreNeverStored(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	type settings struct {
		Host     string `json:"host"`
		Password string `json:"password"`
	}
	hidden := "hunter2-hunter2"
	values := map[string]any{
		"password": hidden, "new_password": hidden, "passwordHash": hidden, "code": hidden, "smsCode": hidden, "recovery-codes": []string{hidden},
		"client_secret": hidden, "API_TOKEN": hidden, "token_hash": hidden, "hash": []byte(hidden), "pin": 4711, "spoken_number": hidden,
		"mail": settings{"mail.example.com", hidden}, "list": []any{map[string]any{"secret": hidden}}, "deep": map[string]any{"authorization": map[string]any{"x": hidden}},
		"password_set": true, "code_digits": 8, "token_id": "tok-visible", "secret_empty": "", "country_code": "US-visible", "keyboard": "visible-keyboard",
	}
	if err := l.Append(as(t, org), audit.Event{Action: "test.mask", Detail: values, Before: map[string]any{"password": "old-" + hidden}, After: values}); err != nil {
		t.Fatal(err)
	}
	text := string(export(t, l))
	for _, bad := range []string{hidden, "4711", "aHVudGVyMi1odW50ZXIy"} {
		if strings.Contains(text, bad) {
			t.Errorf("the export holds %q", bad)
		}
	}
	for _, good := range []string{`"password_set":true`, `"code_digits":8`, "tok-visible", "US-visible", "visible-keyboard", "mail.example.com", `"before":{"password":"[masked]"}`} {
		if !strings.Contains(text, good) {
			t.Errorf("the export lacks %s", good)
		}
	}
}

func TestWhatCannotBeKeptDoesNotStopTheChange(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	loop := map[string]any{}
	loop["loop"] = loop
	many := map[string]any{}
	for i := range 100 {
		many[fmt.Sprint(i)] = strings.Repeat("x", 5000)
	}
	for i, detail := range []map[string]any{
		{"channel": make(chan int)}, {"nan": 0 / zero}, loop, many, {"text": "\xff\xfe", "long": strings.Repeat("é", 5000)},
	} {
		target := audit.Target{Type: "con\"tact", ID: "\u00e9\n" + strings.Repeat("y", 300), Name: "\x00"}
		if err := l.Append(as(t, org), audit.Event{Action: "test.odd", Reason: "\"", Detail: detail, Targets: []audit.Target{target, target}}); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := l.Verify(t.Context(), org); err != nil {
		t.Error(err)
	}
	if _, err := audit.VerifyExport(t.Context(), bytes.NewReader(export(t, l)), l.PublicKey()); err != nil {
		t.Error(err)
	}
}

var zero float64

func TestProofsConvinceSomebodyWithoutTheDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		var roots []auditverify.Checkpoint
		for _, n := range []int{1, 2, 252, 1, 1, 300, 73} {
			record(t, l, db, n)
			c, err := l.Checkpoint(t.Context(), org)
			if err != nil {
				t.Fatal(err)
			}
			roots = append(roots, c)
		}
		key, err := auditverify.ParseKey(l.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		size := roots[len(roots)-1].Size
		for seq := int64(1); seq <= size; seq += 7 {
			p, err := l.Prove(t.Context(), org, seq)
			if err != nil {
				t.Fatal(err)
			}
			c, err := key.OpenCheckpoint(p.Checkpoint)
			if err != nil {
				t.Fatal(err)
			}
			if err := auditverify.CheckInclusion([]byte(p.Record), seq, c.Size, p.Path, c.Root); err != nil {
				t.Fatal(err)
			}
			if auditverify.CheckInclusion([]byte(p.Record+" "), seq, c.Size, p.Path, c.Root) == nil {
				t.Fatal("proved an altered event")
			}
		}
		for i, a := range roots {
			for _, b := range roots[i:] {
				path, err := l.Consistency(t.Context(), org, a.Size, b.Size)
				if err != nil {
					t.Fatal(err)
				}
				if err := auditverify.CheckConsistency(a.Size, b.Size, path, a.Root, b.Root); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := l.Prove(t.Context(), org, size+1); err == nil {
			t.Error("proved an event that is not there")
		}
	})
}
