package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake/dump"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/google/go-cmp/cmp"
)

func testRunner(t testing.TB, d *db.DB, clock func() time.Time) *Runner {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	l := ledger.New(d, log, clock, channel.PostFollower())
	return &Runner{DB: d, Ledger: l, Channels: channel.New(d, l, nil, channel.World{}, log, clock), Clock: clock}
}

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func place(t testing.TB, r *Runner, kind, name string) string {
	t.Helper()
	a, err := r.Channels.Place(t.Context(), kind, name, channel.InboxNone)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func run(t testing.TB, r *Runner, format, file string, opts Options, dry bool) Report {
	t.Helper()
	src, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	f, _ := Find(format)
	var list bytes.Buffer
	refused := NewRefused(t.Context(), &list)
	report, err := r.Run(t.Context(), Task{Format: f, Source: src, Options: opts, DryRun: dry, Refused: refused})
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.Close(); err != nil {
		t.Fatal(err)
	}
	if report.Refused > 0 {
		t.Logf("%s: %s", file, list.String())
	}
	return report
}

// TestSampleTwice imports the whole sample twice, after a dry run each time: what was said is there once.
func TestSampleTwice(t *testing.T) {
	t.Parallel()
	sample(t, "forum")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := testRunner(t, d, noon)
		forum, mailbox := place(t, r, "stackexchange", "forum"), place(t, r, "mbox", "mailbox")
		member := func(_ context.Context, email string) (string, bool) { return id.From(email, "member"), true }
		type step struct {
			format, file string
			opts         Options
		}
		steps := []step{
			{"stackexchange", "forum", Options{Settings: Settings{Channel: forum, Site: "https://forum.example", Inbox: true}}},
			{"mbox", "mail/contact.mbox", Options{Settings: Settings{Channel: mailbox, Own: "contact@bruyere.example,service@bruyere.example", Inbox: true}}},
			{"csv", "customers.csv", Options{}}, {"csv", "orders.csv", Options{}}, {"vcard", "people.vcf", Options{}},
		}
		for _, f := range []string{"gazette-derailleur.xml", "two-wheels-tested.xml", "carnet-aline.atom", "forum-velotaf.atom", "pedal-notes.json"} {
			name := strings.TrimSuffix(f, filepath.Ext(f))
			steps = append(steps, step{"feed", "feeds/" + f, Options{Settings: Settings{Channel: place(t, r, "feed", name)}}})
		}
		steps = append(steps, step{"jsonl", "handling.jsonl", Options{Member: member}})
		total := 0
		for _, s := range steps {
			would := run(t, r, s.format, sample(t, s.file), s.opts, true)
			did := run(t, r, s.format, sample(t, s.file), s.opts, false)
			again := run(t, r, s.format, sample(t, s.file), s.opts, false)
			wouldAgain := run(t, r, s.format, sample(t, s.file), s.opts, true)
			if did.Added == 0 || did.Refused > 0 || did.Broken != nil || would.Added != did.Added || again.Added != 0 || again.Known != did.Added+did.Known || wouldAgain.Added != 0 {
				t.Errorf("%s: would %d, did %d (%d known, %d refused, %v), again %d, would again %d", s.file, would.Added, did.Added, did.Known, did.Refused, did.Broken, again.Added, wouldAgain.Added)
			}
			if did.Done != did.Total {
				t.Errorf("%s: %d of %d bytes", s.file, did.Done, did.Total)
			}
			total += did.Added
		}
		n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity")
		if err != nil || n != total {
			t.Errorf("%d activities, %d added, %v", n, total, err)
		}
		solved, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post WHERE accepted <> ''")
		if err != nil || solved == 0 {
			t.Errorf("%d questions solved, %v", solved, err)
		}
		orphans, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post WHERE waiting_for <> '' AND channel = $1", forum)
		if err != nil || orphans != 0 {
			t.Errorf("%d answers without a question, %v", orphans, err)
		}
	})
}

// saidOnce lists what is in the ledger, without what differs from run to run.
func saidOnce(t testing.TB, d *db.DB) []string {
	t.Helper()
	list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT COALESCE(key, '') || ' ' || at || ' ' || data FROM activity")
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(list)
	return list
}

