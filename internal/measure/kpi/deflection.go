package kpi

import (
	"maps"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// DeflectedContacts is how many contacts a community saved, by visits and a survey of visitors.
func DeflectedContacts() Measure {
	return Measure{
		ID: "deflected-contacts", Section: Service, Entry: 6, Unit: Contacts, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: LogDelta, Evidence: Surveyed, Stage: Outcome,
		Dims: []Dimension{ByCommunity, ByChannel}, Of: OfFacts, From: stating(), Needs: needs("visit/visits", "survey/support", "survey/found", "survey/would_contact"), Spread: true,
		Parts:   []Part{{"visits", Denominator}, {"support", Denominator}, {"found", Denominator}, {"would_contact", Denominator}},
		Formula: "D = V · p(support) · p(found | support) · p(contact | found)",
		Source:  func(a Ask) Source { return a.asked("visits", "support", "found", "would_contact") },
		Estimate: func(facts []Fact) Estimated {
			d, terms := deflected(facts)
			return Estimated{Value: d.AtLeast(30), Terms: terms}
		},
	}
}

// asked is visits, or contacts by self-service when first is self_service, and the answers to questions, keyed by community and by how many
// answered.
func (a Ask) asked(first string, questions ...string) Source {
	kind, is := "visit", "f.label = 'visits'"
	if first == "self_service" {
		kind, is = "contact", "f.status = 'self_service'"
	}
	s := a.statedAny("CASE f.kind WHEN 'survey' THEN f.label ELSE '"+first+"' END", "f.quantity", kind, "survey")
	s.Key = placed
	list := ""
	for i, q := range questions {
		if i > 0 {
			list += ", "
		}
		list += "'" + q + "'"
	}
	s.Where.And("(" + ofFact + " = '" + kind + "' AND " + is + " OR " + ofFact + " = 'survey' AND f.label IN (" + list + "))")
	return s
}

// placed keys a fact by its community, and answers by how many gave them too.
const placed = "f.community || CASE f.kind WHEN 'survey' THEN ' # ' || f.ref ELSE '' END"

// places tells the facts of each community apart, those of none too, in order of their names; keys are then what answered reads.
func places(facts []Fact) [][]Fact {
	of := map[string][]Fact{}
	for _, f := range facts {
		place, n, _ := strings.Cut(f.Key, " # ")
		f.Key = n
		of[place] = append(of[place], f)
	}
	var out [][]Fact
	for _, k := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[k])
	}
	return out
}

// multiplied adds up, over communities, events times what each of the questions found there. Events of a community where one of them was not
// asked save nothing. The terms are of those that count.
func multiplied(facts []Fact, events string, questions ...string) (d stat.Estimate, terms []Term) {
	var counting []Fact
	for _, of := range places(facts) {
		e := sum(of, events)
		factors := make([]stat.Estimate, len(questions))
		asked := e.N > 0
		for i, q := range questions {
			factors[i] = answered(of, q)
			asked = asked && factors[i].Defined()
		}
		if !asked {
			continue
		}
		counting = append(counting, of...)
		here := stat.Deflection(int(e.Sum+0.5), factors[0], factors[1], factors[2])
		if d.Defined() {
			n := d.N + here.N
			d = d.Plus(here)
			d.N = n
		} else {
			d = here
		}
	}
	e := sum(counting, events)
	terms = []Term{{ID: events, Unit: Number, Value: stat.Exact(e.Sum, e.N)}}
	if e.N == 0 {
		terms[0].Value = stat.Estimate{}
	}
	for _, q := range questions {
		terms = append(terms, Term{ID: q, Unit: Share, Value: answered(counting, q)})
	}
	return d, terms
}

// deflected works out what visits and the survey come to.
func deflected(facts []Fact) (stat.Estimate, []Term) {
	return multiplied(facts, "visits", "support", "found", "would_contact")
}

// DeflectedEntitled is how many contacts self-help saved among those entitled to be helped.
func DeflectedEntitled() Measure {
	return Measure{
		ID: "deflected-entitled", Section: Service, Entry: 6, Unit: Contacts, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: LogDelta, Evidence: Surveyed, Stage: Outcome,
		Dims: []Dimension{ByCommunity, ByChannel}, Of: OfFacts, From: stating(), Needs: needs("contact/self_service", "survey/success", "survey/intent", "survey/no_further"), Spread: true,
		Parts:   []Part{{"self_service", Denominator}, {"success", Denominator}, {"intent", Denominator}, {"no_further", Denominator}},
		Formula: "D = E · p(success) · p(intent) · p(no further help)",
		Source:  func(a Ask) Source { return a.asked("self_service", "success", "intent", "no_further") },
		Estimate: func(facts []Fact) Estimated {
			d, terms := multiplied(facts, "self_service", "success", "intent", "no_further")
			return Estimated{Value: d.AtLeast(30), Terms: terms}
		},
	}
}

