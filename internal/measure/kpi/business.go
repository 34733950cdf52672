package kpi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// business is the rows of business_fact f that a filter lets through.
func (a Ask) business(w *db.Where) *db.Where {
	for _, c := range []struct{ column, value string }{{"channel", a.Filter.Channel}, {"community", a.Filter.Community}, {"team", a.Filter.Team},
		{"partner", a.Filter.Partner}, {"campaign", a.Filter.Campaign}} {
		if c.value != "" {
			w.And("f."+c.column+" = ?", c.value)
		}
	}
	return w
}

// ofFacts is what business facts can be narrowed by.
func ofFacts() []Dimension { return []Dimension{ByChannel, ByCommunity, ByTeam, ByPartner, ByCampaign} }

// stated is the business facts of a kind between the cuts. Each row counts as many as its quantity.
func (a Ask) stated(kind, part string) Source {
	w := a.business(a.between((&db.Where{}).And("f.kind = ?", kind), "f.at"))
	return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Part: part, N: heads, Where: w}
}

// statedAny is the business facts of several kinds between the cuts; each row counts once, and sum says what is added up.
func (a Ask) statedAny(part, sum string, kinds ...string) Source {
	w := &db.Where{}
	marks := make([]string, len(kinds))
	for i, k := range kinds {
		marks[i] = w.Arg(k)
	}
	w.And("f.kind IN (" + strings.Join(marks, ", ") + ")")
	return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Part: part, Sum: sum, Where: a.business(a.between(w, "f.at"))}
}

const (
	heads = "CAST(ROUND(f.quantity) AS BIGINT)"
	total = "ABS(COALESCE(f.amount, 0))"
)

// stating is the activity that business facts come from.
func stating() []string { return []string{ledger.FactStated} }

// needs names kinds of business facts.
func needs(kinds ...string) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = "fact:" + k
	}
	return out
}

// sum adds up the facts of some parts.
func sum(facts []Fact, parts ...string) (m stat.Moments) {
	for _, f := range facts {
		if slices.Contains(parts, f.Part) {
			m = m.Add(stat.Moments{N: f.N, Sum: f.Sum, Squares: f.Squares})
		}
	}
	return m
}

// currencies lists those in which amounts are.
func currencies(facts []Fact) []string {
	var out []string
	for _, f := range facts {
		if f.Currency != "" && !slices.Contains(out, f.Currency) {
			out = append(out, f.Currency)
		}
	}
	slices.Sort(out)
	return out
}

// inMoney lets do make a number of amounts in one currency; amounts in several are never added.
func inMoney(facts []Fact, do func(currency string) Estimated) Estimated {
	list := currencies(facts)
	switch len(list) {
	case 0:
		return do("")
	case 1:
		e := do(list[0])
		e.Currency = list[0]
		for i := range e.Terms {
			if e.Terms[i].Unit == Money {
				e.Terms[i].Currency = list[0]
			}
		}
		return e
	}
	return Estimated{Why: "mixed_currencies", Currencies: list}
}

// answered is a share that a survey found, with Wilson's interval when it says of how many answers. Facts are keyed by that number.
func answered(facts []Fact, question string) stat.Estimate {
	n, rows, k, plain := 0, 0, 0.0, 0.0
	for _, f := range facts {
		if f.Part != question {
			continue
		}
		rows += f.N
		plain += f.Sum
		if asked, err := strconv.Atoi(strings.TrimSpace(f.Key)); err == nil && asked > 0 && asked < 1e9 {
			n += asked * f.N
			k += float64(asked) * f.Sum
		}
	}
	switch {
	case rows == 0:
		return stat.Estimate{}
	case n == 0:
		return stat.Exact(min(max(plain/float64(rows), 0), 1), rows)
	}
	e := stat.Share(min(max(int(k+0.5), 0), n), n)
	return e
}

// shares makes a share of the facts of one part among those and others.
func shares(least int, numerator string, others ...string) func([]Fact) Estimated {
	return func(facts []Fact) Estimated {
		k := count(facts, numerator)
		n := k
		for _, o := range others {
			n += count(facts, o)
		}
		return Estimated{Value: stat.Share(k, n).AtLeast(least)}
	}
}

// byKey adds up N of a part by key, in the order of keys.
func byKey(facts []Fact, parts ...string) (keys []string, values []float64) {
	sums := map[string]int{}
	for _, f := range facts {
		if len(parts) == 0 || slices.Contains(parts, f.Part) {
			sums[f.Key] += f.N
		}
	}
	for k, n := range sums {
		if n > 0 {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		values = append(values, float64(sums[k]))
	}
	return keys, values
}

// since is microseconds for SQL.
func since(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }

const day = 24 * time.Hour

// pending is a measure whose facts nothing in Entente states yet: it says which, and has no rows.
func pending(m Measure, facts ...string) Measure {
	m.Of = OfFacts
	m.Needs = append(m.Needs, facts...)
	m.From = append(m.From, facts...)
	m.Source = func(Ask) Source {
		return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Part: "''", Where: (&db.Where{}).And("f.kind = ''")}
	}
	m.Estimate = func([]Fact) Estimated { return Estimated{} }
	return m
}
