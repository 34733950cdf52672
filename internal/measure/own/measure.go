package own

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/lang/query"
)

// Docs makes what the query language reads of posts.
type Docs func(ctx context.Context, q db.Q, posts []channel.Post) (map[string]*query.Doc, error)

// The parts of own measures.
const (
	counted = "own_counted"
	inside  = "own_inside"
	rest    = "own_rest"
	without = "own_without" // left out: nothing to add or to order
	ended   = "own_ended"
	waiting = "own_waiting"
	over    = "own_over"
	under   = "own_under"
)

// Measure makes the definition that is computed of a checked one. version tells definitions of one measure apart.
func (d Definition) Measure(id, version string, docs Docs, find Find) (kpi.Measure, error) {
	m := kpi.Measure{ID: id, Version: version, Name: d.Name, About: d.About, Section: kpi.Own, Unit: kpi.Posts, Better: d.Better, Days: d.Days, Clock: kpi.NoClock, MinN: d.MinN,
		Interval: kpi.Poisson, Evidence: kpi.Measured, Stage: kpi.Output, Of: d.Of, Parts: []kpi.Part{{ID: counted, Role: kpi.Numerator}}}
	switch d.Of {
	case kpi.OfPosts:
		m.From, m.Dims = []string{ledger.PostSaid}, kpi.OfPostsDims()
	case kpi.OfConversations:
		m.From, m.Dims, m.Unit = []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved}, kpi.OfConversationsDims(), kpi.Conversations
	case kpi.OfFacts:
		m.From, m.Needs, m.Unit = []string{ledger.FactStated}, []string{"fact:" + d.Fact}, kpi.Facts
		m.Dims = kpi.OfFactsDims(d.Fact)
	}
	switch d.Way {
	case Count:
		d.count(&m, docs)
	case Share:
		d.share(&m, docs)
	case Sum:
		d.sum(&m)
	case Median, Percentile:
		if d.Of == kpi.OfConversations {
			d.waits(&m, docs)
		} else {
			d.quantile(&m)
		}
	case Duration:
		d.duration(&m, docs)
	case Ratio:
		return d.ratio(m, find)
	}
	return m, nil
}

// facts is the rows of business facts that count.
func (d Definition) facts(a kpi.Ask) (*db.Where, kpi.Source) {
	s := kpi.Stated(a, d.Fact, d.spread())
	s.Part = "'" + counted + "'"
	for _, c := range []struct{ column, value string }{{"status", d.Status}, {"label", d.Label}, {"currency", d.currency()}} {
		if c.value != "" {
			s.Where.And("f."+c.column+" = ?", c.value)
		}
	}
	return s.Where, s
}

// spread reports whether what is added up may be of periods, which count by their days.
func (d Definition) spread() bool {
	k, ok := ledger.KindOfFact(d.Fact)
	return ok && d.Way == Sum && k.Period != ledger.Never
}

func (d Definition) count(m *kpi.Measure, docs Docs) {
	m.Formula = "n = #{ x : from ≤ t(x) < to }"
	m.Estimate = func(list []kpi.Fact) kpi.Estimated {
		return kpi.Estimated{Value: stat.Count(number(list, counted)).AtLeast(d.MinN)}
	}
	switch d.Of {
	case kpi.OfFacts:
		m.Source = func(a kpi.Ask) kpi.Source { _, s := d.facts(a); return s }
	case kpi.OfConversations:
		m.Source = func(a kpi.Ask) kpi.Source { s := kpi.Opened(a); s.Part = "'" + counted + "'"; return s }
	default:
		m.Source = func(a kpi.Ask) kpi.Source { return kpi.Said(a, counted) }
	}
	d.narrowed(m, docs)
}

// narrowed lets only those rows of a measure count that match the query, if there is one.
func (d Definition) narrowed(m *kpi.Measure, docs Docs) {
	if d.Query == "" || d.Of == kpi.OfFacts {
		return
	}
	d.matched(m, docs, m.Source, func(asked, _ bool, counts string) string {
		if asked {
			return counts
		}
		return ""
	})
}

