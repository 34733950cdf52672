package listening_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// node is one process listening on a database.
type node struct {
	db      *db.DB
	led     *ledger.Ledger
	s       *listening.Service
	ctx     context.Context
	matcher *listening.Matcher
}

func newNode(t testing.TB, d *db.DB, now time.Time) *node {
	t.Helper()
	clock := func() time.Time { return now }
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	m := listening.NewMatcher(e)
	l := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), m.Follower(), inbox.Follower())
	return &node{d, l, listening.New(d, l, e, org.New(d, log, clock), log, clock, nil), org.AsOperator(t.Context()), m}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// level digests everything. On PostgreSQL a transaction anywhere on the server, of another test too, holds followers back for its time.
func (n *node) level(t fataler) {
	t.Helper()
	for {
		if err := n.led.CatchUp(n.ctx); err != nil {
			t.Fatal(err)
		}
		behind, _, err := db.Value[int](n.ctx, n.db.Read(), "SELECT COUNT(*) FROM activity a JOIN derivation d ON d.id = 1 WHERE (a.tx, a.seq) > (d.tx, d.seq)")
		if err != nil {
			t.Fatal(err)
		}
		if behind == 0 {
			break
		}
	}
	if failed, err := n.led.Failures(n.ctx); err != nil || len(failed) > 0 {
		t.Fatalf("failures: %v %v", failed, err)
	}
}

func (n *node) state(t fataler, list ...ledger.Activity) {
	t.Helper()
	if _, err := n.led.Append(n.ctx, list...); err != nil {
		t.Fatal(err)
	}
	n.level(t)
}