// TestInterrupted stops an import between batches, again and again, and then lets it end: the ledger holds what an undisturbed import
// states, once.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dump")
	const posts = 5 * batchRows
	if err := dump.Write(dir, posts, 7); err != nil {
		t.Fatal(err)
	}
	f, _ := Find("stackexchange")
	var want []string
	for _, stops := range [][]int{nil, {0}, {1}, {1, 1}, {3, 0, 2}} {
		d := dbtest.SQLite(t)
		r := testRunner(t, d, noon)
		ch := place(t, r, "stackexchange", "forum")
		for _, stop := range append(stops, 1<<30) {
			src, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			opts := Options{Settings: Settings{Site: "https://forum.example", Channel: ch}}
			report, err := r.Run(ctx, Task{Format: stopping{f, stop * batchRows, cancel}, Source: src, Options: opts})
			cancel()
			src.Close()
			if err != nil || report.Broken != nil || report.Cancelled != (stop < 1<<30) {
				t.Fatal(stops, report, err)
			}
		}
		got := saidOnce(t, d)
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], ch, "CHANNEL")
		}
		sort.Strings(got)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < posts {
			t.Fatal(stops, len(got), diff)
		}
	}
}

// stopping is a format during which somebody cancels after so many rows.
type stopping struct {
	Format
	after  int
	cancel func()
}

func (s stopping) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	n := 0
	return s.Format.Read(ctx, src, opts, func(row Row) error {
		if n == s.after {
			s.cancel()
		}
		n++
		return emit(row)
	})
}

func TestDryRunWithoutDatabase(t *testing.T) {
	t.Parallel()
	r := &Runner{Clock: noon}
	feed := write(t, "a.xml", []byte(`<rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>a</title></item><item><guid>1</guid><title>a</title></item><item><guid>2</guid><title>b</title></item></channel></rss>`))
	if got := run(t, r, "feed", feed, Options{}, true); got.Added != 2 || got.Broken != nil {
		t.Errorf("%+v", got)
	}
	mail := write(t, "a.eml", []byte("From: a@b.example\nSubject: x\nDate: Fri, 02 Jan 2026 10:00:00 +0000\n\nx\n"))
	if got := run(t, r, "eml", mail, Options{}, true); got.Added != 1 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
	if got := run(t, r, "feed", mail, Options{}, true); got.Broken == nil || got.Added != 0 {
		t.Errorf("a mail as a feed: %+v", got)
	}
	if got := run(t, r, "eml", write(t, "b.eml", []byte("\x00\x01\x02")), Options{}, true); got.Added != 0 || got.Refused != 1 {
		t.Errorf("no mail: %+v", got)
	}
	src, _ := Open(feed)
	if _, err := r.Run(t.Context(), Task{Format: feedFormat{}, Source: src}); !problem.Is(err, problem.Invalid) {
		t.Errorf("an import without a database: %v", err)
	}
}

// TestHandled opens a conversation for what members handled though its channel brings none into the inbox.
func TestHandled(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	r := testRunner(t, d, noon)
	ch := place(t, r, "feed", "news")
	run(t, r, "jsonl", write(t, "p.jsonl", []byte(`{"id":"1","text":"x","at":"2026-01-01T00:00:00Z"}`)), Options{Settings: Settings{Channel: ch}}, false)
	conversations := map[string]string{}
	opts := Options{
		Member: func(context.Context, string) (string, bool) { return "M", true },
		Resolve: func(ctx context.Context, in, external string) (string, string, error) {
			if in != ch || external != "1" {
				return "", "", problem.New(problem.Missing, "problem.not_found")
			}
			post, _, err := channel.FindPost(ctx, d.Read(), in, external)
			if err != nil {
				return "", "", err
			}
			opened, _, err := db.Value[string](ctx, d.Read(), "SELECT object FROM activity WHERE kind = $1 AND channel = $2", ledger.ConversationOpened, in)
			conversations[post.ID] = opened
			return post.ID, opened, err
		},
	}
	lines := `{"kind":"conversation.taken","at":"2026-01-02T00:00:00Z","actor":"mailto:m@us.example","channel":"news","post":"1"}
{"kind":"conversation.resolved","at":"2026-01-03T00:00:00Z","actor":"mailto:m@us.example","channel":"news","post":"1"}
{"kind":"conversation.resolved","at":"2026-01-03T00:00:00Z","actor":"mailto:m@us.example","channel":"news","post":"2"}`
	got := run(t, r, "jsonl", write(t, "h.jsonl", []byte(lines)), opts, false)
	if got.Added != 3 || got.Refused != 1 { // opened, taken, resolved
		t.Errorf("%+v", got)
	}
	for _, c := range conversations {
		n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity WHERE object = $1 AND actor = 'member:M'", c)
		if err != nil || n != 3 || c == "" {
			t.Errorf("%d activities about %q, %v", n, c, err)
		}
	}
}