func (d Definition) share(m *kpi.Measure, docs Docs) {
	m.Unit, m.Interval, m.Formula = kpi.Share, kpi.Wilson, "p = A / (A + R)"
	m.Parts = []kpi.Part{{ID: inside, Role: kpi.Numerator}, {ID: rest, Role: kpi.Denominator}}
	m.Estimate = func(list []kpi.Fact) kpi.Estimated {
		k := number(list, inside)
		return kpi.Estimated{Value: stat.Share(k, k+number(list, rest)).AtLeast(d.MinN)}
	}
	if d.Of == kpi.OfFacts {
		m.Source = func(a kpi.Ask) kpi.Source {
			w, s := d.facts(a)
			is := "1 = 1"
			if d.PartStatus != "" {
				is += " AND f.status = " + w.Arg(d.PartStatus)
			}
			if d.PartLabel != "" {
				is += " AND f.label = " + w.Arg(d.PartLabel)
			}
			s.Part = "CASE WHEN " + is + " THEN '" + inside + "' ELSE '" + rest + "' END"
			return s
		}
		return
	}
	m.Source = func(a kpi.Ask) kpi.Source { return kpi.Said(a, rest) }
	if d.Of == kpi.OfConversations {
		m.Source = func(a kpi.Ask) kpi.Source { s := kpi.Opened(a); s.Part = "'" + rest + "'"; return s }
	}
	d.matched(m, docs, m.Source, func(asked, part bool, _ string) string {
		switch {
		case !asked:
			return ""
		case part:
			return inside
		}
		return rest
	})
}

// value is the column that is added up or put in order.
func (d Definition) value() string {
	if d.Value == "amount" {
		return "f.amount"
	}
	return "f.quantity"
}

// currency is what amounts are narrowed to, "" for none.
func (d Definition) currency() string {
	if d.Value != "amount" || d.Way != Sum && d.Way != Median && d.Way != Percentile {
		return ""
	}
	return d.Currency
}

func (d Definition) valued(a kpi.Ask) kpi.Source {
	_, s := d.facts(a)
	s.Part = "CASE WHEN " + d.value() + " IS NULL THEN '" + without + "' ELSE '" + counted + "' END"
	s.Sum = "COALESCE(" + d.value() + ", 0)"
	if d.Value == "amount" {
		s.Currency = "CASE WHEN f.amount IS NULL THEN '' ELSE f.currency END"
	}
	return s
}

func (d Definition) unit() kpi.Unit {
	if d.Value == "amount" {
		return kpi.Money
	}
	if k, ok := ledger.KindOfFact(d.Fact); ok {
		switch k.Unit {
		case ledger.UnitHours:
			return kpi.Hours
		case ledger.UnitPeople:
			return kpi.People
		case ledger.UnitContacts:
			return kpi.Contacts
		}
	}
	return kpi.Score
}

func (d Definition) sum(m *kpi.Measure) {
	m.Unit, m.Interval, m.Formula, m.Spread = d.unit(), kpi.Compound, "S = Σ xᵢ", d.spread()
	m.Parts = append(m.Parts, kpi.Part{ID: without, Role: kpi.LeftOut})
	m.Source = d.valued
	m.Estimate = func(list []kpi.Fact) kpi.Estimated {
		var e kpi.Estimated
		if e.Currency, e.Currencies, e.Why = currency(list); e.Why != "" {
			return e
		}
		n, sum, squares := 0, 0.0, 0.0
		for _, f := range list {
			if f.Part == counted {
				n, sum, squares = n+f.N, sum+f.Sum, squares+f.Squares
			}
		}
		if n == 0 {
			return e
		}
		// As of a compound Poisson process: the variance of a sum of as many as come is the sum of the squares.
		reach := 1.959963984540054 * math.Sqrt(squares)
		e.Value = stat.Estimate{Value: sum, Low: sum - reach, High: sum + reach, N: n, Grade: stat.Enough, Bounded: true}.AtLeast(d.MinN)
		return e
	}
}

func currency(list []kpi.Fact) (one string, all []string, why string) {
	for _, f := range list {
		if f.Part == counted && f.Currency != "" && !slices.Contains(all, f.Currency) {
			all = append(all, f.Currency)
		}
	}
	slices.Sort(all)
	switch len(all) {
	case 0:
		return "", nil, ""
	case 1:
		return all[0], nil, ""
	}
	return "", all, "mixed_currencies"
}

