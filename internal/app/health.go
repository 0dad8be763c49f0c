package app

import (
	"context"
	"log" //nolint:depguard // net/http logs to nothing else
	"log/slog"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
)

var errNotReady = fault.New(fault.Unavailable, "server.not_ready", "The server is starting or stopping. Try again in a moment.").After(time.Second)

// healthRoutes say whether the process lives, and whether it should get requests.
func (a *App) healthRoutes() {
	a.api.Raw(httpapi.Route{ID: "health", Method: "GET", Path: "/healthz", Summary: "Say that the server lives", Needs: perm.Public, Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fine(w) }))
	a.api.Raw(httpapi.Route{ID: "ready", Method: "GET", Path: "/readyz", Summary: "Say whether the server answers requests", Needs: perm.Public, Hidden: true},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !a.ready.Load() || !a.reaches(r.Context()) {
				a.api.Refuse(w, r, errNotReady)
				return
			}
			fine(w)
		}))
}

func fine(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// reaches says whether the database answers within a second.
func (a *App) reaches(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return a.db.SQL().PingContext(ctx) == nil
}

// quietLog passes on what net/http has to say: clients that break off, mostly.
func quietLog(l *slog.Logger) *log.Logger { return slog.NewLogLogger(l.Handler(), slog.LevelDebug) }
