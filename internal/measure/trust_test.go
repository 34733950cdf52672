package measure_test

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
)

// coin calls a post by the word it begins with.
type coin struct{ enrich.LanguageIdentifier }

func (coin) Name() string { return "coin" }
func (c coin) Enrich(in enrich.Input, r *enrich.Reading) {
	r.Lang, r.LangP, r.Classified, r.Sure = "en", 1, true, [3]bool{true, true, true}
	switch in.Text[0] {
	case 'n':
		r.Sentiment, r.Kinds[1], r.Said[1] = [3]float64{1}, 1, true
	case 'p':
		r.Sentiment = [3]float64{2: 1}
	case 'u':
		r.Sentiment = [3]float64{1: 1}
	default:
		r.Sure[0] = false
	}
	r.Aggression[0], r.Emotion[6] = 1, 1
}

// Confusion is of a model that takes a quarter of what is positive for neutral and nothing else amiss.
func (coin) Confusion(head, value string) [][]float64 {
	if head == enrich.Sentiment {
		return [][]float64{{1000, 0, 0}, {0, 1000, 0}, {0, 250, 750}}
	}
	return nil
}

func TestTrust(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		e := enrich.New(d, log, coin{})
		led := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
		s := measure.New(d, org.New(d, log, clock), clock)
		ctx := org.AsOperator(t.Context())
		if a, err := s.Agreement(ctx); err != nil || a.Posts != 0 {
			t.Errorf("nobody to trust: %+v %v", a, err)
		}
		s.Trust(e)
		var list []ledger.Activity
		judge := func(who string, n int, head, value, model string, at time.Time) {
			list = append(list, ledger.Activity{Kind: ledger.PostLabelled, Actor: "member:" + who, Object: postID("c", fmt.Sprint(n)), Channel: "c", At: at, LearnedAt: now,
				Data: ledger.Data(enrich.Word{Label: ledger.Label{Label: head, Value: value}, Sample: "s", Model: model, Version: "v"})})
		}
		begins := "nnnnppppppuuuuuuuuuux" // 4 negative, 6 positive, 10 neutral, one the model is not sure of
		for n, b := range begins {
			list = append(list, said("c", fmt.Sprint(n), now.AddDate(0, 0, -2), ledger.Said{Text: string(b) + " is said"}))
		}
		first := now.Add(-time.Hour)
		for n, b := range begins {
			model := map[rune]string{'n': "negative", 'p': "positive", 'u': "neutral", 'x': "?"}[b]
			value := model
			if n >= 18 { // two neutral ones are positive, and the last is
				value = "positive"
			}
			judge("ada", n, enrich.Sentiment, value, model, first.Add(time.Duration(n)*time.Second))
			kinds := "none"
			if b == 'n' {
				kinds = "complaint"
			}
			judge("ada", n, enrich.Kinds, kinds, kinds, first.Add(time.Duration(n)*time.Second))
			if n < 4 { // bob is asked second about four, and says three times the same
				value = "negative"
				if n == 0 {
					value = "neutral"
				}
				judge("bob", n, enrich.Sentiment, value, model, first.Add(time.Minute))
			}
		}
		if _, err := led.State(ctx, list...); err != nil {
			t.Fatal(err)
		}
		a, err := s.Agreement(ctx)
		if err != nil || a.Posts != 21 || len(a.Heads) < 2 {
			t.Fatalf("%+v %v", a, err)
		}
		feel := a.Heads[0]
		if feel.Head != enrich.Sentiment || feel.Share.N != 20 || math.Abs(feel.Share.Value-0.9) > 1e-9 || feel.Unsure != 1 {
			t.Errorf("sentiment: %+v", feel) // bob's second answers have no part in it
		}
		// pₒ 0.9; people 4 8 8, model 4 10 6 of 20: pₑ = (16 + 80 + 48) / 400 = 0.36
		if want := (0.9 - 0.36) / (1 - 0.36); math.Abs(feel.Kappa.Value-want) > 1e-9 {
			t.Errorf("κ %v, want %v", feel.Kappa.Value, want)
		}
		for _, h := range a.Heads {
			if h.Kind == "complaint" && (h.Share.Value != 1 || h.Share.N != 21 || h.Kappa.Value != 1) {
				t.Errorf("complaint: %+v", h)
			}
		}
		if len(a.People) != 1 || a.People[0].Share.N != 4 || a.People[0].Share.Value != 0.75 {
			t.Errorf("people: %+v", a.People)
		}
		if len(a.Languages) != 1 || a.Languages[0].Lang != "en" || len(a.Course) != 1 || a.Course[0].Share.N != 20 {
			t.Errorf("languages %+v, course %+v", a.Languages, a.Course)
		}
	})
}