// OfVisits is somebody with a question at a contact point.
const OfVisits Thing = "visit"

// contactWithin is how long after a question contact is still about it, as the contact point said then.
const contactWithin = "v.days * 86400000000"

// asking is the visits to contact points between the cuts; wrote says whether contact was made in time. Younger ones are still open.
func (a Ask) asking() (s Source, wrote, young string) {
	w := a.between(&db.Where{}, "v.at")
	young = "v.at + " + contactWithin + " > " + w.Arg(db.T(a.Now))
	return Source{Table: "contact_visit v", ID: "v.id", At: "v.at", Where: w}, "(v.wrote_at IS NOT NULL AND v.wrote_at <= v.at + " + contactWithin + ")", young
}

func visits(m Measure) Measure {
	m.Section, m.Entry, m.Unit, m.Better, m.Days, m.Clock, m.Evidence, m.Stage = Service, 6, Contacts, Higher, 30, NoClock, Measured, Outcome
	m.Of, m.From, m.Moving = OfVisits, []string{ledger.VisitBegun, ledger.VisitRead, ledger.VisitWrote}, true
	return m
}

// DeflectedExplicit is how many left a contact point after they read an answer and did not write in time.
func DeflectedExplicit() Measure {
	return visits(Measure{
		ID: "deflected-explicit", MinN: 30, Interval: Poisson,
		Parts:   []Part{{"given_up", Numerator}, {"wrote", LeftOut}, {"too_recent", LeftOut}},
		Formula: "D = #{ form left after opening a suggested answer, no contact within d days }",
		Source: func(a Ask) Source {
			s, wrote, young := a.asking()
			s.Where.And("v.held = 0").And("v.read_at IS NOT NULL")
			s.Part = "CASE WHEN " + wrote + " THEN 'wrote' WHEN " + young + " THEN 'too_recent' ELSE 'given_up' END"
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			if len(facts) == 0 {
				return Estimated{}
			}
			return Estimated{Value: stat.Count(count(facts, "given_up")).AtLeast(30)}
		},
	})
}

// DeflectedHoldout is how many contacts answers saved, against a random part of people to whom none were shown. What was asked while nobody was held
// back has nothing to be compared with.
func DeflectedHoldout() Measure {
	return visits(Measure{
		ID: "deflected-holdout", MinN: 100, Interval: Difference,
		Parts:   []Part{{"treated_wrote", Numerator}, {"treated_left", Denominator}, {"control_wrote", Numerator}, {"control_left", Denominator}, {"too_recent", LeftOut}},
		Formula: "D = (c / n_c − t / n_t) · n_t",
		Source: func(a Ask) Source {
			s, wrote, young := a.asking()
			s.Where.And("v.holdout > 0")
			s.Part = "CASE WHEN " + young + " THEN 'too_recent' WHEN v.held = 1 THEN CASE WHEN " + wrote + " THEN 'control_wrote' ELSE 'control_left' END WHEN " + wrote + " THEN 'treated_wrote' ELSE 'treated_left' END"
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			c, t := count(facts, "control_wrote"), count(facts, "treated_wrote")
			controls, treated := c+count(facts, "control_left"), t+count(facts, "treated_left")
			if controls == 0 || treated == 0 {
				return Estimated{}
			}
			return Estimated{Value: stat.Holdout(c, controls, t, treated).AtLeast(100), Terms: []Term{{ID: "control_rate", Unit: Share, Value: stat.Share(c, controls)}, {ID: "treated_rate", Unit: Share, Value: stat.Share(t, treated)}}}
		},
	})
}

// ContactAvoidance is the part of all who would have contacted us that did not have to.
func ContactAvoidance() Measure {
	return Measure{
		ID: "contact-avoidance-rate", Section: Service, Entry: 6, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 30, Interval: LogDelta, Evidence: Surveyed, Stage: Outcome,
		Dims: []Dimension{ByCommunity, ByChannel}, Of: OfFacts, From: stating(), Needs: needs("visit/visits", "survey/support", "survey/found", "survey/would_contact", "contact/assisted"), Spread: true,
		Parts:   []Part{{"visits", Denominator}, {"support", Denominator}, {"found", Denominator}, {"would_contact", Denominator}, {"assisted", Denominator}},
		Formula: "a = D / (D + A)",
		Source: func(a Ask) Source {
			s := a.saving()
			s.Where.And("f.kind <> 'cost'").And("f.status <> 'self_service'")
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			d, terms := deflected(facts)
			assisted := sum(facts, "assisted")
			terms = append(terms, Term{ID: "deflected", Unit: Contacts, Value: d}, Term{ID: "assisted", Unit: Contacts, Value: stat.Exact(assisted.Sum, assisted.N)})
			if assisted.N == 0 {
				return Estimated{Terms: terms}
			}
			return Estimated{Value: stat.Avoidance(d, int(assisted.Sum+0.5)).AtLeast(30), Terms: terms}
		},
	}
}

