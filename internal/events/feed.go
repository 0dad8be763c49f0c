package events

import (
	"context"
	"fmt"
	"sync"
)

// recentCount is how many events of a followed organization stay in memory, so that many followers cost one query.
const recentCount = 512

// batch is how many events a follower takes at once.
const batch = 200

// feed is the end of one organization's sequence.
type feed struct {
	followers int // under the mutex of the bus

	mu      sync.Mutex
	head    int64
	changed chan struct{} // closed when head moves

	filling sync.Mutex
	recent  []Stored // without gaps, up to some number not above head; under mu
}

// moved notes that the sequence of an organization has grown.
func (b *Bus) moved(org string, seq int64) {
	b.mu.Lock()
	f := b.feeds[org]
	b.mu.Unlock()
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if seq > f.head {
		f.head = seq
		close(f.changed)
		f.changed = make(chan struct{})
	}
}

// Follower reads the sequence of one organization from a place on.
type Follower struct {
	bus  *Bus
	org  string
	feed *feed
	at   int64
}

// Follow starts behind the event after, or at the end of the sequence if after is negative. ok is false if events since then are already
// forgotten, or if after lies in the future since a backup was restored: then the follower has to load everything again, and starts at
// the end. Close must be called.
func (b *Bus) Follow(ctx context.Context, org string, after int64) (f *Follower, ok bool, err error) {
	b.mu.Lock()
	shared := b.feeds[org]
	if shared == nil {
		shared = &feed{changed: make(chan struct{})}
		b.feeds[org] = shared
	}
	shared.followers++
	b.mu.Unlock()
	f = &Follower{bus: b, org: org, feed: shared, at: after}

	last, err := b.Head(ctx, org)
	if err != nil {
		f.Close()
		return nil, false, err
	}
	b.moved(org, last)
	oldest, err := oldest(ctx, b.db.Read(), org)
	if err != nil {
		f.Close()
		return nil, false, fmt.Errorf("oldest event of %s: %w", org, err)
	}
	switch {
	case after < 0:
		f.at = last
	case after > last, after < last && (oldest == 0 || after < oldest-1):
		f.at = last
		return f, false, nil
	}
	return f, true, nil
}

// At is the number of the last event that Next returned.
func (f *Follower) At() int64 { return f.at }

// Next returns what has happened since, or, if that is nothing, a channel that is closed when it is worth asking again.
func (f *Follower) Next(ctx context.Context) ([]Stored, <-chan struct{}, error) {
	f.feed.mu.Lock()
	head, changed := f.feed.head, f.feed.changed
	f.feed.mu.Unlock()
	if head <= f.at {
		return nil, changed, nil
	}
	events := f.feed.after(f.at)
	if events == nil {
		var err error
		if events, err = f.fill(ctx); err != nil {
			return nil, nil, fmt.Errorf("read events of %s: %w", f.org, err)
		}
	}
	if len(events) == 0 { // the row is not visible yet on this connection
		return nil, changed, nil
	}
	if events[0].Seq != f.at+1 {
		return nil, nil, errGap
	}
	f.at = events[len(events)-1].Seq
	return events, nil, nil
}

// after returns events from memory, nil if they are not there.
func (s *feed) after(at int64) []Stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) == 0 || s.recent[0].Seq > at+1 || s.recent[len(s.recent)-1].Seq <= at {
		return nil
	}
	rest := s.recent[at+1-s.recent[0].Seq:]
	return rest[:min(batch, len(rest))]
}

// fill reads the next events from the database and, if they continue what is in memory, keeps them there.
func (f *Follower) fill(ctx context.Context) ([]Stored, error) {
	f.feed.filling.Lock()
	defer f.feed.filling.Unlock()
	if events := f.feed.after(f.at); events != nil {
		return events, nil // another follower was faster
	}
	events, err := eventsAfter(ctx, f.bus.db.Read(), f.org, f.at, batch)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	f.feed.mu.Lock()
	defer f.feed.mu.Unlock()
	recent := f.feed.recent
	if len(recent) == 0 || recent[len(recent)-1].Seq < events[0].Seq-1 {
		recent = nil // a stretch of its own; whoever is behind it reads the database
	}
	if len(recent) == 0 || recent[len(recent)-1].Seq == events[0].Seq-1 {
		// Copied, since followers still read the old slice.
		f.feed.recent = append(recent[max(0, len(recent)+len(events)-recentCount):len(recent):len(recent)], events...)
	}
	return events, nil
}

// Close ends the following.
func (f *Follower) Close() {
	f.bus.mu.Lock()
	defer f.bus.mu.Unlock()
	if f.feed.followers--; f.feed.followers == 0 {
		delete(f.bus.feeds, f.org)
	}
}
