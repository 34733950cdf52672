package telemetry

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// What Prometheus reads: buckets hold all that was as quick or quicker, and nothing is lost between those who note at once.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics(func() float64 { return 3 })
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 250 {
				m.Request("GET /inbox", "GET", 200, 5*time.Millisecond) // just in the bucket of 5 ms
				m.Digested(2)
			}
		})
	}
	all.Wait()
	m.Request("GET /inbox", "GET", 200, 7*time.Second)
	m.Request("", "GET", 404, 2*time.Millisecond)
	m.Request("GET /say/\"a\"\\\n", "GET", 200, 0)
	r := httptest.NewRecorder()
	m.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	out := r.Body.String()
	for _, want := range []string{
		`entente_http_request_seconds_bucket{route="GET /inbox",status="200",le="0.0025"} 0` + "\n",
		`entente_http_request_seconds_bucket{route="GET /inbox",status="200",le="0.005"} 1000` + "\n",
		`entente_http_request_seconds_bucket{route="GET /inbox",status="200",le="2.5"} 1000` + "\n",
		`entente_http_request_seconds_bucket{route="GET /inbox",status="200",le="+Inf"} 1001` + "\n",
		`entente_http_request_seconds_count{route="GET /inbox",status="200"} 1001` + "\n",
		`entente_http_request_seconds_count{route="other",status="404"} 1` + "\n",
		`route="GET /say/\"a\"\\\n",status="200",le="0.001"} 1` + "\n",
		"\nentente_activities_digested_total 2000\n", "\nentente_activities_behind 3\n", "\ngo_goroutines ", "\ngo_info{version=\"go",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? [0-9.e+-]+)$`)
	for _, l := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		if !line.MatchString(l) {
			t.Errorf("Prometheus would not read %q", l)
		}
	}
	if got := r.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("content type %q", got)
	}
}