func testService(t testing.TB, d *db.DB, clock func() time.Time) *Service {
	t.Helper()
	r, log := testRunner(t, d, clock), slog.New(slog.DiscardHandler)
	return New(d, r.Ledger, r.Channels, org.New(d, log, clock), filepath.Join(t.TempDir(), "imports"), log, clock, nil)
}

func TestJob(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := testService(t, d, noon)
		ctx := org.AsOperator(i18n.With(t.Context(), "fr", nil))
		text := "id;date;texte\n1;2026-01-01;bonjour\n2;hier;x\n"
		j, err := s.Receive(ctx, `C:\dir\posts.csv`, strings.NewReader(text), -1)
		if err != nil || j.State != Draft || j.Format != "csv" || j.Name != "posts.csv" || j.Size != int64(len(text)) {
			t.Fatalf("%+v %v", j, err)
		}
		rows, layout, err := s.Look(ctx, &j, "csv", Settings{}, 10)
		if err != nil || len(rows) != 2 || layout.Target != Posts || layout.Columns["text"] != 2 {
			t.Fatal(tellAll(rows), layout, err)
		}
		if _, err := s.Start(ctx, j.ID, Order{Format: "csv", Settings: Settings{Target: Posts}}); problem.Of(err).Key != "intake.no_channel" {
			t.Error(err)
		}
		if _, err := s.Start(ctx, j.ID, Order{Format: "nonsense"}); problem.Of(err).Key != "intake.bad_format" {
			t.Error(err)
		}
		order := Order{Format: "csv", Settings: Settings{Target: Posts}, NewChannel: "Notes"}
		if j, err = s.Start(ctx, j.ID, order); err != nil || j.State != Queued || j.Settings.Channel == "" {
			t.Fatal(j, err)
		}
		if _, err := s.Start(ctx, j.ID, order); !problem.Is(err, problem.Conflict) {
			t.Error("started twice", err)
		}
		if err := s.Remove(ctx, j.ID); !problem.Is(err, problem.Conflict) {
			t.Error("removed while queued", err)
		}
		for i, added := range []int{1, 0} {
			if i > 0 {
				if _, err := s.Again(ctx, j.ID); err != nil {
					t.Fatal(err)
				}
			}
			if more, err := s.RunNext(t.Context()); err != nil || !more {
				t.Fatal(more, err)
			}
			if j, err = s.Find(ctx, j.ID); err != nil || j.State != Done || j.Progress.Added != added || j.Progress.Refused != 1 || j.EndedAt.IsZero() {
				t.Fatalf("%+v %v", j, err)
			}
		}
		list, err := s.RefusedList(ctx, j.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(list)
		list.Close()
		if !strings.Contains(string(got), "posts.csv:3,La date est illisible.,hier") {
			t.Errorf("%s", got)
		}
		if more, err := s.RunNext(t.Context()); more || err != nil {
			t.Error(more, err)
		}
		if err := s.Remove(ctx, j.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Again(ctx, j.ID); problem.Of(err).Key != "intake.file_gone" {
			t.Error(err)
		}
		if jobs, err := s.List(ctx, "", 10); err != nil || len(jobs) != 1 || jobs[0].Kept {
			t.Error(jobs, err)
		}
	})
}

func TestJobEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := testService(t, d, noon)
		ctx := org.AsOperator(t.Context())
		receive := func(name, text string) Job {
			j, err := s.Receive(ctx, name, strings.NewReader(text), int64(len(text)))
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		// Cancelled before it began.
		a := receive("a.vcf", "BEGIN:VCARD\nFN:A\nEND:VCARD\n")
		if _, err := s.Cancel(ctx, a.ID); !problem.Is(err, problem.Conflict) {
			t.Error("a draft was cancelled", err)
		}
		if _, err := s.Start(ctx, a.ID, Order{Format: "vcard"}); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Cancel(ctx, a.ID); err != nil || a.State != Cancelled {
			t.Error(a.State, err)
		}
		// An archive of a kind that is not read is told at once, and nothing of it is kept.
		if _, err := s.Receive(ctx, "dump.7z", strings.NewReader("7z\xbc\xaf\x27\x1c"), -1); !problem.Is(err, problem.Invalid) || problem.Of(err).Key != "intake.7z" || problem.Of(err).Field != "file" {
			t.Errorf("a 7z archive: %v", err)
		}
		// Not what it was said to be.
		b := receive("b.vcf", "no cards")
		if _, err := s.Start(ctx, b.ID, Order{Format: "vcard"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RunNext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b, _ := s.Find(ctx, b.ID); b.State != Failed || b.Problem.Reason != "intake.not_vcard" {
			t.Errorf("%+v", b)
		}
		// The process that ran it is gone.
		if _, err := s.Start(ctx, a.ID, Order{Format: "vcard"}); err != nil {
			t.Fatal(err)
		}
		if _, found, err := s.claim(t.Context()); err != nil || !found {
			t.Fatal(found, err)
		}
		next := New(d, s.runner.Ledger, s.runner.Channels, s.org, s.dir, s.log, noon, nil)
		if err := next.interrupted(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if a, _ := s.Find(ctx, a.ID); a.State != Failed || a.Problem.Reason != "intake.interrupted" {
			t.Errorf("%+v", a)
		}
		if stop, err := s.beat(t.Context(), a.ID, Progress{}); err != nil || !stop {
			t.Error("the old process goes on", stop, err)
		}
		// Too long, empty, broken off, old.
		for _, c := range []struct {
			r    io.Reader
			size int64
			want string
		}{{strings.NewReader("x"), MaxUpload + 1, "problem.too_large"}, {strings.NewReader(""), -1, "intake.empty"},
			{io.MultiReader(strings.NewReader("x"), failing{}), -1, "intake.upload_broke"}} {
			if _, err := s.Receive(ctx, "c", c.r, c.size); problem.Of(err).Key != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		}
		left, _ := os.ReadDir(s.dir)
		later := New(d, s.runner.Ledger, s.runner.Channels, s.org, s.dir, s.log, func() time.Time { return noon().Add(keptFor + time.Hour) }, nil)
		if err := later.tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if now, _ := os.ReadDir(s.dir); len(now) != 0 || len(left) < 2 {
			t.Errorf("%d files, then %d", len(left), len(now))
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the line is cut") }

// TestCancelRunning cancels a job through the service while it runs.
func TestCancelRunning(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := testService(t, d, noon)
	ctx := org.AsOperator(t.Context())
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "{\"id\":\"%d\",\"text\":\"hello %d\"}\n", i, i)
	}
	j, err := s.Receive(ctx, "posts.jsonl", strings.NewReader(b.String()), -1)
	if err != nil {
		t.Fatal(err)
	}
	ch := place(t, s.Runner(), "jsonl", "lines")
	if _, err := s.Start(ctx, j.ID, Order{Format: "jsonl", Settings: Settings{Channel: ch}}); err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{}, 1)
	stop := s.runner.Ledger.Watch(func([]ledger.Activity) {
		select {
		case began <- struct{}{}:
		default:
		}
	})
	defer stop()
	done := make(chan error, 1)
	go func() {
		_, err := s.RunNext(t.Context())
		done <- err
	}()
	<-began
	if _, err := s.Cancel(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	j, _ = s.Find(ctx, j.ID)
	n, _, _ := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity")
	if j.State != Cancelled || n == 0 || n >= 20_000 || n != j.Progress.Added {
		t.Errorf("%s with %d of 20000 in the ledger, %d counted", j.State, n, j.Progress.Added)
	}
}
