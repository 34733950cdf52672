package kpi

import (
	"context"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// NetSentiment is the balance of what people labelled by hand among the posts said in the window. How many of all posts were labelled is
// told beside it.
func NetSentiment() Measure {
	return Measure{
		ID: "net-sentiment", Section: Reputation, Entry: 16, Unit: Points, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: NetScore, Evidence: Surveyed, Stage: Outtake,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostLabelled, ledger.PostSaid},
		Parts:   []Part{{"positive", Numerator}, {"neutral", Denominator}, {"negative", Numerator}, {"said", Population}},
		Formula: "s = 100 · (P − N) / (P + U + N)",
		Source: func(a Ask) Source {
			w := (&db.Where{}).And("l.label = 'sentiment'").And("l.actor NOT LIKE 'rule:%'").And("l.value IN ('positive', 'neutral', 'negative')")
			a.posts(a.between(w, "l.post_at"))
			if a.Filter.Topic != "" {
				w.And("EXISTS (SELECT 1 FROM mention m WHERE m.topic = ? AND m.post = p.id)", a.Filter.Topic)
			}
			return Source{Table: "post_label l JOIN post p ON p.id = l.post", ID: "p.id", At: "l.post_at", Part: "l.value", Where: w}
		},
		Hourly: true,
		Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			labelled, err := a.apart(NetSentiment().Source(a)).read(ctx, q, a.Cuts)
			if err != nil {
				return nil, err
			}
			all, err := a.volume(ctx, q, "said")
			return append(labelled, all...), err
		},
		Estimate: func(facts []Fact) Estimated {
			return Estimated{Value: stat.NetSentiment(count(facts, "positive"), count(facts, "neutral"), count(facts, "negative")).AtLeast(30)}
		},
	}
}
