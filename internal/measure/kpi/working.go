package kpi

import (
	"maps"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

func applicants(id, numerator, other, formula string, part string, where string) Measure {
	return Measure{
		ID: id, Section: Working, Entry: 28, Unit: Share, Better: Higher, Days: 180, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("applicant"),
		Parts: []Part{{numerator, Numerator}, {other, Denominator}}, Formula: formula,
		Source: func(a Ask) Source {
			s := a.stated("applicant", part)
			s.Key = "f.source"
			if where != "" {
				s.Where.And(where)
			}
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			e := shares(20, numerator, other)(facts)
			k := map[string][2]int{}
			for _, f := range facts {
				c := k[f.Key]
				if f.Part == numerator {
					c[0] += f.N
				}
				c[1] += f.N
				k[f.Key] = c
			}
			keys, _ := byKey(facts)
			if len(keys) > 1 {
				for _, s := range keys {
					if s != "" {
						e.Terms = append(e.Terms, Term{ID: "source", Name: s, Unit: Share, Value: stat.Share(k[s][0], k[s][1]).AtLeast(20)})
					}
				}
			}
			return e
		},
	}
}

// ApplicantQuality is the share of applicants who passed the screen.
func ApplicantQuality() Measure {
	return applicants("applicant-quality", "passed", "not_passed", "q = #passed / #applicants",
		"CASE WHEN f.status IN ('passed', 'interviewed', 'offered', 'accepted') THEN 'passed' ELSE 'not_passed' END", "")
}

// InterviewRate is the share of applicants who were interviewed.
func InterviewRate() Measure {
	return applicants("interview-rate", "interviewed", "not_interviewed", "i = #interviewed / #applicants",
		"CASE WHEN f.status IN ('interviewed', 'offered', 'accepted') THEN 'interviewed' ELSE 'not_interviewed' END", "")
}

// OfferAcceptance is the share of offers that were accepted.
func OfferAcceptance() Measure {
	m := applicants("offer-acceptance", "accepted_offer", "offered", "o = #accepted / #offered",
		"CASE WHEN f.status = 'accepted' THEN 'accepted_offer' ELSE 'offered' END", "f.status IN ('offered', 'accepted')")
	m.Needs = needs("applicant/offered|accepted")
	return m
}

// settled is a share of what was asked for, invited or agreed that came to be: facts of the kind outcome with a label. What is still open counts
// as open says.
func settled(m Measure, label, met, missed, open string) Measure {
	m.Section, m.Unit, m.Better, m.Clock, m.Interval = Working, Share, Higher, NoClock, Wilson
	m.Dims, m.Of, m.From, m.Needs = ofLeads(), OfFacts, stating(), needs("outcome/"+label)
	m.Parts = []Part{{met, Numerator}, {missed, Denominator}}
	if open != missed {
		m.Parts = append(m.Parts, Part{open, LeftOut})
	}
	m.Source = func(a Ask) Source {
		s := a.stated("outcome", "CASE f.status WHEN 'met' THEN '"+met+"' WHEN 'missed' THEN '"+missed+"' ELSE '"+open+"' END")
		s.Where.And("f.label = ?", label)
		return s
	}
	m.Estimate = shares(m.MinN, met, missed)
	return m
}

// QualityOfHire is the share of hires who are judged to do as expected or better a year on.
func QualityOfHire() Measure {
	return settled(Measure{
		ID: "quality-of-hire", Entry: 28, Days: 730, // who was hired less than a year ago is not judged yet
		MinN: 10, Evidence: Surveyed, Stage: Impact,
		Formula: "q = #{ hires as expected or better after 12 months } / #{ hires }",
	}, "hire", "as_expected", "below", "too_recent")
}

// EmployeeParticipation is the share of those invited who took part.
func EmployeeParticipation() Measure {
	return settled(Measure{
		ID: "employee-participation", Entry: 27, Days: 90, MinN: 20, Evidence: Measured, Stage: Output,
		Formula: "p = #{ employees with ≥ 1 act } / #{ invited }",
	}, "participation", "took_part", "silent", "silent")
}

// TrainedAndActive is the share of those who spoke for us in the window who held a valid certificate each time they did.
func TrainedAndActive() Measure {
	return Measure{
		ID: "trained-and-active", Section: Working, Entry: 27, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Dims: []Dimension{ByChannel, ByTopic, ByLanguage}, Of: OfPosts, From: []string{ledger.PostSaid},
		Parts:   []Part{{"trained", Numerator}, {"untrained", Denominator}},
		Formula: "t = #{ active, training valid } / #{ active }",
		Source: func(a Ask) Source {
			w := a.letThrough(a.between((&db.Where{}).And("p.ours = 1").And("p.automatic = ''").And("p.member <> ''"), "p.at"))
			valid := "SELECT 1 FROM certificate g WHERE g.member = p.member AND g.given_at <= p.at AND (g.until IS NULL OR g.until > p.at) AND (g.revoked_at IS NULL OR g.revoked_at > p.at)"
			return Source{Table: "post p", ID: "p.id", At: "p.at", Key: "p.member", Where: w, Part: "CASE WHEN EXISTS (" + valid + ") THEN 'trained' ELSE 'untrained' END"}
		},
		Estimate: func(facts []Fact) Estimated {
			said := map[string][2]int{} // with a valid certificate, and without
			for _, f := range facts {
				n := said[f.Key]
				if f.Part == "trained" {
					n[0] += f.N
				} else {
					n[1] += f.N
				}
				said[f.Key] = n
			}
			trained, active := 0, 0
			for _, n := range said {
				if n[0]+n[1] > 0 {
					active++
				}
				if n[0] > 0 && n[1] <= 0 {
					trained++
				}
			}
			return Estimated{Value: stat.Share(trained, active).AtLeast(20)}
		},
	}
}

// SupplierSavings is what lower prices saved on what was bought. Cost plus, list less and substitution are told apart by the label of the
// purchase and are savings of the same form; what was only avoided is a measure of its own.
func SupplierSavings() Measure {
	return Measure{
		ID: "supplier-savings", Section: Working, Entry: 29, Unit: Money, Better: Higher, Days: 365, Clock: NoClock, Interval: ExactNumber, Evidence: Measured, Stage: Impact,
		Dims: []Dimension{ByTeam, ByPartner}, Of: OfFacts, From: stating(), Needs: needs("purchase"),
		Parts:    []Part{{"purchase", Numerator}, {"no_old_price", LeftOut}},
		Formula:  "s = Σ (old price − new price) · volume",
		Source:   func(a Ask) Source { return a.cheaper("purchase", "purchase") },
		Estimate: addedUp("purchase"),
	}
}

// cheaper is what a price below the one before, or the one proposed, comes to over the volume.
func (a Ask) cheaper(kind, part string) Source {
	s := a.stated(kind, "CASE WHEN f.before IS NULL THEN 'no_old_price' ELSE '"+part+"' END")
	s.N, s.Sum, s.Currency = "", "CASE WHEN f.before IS NULL THEN 0 ELSE (f.before - COALESCE(f.amount, 0)) * f.quantity END", "f.currency"
	return s
}

// addedUp is the amounts of a part.
func addedUp(part string) func([]Fact) Estimated {
	return func(facts []Fact) Estimated {
		return inMoney(facts, func(string) Estimated {
			m := sum(facts, part)
			if m.N == 0 {
				return Estimated{}
			}
			return Estimated{Value: stat.Exact(m.Sum, m.N)}
		})
	}
}

// CostAvoidance is what increases would have cost that we did not have to accept.
func CostAvoidance() Measure {
	m := SupplierSavings()
	m.ID, m.Evidence, m.Needs = "cost-avoidance", Modelled, needs("proposal")
	m.Parts = []Part{{"negotiated", Numerator}, {"no_old_price", LeftOut}}
	m.Formula = "a = Σ (proposed price − final price) · volume"
	m.Source = func(a Ask) Source { return a.cheaper("proposal", "negotiated") }
	m.Estimate = addedUp("negotiated")
	return m
}

// pillars are the sides of what a partner does with us, with their weights.
func pillars() []Part {
	return []Part{{"enablement", Numerator}, {"revenue", Numerator}, {"activity", Numerator}, {"experience", Numerator}}
}

// PartnerEngagement is how much partners do with us: of each the weighted sum of four sides, on which what is long past counts less, and
// of all partners the mean.
func PartnerEngagement() Measure {
	weights := map[string]float64{"enablement": 0.3, "revenue": 0.4, "activity": 0.2, "experience": 0.1}
	return Measure{
		ID: "partner-engagement", Section: Working, Entry: 30, Unit: Index, Better: Higher, Days: 90, Clock: NoClock, Interval: ExactNumber, Evidence: Modelled, Stage: Outcome,
		Dims: []Dimension{ByPartner, ByCampaign, ByCommunity, ByTeam}, Of: OfFacts, From: stating(), Needs: needs("act"),
		Parts:   pillars(),
		Formula: "P = Σ wₚ · pillarₚ,  pillarₚ = min(100, Σ points · 2^(−age/30 d))",
		Source: func(a Ask) Source {
			s := a.stated("act", "f.label")
			s.N, s.Sum, s.Key = "", "f.quantity", "CASE WHEN f.partner <> '' THEN f.partner ELSE f.organisation END"
			return s
		},
		Between: func(from, to time.Time, facts []Fact) Estimated {
			acts, n := map[[2]string][]stat.Act{}, 0
			for _, f := range facts {
				if !f.At.Before(from) && f.N > 0 && weights[f.Part] > 0 {
					acts[[2]string{f.Key, f.Part}] = append(acts[[2]string{f.Key, f.Part}], stat.Act{Points: f.Sum, Ago: to.Sub(f.At)})
					n += f.N
				}
			}
			of := map[string]float64{}
			for _, p := range pillars() { // in this order, so that rounding does not depend on that of facts
				for k, list := range acts {
					if k[1] == p.ID {
						of[k[0]] += weights[p.ID] * stat.Decayed(list, 30*day, 100).Value
					}
				}
			}
			return perPartner(of, n, Index)
		},
	}
}

// perPartner is the mean of numbers by partner, with each of them beside it.
func perPartner(of map[string]float64, n int, unit Unit) Estimated {
	var e Estimated
	names := slices.Sorted(maps.Keys(of))
	total := 0.0
	for _, k := range names {
		total += of[k]
		if k != "" && len(names) > 1 {
			e.Terms = append(e.Terms, Term{ID: "partner", Unit: unit, Name: k, Value: stat.Exact(of[k], 1)})
		}
	}
	if len(names) > 0 && n > 0 {
		e.Value = stat.Exact(total/float64(len(names)), n)
	}
	return e
}

// Alliance are the measures of an alliance. What partners bid, look for, agree and part by are outcomes; stages and shares are survey results.
func Alliance() []Measure {
	share := func(id, formula, label, met, missed, open string) Measure {
		return settled(Measure{ID: id, Entry: 31, Days: 365, MinN: 5, Evidence: Measured, Stage: Outcome, Formula: formula}, label, met, missed, open)
	}
	base := func(id string, unit Unit, formula string, needs []string, parts ...Part) Measure {
		return Measure{ID: id, Section: Working, Entry: 31, Unit: unit, Better: Higher, Days: 365, Clock: NoClock, Interval: ExactNumber, Evidence: Measured, Stage: Outcome,
			Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs, Parts: parts, Formula: formula}
	}
	pipeline := base("joint-pipeline", Money, "J = Σ value of joint bids that are open", needs("outcome/bid"), Part{"bid", Numerator}, Part{"no_value", LeftOut})
	pipeline.Source = func(a Ask) Source {
		s := a.stated("outcome", "CASE WHEN f.amount IS NULL THEN 'no_value' ELSE 'bid' END")
		s.N, s.Sum, s.Currency = "", total, "f.currency"
		s.Where.And("f.label = 'bid'").And("f.status = 'open'")
		return s
	}
	pipeline.Estimate = addedUp("bid")
	stated := func(a Ask, part string, labels string) Source {
		s := a.statedAny(part, "f.quantity", "survey")
		s.Until, s.Key = "", "f.partner" // a state, not something that is spread over its period
		s.Where = a.business(a.between((&db.Where{}).And("f.kind = 'survey'").And("f.label IN ("+labels+")"), "f.at"))
		return s
	}
	stage := base("alliance-stage", Index, "stage of ISO 44001, 1 to 8", needs("survey/alliance_stage"), Part{"stage", Numerator})
	stage.Source = func(a Ask) Source { return stated(a, "'stage'", "'alliance_stage'") }
	stage.Estimate = func(facts []Fact) Estimated {
		of, n := map[string]float64{}, 0
		for k, list := range byPartner(facts) {
			if e := newest(list, "stage"); e.Defined() {
				of[k] = min(max(e.Value, 1), 8)
				n += count(list, "stage")
			}
		}
		return perPartner(of, n, Index)
	}
	split := base("value-split", Ratio, "v = share received / share agreed", needs("survey/share_received", "survey/share_agreed"), Part{"paid", Numerator}, Part{"agreed", Denominator})
	split.Better = Within
	split.Source = func(a Ask) Source {
		return stated(a, "CASE f.label WHEN 'share_received' THEN 'paid' ELSE 'agreed' END", "'share_received', 'share_agreed'")
	}
	split.Estimate = func(facts []Fact) Estimated {
		of, n := map[string]float64{}, 0
		for k, list := range byPartner(facts) {
			paid, agreed := sum(list, "paid"), sum(list, "agreed")
			if paid.N > 0 && agreed.N > 0 && agreed.Sum > 0 {
				of[k] = (paid.Sum / float64(paid.N)) / (agreed.Sum / float64(agreed.N))
				n += paid.N + agreed.N
			}
		}
		return perPartner(of, n, Ratio)
	}
	return []Measure{
		pipeline,
		share("bid-win-rate", "w = #{ bids won } / #{ bids decided }", "bid", "won", "lost", "undecided"),
		share("capability-fill-rate", "f = #{ capabilities asked for and found } / #{ asked for }", "capability", "filled", "unfilled", "unfilled"),
		stage,
		split,
		share("exit-readiness", "e = #{ exit conditions met } / #{ exit conditions }", "exit", "met", "missing", "missing"),
	}
}

// byPartner tells facts apart by their key.
func byPartner(facts []Fact) map[string][]Fact {
	of := map[string][]Fact{}
	for _, f := range facts {
		of[f.Key] = append(of[f.Key], f)
	}
	return of
}
