// Package rig sets up installations of the real program for the load and kill tests, drives them and keeps the figures.
package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/test/binary"
	"github.com/nyaruka/phonenumbers"
)

// ResultsEnv names the variable that holds the folder in which figures are kept.
const ResultsEnv = "COUNTERSIGN_RESULTS"

// Each runs fn on SQLite and, where storetest.Env is set, on a new PostgreSQL database.
func Each(t *testing.T, fn func(t *testing.T, databaseURL string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, "") })
	if os.Getenv(storetest.Env) != "" {
		t.Run("postgres", func(t *testing.T) { fn(t, storetest.NewPostgres(t)) })
	}
}

// Installation is one organization with an owner, in a data folder and a database.
type Installation struct {
	Dir   string
	Token string // of the owner

	database []string // flags
}

// Install bootstraps an installation.
func Install(t testing.TB, databaseURL string) *Installation {
	t.Helper()
	i := &Installation{Dir: t.TempDir()}
	i.database = []string{"--data", i.Dir}
	if databaseURL != "" {
		i.database = append(i.database, "--database-url", databaseURL)
	}
	i.Token = binary.Must(t, "correct horse battery staple\n", i.args("admin", "bootstrap",
		"--organization", "Harbor IT", "--email", "olga@harbor.example.com", "--name", "Olga Berg", "--password-stdin")...)
	return i
}

func (i *Installation) args(args ...string) []string { return append(args, i.database...) }

// Serve starts the server.
func (i *Installation) Serve(t testing.TB) *binary.Server {
	t.Helper()
	return binary.Start(t, i.database...)
}

// Tokens makes n more API tokens of the owner: one alone may make 600 requests a second.
func (i *Installation) Tokens(t testing.TB, c *Client, n int) []string {
	t.Helper()
	tokens := make([]string, n)
	for k := range tokens {
		var created struct {
			Token string `json:"token"`
		}
		c.Must(t, http.StatusCreated, "POST", "/api/tokens", map[string]any{"name": fmt.Sprintf("load %d", k)}, &created)
		tokens[k] = created.Token
	}
	return tokens
}

// TokenOf makes an API token for a technician, by the command line.
func (i *Installation) TokenOf(t testing.TB, email string) string {
	t.Helper()
	return strings.TrimSpace(binary.Must(t, "", i.args("admin", "token", "--email", email, "--name", "load")...))
}

// VerifyExport exports the audit log and has the program check it with the installation's public key. It returns the export.
func (i *Installation) VerifyExport(t testing.TB, c *Client) []byte {
	t.Helper()
	status, b, err := c.Do(t.Context(), "GET", "/api/audit/export", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("export: %d, %v", status, err)
	}
	dir := t.TempDir()
	file, key := filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "public.key")
	for path, content := range map[string][]byte{file: b, key: []byte(binary.Must(t, "", i.args("audit", "public-key")...))} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := binary.Run(t, "", "audit", "verify", file, "--public-key", key); r.Code != 0 {
		t.Errorf("audit verify: %s", r.Stderr)
	}
	return b
}

// Client speaks to a server and reports errors instead of ending the test, so that it can be used in goroutines.
type Client struct {
	Base  string
	Token string
	HTTP  *http.Client
}

// connections of one client. Without a bound, requests that wait open new ones, and a server that is late for a moment stays late with them.
const connections = 512

// NewClient returns a client that keeps many connections.
func NewClient(base, token string) *Client {
	return &Client{base, token, &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections},
	}}
}

// Few is the same client with at most n connections; what it cannot send yet waits in it.
func (c *Client) Few(n int) *Client {
	return &Client{c.Base, c.Token, &http.Client{Timeout: c.HTTP.Timeout, Transport: &http.Transport{MaxIdleConnsPerHost: n, MaxConnsPerHost: n}}}
}

// As is the same client with another token.
func (c *Client) As(token string) *Client { return &Client{c.Base, token, c.HTTP} }

