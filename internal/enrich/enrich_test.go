package enrich_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// says always says the same language.
type says struct{ version, value string }

func (s says) Name() string                             { return enrich.Language }
func (s says) Version() string                          { return s.version }
func (s says) Enrich(_ enrich.Input, r *enrich.Reading) { r.Lang, r.LangP = s.value, 1 }

type world struct {
	db  *db.DB
	led *ledger.Ledger
	s   *enrich.Service
	ctx context.Context
}

func newWorld(t testing.TB, d *db.DB, e enrich.Enricher) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s := enrich.New(d, log, e)
	clock := func() time.Time { return noon.Add(24 * time.Hour) }
	return &world{d, ledger.New(d, log, clock, channel.PostFollower(), s.Follower()), s, t.Context()}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// level digests everything. On PostgreSQL a transaction anywhere on the server, of another test too, holds followers back for its time.
func (w *world) level(t fataler) {
	t.Helper()
	for {
		if err := w.led.CatchUp(w.ctx); err != nil {
			t.Fatal(err)
		}
		behind, _, err := db.Value[int](w.ctx, w.db.Read(), "SELECT COUNT(*) FROM activity a JOIN derivation d ON d.id = 1 WHERE (a.tx, a.seq) > (d.tx, d.seq)")
		if err != nil {
			t.Fatal(err)
		}
		if behind == 0 {
			break
		}
	}
	if failed, err := w.led.Failures(w.ctx); err != nil || len(failed) > 0 {
		t.Fatalf("failures: %v %v", failed, err)
	}
}

func (w *world) state(t fataler, list ...ledger.Activity) {
	t.Helper()
	if _, err := w.led.Append(w.ctx, list...); err != nil {
		t.Fatal(err)
	}
	w.level(t)
}

func postID(n int) string { return id.From(fmt.Sprint("post", n), "test") }

func said(n int, title, text string) ledger.Activity {
	e := fmt.Sprint("e", n)
	return ledger.Activity{ID: postID(n), Kind: ledger.PostSaid, Actor: "mailto:a@example.org", Channel: "c", At: noon, Key: ledger.SaidKey("c", e),
		Data: ledger.Data(ledger.Said{ExternalID: e, Title: title, Text: text})}
}

func about(kind string, n int, v any) ledger.Activity {
	a := ledger.Activity{Kind: kind, Actor: "member:m", Object: postID(n), Channel: "c", At: noon}
	if v != nil {
		a.Data = ledger.Data(v)
	}
	return a
}