func (n *node) exec(t fataler, query string, args ...any) {
	t.Helper()
	if err := n.db.Tx(n.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func (n *node) empty(t fataler) {
	t.Helper()
	n.exec(t, "DELETE FROM activity")
	topics, err := n.s.Topics(n.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range topics {
		if err := n.s.Remove(n.ctx, topic.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.led.Rebuild(n.ctx, 500, nil); err != nil {
		t.Fatal(err)
	}
}

func (n *node) add(t fataler, name, query string, toInbox bool) listening.Topic {
	t.Helper()
	topic, err := n.s.Add(n.ctx, listening.Draft{Name: name, Query: query, Inbox: toInbox})
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

func (n *node) fill(t fataler) {
	t.Helper()
	if err := n.s.Fill(n.ctx); err != nil {
		t.Fatal(err)
	}
}

// mentions lists topic name and post of all mentions.
func (n *node) mentions(t fataler) []string {
	t.Helper()
	list, err := db.All(n.ctx, n.db.Read(), db.Self[string],
		"SELECT t.name || ' ' || m.post || ' ' || m.channel || ' ' || m.lang FROM mention m LEFT JOIN topic t ON t.id = m.topic ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// counted checks that mention_hour is the count of mentions.
func (n *node) counted(t fataler) {
	t.Helper()
	wrong, _, err := db.Value[int](n.ctx, n.db.Read(), `SELECT (SELECT COUNT(*) FROM (SELECT topic, at / 3600000000 AS hour, channel, COUNT(*) AS n FROM mention GROUP BY 1, 2, 3) c
		LEFT JOIN mention_hour h ON h.topic = c.topic AND h.hour = c.hour AND h.channel = c.channel AND h.n = c.n WHERE h.n IS NULL)
		+ (SELECT COUNT(*) FROM mention_hour h WHERE topic <> '' AND NOT EXISTS (SELECT 1 FROM mention m WHERE m.topic = h.topic AND m.channel = h.channel AND m.at / 3600000000 = h.hour))`)
	if err != nil || wrong != 0 {
		t.Fatalf("%d hours are counted wrong (%v)", wrong, err)
	}
}

func postID(n int) string { return id.From(fmt.Sprint("post", n), "test") }

func said(n int, at time.Time, s ledger.Said) ledger.Activity {
	s.ExternalID = fmt.Sprint("e", n)
	ch := []string{"one", "two"}[n%2]
	return ledger.Activity{ID: postID(n), Kind: ledger.PostSaid, Actor: fmt.Sprintf("mailto:p%d@example.org", n%3), Channel: ch, At: at, Key: ledger.SaidKey(ch, s.ExternalID), Data: ledger.Data(s)}
}

func about(kind string, n int, v any) ledger.Activity {
	a := ledger.Activity{Kind: kind, Actor: "member:m", Object: postID(n), Channel: []string{"one", "two"}[n%2], At: noon}
	if v != nil {
		a.Data = ledger.Data(v)
	}
	return a
}

func drawText(t *rapid.T, what string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"brake", "brakes", "Frein", "freins", "prix", "price", "élève", "eleve", "the", "my", "porte-bagages", "🔥", "#sale", "l'orage"}), 0, 5).Draw(t, what), " ")
}

func drawQuery(t *rapid.T) string {
	term := func() string {
		return rapid.SampledFrom([]string{"brake", "frein", "=Frein", "price", `"my brake"`, "pri*", "élève", "-the", "lang:fr", "title:price", "author:p1", "channel:Front", "tag:sale", "since:30d", "orage", "kind:question", "brake NEAR/2 price",
			"sentiment:negative", "-sentiment:positive", "sentiment:unknown", "kind:complaint", "-kind:praise", "emotion:unknown", "(frein OR pri*) NEAR/3f brake", "my NEAR/0 brake NEAR/2 price",
			"until:7d", "since:2026-05-01", "until:2026-05", "followers:<10", "followers:100..5k", "in:nowhere", "in:remorques", "-in:12", "lang:unknown", "-lang:en"}).Draw(t, "term")
	}
	first := term()
	both := first + rapid.SampledFrom([]string{" ", " OR ", " AND "}).Draw(t, "between") + term()
	if _, found := query.Parse(both); query.HasErrors(found) { // such as sentiment:negative sentiment:unknown
		return first
	}
	return both
}

// TestTopicThenPosts holds that it does not matter whether a topic or a post was there first.
func TestTopicThenPosts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon.Add(50*24*time.Hour))
		n.exec(t, "INSERT INTO channel (id, kind, name, created_at) VALUES ('one', 'feed', 'Front page', 1)")
		dbtest.Check(t, d, func(rt *rapid.T) {
			n.empty(rt)
			queries, excluded := map[string]string{}, map[string]string{}
			for range rapid.IntRange(1, 4).Draw(rt, "queries") {
				name := fmt.Sprint("q", len(queries))
				queries[name] = drawQuery(rt)
				excluded[name] = rapid.SampledFrom([]string{"", "", "price", "my brake\nlang:fr", "kind:complaint", "title:brake\nélève", "kind:question OR sentiment:negative"}).Draw(rt, "excluded")
			}
			add := func(name string, toInbox bool) {
				if _, err := n.s.Add(n.ctx, listening.Draft{Name: name, Query: queries[name], Exclude: excluded[name], Inbox: toInbox}); err != nil {
					rt.Fatal(err)
				}
			}
			names := make([]string, 0, len(queries))
			for name := range queries {
				names = append(names, name)
			}
			slices.Sort(names)
			early := rapid.IntRange(0, len(names)).Draw(rt, "topics before")
			for _, name := range names[:early] {
				add(name, rapid.Bool().Draw(rt, "inbox"))
			}
			there := map[int]bool{}
			for range rapid.IntRange(1, 20).Draw(rt, "facts") {
				p := rapid.IntRange(0, 9).Draw(rt, "post")
				s := ledger.Said{ExternalID: fmt.Sprint("e", p), Title: drawText(rt, "title"), Text: drawText(rt, "text"), Ours: rapid.IntRange(0, 5).Draw(rt, "ours") == 0, Tags: []string{"Sale"}, Kind: rapid.SampledFrom([]string{"", "question"}).Draw(rt, "kind"),
					Followers: rapid.SampledFrom([]int{0, 9, 1200}).Draw(rt, "followers"), In: rapid.SampledFrom([]string{"", "12 Vélo et remorques"}).Draw(rt, "in")}
				a := said(p, noon.Add(time.Duration(rapid.IntRange(-90, 49).Draw(rt, "day"))*24*time.Hour), s)
				if what := rapid.IntRange(0, 3).Draw(rt, "labelled"); what == 0 {
					a = about(ledger.PostLabelled, p, ledger.Label{Label: "sentiment", Value: rapid.SampledFrom([]string{"negative", "positive", ""}).Draw(rt, "sentiment")})
				} else if what == 1 {
					a = about(ledger.PostLabelled, p, ledger.Label{Label: "kinds", Value: rapid.SampledFrom([]string{"complaint", "praise,complaint", "none", ""}).Draw(rt, "kinds")})
				} else if there[p] {
					a = about(ledger.PostEdited, p, s)
					if rapid.IntRange(0, 3).Draw(rt, "deleted") == 0 {
						a = about(ledger.PostDeleted, p, nil)
					}
				}
				there[p] = there[p] || a.Kind == ledger.PostSaid
				if _, err := n.led.Append(n.ctx, a); err != nil {
					rt.Fatal(err)
				}
				if rapid.Bool().Draw(rt, "digest") {
					n.level(rt)
					n.counted(rt)
				}
			}
			n.level(rt)
			for _, name := range names[early:] {
				add(name, false)
			}
			if rapid.Bool().Draw(rt, "change") { // all of them anew, through another query
				topics, err := n.s.Topics(n.ctx)
				if err != nil {
					rt.Fatal(err)
				}
				for _, topic := range topics {
					for _, q := range []string{"nothing", queries[topic.Name]} {
						if _, err := n.s.Change(n.ctx, topic.ID, listening.Draft{Name: topic.Name, Query: q, Exclude: excluded[topic.Name], Inbox: !topic.InboxAt.IsZero()}); err != nil {
							rt.Fatal(err)
						}
					}
				}
			}
			n.fill(rt)
			n.counted(rt)
			live := n.mentions(rt)
			topics, err := n.s.Topics(n.ctx)
			if err != nil {
				rt.Fatal(err)
			}
			for _, topic := range topics {
				if topic.Exclude == "" { // a search finds what the topic found
					found, _, err := n.s.Mentions(n.ctx, listening.Filter{Query: topic.Query}, listening.Place{}, 100)
					if err != nil {
						rt.Fatal(err)
					}
					list, _, err := n.s.Mentions(n.ctx, listening.Filter{Topic: topic.ID}, listening.Place{}, 100)
					if diff := cmp.Diff(list, found); diff != "" || err != nil {
						rt.Fatalf("%s: search (-mentions +found) %v:\n%s", topic.Query, err, diff)
					}
				}
				preview, err := n.s.Try(n.ctx, topic.Query, topic.Exclude, 100)
				if err != nil {
					rt.Fatal(err)
				}
				list, _, err := n.s.Mentions(n.ctx, listening.Filter{Topic: topic.ID}, listening.Place{}, 100)
				if err != nil {
					rt.Fatal(err)
				}
				if preview.Found != len(preview.Hits) || !preview.All || preview.Looked < preview.Found {
					rt.Fatalf("%+v", preview)
				}
				if diff := cmp.Diff(list, preview.Hits); diff != "" {
					rt.Fatalf("%s: preview (-mentions +preview):\n%s", topic.Query, diff)
				}
			}
			for _, size := range []int{1, 7, 500} {
				if err := n.led.Rebuild(n.ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				n.level(rt)
				n.counted(rt)
				if diff := cmp.Diff(live, n.mentions(rt)); diff != "" {
					rt.Fatalf("%v rebuilt in batches of %d (-live +rebuilt):\n%s", queries, size, diff)
				}
			}
		})
	})
}

func TestTopics(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon)
		n.level(t)
		for _, c := range []struct {
			draft      listening.Draft
			field, key string
		}{
			{listening.Draft{Name: " ", Query: "x"}, "name", "problem.required"},
			{listening.Draft{Name: strings.Repeat("é", 101), Query: "x"}, "name", "problem.too_long"},
			{listening.Draft{Name: "x", Query: "(brake"}, "query", ""},
			{listening.Draft{Name: "x", Query: ""}, "query", ""},
			{listening.Draft{Name: "x", Query: "langu:fr"}, "query", ""},
			{listening.Draft{Name: "x", Query: "a", Exclude: "fine\n(b"}, "exclude", "query.unclosed_paren"},
			{listening.Draft{Name: "x", Query: "a", Exclude: "-b"}, "exclude", "query.negative_exclusion"},
			{listening.Draft{Name: "x", Query: strings.Repeat("word ", 3000)}, "query", ""},
		} {
			_, err := n.s.Add(n.ctx, c.draft)
			p := problem.Of(err)
			if !problem.Is(err, problem.Invalid) || p.Field != c.field || c.key != "" && p.Key != c.key {
				t.Errorf("%.30q: %v on %q", c.draft.Query, err, p.Field)
			}
		}
		a, b := n.add(t, " A ", "brake", false), n.add(t, "B", "price", true)
		if a.Name != "A" || b.InboxAt.IsZero() || !a.InboxAt.IsZero() {
			t.Errorf("%+v %+v", a, b)
		}
		n.state(t, said(1, noon, ledger.Said{Text: "brake and price"}), said(2, noon, ledger.Said{Text: "price"}))
		n.fill(t)
		if got := n.mentions(t); len(got) != 3 {
			t.Errorf("%v", got)
		}
		// Followers notice a change although the clock stands still, and although another topic was changed later.
		for _, q := range []string{"saddle", "wheel"} {
			for _, topic := range []listening.Topic{a, b} {
				if _, err := n.s.Change(n.ctx, topic.ID, listening.Draft{Name: topic.Name, Query: q, Inbox: true}); err != nil {
					t.Fatal(err)
				}
				n.state(t, said(len(q)*10+len(topic.Name)+int(topic.Name[0]), noon, ledger.Said{Text: q}))
			}
		}
		n.fill(t)
		if got := n.mentions(t); len(got) != 4 {
			t.Errorf("after a change: %v", got)
		}
		kept, err := n.s.Change(n.ctx, b.ID, listening.Draft{Name: "B2", Query: "wheel", Inbox: true})
		if err != nil || kept.FilledTo != 0 || !kept.InboxAt.Equal(b.InboxAt) {
			t.Errorf("the same query is matched again: %+v %v", kept, err)
		}
		if err := n.s.Remove(n.ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		n.counted(t)
		n.state(t, said(99, noon, ledger.Said{Text: "wheel"}))
		if got := n.mentions(t); len(got) != 3 || strings.HasPrefix(got[0], "A ") {
			t.Errorf("after removal: %v", got)
		}
		for what, err := range map[string]error{"remove": n.s.Remove(n.ctx, a.ID), "change": func() error {
			_, err := n.s.Change(n.ctx, a.ID, listening.Draft{Name: "x", Query: "y"})
			return err
		}(), "find": func() error { _, err := n.s.Topic(n.ctx, a.ID); return err }()} {
			if !problem.Is(err, problem.Missing) {
				t.Errorf("%s what was removed: %v", what, err)
			}
		}
		plain := org.With(t.Context(), &org.Member{ID: "m", Role: org.Volunteer})
		if _, err := n.s.Add(plain, listening.Draft{Name: "x", Query: "y"}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer adds a topic: %v", err)
		}
		if err := n.s.Remove(plain, b.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer removes a topic: %v", err)
		}
	})
}

