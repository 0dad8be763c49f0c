package message_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/store/storetest"
)

// stopwatch notes when the provider is called.
type stopwatch struct {
	*messagetest.Provider
	mu sync.Mutex
	at map[string]time.Time
}

func (s *stopwatch) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	s.mu.Lock()
	s.at[a.DeliveryID] = time.Now()
	s.mu.Unlock()
	return s.Provider.Send(ctx, a)
}

// BenchmarkStartToProvider sends 200 messages a second and reports how long after the start of each transaction the provider was called.
func BenchmarkStartToProvider(b *testing.B) {
	w, watch := benchWorld(b)
	var mu sync.Mutex
	var wg sync.WaitGroup
	began := map[string]time.Time{}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	n := 0
	for b.Loop() {
		<-ticker.C
		to := fmt.Sprintf("+1212%07d", 2000000+n)
		n++
		wg.Go(func() {
			begin := time.Now()
			id, err := w.trySend(startText(to))
			if err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			began[id] = begin
		})
	}
	wg.Wait()
	w.drain(b)
	var took []time.Duration
	for id, begin := range began {
		took = append(took, watch.at[id].Sub(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkThroughput sends as fast as 32 callers can, until all is recorded.
func BenchmarkThroughput(b *testing.B) {
	w, _ := benchWorld(b)
	var mu sync.Mutex
	n := 0
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			n++
			to := fmt.Sprintf("+1212%07d", 2000000+n)
			mu.Unlock()
			if _, err := w.trySend(startText(to)); err != nil {
				b.Error(err)
			}
		}
	})
	w.drain(b)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func benchWorld(b *testing.B) (*world, *stopwatch) {
	b.Helper()
	watch := &stopwatch{Provider: messagetest.NewProvider("fake"), at: map[string]time.Time{}}
	w := newWorld(b, storetest.Open(b), watch)
	w.deps.Log = slog.New(slog.DiscardHandler)
	w.run()
	return w, watch
}

func (w *world) drain(b *testing.B) {
	b.Helper()
	eventually(b, "all sent", func() bool {
		var n int
		err := w.db.Read().QueryRowContext(b.Context(), `select count(*) from message_delivery where next_at is not null`).Scan(&n)
		if err != nil {
			b.Fatal(err)
		}
		return n == 0
	})
}
