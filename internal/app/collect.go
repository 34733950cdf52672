package app

import (
	"context"
	"runtime/debug"
	"time"
)

// Collecting garbage is a third of the work of a page when the heap is small. While many pages are asked for, the heap may therefore grow
// to five times what is in use; at rest memory is given back. The limit keeps a large installation from growing without end.
const (
	collectEvery = time.Second / 2
	busyPages    = 15 // requests in that time
	restPercent  = 100
	busyPercent  = 400
	heapLimit    = 200 << 20
)

// collect suits the garbage collector to the load until ctx ends.
func (a *App) collect(ctx context.Context) error {
	limit := debug.SetMemoryLimit(heapLimit)
	defer debug.SetMemoryLimit(limit)
	defer debug.SetGCPercent(restPercent)
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	busy, quiet := false, 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch n := a.asked.Swap(0); {
		case n >= busyPages:
			quiet = 0
			if !busy {
				busy = true
				debug.SetGCPercent(busyPercent)
			}
		case busy:
			if quiet++; quiet >= 20 {
				busy = false
				debug.SetGCPercent(restPercent)
				debug.FreeOSMemory()
			}
		}
	}
}

// ask counts a request for collect, and notes it for Prometheus.
func (a *App) ask(route, method string, status int, took time.Duration) {
	a.asked.Add(1)
	a.Metrics.Request(route, method, status, took)
}