// TestPortions holds that shares are put right by what is known of the model's errors, and told raw beside.
func TestPortions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		e := enrich.New(d, log, coin{})
		led := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
		s := measure.New(d, org.New(d, log, clock), clock)
		s.Trust(e)
		ctx := org.AsOperator(t.Context())
		var list []ledger.Activity
		for n := range 100 { // 10 negative, 30 positive, 60 neutral; of 40 positive ones, 10 are taken for neutral
			text := "u is said"
			if n < 10 {
				text = "n is said"
			} else if n < 40 {
				text = "p is said"
			}
			list = append(list, said("c", fmt.Sprint(n), now.AddDate(0, 0, -2), ledger.Said{Text: text}))
		}
		list = append(list, said("c", "ours", now.AddDate(0, 0, -2), ledger.Said{Text: "p by us", Ours: true}), said("c", "old", now.AddDate(0, 0, -40), ledger.Said{Text: "p is old"}))
		if _, err := led.State(ctx, list...); err != nil {
			t.Fatal(err)
		}
		portions, err := s.Portions(ctx, 30)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct{ raw, right float64 }{{0.1, 0.1}, {0.6, 0.5}, {0.3, 0.4}} {
			if p := portions[i]; math.Abs(p.Raw.Value-want.raw) > 1e-9 || math.Abs(p.Right.Value-want.right) > 1e-6 || p.Audited || p.Right.Low > want.right || p.Right.High < want.right {
				t.Errorf("%s: %+v", p.Value, p)
			}
		}
		for _, p := range portions[3:] {
			if p.Head != enrich.Kinds || p.Right.Defined() || p.Value == "complaint" && p.Raw.Value != 0.1 {
				t.Errorf("%+v", p)
			}
		}
		r, err := s.Compute(ctx, "overall-sentiment", measure.Window{From: now.AddDate(0, 0, -30), To: now}, measure.Filter{})
		if err != nil || math.Abs(r.Value.Value-30) > 1e-6 || math.Abs(r.Raw.Value-20) > 1e-9 || r.N != 100 {
			t.Errorf("%+v %v", r, err)
		}
		// What people said of ten posts needs no putting right, also once it is kept.
		list = nil
		for n := 40; n < 50; n++ {
			list = append(list, labelled(postID("c", fmt.Sprint(n)), "positive", now))
		}
		if _, err := led.State(ctx, list...); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Compute(ctx, "overall-sentiment", measure.Window{From: now.AddDate(0, 0, -30), To: now}, measure.Filter{})
		if err != nil || math.Abs(rows.Value.Value-r.Value.Value) < 1e-6 {
			t.Errorf("%+v %v", rows, err)
		}
		if err := s.Roll(ctx); err != nil {
			t.Fatal(err)
		}
		kept, err := s.Compute(ctx, "overall-sentiment", measure.Window{From: now.AddDate(0, 0, -30), To: now}, measure.Filter{})
		if rolled, _ := s.Rolled(); err != nil || rolled == 0 || math.Abs(kept.Value.Value-rows.Value.Value) > 1e-9 || kept.Raw != rows.Raw {
			t.Errorf("kept %+v, rows %+v, %d rolled, %v", kept, rows, rolled, err)
		}
	})
}