// TestDue holds that only what is learned from then on goes to the inbox.
func TestDue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon.Add(time.Hour))
		due := func() []string {
			list, err := db.All(n.ctx, d.Read(), db.Self[string], "SELECT post FROM mention_due ORDER BY post")
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		early := said(0, noon, ledger.Said{Text: "brake"})
		early.LearnedAt = noon
		n.state(t, early)
		topic := n.add(t, "A", "brake", true)
		n.add(t, "B", "price", false)
		n.fill(t)
		late := said(9, noon.Add(-time.Hour), ledger.Said{Text: "brake"}) // said before, heard after
		before := said(8, noon, ledger.Said{Text: "brake"})
		before.LearnedAt = noon // heard before, digested after
		n.state(t, before, late, said(2, noon, ledger.Said{Text: "price"}), said(3, noon, ledger.Said{Text: "brake", Ours: true}),
			said(4, noon, ledger.Said{Text: "brake", Automatic: "bulk"}), said(5, noon, ledger.Said{Text: "brake"}), said(6, noon, ledger.Said{Text: "brake"}))
		n.state(t, about(ledger.PostEdited, 5, ledger.Said{ExternalID: "e5", Text: "nothing"}))
		n.state(t, about(ledger.PostDeleted, 6, nil))
		if diff := cmp.Diff([]string{postID(9)}, due()); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
		if _, err := n.s.Change(n.ctx, topic.ID, listening.Draft{Name: "A", Query: "brake"}); err != nil {
			t.Fatal(err)
		}
		n.state(t, said(7, noon, ledger.Said{Text: "brake"}))
		if got := due(); len(got) != 1 {
			t.Errorf("the topic goes to the inbox no longer: %v", got)
		}
	})
}