func (d Definition) quantile(m *kpi.Measure) {
	p := 0.5
	if d.Way == Percentile {
		p = d.Percent / 100
	}
	m.Unit, m.Interval, m.Formula = d.unit(), kpi.Ordered, fmt.Sprintf("x₍ₖ₎, k = ⌈%.2f · n⌉", p)
	m.Parts = append(m.Parts, kpi.Part{ID: without, Role: kpi.LeftOut})
	m.Source = d.valued
	m.Facts = func(ctx context.Context, q db.Q, a kpi.Ask) ([]kpi.Fact, error) {
		s := d.valued(a)
		money := "''"
		if s.Currency != "" {
			money = s.Currency
		}
		return db.All(ctx, q, func(f *kpi.Fact) []any { f.N = 1; return []any{db.At(&f.At), &f.Part, &f.Sum, &f.Currency} },
			"SELECT "+s.At+", "+s.Part+", CAST("+s.Sum+" AS DOUBLE PRECISION), "+money+" FROM "+s.Table+" "+s.Where.String(), s.Where.Args...)
	}
	m.Estimate = func(list []kpi.Fact) kpi.Estimated {
		var e kpi.Estimated
		if e.Currency, e.Currencies, e.Why = currency(list); e.Why != "" {
			return e
		}
		var values []float64
		for _, f := range list {
			if f.Part == counted {
				values = append(values, f.Sum)
			}
		}
		e.Value = Quantile(values, p).AtLeast(d.MinN)
		return e
	}
}

// Quantile estimates a quantile by the value at rank ⌈np⌉ (the mean of two where it falls between them), with the interval between the order
// statistics at np ± 1.96 √(np(1−p)), which holds whatever the distribution (David and Nagaraja, Order Statistics, 7.1).
func Quantile(values []float64, p float64) stat.Estimate {
	n := len(values)
	if n == 0 {
		return stat.Estimate{}
	}
	values = slices.Clone(values)
	slices.Sort(values)
	at := func(rank int) float64 { return values[min(max(rank, 1), n)-1] }
	e := stat.Estimate{N: n, Grade: stat.Enough}
	if exact := float64(n) * p; exact == math.Trunc(exact) && exact >= 1 && int(exact) < n {
		e.Value = (at(int(exact)) + at(int(exact)+1)) / 2
	} else {
		e.Value = at(int(math.Ceil(exact)))
	}
	reach := 1.959963984540054 * math.Sqrt(float64(n)*p*(1-p))
	low, high := int(math.Floor(float64(n)*p-reach)), int(math.Ceil(float64(n)*p+reach))+1
	if low >= 1 && high <= n {
		e.Low, e.High, e.Bounded = at(low), at(high), true
	}
	return e
}

// waits is how long a share of the conversations waits at most from one moment to the other, those that still wait included.
func (d Definition) waits(m *kpi.Measure, docs Docs) {
	p := 0.5
	if d.Way == Percentile {
		p = d.Percent / 100
	}
	d.duration(m, docs)
	m.Unit = kpi.Hours
	m.Formula = fmt.Sprintf("S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  min{ t : S(t) ≤ %.2f }", 1-p)
	m.Estimate = func(list []kpi.Fact) kpi.Estimated {
		observed := make([]stat.Observation, len(list))
		for i, f := range list {
			observed[i] = stat.Observation{For: f.For, Censored: f.Open}
		}
		return kpi.Estimated{Value: stat.KaplanMeier(observed).Quantile(p).AtLeast(d.MinN).In(time.Hour)}
	}
}

func (d Definition) duration(m *kpi.Measure, docs Docs) {
	m.Unit, m.Interval, m.Clock, m.Moving = kpi.Seconds, kpi.Brookmeyer, kpi.Calendar, true
	m.Formula = "S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ }"
	m.Parts = []kpi.Part{{ID: ended, Role: kpi.Numerator}, {ID: waiting, Role: kpi.Denominator}}
	m.Estimate = func(list []kpi.Fact) kpi.Estimated { return kpi.Wait(list, d.MinN) }
	wait := func(s *kpi.Source, begin, end, now string) {
		until := "COALESCE(" + end + ", " + now + ")"
		s.For = "CASE WHEN " + until + " > " + begin + " THEN " + until + " - " + begin + " ELSE 0 END"
		s.Open = "CASE WHEN " + end + " IS NULL THEN 1 ELSE 0 END"
		s.Part = "CASE WHEN " + end + " IS NULL THEN '" + waiting + "' ELSE '" + ended + "' END"
	}
	if d.Of == kpi.OfConversations {
		columns := map[string]string{"opened": "c.opened_at", "answered": "c.first_reply_at", "resolved": "c.resolved_at"}
		m.Source = func(a kpi.Ask) kpi.Source {
			s := kpi.Opened(a)
			if d.Begin != "opened" {
				s.Where.And(columns[d.Begin] + " IS NOT NULL")
			}
			wait(&s, columns[d.Begin], columns[d.End], s.Where.Arg(db.T(a.Now)))
			return s
		}
		d.narrowed(m, docs)
		return
	}
	m.Source = func(a kpi.Ask) kpi.Source {
		first := d
		first.Status = d.Begin
		w, s := first.facts(a)
		w.And("f." + d.Joined + " <> ''")
		later := "SELECT MIN(g.at) FROM business_fact g WHERE g.kind = " + w.Arg(d.Second) + " AND g." + d.Joined + " = f." + d.Joined + " AND g.at >= f.at AND g.id <> f.id"
		if d.End != "" {
			later += " AND g.status = " + w.Arg(d.End)
		}
		wait(&s, "f.at", "("+later+")", w.Arg(db.T(a.Now)))
		return s
	}
}

