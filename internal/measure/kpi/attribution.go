package kpi

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sorting"
)

// touchTime is how long before an order somebody may have met us for it to have a part in the order.
const touchTime = 90 * day

// social is whether a fact came over a channel of ours, a community or a social network.
func social(alias string) string {
	return "(" + strings.ReplaceAll(`f.channel <> '' OR f.community <> '' OR LOWER(f.source) IN ('social', 'social media', 'réseaux sociaux', 'community', 'communauté', 'forum', 'referral',
				'mastodon', 'bluesky', 'linkedin', 'facebook', 'instagram', 'threads', 'x', 'twitter', 'youtube', 'tiktok', 'reddit', 'discord')`, "f.", alias+".") + ")"
}

// Attributions are the shares of orders that rules allot to social touches: to what whoever ordered met within 90 days before. All of them
// are allocations, not causes.
func Attributions() []Measure {
	per := func(rule stat.Rule) func([]journey) stat.Credit {
		return func(list []journey) stat.Credit {
			all := stat.Credit{}
			for _, j := range list {
				if j.ordered {
					for k, c := range rule(j.touches) {
						all[k] += c * float64(j.times)
					}
				}
			}
			return all
		}
	}
	var out []Measure
	for _, r := range []struct {
		id, formula string
		credit      func([]journey) stat.Credit
	}{
		{"attributed-first-touch", "c = Σ w₁,  w = (1, 0, …, 0)", per(stat.FirstTouch)},
		{"attributed-last-touch", "c = Σ wₙ,  w = (0, …, 0, 1)", per(stat.LastTouch)},
		{"attributed-linear", "wᵢ = 1/n", per(stat.LinearTouch)},
		{"attributed-position", "w = (0.4, 0.2/(n − 2), …, 0.4)", per(stat.PositionTouch)},
		{"attributed-time-decay", "wᵢ ∝ 2^(−Δtᵢ/h),  h = 7 d", per(stat.TimeDecay(7 * day))},
		{"attributed-shapley", "φᵢ = Σ |S|!(|N| − |S| − 1)!/|N|! · (v(S ∪ i) − v(S))", per(everyPlaceOnce)},
		{"attributed-removal", "REᵢ = 1 − P(conv | i removed)/P(conv),  share = REᵢ/ΣRE", removal},
	} {
		out = append(out, Measure{
			ID: r.id, Section: Customers, Entry: 14, Unit: Share, Better: Neither, Days: 90, Clock: NoClock, MinN: 30, Interval: ExactNumber, Evidence: Modelled, Stage: Outcome,
			Dims: []Dimension{ByChannel, ByCommunity, ByPartner, ByCampaign}, Of: OfFacts, From: stating(), Needs: needs("touch", "order"), Moving: true,
			Parts:   []Part{{"touched_social", Numerator}, {"touched_elsewhere", Denominator}, {"untouched", LeftOut}},
			Formula: r.formula,
			Source:  func(a Ask) Source { return a.touchedOrders() },
			Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
				return a.journeys(ctx, q, r.id == "attributed-removal")
			},
			Estimate: func(facts []Fact) Estimated { return allotted(facts, r.credit) },
		})
	}
	return out
}

// touchedOrders is the orders between the cuts, refunds left out, by whether whoever ordered met us before, and where.
func (a Ask) touchedOrders() Source {
	s := a.stated("order", "")
	s.N = ""
	s.Where.And("COALESCE(f.amount, 0) >= 0")
	// Whoever is named is known by their name, also where an organisation is; an organisation only where nobody is named.
	touch := "EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'touch' AND g.person = f.person AND (f.person <> '' OR f.organisation <> '' AND g.organisation = f.organisation) AND g.at <= f.at AND g.at > f.at - " + since(touchTime)
	s.Part = "CASE WHEN " + touch + " AND " + social("g") + ") THEN 'touched_social' WHEN " + touch + ") THEN 'touched_elsewhere' ELSE 'untouched' END"
	return s
}

// lostWay is the part of ways that led to no order; they are in no n.
const lostWay = "lost"

// step is a touch as journeys keep it.
type step struct {
	At     time.Time
	Social bool
	Place  string
	buyer  string
}

// buyer is who ordered or was met.
func buyer(person, organisation string) string {
	if person != "" {
		return person
	}
	return "\x1d" + organisation
}