func TestMentions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon.Add(24*time.Hour))
		topic := n.add(t, "A", "brake OR frein", false)
		var all, brakes []string
		for i := range 30 {
			text := []string{"The brake of my bike squeaks when it is raining", "Le frein de mon vélo grince quand il pleut", "Something else entirely about the weather"}[i%3]
			n.state(t, said(i, noon.Add(time.Duration(i/4)*time.Hour), ledger.Said{Text: text}))
		}
		n.state(t, said(30, noon, ledger.Said{Text: "our brake", Ours: true}), about(ledger.PostLabelled, 3, ledger.Label{Label: "sentiment", Value: "negative"}),
			about(ledger.PostLabelled, 4, ledger.Label{Label: "sentiment", Value: "positive"}), about(ledger.PostLabelled, 4, ledger.Label{Label: "sentiment"}))
		page := func(f listening.Filter, size int) []string {
			var out []string
			var before listening.Place
			for {
				list, next, err := n.s.Mentions(n.ctx, f, before, size)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range list {
					out = append(out, m.ExternalID)
				}
				if next.Post == "" {
					return out
				}
				before = next
			}
		}
		all, brakes = page(listening.Filter{}, 100), page(listening.Filter{Topic: topic.ID}, 100)
		if len(all) != 30 || len(brakes) != 20 {
			t.Fatalf("%d and %d", len(all), len(brakes))
		}
		for _, size := range []int{1, 3, 7} {
			if diff := cmp.Diff(all, page(listening.Filter{}, size)); diff != "" {
				t.Errorf("by %d:\n%s", size, diff)
			}
			if diff := cmp.Diff(brakes, page(listening.Filter{Topic: topic.ID}, size)); diff != "" {
				t.Errorf("by %d:\n%s", size, diff)
			}
		}
		for _, c := range []struct {
			f       listening.Filter
			any, of int // how many with any topic, and with the topic
		}{
			{listening.Filter{Channel: "one"}, 15, 10},
			{listening.Filter{Lang: "fr"}, 10, 10},
			{listening.Filter{Label: "negative"}, 1, 1},
			{listening.Filter{Label: "positive"}, 0, 0},
			{listening.Filter{Label: "none"}, 29, 19},
			{listening.Filter{Since: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}, 4, 3},
			{listening.Filter{Channel: "' OR 1=1", Lang: "%", Label: "x"}, 0, 0},
		} {
			if got := len(page(c.f, 100)); got != c.any {
				t.Errorf("%+v: %d, want %d", c.f, got, c.any)
			}
			c.f.Topic = topic.ID
			if got := len(page(c.f, 100)); got != c.of {
				t.Errorf("%+v of the topic: %d, want %d", c.f, got, c.of)
			}
		}
		for source, want := range map[string]int{"brake": 10, "brake OR frein": 20, "brake sentiment:negative": 1, "-brake": 20, "squeaks NEAR/3 bike": 10, "weather*": 10} {
			for _, size := range []int{1, 7, 100} {
				f := listening.Filter{Query: source}
				got := page(f, size)
				if len(got) != want {
					t.Errorf("%s by %d: %d, want %d", source, size, len(got), want)
				}
				f.Topic, f.Channel = topic.ID, "one"
				if got := page(f, size); len(got) > want/2+1 {
					t.Errorf("%s in a topic: %d", source, len(got))
				}
			}
		}
		if _, _, err := n.s.Mentions(n.ctx, listening.Filter{Query: "(brake"}, listening.Place{}, 10); !problem.Is(err, problem.Invalid) {
			t.Errorf("a bad query: %v", err)
		}
		m, found, err := n.s.Find(n.ctx, postID(3))
		if err != nil || !found || m.Label != "negative" || m.Lang != "en" || !slices.Equal(m.Topics, []string{topic.ID}) {
			t.Errorf("%+v %v %v", m, found, err)
		}
		if _, found, err := n.s.Find(n.ctx, "nothing"); found || err != nil {
			t.Errorf("found nothing: %v", err)
		}
		cuts := []time.Time{noon, noon.Add(time.Hour), noon.Add(3 * time.Hour), noon.Add(100 * time.Hour)}
		for _, c := range []struct {
			topic, channel string
			want           []int
		}{{"", "", []int{4, 8, 18}}, {topic.ID, "", []int{3, 5, 12}}, {topic.ID, "one", []int{1, 3, 6}}, {"nothing", "", []int{0, 0, 0}}} {
			volume, err := n.s.VolumeBy(n.ctx, c.topic, c.channel, cuts)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, v := range volume {
				got = append(got, v.N)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("volume of %q in %q (-want +got):\n%s", c.topic, c.channel, diff)
			}
		}
		if v, err := n.s.VolumeBy(n.ctx, "", "", cuts[:1]); err != nil || v != nil {
			t.Errorf("one cut: %v %v", v, err)
		}
	})
}

