package nodes_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// stream is the event stream of a console.
type stream struct {
	stop  context.CancelFunc
	done  chan struct{}
	reset atomic.Bool // it was told to load everything again

	mu    sync.Mutex
	lines []string
	at    int64
}

// follow opens the event stream of a node, after an event or from now on (-1), as a browser does. It returns once it is open.
func (w *world) follow(n int, after int64) *stream {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.nodes[n].URL+"/api/events", nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.i.Token)
	if after >= 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		w.Fatalf("the event stream: %v", err)
	}
	s := &stream{stop: cancel, done: make(chan struct{}), at: max(after, 0)}
	lines := bufio.NewScanner(res.Body)
	lines.Scan() // ": connected"
	go func() {
		defer close(s.done)
		defer func() { _ = res.Body.Close() }()
		for lines.Scan() {
			s.read(lines.Text())
		}
	}()
	return s
}

func (s *stream) read(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
	if id, ok := strings.CutPrefix(line, "id: "); ok {
		s.at, _ = strconv.ParseInt(id, 10, 64)
	}
	if line == "event: reset" {
		s.reset.Store(true)
	}
}

// heard reports whether an event named an id.
func (s *stream) heard(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.lines {
		if strings.HasPrefix(line, "data: ") && strings.Contains(line, id) {
			return true
		}
	}
	return false
}

func (s *stream) last() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *stream) close() {
	s.stop()
	<-s.done
}

// get reads a public page of a node.
func (w *world) get(n int, path string) string {
	w.Helper()
	return w.page(http.NewRequestWithContext(w.Context(), http.MethodGet, w.nodes[n].URL+path, nil))
}

// post sends the form of a public page to a node.
func (w *world) post(n int, path string, fields map[string]string) {
	w.Helper()
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.nodes[n].URL+path, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", w.nodes[n].URL)
	}
	w.page(req, err)
}

func (w *world) page(req *http.Request, err error) string {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || res.StatusCode != http.StatusOK {
		w.Fatalf("%s %s: %d, %v\n%s", req.Method, req.URL.Path, res.StatusCode, err, b)
	}
	return string(b)
}