// Do sends a request and reads the whole answer.
func (c *Client) Do(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var payload io.Reader
	if body != nil {
		b, ok := body.([]byte) // made before, where the time of making it should not count
		if !ok {
			var err error
			if b, err = json.Marshal(body); err != nil {
				return 0, nil, err
			}
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, payload)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// Object sends a request that has to be answered with want and decodes the answer into out, if that is not nil.
func (c *Client) Object(ctx context.Context, want int, method, path string, body, out any) error {
	status, b, err := c.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("%s %s: %d, want %d: %s", method, path, status, want, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// Must is Object for the goroutine of the test.
func (c *Client) Must(t testing.TB, want int, method, path string, body, out any) {
	t.Helper()
	if err := c.Object(t.Context(), want, method, path, body, out); err != nil {
		t.Fatal(err)
	}
}

// Message is one message of the sandbox.
type Message struct {
	ID             string `json:"id"`
	To             string `json:"to"`
	Body           string `json:"body"`
	PossibleRepeat bool   `json:"possible_repeat"`
}

// Messages calls fn with the messages of the sandbox, newest first, until it returns false.
func (c *Client) Messages(ctx context.Context, query string, fn func(Message) bool) error {
	for cursor := ""; ; {
		var page struct {
			Items      []Message `json:"items"`
			NextCursor string    `json:"next_cursor"`
		}
		path := "/api/sandbox/messages?limit=200" + query
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		if err := c.Object(ctx, http.StatusOK, "GET", path, nil, &page); err != nil {
			return err
		}
		for _, m := range page.Items {
			if !fn(m) {
				return nil
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return nil
		}
	}
}

// Code is the only run of six digits in a message, or "".
func (m Message) Code() string {
	for _, word := range strings.FieldsFunc(m.Body, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 6 {
			return word
		}
	}
	return ""
}

// Phones returns n different mobile numbers that belong to nobody: those ending in 555-0100 to 555-0199 in each area code.
func Phones(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for area := 201; area < 1000; area++ {
		for line := 100; line < 200; line++ {
			number := fmt.Sprintf("+1%d5550%d", area, line)
			if number == "+12125550100" { // the sandbox itself
				continue
			}
			p, err := phonenumbers.Parse(number, "US")
			if err != nil || !phonenumbers.IsValidNumber(p) || phonenumbers.GetRegionCodeForNumber(p) != "US" {
				continue
			}
			if out = append(out, number); len(out) == n {
				return out
			}
		}
	}
	t.Fatalf("there are only %d numbers", len(out))
	return nil
}

// OpenLoop calls fn n times, rate times a second whether or not earlier calls have returned, and returns how long after its due time
// each call returned, sorted.
func OpenLoop(n int, rate float64, fn func(i int) error) ([]time.Duration, error) {
	took, errs := make([]time.Duration, n), make([]error, n)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		<-time.After(time.Until(due))
		wg.Go(func() {
			errs[i] = fn(i)
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took, firstOf(errs)
}

// Parallel calls fn n times from several goroutines and returns the first error.
func Parallel(n, goroutines int, fn func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < n; i += goroutines {
				errs[i] = fn(i)
			}
		})
	}
	wg.Wait()
	return firstOf(errs)
}

func firstOf(errs []error) error {
	bad, first := 0, error(nil)
	for _, err := range errs {
		if err != nil {
			if bad++; first == nil {
				first = err
			}
		}
	}
	if first != nil {
		return fmt.Errorf("%d of %d failed, the first: %w", bad, len(errs), first)
	}
	return nil
}

// Quantile returns a quantile of sorted durations in milliseconds.
func Quantile(sorted []time.Duration, q float64) float64 {
	return float64(sorted[min(int(float64(len(sorted))*q), len(sorted)-1)].Microseconds()) / 1000
}

// Memory returns the resident memory of a process in megabytes.
func Memory(t testing.TB, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skipf("memory cannot be read here: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1000
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// CPU returns the processor time that a process has used, its own and the kernel's for it. On a busy machine it says more than the clock.
func CPU(t testing.TB, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skipf("processor time cannot be read here: %v", err)
	}
	_, fields, _ := strings.Cut(string(b), ") ") // the name of the program may hold spaces
	var user, system int64
	for i, f := range strings.Fields(fields) {
		switch i {
		case 11:
			user, err = strconv.ParseInt(f, 10, 64)
		case 12:
			system, err = strconv.ParseInt(f, 10, 64)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return time.Duration(user+system) * (time.Second / 100) // Linux tells hundredths to everybody
}

// Figures are what one run measured.
type Figures map[string]any

// Keep logs figures and appends them as one line to NAME.jsonl in the folder that ResultsEnv names.
func (f Figures) Keep(t testing.TB, name, databaseURL string) {
	t.Helper()
	f["name"], f["at"], f["cpus"], f["full"] = name, time.Now().UTC().Format(time.RFC3339), runtime.NumCPU(), binary.Full()
	f["database"] = "sqlite"
	if databaseURL != "" {
		f["database"] = "postgresql"
	}
	line, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", line)
	dir := os.Getenv(ResultsEnv)
	if dir == "" {
		return
	}
	file, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