// TestOursAfterAll holds that a copy of our own reply, recognised late, is no mention.
func TestOursAfterAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon)
		n.add(t, "A", "brake", true)
		n.state(t, said(1, noon, ledger.Said{Text: "brake"}))
		n.state(t, about(ledger.PostEdited, 1, ledger.Said{ExternalID: "e1", Text: "brake", Ours: true, Member: "m"}))
		if got := n.mentions(t); len(got) != 0 {
			t.Errorf("%v", got)
		}
		n.counted(t)
	})
}

// TestTwoNodes fills a topic from two processes while a third removes another.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n, other := newNode(t, d, noon), newNode(t, d, noon)
		var posts []ledger.Activity
		const count = 4500 // three pieces
		for i := range count {
			posts = append(posts, said(i, noon, ledger.Said{Text: []string{"brake", "price"}[i%2]}))
		}
		n.state(t, posts...)
		n.add(t, "A", "brake OR price", false)
		gone := n.add(t, "gone", "price OR brake", false)
		var all sync.WaitGroup
		for _, do := range []func() error{
			func() error { return n.s.Fill(n.ctx) },
			func() error { return other.s.Fill(n.ctx) },
			func() error { return other.s.Remove(n.ctx, gone.ID) },
			func() error {
				_, err := other.led.State(n.ctx, said(count, noon, ledger.Said{Text: "brake"}))
				return err
			},
		} {
			all.Add(1)
			go func() {
				defer all.Done()
				if err := do(); err != nil {
					t.Error(err)
				}
			}()
		}
		all.Wait()
		n.level(t)
		n.fill(t)
		n.counted(t)
		if got := n.mentions(t); len(got) != count+1 {
			t.Errorf("%d mentions, want %d", len(got), count+1)
		}
	})
}

