package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
)

// BenchmarkPollMany reads 500 feeds of 20 items through the gate, 16 at a time: first, when nothing is new, and with 5 new items each.
// It leaves out what the poller does with the posts.
func BenchmarkPollMany(b *testing.B) {
	const feeds = 500
	old, fresh := sample(20), sample(25)
	var mu sync.Mutex
	body, tag := old, `"1"`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now, etag := body, tag
		mu.Unlock()
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		_, _ = w.Write(now)
	}))
	defer srv.Close()
	client := gate()
	round := func(cursors []json.RawMessage) (items int) {
		var wg sync.WaitGroup
		var count sync.Mutex
		next := make(chan int)
		for range 16 {
			wg.Go(func() {
				for i := range next {
					s, err := New().Open(channel.Settings{"url": fmt.Sprintf("%s/%d", srv.URL, i)}, channel.World{HTTP: client, Clock: func() time.Time { return noon }})
					if err != nil {
						b.Error(err)
						return
					}
					page, err := s.(channel.Fetcher).Fetch(context.Background(), cursors[i])
					if err != nil {
						b.Error(err)
						continue
					}
					count.Lock()
					cursors[i] = page.Cursor
					items += len(page.Items)
					count.Unlock()
				}
			})
		}
		for i := range feeds {
			next <- i
		}
		close(next)
		wg.Wait()
		return items
	}
	for b.Loop() {
		mu.Lock()
		body, tag = old, `"1"`
		mu.Unlock()
		cursors := make([]json.RawMessage, feeds)
		for _, step := range []struct {
			name  string
			items int
		}{{"first", feeds * 20}, {"unchanged", 0}, {"five-new", feeds * 5}} {
			if step.name == "five-new" {
				mu.Lock()
				body, tag = fresh, `"2"`
				mu.Unlock()
			}
			started := time.Now()
			if got := round(cursors); got != step.items {
				b.Fatalf("%s: %d items, want %d", step.name, got, step.items)
			}
			b.ReportMetric(time.Since(started).Seconds(), "s/"+step.name)
		}
	}
}
