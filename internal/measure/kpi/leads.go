package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// conversionTime is how long a lead has to become a customer.
const conversionTime = 90 * day

// LeadConversion is the share of leads of the window that became customers within 90 days each. Younger ones are left out, won or not.
func LeadConversion() Measure {
	return Measure{
		ID: "lead-conversion", Section: Customers, Entry: 12, Unit: Share, Better: Higher, Days: 180, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: ofLeads(), Of: OfFacts, From: stating(), Needs: needs("lead"), Moving: true, Ripens: conversionTime,
		Parts:    []Part{{"won", Numerator}, {"not_won", Denominator}, {"too_recent", LeftOut}},
		Formula:  "c = #{ l : won(l) − created(l) ≤ 90 d } / #{ l }",
		Source:   func(a Ask) Source { return a.cohort() },
		Estimate: shares(30, "won", "not_won"),
	}
}

// cohort is leads created between the cuts, by whether they were won in time. A win of its own names its lead; a lead that was stated again as
// won has no date of that, and counts as won in time.
func (a Ask) cohort() Source {
	s := a.stated("lead", "")
	s.Where.And("f.ref = ''")
	young := s.Where.Arg(db.T(a.Now.Add(-conversionTime)))
	s.Part = "CASE WHEN f.at > " + young + " THEN 'too_recent' WHEN f.status = 'won' OR EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'lead' AND g.status = 'won' AND g.ref <> '' AND g.ref = f.external AND g.at <= f.at + " +
		since(conversionTime) + ") THEN 'won' ELSE 'not_won' END"
	return s
}

// ReferralConversion is the same of leads that came by a recommendation.
func ReferralConversion() Measure {
	m := LeadConversion()
	m.ID, m.Entry = "referral-conversion", 13
	m.Formula = "c = #{ l : source(l) = referral, won(l) − created(l) ≤ 90 d } / #{ l : source(l) = referral }"
	m.Source = func(a Ask) Source {
		s := a.cohort()
		s.Where.And("LOWER(f.source) IN ('referral', 'recommendation', 'recommandation', 'parrainage', 'ambassador', 'ambassadeur')")
		return s
	}
	return m
}

// SocialLeadShare is the share of leads that came over a channel, a community or a social network.
func SocialLeadShare() Measure {
	return Measure{
		ID: "social-lead-share", Section: Customers, Entry: 12, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: []Dimension{ByTeam, ByPartner, ByCampaign}, Of: OfFacts, From: stating(), Needs: needs("lead"),
		Parts:   []Part{{"social", Numerator}, {"elsewhere", Denominator}},
		Formula: "s = #{ l : social(l) } / #{ l }",
		Source: func(a Ask) Source {
			s := a.stated("lead", "CASE WHEN "+social("f")+" THEN 'social' ELSE 'elsewhere' END")
			s.Where.And("f.ref = ''")
			return s
		},
		Estimate: shares(30, "social", "elsewhere"),
	}
}

// CostPerLead is what acquisition costs for each lead.
func CostPerLead() Measure {
	return Measure{
		ID: "cost-per-lead", Section: Customers, Entry: 12, Unit: Money, Better: Lower, Days: 90, Clock: NoClock, MinN: 10, Interval: LogDelta, Evidence: Measured, Stage: Output,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("lead", "cost/acquisition"), Spread: true,
		Parts:   []Part{{"lead", Denominator}, {"acquisition", Numerator}},
		Formula: "c = acquisition cost / #{ l }",
		Source: func(a Ask) Source {
			s := a.statedAny("CASE f.kind WHEN 'cost' THEN f.label ELSE 'lead' END", "CASE f.kind WHEN 'cost' THEN "+total+" ELSE f.quantity END", "lead", "cost")
			s.Currency = "CASE f.kind WHEN 'cost' THEN f.currency ELSE '' END"
			s.Where.And("(" + ofFact + " = 'lead' AND f.ref = '' OR " + ofFact + " = 'cost' AND f.label = 'acquisition')")
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				leads, cost := sum(facts, "lead"), sum(facts, "acquisition")
				e := Estimated{Terms: []Term{{ID: "acquisition_cost", Unit: Money, Value: stat.Exact(cost.Sum, cost.N)}, {ID: "leads", Unit: People, Value: stat.Count(int(leads.Sum + 0.5))}}}
				if leads.N > 0 && cost.N > 0 {
					e.Value = stat.Quotient(stat.Exact(cost.Sum, cost.N), stat.Count(int(leads.Sum+0.5))).AtLeast(10)
				}
				return e
			})
		},
	}
}

// WinRate is the share of decided leads that were won.
func WinRate() Measure {
	return Measure{
		ID: "win-rate", Section: Customers, Entry: 12, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Outcome,
		Dims: ofLeads(), Of: OfFacts, From: stating(), Needs: needs("lead/won|lost"),
		Parts:   []Part{{"won", Numerator}, {"lost", Denominator}},
		Formula: "w = #won / (#won + #lost)",
		Source: func(a Ask) Source {
			s := a.stated("lead", "f.status")
			// A lead of which a win or loss is stated apart counts there.
			s.Where.And("f.status IN ('won', 'lost')").And("(f.external = '' OR NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'lead' AND g.ref <> '' AND g.ref = f.external AND g.status IN ('won', 'lost')))")
			return s
		},
		Estimate: shares(20, "won", "lost"),
	}
}

