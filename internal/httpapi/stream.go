package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
)

// Times of an event stream.
const (
	streamAlive = 15 * time.Second // a sign of life, so that proxies keep the connection
	streamCheck = 5 * time.Second  // whether the person is still signed in
	streamWrite = 10 * time.Second // for one write; a reader that is slower connects again and gets the rest
	maxStreams  = 8                // of one session or token
)

var (
	errStreams = fault.New(fault.Limited, "events.too_many_streams", "This session has too many event streams open. Close a window.").After(5 * time.Second)
	errAfter   = fault.Field("/after", "events.position_invalid", "The position in the event stream is the number of an earlier event.")
)

// streams counts the open streams of each session and ends them all when the server stops.
type streams struct {
	mu      sync.Mutex
	open    map[string]int
	stopped chan struct{}
	once    sync.Once
}

func newStreams() *streams { return &streams{open: map[string]int{}, stopped: make(chan struct{})} }

func (s *streams) enter(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= maxStreams {
		return false
	}
	s.open[key]++
	return true
}

func (s *streams) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key]--; s.open[key] == 0 {
		delete(s.open, key)
	}
}

// StopStreams ends every event stream, so that the server can stop; browsers connect again by themselves.
func (a *API) StopStreams() { a.streams.once.Do(func() { close(a.streams.stopped) }) }

// stream is one open event stream.
type stream struct {
	api      *API
	w        http.ResponseWriter
	out      *http.ResponseController
	r        *http.Request
	follower *events.Follower
}

func (a *API) serveEvents(w http.ResponseWriter, r *http.Request) {
	actor := access.ActorFrom(r.Context())
	after, err := position(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	key := actor.SessionID + actor.TokenID
	if !a.streams.enter(key) {
		a.refuse(w, r, errStreams)
		return
	}
	defer a.streams.leave(key)
	follower, ok, err := a.Events.Follow(r.Context(), actor.OrgID, after)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	defer follower.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	s := &stream{a, w, http.NewResponseController(w), r, follower}
	if err := s.run(ok); err != nil {
		a.Log.DebugContext(r.Context(), "event stream ended", "request_id", actor.RequestID, "err", err)
	}
}

// position is where a browser left off: the header it sends by itself when it connects again, or the parameter of the first time.
func position(r *http.Request) (int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if text == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errAfter
	}
	return n, nil
}

func (s *stream) run(whole bool) error {
	ctx := s.r.Context()
	if err := s.out.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := s.write(": connected\n\n"); err != nil {
		return err
	}
	if !whole {
		if err := s.reset(); err != nil {
			return err
		}
	}
	defer func() { _ = s.out.SetWriteDeadline(time.Now().Add(streamWrite)) }() // for the last word of net/http
	alive, check := time.NewTicker(streamAlive), time.NewTicker(streamCheck)
	defer alive.Stop()
	defer check.Stop()
	for {
		batch, changed, err := s.follower.Next(ctx)
		if err != nil {
			return err
		}
		if batch != nil {
			if ctx, err = s.tell(ctx, batch); err != nil {
				return err
			}
			continue
		}
		select {
		case <-changed:
			continue
		case <-alive.C:
			err = s.write(": alive\n\n")
		case <-check.C:
			ctx, err = s.again(ctx)
		case <-s.api.streams.stopped:
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// tell writes those events of a batch that the person may hear of. Whatever may have changed who they are makes them prove it again first.
func (s *stream) tell(ctx context.Context, batch []events.Stored) (context.Context, error) {
	var text strings.Builder
	for _, e := range batch {
		actor := access.ActorFrom(ctx)
		if e.To == actor.ID || e.ID == actor.ID || e.ID == actor.SessionID || e.Data["technician_id"] == actor.ID {
			if e.Kind == "session.ended" || e.Kind == "technician.changed" {
				var err error
				if ctx, err = s.again(ctx); err != nil {
					return ctx, err
				}
			}
		}
		if s.mayHear(ctx, e) {
			text.WriteString(format(e))
		}
	}
	if text.String() == "" {
		return ctx, nil
	}
	return ctx, s.write(text.String())
}

func (s *stream) mayHear(ctx context.Context, e events.Stored) bool {
	if e.To != "" && e.To != access.ActorFrom(ctx).ID {
		return false
	}
	if e.Needs == perm.Public || e.Needs == perm.SignedIn {
		return true
	}
	ctx = access.Looking(ctx)
	if entry, _ := perm.Find(e.Needs); entry.Purpose == perm.Devices && e.ID != "" {
		// A device may be seen by a grant on itself or its group. Once it is gone, that of its customer is what is left to ask about.
		kind, _, _ := strings.Cut(e.Kind, ".")
		err := s.api.Guard.Check(ctx, e.Needs, access.Object{Type: kind, ID: e.ID, CustomerID: e.CustomerID})
		if err == nil || e.CustomerID == "" {
			return err == nil
		}
	}
	return s.api.Guard.Check(ctx, e.Needs, access.Object{CustomerID: e.CustomerID}) == nil
}

// again asks who the person is, as on any request. It ends the stream of a session or token that is over.
func (s *stream) again(ctx context.Context) (context.Context, error) {
	before := access.ActorFrom(ctx)
	asking := access.WithActor(ctx, access.Actor{Address: before.Address, Device: before.Device, RequestID: before.RequestID, Passive: true})
	now, err := s.api.Auth.Authenticate(s.r.WithContext(asking))
	if err != nil {
		return ctx, err
	}
	if !now.SignedIn() || now.ID != before.ID {
		return ctx, errSignIn
	}
	now.Address, now.Device, now.RequestID = before.Address, before.Device, before.RequestID
	return access.WithActor(ctx, now), nil
}

func (s *stream) reset() error {
	return s.write(fmt.Sprintf("id: %d\nevent: reset\ndata: {}\n\n", s.follower.At()))
}

func (s *stream) write(text string) error {
	if err := s.out.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.out.Flush()
}

func format(e events.Stored) string {
	data := map[string]string{}
	maps.Copy(data, e.Data)
	for name, value := range map[string]string{"id": e.ID, "customer_id": e.CustomerID} {
		if value != "" {
			data[name] = value
		}
	}
	b, _ := json.Marshal(data) // strings always marshal
	return fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Kind, b)
}
