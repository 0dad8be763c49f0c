// Package smoke_test drives the real program from outside, as an operator and a script would.
package smoke_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/test/binary"
)

const password = binary.Password + "\n"

func TestBootstrapPrintsOnlyATokenAndRefusesASecondTime(t *testing.T) {
	dir, token := binary.Install(t)
	if !strings.HasPrefix(token, "cs_") || strings.ContainsAny(token, " \n") {
		t.Errorf("bootstrap printed %d characters that are not just a token", len(token))
	}
	again := binary.Run(t, password, "admin", "bootstrap", "--data", dir,
		"--organization", "Other", "--email", "o@other.example.com", "--name", "O", "--password-stdin")
	if again.Code != 1 || again.Stdout != "" || again.Stderr == "" {
		t.Errorf("second bootstrap: %+v, want exit 1 and one sentence on stderr", again)
	}
}

func TestWrongUsageExitsWith2(t *testing.T) {
	for _, args := range [][]string{{"nonsense"}, {"serve", "--no-such-flag"}, {"audit", "verify"}, {"receipt", "verify"}, {"admin", "token"}} {
		if r := binary.Run(t, "", args...); r.Code != 2 {
			t.Errorf("countersign %s: exit %d, want 2", strings.Join(args, " "), r.Code)
		}
	}
}

func TestServerStartsAnswersAndStops(t *testing.T) {
	dir, token := binary.Install(t)
	first := binary.Start(t, "--data", dir)
	c := first.As(token)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/api/openapi.json": 200, "/api/docs": 200, "/": 200, "/contacts": 200,
		"/api/me": 200, "/api/no-such-thing": 404, "/metrics": 404,
	} {
		if a := c.Do(t, http.MethodGet, path, nil); path == "/metrics" {
			if strings.Contains(string(a.Body), "go_goroutines") {
				t.Error("metrics are served on the public address")
			}
		} else if a.Status != want {
			t.Errorf("GET %s: %d, want %d", path, a.Status, want)
		}
	}
	if a := first.As("").Do(t, http.MethodGet, "/api/contacts", nil); a.Status != http.StatusUnauthorized {
		t.Errorf("a stranger gets %d, want 401", a.Status)
	}
	if strings.Contains(first.Output(), token) {
		t.Error("the server printed the token")
	}
	if took := first.Stop(t); took > 10*time.Second {
		t.Errorf("stopping took %s, want at most 10 s", took)
	}
	second := binary.Start(t, "--data", dir)
	t.Logf("first start %s, second start %s", first.Ready.Round(time.Millisecond), second.Ready.Round(time.Millisecond))
	if second.Ready > time.Second {
		t.Errorf("the second start took %s, want at most 1 s", second.Ready)
	}
}

func TestCommandBesideARunningServerIsSeenWithinASecond(t *testing.T) {
	dir, _ := binary.Install(t)
	s := binary.Start(t, "--data", dir)
	token := binary.Must(t, "", "admin", "token", "--data", dir, "--email", "olga@harbor.example.com", "--name", "script", "--expires", "1h")
	time.Sleep(time.Second)
	s.As(token).Object(t, http.StatusOK, http.MethodGet, "/api/me", nil)
}

func TestBackupAndRestore(t *testing.T) {
	dir, token := binary.Install(t)
	s := binary.Start(t, "--data", dir)
	customer := s.As(token).Object(t, http.StatusCreated, http.MethodPost, "/api/customers", map[string]any{"name": "Northwind"})
	file := filepath.Join(t.TempDir(), "countersign.backup")
	binary.Must(t, "", "backup", file, "--data", dir) // while the server runs
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %o, want 600", info.Mode().Perm())
	}
	s.Stop(t)

	restored := t.TempDir()
	binary.Must(t, "", "restore", file, "--data", restored)
	if r := binary.Run(t, "", "restore", file, "--data", restored); r.Code != 1 {
		t.Errorf("restoring over data: exit %d, want 1", r.Code)
	}
	s = binary.Start(t, "--data", restored)
	got := s.As(token).Object(t, http.StatusOK, http.MethodGet, "/api/customers/"+binary.Text(t, customer, "id"), nil)
	if got["name"] != "Northwind" {
		t.Errorf("restored customer is %v", got)
	}
	if v := s.As(token).Object(t, http.StatusOK, http.MethodGet, "/api/audit/verification", nil); v["ok"] != true {
		t.Errorf("the record of the restored installation: %v", v)
	}
}

func TestAuditExportIsVerifiedAndTamperingIsFound(t *testing.T) {
	dir, token := binary.Install(t)
	s := binary.Start(t, "--data", dir)
	c := s.As(token)
	for _, name := range []string{"Northwind", "Fabrikam", "Contoso"} {
		c.Object(t, http.StatusCreated, http.MethodPost, "/api/customers", map[string]any{"name": name})
	}
	export := c.Do(t, http.MethodGet, "/api/audit/export", nil)
	key := c.Do(t, http.MethodGet, "/api/audit/public-key", nil)
	if export.Status != http.StatusOK || key.Status != http.StatusOK {
		t.Fatalf("export %d, key %d", export.Status, key.Status)
	}
	work := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(work, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, pub := write("good.jsonl", export.Body), write("key.pem", key.Body)
	t.Log(binary.Must(t, "", "audit", "verify", good))
	t.Log(binary.Must(t, "", "audit", "verify", good, "--public-key", pub))

	for at := len(export.Body) / 7; at < len(export.Body); at += len(export.Body) / 7 {
		bad := []byte(string(export.Body))
		bad[at] ^= 1
		path := write("bad.jsonl", bad)
		for _, args := range [][]string{{"audit", "verify", path}, {"audit", "verify", path, "--public-key", pub}} {
			if r := binary.Run(t, "", args...); r.Code != 1 {
				t.Errorf("byte %d changed: %v exits %d, want 1", at, args[:2], r.Code)
			}
		}
	}
}

func TestDoctorFindsAHealthyInstallation(t *testing.T) {
	dir, _ := binary.Install(t)
	if r := binary.Run(t, "", "doctor", "--data", dir); r.Code != 0 {
		t.Errorf("doctor: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
