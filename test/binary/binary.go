// Package binary runs the real countersign program for tests: its commands, and a server on a free port.
package binary

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Env names the variable that holds the path of the program under test; without it the program is built.
const Env = "COUNTERSIGN_BINARY"

// ScaleEnv names the variable that asks for the stated scale ("full") instead of the reduced one.
const ScaleEnv = "COUNTERSIGN_SCALE"

// Full says whether tests should run at the scale that is stated, not the reduced one.
func Full() bool { return os.Getenv(ScaleEnv) == "full" }

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "countersign-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "countersign")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "countersign.dev/countersign/cmd/countersign").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// Path returns the program under test.
func Path(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(Env); path != "" {
		return path
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Result is what a command left behind.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Run runs one command to its end with stdin as its input.
func Run(t testing.TB, stdin string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, Path(t), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatalf("countersign %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String()}
}

// Must runs one command that has to succeed and returns its output without the last line break.
func Must(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	r := Run(t, stdin, args...)
	if r.Code != 0 {
		t.Fatalf("countersign %s: exit %d\n%s", strings.Join(args, " "), r.Code, r.Stderr)
	}
	return strings.TrimSuffix(r.Stdout, "\n")
}

// Server is a running `countersign serve`.
type Server struct {
	URL   string
	Ready time.Duration // from start to the line that says it listens

	cmd   *exec.Cmd
	ended chan struct{} // closed once the process is gone
	err   error         // how it ended; read after ended
	out   *buffer
}

// Start starts the server on a free loopback port and waits until it says that it listens.
// It is stopped when the test ends, and its output is shown if the test failed.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)
	s := &Server{cmd: exec.Command(Path(t), args...), ended: make(chan struct{}), out: &buffer{}} //nolint:noctx // stopped by a signal, not by a context
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = s.out
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			_, _ = s.out.Write([]byte(lines.Text() + "\n"))
			if _, url, found := strings.Cut(lines.Text(), "listening on "); found {
				listening <- strings.TrimSpace(url)
			}
		}
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		select {
		case <-s.ended:
		default:
			s.Stop(t)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", s.out)
		}
	})
	select {
	case s.URL = <-listening:
		s.Ready = time.Since(began)
	case <-s.ended:
		t.Fatalf("the server ended before it listened:\n%s", s.out)
	case <-time.After(30 * time.Second):
		t.Fatalf("the server does not listen after 30 s:\n%s", s.out)
	}
	return s
}

// Output returns what the server has printed so far.
func (s *Server) Output() string { return s.out.String() }

// Stop asks the server to end, as a service manager does, and returns how long it took.
func (s *Server) Stop(t testing.TB) time.Duration {
	t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.ended:
		if s.err != nil {
			t.Errorf("the server did not end well: %v", s.err)
		}
	case <-time.After(20 * time.Second):
		s.Kill(t)
		t.Error("the server did not end within 20 s")
	}
	return time.Since(began)
}

// Kill ends the server as a power cut would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
}

// PID returns the process id of the server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
