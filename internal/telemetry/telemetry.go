// Package telemetry decides how the running program is watched: structured logs, and metrics for Prometheus when the operator gives them
// an address.
package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/lmittmann/tint"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Logger writes to w as "text" or "json", from level on.
func Logger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
	}
	return slog.New(tint.NewHandler(w, &tint.Options{Level: l, TimeFormat: time.TimeOnly}))
}

// Metrics counts what happens at the choke points.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	digested prometheus.Counter
}

// NewMetrics makes the metrics; behind tells how many activities the followers have still to digest.
func NewMetrics(behind func() float64) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "entente_http_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}}, []string{"route", "status"}),
		digested: prometheus.NewCounter(prometheus.CounterOpts{Name: "entente_activities_digested_total", Help: "Activities digested by the followers of the ledger."}),
	}
	m.registry.MustRegister(m.requests, m.digested, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "entente_activities_behind", Help: "Activities that the followers have still to digest."}, behind))
	return m
}

// Request notes an answered request.
func (m *Metrics) Request(route, _ string, status int, took time.Duration) {
	if route == "" {
		route = "other"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Digested notes activities.
func (m *Metrics) Digested(n int) { m.digested.Add(float64(n)) }

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
