package measure_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// reads reads the volume with a filter and lets what is wanted be kept.
func (w *world) reads(f measure.Filter) float64 {
	w.t.Helper()
	r, err := w.s.Compute(w.ctx, "volume", measure.Window{From: w.now.AddDate(0, 0, -7), To: w.now}, f)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.s.Roll(w.ctx); err != nil {
		w.t.Fatal(err)
	}
	return r.Value.Value
}

// keptFilters lists what is kept.
func (w *world) keptFilters() []string {
	w.t.Helper()
	list, err := db.All(w.ctx, w.db.Read(), db.Self[string], "SELECT filter FROM measure_key")
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func (w *world) keeps(f measure.Filter) bool {
	w.t.Helper()
	n, _, err := db.Value[int](w.ctx, w.db.Read(), "SELECT COUNT(*) FROM measure_key WHERE filter LIKE $1", `%"Channel":"`+f.Channel+`"%`)
	if err != nil {
		w.t.Fatal(err)
	}
	return n > 0
}

// TestRests: what nobody asked for lately is not put right while facts come in, once somebody asks its number is right and it is put right at once again; the rest follow from time to time,
// and other nodes learn what was asked for.
func TestRests(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
		w.channel("a")
		w.channel("b")
		n := 0
		comesIn := func() {
			t.Helper()
			for _, ch := range []string{"a", "b"} {
				n++
				w.state(said(ch, fmt.Sprint("p", n), w.now.Add(-2*time.Minute), ledger.Said{Text: "Hello"}))
			}
			if err := w.s.Roll(w.ctx); err != nil {
				t.Fatal(err)
			}
		}
		unknown := func(why string, want ...string) {
			t.Helper()
			list, err := db.All(w.ctx, d.Read(), db.Self[string], "SELECT k.filter FROM measure_day y JOIN measure_key k ON k.id = y.key WHERE y.data IS NULL ORDER BY k.filter")
			if err != nil {
				t.Fatal(err)
			}
			ok := len(list) == len(want)
			for i := range want {
				ok = ok && strings.Contains(list[i], `"Channel":"`+want[i]+`"`)
			}
			if !ok {
				t.Errorf("%s: days of %q are not known, want of %q", why, list, want)
			}
		}
		is := func(ch string, want float64) {
			t.Helper()
			if got := w.reads(measure.Filter{Channel: ch}); got != want {
				t.Errorf("%s counts %v, want %v", ch, got, want)
			}
		}
		comesIn()
		is("a", 1)
		is("b", 1)
		comesIn()
		unknown("asked for just now")
		w.now = w.now.Add(8 * time.Minute)
		is("a", 2)
		w.now = w.now.Add(4 * time.Minute)
		comesIn()
		unknown("one was asked for lately", "b")
		comesIn()
		is("b", 4)
		unknown("and the other now")
		w.now = w.now.Add(11 * time.Minute)
		if list, err := w.s.InUse(w.ctx); err != nil || len(list) != 2 { // a program watches, whatever there is
			t.Fatalf("in use: %+v, %v", list, err)
		}
		comesIn()
		unknown("nobody looks", "a", "b")
		if err := w.s.Rested(w.ctx); err != nil {
			t.Fatal(err)
		}
		unknown("from time to time all is put right")
		if err := w.s.Anew(w.ctx); err != nil { // reads all, and asks for nothing
			t.Fatal(err)
		}
		comesIn()
		unknown("nobody looks, after all was read again", "a", "b")
		is("a", 6)
		// Another node knows nothing of that until it is told.
		other := measure.New(d, nil, func() time.Time { return w.now })
		for i, want := range [][]string{{"a", "b"}, {"b"}} {
			n++
			w.state(said("a", fmt.Sprint("p", n), w.now.Add(-2*time.Minute), ledger.Said{Text: "Hello"}), said("b", fmt.Sprint("q", n), w.now.Add(-2*time.Minute), ledger.Said{Text: "Hello"}))
			if err := other.Roll(w.ctx); err != nil {
				t.Fatal(err)
			}
			unknown("on another node", want...)
			if i > 0 {
				break
			}
			if err := other.Rested(w.ctx); err != nil {
				t.Fatal(err)
			}
			if err := w.s.Tell(w.ctx); err != nil {
				t.Fatal(err)
			}
		}
		is("a", 8)
		is("b", 8)
	})
}

