package intake

import (
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake/dump"
	"github.com/entente/entente/internal/ledger"
)

// BenchmarkStackExchange reads a dump and makes items of it, without a database: the time is that of parsing alone.
func BenchmarkStackExchange(b *testing.B) {
	dir := b.TempDir()
	const posts = 20_000
	if err := dump.Write(dir, posts, 1); err != nil {
		b.Fatal(err)
	}
	f, _ := Find("stackexchange")
	b.ReportAllocs()
	n := 0
	var bytes int64
	for b.Loop() {
		src, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		err = f.Read(b.Context(), src, Options{Settings: Settings{Site: "https://forum.example"}, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, func(row Row) error {
			if row.Item != nil {
				n++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		bytes = src.Size()
		src.Close()
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/post")
}

// BenchmarkImport states a dump in a ledger with the posts' own follower, on SQLite.
func BenchmarkImport(b *testing.B) {
	dir := b.TempDir()
	const posts = 10_000
	if err := dump.Write(dir, posts, 1); err != nil {
		b.Fatal(err)
	}
	f, _ := Find("stackexchange")
	for b.Loop() {
		b.StopTimer()
		d := dbtest.SQLite(b)
		l := ledger.New(d, slog.New(slog.DiscardHandler), time.Now, channel.PostFollower())
		r := &Runner{DB: d, Ledger: l, Channels: channel.New(d, l, nil, channel.World{}, slog.New(slog.DiscardHandler), time.Now), Clock: time.Now}
		place, err := r.Channels.Place(b.Context(), "stackexchange", "forum", channel.InboxNone)
		if err != nil {
			b.Fatal(err)
		}
		src, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		report, err := r.Run(b.Context(), Task{Format: f, Source: src, Options: Options{Settings: Settings{Channel: place.ID, Site: "https://forum.example"}}})
		if err != nil || report.Broken != nil || report.Added < posts {
			b.Fatal(report, err)
		}
		b.ReportMetric(report.Rate(), "rows/s")
	}
}
