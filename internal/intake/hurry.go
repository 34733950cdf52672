package intake

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Of a process that does nothing else than import, the heap may grow to three times what is in use: collecting it is a tenth of the work
// otherwise. What an import must hold of a large dump, the names of its users, is held once more at most.
const (
	hurryPercent = 200
	largeHeap    = 100 << 20 // bytes in use
)

// Hurry suits the collector of garbage to a process that only imports, until rest is called.
func Hurry() (rest func()) {
	before := debug.SetGCPercent(hurryPercent)
	end := make(chan struct{})
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			metrics.Read(live)
			if live[0].Value.Kind() == metrics.KindUint64 && live[0].Value.Uint64() > largeHeap {
				debug.SetGCPercent(before)
				return
			}
		}
	}()
	return func() {
		close(end)
		debug.SetGCPercent(before)
	}
}
