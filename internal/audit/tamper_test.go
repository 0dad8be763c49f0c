package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// world is a log of 600 events with three checkpoints and a head file, as an attacker with the database in hand finds it.
type world struct {
	db    *store.DB
	log   *audit.Log
	heads string
}

func newWorld(t *testing.T, db *store.DB) world {
	t.Helper()
	w := world{db, newLog(t, db), filepath.Join(t.TempDir(), "audit-heads.log")}
	if err := w.log.KeepHeads(w.heads); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		record(t, w.log, db, 200)
		if _, err := w.log.Checkpoint(t.Context(), org); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := w.log.Verify(t.Context(), org); err != nil || r.Events != 600 || r.Checkpoints != 3 || r.Heads != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	return w
}

func (w world) exec(t *testing.T, statements ...string) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *store.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(t.Context(), s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantBad checks that verification names the seq, and that the export of the same log does not pass either.
func (w world) wantBad(t *testing.T, seq int64, about string) {
	t.Helper()
	_, err := w.log.Verify(t.Context(), org)
	bad, ok := errors.AsType[*audit.BadError](err)
	if !ok || bad.Seq != seq || !strings.Contains(bad.Reason, about) {
		t.Errorf("got %v, want event %d and %q", err, seq, about)
	}
	if s, err := w.log.Status(t.Context(), org); err != nil || s.OK {
		t.Errorf("status %+v, %v", s, err)
	}
}

func TestM36TheDatabaseWasEdited(t *testing.T) {
	for name, tc := range map[string]struct {
		statements []string
		seq        int64
		about      string
	}{
		"a record": {[]string{`update audit_event set record = replace(record, 'contact.update', 'contact.delete') where seq = 300`}, 300, "altered"},
		"a record and its column": {[]string{
			`update audit_event set record = replace(record, 'tec-1', 'tec-2'), actor_id = 'tec-2' where seq = 300`,
		}, 300, "altered"},
		"a record out of its form": {[]string{`update audit_event set record = record || ' ' where seq = 300`}, 300, "damaged"},
		"a column":                 {[]string{`update audit_event set actor_id = 'tec-2' where seq = 300`}, 300, "column"},
		"the time":                 {[]string{`update audit_event set at = at - 1 where seq = 300`}, 300, "column"},
		"deleted":                  {[]string{`delete from audit_event where seq = 300`}, 300, "missing"},
		"deleted and closed up": {[]string{
			`delete from audit_event where seq = 300`, `update audit_event set seq = seq - 1 where seq = 301`,
		}, 300, "out of order"},
		"two put out of order": {[]string{
			`update audit_event set seq = 100300 where seq = 300`, `update audit_event set seq = 300 where seq = 301`, `update audit_event set seq = 301 where seq = 100300`,
		}, 300, "out of order"},
		"private data of another event": {[]string{
			`update audit_event set private = (select private from audit_event where seq = 310) where seq = 300`,
		}, 300, "private data"},
		"private data taken away": {[]string{`update audit_event set private = '' where seq = 300`}, 300, "private data"},
		"a target":                {[]string{`delete from audit_target where seq = 300`}, 0, "index of targets"},
		"the kept tree":           {[]string{`update audit_node set hash = (select leaf from audit_event where seq = 1)`}, 1, "kept"},
		"a leaf":                  {[]string{`update audit_event set leaf = (select leaf from audit_event where seq = 1) where seq = 300`}, 300, "altered"},
		"the head":                {[]string{`update audit_head set hashes = (select leaf from audit_event where seq = 1)`}, 601, "head"},
		"a checkpoint":            {[]string{`delete from audit_checkpoint where size = 400`}, 0, "missing"},
		"a checkpoint's root":     {[]string{`update audit_checkpoint set root = (select leaf from audit_event where seq = 1) where size = 400`}, 0, "altered"},
		"an event behind the end": {[]string{
			`update audit_head set size = 599`, `delete from audit_checkpoint where size = 600`,
		}, 600, "cut"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				if db.Dialect() == store.Postgres {
					for i, s := range tc.statements {
						tc.statements[i] = strings.ReplaceAll(s, "private = ''", `private = '\x'`)
					}
				}
				w := newWorld(t, db)
				w.exec(t, tc.statements...)
				w.wantBad(t, tc.seq, tc.about)
			})
		})
	}
}

