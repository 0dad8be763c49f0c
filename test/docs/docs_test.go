// Package docs_test holds the documents to what is there: links lead somewhere, and whatever is named as a proof exists.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	link     = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
	goTest   = regexp.MustCompile(`\bTest[A-Z]\w+`)
	filePath = regexp.MustCompile(`\b(?:bench|cmd|docs|internal|scripts|test|web)/[\w./-]*\w`)
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documents are the paths of all Markdown files that people read.
func documents(t *testing.T) []string {
	t.Helper()
	paths := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}
	err := fs.WalkDir(os.DirFS(root), "docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, path := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, path), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: there is no %s", path, m[1])
			}
		}
	}
}

func TestTheFirstPagesStayShort(t *testing.T) {
	for path, most := range map[string]int{"README.md": 150, "CONTRIBUTING.md": 100} {
		if n := strings.Count(read(t, path), "\n"); n > most {
			t.Errorf("%s has %d lines, at most %d", path, n, most)
		}
	}
}

func TestEveryDecisionIsListed(t *testing.T) {
	list := read(t, "docs/adr/README.md")
	records, err := filepath.Glob(filepath.Join(root, "docs/adr/0*.md"))
	if err != nil || len(records) == 0 {
		t.Fatal("no records", err)
	}
	for _, path := range records {
		if !strings.Contains(list, "("+filepath.Base(path)+")") {
			t.Errorf("docs/adr/README.md does not list %s", filepath.Base(path))
		}
	}
}

// A feature that is called done, or done in part, names a test that exists in the package named before it.
func TestFeaturesAreProvenByTestsThatExist(t *testing.T) {
	rows := 0
	for line := range strings.Lines(read(t, "docs/features.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 5 || strings.HasPrefix(cells[0], " number") || strings.HasPrefix(cells[0], " ---") {
			continue
		}
		rows++
		number, where, proof, state := strings.TrimSpace(cells[0]), cells[2], cells[3], strings.TrimSpace(cells[4])
		switch {
		case state == "not yet":
			continue
		case state != "done" && !strings.HasPrefix(state, "part: "):
			t.Errorf("%s: the state %q is none of done, part: …, not yet", number, state)
		}
		if !goTest.MatchString(proof) && !strings.Contains(proof, ".test.") {
			t.Errorf("%s names no test", number)
		}
		for _, path := range append(filePath.FindAllString(where, -1), filePath.FindAllString(proof, -1)...) {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s: there is no %s", number, path)
			}
		}
		for part := range strings.SplitSeq(proof, ";") {
			folder := filePath.FindString(part)
			for _, name := range goTest.FindAllString(part, -1) {
				if folder != "" && !testsOf(t, folder)[name] {
					t.Errorf("%s: %s has no %s", number, folder, name)
				}
			}
		}
	}
	if rows < 200 {
		t.Errorf("the list has only %d rows", rows)
	}
}

func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllSubmatch(b, -1) {
			names[string(m[1])] = true
		}
	}
	return names
}
