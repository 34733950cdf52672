package enrich_test

import (
	"bytes"
	"context"
	"errors"
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
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// words is a model that knows a few words; version 2 knows one more.
type words struct {
	enrich.LanguageIdentifier
	version string
}

func (words) Name() string      { return "words" }
func (w words) Version() string { return w.version }
func (w words) Enrich(in enrich.Input, r *enrich.Reading) {
	w.LanguageIdentifier.Enrich(in, r)
	text := strings.ToLower(in.Title + " " + in.Text)
	r.Classified, r.Sure = true, [3]bool{true, true, true}
	r.Sentiment, r.Emotion, r.Aggression = [3]float64{0.1, 0.8, 0.1}, [7]float64{6: 1}, [4]float64{1}
	switch {
	case strings.Contains(text, "squeak"), w.version == "2" && strings.Contains(text, "grince"):
		r.Sentiment, r.Kinds[1], r.Said[1] = [3]float64{0.7, 0.2, 0.1}, 0.9, true
	case strings.Contains(text, "love"):
		r.Sentiment, r.Kinds[0], r.Said[0] = [3]float64{0.05, 0.05, 0.9}, 0.8, true
	case strings.Contains(text, "hmm"):
		r.Sure[0] = false
	}
	if strings.Contains(text, "?") {
		r.Kinds[3], r.Said[3] = 0.95, true
	}
}

// Confusion is that of a validation that never was.
func (words) Confusion(head, value string) [][]float64 {
	if head == enrich.Sentiment {
		return [][]float64{{80, 10, 10}, {10, 80, 10}, {10, 10, 80}}
	}
	return nil
}

// desk is a world with people in it.
type desk struct {
	*world
	review *enrich.Review
	org    *org.Service
}

func newDesk(t testing.TB, d *db.DB, version string) *desk {
	t.Helper()
	w := newWorld(t, d, words{version: version})
	log := slog.New(slog.DiscardHandler)
	tick := noon.Add(24 * time.Hour)
	clock := func() time.Time { tick = tick.Add(time.Second); return tick }
	o := org.New(d, log, clock)
	return &desk{w, enrich.NewReview(d, w.led, w.s, o, log, clock), o}
}

func as(t testing.TB, name string, role org.Role) context.Context {
	return org.With(t.Context(), &org.Member{ID: name, Name: name, Role: role, State: org.Active})
}

func (k *desk) taken(t fataler, n int) enrich.Taken {
	t.Helper()
	list, err := enrich.TakenFor(k.ctx, k.db.Read(), []string{postID(n)})
	if err != nil {
		t.Fatal(err)
	}
	return list[postID(n)]
}

// tables is everything derived, for comparing.
func (k *desk) tables(t fataler) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for table, columns := range map[string]string{
		"enrichment":     "post || '|' || version || '|' || lang || '|' || sentiment || '|' || kinds || '|' || emotion || '|' || aggression || '|' || hand || '|' || p",
		"label_hour":     "channel || '|' || lang || '|' || sentiment || '|' || kinds || '|' || CAST(hour AS TEXT) || '|' || CAST(n AS TEXT)",
		"remote_reading": "post || '|' || model || '|' || sentiment || '|' || kinds || '|' || emotion || '|' || aggression",
		"post_label":     "post || '|' || label || '|' || value || '|' || actor",
		"judgement":      "sample || '|' || post || '|' || actor || '|' || label || '|' || value || '|' || model",
	} {
		list, err := db.All(k.ctx, k.db.Read(), db.Self[string], "SELECT "+columns+" FROM "+table+" ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		out[table] = list
	}
	counted, err := db.All(k.ctx, k.db.Read(), db.Self[string], `SELECT channel || '|' || lang || '|' || sentiment || '|' || kinds || '|' || CAST(hour AS TEXT) || '|' || CAST(n AS TEXT)
		FROM (SELECT p.channel, e.lang, e.sentiment, e.kinds, p.at / 3600000000 AS hour, COUNT(*) AS n FROM post p JOIN enrichment e ON e.post = p.id
		WHERE p.ours = 0 AND p.automatic = '' GROUP BY 1, 2, 3, 4, 5) c ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(counted, out["label_hour"]); diff != "" {
		t.Fatalf("counted by the hour (-one by one +kept):\n%s", diff)
	}
	for _, q := range []string{"brake", "frein", "squeak"} {
		out["index of "+q] = k.found(t, q)
	}
	return out
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		k.state(t, said(1, "", "My brakes squeak when it rains, why?"), said(2, "", "I love it, the bike is great"))
		if diff := cmp.Diff(enrich.Taken{Lang: "en", Sentiment: "negative", Kinds: []string{"complaint", "question"}, Emotion: "none", Aggression: "none"}, k.taken(t, 1)); diff != "" {
			t.Fatalf("the model (-want +got):\n%s", diff)
		}
		paul := as(t, "paul", org.Volunteer)
		correct := func(ctx context.Context, n int, pairs ...string) error {
			said := map[string]string{}
			for i := 0; i < len(pairs); i += 2 {
				said[pairs[i]] = pairs[i+1]
			}
			return k.review.Correct(ctx, postID(n), said)
		}
		if err := correct(paul, 1, enrich.Sentiment, "neutral", enrich.Kinds, "question", enrich.Emotion, "fear", enrich.Aggression, "attack", enrich.Language, "fr"); err != nil {
			t.Fatal(err)
		}
		want := enrich.Taken{Lang: "fr", Sentiment: "neutral", Kinds: []string{"question"}, Emotion: "fear", Aggression: "attack",
			Hand: []string{enrich.Sentiment, enrich.Kinds, enrich.Emotion, enrich.Aggression, enrich.Language}}
		if diff := cmp.Diff(want, k.taken(t, 1)); diff != "" {
			t.Errorf("a person's word (-want +got):\n%s", diff)
		}
		if doc := k.s.Doc(postID(1)); doc == nil || doc.Lang != "fr" {
			t.Error("a labelled post is not there for whoever matches it again")
		}
		if err := correct(paul, 1, enrich.Sentiment, "", enrich.Kinds, enrich.None, enrich.Language, ""); err != nil {
			t.Fatal(err)
		}
		if got := k.taken(t, 1); got.Sentiment != "negative" || len(got.Kinds) != 0 || got.Of(enrich.Kinds) != enrich.None || got.Lang != "en" {
			t.Errorf("taken back: %+v", got)
		}
		history, err := k.review.History(paul, postID(1))
		if err != nil || len(history) != 8 || history[0].Actor != "member:paul" {
			t.Errorf("history %+v (%v)", history, err)
		}
		audited, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM audit WHERE action = 'post.label' AND object = $1", "post:"+postID(1))
		if err != nil || audited != 8 {
			t.Errorf("%d entries in the audit log (%v)", audited, err)
		}
		if err := correct(paul, 1, enrich.Kinds, enrich.None); err != nil { // nothing new is no fact
			t.Fatal(err)
		}
		if again, _ := k.review.History(paul, postID(1)); len(again) != 8 {
			t.Errorf("said twice: %d", len(again))
		}

		ours := said(3, "", "Thank you")
		ours.Data = ledger.Data(ledger.Said{ExternalID: "e3", Text: "Thank you", Ours: true})
		private := said(4, "", "")
		private.Data = ledger.Data(ledger.Said{ExternalID: "e4", Text: "my order", Private: true})
		k.state(t, ours, private)
		for name, c := range map[string]struct {
			err  error
			want problem.Code
		}{
			"a strategist":     {correct(as(t, "s", org.Strategist), 1, enrich.Sentiment, "positive"), problem.Forbidden},
			"a plain member":   {correct(as(t, "m", org.Plain), 1, enrich.Sentiment, "positive"), problem.Forbidden},
			"nobody":           {correct(t.Context(), 1, enrich.Sentiment, "positive"), problem.Unauthenticated},
			"the operator":     {correct(org.AsOperator(t.Context()), 1, enrich.Sentiment, "positive"), problem.Unauthenticated},
			"no post":          {correct(paul, 99, enrich.Sentiment, "positive"), problem.Missing},
			"ours":             {correct(paul, 3, enrich.Sentiment, "positive"), problem.Invalid},
			"no sentiment":     {correct(paul, 1, enrich.Sentiment, "bad"), problem.Invalid},
			"no kind":          {correct(paul, 1, enrich.Kinds, "complaint,pest"), problem.Invalid},
			"out of order":     {correct(paul, 1, enrich.Kinds, "question,complaint"), problem.Invalid},
			"no head":          {correct(paul, 1, "mood", "high"), problem.Invalid},
			"no head, nothing": {correct(paul, 1, "mood", ""), problem.Invalid},
			"no language":      {correct(paul, 1, enrich.Language, "Français"), problem.Invalid},
			"none of ISO":      {correct(paul, 1, enrich.Language, "zz"), problem.Invalid},
		} {
			if !problem.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		if _, err := k.review.Post(as(t, "m", org.Plain), postID(1)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a plain member reads: %v", err)
		}
		live := k.tables(t)
		for _, size := range []int{1, 500} {
			if err := k.led.Rebuild(t.Context(), size, nil); err != nil {
				t.Fatal(err)
			}
			k.level(t)
			if diff := cmp.Diff(live, k.tables(t)); diff != "" {
				t.Errorf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
			}
		}
	})
}

// TestRebuildLabels holds that labels, judgements, edits and deletions in any order derive the same however the ledger is cut.
func TestRebuildLabels(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		texts := []string{"my brakes squeak", "I love it", "les freins grincent ?", "hmm", "", "love? squeak"}
		values := map[string][]string{enrich.Sentiment: {"", "negative", "positive"}, enrich.Kinds: {"", "none", "lead", "praise,job"}, enrich.Emotion: {"", "joy"},
			enrich.Aggression: {"", "none", "hate"}, enrich.Language: {"", "fr", "de"}, "skipped": {"", "yes"}}
		dbtest.Check(t, d, func(rt *rapid.T) {
			if err := d.Tx(k.ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "DELETE FROM activity")
				return err
			}); err != nil {
				rt.Fatal(err)
			}
			if err := k.led.Rebuild(k.ctx, 500, nil); err != nil {
				rt.Fatal(err)
			}
			there := map[int]bool{}
			var list []ledger.Activity
			for range rapid.IntRange(1, 20).Draw(rt, "facts") {
				n := rapid.IntRange(0, 4).Draw(rt, "post")
				text := rapid.SampledFrom(texts).Draw(rt, "text")
				switch what := rapid.IntRange(0, 9).Draw(rt, "what"); {
				case what < 3 && !there[n]:
					list, there[n] = append(list, said(n, "", text)), true
				case what == 3:
					list = append(list, about(ledger.PostEdited, n, ledger.Said{ExternalID: fmt.Sprint("e", n), Text: text, Ours: rapid.Bool().Draw(rt, "ours")}))
				case what == 4:
					list = append(list, about(ledger.PostDeleted, n, nil))
				case what == 5:
					says := map[string]string{enrich.Sentiment: rapid.SampledFrom([]string{"negative", "positive", "nonsense"}).Draw(rt, "far")}
					a := about(ledger.PostLabelled, n, enrich.Word{Says: says, Of: enrich.TextSum("", text)})
					a.Actor = "model:far"
					list = append(list, a)
				default:
					head := rapid.SampledFrom(append(enrich.Heads(), "skipped")).Draw(rt, "head")
					w := enrich.Word{Label: ledger.Label{Label: head, Value: rapid.SampledFrom(values[head]).Draw(rt, "value")}}
					if rapid.Bool().Draw(rt, "sampled") || head == "skipped" {
						w.Sample, w.Model = "s1", "neutral"
					}
					a := about(ledger.PostLabelled, n, w)
					a.Actor = rapid.SampledFrom([]string{"member:a", "member:b"}).Draw(rt, "actor")
					list = append(list, a)
				}
				if rapid.IntRange(0, 3).Draw(rt, "digest") == 0 {
					k.state(rt, list...)
					list = nil
				}
			}
			k.state(rt, list...)
			live := k.tables(rt)
			for _, size := range []int{1, 3, 500} {
				if err := k.led.Rebuild(k.ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				k.level(rt)
				if diff := cmp.Diff(live, k.tables(rt)); diff != "" {
					rt.Fatalf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
				}
			}
		})
	})
}

// TestRun holds that a new version is caught up newest first, held and let go, over a restart, and that only what changed is told.
func TestRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		old := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 450 {
			text := "My brake squeaks on the way home"
			if n%10 == 0 {
				text = "Mon frein grince sur le chemin du retour"
			}
			posts = append(posts, said(n, "", text))
		}
		old.state(t, posts...)
		owner := as(t, "claire", org.Owner)
		if err := old.review.Correct(owner, postID(440), map[string]string{enrich.Sentiment: "positive"}); err != nil {
			t.Fatal(err)
		}
		if err := old.s.Backfill(t.Context(), old.led, nil); err != nil {
			t.Fatal(err)
		}
		fresh := newDesk(t, d, "2")
		told := map[string]int{}
		fresh.s.Changed(func(_ context.Context, _ db.Q, posts []channel.Post) error {
			for _, p := range posts {
				told[p.ExternalID]++
			}
			return nil
		})
		rules := func() enrich.Rules {
			t.Helper()
			r, err := fresh.review.Rules(owner)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := rules(); r.Found {
			t.Errorf("a run of another version: %+v", r.Run)
		}
		if more, err := fresh.s.Piece(t.Context(), fresh.led); err != nil || !more {
			t.Fatal(more, err)
		}
		if r := rules(); !r.Found || r.Run.Looked != 200 || r.Run.Total != 450 || r.Run.Changed != 20 || r.Run.Done() || r.Run.Rate() <= 0 || r.Run.Left() <= 0 {
			t.Errorf("after a piece: %+v", r.Run)
		}
		if err := fresh.review.Pause(owner, true); err != nil {
			t.Fatal(err)
		}
		again := newDesk(t, d, "2") // another start of the program
		if more, err := again.s.Piece(t.Context(), again.led); err != nil || more {
			t.Errorf("it works while it is paused: %v %v", more, err)
		}
		again.state(t, said(1000, "", "Ça grince"))
		if got := again.taken(t, 1000); got.Sentiment != "negative" {
			t.Errorf("what is new waits too: %+v", got)
		}
		if err := again.review.Pause(owner, false); err != nil {
			t.Fatal(err)
		}
		if err := fresh.s.Backfill(t.Context(), fresh.led, nil); err != nil {
			t.Fatal(err)
		}
		r := rules()
		if !r.Run.Done() || r.Run.Looked != 450 || r.Run.Changed != 45 || len(told) != 45 || told["e0"] != 1 {
			t.Errorf("in the end: %+v, %d told", r.Run, len(told))
		}
		if got := fresh.taken(t, 440); got.Sentiment != "positive" || !slices.Equal(got.Kinds, []string{"complaint"}) {
			t.Errorf("a person's word after a new version: %+v", got)
		}
		if err := fresh.review.SetThresholds(owner, enrich.Thresholds{Sentiment: 0.75}); err != nil {
			t.Fatal(err)
		}
		if r := rules(); r.Found || r.Thresholds.Sentiment != 0.75 {
			t.Errorf("other thresholds make no other version: %+v", r)
		}
		if err := fresh.s.Backfill(t.Context(), fresh.led, nil); err != nil {
			t.Fatal(err)
		}
		if got := fresh.taken(t, 1); got.Sentiment != "" {
			t.Errorf("0.7 is believed where 0.75 is asked for: %+v", got)
		}
		live := fresh.tables(t)
		if err := fresh.led.Rebuild(t.Context(), 500, nil); err != nil {
			t.Fatal(err)
		}
		fresh.level(t)
		if diff := cmp.Diff(live, fresh.tables(t)); diff != "" {
			t.Errorf("rebuilt after thresholds (-live +rebuilt):\n%s", diff)
		}
		for name, c := range map[string]struct {
			err  error
			want problem.Code
		}{
			"a volunteer pauses":     {fresh.review.Pause(as(t, "v", org.Volunteer), true), problem.Forbidden},
			"a threshold of 2":       {fresh.review.SetThresholds(owner, enrich.Thresholds{Emotion: 2}), problem.Invalid},
			"a kind that is none":    {fresh.review.SetThresholds(owner, enrich.Thresholds{Kinds: map[string]float64{"pest": 0.5}}), problem.Invalid},
			"a strategist sets them": {fresh.review.SetThresholds(as(t, "s", org.Strategist), enrich.Thresholds{}), problem.Forbidden},
		} {
			if !problem.Is(c.err, c.want) {
				t.Errorf("%s: %v", name, c.err)
			}
		}
		broken := newDesk(t, d, "3")
		broken.s.Changed(func(context.Context, db.Q, []channel.Post) error { return errors.New("no") })
		before := broken.tables(t)
		if _, err := broken.s.Piece(t.Context(), broken.led); err == nil {
			t.Error("whoever must match posts again failed, and nobody heard")
		}
		if diff := cmp.Diff(before, broken.tables(t)); diff != "" {
			t.Errorf("a piece that failed was kept in part:\n%s", diff)
		}
	})
}

func TestSample(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 400 {
			text := "My brake squeaks on the way home"
			if n%4 == 0 {
				text = "Mon frein grince sur le chemin du retour"
			}
			a := said(n, "", text)
			if n%2 == 0 {
				a.Channel, a.Key = "c2", ledger.SaidKey("c2", fmt.Sprint("e", n))
			}
			if n >= 390 { // what we say is not judged
				a.Data = ledger.Data(ledger.Said{ExternalID: fmt.Sprint("e", n), Text: text, Ours: true})
			}
			posts = append(posts, a)
		}
		k.state(t, posts...)
		social, ada, bob := as(t, "claire", org.Social), as(t, "ada", org.Volunteer), as(t, "bob", org.Volunteer)
		one, err := k.review.Draw(social, 40, 30, 42)
		if err != nil || one.Size != 40 {
			t.Fatal(one, err)
		}
		two, err := k.review.Draw(social, 40, 30, 42)
		if err != nil {
			t.Fatal(err)
		}
		other, err := k.review.Draw(social, 40, 30, 43)
		if err != nil {
			t.Fatal(err)
		}
		type drawn struct{ post, lang, channel string }
		of := func(s enrich.Sample) []drawn {
			list, err := db.All(t.Context(), d.Read(), func(r *drawn) []any { return []any{&r.post, &r.lang, &r.channel} },
				"SELECT post, lang, channel FROM audit_sample_post WHERE sample = $1 ORDER BY place", s.ID)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if !slices.Equal(of(one), of(two)) || slices.Equal(of(one), of(other)) {
			t.Error("a seed does not decide what is drawn")
		}
		strata := map[string]int{}
		for _, p := range of(one) {
			strata[p.lang+" "+p.channel]++
		}
		if diff := cmp.Diff(map[string]int{"en c": 20, "en c2": 10, "fr c2": 10}, strata); diff != "" {
			t.Errorf("by language and channel (-want +got):\n%s", diff)
		}

		turn := func(ctx context.Context) enrich.Turn {
			t.Helper()
			n, err := k.review.Next(ctx, one.ID)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		judge := func(ctx context.Context, post, sentiment, kinds string) {
			t.Helper()
			if err := k.review.Judge(ctx, one.ID, post, map[string]string{enrich.Sentiment: sentiment, enrich.Kinds: kinds}); err != nil {
				t.Fatal(err)
			}
		}
		first := turn(ada)
		if first.Place != 1 || first.Undo || first.Post != of(one)[0].post {
			t.Errorf("first: %+v", first)
		}
		judge(ada, first.Post, "positive", enrich.None)
		second := turn(ada)
		if second.Post == first.Post || !second.Undo || second.Judged != 1 {
			t.Errorf("second: %+v", second)
		}
		if back, err := k.review.TakeBack(ada, one.ID); err != nil || back != first.Post || turn(ada).Post != first.Post {
			t.Errorf("taken back: %v %v", back, err)
		}
		judge(ada, first.Post, "negative", "complaint")
		if err := k.review.Judge(ada, one.ID, second.Post, nil); err != nil { // passed on
			t.Fatal(err)
		}
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post_label WHERE label = 'skipped'"); err != nil || n != 0 {
			t.Errorf("passing on is a label: %d %v", n, err)
		}
		if turn(ada).Post == second.Post || turn(bob).Post != first.Post {
			t.Errorf("bob is asked about %v: the first is for two", turn(bob))
		}
		judge(bob, first.Post, "neutral", "complaint")
		if turn(bob).Post != second.Post {
			t.Error("what ada passed on is not offered to bob")
		}
		for range 60 {
			n := turn(bob)
			if n.Post == "" {
				break
			}
			judge(bob, n.Post, "negative", "complaint,question")
		}
		if n := turn(bob); n.Post != "" || n.Judged != 40 || n.Twice != 1 {
			t.Errorf("in the end: %+v", n)
		}
		list, err := k.s.Judgements(t.Context(), d.Read())
		if err != nil || len(list) != 2*41 {
			t.Fatalf("%d judgements (%v)", len(list), err)
		}
		firsts := 0
		for _, j := range list {
			if j.Head == enrich.Kinds && j.First() {
				firsts++
			}
			if j.Model == "" || j.Version == "" {
				t.Errorf("the model's answer was not kept: %+v", j)
			}
		}
		if firsts != 40 {
			t.Errorf("%d first judgements", firsts)
		}
		e, err := k.s.Errors(t.Context(), d.Read())
		if err != nil {
			t.Fatal(err)
		}
		if m, found := e.Matrix(enrich.Sentiment, ""); !found || m.Audited || m.N != 300 {
			t.Errorf("40 judged posts are enough: %+v %v", m, found)
		}
		if m, found := e.Matrix(enrich.Kinds, "lead"); found {
			t.Errorf("a matrix of nothing: %+v", m)
		}
		for name, c := range map[string]struct {
			err  error
			want problem.Code
		}{
			"a volunteer draws":     {failing(k.review.Draw(ada, 40, 30, 1)), problem.Forbidden},
			"too few":               {failing(k.review.Draw(social, 3, 30, 1)), problem.Invalid},
			"no days":               {failing(k.review.Draw(social, 40, 0, 1)), problem.Invalid},
			"not of the sample":     {k.review.Judge(ada, "nosuch", first.Post, nil), problem.Missing},
			"no sentiment":          {k.review.Judge(ada, one.ID, first.Post, map[string]string{enrich.Kinds: "lead"}), problem.Invalid},
			"no such sentiment":     {k.review.Judge(ada, one.ID, first.Post, map[string]string{enrich.Sentiment: "glad"}), problem.Invalid},
			"nothing to take back":  {failing(k.review.TakeBack(as(t, "eve", org.Volunteer), one.ID)), problem.Conflict},
			"a strategist judges":   {k.review.Judge(as(t, "s", org.Strategist), one.ID, first.Post, nil), problem.Forbidden},
			"a sample that is none": {failing(k.review.Next(ada, "nosuch")), problem.Missing},
		} {
			if !problem.Is(c.err, c.want) {
				t.Errorf("%s: %v", name, c.err)
			}
		}
	})
}

func failing[T any](_ T, err error) error { return err }

// TestMatrix holds that from a hundred judged posts on, the errors are those made here.
func TestMatrix(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 160 {
			posts = append(posts, said(n, "", []string{"My brake squeaks on the way", "I love the new bike a lot", "It rains on the road today", "hmm"}[n%4]))
		}
		k.state(t, posts...)
		ada := as(t, "ada", org.Volunteer)
		s, err := k.review.Draw(as(t, "c", org.Social), 160, 30, 1)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 160 {
			sentiment := []string{"negative", "positive", "neutral", "neutral"}[n%4]
			if n < 8 { // all others are right
				sentiment = "negative"
			}
			if err := k.review.Judge(ada, s.ID, postID(n), map[string]string{enrich.Sentiment: sentiment, enrich.Kinds: enrich.None}); err != nil {
				t.Fatal(err)
			}
		}
		e, err := k.s.Errors(t.Context(), d.Read())
		if err != nil {
			t.Fatal(err)
		}
		m, found := e.Matrix(enrich.Sentiment, "")
		if !found || !m.Audited || m.N != 160 {
			t.Fatalf("%+v %v", m, found)
		}
		if diff := cmp.Diff([][]float64{{40, 2, 2, 2}, {0, 38, 0, 38}, {0, 0, 38, 0}}, m.Counts); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestWriteCorrections(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		k.state(t, said(1, "A title", "one\ttwo\nthree"), said(2, "", "nobody spoke of this"), said(3, "", "gone"))
		claire := as(t, "claire", org.Owner)
		for n, w := range map[int]map[string]string{1: {enrich.Sentiment: "neutral", enrich.Kinds: "question,lead"}, 3: {enrich.Sentiment: "positive"}} {
			if err := k.review.Correct(claire, postID(n), w); err != nil {
				t.Fatal(err)
			}
		}
		k.state(t, about(ledger.PostDeleted, 3, nil))
		var b bytes.Buffer
		if err := k.review.WriteCorrections(claire, &b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[1], "question,lead\tneutral\t") || !strings.HasSuffix(lines[1], "\tA title one two three") {
			t.Errorf("%q", b.String())
		}
		if err := k.review.WriteCorrections(as(t, "s", org.Social), &b); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who may not export: %v", err)
		}
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM audit WHERE action = 'corrections.export'"); err != nil || n != 1 {
			t.Errorf("%d entries in the audit log (%v)", n, err)
		}
	})
}
