package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// metrics are the figures of operation: how many requests, how long, and how busy the database's
// connections are. Labels are operations' ids and statuses, so nothing that a caller wrote, no
// path and nobody's identifier gets in.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(a *API) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "o2r_requests_total", Help: "Requests answered, by operation and status."}, []string{"operation", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "o2r_request_seconds", Help: "How long requests took, by operation.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for name, gauge := range map[string]struct {
		help string
		read func(persistence.Pool) float64
	}{
		"o2r_database_connections":              {"Open connections to the database.", func(p persistence.Pool) float64 { return float64(p.Open) }},
		"o2r_database_connections_in_use":       {"Connections to the database at work.", func(p persistence.Pool) float64 { return float64(p.InUse) }},
		"o2r_database_connections_max":          {"Most connections to the database.", func(p persistence.Pool) float64 { return float64(p.Max) }},
		"o2r_database_connection_waits":         {"How often a request waited for a connection.", func(p persistence.Pool) float64 { return float64(p.Waits) }},
		"o2r_database_connection_waits_seconds": {"How long requests waited for connections, in all.", func(p persistence.Pool) float64 { return p.Waited.Seconds() }},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: gauge.help}, func() float64 {
			if a.store == nil {
				return 0
			}
			return gauge.read(a.store.Pool())
		}))
	}
	m.registry.MustRegister(waiting{a})
	return m
}

// waiting are the figures of the deliveries to webhooks that are not through, of all replicas and
// all webhooks together.
type waiting struct{ api *API }

var (
	waitingDeliveries = prometheus.NewDesc("o2r_webhook_deliveries", "Deliveries to webhooks that are pending, or parked after days in vain.", []string{"status"}, nil)
	longestWaiting    = prometheus.NewDesc("o2r_webhook_oldest_pending_seconds", "How long the oldest pending delivery has waited.", nil, nil)
)

func (waiting) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- waitingDeliveries
	descriptions <- longestWaiting
}

// Collect gives nothing where the database cannot be asked: that is no 0.
func (w waiting) Collect(figures chan<- prometheus.Metric) {
	if w.api.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counted, err := w.api.store.Waiting(ctx)
	if err != nil {
		return
	}
	gauge := func(description *prometheus.Desc, value float64, labels ...string) {
		figures <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, labels...)
	}
	gauge(waitingDeliveries, float64(counted.Pending), string(domain.DeliveryPending))
	gauge(waitingDeliveries, float64(counted.Parked), string(domain.DeliveryParked))
	gauge(longestWaiting, counted.Oldest.Seconds())
}

func (m *metrics) observe(o rest.Observation) {
	m.requests.WithLabelValues(o.Operation, strconv.Itoa(o.Status)).Inc()
	m.seconds.WithLabelValues(o.Operation).Observe(o.Took.Seconds())
}

// Operations is for who runs the process, and not for the public listener: /metrics, and /livez and
// /readyz with the reason. Where a token is given, /metrics asks for it as a bearer token.
func (a *API) Operations(token string) http.Handler {
	mux := http.NewServeMux()
	wanted := sha256.Sum256([]byte(token))
	figures := promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		shown, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		given := sha256.Sum256([]byte(shown))
		if token != "" && subtle.ConstantTimeCompare(given[:], wanted[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Send the token of O2R_OPS_TOKEN_FILE.", http.StatusUnauthorized)
			return
		}
		figures.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.ready(r.Context()); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		plainText(w, "ready\n")
	})
	return mux
}

// Liveness and readiness are on the public listener too, for load balancers: no token, no detail.
func (a *API) health(log *slog.Logger) {
	a.server.Handle("GET /livez", http.HandlerFunc(alive))
	a.server.Handle("GET /readyz", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.ready(r.Context()); err != nil {
			log.WarnContext(r.Context(), "not ready", "error", err)
			a.server.Fail(w, r, rest.Unavailable())
			return
		}
		plainText(w, "ready\n")
	}))
}

func (a *API) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return a.store.Ready(ctx)
}

func alive(w http.ResponseWriter, _ *http.Request) { plainText(w, "alive\n") }

func plainText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}
