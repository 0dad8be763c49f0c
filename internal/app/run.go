package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Bounds of a connection and of the end of the server.
const (
	readHeader = 5 * time.Second
	readAll    = 30 * time.Second
	writeAll   = 60 * time.Second // event streams and exports set their own
	idle       = 2 * time.Minute
	maxHeader  = 32 << 10
	lastAnswer = 6 * time.Second // for requests under way when the server stops
)

// Run serves on l and works in the background until ctx ends; then it lets running requests, jobs and deliveries finish. ready is called
// once requests are answered.
func (a *App) Run(ctx context.Context, l net.Listener, ready func()) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	background, work := errgroup.WithContext(work)
	for name, run := range a.loops {
		background.Go(func() error {
			if err := run(work); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	server := a.server(a.api)
	server.RegisterOnShutdown(a.api.StopStreams)
	servers := []*http.Server{server}
	background.Go(func() error { return serve(server, l) })
	if a.cfg.MetricsListen != "" {
		ml, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.MetricsListen)
		if err != nil {
			stopWork()
			return errors.Join(fmt.Errorf("listen for metrics: %w", err), server.Close(), background.Wait())
		}
		m := a.server(a.metrics.handler())
		servers = append(servers, m)
		background.Go(func() error { return serve(m, ml) })
	}
	a.ready.Store(true)
	ready()

	select {
	case <-ctx.Done():
	case <-work.Done(): // something could not go on
	}
	a.ready.Store(false)
	var stopping sync.WaitGroup
	for _, s := range servers {
		stopping.Go(func() { stop(ctx, s) })
	}
	stopping.Wait()
	stopWork()
	if err := background.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeader, ReadTimeout: readAll, WriteTimeout: writeAll, IdleTimeout: idle, MaxHeaderBytes: maxHeader,
		ErrorLog: quietLog(a.log),
	}
}

func serve(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// stop lets requests under way finish; what takes too long is cut off.
func stop(ctx context.Context, s *http.Server) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswer)
	defer cancel()
	if err := s.Shutdown(last); err != nil {
		_ = s.Close()
	}
}
