package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// report writes the lines.
type report struct{ w io.Writer }

// machine says on what and in which state it is measured.
func (r *report) machine() {
	model := "unknown processor"
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	fmt.Fprintf(r.w, "machine: %d cores, %s, %s, %s, load %s\n", runtime.NumCPU(), model, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), load())
	r.noise("before")
	fmt.Fprintf(r.w, "%-58s %14s %14s  %s\n", "what", "measured", "target", "measured / target")
}

func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	f := strings.Fields(string(raw))
	return strings.Join(f[:min(3, len(f))], " ")
}

// noise times the same work several times: how much it varies is how much any figure here may.
func (r *report) noise(when string) {
	const times = 9
	walls := make([]time.Duration, times)
	for i := range walls {
		start := time.Now()
		calibrate()
		walls[i] = time.Since(start)
	}
	slices.Sort(walls)
	fmt.Fprintf(r.w, "noise %s: a fixed loop, %d times: min %s, median %s, max %s; load %s\n", when, times, ms(walls[0]), ms(walls[times/2]),
		ms(walls[times-1]), load())
}

var sink uint64 //nolint // keeps the loop from being left out

func calibrate() {
	x := uint64(88172645463325252)
	for range 60_000_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sink = x
}

// least prints a figure that should be at least target; most one that should be at most target.
func (r *report) least(what string, got, target float64, unit, note string) {
	r.line(what, got, target, ">=", got >= target, unit, note)
}

func (r *report) most(what string, got, target float64, unit, note string) {
	r.line(what, got, target, "<", got < target, unit, note)
}

func (r *report) line(what string, got, target float64, sign string, ok bool, unit, note string) {
	verdict := "ok"
	if !ok {
		verdict = "MISSED"
	}
	fmt.Fprintf(r.w, "%-58s %14s %14s  %.2f %s", what, figure(got)+" "+unit, sign+" "+figure(target)+" "+unit, got/target, verdict)
	if note != "" {
		fmt.Fprintf(r.w, "  (%s)", note)
	}
	fmt.Fprintln(r.w)
}

// plain prints a figure without a target.
func (r *report) plain(what string, got float64, unit, note string) {
	fmt.Fprintf(r.w, "%-58s %14s %14s  ", what, figure(got)+" "+unit, "")
	if note != "" {
		fmt.Fprintf(r.w, "(%s)", note)
	}
	fmt.Fprintln(r.w)
}

func (r *report) failed(what string, err error) {
	fmt.Fprintf(r.w, "%-58s not measured: %v\n", what, err)
}

func figure(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func ms(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
}

// processor is the processor time this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quantile is the value below which a share of the sorted values lie.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
