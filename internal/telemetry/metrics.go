package telemetry

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// bounds are the upper ends of the buckets of the time to answer, in seconds.
var bounds = [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}

// Metrics counts what happens at the choke points.
type Metrics struct {
	behind   func() float64
	digested atomic.Int64
	begun    time.Time

	mu       sync.Mutex
	requests map[answered]*times
}

// answered is what requests are told apart by.
type answered struct {
	route  string
	status int
}

// times is how long requests took.
type times struct {
	buckets [len(bounds) + 1]int64 // the last beyond all bounds
	seconds float64
}

// NewMetrics makes the metrics; behind tells how many activities the followers have still to digest.
func NewMetrics(behind func() float64) *Metrics {
	return &Metrics{behind: behind, begun: time.Now(), requests: map[answered]*times{}}
}

// Request notes an answered request.
func (m *Metrics) Request(route, _ string, status int, took time.Duration) {
	seconds := took.Seconds()
	bucket, _ := slices.BinarySearch(bounds[:], seconds)
	m.mu.Lock()
	defer m.mu.Unlock()
	key := answered{cmp.Or(route, "other"), status}
	t := m.requests[key]
	if t == nil {
		t = &times{}
		m.requests[key] = t
	}
	t.buckets[bucket]++
	t.seconds += seconds
}

// Digested notes activities.
func (m *Metrics) Digested(n int) { m.digested.Add(int64(n)) }

// Handler answers Prometheus, in its text format (version 0.0.4).
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.Write(w)
	})
}

// Write writes all metrics as they are now. Whoever reads them may go away: there is nobody to tell of an error.
func (m *Metrics) Write(w io.Writer) {
	m.writeRequests(w)
	one(w, "entente_activities_digested_total", "counter", "Activities digested by the followers of the ledger.", float64(m.digested.Load()))
	one(w, "entente_activities_behind", "gauge", "Activities that the followers have still to digest.", m.behind())
	samples := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(samples)
	for i, about := range [][3]string{
		{"go_goroutines", "gauge", "Goroutines that exist."},
		{"go_gc_heap_live_bytes", "gauge", "Bytes in use when garbage was collected last."},
		{"go_memory_classes_heap_objects_bytes", "gauge", "Bytes of objects, in use or not yet collected."},
		{"go_memory_classes_total_bytes", "gauge", "Bytes the runtime took from the machine."},
		{"go_gc_cycles_total", "counter", "Collections of garbage."},
	} {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			one(w, about[0], about[1], about[2], float64(samples[i].Value.Uint64()))
		}
	}
	fmt.Fprintf(w, "# HELP go_info The Go this was compiled with.\n# TYPE go_info gauge\ngo_info{version=%s} 1\n", quoted(runtime.Version()))
	one(w, "process_start_time_seconds", "gauge", "When the process began, seconds since 1970.", float64(m.begun.Unix()))
	if resident, ok := resident(); ok {
		one(w, "process_resident_memory_bytes", "gauge", "Bytes of memory the process has.", resident)
	}
}

func (m *Metrics) writeRequests(w io.Writer) {
	const name = "entente_http_request_seconds"
	fmt.Fprintf(w, "# HELP %s Time to answer a request, by route.\n# TYPE %s histogram\n", name, name)
	m.mu.Lock()
	now := make(map[answered]times, len(m.requests))
	for k, t := range m.requests {
		now[k] = *t
	}
	m.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(now), func(a, b answered) int {
		return cmp.Or(strings.Compare(a.route, b.route), cmp.Compare(a.status, b.status))
	}) {
		t, all := now[k], int64(0)
		labels := "route=" + quoted(k.route) + `,status="` + strconv.Itoa(k.status) + `"`
		for i, n := range t.buckets {
			all += n
			end := "+Inf"
			if i < len(bounds) {
				end = number(bounds[i])
			}
			fmt.Fprintf(w, "%s_bucket{%s,le=%q} %d\n", name, labels, end, all)
		}
		fmt.Fprintf(w, "%s_sum{%s} %s\n%s_count{%s} %d\n", name, labels, number(t.seconds), name, labels, all)
	}
}

func one(w io.Writer, name, kind, about string, value float64) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %s\n", name, about, name, kind, name, number(value))
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// quoted is the value of a label: backslashes, quotes and line ends are escaped.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// resident is the memory the process has, in bytes, where the system tells it as Linux does.
func resident() (float64, bool) {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	return pages * float64(os.Getpagesize()), err == nil
}
