package app

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Collecting garbage is a third of the work of a page when the heap is small. While many pages are asked for, the heap may therefore grow
// to five times what is in use. The limit keeps a large installation from growing without end. At rest, which is when little was made for
// a while, memory is given back to the machine: the runtime by itself keeps what the last import or the last crowd needed.
const (
	collectEvery = time.Second / 2
	busyPages    = 15 // requests in that time
	busyFor      = 20 // times without that many, until it is busy no more
	restAfter    = 20 // times in which less was made than
	littleMade   = 4 << 20
	usualPercent = 100
	restPercent  = 25
	busyPercent  = 400
	heapLimit    = 200 << 20
)

// collect suits the garbage collector to the load until ctx ends.
func (a *App) collect(ctx context.Context) error {
	limit := debug.SetMemoryLimit(heapLimit)
	defer debug.SetMemoryLimit(limit)
	defer debug.SetGCPercent(usualPercent)
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	var (
		busy         bool
		quiet, still int
		begun        = made() // when the last restAfter times began
		given        uint64   // when memory was given back
	)
	percent := 0
	suit := func(p int) {
		if p != percent {
			percent = p
			debug.SetGCPercent(p)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch n := a.asked.Swap(0); {
		case n >= busyPages:
			quiet = 0
			busy = true
			suit(busyPercent)
		case busy:
			if quiet++; quiet >= busyFor {
				busy = false
				suit(usualPercent)
			}
		}
		if still++; busy || still < restAfter {
			continue
		}
		now := made()
		little := now-begun < littleMade
		still, begun = 0, now
		if !little {
			suit(usualPercent)
			continue
		}
		suit(restPercent)
		if now-given > littleMade {
			if err := a.DB.Rest(ctx); err != nil {
				continue // somebody writes at this moment; later
			}
			a.rest()
			runtime.GC() // what pools hold goes after two collections
			debug.FreeOSMemory()
			if err := unload(); err != nil {
				a.Log.Debug("what is not used of the program stays in memory", "error", err)
			}
			given = made()
		}
	}
}

// made is how many bytes were ever allocated.
func made() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// ask counts a request for collect, and notes it for Prometheus.
func (a *App) ask(route, method string, status int, took time.Duration) {
	a.asked.Add(1)
	a.Metrics.Request(route, method, status, took)
}
