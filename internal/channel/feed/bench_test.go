package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/entente/entente/internal/channel"
)

// sample is a feed of n items as blogs write them, about 1 kB of HTML each.
func sample(n int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>Vélo du matin</title><link>https://velo.example/</link><description>Rouler</description><language>fr</language><atom:link href="https://velo.example/feed" rel="self" type="application/rss+xml"/><sy:updatePeriod>hourly</sy:updatePeriod>`)
	for i := range n {
		fmt.Fprintf(&b, `<item><title>Sortie n&#176; %d &amp; retour</title><link>https://velo.example/p/%d</link><dc:creator><![CDATA[Élise Martin]]></dc:creator><pubDate>Mon, 0%d Jun 2026 08:30:00 +0200</pubDate><category><![CDATA[sorties]]></category><category>batterie</category><guid isPermaLink="false">https://velo.example/?p=%d</guid><description><![CDATA[<p>Un résumé de la sortie.</p>]]></description><content:encoded><![CDATA[%s]]></content:encoded></item>`,
			i, i, i%9+1, i, strings.Repeat(`<p>La batterie tient <strong>80 km</strong>, m&ecirc;me dans les c&ocirc;tes&nbsp;: <a href="https://velo.example/essai">notre essai</a> le montre.</p><ul><li>moteur</li><li>freins</li></ul>`, 5))
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	body := sample(20)
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		f, _, err := Parse(body, "application/rss+xml; charset=UTF-8", "https://velo.example/feed", now)
		if err != nil || len(f.Items) != 20 {
			b.Fatal(err, len(f.Items))
		}
	}
}

// BenchmarkGofeed is the measure that Parse is held against; it does not turn HTML into text.
func BenchmarkGofeed(b *testing.B) {
	body := sample(20)
	p := gofeed.NewParser()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Parse(bytes.NewReader(body)); err != nil {
			b.Fatal(err)
		}
	}
}

type inMemory func(*http.Request) *http.Response

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// BenchmarkFetch measures what one reading costs us, without the network.
func BenchmarkFetch(b *testing.B) {
	ctx := context.Background()
	body := sample(20)
	open := func(b *testing.B, answer func(*http.Request) *http.Response) channel.Fetcher {
		s, err := New().Open(channel.Settings{"url": "https://velo.example/feed"}, channel.World{HTTP: &http.Client{Transport: inMemory(answer)}, Clock: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		return s.(channel.Fetcher)
	}
	full := func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`"1"`}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r}
	}
	fetch := func(b *testing.B, answer func(*http.Request) *http.Response, cursor json.RawMessage) {
		b.ReportAllocs()
		f := open(b, answer)
		for b.Loop() {
			if _, err := f.Fetch(ctx, cursor); err != nil {
				b.Fatal(err)
			}
		}
	}
	first, err := open(b, full).Fetch(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) { fetch(b, full, nil) })
	b.Run("304", func(b *testing.B) {
		fetch(b, func(r *http.Request) *http.Response {
			return &http.Response{StatusCode: 304, Header: http.Header{}, Body: http.NoBody, Request: r}
		}, first.Cursor)
	})
	b.Run("same", func(b *testing.B) { fetch(b, full, first.Cursor) })
}

// BenchmarkPoll is a reading over a real connection, kept alive.
func BenchmarkPoll(b *testing.B) {
	body := sample(20)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write(body)
	}))
	defer srv.Close()
	ctx := context.Background()
	s, err := New().Open(channel.Settings{"url": srv.URL}, channel.World{HTTP: srv.Client(), Clock: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	f := s.(channel.Fetcher)
	page, err := f.Fetch(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("changed", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.Fetch(ctx, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("304", func(b *testing.B) {
		for b.Loop() {
			if p, err := f.Fetch(ctx, page.Cursor); err != nil || !p.Unchanged {
				b.Fatal(err)
			}
		}
	})
}