// saving is all that tells what deflected contacts are worth: visits, answers, contacts and costs.
func (a Ask) saving() Source {
	part := "CASE f.kind WHEN 'survey' THEN f.label WHEN 'visit' THEN 'visits' WHEN 'contact' THEN f.status ELSE CASE f.label WHEN 'support' THEN 'support_cost' ELSE f.label END END"
	s := a.statedAny(part, "CASE f.kind WHEN 'cost' THEN "+total+" ELSE f.quantity END", "visit", "survey", "contact", "cost")
	s.Key = placed
	s.Currency = "CASE f.kind WHEN 'cost' THEN f.currency ELSE '' END"
	s.Where.And(`(` + ofFact + ` = 'visit' AND f.label = 'visits' OR ` + ofFact + ` = 'survey' AND f.label IN ('support', 'found', 'would_contact')
		OR ` + ofFact + ` = 'contact' AND f.status IN ('assisted', 'self_service') OR ` + ofFact + ` = 'cost' AND f.label IN ('support', 'platform', 'moderation', 'content'))`)
	return s
}

// savingParts is the parts of saving.
func savingParts() []Part {
	return []Part{{"visits", Denominator}, {"support", Denominator}, {"found", Denominator}, {"would_contact", Denominator}, {"assisted", Denominator},
		{"self_service", LeftOut}, {"support_cost", Denominator}, {"platform", Denominator}, {"moderation", Denominator}, {"content", Denominator}}
}

// saved works out D · (C_assisted − C_self) and what it is made of. What one more self-help costs us is nowhere stated: C_self is 0, and what
// the community costs in all is taken off apart.
func saved(facts []Fact) (gross stat.Estimate, programme float64, deflection stat.Estimate, terms []Term) {
	d, terms := deflected(facts)
	assisted, support := sum(facts, "assisted"), sum(facts, "support_cost")
	programme = sum(facts, "platform", "moderation", "content").Sum
	each := stat.Estimate{}
	if assisted.Sum > 0 && support.Sum > 0 {
		each = stat.Exact(support.Sum/assisted.Sum, assisted.N)
	}
	terms = append(terms, Term{ID: "deflected", Unit: Contacts, Value: d}, Term{ID: "cost_assisted", Unit: Money, Value: each})
	if !each.Defined() {
		return stat.Estimate{}, programme, d, terms
	}
	return d.Scale(each.Value), programme, d, terms
}

// ContactSaving is what the deflected contacts would have cost more with us than by self-help.
func ContactSaving() Measure {
	return Measure{
		ID: "contact-saving", Section: Service, Entry: 7, Unit: Money, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: LogDelta, Evidence: Surveyed, Stage: Impact,
		Dims: []Dimension{ByCommunity, ByChannel}, Of: OfFacts, From: stating(), Needs: needs("visit/visits", "survey/support", "survey/found", "survey/would_contact", "contact/assisted", "cost/support"), Spread: true, Parts: savingParts(),
		Formula: "saving = D · (C_assisted − C_self),  C_assisted = support cost / assisted contacts",
		Source:  func(a Ask) Source { return a.saving() },
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				gross, _, _, terms := saved(facts)
				return Estimated{Value: gross.AtLeast(30), Terms: terms}
			})
		},
	}
}

// ContactSavingNet is the same less what the community costs.
func ContactSavingNet() Measure {
	m := ContactSaving()
	m.ID, m.Formula = "contact-saving-net", "net = D · (C_assisted − C_self) − platform − moderation − content"
	m.Estimate = func(facts []Fact) Estimated {
		return inMoney(facts, func(string) Estimated {
			gross, programme, _, terms := saved(facts)
			terms = append(terms, Term{ID: "saving", Unit: Money, Value: gross}, Term{ID: "programme_cost", Unit: Money, Value: stat.Exact(programme, 1)})
			return Estimated{Value: gross.Minus(stat.Exact(programme, 0)).AtLeast(30), Terms: terms}
		})
	}
	return m
}

// CostPerContactSaved is what the community costs for each contact it saved.
func CostPerContactSaved() Measure {
	m := ContactSaving()
	m.ID, m.Formula, m.Better = "cost-per-contact-saved", "c = (platform + moderation + content) / D", Lower
	m.Needs = needs("visit/visits", "survey/support", "survey/found", "survey/would_contact", "cost/platform|moderation|content")
	m.Estimate = func(facts []Fact) Estimated {
		return inMoney(facts, func(string) Estimated {
			_, programme, d, terms := saved(facts)
			terms = append(terms, Term{ID: "programme_cost", Unit: Money, Value: stat.Exact(programme, 1)})
			if programme <= 0 {
				return Estimated{Terms: terms}
			}
			return Estimated{Value: stat.Quotient(stat.Exact(programme, 1), d).AtLeast(30), Terms: terms}
		})
	}
	return m
}