// TestPrivate holds that what was said in private is heard only by those who may read the inbox.
func TestPrivate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon.Add(time.Hour))
		topic := n.add(t, "Brakes", "brake", false)
		n.state(t, said(1, noon, ledger.Said{Text: "My brake squeaks"}), said(2, noon.Add(time.Minute), ledger.Said{Text: "My brake broke, call me", Direct: true, Private: true}))
		n.fill(t)
		for _, c := range []struct {
			name string
			ctx  context.Context
			want []string
		}{
			{"the operator", n.ctx, []string{postID(2), postID(1)}},
			{"the social team", org.With(t.Context(), &org.Member{Role: org.Social, State: org.Active}), []string{postID(2), postID(1)}},
			{"a member without the inbox", org.With(t.Context(), &org.Member{Role: org.Plain, State: org.Active}), []string{postID(1)}},
		} {
			ids := func(list []listening.Mention, err error) []string {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				var out []string
				for _, m := range list {
					out = append(out, m.ID)
				}
				return out
			}
			for _, f := range []listening.Filter{{}, {Topic: topic.ID}} {
				list, _, err := n.s.Mentions(c.ctx, f, listening.Place{}, 10)
				if diff := cmp.Diff(c.want, ids(list, err)); diff != "" {
					t.Errorf("mentions of %q for %s (-want +got):\n%s", f.Topic, c.name, diff)
				}
			}
			preview, err := n.s.Try(c.ctx, "brake", "", 10)
			if diff := cmp.Diff(c.want, ids(preview.Hits, err)); diff != "" {
				t.Errorf("hits for %s (-want +got):\n%s", c.name, diff)
			}
			// Whether a word was said in private is not told either.
			if preview, err = n.s.Try(c.ctx, "brake call", "", 10); err != nil || len(preview.Unheard) == 0 != (len(c.want) == 2) {
				t.Errorf("unheard for %s: %v, %v", c.name, preview.Unheard, err)
			}
			if _, found, err := n.s.Find(c.ctx, postID(2)); err != nil || found != (len(c.want) == 2) {
				t.Errorf("%s finds it: %t, %v", c.name, found, err)
			}
		}
	})
}

