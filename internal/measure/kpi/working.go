package kpi

import (
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
	return applicants("offer-acceptance", "accepted_offer", "offered", "o = #accepted / #offered",
		"CASE WHEN f.status = 'accepted' THEN 'accepted_offer' ELSE 'offered' END", "f.status IN ('offered', 'accepted')")
}

// QualityOfHire waits for judgements a year on.
func QualityOfHire() Measure {
	return pending(Measure{
		ID: "quality-of-hire", Section: Working, Entry: 28, Unit: Share, Better: Higher, Days: 365, Clock: NoClock, MinN: 10, Interval: Wilson, Evidence: Surveyed, Stage: Impact,
		Parts:   []Part{{"as_expected", Numerator}, {"below", Denominator}},
		Formula: "q = #{ hires as expected or better after 12 months } / #{ hires }",
	}, "hire-review")
}

// EmployeeParticipation waits for who was invited and who is an employee.
func EmployeeParticipation() Measure {
	return pending(Measure{
		ID: "employee-participation", Section: Working, Entry: 27, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Parts:   []Part{{"took_part", Numerator}, {"silent", Denominator}},
		Formula: "p = #{ employees with ≥ 1 act } / #{ invited }",
	}, "programme")
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
		Parts:   []Part{{"purchase", Numerator}, {"no_old_price", LeftOut}},
		Formula: "s = Σ (old price − new price) · volume",
		Source: func(a Ask) Source {
			s := a.stated("purchase", "CASE WHEN f.before IS NULL THEN 'no_old_price' ELSE 'purchase' END")
			s.N, s.Sum, s.Currency = "", "CASE WHEN f.before IS NULL THEN 0 ELSE (f.before - COALESCE(f.amount, 0)) * f.quantity END", "f.currency"
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				m := sum(facts, "purchase")
				if m.N == 0 {
					return Estimated{}
				}
				return Estimated{Value: stat.Exact(m.Sum, m.N)}
			})
		},
	}
}

// CostAvoidance waits for prices that were proposed.
func CostAvoidance() Measure {
	return pending(Measure{
		ID: "cost-avoidance", Section: Working, Entry: 29, Unit: Money, Better: Higher, Days: 365, Clock: NoClock, Interval: ExactNumber, Evidence: Modelled, Stage: Impact,
		Parts:   []Part{{"purchase", Numerator}},
		Formula: "a = Σ (proposed price − final price) · volume",
	}, "proposal")
}

// PartnerEngagement waits for programmes.
func PartnerEngagement() Measure {
	return pending(Measure{
		ID: "partner-engagement", Section: Working, Entry: 30, Unit: Index, Better: Higher, Days: 90, Clock: NoClock, Interval: ExactNumber, Evidence: Modelled, Stage: Outcome,
		Parts:   []Part{{"act", Numerator}},
		Formula: "P = Σ wₚ · pillarₚ,  pillarₚ = min(100, Σ points · 2^(−age/30 d))",
	}, "programme")
}

// Alliance are the measures of an alliance; they wait for its market place.
func Alliance() []Measure {
	base := func(id string, unit Unit, interval Interval, formula string, parts ...Part) Measure {
		return pending(Measure{ID: id, Section: Working, Entry: 31, Unit: unit, Better: Higher, Days: 365, Clock: NoClock, MinN: 5, Interval: interval, Evidence: Measured, Stage: Outcome,
			Parts: parts, Formula: formula}, "alliance")
	}
	split := base("value-split", Ratio, ExactNumber, "v = share received / share agreed", Part{"paid", Numerator})
	split.Better = Within
	return []Measure{
		base("joint-pipeline", Money, ExactNumber, "J = Σ value of joint bids that are open", Part{"bid", Numerator}),
		base("bid-win-rate", Share, Wilson, "w = #{ bids won } / #{ bids decided }", Part{"won", Numerator}, Part{"lost", Denominator}),
		base("capability-fill-rate", Share, Wilson, "f = #{ capabilities asked for and found } / #{ asked for }", Part{"filled", Numerator}, Part{"unfilled", Denominator}),
		base("alliance-stage", Index, ExactNumber, "stage of ISO 44001, 1 to 8", Part{"stage", Numerator}),
		split,
		base("exit-readiness", Share, ExactNumber, "e = #{ exit conditions met } / #{ exit conditions }", Part{"met", Numerator}, Part{"missing", Denominator}),
	}
}
