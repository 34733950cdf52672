package kpi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// KnowledgeCorrection is the share of cases flagged for a gap in the articles of which an article was made or corrected.
func KnowledgeCorrection() Measure {
	m := settled(Measure{
		ID: "knowledge-correction-rate", Entry: 9, Days: 90, MinN: 20, Evidence: Measured, Stage: Output,
		Formula: "k = #{ articles made or corrected } / #{ cases flagged }",
	}, "knowledge", "corrected", "flagged", "flagged")
	m.Section = Service
	return m
}

// HoursSaved is the hours that reusing articles saved: how many conversations were answered with one, times the minutes that were last stated to
// be saved by one.
func HoursSaved() Measure {
	m := ArticleReuse()
	reuse := m.Source
	m.ID, m.Section, m.Entry, m.Unit, m.Days, m.MinN, m.Evidence, m.Stage = "reuse-hours-saved", Innovation, 26, Hours, 180, 10, Surveyed, Impact
	m.From, m.Needs = append(m.From, stating()...), needs("survey/minutes_per_reuse")
	m.Parts = []Part{{"reuse", Numerator}}
	m.Formula = "h = #{ reuses } · verified minutes / 60"
	m.Source = func(a Ask) Source {
		s := reuse(a)
		s.Part = "'reuse'"
		return s
	}
	m.Made = func(f Filter) []Made {
		said := func(a Ask) Source { return a.stated("survey", "f.label") }
		minutes := func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			list, err := db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), &f.Part, &f.Sum} },
				"SELECT f.at, f.label, f.quantity FROM business_fact f WHERE f.kind = 'survey' AND f.label = 'minutes_per_reuse' AND f.at < $1", db.T(a.To()))
			for i := range list {
				list[i].N = 1
			}
			return list, wrap(err)
		}
		return []Made{{Measure: ArticleReuse(), Filter: f},
			{Measure: Measure{ID: "reuse-hours-saved/minutes", Of: OfFacts, Parts: []Part{{"minutes_per_reuse", Population}}, Source: said, Facts: minutes}, Filter: f}}
	}
	m.Estimate = nil
	m.Between = func(from, to time.Time, facts []Fact) Estimated {
		k := 0
		for _, f := range facts {
			if f.Part == "linked" && !f.At.Before(from) {
				k += f.N
			}
		}
		minutes := newest(facts, "minutes_per_reuse")
		e := Estimated{Counts: map[string]int{"reuse": k}}
		if minutes.Defined() {
			e.Value = stat.Count(k).Scale(minutes.Value / 60).AtLeast(10)
			e.Terms = []Term{{ID: "reuses", Unit: Conversations, Value: stat.Count(k)}, {ID: "minutes", Unit: Number, Value: minutes}}
		}
		return e
	}
	return m
}

// ArticleReuse is how many conversations were answered with an article of a community of ours.
func ArticleReuse() Measure {
	return Measure{
		ID: "article-reuse", Section: Service, Entry: 9, Unit: Conversations, Better: Higher, Days: 90, Clock: NoClock, Interval: Poisson, Evidence: Measured, Stage: Outcome,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.ConversationOpened, ledger.PostSaid},
		Parts:   []Part{{"linked", Numerator}},
		Formula: "u = #{ cases linking an article }",
		Source: func(a Ask) Source {
			s := a.opened()
			s.Part = "'linked'"
			s.Where.And("EXISTS (SELECT 1 FROM post t WHERE t.root = c.root AND t.ours = 1 AND t.automatic = '' AND t.text LIKE '%/c/%/articles/%')")
			return s
		},
		Estimate: func(facts []Fact) Estimated { return Estimated{Value: stat.Count(count(facts, "linked"))} },
	}
}
