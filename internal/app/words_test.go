package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every action of the record has words in the console: otherwise the page shows its bare name.
func TestEveryActionOfTheRecordHasWords(t *testing.T) {
	action := regexp.MustCompile(`Action: +"([a-z_.]+[a-z])"[,}]`)
	words, err := os.ReadFile("../../web/src/i18n/en/audit.ts")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range action.FindAllSubmatch(source, -1) {
			seen[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 80 {
		t.Fatalf("found %d actions only", len(seen))
	}
	for name := range seen {
		if !strings.Contains(string(words), "\n    "+strings.ReplaceAll(name, ".", "_")+": ") {
			t.Errorf("%s has no words in web/src/i18n/en/audit.ts", name)
		}
	}
}