// found lists the external ids of posts that the index gives for a query.
func (w *world) found(t fataler, source string) []string {
	t.Helper()
	q, problems := query.Parse(source)
	if query.HasErrors(problems) {
		t.Fatalf("%s: %v", source, problems)
	}
	statement, engine := "SELECT p.external_id FROM post_text t JOIN post p ON p.seq = t.rowid WHERE t.post_text MATCH $1 ORDER BY 1", query.SQLite
	if w.db.Engine() == db.Postgres {
		statement, engine = "SELECT p.external_id FROM post_text t JOIN post p ON p.seq = t.seq WHERE t.stems @@ CAST($1 AS tsquery) ORDER BY 1", query.Postgres
	}
	list, err := db.All(w.ctx, w.db.Read(), db.Self[string], statement, q.Narrow(engine))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w *world) indexed(t fataler) int {
	t.Helper()
	n, _, err := db.Value[int](w.ctx, w.db.Read(), "SELECT COUNT(*) FROM post_text")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestBackfill holds that a row of an older version is a to-do, done newest first, and that nothing else is touched.
func TestBackfill(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		old := newWorld(t, d, says{"1", "en"})
		var posts []ledger.Activity
		for n := range 450 {
			posts = append(posts, said(n, "", "les freins grinçants"))
		}
		old.state(t, posts...)
		old.state(t, about(ledger.PostLabelled, 3, ledger.Label{Label: "sentiment", Value: "negative"}), about(ledger.PostDeleted, 4, nil))
		if got := old.found(t, "lang:fr frein"); len(got) != 449 { // the index is asked for candidates in all languages
			t.Fatalf("%d found before", len(got))
		}
		fresh := newWorld(t, d, says{"2", "fr"})
		var steps []int
		err := fresh.s.Backfill(t.Context(), fresh.led, func(done int) {
			steps = append(steps, done)
			if len(steps) > 1 {
				return
			}
			newest, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM (SELECT id FROM post ORDER BY seq DESC LIMIT 200) p JOIN enrichment e ON e.post = p.id AND e.version LIKE 'language.2/%'")
			if err != nil || newest != 200 {
				t.Errorf("the newest were not first: %d %v", newest, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(steps, []int{200, 400, 450}) {
			t.Errorf("steps %v", steps)
		}
		ids := []string{postID(0), postID(3), postID(449)}
		results, err := enrich.TakenFor(t.Context(), d.Read(), ids)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range ids {
			if results[i].Lang != "fr" {
				t.Errorf("%s is %v", i, results[i])
			}
		}
		if labels, err := byHand(t, d, ids...); err != nil || labels[postID(3)] != "negative" {
			t.Errorf("labels %v %v", labels, err)
		}
		if n := fresh.indexed(t); n != 450 {
			t.Errorf("%d indexed, want each once", n)
		}
		if got := fresh.found(t, "grinçant"); len(got) != 449 {
			t.Errorf("%d found by their stem", len(got))
		}
		if fresh.s.Doc(postID(449)) != nil {
			t.Error("the words of old posts are kept in memory")
		}
		if err := fresh.s.Backfill(t.Context(), fresh.led, func(int) { t.Error("there was something left") }); err != nil {
			t.Fatal(err)
		}
	})
}

// byHand is what people said of how posts feel.
func byHand(t *testing.T, d *db.DB, posts ...string) (map[string]string, error) {
	t.Helper()
	list, err := enrich.TakenFor(t.Context(), d.Read(), posts)
	out := map[string]string{}
	for id, l := range list {
		if l.ByHand(enrich.Sentiment) {
			out[id] = l.Sentiment
		}
	}
	return out, err
}

func TestLabels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, enrich.LanguageIdentifier{})
		label := func(v string) ledger.Activity {
			return about(ledger.PostLabelled, 1, ledger.Label{Label: "sentiment", Value: v})
		}
		w.state(t, said(1, "", "x"))
		for _, c := range []struct{ say, want string }{{"negative", "negative"}, {"positive", "positive"}, {"", ""}, {"", ""}, {"neutral", "neutral"}} {
			w.state(t, label(c.say))
			got, err := byHand(t, d, postID(1))
			if err != nil || got[postID(1)] != c.want {
				t.Errorf("said %q, got %v %v", c.say, got, err)
			}
		}
		w.state(t, about(ledger.PostLabelled, 2, ledger.Label{Label: "sentiment", Value: "negative"})) // of nothing
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post_label"); err != nil || n != 1 {
			t.Errorf("%d labels (%v)", n, err)
		}
		if err := w.led.Rebuild(t.Context(), 2, nil); err != nil {
			t.Fatal(err)
		}
		w.level(t)
		if got, err := byHand(t, d, postID(1)); err != nil || got[postID(1)] != "neutral" {
			t.Errorf("rebuilt: %v %v", got, err)
		}
	})
}

