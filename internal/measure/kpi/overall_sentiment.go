package kpi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// OverallSentiment is the balance of all posts said in the window, by what they are taken for: a person's word, else the model's where it is
// sure. Models err, so the number is put right by how often they do; what they say is told beside it.
func OverallSentiment() Measure {
	return Measure{
		ID: "overall-sentiment", Section: Reputation, Entry: 16, Unit: Points, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: Redrawn, Evidence: Modelled, Stage: Outtake,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostSaid, ledger.PostLabelled}, Confused: true,
		Parts:   []Part{{"positive", Numerator}, {"neutral", Denominator}, {"negative", Numerator}, {"unsure", LeftOut}},
		Formula: "s = 100 · (π₊ − π₋), π = (Mᵀ)⁻¹ q",
		Source: func(a Ask) Source {
			w := &db.Where{}
			s := Source{Table: "post p JOIN enrichment f ON f.post = p.id", ID: "p.id", At: "p.at",
				Part: "CASE f.sentiment WHEN '' THEN 'unsure' ELSE f.sentiment END", Where: w}
			if a.Filter.Topic != "" {
				s.Table, s.At = "mention m JOIN post p ON p.id = m.post JOIN enrichment f ON f.post = p.id", "m.at"
				w.And("m.topic = ?", a.Filter.Topic)
			}
			a.posts(a.between(w, s.At))
			return s
		},
		Hourly: true,
		Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			list, err := a.sentiments(ctx, q)
			for i := range list {
				list[i].By = a.Sentiment
			}
			return list, err
		},
		Estimate: func(facts []Fact) Estimated {
			seen := []int{count(facts, "negative"), count(facts, "neutral"), count(facts, "positive"), count(facts, "unsure")}
			raw := stat.NetSentiment(seen[2], seen[1], seen[0]).AtLeast(30)
			if len(facts) == 0 || facts[0].By == nil || len(facts[0].By.Counts) != 3 {
				return Estimated{Value: raw}
			}
			right := facts[0].By.Score(seen[:min(len(facts[0].By.Counts[0]), len(seen))], []float64{-100, 0, 100}).AtLeast(30)
			if !right.Defined() {
				return Estimated{Value: raw}
			}
			right.Low, right.High = max(right.Low, -100), min(right.High, 100)
			return Estimated{Value: right, Raw: raw}
		},
	}
}

// sentiments counts posts from the hours that enrich keeps. Hours that a cut goes through, and a topic, are counted post by post.
func (a Ask) sentiments(ctx context.Context, q db.Q) ([]Fact, error) {
	source := OverallSentiment().Source
	if a.Filter.Topic != "" || a.Filter.Kind != "" {
		return source(a).read(ctx, q, a.Cuts)
	}
	split := map[int64]bool{}
	for _, c := range a.Cuts {
		if c.Truncate(time.Hour) != c {
			split[hour(c)] = true
		}
	}
	type tally struct {
		hour int64
		part string
		n    int
	}
	w := (&db.Where{}).And("hour >= ?", hour(a.From())).And("hour < ?", hour(a.To().Add(time.Hour-1)))
	if a.Filter.Channel != "" {
		w.And("channel = ?", a.Filter.Channel)
	}
	if a.Filter.Language != "" {
		w.And("lang = ?", a.Filter.Language)
	}
	hours, err := db.All(ctx, q, func(t *tally) []any { return []any{&t.hour, &t.part, &t.n} },
		"SELECT hour, CASE sentiment WHEN '' THEN 'unsure' ELSE sentiment END, SUM(n) FROM label_hour "+w.String()+" GROUP BY 1, 2", w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read hours: %w", err)
	}
	facts := make([]Fact, 0, len(hours))
	for _, h := range hours {
		if !split[h.hour] {
			facts = append(facts, Fact{At: time.Unix(h.hour*3600, 0).UTC(), Part: h.part, N: h.n})
		}
	}
	for h := range split {
		from, to := time.Unix(h*3600, 0).UTC(), time.Unix((h+1)*3600, 0).UTC()
		if from.Before(a.From()) {
			from = a.From()
		}
		if to.After(a.To()) {
			to = a.To()
		}
		cuts := []time.Time{from}
		for _, c := range a.Cuts {
			if c.After(from) && c.Before(to) {
				cuts = append(cuts, c)
			}
		}
		cuts = append(cuts, to)
		slices.SortFunc(cuts, time.Time.Compare)
		one, err := source(Ask{Cuts: cuts, Filter: a.Filter}).read(ctx, q, cuts)
		if err != nil {
			return nil, err
		}
		facts = append(facts, one...)
	}
	return facts, nil
}
