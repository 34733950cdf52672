package kpi

import (
	"context"
	"math"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
)

// Retention is the share of those who were customers at the beginning of the window that still are at its end: (E − N)/S, counted customer by
// customer. Facts that name no customer cannot be followed and are left out.
func Retention() Measure {
	return Measure{
		ID: "customer-retention", Section: Customers, Entry: 10, Unit: Share, Better: Higher, Days: 365, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Measured, Stage: Impact,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("customer_start", "customer_end"),
		Parts:   []Part{{"kept", Numerator}, {"lost", Denominator}},
		Formula: "r = (E − N) / S",
		Source:  func(a Ask) Source { return a.customers() },
		Facts:   func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) { return a.moves(ctx, q) },
		Between: func(from, to time.Time, facts []Fact) Estimated {
			kept, lost := followed(from, to, facts)
			return Estimated{Value: stat.Share(kept, kept+lost).AtLeast(30), Counts: map[string]int{"kept": kept, "lost": lost}}
		},
	}
}

// Churn is the share that left: 1 − retention.
func Churn() Measure {
	m := Retention()
	m.ID, m.Better, m.Formula = "customer-churn", Lower, "c = 1 − (E − N) / S"
	m.Parts = []Part{{"lost", Numerator}, {"kept", Denominator}}
	m.Between = func(from, to time.Time, facts []Fact) Estimated {
		kept, lost := followed(from, to, facts)
		return Estimated{Value: stat.Share(lost, kept+lost).AtLeast(30), Counts: map[string]int{"kept": kept, "lost": lost}}
	}
	return m
}

// customers is the newest start before the window of each customer who had not left before it.
func (a Ask) customers() Source {
	w := a.business((&db.Where{}).And("f.kind = 'customer_start'").And("f.at < ?", db.T(a.From())).And("(f.person <> '' OR f.organisation <> '')"))
	from, to := w.Arg(db.T(a.From())), w.Arg(db.T(a.To()))
	same := "g.person = f.person AND g.organisation = f.organisation"
	w.And("NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'customer_start' AND " + same + " AND (g.at, g.id) > (f.at, f.id) AND g.at < " + from + a.narrowed("g", w) + ")")
	w.And("NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'customer_end' AND " + same + " AND g.at >= f.at AND g.at < " + from + a.narrowed("g", w) + ")")
	return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Where: w,
		Part: "CASE WHEN EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'customer_end' AND " + same + " AND g.at >= " + from + " AND g.at < " + to + a.narrowed("g", w) + ") AND NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'customer_start' AND " + same +
			" AND g.at >= " + from + " AND g.at < " + to + a.narrowed("g", w) +
			" AND NOT EXISTS (SELECT 1 FROM business_fact h WHERE h.kind = 'customer_end' AND h.person = g.person AND h.organisation = g.organisation AND h.at >= g.at AND h.at < " + to + a.narrowed("h", w) + ")) THEN 'lost' ELSE 'kept' END"}
}

// narrowed is the conditions of the filter on another row of business_fact.
func (a Ask) narrowed(alias string, w *db.Where) string {
	out := ""
	for _, is := range a.Filter.places(alias, w) {
		out += " AND " + is
	}
	for _, c := range []struct{ column, value string }{{"team", a.Filter.Team}, {"partner", a.Filter.Partner}, {"campaign", a.Filter.Campaign}} {
		if c.value != "" {
			out += " AND " + alias + "." + c.column + " = " + w.Arg(c.value)
		}
	}
	return out
}

// moves is when each customer came and left, up to the last cut.
func (a Ask) moves(ctx context.Context, q db.Q) ([]Fact, error) {
	w := a.business((&db.Where{}).And("f.kind IN ('customer_start', 'customer_end')").And("f.at < ?", db.T(a.To())).And("(f.person <> '' OR f.organisation <> '')"))
	list, err := db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), &f.Part, &f.Key} },
		"SELECT f.at, f.kind, f.person || ' ' || f.organisation FROM business_fact f "+w.String()+" ORDER BY f.at, f.kind DESC", w.Args...)
	return list, wrap(err) // of a moment at which one came and left, the start comes first
}

// followed counts the customers of the beginning that were kept and lost. Facts are in order of time.
func followed(from, to time.Time, facts []Fact) (kept, lost int) {
	is, was := map[string]bool{}, map[string]bool{}
	begun := false
	begin := func() {
		begun = true
		for k, v := range is {
			was[k] = v
		}
	}
	for _, f := range facts {
		if !begun && !f.At.Before(from) {
			begin()
		}
		if !f.At.Before(to) {
			break
		}
		is[f.Key] = f.Part == "customer_start"
	}
	if !begun {
		begin()
	}
	for k, v := range was {
		switch {
		case !v:
		case is[k]:
			kept++
		default:
			lost++
		}
	}
	return kept, lost
}

// GrossRevenueRetention is what is left of recurring revenue after what existing customers cut or ended.
func GrossRevenueRetention() Measure {
	return revenueRetention("gross-revenue-retention", "GRR = (MRR₀ − contraction − churn) / MRR₀", false)
}

// NetRevenueRetention counts what existing customers added too.
func NetRevenueRetention() Measure {
	return revenueRetention("net-revenue-retention", "NRR = (MRR₀ + expansion − contraction − churn) / MRR₀", true)
}

