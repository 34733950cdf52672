package kpi

import (
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// letThrough keeps the posts p that a filter lets through.
func (a Ask) letThrough(w *db.Where) *db.Where {
	if a.Filter.Channel != "" {
		w.And("p.channel = ?", a.Filter.Channel)
	}
	if a.Filter.Language != "" {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND e.lang = ?)", a.Filter.Language)
	}
	if a.Filter.Topic != "" {
		w.And("EXISTS (SELECT 1 FROM mention m WHERE m.topic = ? AND m.post = p.id)", a.Filter.Topic)
	}
	if a.Filter.Kind != "" {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND "+ofKind+")", a.Filter.Kind)
	}
	return a.attached(w, "p.author", "p.root")
}

// submitted is the ideas submitted between the cuts; what was taken into another idea counts there.
func (a Ask) submitted(part string) Source {
	// From the ideas, which are few, all of which have one of these.
	w := a.between((&db.Where{}).And("i.status IN ('open', 'review', 'planned', 'started', 'done', 'declined')").And("p.id = i.id"), "p.at")
	a.letThrough(w.And("i.merged_into = ''").And("p.deleted_at IS NULL"))
	return Source{Table: "community_idea i CROSS JOIN post p", ID: "p.id", At: "p.at", Part: part, Where: w}
}

// picked is the ideas selected between the cuts: those that were first said to be planned, under way or done then.
func (a Ask) picked(part string) Source {
	const selected = "status IN ('planned', 'started', 'done')"
	w := a.between((&db.Where{}).And("x."+selected).And("NOT EXISTS (SELECT 1 FROM community_idea_step y WHERE y.idea = x.idea AND y."+selected+" AND (y.at, y.activity) < (x.at, x.activity))"), "x.at")
	a.letThrough(w.And("i.merged_into = ''").And("p.deleted_at IS NULL"))
	return Source{Table: "community_idea_step x JOIN community_idea i ON i.id = x.idea JOIN post p ON p.id = i.id", ID: "p.id", At: "x.at", Part: part, Where: w}
}

func idea(id string, m Measure) Measure {
	m.ID, m.Section, m.Entry, m.Days, m.MinN, m.Evidence = id, Innovation, 25, 180, 10, Measured
	m.Dims, m.Of, m.From = ofPosts(), OfPosts, []string{ledger.PostSaid, ledger.IdeaJudged, ledger.IdeaMerged}
	m.Moving = true // what is decided later changes what was submitted before
	if m.Clock == "" {
		m.Clock = NoClock
	}
	return m
}

// IdeaImplementation is the share of selected ideas that were implemented.
func IdeaImplementation() Measure {
	return idea("idea-implementation-rate", Measure{Unit: Share, Better: Higher, Interval: Wilson, Stage: Outcome, Formula: "i = #implemented / #selected",
		Parts: []Part{{"implemented", Numerator}, {"selected", Denominator}},
		Source: func(a Ask) Source {
			return a.picked("CASE WHEN i.status = 'done' THEN 'implemented' ELSE 'selected' END")
		},
		Estimate: shares(10, "implemented", "selected"),
	})
}

// IdeaConversion is the share of submitted ideas that were implemented.
func IdeaConversion() Measure {
	return idea("idea-conversion", Measure{Unit: Share, Better: Higher, Interval: Wilson, Stage: Outcome, Formula: "c = #implemented / #submitted",
		Parts: []Part{{"implemented", Numerator}, {"submitted", Denominator}},
		Source: func(a Ask) Source {
			return a.submitted("CASE WHEN i.status = 'done' THEN 'implemented' ELSE 'submitted' END")
		},
		Estimate: shares(10, "implemented", "submitted"),
	})
}