func (d Definition) ratio(m kpi.Measure, find Find) (kpi.Measure, error) {
	top, err := find(d.Over)
	if err != nil {
		return m, err
	}
	bottom, err := find(d.Under)
	if err != nil {
		return m, err
	}
	m.Unit, m.Interval, m.Formula, m.Of, m.From = kpi.Ratio, kpi.LogDelta, "r = A / B", top.Of, top.From
	m.Over, m.Under, m.Priced = d.Over, d.Under, top.InMoney() != bottom.InMoney()
	m.Evidence = weaker(top.Evidence, bottom.Evidence)
	m.Stock, m.Moving, m.Searched = false, top.Moving || bottom.Moving, top.Searched || bottom.Searched
	for _, n := range append(slices.Clone(top.Needs), bottom.Needs...) {
		if !slices.Contains(m.Needs, n) {
			m.Needs = append(m.Needs, n)
		}
	}
	for _, dim := range top.Dims {
		if slices.Contains(bottom.Dims, dim) {
			m.Dims = append(m.Dims, dim)
		}
	}
	if (top.Of == kpi.OfFacts) != (bottom.Of == kpi.OfFacts) { // what is said has the channel of a community, facts have its name
		m.Dims = slices.DeleteFunc(m.Dims, func(d kpi.Dimension) bool { return d == kpi.ByCommunity })
	}
	m.Parts = []kpi.Part{{ID: over, Role: kpi.Numerator}, {ID: under, Role: kpi.Population}}
	m.Source = top.Source
	m.Made = func(f kpi.Filter) []kpi.Made {
		return []kpi.Made{{Measure: top, Filter: f, Before: "a "}, {Measure: bottom, Filter: f, Before: "b "}}
	}
	m.Between = func(from, to time.Time, list []kpi.Fact) kpi.Estimated {
		var above, below []kpi.Fact
		for _, f := range list {
			side := f.Part[:2]
			if f.Part = f.Part[2:]; side == "a " {
				above = append(above, f)
			} else {
				below = append(below, f)
			}
		}
		a, b := top.In(from, to, above), bottom.In(from, to, below)
		e := kpi.Estimated{Counts: map[string]int{over: rows(top, a), under: rows(bottom, b)}, Currency: a.Currency,
			Terms: []kpi.Term{{ID: over, Unit: top.Unit, Currency: a.Currency, Value: a.Value}, {ID: under, Unit: bottom.Unit, Currency: b.Currency, Value: b.Value}}}
		switch {
		case a.Why != "":
			e.Why, e.Currencies = a.Why, a.Currencies
		case b.Why != "":
			e.Why, e.Currencies = b.Why, b.Currencies
		case a.Currency != "" && b.Currency != "" && a.Currency != b.Currency:
			e.Why, e.Currencies = "mixed_currencies", []string{a.Currency, b.Currency}
		case a.Value.Defined() && b.Value.Defined() && b.Value.Value != 0:
			e.Value = stat.Quotient(a.Value, b.Value).AtLeast(d.MinN)
		}
		e.Currency = ""
		return e
	}
	return m, nil
}

// rows is how many rows are behind a number.
func rows(m kpi.Measure, e kpi.Estimated) int {
	n := 0
	for part, k := range e.Counts {
		if r := m.Role(part); r == kpi.Numerator || r == kpi.Denominator {
			n += k
		}
	}
	return n
}

func weaker(a, b kpi.Evidence) kpi.Evidence {
	order := []kpi.Evidence{kpi.Measured, kpi.Surveyed, kpi.Modelled, kpi.Assumed}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func number(list []kpi.Fact, part string) int {
	n := 0
	for _, f := range list {
		if f.Part == part {
			n += f.N
		}
	}
	return n
}
