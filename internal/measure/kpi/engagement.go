package kpi

import (
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// EngagementRates are answers of others to what we said, divided by what each name says: there is no standard formula, so the denominator is
// always named.
func EngagementRates() []Measure {
	rates := []struct{ id, label, formula string }{
		{"engagement-rate-reach", "reach", "ER_R = E / reach"},
		{"engagement-rate-followers", "followers", "ER_P = E / (posts · followers)"},
		{"engagement-rate-impressions", "impressions", "ER_I = E / impressions"},
		{"engagement-rate-views", "views", "ER_V = E / views"},
		{"engagement-rate-daily", "followers", "ER_D = E / (days · followers)"},
	}
	var out []Measure
	for _, r := range rates {
		m := Measure{
			ID: r.id, Section: Reputation, Entry: 17, Unit: Ratio, Better: Higher, Days: 30, Clock: NoClock, MinN: 10, Interval: PoissonRate, Evidence: Measured, Stage: Outtake,
			Dims: []Dimension{ByChannel}, Of: OfPosts, From: append([]string{ledger.PostSaid}, stating()...), Needs: needs("visit/" + r.label), Spread: true,
			Parts:   []Part{{"reply", Numerator}},
			Formula: r.formula,
			Source:  func(a Ask) Source { return a.replies() },
			Made:    func(f Filter) []Made { return engaged(f, r.id, r.label, strings.Contains(r.formula, "posts ·")) },
		}
		m.Between = func(from, to time.Time, facts []Fact) Estimated {
			in := facts // those of the window
			exposure, rows := 0.0, sum(in, r.label).N
			if r.label == "followers" {
				exposure = levels(in, r.label)
			} else {
				exposure = sum(in, r.label).Sum
			}
			terms := []Term{{ID: r.label, Unit: Number, Value: stat.Exact(exposure, rows)}}
			switch r.id {
			case "engagement-rate-followers":
				posts := count(in, "our_posts")
				terms = append(terms, Term{ID: "our_posts", Unit: Posts, Value: stat.Exact(float64(posts), posts)})
				exposure *= float64(posts)
			case "engagement-rate-daily":
				exposure *= to.Sub(from).Hours() / 24
			}
			k := count(in, "reply")
			e := Estimated{Terms: terms, Counts: map[string]int{"reply": k}}
			if rows > 0 {
				e.Value = stat.Over(k, exposure).AtLeast(10)
			}
			return e
		}
		out = append(out, m)
	}
	return out
}

// replies is what others answered to posts of ours.
func (a Ask) replies() Source {
	s := a.said("reply")
	s.Where.And("p.parent <> ''").And("EXISTS (SELECT 1 FROM post o WHERE o.id = p.parent AND o.ours = 1)")
	return s
}

// engaged is replies, statements of what they are divided by, and what we said where that is asked for.
func engaged(f Filter, id, label string, posts bool) []Made {
	out := []Made{
		{Filter: f, Measure: Measure{ID: "engagement-rate-reach/replies", Of: OfPosts, Parts: []Part{{"reply", Numerator}}, Source: func(a Ask) Source { return a.replies() }}},
		{Filter: f, Measure: Measure{ID: id + "/visits", Of: OfFacts, Parts: []Part{{label, Population}}, Spread: true, Source: func(a Ask) Source {
			s := a.statedAny("f.label", "f.quantity", "visit")
			s.Key = "f.channel || ' ' || f.source"
			s.Where.And("f.label = ?", label)
			return s
		}}},
	}
	if posts {
		out = append(out, Made{Filter: f, Measure: Measure{ID: id + "/ours", Of: OfPosts, Parts: []Part{{"our_posts", Population}}, Source: func(a Ask) Source {
			w := a.between((&db.Where{}).And("p.ours = 1").And("p.automatic = ''").And("p.private = 0").And("p.parent = ''"), "p.at")
			if a.Filter.Channel != "" {
				w.And("p.channel = ?", a.Filter.Channel)
			}
			return Source{Table: "post p", ID: "p.id", At: "p.at", Part: "'our_posts'", Where: w}
		}}})
	}
	return out
}

// levels adds up, over keys, the mean of what was stated of each: the number of followers is not a sum over time.
func levels(facts []Fact, part string) float64 {
	sums, weights := map[string]float64{}, map[string]float64{}
	for _, f := range facts {
		if f.Part == part {
			sums[f.Key] += f.Sum
			weights[f.Key] += float64(f.N) * f.weight()
		}
	}
	total := 0.0
	for k, w := range weights {
		if w > 0 {
			total += sums[k] / w
		}
	}
	return total
}
