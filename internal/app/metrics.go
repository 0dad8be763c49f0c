package app

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"countersign.dev/countersign/internal/store"
)

// metrics counts what the server does; no label holds anything about a person.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	jobs       *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
}

func newMetrics(db *store.DB) *metrics {
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
	}
	m.registry.MustRegister(m.requests, m.jobs, m.deliveries, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if db != nil {
		m.registry.MustRegister(collectors.NewDBStatsCollector(db.SQL(), "write"))
	}
	return m
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
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}
