package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/config"
)

func parse(t *testing.T, args ...string) (string, *config.Commands, error) {
	t.Helper()
	return config.Parse(args, t.Output())
}

func TestCommands(t *testing.T) {
	for line, want := range map[string]string{
		"serve --listen 127.0.0.1:0 --data d --demo": "serve",
		"audit verify export.jsonl --public-key key": "audit verify",
		"receipt verify receipt.json":                "receipt verify",
		"audit public-key":                           "audit public-key",
		"admin token --email a@example.com --name n": "admin token",
		"backup file --data d":                       "backup",
		"restore file":                               "restore",
		"doctor":                                     "doctor",
		"openapi":                                    "openapi",
		"version":                                    "version",
		"help config":                                "",
		"help serve":                                 "",
		"--help":                                     "",
		"serve --help":                               "",
		"help":                                       "",
		"admin bootstrap --organization o --email e --name n --password-stdin": "admin bootstrap",
	} {
		if name, _, err := parse(t, strings.Fields(line)...); err != nil || name != want {
			t.Errorf("%s: %q %v, want %q", line, name, err, want)
		}
	}
}

// words splits at blanks; a no-break space stands for a blank within an argument.
func words(line string) (out []string) {
	for w := range strings.SplitSeq(line, " ") {
		if w != "" {
			out = append(out, strings.ReplaceAll(w, "\u00a0", " "))
		}
	}
	return out
}

func TestWrongUsage(t *testing.T) {
	for _, line := range []string{
		"", "nonsense", "serve --no-such-flag", "audit verify", "admin token", "admin", "backup", "help nonsense",
		"serve --trusted-proxy=x", "serve --external-url=support.example.com", "serve --config=/no/such/file",
		"admin bootstrap --organization o --email e --name n",
		"serve --database-url=postgres://u:secret@h/d", "doctor --database-url postgres://u:secret@h/d",
		"serve --database-url=postgres://h/d?password=secret", "serve --database-url=host=h\u00a0password=secret",
	} {
		name, _, err := parse(t, words(line)...)
		if !errors.Is(err, config.ErrUsage) || name != "" {
			t.Errorf("%q: %q %v, want wrong usage", line, name, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error quotes the password: %v", line, err)
		}
	}
}

func TestSettingsComeFromFlagsThenVariablesThenTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "countersign.env")
	text := "# a comment\nCOUNTERSIGN_DATA=from-file\nCOUNTERSIGN_LISTEN=file:1\nCOUNTERSIGN_LOG_LEVEL=\"warn\"\nCOUNTERSIGN_TRUSTED_PROXY=10.0.0.0/8,192.0.2.1\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"COUNTERSIGN_DATA", "COUNTERSIGN_LOG_LEVEL", "COUNTERSIGN_TRUSTED_PROXY"} {
		t.Setenv(key, "") // put back what the file sets
		if err := os.Unsetenv(key); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("COUNTERSIGN_LISTEN", "variable:1")
	t.Setenv("COUNTERSIGN_DATABASE_URL", "postgres://u:secret@h/d")
	_, c, err := parse(t, "serve", "--config", file, "--data", "from-flag")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Serve
	if s.Data != "from-flag" || s.Listen != "variable:1" || s.LogLevel != "warn" || s.DatabaseURL != "postgres://u:secret@h/d" {
		t.Errorf("%+v", s)
	}
	if p, err := s.Proxies(); err != nil || len(p) != 2 {
		t.Error(p, err)
	}
}

func TestHelpConfigListsEverySetting(t *testing.T) {
	var out strings.Builder
	if _, _, err := config.Parse([]string{"help", "config"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"COUNTERSIGN_DATA ", "COUNTERSIGN_DATABASE_URL", "COUNTERSIGN_LISTEN", "COUNTERSIGN_MASTER_KEY ", "COUNTERSIGN_CONFIG", "127.0.0.1:8080"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
}