// journeys is the orders between the cuts, each with the way that led to it as its key, and where that is asked for the ways of those who did
// not order.
func (a Ask) journeys(ctx context.Context, q db.Q, lost bool) ([]Fact, error) {
	s := a.touchedOrders()
	orders, err := db.All(ctx, q, func(f *Fact) []any { return []any{db.At(&f.At), &f.Part, &f.Key, &f.Currency} },
		"SELECT f.at, "+s.Part+", f.person, f.organisation FROM business_fact f "+s.Where.String()+" ORDER BY f.at, f.id", s.Where.Args...)
	if err != nil {
		return nil, wrap(err)
	}
	place := `CASE WHEN g.channel <> '' THEN COALESCE((SELECT k.name FROM channel k WHERE k.id = g.channel), g.channel) WHEN g.community <> '' THEN g.community
		WHEN g.source <> '' THEN g.source WHEN g.campaign <> '' THEN g.campaign ELSE g.label END`
	type met struct {
		step
		person, organisation string
	}
	touches, err := db.All(ctx, q, func(m *met) []any {
		return []any{db.At(&m.At), &m.person, &m.organisation, &m.Place, db.Bool(&m.Social)}
	},
		"SELECT g.at, g.person, g.organisation, "+place+", CASE WHEN "+social("g")+" THEN 1 ELSE 0 END FROM business_fact g WHERE g.kind = 'touch' AND g.at > $1 AND g.at < $2 AND (g.person <> '' OR g.organisation <> '') ORDER BY g.at, g.id",
		db.T(a.From().Add(-touchTime)), db.T(a.To()))
	if err != nil {
		return nil, wrap(err)
	}
	of := map[string][]step{}
	for _, m := range touches {
		who := buyer(m.person, m.organisation)
		of[who] = append(of[who], m.step)
	}
	bought := map[string]time.Time{} // the last order of each
	for i := range orders {
		o := &orders[i]
		who := buyer(o.Key, o.Currency)
		bought[who] = o.At
		o.N, o.Currency, o.Key = 1, "", way(of[who], o.At)
	}
	if !lost {
		return orders, nil
	}
	// Ways may still lead to an order after the window: whoever has ordered since did not get lost.
	later, err := db.All(ctx, q, func(m *met) []any { return []any{db.At(&m.At), &m.person, &m.organisation} },
		"SELECT g.at, g.person, g.organisation FROM business_fact g WHERE g.kind = 'order' AND g.at >= $1 AND g.at < $2 AND COALESCE(g.amount, 0) >= 0 ORDER BY g.at", db.T(a.From()), db.T(a.To().Add(touchTime)))
	if err != nil {
		return nil, wrap(err)
	}
	for _, m := range later {
		bought[buyer(m.person, m.organisation)] = m.At
	}
	for who, steps := range of {
		last := steps[len(steps)-1].At
		if at, is := bought[who]; is && !at.Before(last) || last.Before(a.From()) {
			continue
		}
		orders = append(orders, Fact{At: last, Part: lostWay, N: 1, Key: way(steps, last)})
	}
	return orders, nil
}

// way writes what somebody met up to a moment: for each touch whether it was social, how many seconds before, and where.
func way(steps []step, until time.Time) string {
	var b strings.Builder
	for _, s := range steps {
		if s.At.After(until) || !s.At.After(until.Add(-touchTime)) {
			continue
		}
		kind := "e"
		if s.Social {
			kind = "s"
		}
		b.WriteString(strconv.FormatInt(int64(until.Sub(s.At)/time.Second), 10) + "\x1f" + kind + s.Place + "\x1e")
	}
	return b.String()
}

// journey is a way that some took.
type journey struct {
	touches []stat.Touch // the channel of one is "s" or "e", for social or elsewhere, and where it was
	times   int
	ordered bool
}

// taken reads the ways that facts tell, in their order.
func taken(facts []Fact) []journey {
	var out []journey
	for _, f := range facts {
		j := journey{times: f.N, ordered: f.Part != lostWay}
		for piece := range strings.SplitSeq(f.Key, "\x1e") {
			ago, place, is := strings.Cut(piece, "\x1f")
			seconds, err := strconv.ParseInt(ago, 10, 64)
			if is && err == nil && place != "" {
				j.touches = append(j.touches, stat.Touch{Channel: place, Before: time.Duration(seconds) * time.Second})
			}
		}
		if len(j.touches) > 0 && f.N > 0 {
			out = append(out, j)
		}
	}
	return out
}

// everyPlaceOnce is Shapley's value where a set of places is worth the conversions that came by them alone: of each conversion, all places on
// its way get the same (a sum of unanimity games), however many places there are.
func everyPlaceOnce(touches []stat.Touch) stat.Credit {
	c := stat.Credit{}
	for _, t := range touches {
		c[t.Channel] = 1
	}
	each := 1 / float64(len(c))
	for k := range c {
		c[k] = each
	}
	return c
}

// removal allots by how many conversions would be lost without a place.
func removal(list []journey) stat.Credit {
	ways := make([]stat.Journey, len(list))
	for i, j := range list {
		ways[i] = stat.Journey{Converted: j.ordered, Times: j.times}
		for _, t := range j.touches {
			ways[i].Channels = append(ways[i].Channels, t.Channel)
		}
	}
	return stat.Removal(ways)
}

const mostPlaces = 8 // that are shown

