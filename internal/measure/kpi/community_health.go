package kpi

import (
	"context"
	"math"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
)

// week is a week since Monday 5 January 1970.
const week = 7 * day

// firstMonday is where weeks are counted from.
func firstMonday() time.Time { return time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC) }

// CommunityHealth is where the last whole week stands among the 52 before it, on six sides. It is inspired by the index of Lithium and Khoros,
// whose closed formulas are not public, and is ours.
func CommunityHealth() Measure {
	return communityMeasure("community-health", 23, Measure{Unit: Index, Better: Higher, MinN: 20, Interval: ExactNumber, Stage: Outcome, Needs: needs("visit/views"),
		Parts:   []Part{{"said", Denominator}},
		Formula: "H = 1000 · (∏ scoreᵢ)^(1/6),  scoreᵢ = standing among the last 52 weeks",
		Source:  func(a Ask) Source { return a.contributions() },
		Facts: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) {
			list, err := a.contributions().read(ctx, q, a.Cuts)
			if err != nil {
				return nil, err
			}
			weeks, err := a.healthWeeks(ctx, q)
			return append(list, weeks...), err
		},
		Between: health,
	})
}

// factors are the sides of health; of the last, less is better.
func factors() []string {
	return []string{"members", "content", "traffic", "liveliness", "interaction", "responsiveness"}
}

// healthWeeks works out each side week by week, from 53 weeks before the first cut. A fact stands at the beginning of its week.
func (a Ask) healthWeeks(ctx context.Context, q db.Q) ([]Fact, error) {
	first := firstMonday()
	from := first.Add((a.From().Sub(first)/week - 53) * week)
	wide := a
	wide.Cuts = []time.Time{from, a.To()}
	at := func(column string) string {
		return "(" + column + " - " + since(time.Duration(first.UnixMicro())*time.Microsecond) + ") / " + since(week)
	}
	var out []Fact
	// read takes a value, or two, of a week.
	read := func(query string, args []any, parts ...string) error {
		type row struct {
			week   int64
			values [2]float64
		}
		list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.week, &r.values[0], &r.values[1]}[:1+len(parts)] }, query, args...)
		for _, r := range list {
			for i, part := range parts {
				out = append(out, Fact{At: first.Add(time.Duration(r.week) * week), Part: part, Sum: r.values[i]})
			}
		}
		return wrap(err)
	}
	said := wide.forum("''", false)
	base, args := " FROM post p "+said.Where.String(), said.Where.Args
	w := at("p.at")
	if err := read("SELECT "+w+", CAST(COUNT(*) AS DOUBLE PRECISION), CAST(COUNT(*) AS DOUBLE PRECISION) / COUNT(DISTINCT p.channel)"+base+" GROUP BY 1", args, "content", "liveliness"); err != nil {
		return nil, err
	}
	if err := read("SELECT "+w+", CAST(COUNT(*) AS DOUBLE PRECISION)"+base+
		" AND NOT EXISTS (SELECT 1 FROM post r WHERE r.author = p.author AND "+contribution+" AND (r.at, r.id) < (p.at, p.id)) GROUP BY 1", args, "members"); err != nil {
		return nil, err
	}
	if err := read("SELECT t.week, AVG(CAST(t.people * t.said AS DOUBLE PRECISION)) FROM (SELECT "+w+" AS week, COUNT(DISTINCT p.author) AS people, COUNT(*) AS said"+base+" GROUP BY 1, p.root) t GROUP BY 1", args, "interaction"); err != nil {
		return nil, err
	}
	asked := wide.questions("''")
	answer := "COALESCE((" + reply("MIN(r.at)") + " AND r.at >= p.at AND r.at <= p.at + " + since(week) + "), p.at + " + since(week) + ")"
	if err := read("SELECT "+w+", CAST(AVG("+answer+" - p.at) AS DOUBLE PRECISION) FROM post p "+asked.Where.String()+" GROUP BY 1", asked.Where.Args, "responsiveness"); err != nil {
		return nil, err
	}
	visits := wide.stated("visit", "''")
	visits.Where.And("f.label = 'views'")
	err := read("SELECT "+at("f.at")+", SUM(f.quantity) FROM business_fact f "+visits.Where.String()+" GROUP BY 1", visits.Where.Args, "traffic")
	return out, err
}

func health(from, to time.Time, facts []Fact) Estimated {
	first := firstMonday()
	now := to.Sub(first)/week - 1 // the last whole week
	values, n := map[string]map[time.Duration]float64{}, 0
	for _, f := range facts {
		if f.Part == "said" {
			if !f.At.Before(from) {
				n += f.N
			}
			continue
		}
		if values[f.Part] == nil {
			values[f.Part] = map[time.Duration]float64{}
		}
		values[f.Part][f.At.Sub(first)/week] += f.Sum
	}
	e := Estimated{Counts: map[string]int{"said": n}}
	// A week in which nobody said anything is a week of nothing, once somebody has; one in which nobody asked says nothing of answers.
	begun := time.Duration(math.MaxInt64)
	for k := range values["content"] {
		begun = min(begun, k)
	}
	for _, id := range []string{"members", "content", "liveliness", "interaction"} {
		for k := max(begun, now-52); k <= now && begun <= now; k++ {
			if values[id] == nil {
				values[id] = map[time.Duration]float64{}
			}
			values[id][k] += 0
		}
	}
	var dims []stat.Dimension
	for _, id := range factors() {
		v, there := values[id][now]
		var earlier []float64
		for k := now - 52; k < now; k++ {
			if x, is := values[id][k]; is {
				earlier = append(earlier, x)
			}
		}
		s := stat.Estimate{}
		if there && len(earlier) >= 12 {
			s = stat.Standing(v, earlier)
			if id == "responsiveness" {
				s.Value = 1 - s.Value
			}
			s = stat.Exact(100*s.Value, s.N)
		}
		dims = append(dims, stat.Dimension{Score: s, Weight: 1})
		e.Terms = append(e.Terms, Term{ID: "health_" + id, Unit: Index, Value: s})
	}
	index, without := stat.Composite(dims)
	for i := range e.Terms {
		if e.Terms[i].Value.Defined() {
			e.Terms[i].Weight, e.Terms[i].Without = 1/float64(max(index.N, 1)), 10*without[i]
		}
	}
	if index.N < 4 {
		if len(facts) > 0 {
			e.Why = "too_few_sides"
		}
		return e
	}
	e.Value = stat.Exact(10*index.Value, n).AtLeast(20)
	return e
}
