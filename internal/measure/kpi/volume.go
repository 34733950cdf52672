package kpi

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// Volume is how much others say: posts in the window, without ours and without those of machines.
func Volume() Measure {
	return Measure{
		ID: "volume", Section: Reputation, Entry: 15, Unit: Posts, Better: Neither, Days: 30, Clock: NoClock, Interval: Poisson, Evidence: Measured, Stage: Output,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostSaid}, Parts: []Part{{"said", Numerator}},
		Formula: "V = #{ p : from ≤ said(p) < to, ¬ours(p), ¬automatic(p) }",
		Source:  func(a Ask) Source { return a.said("said") },
		Hourly:  true,
		Facts:   func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) { return a.volume(ctx, q, "said") },
		Estimate: func(facts []Fact) Estimated {
			return Estimated{Value: stat.Count(count(facts, "said"))}
		},
	}
}

// volume counts posts from the hours that listening keeps. Hours that a cut goes through are counted post by post; what machines said,
// which those hours hold too, is taken back.
func (a Ask) volume(ctx context.Context, q db.Q, part string) ([]Fact, error) {
	if a.Filter.Language != "" || a.Filter.Kind != "" || a.Filter.Partner != "" || a.Filter.Campaign != "" {
		return a.apart(a.said(part)).read(ctx, q, a.Cuts)
	}
	channel, by := a.byChannel("channel")
	said, _ := a.byChannel("p.channel")
	split := map[int64]bool{}
	for _, c := range a.Cuts {
		if c.Truncate(time.Hour) != c {
			split[hour(c)] = true
		}
	}
	type tally struct {
		hour    int64
		n       int
		channel string
	}
	w := (&db.Where{}).And("topic = ?", a.Filter.Topic).And("hour >= ?", hour(a.From())).And("hour < ?", hour(a.To().Add(time.Hour-1)))
	if a.Filter.Channel != "" {
		w.And("channel = ?", a.Filter.Channel)
	}
	hours, err := db.All(ctx, q, func(t *tally) []any { return []any{&t.hour, &t.n, &t.channel} },
		"SELECT hour, SUM(n), "+channel+" FROM mention_hour "+w.String()+" GROUP BY hour"+by, w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read hours: %w", err)
	}
	facts := make([]Fact, 0, len(hours))
	for _, h := range hours {
		if !split[h.hour] {
			facts = append(facts, Fact{At: time.Unix(h.hour*3600, 0).UTC(), Part: part, N: h.n, Channel: h.channel})
		}
	}
	machines := a.between(&db.Where{}, "p.at").And("p.automatic <> ''").And("p.ours = 0")
	if a.Filter.Channel != "" {
		machines.And("p.channel = ?", a.Filter.Channel)
	}
	if a.Filter.Topic != "" {
		machines.And("EXISTS (SELECT 1 FROM mention m WHERE m.topic = ? AND m.post = p.id)", a.Filter.Topic)
	}
	one := func(f *Fact) []any { f.Part, f.N = part, 1; return []any{db.At(&f.At), &f.Channel} }
	taken, err := db.All(ctx, q, one, "SELECT p.at, "+said+" FROM post p "+machines.String(), machines.Args...)
	if err != nil {
		return nil, fmt.Errorf("read what machines said: %w", err)
	}
	for _, f := range taken {
		if f.N = -1; !split[hour(f.At)] {
			facts = append(facts, f)
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
		s := Ask{Cuts: []time.Time{from, to}, Filter: a.Filter}.said(part)
		posts, err := db.All(ctx, q, one, "SELECT "+s.At+", "+said+" FROM "+s.Table+" "+s.Where.String(), s.Where.Args...)
		if err != nil {
			return nil, fmt.Errorf("read the posts of an hour: %w", err)
		}
		facts = append(facts, posts...)
	}
	return facts, nil
}

// byChannel is what to select and to group by, so that facts are told apart by a channel where that is asked for.
func (a Ask) byChannel(column string) (selected, grouped string) {
	if !a.Apart {
		return "''", ""
	}
	return column, ", " + column
}

// apart tells the facts of a source apart by the channel of what it counts where that is asked for.
func (a Ask) apart(s Source) Source {
	if !a.Apart {
		return s
	}
	s.Finely = a.Finely
	switch s.At[:2] {
	case "c.", "s.":
		s.Apart = "c.channel"
	case "f.":
		s.Apart = "f.channel"
	default:
		s.Apart = "p.channel"
	}
	return s
}

// hour numbers the hours since 1970, as listening does.
func hour(t time.Time) int64 { return t.Unix() / 3600 }
