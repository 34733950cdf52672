package measureweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui/chart"
)

// healthWeeks is how many weeks the sides of health are drawn over.
const healthWeeks = 26

// healthProps is what the page of a community's health shows.
type healthProps struct {
	View     view
	ID, Name string
	Index    measure.Report
	Sides    []side
	Classes  []class
	Groups   []healthGroup
}

// healthGroup is some measures under one heading: a key under "measure.health.".
type healthGroup struct {
	Key     string
	Entries []entry
}

// side is one of the six that health is worked out of.
type side struct {
	Name  string
	Value stat.Estimate // 0 to 100 among the weeks before
	Href  string        // of what it counts
	Trend chart.SparkProps
}

// class is a part of the members, by how much they contribute.
type class struct {
	Part  string
	Share stat.Estimate
	N     int
	Href  string
}

// health shows the measures of a community, compared with itself.
func (h *handlers) health(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if h.Community == nil {
		return problem.New(problem.Missing, "problem.not_found")
	}
	v, err := h.view(r)
	if err != nil {
		return err
	}
	v.Period, v.stepAsked, v.Filter = usual, false, measure.Filter{Community: r.PathValue("id")}
	p := healthProps{ID: r.PathValue("id")}
	if p.Name, err = h.Community(ctx, p.ID); err != nil {
		return err
	}
	p.View = v
	zone := i18n.Zone(ctx)
	if p.Index, err = h.s.Report(ctx, "community-health", measure.Last(7*healthWeeks, v.now, zone), measure.Week, v.Filter); err != nil {
		return err
	}
	p.Sides = sidesOf(ctx, v, p.Index)
	members, err := h.s.Find("contributing-share")
	if err != nil {
		return err
	}
	now, err := h.s.Compute(ctx, members.ID, measure.Last(members.Days, v.now, zone), v.Filter)
	if err != nil {
		return err
	}
	all := 0
	for _, c := range now.Parts {
		all += c.N
	}
	for _, c := range now.Parts {
		if all > 0 {
			p.Classes = append(p.Classes, class{Part: c.ID, Share: stat.Share(c.N, all), N: c.N, Href: v.to("/measures/"+members.ID+"/rows", "part", c.ID, "at", v.moment())})
		}
	}
	began := time.Now()
	for _, g := range []struct {
		key string
		ids []string
	}{
		{"members", []string{"stickiness", "activation-rate", "member-retention-w4", "member-retention-w12", "contributing-share", "contribution-gini", "top-contributor-share"}},
		{"answers", []string{"answer-rate", "solve-rate", "first-reply-time", "staff-answer-share", "orphan-rate"}},
		{"network", []string{"network-density", "network-reciprocity", "connected-share", "bus-factor"}},
	} {
		group := healthGroup{Key: g.key}
		for _, id := range g.ids {
			m, err := h.s.Find(id)
			if err != nil {
				return err
			}
			e := entry{Measure: m}
			if time.Since(began) < h.AtOnce {
				of, rep, err := h.report(ctx, v, m, measure.Narrows(m, v.Filter))
				if err != nil {
					return err
				}
				e.Report, e.View = &rep, of
			}
			group.Entries = append(group.Entries, e)
		}
		p.Groups = append(p.Groups, group)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "measure.health.title"), Wide: true}, healthPage(p))
}

// sidesOf is each side now and week by week.
func sidesOf(ctx context.Context, v view, r measure.Report) []side {
	var out []side
	end := r.Result.Window.To.UTC()
	monday := time.Date(end.Year(), end.Month(), end.Day()-(int(end.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	week := measure.Window{From: monday.AddDate(0, 0, -7), To: monday}
	for _, t := range r.Result.Terms {
		s := side{Name: termName(ctx, t), Value: t.Value}
		counted := r.Measure
		switch strings.TrimPrefix(t.ID, "health_") {
		case "responsiveness":
			counted.ID = "first-reply-time"
			s.Href = v.rowsIn(counted, week, time.UTC)
		case "traffic":
			s.Href = "/business/facts?kind=visit"
		default:
			s.Href = v.rowsIn(counted, week, time.UTC)
		}
		s.Trend = chart.SparkProps{Label: s.Name, Unit: plain(kpi.Index)}
		for _, p := range r.Points {
			value := chart.Missing()
			if i := slices.IndexFunc(p.Terms, func(x kpi.Term) bool { return x.ID == t.ID }); i >= 0 && p.Terms[i].Value.Defined() {
				value = p.Terms[i].Value.Value
			}
			s.Trend.Values = append(s.Trend.Values, value)
		}
		out = append(out, s)
	}
	return out
}

// indexNow is the tile of the index.
func indexNow(ctx context.Context, p healthProps) entry {
	return entry{Measure: p.Index.Measure, Report: &p.Index, View: p.View}
}