// allotted makes the share of social places of the facts of a window, and shows the greatest ones.
func allotted(facts []Fact, credit func([]journey) stat.Credit) Estimated {
	var e Estimated
	n := count(facts, "touched_social") + count(facts, "touched_elsewhere")
	all := credit(taken(facts))
	places := make([]string, 0, len(all))
	for k := range all {
		places = append(places, k)
	}
	slices.Sort(places) // so that rounding does not depend on the order
	total, ours := 0.0, 0.0
	for _, k := range places {
		total += all[k]
		if k[0] == 's' {
			ours += all[k]
		}
	}
	if n == 0 || total <= 0 {
		return e
	}
	e.Value = stat.Exact(min(ours/total, 1), n).AtLeast(30)
	sorting.Stable(places, func(a, b string) int { return -cmp.Compare(round(all[a]/total), round(all[b]/total)) })
	for _, k := range places[:min(len(places), mostPlaces)] {
		e.Terms = append(e.Terms, Term{ID: "touch", Unit: Share, Name: k[1:], Value: stat.Exact(all[k]/total, n)})
	}
	return e
}

// round lets what differs by rounding only be equal.
func round(v float64) float64 { return float64(int64(v*1e9 + 0.5)) }

// MemberEffect is what members of a community buy more than they would have: how much more their orders grew than those of comparable people. Whether
// both moved alike before anybody joined is told by what was stated of earlier months.
func MemberEffect() Measure {
	return Measure{
		ID: "member-effect", Section: Customers, Entry: 14, Unit: Money, Better: Higher, Days: 365, Clock: NoClock, MinN: 100, Interval: Difference, Evidence: Modelled, Stage: Impact,
		Dims: []Dimension{ByCommunity, ByTeam, ByCampaign}, Of: OfFacts, From: stating(), Needs: needs("comparison"),
		Parts: []Part{{"members_after", Numerator}, {"members_before", Numerator}, {"others_after", Denominator}, {"others_before", Denominator},
			{membersEarlier, LeftOut}, {othersEarlier, LeftOut}},
		Formula: "DiD = (T₁ − T₀) − (C₁ − C₀)",
		Source: func(a Ask) Source {
			w := a.business((&db.Where{}).And("f.kind = 'comparison'").And("f.at < ?", db.T(a.To())).
				And("(f.at >= ? OR f.status LIKE '%_earlier' AND f.at >= ?)", db.T(a.From()), db.T(earlier(a.From()))))
			return Source{Table: "business_fact f", ID: "f.id", At: "f.at", Part: "f.status", Sum: "COALESCE(f.amount, 0)", Currency: "f.currency", Where: w}
		},
		Between: func(from, to time.Time, facts []Fact) Estimated {
			var in []Fact
			counts := map[string]int{}
			for _, f := range facts {
				first := from
				if f.Part == membersEarlier || f.Part == othersEarlier {
					first = earlier(from)
				}
				if !f.At.Before(first) {
					in = append(in, f)
					counts[f.Part] += f.N
				}
			}
			e := inMoney(in, func(string) Estimated {
				var e Estimated
				var of []stat.Moments
				for _, p := range []string{"members_after", "members_before", "others_after", "others_before"} {
					m := sum(in, p)
					of = append(of, m)
					e.Terms = append(e.Terms, Term{ID: p, Unit: Money, Value: m.Mean()})
				}
				before := preTrend(in)
				e.Terms = append(e.Terms, Term{ID: PreTrend, Unit: Money, Value: before})
				if before.Bounded && (before.Low > 0 || before.High < 0) {
					e.Why = "moved_apart" // what they differ by afterwards is then no effect
					return e
				}
				e.Value = stat.DifferenceInDifferences(of[0], of[1], of[2], of[3]).AtLeast(100)
				return e
			})
			e.Counts = counts
			return e
		},
	}
}

// PreTrend is the term that says by how much more one group moved than the other from one earlier month to the next. Its n is how many months both have facts of.
const PreTrend = "pre_trend"

const membersEarlier, othersEarlier = "members_earlier", "others_earlier"

// earlier is since when what was stated of earlier months is looked at.
func earlier(from time.Time) time.Time { return from.AddDate(-3, 0, 0) }

func preTrend(facts []Fact) stat.Estimate {
	groups := [2]map[string]stat.Moments{{}, {}}
	for _, f := range facts {
		for i, part := range []string{membersEarlier, othersEarlier} {
			if month := f.At.Format("2006-01"); f.Part == part {
				groups[i][month] = groups[i][month].Add(stat.Moments{N: f.N, Sum: f.Sum, Squares: f.Squares})
			}
		}
	}
	var treated, control []float64
	for _, month := range slices.Sorted(maps.Keys(groups[0])) {
		if other, both := groups[1][month]; both {
			treated, control = append(treated, groups[0][month].Mean().Value), append(control, other.Mean().Value)
		}
	}
	return stat.PreTrend(treated, control)
}
