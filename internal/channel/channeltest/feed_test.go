package channeltest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/channeltest"
	"github.com/entente/entente/internal/channel/feed"
)

// blog serves a feed behind a password.
type blog struct {
	mu        sync.Mutex
	said      []string
	behaviour channeltest.Behaviour
	now       func() time.Time
	left      chan struct{} // closed when the test ends
}

const blogPassword = "correct-horse-battery"

func (b *blog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	said, behaviour := slices.Clone(b.said), b.behaviour
	b.mu.Unlock()
	if _, password, ok := r.BasicAuth(); !ok || password != blogPassword || behaviour == channeltest.Expire {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	switch behaviour {
	case channeltest.Throttle:
		http.Error(w, "too often", http.StatusTooManyRequests)
		return
	case channeltest.ThrottleFor:
		w.Header().Set("Retry-After", strconv.Itoa(int(channeltest.Wait.Seconds())))
		http.Error(w, "too often", http.StatusTooManyRequests)
		return
	case channeltest.Drop:
		panic(http.ErrAbortHandler)
	case channeltest.Break:
		http.Error(w, "sorry", http.StatusInternalServerError)
		return
	case channeltest.Vanish:
		http.Error(w, "gone", http.StatusGone)
		return
	case channeltest.Babble:
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, "\x00\xff this is no feed at all <<<")
		return
	case channeltest.Hang:
		select {
		case <-r.Context().Done():
		case <-b.left:
		}
		return
	case channeltest.Flood:
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, "<rss><channel><title>")
		for line := strings.Repeat("on and on ", 10_000); ; {
			if _, err := fmt.Fprint(w, line); err != nil {
				return
			}
		}
	case channeltest.Repeat:
		said = append(said, said...)
	case channeltest.Shuffle:
		slices.Reverse(said)
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	var text strings.Builder
	text.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>A blog</title><link>https://blog.example/</link>`)
	for _, id := range said {
		fmt.Fprintf(&text, `<item><guid isPermaLink="false">%s</guid><title>On %s</title><description>text of %s</description><pubDate>%s</pubDate></item>`,
			id, id, id, b.now().Add(-time.Hour).Format(time.RFC1123Z))
	}
	text.WriteString("</channel></rss>")
	if behaviour == channeltest.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(text.Len()))
		fmt.Fprint(w, text.String()[:text.Len()/2])
		panic(http.ErrAbortHandler)
	}
	fmt.Fprint(w, text.String())
}

func TestFeed(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{Connector: feed.New(), Start: func(t *testing.T, now func() time.Time) channeltest.Place {
		b := &blog{now: func() time.Time { return time.Unix(1_750_000_000, 0) }, left: make(chan struct{})}
		server := httptest.NewServer(b)
		t.Cleanup(server.Close)
		t.Cleanup(func() { close(b.left) })
		return channeltest.Place{
			Settings: channel.Settings{"url": server.URL + "/feed", "user": "ada", "password": blogPassword},
			Behave: func(behaviour channeltest.Behaviour) bool {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.behaviour = behaviour
				return behaviour != channeltest.LoseAnswer
			},
			Say: func(ids ...string) []string {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.said = append(b.said, ids...)
				return ids
			},
		}
	}})
}
