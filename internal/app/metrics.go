package app

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// metrics counts what the server does; no label holds anything about a person.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	jobs       *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	writes     *prometheus.HistogramVec
	events     *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "countersign_request_seconds", Help: "How long requests took, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "countersign_job_seconds", Help: "How long attempts at jobs took, by kind and outcome.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 30},
		}, []string{"kind", "outcome"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "countersign_delivery_changes_total", Help: "How often deliveries came into a state, by way.",
		}, []string{"way", "state"}),
		writes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "countersign_write_seconds", Help: "How long write transactions took until they were on disk, waiting included.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .5, 2.5},
		}, []string{"outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "countersign_events_total", Help: "Events by kind and, for verifications, by the state that they came into.",
		}, []string{"kind", "state"}),
	}
	m.registry.MustRegister(m.requests, m.jobs, m.deliveries, m.writes, m.events, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// database adds the connections of the database.
func (m *metrics) database(db *store.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(db.SQL(), "write"))
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// request is told of every answer. The route is a pattern of ours, so that nobody can make up label values.
func (m *metrics) request(route, _ string, status int, d time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(d.Seconds())
}

// job is told of every attempt at a job.
func (m *metrics) job(kind string, took time.Duration, err error) {
	m.jobs.WithLabelValues(kind, outcome(err)).Observe(took.Seconds())
}

// write is told of every write transaction. A refusal takes one back as well, and is no failure.
func (m *metrics) write(took time.Duration, err error) {
	m.writes.WithLabelValues(outcome(err)).Observe(took.Seconds())
}

// event is told of every event; kinds and states are few and our own.
func (m *metrics) event(e events.Event) {
	m.events.WithLabelValues(e.Kind, e.Data["state"]).Inc()
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case fault.KindOf(err) != fault.Internal:
		return "refused"
	}
	return "failed"
}