// TestKeptOfWhatExists asks for channels, topics, members and kinds that there are not: nothing is kept for them, and programs that watch do
// not hear of them.
func TestKeptOfWhatExists(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
		w.channel("c")
		w.state(said("c", "a", w.now.Add(-time.Hour), ledger.Said{}))
		w.reads(measure.Filter{Channel: "c"})
		for _, f := range []measure.Filter{{Channel: "moon"}, {Topic: "moon"}, {Kind: "moon"}} {
			w.reads(f)
		}
		if _, err := w.s.Compute(w.ctx, "resolution-time", measure.Window{From: w.now.AddDate(0, 0, -7), To: w.now}, measure.Filter{Member: "moon"}); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Roll(w.ctx); err != nil {
			t.Fatal(err)
		}
		if list := w.keptFilters(); len(list) != 1 || !w.keeps(measure.Filter{Channel: "c"}) {
			t.Errorf("kept: %v", list)
		}
		w.exec("DELETE FROM channel WHERE id = 'c'")
		used, err := w.s.InUse(w.ctx)
		if err != nil || len(used) != 0 {
			t.Errorf("in use of a channel that is gone: %+v, %v", used, err)
		}
		if err := w.s.Forget(w.ctx); err != nil {
			t.Fatal(err)
		}
		if list := w.keptFilters(); len(list) != 0 {
			t.Errorf("kept of a channel that is gone: %v", list)
		}
	})
}

// TestMostKeys asks for more than may be kept: the one that was not asked for longest goes, with its days, and is right when it comes back.
func TestMostKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
		w.s.Most(3)
		for i := range 5 {
			c := fmt.Sprint("c", i)
			w.channel(c)
			w.state(said(c, "a", w.now.Add(-time.Hour), ledger.Said{}))
		}
		ask := func(i int) float64 {
			w.now = w.now.Add(time.Minute)
			return w.reads(measure.Filter{Channel: fmt.Sprint("c", i)})
		}
		ask(0)
		ask(1)
		ask(1) // now this process remembers its days
		ask(2)
		ask(0) // so 1 is the oldest
		ask(3)
		for i, want := range []bool{true, false, true, true} {
			if got := w.keeps(measure.Filter{Channel: fmt.Sprint("c", i)}); got != want {
				t.Errorf("c%d kept: %v, want %v (%v)", i, got, want, w.keptFilters())
			}
		}
		orphans, _, err := db.Value[int](w.ctx, d.Read(), "SELECT COUNT(*) FROM measure_day WHERE key NOT IN (SELECT id FROM measure_key)")
		if err != nil || orphans != 0 {
			t.Errorf("%d days without a key, %v", orphans, err)
		}
		// While nothing was kept for c1, its post moved to another day.
		w.exec("UPDATE mention_hour SET hour = hour - 72 WHERE channel = 'c1'")
		w.exec("UPDATE post SET at = at - 72 * 3600000000 WHERE id = $1", postID("c1", "a"))
		w.reads(measure.Filter{Channel: "c3"})
		ask(1)
		if !w.keeps(measure.Filter{Channel: "c1"}) {
			t.Fatal("c1 is not kept again")
		}
		if n := ask(1); n != 1 {
			t.Errorf("kept again, a channel has %v posts, want 1", n)
		}
	})
}

// TestForget lets months pass in which facts come in for all keys, one of which is read.
func TestForget(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC))
		for _, c := range []string{"read", "left"} {
			w.channel(c)
			w.reads(measure.Filter{Channel: c})
		}
		for day := range 60 {
			w.now = w.now.AddDate(0, 0, 1)
			if day < 50 {
				for _, c := range []string{"read", "left"} {
					w.state(said(c, fmt.Sprint(day), w.now.Add(-time.Hour), ledger.Said{}))
				}
				if err := w.s.Roll(w.ctx); err != nil {
					t.Fatal(err)
				}
			}
			w.reads(measure.Filter{Channel: "read"})
		}
		if err := w.s.Forget(w.ctx); err != nil {
			t.Fatal(err)
		}
		if !w.keeps(measure.Filter{Channel: "read"}) || w.keeps(measure.Filter{Channel: "left"}) {
			t.Errorf("kept: %v", w.keptFilters())
		}
	})
}