// TestIndex compares the index, kept up to date through edits and deletions, with a rebuilt one and with posts matched one by one.
func TestIndex(t *testing.T) {
	t.Parallel()
	words := []string{"brakes", "freins", "l'orage", "porte-bagages", "12.5", "été", "ÉTÉ", "🔥", "#promo", "مرحبا", "日本語", "e\u0301te\u0301", "\u202eabc", "don't", "C++", "a\u0001b", "Straße"}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, enrich.LanguageIdentifier{})
		stemmer := lang.NewStemmer()
		dbtest.Check(t, d, func(rt *rapid.T) {
			if err := d.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "DELETE FROM activity")
				return err
			}); err != nil {
				rt.Fatal(err)
			}
			if err := w.led.Rebuild(w.ctx, 500, nil); err != nil {
				rt.Fatal(err)
			}
			text := func() string {
				return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 6).Draw(rt, "text"), " ")
			}
			there := map[int]bool{}
			for range rapid.IntRange(1, 15).Draw(rt, "facts") {
				n := rapid.IntRange(0, 6).Draw(rt, "post")
				a := said(n, text(), text())
				if there[n] {
					a = about(ledger.PostEdited, n, ledger.Said{ExternalID: fmt.Sprint("e", n), Title: text(), Text: text()})
					if rapid.IntRange(0, 2).Draw(rt, "deleted") == 0 {
						a = about(ledger.PostDeleted, n, nil)
					}
				}
				there[n] = true
				if _, err := w.led.Append(w.ctx, a); err != nil {
					rt.Fatal(err)
				}
				if rapid.Bool().Draw(rt, "digest") {
					w.level(rt)
				}
			}
			w.level(rt)
			look := func() map[string][]string {
				out := map[string][]string{}
				for _, q := range []string{"brake", "frein", "orage", `"porte bagages"`, "12.5", "été", "🔥", "#promo", "مرحبا", "abc", "strasse", "promo*"} {
					out[q] = w.found(rt, q)
				}
				return out
			}
			live := look()
			posts, err := db.All(w.ctx, d.Read(), channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post ORDER BY external_id")
			if err != nil {
				rt.Fatal(err)
			}
			if n := w.indexed(rt); n != len(posts) {
				rt.Fatalf("%d indexed of %d", n, len(posts))
			}
			for source, got := range live { // what a query matches, its candidates hold
				q, _ := query.Parse(source)
				for i := range posts {
					results, err := enrich.TakenFor(w.ctx, d.Read(), []string{posts[i].ID})
					if err != nil {
						rt.Fatal(err)
					}
					if doc := w.s.DocWith(&posts[i], results[posts[i].ID]); q.Match(doc) && !slices.Contains(got, posts[i].ExternalID) {
						rt.Fatalf("%q matches %q, and the index does not know: %q", source, posts[i].Text, doc.IndexText(stemmer))
					}
				}
			}
			for _, size := range []int{1, 500} {
				if err := w.led.Rebuild(w.ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				w.level(rt)
				if diff := cmp.Diff(live, look()); diff != "" {
					rt.Fatalf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
				}
			}
		})
	})
}

// TestHostile holds that no text stops the index.
func TestHostile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, enrich.LanguageIdentifier{})
		for n, text := range []string{"", " ", strings.Repeat("é", 100_000), strings.Repeat("word ", 40_000), strings.Repeat("a", 200_000), "\u202eright to left\u202c", "👩‍👩‍👧‍👦🇫🇷",
			"' OR 1=1; DROP TABLE post; --", `" AND NEAR( * ) : ^`, "& | ! <-> ( )", "\u0001\u0002\u007f", "\ufeff\u200b\u00ad", strings.Repeat("e"+strings.Repeat("\u0301", 50), 500), "<script>alert(1)</script>"} {
			w.state(t, said(n, text[:min(len(text), 8)/2*2], text))
			w.state(t, about(ledger.PostEdited, n, ledger.Said{ExternalID: fmt.Sprint("e", n), Text: text + " findme"}))
			if got := w.found(t, "findme"); len(text) < 1000 && !slices.Contains(got, fmt.Sprint("e", n)) {
				t.Errorf("%.40q is not found", text)
			}
		}
	})
}

// TestLanguage shows when the channel's word counts.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ title, text, hint, want string }{
		{"", "Le frein de mon vélo grince quand il pleut", "en", "fr"},
		{"My brake squeaks", "when it is raining on the road", "fr", "en"},
		{"", "", "fr-CA", "fr"},
		{"", "", "xx-made-up", ""},
		{"", "ok", "de", "de"},
		{"", "", "", ""},
		{"", strings.Repeat("\xff", 5000), "", ""},
	} {
		var got enrich.Reading
		if (enrich.LanguageIdentifier{}).Enrich(enrich.Input{Title: c.title, Text: c.text, Hint: c.hint}, &got); got.Lang != c.want || got.LangP < 0 || got.LangP > 1 {
			t.Errorf("%.30q: %v, want %q", c.title+c.text, got, c.want)
		}
	}
}
