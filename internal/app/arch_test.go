package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "countersign.dev/countersign/"

// tiers lists the packages in the order in which they may build on each other: a package imports only what stands before it.
func tiers() []string {
	return []string{
		"fault", "id", "clock", "store", "access/perm", "access/portal", "access/engine", "access", "seal", "input", "access/resource", "config", "jobs", "events", "audit/auditverify", "audit",
		"message/mailin", "message/wire", "message/webapi", "message/attachment",
		"csvfile", "httpapi", "throttle", "export", "task", "password", "signinpolicy", "picture", "preference", "auditlog", "role", "organization", "branding", "customer", "technician", "team", "avatar", "activity", "contact", "consent", "device", "grant", "sensitivity", "platformrole",
		"apitoken", "factor", "signin", "wording", "publicpage", "message/mail", "message/sending", "message", "message/outbox", "notification", "invitation", "recovery", "ticket", "optin", "document/markup", "document/pdf", "document", "contactkey", "pod", "approval",
		"verifypolicy", "verify", "verify/request", "verify/override", "verify/panel", "receipt/receiptverify", "receipt", "accessreview/reviewverify", "accessreview", "compliance", "authzen", "explain", "usage", "demo",
		"csvimport/columns", "csvimport", "bulk", "approval/acts", "erasure", "backup", "doctor",
		"app",
	}
}

// edges are the files that may know about HTTP, and huma with it.
var edges = regexp.MustCompile(`^(http(_\w+)?|page|stream)\.go$`)

type pkg struct {
	Dir, ImportPath string
	Imports         []string
	GoFiles         []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=Dir,ImportPath,Imports,GoFiles", module+"internal/...", module+"cmd/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func internal(path string) (string, bool) { return strings.CutPrefix(path, module+"internal/") }

// isTest says whether a package only helps tests: storetest, messagetest.
func isTest(name string) bool { return strings.HasSuffix(name, "test") }

func TestImportsPointDown(t *testing.T) {
	rank := map[string]int{}
	for i, name := range tiers() {
		rank[name] = i + 1
	}
	for _, p := range packages(t) {
		from, ok := internal(p.ImportPath)
		if !ok || isTest(from) {
			continue
		}
		slice, adapter := from, ""
		if rank[from] == 0 { // an adapter: slice/system
			slice, adapter, _ = strings.Cut(from, "/")
			if rank[slice] == 0 {
				t.Errorf("%s stands in no tier", from)
				continue
			}
		}
		for _, path := range p.Imports {
			to, ok := internal(path)
			switch {
			case !ok:
			case isTest(to):
				t.Errorf("%s imports %s outside tests", from, to)
			case rank[to] == 0 && from != "app":
				t.Errorf("%s imports the adapter %s, which only app may", from, to)
			case rank[to] != 0 && adapter != "" && rank[to] > rank[slice], rank[to] != 0 && adapter == "" && rank[to] >= rank[from]:
				t.Errorf("%s imports %s, which does not stand before it", from, to)
			}
		}
	}
}

func TestOnlyTheEdgeKnowsHTTP(t *testing.T) {
	eachFile(t, func(name, dir, file, text string) {
		usesAPI := strings.Contains(text, `"`+module+`internal/httpapi"`)
		usesHuma := strings.Contains(text, `"github.com/danielgtaylor/huma`)
		if (usesAPI || usesHuma) && dir != "httpapi" && dir != "app" && !edges.MatchString(file) {
			t.Errorf("%s knows HTTP; that belongs into http.go", name)
		}
	})
}

var statement = regexp.MustCompile("`\\s*(?i:select|insert into|update|delete from|with|create table)\\s")

// What decides about access decides from what it was told, at the time it is asked about (ADR 37).
func TestTheEngineKnowsNoDatabaseNetworkOrClock(t *testing.T) {
	foreign := regexp.MustCompile(`"(?:net/http|database/sql|os|countersign\.dev/countersign/internal/[^"]+)"|\btime\.(?:Now|Since|Until)\b`)
	seen := 0
	eachFile(t, func(name, dir, _, text string) {
		if dir != "access/engine" {
			return
		}
		seen++
		for _, use := range foreign.FindAllString(text, -1) {
			if !strings.HasSuffix(use, `/access/perm"`) {
				t.Errorf("%s uses %s", name, use)
			}
		}
	})
	if seen == 0 {
		t.Error("the engine is not where it was")
	}
}

// What lets an act pass that takes two people is said in one place (ADR 43).
func TestOnlyApprovalsLetAnActPass(t *testing.T) {
	seen := 0
	eachFile(t, func(name, dir, _, text string) {
		if !strings.Contains(text, "WithApproved(") || dir == "access" {
			return
		}
		if seen++; dir != "approval" {
			t.Errorf("%s lets pass what takes two people", name)
		}
	})
	if seen == 0 {
		t.Error("nothing that was approved can run")
	}
}

func TestOnlyStoreFilesHoldSQL(t *testing.T) {
	eachFile(t, func(name, dir, file, text string) {
		if dir == "store" || strings.HasPrefix(file, "store") || dir == "jobs" || strings.HasPrefix(dir, "store/") {
			return
		}
		if m := statement.FindString(text); m != "" {
			t.Errorf("%s holds SQL (%s); that belongs into store.go", name, strings.TrimSpace(m))
		}
	})
}

var writes = regexp.MustCompile(`(?i)\b(?:insert into|update|delete from)\s+([a-z_]+)`)

// literal is a raw string; statements are written in nothing else.
var literal = regexp.MustCompile("`[^`]*`")

func TestEachTableHasOneWriter(t *testing.T) {
	eachFile(t, func(name, dir, file, text string) {
		if !strings.HasPrefix(file, "store") && dir != "store" {
			return
		}
		slice := strings.ReplaceAll(dir, "/", "_")
		sql := strings.Join(literal.FindAllString(text, -1), "\n")
		for _, m := range writes.FindAllStringSubmatch(sql, -1) {
			table := strings.ToLower(m[1])
			if table == "set" || table == slice || strings.HasPrefix(table, slice+"_") || dir == "backup" {
				continue // "do update set"; a restore fills every table
			}
			if parent, _, ok := strings.Cut(dir, "/"); ok && strings.HasPrefix(table, parent+"_"+filepath.Base(dir)) {
				continue
			}
			if strings.HasPrefix(table, "river_") && dir == "jobs" {
				continue
			}
			t.Errorf("%s writes the table %s of another slice", name, table)
		}
	})
}

// codeLines counts lines that are neither blank nor comment.
func codeLines(text string) (n int) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}

