package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/intake/dump"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
)

// imported is how an import went.
type imported struct {
	Posts, Added  int
	Text          int // characters on average
	Wall, CPU     time.Duration
	Bytes         int64 // of the database, 0 on PostgreSQL
	Copied        bool  // only a part was stated
	Conversations int
}

// short and long are how many words the texts of a dump have at least: about 400 bytes on average, and 760.
const (
	short = 25
	long  = 60
)

// history is how long ago the first post was said, however many there are: few posts lie further apart.
const history = 3 * 365 * 24 * time.Hour

func importing(b *bench) error {
	note := func(i imported) string {
		return fmt.Sprintf("%d posts of %d characters of text on average, %d facts, %d conversations, %.1f s processor, %.1f s on the clock", i.Posts, i.Text, i.Added,
			i.Conversations, i.CPU.Seconds(), i.Wall.Seconds())
	}
	for _, words := range []int{short, long} {
		dir, err := b.dump(b.import_, words)
		if err != nil {
			return err
		}
		env := []string{"GOMAXPROCS=1", "ENTENTE_BENCH_DUMP=" + dir}
		var lite imported
		if err := b.child(&lite, env, "inner-import"); err != nil {
			return err
		}
		rate := float64(lite.Posts) / lite.CPU.Seconds()
		if words == long {
			b.out.plain("  with texts twice as long", rate, "posts/s", note(lite))
			continue
		}
		var plain imported
		if err := b.child(&plain, append(env, "ENTENTE_BENCH_MODELS=language"), "inner-import"); err != nil {
			return err
		}
		b.out.least("import, SQLite, GOMAXPROCS=1, per second of processor", float64(plain.Posts)/plain.CPU.Seconds(), 5000, "posts/s", note(plain)+"; languages identified")
		b.out.plain("  the same, per second on the clock", float64(plain.Posts)/plain.Wall.Seconds(), "posts/s", fmt.Sprintf("database %d MB", plain.Bytes>>20))
		b.out.plain("  with all models, per second of processor", rate, "posts/s", note(lite))
		server, used, stop, err := postgres(b)
		if err != nil {
			b.out.failed("import, PostgreSQL", err)
			continue
		}
		var pg imported
		before := used()
		err = b.child(&pg, append(env[1:], "ENTENTE_BENCH_POSTGRES="+server, "ENTENTE_BENCH_MODELS=language"), "inner-import")
		theirs := used() - before
		stop()
		if err != nil {
			return err
		}
		b.out.least("import, PostgreSQL, on the clock", float64(pg.Posts)/pg.Wall.Seconds(), 3000, "posts/s", note(pg)+"; fsync and synchronous_commit on")
		if theirs > 0 {
			b.out.plain("  the same, per second of processor, the server's included", float64(pg.Posts)/(pg.CPU+theirs).Seconds(), "posts/s",
				fmt.Sprintf("ours %.1f s, the server's %.1f s", pg.CPU.Seconds(), theirs.Seconds()))
		}
	}
	return nil
}

// dump makes a forum dump once.
func (b *bench) dump(posts, words int) (string, error) {
	dir := filepath.Join(b.work, fmt.Sprintf("dump-%d-%d", posts, words))
	done := filepath.Join(dir, ".whole")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := dump.WriteSized(dir, posts, dump.Size{Words: words, Step: history / time.Duration(posts)}, 42); err != nil {
		return "", fmt.Errorf("write a dump: %w", err)
	}
	return dir, os.WriteFile(done, nil, 0o644)
}

// owner and password are of the account that asks for pages.
const (
	owner    = "owner@bench.example"
	password = "measured-and-found-swift-26"
)

// furnish sets up an organisation with topics, as any that listens has.
func furnish(ctx context.Context, a *shop) error {
	if set, err := a.org.IsSetUp(ctx); err != nil || set {
		return err
	}
	if err := a.org.SetUp(ctx, org.SetUp{Organisation: "Bench", Lang: "en", Zone: "Europe/Paris", URL: "http://127.0.0.1:8080", OwnerName: "Owner",
		OwnerEmail: owner, Password: password}); err != nil {
		return err
	}
	for i, query := range []string{`couver OR plizo`, `"ba fi" OR fiment`, `batisa* AND NOT ho`, `title:laker OR monsa`, `tag:b*`} {
		if _, err := a.listening.Add(ctx, listening.Draft{Name: "Topic " + strconv.Itoa(i+1), Query: query, Colour: i}); err != nil {
			return fmt.Errorf("topic %s: %w", query, err)
		}
	}
	return a.listening.Fill(ctx)
}

// bring imports a dump as the command does.
func bring(ctx context.Context, a *shop, dir, name string) (intake.Report, error) {
	place, err := a.channels.Place(ctx, "import", name, channel.InboxAll)
	if err != nil {
		return intake.Report{}, err
	}
	format, _ := intake.Find("stackexchange")
	src, err := intake.Open(dir)
	if err != nil {
		return intake.Report{}, err
	}
	defer src.Close()
	defer intake.Hurry()()
	task := intake.Task{Format: format, Source: src, Options: intake.Options{Shift: time.Since(dump.Begin().Add(history)), Settings: intake.Settings{Inbox: true, Site: "https://forum.example", Channel: place.ID}}}
	report, err := a.runner.Run(ctx, task)
	if err == nil && (report.Broken != nil || report.Refused > 0) {
		err = fmt.Errorf("%d refused, %v", report.Refused, report.Broken)
	}
	return report, err
}

// importHere imports the dump named by the environment into an empty installation and says how that went.
func importHere(b *bench) error {
	data, err := os.MkdirTemp(b.work, "import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	a, ctx, err := open(b.ctx, data, os.Getenv("ENTENTE_BENCH_POSTGRES"), nil)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	runtime.GC()
	began, used := time.Now(), processor()
	report, err := bring(ctx, a, os.Getenv("ENTENTE_BENCH_DUMP"), "forum")
	if err != nil {
		return err
	}
	out := imported{Added: report.Added, Wall: time.Since(began), CPU: processor() - used}
	if out.Posts, err = count(ctx, a, "post"); err != nil {
		return err
	}
	mean, _, err := db.Value[float64](ctx, a.db.Read(), "SELECT CAST(AVG(LENGTH(text)) AS DOUBLE PRECISION) FROM post")
	if err != nil {
		return err
	}
	out.Text = int(mean)
	if out.Conversations, err = count(ctx, a, "conversation"); err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Join(data, "entente.db")); err == nil {
		out.Bytes = info.Size()
	}
	return say(out)
}