// TestSearched reads the rows of a measure with a query page by page: each page searches from where it begins until it is full.
func TestSearched(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
		w.s.Trust(w.enrich)
		const posts = 300
		var list []ledger.Activity
		for i := range posts {
			list = append(list, said("c", fmt.Sprint(i), w.now.Add(-time.Duration(1+i/2)*time.Minute), ledger.Said{Text: "A brake"})) // two at a time
		}
		w.state(list...)
		win := measure.Window{From: w.now.AddDate(0, 0, -7), To: w.now}
		seen := 0
		docs := func(ctx context.Context, q db.Q, posts []channel.Post) (map[string]*query.Doc, error) {
			seen += len(posts)
			return w.enrich.Docs(ctx, q, posts)
		}
		def := own.Definition{Name: "brakes", Way: own.Count, Of: kpi.OfPosts, Query: "brake"}
		if err := w.s.CheckOwn(w.ctx, "", &def); err != nil {
			t.Fatal(err)
		}
		m, err := def.Measure("own.x", "1", docs, nil)
		if err != nil {
			t.Fatal(err)
		}
		ask := kpi.Ask{Cuts: []time.Time{win.From, win.To}, Now: w.now}
		if _, err := m.Matching(w.ctx, d.Read(), ask, kpi.Page{Limit: 11}); err != nil || seen > 50 {
			t.Errorf("for a page of ten %d posts were read, %v", seen, err)
		}
		seen = 0
		if _, err := m.Matching(w.ctx, d.Read(), ask, kpi.Page{Limit: 11, Before: win.To.Add(-140 * time.Minute)}); err != nil || seen > 50 {
			t.Errorf("for a late page of ten %d posts were read, %v", seen, err)
		}
		o, err := w.s.AddOwn(w.ctx, def)
		if err != nil {
			t.Fatal(err)
		}
		share, err := w.s.AddOwn(w.ctx, own.Definition{Name: "part", Way: own.Share, Of: kpi.OfPosts, PartQuery: "brake"})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{o.ID, share.ID} {
			unique := map[string]bool{}
			last := w.now
			rows := w.rows(id, win, measure.Filter{}, "")
			for _, r := range rows {
				unique[r.ID] = true
				if r.At.After(last) {
					t.Errorf("%s is after %s", r.At, last)
				}
				last = r.At
			}
			if len(rows) != posts || len(unique) != posts {
				t.Errorf("%d rows of %d posts, want %d", len(rows), len(unique), posts)
			}
		}
		if rows := w.rows(share.ID, win, measure.Filter{}, "own_rest"); len(rows) != 0 {
			t.Errorf("%d rows of the rest", len(rows))
		}

		ratio, err := w.s.AddOwn(w.ctx, own.Definition{Name: "ratio", Way: own.Ratio, Over: o.ID, Under: "volume"})
		if err != nil {
			t.Fatal(err)
		}
		w.s.Patience(time.Nanosecond)
		for _, id := range []string{o.ID, ratio.ID} {
			_, inOne := w.s.Compute(w.ctx, id, win, measure.Filter{})
			_, inSteps := w.s.Series(w.ctx, id, win, measure.Day, measure.Filter{})
			_, inSlices := w.s.By(w.ctx, id, win, measure.Filter{}, kpi.ByKind)
			_, _, inRows := w.s.Rows(w.ctx, id, win, measure.Filter{}, measure.Paging{})
			for what, err := range map[string]error{"compute": inOne, "series": inSteps, "by": inSlices, "rows": inRows} {
				if p := problem.Of(err); p.Key != "own.too_slow" {
					t.Errorf("%s of %s: %v", what, id, err)
				}
			}
		}
		if _, err := w.s.Compute(w.ctx, "volume", win, measure.Filter{}); err != nil {
			t.Errorf("of what needs no search: %v", err)
		}
	})
}

// TestMay asks for numbers without a member, as one who may not, as one who may, and from within.
func TestMay(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	w := newWorld(t, d, time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC))
	w.s.Trust(w.enrich)
	def := own.Definition{Name: "brakes", Way: own.Count, Of: kpi.OfPosts, Query: "brake"}
	o, err := w.s.AddOwn(w.ctx, def)
	if err != nil {
		t.Fatal(err)
	}
	win := measure.Window{From: w.now.AddDate(0, 0, -7), To: w.now}
	plain := org.With(t.Context(), &org.Member{ID: "p", Role: org.Plain, State: org.Active})
	member := org.With(t.Context(), &org.Member{ID: "m", Role: org.Volunteer, State: org.Active})
	for name, read := range map[string]func(ctx context.Context) error{
		"compute": func(ctx context.Context) error {
			_, err := w.s.Compute(ctx, "volume", win, measure.Filter{})
			return err
		},
		"series": func(ctx context.Context) error {
			_, err := w.s.Series(ctx, "volume", win, measure.Day, measure.Filter{})
			return err
		},
		"report": func(ctx context.Context) error {
			_, err := w.s.Report(ctx, "volume", win, measure.Day, measure.Filter{})
			return err
		},
		"rows": func(ctx context.Context) error {
			_, _, err := w.s.Rows(ctx, "volume", win, measure.Filter{}, measure.Paging{})
			return err
		},
		"by": func(ctx context.Context) error {
			_, err := w.s.By(ctx, "volume", win, measure.Filter{}, kpi.ByChannel)
			return err
		},
		"in use":   func(ctx context.Context) error { _, err := w.s.InUse(ctx); return err },
		"owned":    func(ctx context.Context) error { _, err := w.s.Owned(ctx); return err },
		"own":      func(ctx context.Context) error { _, err := w.s.OwnOf(ctx, o.ID); return err },
		"versions": func(ctx context.Context) error { _, err := w.s.OwnVersions(ctx, o.ID); return err },
		"preview":  func(ctx context.Context) error { _, _, err := w.s.PreviewOwn(ctx, "", def, win); return err },
	} {
		if err := read(t.Context()); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%s for nobody: %v", name, err)
		}
		if err := read(plain); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s for who may not: %v", name, err)
		}
		for who, ctx := range map[string]context.Context{"a member": member, "the operator": org.AsOperator(t.Context()), "a page that was permitted": measure.Permitted(t.Context())} {
			if err := read(ctx); err != nil {
				t.Errorf("%s for %s: %v", name, who, err)
			}
		}
	}
}