func TestFilesStayWithinTheirBudget(t *testing.T) {
	lines := map[string]int{}
	eachFile(t, func(name, dir, file, text string) {
		n, budget := codeLines(text), 250
		if strings.HasPrefix(file, "store") || strings.HasPrefix(file, "http") {
			budget = 400
		}
		if n > budget {
			t.Errorf("%s has %d lines of code, more than %d", name, n, budget)
		}
		lines[dir] += n
	})
	// Both directions, of messages and of verifications, share their limits; what comes next for them becomes a slice of its own.
	// The sessions of frames begin and end under the same locks as those that hand them over.
	// Whether codes are on is decided where they are started, checked and counted, in one transaction.
	// What decides, explains, lists, previews and draws is one walk over one state under one lock.
	grown := map[string]int{"message": 2600, "signin": 2700, "verify": 2550, "access/engine": 2750}
	for dir, n := range lines {
		if n > max(2500, grown[dir]) {
			t.Errorf("%s has %d lines of code: that is two slices", dir, n)
		}
	}
	b, err := os.ReadFile("../../cmd/countersign/main.go")
	if err != nil || bytes.Count(b, []byte("\n")) > 100 {
		t.Error("main.go has more than 100 lines", err)
	}
}

// eachFile calls fn for every Go file outside tests; dir is its package below internal.
func eachFile(t *testing.T, fn func(name, dir, file, text string)) {
	t.Helper()
	for _, p := range packages(t) {
		dir, ok := internal(p.ImportPath)
		if !ok || isTest(dir) {
			continue
		}
		for _, file := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			fn(fmt.Sprint(dir, "/", file), dir, file, string(b))
		}
	}
}

var table = regexp.MustCompile(`(?is)create table (\w+) \((.*?)\n\);`)

// Every row belongs to one organization: org_id comes first in every primary key and index.
func TestEveryTableBelongsToOrganizations(t *testing.T) {
	files, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || files == nil {
		t.Fatal(files, err)
	}
	// What belongs to the installation as a whole.
	whole := []string{"organization", "signin_setup"}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range table.FindAllStringSubmatch(string(b), -1) {
			if !slices.Contains(whole, m[1]) && !strings.HasPrefix(strings.TrimSpace(m[2]), "org_id") {
				t.Errorf("%s: table %s does not begin with org_id", filepath.Base(f), m[1])
			}
		}
	}
}

var readFrom = regexp.MustCompile(`(?:from|join) ([a-z_]+)`)

// What access is decided from has to be noted when it changes, on both databases (ADR 38): a table that is read for it has triggers.
func TestWhatAccessHangsOnIsNoted(t *testing.T) {
	stores, err := filepath.Glob("../access/store_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, name := range stores {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, text...)
	}
	schemas, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || schemas == nil {
		t.Fatal(schemas, err)
	}
	noted := map[string]int{}
	for _, name := range schemas {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`create trigger \w+_access(?:_insert)? after insert.* on ([a-z_]+)`).FindAllStringSubmatch(string(text), -1) {
			noted[m[1]]++
		}
	}
	tables := map[string]bool{}
	for _, text := range literal.FindAllString(string(b), -1) {
		for _, m := range readFrom.FindAllStringSubmatch(text, -1) {
			tables[m[1]] = m[1] != "access_change"
		}
	}
	for table, hangs := range tables {
		if hangs && noted[table] != 2 {
			t.Errorf("access is decided from %s, whose changes are noted on %d of 2 databases", table, noted[table])
		}
	}
	if len(tables) < 10 {
		t.Errorf("access is decided from %d tables: where is the rest?", len(tables))
	}
}
