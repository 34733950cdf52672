package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/channel"
)

const (
	feeds     = 500
	perFeed   = 20
	newInFeed = 5
)

// polled is how three rounds over all feeds went.
type polled struct {
	First, Unchanged, Five, CPU time.Duration
	Posts                       int
}

func polling(b *bench) error {
	var p polled
	if err := b.child(&p, nil, "inner-poll"); err != nil {
		return err
	}
	note := fmt.Sprintf("%d feeds of %d items, the server of the feeds in the same process", feeds, perFeed)
	b.out.most("polling, first time", p.First.Seconds(), 7, "s", fmt.Sprintf("%s; %.1f s processor", note, p.CPU.Seconds()))
	b.out.most("polling, all unchanged (304)", p.Unchanged.Seconds(), 0.7, "s", "")
	b.out.most("polling, 5 new items each", p.Five.Seconds(), 7, "s", fmt.Sprintf("%d posts in the end", p.Posts))
	return nil
}

// press serves feeds of 20 items; issue says how many items each has had in all.
type press struct {
	issue atomic.Int64
	at    time.Time
}

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
	for i := issue; i > issue-perFeed; i-- {
		fmt.Fprintf(w, `<item><title>Article %d of %s</title><link>https://%s.example/%d</link><guid>https://%s.example/%d</guid>
			<dc:creator>Writer %d</dc:creator><pubDate>%s</pubDate><description><![CDATA[<p>%s</p><p>Number <b>%d</b>.</p>]]></description></item>`,
			i, name, name, i, name, i, i%7, p.at.Add(time.Duration(i-2000)*time.Minute).Format(time.RFC1123Z),
			strings.Repeat("The bicycle we bought last spring rides well, but the brakes squeak when it rains. ", 6), i)
	}
	fmt.Fprint(w, "</channel></rss>")
}

// pollHere polls feeds with everything that follows from them: posts, languages, full text, mentions, conversations.
func pollHere(b *bench) error {
	data, err := os.MkdirTemp(b.work, "poll-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	at := time.Now().UTC().Truncate(time.Second)
	a, ctx, err := open(b.ctx, data, "", func() time.Time { return at })
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	p := press{at: at}
	p.issue.Store(100)
	server := httptest.NewServer(&p)
	defer server.Close()
	drafts := make([]channel.Draft, feeds)
	for i := range drafts {
		drafts[i] = channel.Draft{Kind: "feed", Settings: channel.Settings{"url": fmt.Sprintf("%s/f%d", server.URL, i)}}
	}
	if _, err := a.channels.AddAll(ctx, drafts); err != nil {
		return err
	}
	var out polled
	round := func(took *time.Duration, added, unchanged int) error {
		runtime.GC()
		start := time.Now()
		sum, err := a.channels.PollOnce(ctx, at)
		*took = time.Since(start)
		if want := (channel.Polled{Channels: feeds, Unchanged: unchanged, Added: added}); err == nil && sum != want {
			err = fmt.Errorf("polled %+v, want %+v", sum, want)
		}
		at = at.Add(48 * time.Hour)
		return err
	}
	used := processor()
	if err := round(&out.First, feeds*perFeed, 0); err != nil {
		return err
	}
	out.CPU = processor() - used
	if err := round(&out.Unchanged, 0, feeds); err != nil {
		return err
	}
	p.issue.Add(newInFeed)
	if err := round(&out.Five, feeds*newInFeed, 0); err != nil {
		return err
	}
	if out.Posts, err = count(ctx, a, "post"); err != nil {
		return err
	}
	return say(out)
}