// TestLabels holds that a topic follows what a post is taken for: a person's word, its withdrawal, and a new model.
func TestLabels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon)
		angry := n.add(t, "angry", "brake sentiment:negative kind:complaint", true)
		n.add(t, "calm", "brake -sentiment:negative", false)
		n.state(t, said(1, noon, ledger.Said{Text: "brake"}), said(2, noon, ledger.Said{Text: "brake", Kind: "question"}))
		holds := func(when string, want ...string) {
			t.Helper()
			var got []string
			for _, line := range n.mentions(t) {
				got = append(got, strings.Join(strings.Fields(line)[:2], " "))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
			n.counted(t)
		}
		calm1, calm2 := "calm "+postID(1), "calm "+postID(2)
		both := []string{calm1, calm2}
		slices.Sort(both)
		holds("at first", both...)
		n.state(t, about(ledger.PostLabelled, 1, ledger.Label{Label: "sentiment", Value: "negative"}))
		holds("half of it", calm2)
		n.state(t, about(ledger.PostLabelled, 1, ledger.Label{Label: "kinds", Value: "complaint,question"}))
		holds("labelled", "angry "+postID(1), calm2)
		n.state(t, about(ledger.PostLabelled, 1, ledger.Label{Label: "emotion", Value: "anger"}))
		holds("labelled by what no topic asks for", "angry "+postID(1), calm2)
		late := n.add(t, "late", "kind:question", false)
		n.fill(t)
		lates := []string{"late " + postID(1), "late " + postID(2)}
		slices.Sort(lates)
		holds("a topic saved later", append([]string{"angry " + postID(1), calm2}, lates...)...)
		if err := n.s.Remove(n.ctx, late.ID); err != nil {
			t.Fatal(err)
		}
		for _, f := range []struct {
			listening.Filter
			want int
		}{{listening.Filter{Label: "negative"}, 1}, {listening.Filter{Kind: "complaint"}, 1}, {listening.Filter{Kind: "complaint", Topic: angry.ID}, 1},
			{listening.Filter{Kind: "compl"}, 0}, {listening.Filter{Kind: "%"}, 0}, {listening.Filter{Label: "none"}, 1}} {
			list, _, err := n.s.Mentions(n.ctx, f.Filter, listening.Place{}, 10)
			if err != nil || len(list) != f.want {
				t.Errorf("%+v: %d, %v", f.Filter, len(list), err)
			}
		}
		n.state(t, about(ledger.PostLabelled, 1, ledger.Label{Label: "sentiment"}))
		holds("taken back", both...)
		// a new model says otherwise of an old post: no activity tells
		n.exec(t, "UPDATE enrichment SET sentiment = 'negative', kinds = 'complaint' WHERE post = $1", postID(2))
		posts, err := channel.Posts(n.ctx, d.Read(), postID(2))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Tx(n.ctx, func(ctx context.Context, q db.Q) error { return n.matcher.Rematch(ctx, q, posts) }); err != nil {
			t.Fatal(err)
		}
		holds("after a new model", "angry "+postID(2), calm1)
	})
}

