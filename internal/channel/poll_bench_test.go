package channel_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/feed"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
)

// press serves feeds of 20 items; issue says how many items each has had in all.
type press struct{ issue atomic.Int64 }

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	issue := int(p.issue.Load())
	tag := `"` + strconv.Itoa(issue) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
	name := strings.TrimPrefix(r.URL.Path, "/")
	fmt.Fprintf(w, `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Feed %s</title>
		<link>https://%s.example/</link><language>en</language>`, name, name)
	for i := issue; i > issue-20; i-- {
		fmt.Fprintf(w, `<item><title>Article %d of %s</title><link>https://%s.example/%d</link><guid>https://%s.example/%d</guid>
			<dc:creator>Writer %d</dc:creator><pubDate>%s</pubDate><description><![CDATA[<p>%s</p><p>Number <b>%d</b>.</p>]]></description></item>`,
			i, name, name, i, name, i, i%7, noon.Add(time.Duration(i-2000)*time.Minute).Format(time.RFC1123Z),
			strings.Repeat("The bicycle we bought last spring rides well, but the brakes squeak when it rains. ", 6), i)
	}
	fmt.Fprint(w, "</channel></rss>")
}

// BenchmarkPoll polls 500 feeds of 20 items with everything that follows from them: posts, languages, full text, mentions, conversations.
// It reports the seconds of a first round, one where nothing is new, and one with five new items in each feed.
func BenchmarkPoll(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkPoll(b, dbtest.SQLite) })
	b.Run("postgres", func(b *testing.B) { benchmarkPoll(b, dbtest.Postgres) })
}

func benchmarkPoll(b *testing.B, open func(testing.TB) *db.DB) {
	const feeds = 500
	var first, unchanged, five, cpu time.Duration
	for b.Loop() {
		d := open(b)
		var p press
		p.issue.Store(100)
		server := httptest.NewServer(&p)
		at := noon
		clock := func() time.Time { return at }
		log := slog.New(slog.DiscardHandler)
		enricher := enrich.New(d, log, enrich.LanguageIdentifier{})
		l := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), enricher.Follower(), listening.NewMatcher(enricher).Follower(), inbox.Follower())
		box, err := seal.New(make([]byte, 32))
		if err != nil {
			b.Fatal(err)
		}
		s := channel.New(d, l, box, channel.World{HTTP: server.Client(), Clock: clock, Log: log}, log, clock, feed.New())
		drafts := make([]channel.Draft, feeds)
		for i := range drafts {
			drafts[i] = channel.Draft{Kind: "feed", Settings: channel.Settings{"url": fmt.Sprintf("%s/f%d", server.URL, i)}}
		}
		if _, err := s.AddAll(b.Context(), drafts); err != nil {
			b.Fatal(err)
		}
		round := func(added, unchanged int) time.Duration {
			b.Helper()
			runtime.GC()
			start := time.Now()
			sum, err := s.PollOnce(b.Context(), at)
			took := time.Since(start)
			if want := (channel.Polled{Channels: feeds, Unchanged: unchanged, Added: added}); err != nil || sum != want {
				b.Fatalf("polled %+v, %v; want %+v", sum, err, want)
			}
			at = at.Add(48 * time.Hour)
			return took
		}
		used := processor()
		first += round(feeds*20, 0)
		cpu += processor() - used
		unchanged += round(0, feeds)
		p.issue.Add(5)
		five += round(feeds*5, 0)
		posts, _, err := db.Value[int](b.Context(), d.Read(), "SELECT COUNT(*) FROM post")
		if err != nil || posts != feeds*25 {
			b.Fatalf("%d posts, %v; want %d", posts, err, feeds*25)
		}
		server.Close()
	}
	n := float64(b.N)
	b.ReportMetric(first.Seconds()/n, "s/first")
	b.ReportMetric(cpu.Seconds()/n, "cpu-s/first")
	b.ReportMetric(unchanged.Seconds()/n, "s/unchanged")
	b.ReportMetric(five.Seconds()/n, "s/five-new")
	b.ReportMetric(feeds*20*n/first.Seconds(), "posts/s")
}

// processor is the processor time this process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