// InnovationCycle is how long it takes from an idea to its implementation; what was selected and is not done yet is observed until now.
func InnovationCycle() Measure {
	return idea("innovation-cycle-time", Measure{Unit: Seconds, Better: Lower, Clock: Calendar, Interval: Brookmeyer, Stage: Output, Formula: "median(implemented − submitted)",
		Parts: []Part{{"implemented", Numerator}, {"open", Denominator}},
		Source: func(a Ask) Source {
			s := a.picked("CASE WHEN i.status = 'done' THEN 'implemented' ELSE 'open' END")
			s.Where.And("i.status <> 'declined'")
			until := "CASE WHEN i.status = 'done' THEN i.status_at ELSE " + s.Where.Arg(db.T(a.Now.UTC().Truncate(time.Microsecond))) + " END"
			s.For = "CASE WHEN " + until + " > p.at THEN " + until + " - p.at ELSE 0 END"
			s.Open = "CASE WHEN i.status = 'done' THEN 0 ELSE 1 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	})
}

// IdeaResponse is the share of ideas that got an answer with a reason.
func IdeaResponse() Measure {
	return idea("idea-response-rate", Measure{Unit: Share, Better: Higher, Interval: Wilson, Stage: Output, Formula: "r = #{ ideas with a reasoned answer } / #{ ideas }",
		Parts: []Part{{"answered", Numerator}, {"unanswered", Denominator}},
		Source: func(a Ask) Source {
			return a.submitted("CASE WHEN EXISTS (SELECT 1 FROM community_idea_step x WHERE x.idea = i.id AND x.reason <> '') THEN 'answered' ELSE 'unanswered' END")
		},
		Estimate: shares(10, "answered", "unanswered"),
	})
}

// Duplication is the share of new threads of communities that repeat what is there.
func Duplication() Measure {
	return idea("duplication-rate", Measure{Unit: Share, Better: Lower, Interval: Wilson, Stage: Output, Formula: "d = #{ new items merged as duplicates } / #{ new items }",
		Parts: []Part{{"duplicate", Numerator}, {"distinct", Denominator}},
		Source: func(a Ask) Source {
			w := a.letThrough(a.between(&db.Where{}, "h.at").And("h.kind IN ('question', 'discussion', 'idea')").And("h.deleted_at IS NULL"))
			return Source{Table: "community_thread h JOIN post p ON p.id = h.id", ID: "p.id", At: "h.at", Part: "CASE WHEN h.duplicate_of <> '' OR h.merged_into <> '' THEN 'duplicate' ELSE 'distinct' END", Where: w}
		},
		Estimate: shares(10, "duplicate", "distinct"),
	})
}

// BenefitPerIdea is what an idea brought that was implemented in the window: benefits whose reference is the idea, or its address. An idea of
// which none is stated brought nothing.
func BenefitPerIdea() Measure {
	return idea("benefit-per-idea", Measure{Unit: Money, Better: Higher, Interval: Student, Stage: Impact, Formula: "b = Σ benefit / #implemented", Needs: needs("benefit"),
		Parts: []Part{{"implemented", Denominator}},
		Source: func(a Ask) Source {
			w := a.letThrough(a.between((&db.Where{}).And("i.status = 'done'"), "i.status_at").And("i.merged_into = ''").And("p.deleted_at IS NULL"))
			const benefits = " FROM business_fact b WHERE b.kind = 'benefit' AND b.ref <> '' AND (b.ref = i.id OR b.ref LIKE '%/' || i.id))"
			return Source{Table: "community_idea i JOIN post p ON p.id = i.id", ID: "p.id", At: "i.status_at", Part: "'implemented'", Where: w,
				Sum:      "COALESCE((SELECT SUM(b.amount)" + benefits + ", 0)",
				Currency: "COALESCE((SELECT CASE WHEN MIN(b.currency) = MAX(b.currency) THEN MIN(b.currency) ELSE MIN(b.currency) || '+' || MAX(b.currency) END" + benefits + ", '')"}
		},
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(currency string) Estimated {
				if currency == "" {
					return Estimated{}
				}
				return Estimated{Value: sum(facts, "implemented").Mean().AtLeast(10)}
			})
		},
	})
}

// Ideas are the measures of ideas, insights and knowledge.
func Ideas() []Measure {
	repeated := Duplication()
	repeated.Entry = 26
	return []Measure{
		IdeaImplementation(), IdeaConversion(), InnovationCycle(), IdeaResponse(), BenefitPerIdea(), InsightRate(), InsightTime(), repeated, HoursSaved(),
	}
}
