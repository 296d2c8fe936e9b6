package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meter counts answers. Its labels are the kind of request and the class of status and nothing else: a counter of
// applications or bids, even without a lot, would tell how many bidders there are (招标投标法22).
type meter struct {
	took     *prometheus.HistogramVec
	registry *prometheus.Registry
}

func newMeter(registry *prometheus.Registry) *meter {
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	m := &meter{registry: registry, took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "baohan_http_request_seconds", Help: "Time from the first byte of a request to its answer.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"kind", "class"})}
	registry.MustRegister(m.took)
	return m
}

// begin starts the watch of one request. It is real time: it measures the machine, not the business.
func (m *meter) begin() func(method string, x *exchange, status int) {
	start := time.Now()
	return func(method string, x *exchange, status int) {
		m.took.WithLabelValues(kind(method, x), strconv.Itoa(status/100)+"xx").Observe(time.Since(start).Seconds())
	}
}

func kind(method string, x *exchange) string {
	switch {
	case x.operation == "":
		return "other"
	case streams(x.operation), givesFile(x.operation), takesFile(x.operation):
		return "stream" // its time is how long somebody watched, or a file took
	case x.signed:
		return "machine"
	case reads(method):
		return "read"
	}
	return "change"
}

// Metrics is for Prometheus. It belongs on an address that only the operators reach: even a count without names is
// more than a bidder should see.
func (m *meter) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