// TestPreview holds what a preview counts, and that it names words that nobody says.
// TestPreviewEnds holds that what is not shown is not gone through without end either.
func TestPreviewEnds(t *testing.T) {
	t.Parallel()
	n := newNode(t, dbtest.SQLite(t), noon)
	posts := []ledger.Activity{said(0, noon, ledger.Said{Text: "the brake"})}
	for i := range 9000 {
		posts = append(posts, said(i+1, noon, ledger.Said{Text: "my brake", Direct: true, Private: true}))
	}
	n.state(t, posts...)
	confined := org.With(t.Context(), &org.Member{Role: org.Plain, State: org.Active})
	if p, err := n.s.Try(confined, "brake", "", 5); err != nil || p.All || p.Looked != 0 || p.Found != 0 {
		t.Errorf("%d found of %d, all %t, %v; what was said in private alone was looked at", p.Found, p.Looked, p.All, err)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := newNode(t, d, noon)
		var posts []ledger.Activity
		for i := range 700 {
			posts = append(posts, said(i, noon, ledger.Said{Text: []string{"the brake", "my brake and the price", "prices"}[i%3]}))
		}
		n.state(t, posts...)
		p, err := n.s.Try(n.ctx, `brake -colour (price OR "brake shoe") whistl*`, "", 5)
		if err != nil {
			t.Fatal(err)
		}
		var unheard []string
		for _, term := range p.Unheard {
			unheard = append(unheard, term.Text)
		}
		if diff := cmp.Diff([]string{"shoe", "whistl"}, unheard); diff != "" || p.Found != 0 {
			t.Errorf("%d found (-want +got):\n%s", p.Found, diff)
		}
		if p, err = n.s.Try(n.ctx, "brake", "my brake", 5); err != nil || p.Found != 234 || len(p.Hits) != 5 || !p.All || p.Looked < 234 {
			t.Errorf("%d found, %d shown of %d, all %t, %v", p.Found, len(p.Hits), p.Looked, p.All, err)
		}
		if p, err = n.s.Try(n.ctx, "brake", "fine\n(open", 5); err != nil || len(p.Excluding) != 1 || p.Found != 0 {
			t.Errorf("%+v %v", p, err)
		}
	})
}
