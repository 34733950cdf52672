package kpi

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sorting"
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
			if err != nil {
				return nil, err
			}
			for i := range list {
				list[i].By = a.Sentiment
			}
			hand, err := a.spoken(ctx, q)
			return append(list, hand...), err
		},
		Estimate: func(facts []Fact) Estimated {
			parts := []string{"negative", "neutral", "positive", "unsure"}
			seen, known, read := make([]int, 4), make([]int, 3), make([]int, 4)
			var by *stat.Confusion
			for _, f := range facts {
				if f.By != nil {
					by = f.By
				}
				k := slices.Index(parts, f.Part)
				switch {
				case k < 0:
					continue
				case f.Key == byHand && k < 3:
					known[k] += f.N
				default:
					read[k] += f.N
				}
				seen[k] += f.N
			}
			raw := stat.NetSentiment(seen[2], seen[1], seen[0]).AtLeast(30)
			if by == nil || len(by.Counts) != 3 {
				return Estimated{Value: raw}
			}
			for k := range read {
				read[k] = max(read[k], 0) // a label that came in between two readings
			}
			right := by.ScoreBeside(known, read[:min(len(by.Counts[0]), len(read))], []float64{-100, 0, 100}).AtLeast(30)
			if !right.Defined() {
				return Estimated{Value: raw}
			}
			right.Low, right.High = max(right.Low, -100), min(right.High, 100)
			return Estimated{Value: right, Raw: raw}
		},
	}
}

// byHand is the key of facts that a person stated: they need no putting right.
const byHand = "hand"

// spoken moves what people said of posts from what a model may have said to what is known.
func (a Ask) spoken(ctx context.Context, q db.Q) ([]Fact, error) {
	w := (&db.Where{}).And("l.label = 'sentiment'").And("l.actor NOT LIKE 'rule:%'").And("l.value <> ''").And("f.sentiment <> ''").And("',' || f.hand || ',' LIKE '%,sentiment,%'")
	a.posts(a.between(w, "l.post_at"))
	if a.Filter.Topic != "" {
		w.And("EXISTS (SELECT 1 FROM mention m WHERE m.topic = ? AND m.post = p.id)", a.Filter.Topic)
	}
	labelled := Source{Table: "post_label l JOIN post p ON p.id = l.post JOIN enrichment f ON f.post = p.id", At: "l.post_at", Part: "f.sentiment", Where: w}
	list, err := a.apart(labelled).read(ctx, q, a.Cuts)
	out := make([]Fact, 0, 2*len(list))
	for _, f := range list {
		known, taken := f, f
		known.Key, taken.N = byHand, -f.N
		out = append(out, known, taken)
	}
	return out, err
}

// sentiments counts posts from the hours that enrich keeps. Hours that a cut goes through, and a topic, are counted post by post.
func (a Ask) sentiments(ctx context.Context, q db.Q) ([]Fact, error) {
	source := func(a Ask) Source { return a.apart(OverallSentiment().Source(a)) }
	channel, by := a.byChannel("channel")
	if a.Filter.Topic != "" || a.Filter.Kind != "" || a.Filter.Partner != "" || a.Filter.Campaign != "" {
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

		channel string
	}
	w := (&db.Where{}).And("hour >= ?", hour(a.From())).And("hour < ?", hour(a.To().Add(time.Hour-1)))
	if a.Filter.Channel != "" {
		w.And("channel = ?", a.Filter.Channel)
	}
	if a.Filter.Language != "" {
		w.And("lang = ?", a.Filter.Language)
	}
	hours, err := db.All(ctx, q, func(t *tally) []any { return []any{&t.hour, &t.part, &t.n, &t.channel} },
		"SELECT hour, CASE sentiment WHEN '' THEN 'unsure' ELSE sentiment END, SUM(n), "+channel+" FROM label_hour "+w.String()+" GROUP BY 1, 2"+by, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read hours: %w", err)
	}
	facts := make([]Fact, 0, len(hours))
	for _, h := range hours {
		if !split[h.hour] {
			facts = append(facts, Fact{At: time.Unix(h.hour*3600, 0).UTC(), Part: h.part, N: h.n, Channel: h.channel})
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
		sorting.Func(cuts, time.Time.Compare)
		one, err := source(Ask{Cuts: cuts, Filter: a.Filter, Apart: a.Apart}).read(ctx, q, cuts)
		if err != nil {
			return nil, err
		}
		facts = append(facts, one...)
	}
	return facts, nil
}