func revenueRetention(id, formula string, expands bool) Measure {
	parts := []Part{{"base", Denominator}, {"contraction", Numerator}, {"churn", Numerator}}
	if expands {
		parts = append(parts, Part{"expansion", Numerator})
	} else {
		parts = append(parts, Part{"expansion", LeftOut})
	}
	parts = append(parts, Part{"new", LeftOut})
	return Measure{
		ID: id, Section: Customers, Entry: 10, Unit: Ratio, Better: Higher, Days: 365, Clock: NoClock, MinN: 2, Interval: RatioDelta, Evidence: Measured, Stage: Impact,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("revenue/base"), Spread: true, Parts: parts, Formula: formula,
		Source: func(a Ask) Source { return a.recurring() },
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				base, left := byPeriod(facts, expands)
				e := stat.RatioOfSums(left, base)
				terms := []Term{}
				for _, part := range []string{"base", "expansion", "contraction", "churn"} {
					m := sum(facts, part)
					terms = append(terms, Term{ID: "revenue_" + part, Unit: Money, Value: stat.Exact(m.Sum, m.N)})
				}
				return Estimated{Value: e, Terms: terms}
			})
		},
	}
}

// recurring is statements of recurring revenue.
func (a Ask) recurring() Source {
	s := a.statedAny("f.status", total, "revenue")
	s.Currency = "f.currency"
	return s
}

// byPeriod is what there was at the beginning of each period and what was left of it.
func byPeriod(facts []Fact, expands bool) (base, left []float64) {
	at := map[time.Time]int{}
	place := func(t time.Time) int {
		y, m, _ := t.UTC().Add(14 * time.Hour).Date() // a month that begins in a zone east of Greenwich begins the day before in UTC
		month := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		i, known := at[month]
		if !known {
			i = len(base)
			at[month] = i
			base, left = append(base, 0), append(left, 0)
		}
		return i
	}
	for _, f := range facts {
		switch f.Part {
		case "base":
			i := place(f.At)
			base[i] += f.Sum
			left[i] += f.Sum
		case "contraction", "churn":
			left[place(f.At)] -= f.Sum
		case "expansion":
			if expands {
				left[place(f.At)] += f.Sum
			}
		}
	}
	return base, left
}

// CustomerLifetimeValue is what a customer brings as long as he stays, discounted to today.
func CustomerLifetimeValue() Measure {
	return Measure{
		ID: "customer-lifetime-value", Section: Customers, Entry: 11, Unit: Money, Better: Higher, Days: 365, Clock: NoClock, MinN: 30, Interval: LogDelta, Evidence: Modelled, Stage: Impact,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("customer_start", "customer_end", "revenue", "survey/contribution_margin"),
		Parts:   []Part{{"kept", Numerator}, {"lost", Denominator}},
		Formula: "CLV = m · r / (1 + d − r),  m = margin · revenue / S",
		Source:  func(a Ask) Source { return a.customers() },
		Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			list, err := a.moves(ctx, q)
			if err != nil {
				return nil, err
			}
			revenue, err := a.recurring().read(ctx, q, a.Cuts)
			if err != nil {
				return nil, err
			}
			// What people stated of margin and discount holds until they state something else.
			w := a.business((&db.Where{}).And("f.kind = 'survey'").And("f.label IN ('contribution_margin', 'discount_rate')").And("f.at < ?", db.T(a.To())))
			said, err := db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), &f.Part, &f.Sum} },
				"SELECT f.at, f.label, f.quantity FROM business_fact f "+w.String(), w.Args...)
			for i := range said {
				said[i].N = 1
			}
			return append(append(list, revenue...), said...), wrap(err)
		},
		Between: lifetime,
	}
}

// newest is the mean of what was stated last.
func newest(facts []Fact, part string) stat.Estimate {
	var at time.Time
	var m stat.Moments
	for _, f := range facts {
		if f.Part != part {
			continue
		}
		if f.At.After(at) {
			at, m = f.At, stat.Moments{}
		}
		m = m.Add(stat.Moments{N: f.N, Sum: f.Sum})
	}
	if m.N <= 0 {
		return stat.Estimate{}
	}
	return stat.Exact(m.Sum/float64(m.N), m.N)
}

func lifetime(from, to time.Time, facts []Fact) Estimated {
	var moves, revenue []Fact
	margin, discount := newest(facts, "contribution_margin"), newest(facts, "discount_rate")
	if !discount.Defined() {
		discount = stat.Exact(0.1, 0)
	}
	for _, f := range facts {
		switch f.Part {
		case "customer_start", "customer_end":
			moves = append(moves, f)
		case "contribution_margin", "discount_rate":
		default:
			revenue = append(revenue, within(from, to, []Fact{f})...)
		}
	}
	kept, lost := followed(from, to, moves)
	e := inMoney(revenue, func(string) Estimated {
		r := stat.Share(kept, kept+lost)
		came := sum(revenue, "base", "new", "expansion").Sum - sum(revenue, "contraction", "churn").Sum
		each := stat.Estimate{}
		if kept+lost > 0 && came > 0 {
			each = stat.Exact(came/float64(kept+lost), kept+lost)
		}
		m := stat.Product(each, margin)
		d := math.Pow(1+discount.Value, to.Sub(from).Hours()/24/365) - 1 // for as long as the window is
		return Estimated{Value: stat.Lifetime(m, r, d, false).AtLeast(30), Terms: []Term{{ID: "revenue_each", Unit: Money, Value: each},
			{ID: "contribution_margin", Unit: Share, Value: margin}, {ID: "retention", Unit: Share, Value: r}, {ID: "discount_rate", Unit: Share, Value: discount}}}
	})
	e.Counts = map[string]int{"kept": kept, "lost": lost}
	return e
}