// rewrite changes an event and everything that is computed from it: what an attacker with the database and our source can do.
func (w world) rewrite(t *testing.T, seq int64) {
	t.Helper()
	tree, err := auditverify.NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	if err := w.db.Read().QueryRowContext(t.Context(), `select size from audit_head`).Scan(&size); err != nil {
		t.Fatal(err)
	}
	err = w.db.Write(t.Context(), func(tx *store.Tx) error {
		for i := int64(1); i <= size; i++ {
			var text string
			if err := tx.QueryRowContext(t.Context(), `select record from audit_event where seq = $1`, i).Scan(&text); err != nil {
				return err
			}
			if i == seq {
				text = strings.Replace(text, `"success"`, `"denied"`, 1)
			}
			leaf := auditverify.LeafHash([]byte(text))
			if _, err := tx.ExecContext(t.Context(), `update audit_event set record = $1, leaf = $2, outcome = $3 where seq = $4`,
				text, leaf[:], map[bool]string{true: "denied", false: "success"}[i == seq], i); err != nil {
				return err
			}
			if err := tree.Append(leaf, func(level uint, index uint64, hash []byte) {
				_, _ = tx.ExecContext(t.Context(), `update audit_node set hash = $1 where level = $2 and position = $3`, hash, int64(level), int64(index))
			}); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(t.Context(), `update audit_head set hashes = $1`, bytes.Join(tree.Hashes(), nil))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAttack50EverythingButTheSignaturesRewritten(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.rewrite(t, 300)
	w.wantBad(t, 201, "events 201 to 400") // between the checkpoints of 200 and 400
	if _, err := w.log.Checkpoint(t.Context(), org); err == nil {
		t.Error("signed a rewritten log")
	}
	_, err := audit.VerifyExport(t.Context(), bytes.NewReader(nil), w.log.PublicKey())
	if err == nil {
		t.Error("an empty file is a good export")
	}
}

func TestAttack50CheckpointsDroppedWithTheRewrite(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.rewrite(t, 300)
	w.exec(t, `delete from audit_checkpoint`, `update audit_head set checkpoint_size = 0`)
	w.wantBad(t, 1, "events 1 to 400") // only the head file still knows
	if _, err := w.log.Checkpoint(t.Context(), org); err == nil {
		t.Error("signed a rewritten log")
	}
}

func TestAttack50ForgedCheckpoint(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.rewrite(t, 300)
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := note.NewEd25519VerifierKey(auditverify.KeyName, other.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	var root [32]byte
	c := auditverify.Checkpoint{Organization: org, Size: 400, Root: root, PreviousSize: 200, At: store.Now()}
	forged, err := note.Sign(&note.Note{Text: c.Text()}, forger{v, other})
	if err != nil {
		t.Fatal(err)
	}
	err = w.db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update audit_checkpoint set root = $1, note = $2 where size = 400`, root[:], string(forged))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.wantBad(t, 0, "size 400 was forged")
}

type forger struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (f forger) Sign(m []byte) ([]byte, error) { return ed25519.Sign(f.key, m), nil }

func TestAttack50CutTail(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	// Cut as cleanly as can be: the state after event 400, as it really was.
	w.cut(t, 400)
	w.wantBad(t, 401, "cut off")
	if _, err := w.log.Checkpoint(t.Context(), org); err == nil {
		t.Error("signed a log that was cut")
	}
	record(t, w.log, w.db, 300) // and grown again past its old length
	w.wantBad(t, 401, "events 401 to 600")
	if _, err := w.log.Checkpoint(t.Context(), org); err == nil {
		t.Error("signed a log that was cut and grown again")
	}
	// A server that starts now learns it from the head file.
	again := newLog(t, w.db)
	if err := again.KeepHeads(w.heads); err != nil {
		t.Fatal(err)
	}
	if err := again.CheckpointAll(t.Context()); err == nil {
		t.Error("signed after a restart")
	}
	if s, _ := again.Status(t.Context(), org); s.OK {
		t.Error("shown as good after a refused checkpoint")
	}
}

func (w world) cut(t *testing.T, size int64) {
	t.Helper()
	tree, err := auditverify.NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := int64(1); i <= size; i++ {
		var leaf []byte
		if err := w.db.Read().QueryRowContext(t.Context(), `select leaf from audit_event where seq = $1`, i).Scan(&leaf); err != nil {
			t.Fatal(err)
		}
		if err := tree.Append(auditverify.Hash(leaf), nil); err != nil {
			t.Fatal(err)
		}
	}
	err = w.db.Write(t.Context(), func(tx *store.Tx) error {
		for _, s := range []string{
			`delete from audit_event where seq > $1`, `delete from audit_target where seq > $1`, `delete from audit_checkpoint where size > $1`,
			`delete from audit_node where (position + 1) * (case level when 8 then 256 else 512 end) > $1`,
		} {
			if _, err := tx.ExecContext(t.Context(), s, size); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(t.Context(), `update audit_head set size = $1, checkpoint_size = $1, hashes = $2`, size, bytes.Join(tree.Hashes(), nil))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAttack50OldDatabasePutInPlace(t *testing.T) {
	dir := t.TempDir()
	heads := filepath.Join(dir, "audit-heads.log")
	run := func(n int) {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		l := newLog(t, db)
		if err := l.KeepHeads(heads); err != nil {
			t.Fatal(err)
		}
		record(t, l, db, n)
		if err := errors.Join(l.CheckpointAll(t.Context()), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	run(100)
	file := filepath.Join(dir, store.FileName)
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run(50)
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Remove(file + suffix)
	}
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	l := newLog(t, db)
	if err := l.KeepHeads(heads); err != nil {
		t.Fatal(err)
	}
	world{db, l, heads}.wantBad(t, 101, "an older database")
	// Even with no row left, the head file knows that there was a log.
	world{db, l, heads}.exec(t, `delete from audit_head`, `delete from audit_event`, `delete from audit_checkpoint`)
	if err := l.VerifyAll(t.Context()); err == nil || !strings.Contains(err.Error(), "event 1:") {
		t.Errorf("got %v", err)
	}
}

func TestAttack50ForgedHead(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	text, err := os.ReadFile(w.heads)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.heads, bytes.Replace(text, []byte(`"size":600`), []byte(`"size":700`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	w.wantBad(t, 0, "line 3 of the head file was forged")
}

func TestATornHeadIsNoAlarm(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	text, err := os.ReadFile(w.heads)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.heads, text[:len(text)-20], 0o600); err != nil { // the machine stopped while the last line was written
		t.Fatal(err)
	}
	if err := w.log.KeepHeads(w.heads); err != nil {
		t.Fatal(err)
	}
	record(t, w.log, w.db, 1)
	if _, err := w.log.Checkpoint(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	if r, err := w.log.Verify(t.Context(), org); err != nil || r.Heads != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAttack50ClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t)
		l := newLog(t, db)
		record(t, l, db, 1)
		// Fake time only goes forward, so the last event is moved an hour ahead of it instead.
		w := world{db: db, log: l}
		w.exec(t, `update audit_head set last_at = last_at + 3600000000`)
		record(t, l, db, 2)
		entries, err := l.Find(t.Context(), org, audit.Filter{}, 0, 10)
		if err != nil || len(entries) != 4 || entries[2].Action != "audit.clock_set_back" || entries[2].Actor.Type != "system" || entries[2].Detail["last_event"] == nil {
			t.Errorf("%d entries, %v", len(entries), err)
		}
		time.Sleep(time.Minute)
		record(t, l, db, 1)
		if r, err := l.Verify(t.Context(), org); err != nil || r.Events != 5 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestRunMakesCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t)
		l := newLog(t, db)
		ctx, stop := contextWithStop(t)
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		size := func() int64 {
			synctest.Wait()
			var n int64
			if err := db.Read().QueryRowContext(t.Context(), `select coalesce(max(size), 0) from audit_checkpoint`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		record(t, l, db, 999)
		if n := size(); n != 0 {
			t.Errorf("checkpoint of %d at once", n)
		}
		record(t, l, db, 1)
		if n := size(); n != 1000 {
			t.Errorf("after a thousand events: %d", n)
		}
		record(t, l, db, 5)
		time.Sleep(time.Minute + time.Second)
		if n := size(); n != 1005 {
			t.Errorf("after a minute: %d", n)
		}
		record(t, l, db, 7)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := size(); n != 1012 {
			t.Errorf("at the end: %d", n)
		}
	})
}

// TestEveryChangedByteOfAnExport changes each byte, and cuts, repeats, removes and swaps lines: with and without the key.
func TestEveryChangedByteOfAnExport(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	record(t, l, db, 3)
	if _, err := l.Checkpoint(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	record(t, l, db, 2)
	err := db.Write(t.Context(), func(tx *store.Tx) error { return l.Erase(as(t, org), tx, "contact:con-1") })
	if err != nil {
		t.Fatal(err)
	}
	good := export(t, l)
	for _, key := range []string{"", l.PublicKey()} {
		if r, err := audit.VerifyExport(t.Context(), bytes.NewReader(good), key); err != nil || r.Events != 7 || r.Checkpoints != 2 || r.SignaturesChecked != (key != "") {
			t.Fatalf("%+v, %v", r, err)
		}
		check := func(what string, file []byte) {
			t.Helper()
			if _, err := audit.VerifyExport(t.Context(), bytes.NewReader(file), key); err == nil {
				t.Errorf("key %q: accepted with %s", key, what)
			}
		}
		for i := range good {
			file := bytes.Clone(good)
			file[i] ^= []byte{1, 0x20, 0x80}[i%3]
			check(fmt.Sprintf("byte %d changed", i), file)
			if i%11 == 0 || i == len(good)-1 {
				check(fmt.Sprintf("the end cut at %d", i), good[:i])
			}
		}
		lines := bytes.SplitAfter(good, []byte("\n"))
		lines = lines[:len(lines)-1]
		for i := range lines {
			check(fmt.Sprintf("line %d removed", i), bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil))
			check(fmt.Sprintf("line %d twice", i), bytes.Join(append(append([][]byte{}, lines[:i+1]...), lines[i:]...), nil))
			if i > 0 {
				swapped := append([][]byte{}, lines...)
				swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
				check(fmt.Sprintf("lines %d and %d swapped", i-1, i), bytes.Join(swapped, nil))
			}
		}
		check("a blank line", append([]byte("\n"), good...))
		check("more behind the end", append(bytes.Clone(good), '\n'))
	}
}

// TestAnExportRewrittenWithItsSum is what somebody does who knows the format: only the key tells.
func TestAnExportRewrittenWithItsSum(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	record(t, l, db, 3)
	err := db.Write(t.Context(), func(tx *store.Tx) error { return l.Erase(as(t, org), tx, "contact:con-1") })
	if err != nil {
		t.Fatal(err)
	}
	good := export(t, l)
	section := regexp.MustCompile(`\{"subject":"technician:tec-1","salt":"[^"]*","data":\{"actor":\{[^}]*\}\}\}`).Find(good)
	file := bytes.Replace(good, section, []byte(`{"subject":"technician:tec-1","erased":true}`), 1)
	file = resum(t, file)
	_, err = audit.VerifyExport(t.Context(), bytes.NewReader(file), l.PublicKey())
	if err == nil || !strings.Contains(err.Error(), "another export") {
		t.Errorf("got %v", err)
	}
	if _, err := audit.VerifyExport(t.Context(), bytes.NewReader(file), ""); err == nil {
		t.Error("the signature's text gives it away even without the key")
	}
	other := newLogWith(t, db, 8)
	if _, err := audit.VerifyExport(t.Context(), bytes.NewReader(good), other.PublicKey()); err == nil {
		t.Error("accepted under another installation's key")
	}
	for _, bad := range []string{"x", "countersign.audit+00000000+" + base64.StdEncoding.EncodeToString(make([]byte, 33)), strings.Replace(l.PublicKey(), "audit", "other", 1)} {
		if _, err := audit.VerifyExport(t.Context(), bytes.NewReader(good), bad); err == nil {
			t.Errorf("accepted the key %q", bad)
		}
	}
}