// LeadCycle is how long it takes from a lead to a customer. Leads that are still open are observed until now; those lost never end.
func LeadCycle() Measure {
	return Measure{
		ID: "lead-cycle-time", Section: Customers, Entry: 12, Unit: Seconds, Better: Lower, Days: 180, Clock: Calendar, MinN: 10, Interval: Brookmeyer, Evidence: Measured, Stage: Outcome,
		Dims: ofLeads(), Of: OfFacts, From: stating(), Needs: needs("lead"), Moving: true,
		Parts:   []Part{{"won", Numerator}, {"open", Denominator}},
		Formula: "S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ },  t = won − created",
		Source: func(a Ask) Source {
			s := a.stated("lead", "")
			won := "(SELECT MIN(g.at) FROM business_fact g WHERE g.kind = 'lead' AND g.status = 'won' AND g.ref <> '' AND g.ref = f.external)"
			now := s.Where.Arg(db.T(a.Now))
			s.N = ""
			s.Where.And("f.ref = ''").And("(f.status = 'open' OR " + won + " IS NOT NULL)").And("(" + won + " IS NOT NULL OR NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'lead' AND g.status = 'lost' AND g.ref <> '' AND g.ref = f.external))")
			s.Part = "CASE WHEN " + won + " IS NULL THEN 'open' ELSE 'won' END"
			s.For = "CASE WHEN COALESCE(" + won + ", " + now + ") > f.at THEN COALESCE(" + won + ", " + now + ") - f.at ELSE 0 END"
			s.Open = "CASE WHEN " + won + " IS NULL THEN 1 ELSE 0 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	}
}

// ActiveAmbassadors is how many of those who agreed to be asked helped in a thread after they were. One act is enough: we ask seldom.
func ActiveAmbassadors() Measure {
	return Measure{
		ID: "active-ambassadors", Section: Customers, Entry: 13, Unit: People, Better: Higher, Days: 90, Clock: NoClock, Interval: ExactNumber, Evidence: Measured, Stage: Output,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostSaid}, Parts: []Part{{"active", Numerator}},
		Formula: "A = #{ m : #acts(m) ≥ k in 90 d },  k = 1",
		Source: func(a Ask) Source {
			s := a.forum("'active'", true)
			s.Key = "p.author"
			s.Where.And("p.root IN (SELECT x.thread FROM community_ambassador_ask x WHERE x.at < ?)", db.T(a.To())) // which are few
			s.Where.And("EXISTS (SELECT 1 FROM community_ambassador_ask h JOIN member m ON m.id = h.member WHERE h.thread = p.root AND 'mailto:' || m.email = p.author AND h.at <= p.at)")
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			who, _ := byKey(facts)
			if len(who) == 0 {
				return Estimated{} // nobody was asked, or nobody helped: neither is told apart here
			}
			return Estimated{Value: stat.Exact(float64(len(who)), count(facts, "active")).AtLeast(1)}
		},
	}
}

// AdvocacyShare is the part of what speaks well that was said by members who agreed to be ambassadors.
func AdvocacyShare() Measure {
	return Measure{
		ID: "advocacy-share", Section: Customers, Entry: 13, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Modelled, Stage: Outtake,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostSaid, ledger.PostLabelled}, Parts: []Part{{"ambassadors", Numerator}, {"others", Denominator}},
		Formula: "a = #{ positive, by ambassadors } / #{ positive }",
		Source: func(a Ask) Source {
			return Source{Table: "post p JOIN enrichment f ON f.post = p.id", ID: "p.id", At: "p.at", Where: a.praise(),
				Part: "CASE WHEN p.author LIKE 'mailto:%' AND EXISTS (SELECT 1 FROM member m JOIN community_ambassador b ON b.member = m.id WHERE b.willing = 1 AND m.email = SUBSTR(p.author, 8)) THEN 'ambassadors' ELSE 'others' END"}
		},
		// All that speaks well is counted where tone is; what ambassadors said is found by who they are.
		Made: func(f Filter) []Made {
			by := func(a Ask) Source {
				s := Source{Table: "community_ambassador b CROSS JOIN member m CROSS JOIN post p CROSS JOIN enrichment f", ID: "p.id", At: "p.at", Part: "'ambassadors'", Where: a.praise()}
				s.Where.And("b.willing = 1 AND m.id = b.member AND p.author = 'mailto:' || m.email AND f.post = p.id")
				return s
			}
			return []Made{{Measure: OverallSentiment(), Filter: f, Before: "all "},
				{Measure: Measure{ID: "advocacy-share/ambassadors", Of: OfPosts, Parts: []Part{{"ambassadors", Numerator}}, Source: by}, Filter: f}}
		},
		Estimate: func(facts []Fact) Estimated {
			k := count(facts, "ambassadors")
			n := max(k, count(facts, "all positive"))
			return Estimated{Value: stat.Share(k, n).AtLeast(30), Counts: map[string]int{"ambassadors": k, "others": n - k}}
		},
	}
}

// praise is what others said well of us between the cuts.
func (a Ask) praise() *db.Where {
	return a.letThrough(a.between((&db.Where{}).And("p.ours = 0").And("p.automatic = ''").And("f.sentiment = 'positive'"), "p.at"))
}
