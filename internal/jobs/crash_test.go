package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// Variables that make this test binary a server that hangs in the middle of a job.
const (
	childDir = "COUNTERSIGN_TEST_CHILD_DIR"
	childURL = "COUNTERSIGN_TEST_CHILD_URL"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		if err := child(context.Background(), store.Options{Dir: os.Getenv(childDir), URL: os.Getenv(childURL)}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, o store.Options) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	q, err := jobs.New(ctx, db, jobs.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	kind.Handle(q, func(context.Context, payload) error {
		fmt.Println("running")
		select {} // until the parent's kill -9
	})
	if err := db.Write(ctx, func(tx *store.Tx) error {
		return kind.Enqueue(ctx, q, tx, time.Time{}, payload{"survivor"})
	}); err != nil {
		return err
	}
	return q.Run(ctx)
}

func TestAJobSurvivesKill9(t *testing.T) {
	for name, tc := range map[string]struct {
		postgres bool
		within   time.Duration
	}{
		"sqlite": {false, 5 * time.Second},
		// Another node might be working the job: it is free once its time is over and a new leader has looked.
		"postgres": {true, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := store.Options{Dir: t.TempDir()}
			if tc.postgres {
				if os.Getenv(storetest.Env) == "" {
					t.Skip(storetest.Env + " is not set")
				}
				o.URL = storetest.NewPostgres(t)
			}
			killInMidJob(t, o)

			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			q := newQueue(t, db, jobs.Options{Timeout: time.Second})
			ran := make(chan string, 10)
			kind.Handle(q, func(_ context.Context, p payload) error { ran <- p.ID; return nil })
			start(t, q)
			select {
			case got := <-ran:
				if got != "survivor" {
					t.Errorf("ran %q", got)
				}
			case <-time.After(tc.within):
				t.Errorf("the job did not come back within %v", tc.within)
			}
			eventually(t, 5*time.Second, "the job is done", func() bool {
				s, err := q.Stats(t.Context())
				return err == nil && s == jobs.Stats{}
			})
		})
	}
}

func killInMidJob(t *testing.T, o store.Options) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=none")
	cmd.Env = append(os.Environ(), childDir+"="+o.Dir, childURL+"="+o.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if killed := cmd.Process.Kill(); killed != nil {
		t.Error(killed)
	}
	_ = cmd.Wait() // "signal: killed"
	if err != nil || strings.TrimSpace(line) != "running" {
		t.Fatalf("the child said %q, %v", line, err)
	}
}
