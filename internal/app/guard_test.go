package app_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/httpapi"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares lines with a file of testdata.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed. If that is meant, run: go test ./internal/app -update\n%s", file, difference(string(want), string(got)))
	}
}

// difference shows the lines that only one of two texts has.
func difference(want, got string) string {
	count := map[string]int{}
	for line := range strings.Lines(want) {
		count[line]--
	}
	for line := range strings.Lines(got) {
		count[line]++
	}
	var out strings.Builder
	for _, line := range slices.Sorted(maps.Keys(count)) {
		if n := count[line]; n != 0 && out.Len() < 3000 {
			fmt.Fprintf(&out, "%+d %s", n, line)
		}
	}
	return out.String()
}

func lines(all []string) []byte { return []byte(strings.Join(all, "\n") + "\n") }

func TestEveryRouteSaysWhoMayUseIt(t *testing.T) {
	var public, routes []string
	for _, r := range start(t).API().Routes() {
		name := r.Method + " " + r.Path
		switch {
		case r.Needs == perm.Public:
			public = append(public, name)
		case r.Needs != perm.SignedIn && !perm.Known(r.Needs):
			t.Errorf("%s needs %q, which is not in the catalogue", name, r.Needs)
		}
		if strings.Contains(r.Path, "{id}") && r.Object == nil && r.Needs != perm.Public {
			t.Errorf("%s does not say what its id stands for", name)
		}
		if r.Creates && r.Method != "POST" {
			t.Errorf("%s creates without being a POST", name)
		}
		routes = append(routes, fmt.Sprintf("%-6s %-48s %s", r.Method, r.Path, permission(r)))
	}
	slices.Sort(public)
	slices.Sort(routes)
	golden(t, "public-routes.txt", lines(public))
	golden(t, "routes.txt", lines(routes))
}

// beyondPreview change what people may do without a preview: nobody has lost or gained anything by it yet that could be named, or it runs later, for many.
var beyondPreview = []string{
	"POST /api/roles", "POST /api/technicians/invite", "POST /api/customers", "POST /api/devices", "POST /api/device-groups",
}

// TestWhatChangesRightsCanBePreviewed: every route that changes what access is decided from can be tried out before (ACC-18).
func TestWhatChangesRightsCanBePreviewed(t *testing.T) {
	of := regexp.MustCompile(`^/api/(roles|teams|technicians|customers|devices|device-groups)(/\{id\}(/suspend|/reactivate)?)?$|^/api/grants|/(permissions|default-permissions|sensitive-permissions)$`)
	n := 0
	for _, r := range start(t).API().Routes() {
		name := r.Method + " " + r.Path
		if r.Method == http.MethodGet || !of.MatchString(r.Path) {
			continue
		}
		n++
		if r.Rights == slices.Contains(beyondPreview, name) {
			t.Errorf("%s: Rights is %t", name, r.Rights)
		}
	}
	if n < 30 {
		t.Errorf("only %d routes change rights", n)
	}
}

func permission(r httpapi.Route) string {
	if r.Needs == perm.Public {
		return "public"
	}
	return string(r.Needs)
}

func TestEveryPermissionIsUsed(t *testing.T) {
	used := map[string]bool{}
	eachFile(t, func(name, dir, _, text string) {
		if dir != "access/perm" && dir != "demo" && name != "role/system.go" { // which give them and ask for none
			for _, m := range regexp.MustCompile(`\bperm\.(\w+)\b`).FindAllStringSubmatch(text, -1) {
				used[m[1]] = true
			}
		}
	})
	var unused []string
	for _, e := range perm.Catalog() {
		var name strings.Builder
		for part := range strings.FieldsFuncSeq(string(e.Name), func(r rune) bool { return r == '.' || r == '_' }) {
			name.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
		if !used[name.String()] {
			unused = append(unused, string(e.Name))
		}
	}
	golden(t, "unused-permissions.txt", lines(unused))
}

var declared = regexp.MustCompile(`fault\.(?:New\(fault\.(\w+),\s*|Field\([^,]+,\s*)"([a-z_]+(?:\.[a-z_]+)?)"`)

func TestErrorCodesAreStable(t *testing.T) {
	codes := map[string]string{}
	eachFile(t, func(name, _, _, text string) {
		for _, m := range declared.FindAllStringSubmatch(text, -1) {
			kind, code := m[1], m[2]
			if kind == "" {
				kind = "Invalid"
			}
			if before, ok := codes[code]; ok && before != kind {
				t.Errorf("%s declares %s as %s, another place as %s", name, code, kind, before)
			}
			codes[code] = kind
		}
	})
	var all []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		all = append(all, code+" "+codes[code])
	}
	golden(t, "error-codes.txt", lines(all))
}

func TestTheOpenAPIDocumentIsUpToDate(t *testing.T) {
	var out bytes.Buffer
	if err := app.PrintDocument(app.Streams{Out: &out, Version: "test"}); err != nil {
		t.Fatal(err)
	}
	served, err := start(t).API().Document()
	if err != nil || !bytes.Equal(served, out.Bytes()) {
		t.Error("the printed document is not the served one", err)
	}
	golden(t, "openapi.json", out.Bytes())
}
