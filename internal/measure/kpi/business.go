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
	for _, c := range []struct{ column, value string }{{"team", a.Filter.Team}, {"partner", a.Filter.Partner}, {"campaign", a.Filter.Campaign},
		{"language", a.Filter.Language}, {"matter", a.Filter.Kind}} {
		if c.value != "" {
			w.And("f."+c.column+" = ?", c.value)
		}
	}
	for _, is := range a.Filter.places("f", w) {
		w.And(is)
	}
	if a.Filter.Topic != "" {
		w.And("f.topic " + named(w.Arg(a.Filter.Topic)))
	}
	return w
}

// places is the conditions that a business fact is of the channel and the community of a filter.
func (f Filter) places(alias string, w *db.Where) (out []string) {
	is := func(column, id, called string) string {
		var marks []string
		for _, name := range strings.Split(called, "\n") {
			if name != "" && name != id {
				marks = append(marks, w.Arg(name))
			}
		}
		if id != "" {
			marks = append(marks, w.Arg(id))
		}
		if marks == nil {
			return "1 = 0"
		}
		return alias + "." + column + " IN (" + strings.Join(marks, ", ") + ")"
	}
	none := func(column string) string { return alias + "." + column + " = '' AND " }
	channel, community := is("channel", f.Channel, f.Called.Channel), is("community", f.Community, f.Called.Community)
	switch {
	case f.Called.One:
		return []string{"(" + channel + " OR " + community + ")"}
	case f.Channel != "" && f.Community != "":
		return []string{channel, community}
	case f.Channel != "" && f.Called.Community != "":
		return []string{"(" + channel + " OR " + none("channel") + community + ")"}
	case f.Channel != "":
		return []string{channel}
	case f.Community != "" && f.Called.Channel != "":
		return []string{"(" + community + " OR " + none("community") + channel + ")"}
	case f.Community != "":
		return []string{community}
	}
	return nil
}

// named is whether a text is a topic's name, or its id, which topic holds.
func named(topic string) string {
	return "IN (" + topic + ", (SELECT name FROM topic WHERE id = " + topic + "))"
}

// ofFacts is what business facts can be narrowed by.
func ofFacts() []Dimension { return []Dimension{ByChannel, ByCommunity, ByTeam, ByPartner, ByCampaign} }

// ofAnswers is what facts can be narrowed by that tell what people spoke of, and in which language.
func ofAnswers() []Dimension { return append(ofFacts(), ByTopic, ByLanguage, ByKind) }

// ofLeads is the same where no kind of matter is stated.
func ofLeads() []Dimension { return append(ofFacts(), ByTopic, ByLanguage) }

// stated is the business facts of a kind between the cuts. Each row counts as many as its quantity.
func (a Ask) stated(kind, part string) Source {
	w := a.business(a.between((&db.Where{}).And("f.kind = ?", kind), "f.at"))
	return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Part: part, N: heads, Where: w}
}

// statedAny is the business facts of several kinds between the cuts, and those of periods that reach into them; each row counts once, and sum says what is added up.
func (a Ask) statedAny(part, sum string, kinds ...string) Source {
	w := &db.Where{}
	marks := make([]string, len(kinds))
	for i, k := range kinds {
		marks[i] = w.Arg(k)
	}
	kind := "f.kind IN (" + strings.Join(marks, ", ") + ")" // in both branches, so that each finds its index
	from := w.Arg(db.T(a.From()))
	if a.Periods == Begun {
		w.And(kind + " AND f.until > " + from + " AND f.at < " + from)
	} else {
		to := w.Arg(db.T(a.To()))
		within := kind + " AND f.at >= " + from + " AND f.at < " + to
		if a.Periods == Reaching {
			within = "(" + within + " OR " + kind + " AND f.until > " + from + " AND f.at < " + to + ")"
		}
		w.And(within)
	}
	return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Until: "f.until", Part: part, Sum: sum, Where: a.business(w)}
}

// ofFact is the kind of a fact where it says what else must hold of it: not by an index, those of statedAny are narrower.
const ofFact = "f.kind || ''"

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
		for _, c := range strings.Split(f.Currency, "+") { // what one row adds up may be in several
			if c != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
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
	n, k, rows, plain := 0.0, 0.0, 0.0, 0.0
	for _, f := range facts {
		if f.Part != question {
			continue
		}
		rows += float64(f.N) * f.weight()
		plain += f.Sum
		if asked, err := strconv.Atoi(strings.TrimSpace(f.Key)); err == nil && asked > 0 && asked < 1e9 {
			n += float64(asked*f.N) * f.weight()
			k += float64(asked) * f.Sum
		}
	}
	switch {
	case rows <= 0:
		return stat.Estimate{}
	case n < 1:
		return stat.Exact(min(max(plain/rows, 0), 1), max(int(rows+0.5), 1))
	}
	all := int(n + 0.5)
	return stat.Share(min(max(int(k+0.5), 0), all), all)
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
